/**
 * The extension: puts the parts together and gives the commands their meaning.
 *
 * server.ts runs the language server, cycles.ts keeps the list of all cycles, status.ts and tree.ts
 * show it, graph/ draws it. Squiggles, hovers and quick fixes are LSP and need no code here.
 */
import * as vscode from "vscode";
import { Cycles } from "./cycles";
import { Graphs } from "./graph/panel";
import { onDidSelectInterpreter } from "./interpreter";
import type { Location } from "./protocol";
import { nameModule } from "./naming";
import { Server } from "./server";
import { changesStart } from "./settings";
import { Status } from "./status";
import { CycleTree, hopOf, modulesOf, type Node } from "./tree";

/** For other extensions, and for tests. */
export interface Api {
  readonly server: Server;
  readonly cycles: Cycles;
  readonly status: Status;
  readonly tree: CycleTree;
  readonly graphs: Graphs;
}

/** Several things can change at once; the server is restarted once for all of them. */
const RESTART_QUIET_MS = 500;

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): Api {
  const log = vscode.window.createOutputChannel("Import Cycles", { log: true });
  const serverLog = vscode.window.createOutputChannel("Import Cycles Server", { log: true });
  server = new Server(context, log, serverLog);
  const running = server;
  const cycles = new Cycles(running, log);
  const status = new Status(running, cycles);
  const tree = new CycleTree(cycles);
  const graphs = new Graphs(context.extensionUri, running, cycles, open);
  context.subscriptions.push(log, serverLog, running, cycles, status, tree, graphs);

  const on = (command: string, act: (...words: never[]) => unknown) => {
    context.subscriptions.push(vscode.commands.registerCommand(`import-cycles.${command}`, act));
  };
  on("showCycles", () => vscode.commands.executeCommand("import-cycles.tree.focus"));
  on("showGraph", () => graphs.showKnots());
  on("showFileGraph", (uri?: vscode.Uri) => {
    const file = uri ?? vscode.window.activeTextEditor?.document.uri;
    return file && graphs.showFile(file);
  });
  on("revealInGraph", (node: Node) => graphs.showKnots().focus(modulesOf(node)));
  on("restart", () => running.restart());
  on("showLogs", () => log.show());
  on("showServerLogs", () => serverLog.show());
  on("openLocation", (location: Location) => open(location));
  on("explain", async (node: Node) => (await openNode(node)) && run("editor.action.showHover"));
  on("nameModule", (chosen: object, suggested: string) => nameModule(running, chosen, suggested));
  on("fix", async (node: Node) => (await openNode(node)) && run("editor.action.quickFix"));

  let timer: NodeJS.Timeout | undefined;
  const restartSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void running.restart(), RESTART_QUIET_MS);
  };
  context.subscriptions.push(
    { dispose: () => clearTimeout(timer) },
    vscode.workspace.onDidChangeConfiguration((event) => changesStart(event) && restartSoon()),
    vscode.workspace.onDidGrantWorkspaceTrust(restartSoon),
  );
  void onDidSelectInterpreter(restartSoon).then((subscription) => context.subscriptions.push(subscription));
  void running.start();
  return { server: running, cycles, status, tree, graphs };
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

function run(command: string): Thenable<unknown> {
  return vscode.commands.executeCommand(command);
}

async function openNode(node: Node): Promise<boolean> {
  const hop = hopOf(node);
  return hop !== undefined && (await open(hop.location));
}

async function open(location: Location): Promise<boolean> {
  const { start, end } = location.range;
  // Not over the graph: where there is a text already, else beside.
  const column = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(location.uri), { viewColumn: column });
  const range = new vscode.Range(start.line, start.character, end.line, end.character);
  // The cursor stands at the import and nothing is selected: hover and light bulb ask about a place.
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return true;
}
