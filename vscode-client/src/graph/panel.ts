/**
 * The panel with the graph: one for the knots of the window, one for what is around a file. It
 * gives the page what to draw, again and again while the server knows something new, and opens
 * what is clicked.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Cycles } from "../cycles";
import { GRAPH_COMMAND, type GraphAnswer, type GraphEdge, type GraphModule, type Location } from "../protocol";
import type { Server } from "../server";
import { pairKey } from "./folding";
import type { ToExtension, ToPage } from "./messages";

const QUIET_MS = 250;

export type Drawn = Extract<ToExtension, { type: "drawn" }>;

/** Opens panels; at most one for each kind of picture. */
export class Graphs implements vscode.Disposable {
  private readonly panels = new Map<string, GraphPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly server: Server,
    private readonly cycles: Cycles,
    private readonly open: (location: Location) => unknown,
  ) {}

  /** The graph of all knots. */
  showKnots(): GraphPanel {
    return this.panel("knots", null);
  }

  /** The graph around a file. */
  showFile(uri: vscode.Uri): GraphPanel {
    const panel = this.panel("file", uri);
    panel.centreOn(uri);
    return panel;
  }

  /** The panel that is open, if any; for tests. */
  get(kind: "knots" | "file"): GraphPanel | undefined {
    return this.panels.get(kind);
  }

  dispose(): void {
    for (const panel of [...this.panels.values()]) {
      panel.dispose();
    }
  }

  private panel(kind: string, uri: vscode.Uri | null): GraphPanel {
    const known = this.panels.get(kind);
    if (known !== undefined) {
      known.reveal();
      return known;
    }
    const panel = new GraphPanel(this.extensionUri, this.server, this.cycles, this.open, uri);
    panel.onDidDispose(() => this.panels.delete(kind));
    this.panels.set(kind, panel);
    return panel;
  }
}

export class GraphPanel {
  private readonly panel: vscode.WebviewPanel;
  private readonly subscriptions: vscode.Disposable[];
  private isReady = false;
  private timer: NodeJS.Timeout | undefined;
  private modules: readonly GraphModule[] = [];
  private edges: readonly GraphEdge[] = [];
  private pendingFocus: readonly string[] | undefined;
  /** What the page says that it has drawn last. */
  drawn: Drawn | undefined;

  constructor(
    extensionUri: vscode.Uri,
    private readonly server: Server,
    private readonly cycles: Cycles,
    private readonly open: (location: Location) => unknown,
    private uri: vscode.Uri | null,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      "import-cycles.graph",
      "Import Cycles",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      {
        enableScripts: true,
        retainContextWhenHidden: true,
        localResourceRoots: [vscode.Uri.joinPath(extensionUri, "dist")],
      },
    );
    this.panel.iconPath = vscode.Uri.joinPath(extensionUri, "media", "icon.png");
    const script = this.panel.webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", "graph.js"));
    this.panel.webview.html = page(script, this.panel.webview.cspSource);
    this.subscriptions = [
      this.panel.webview.onDidReceiveMessage((message: ToExtension) => this.hear(message)),
      server.onDidChange(() => this.refreshSoon()),
      // The imports to cut come with the list.
      cycles.onDidChange(() => this.refreshSoon()),
    ];
    this.panel.onDidDispose(() => {
      clearTimeout(this.timer);
      vscode.Disposable.from(...this.subscriptions).dispose();
    });
  }

  get onDidDispose(): vscode.Event<void> {
    return this.panel.onDidDispose;
  }

  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  dispose(): void {
    this.panel.dispose();
  }

  centreOn(uri: vscode.Uri): void {
    this.uri = uri;
    void this.refresh();
  }

  /** Shows one cycle, given by its modules. */
  focus(path: readonly string[]): void {
    if (this.modules.length === 0) {
      this.pendingFocus = path;
    } else {
      this.post({ type: "focus", path });
    }
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), QUIET_MS);
  }

  private async refresh(): Promise<void> {
    if (!this.isReady) {
      return;
    }
    const uri = this.uri;
    let answer: GraphAnswer | undefined;
    try {
      answer = await this.server.execute<GraphAnswer>(GRAPH_COMMAND, uri === null ? null : uri.toString());
    } catch {
      // The server ended meanwhile; the next one tells when it knows something.
      return;
    }
    if (answer === undefined || uri !== this.uri) {
      return;
    }
    this.modules = answer.folders.flatMap((folder) => folder.modules);
    this.edges = answer.folders.flatMap((folder) => folder.edges);
    const centre = this.modules.find((module) => module.uri === uri?.toString())?.name ?? null;
    const title = uri === null ? "Import cycles" : `Around ${centre ?? vscode.workspace.asRelativePath(uri)}`;
    this.panel.title = title;
    const cuts = this.cycles.folders
      .flatMap((folder) => folder.knots)
      .flatMap((knot) => knot.cut ?? [])
      .map((cut) => pairKey(cut.importer, cut.imported));
    this.post({ type: "show", title, modules: this.modules, edges: this.edges, cuts, centre });
    if (this.pendingFocus !== undefined) {
      this.post({ type: "focus", path: this.pendingFocus });
      this.pendingFocus = undefined;
    }
  }

  private post(message: ToPage): void {
    void this.panel.webview.postMessage(message);
  }

  private hear(message: ToExtension): void {
    switch (message.type) {
      case "ready":
        this.isReady = true;
        void this.refresh();
        break;
      case "drawn":
        this.drawn = message;
        break;
      case "openEdge": {
        const edge = this.edges.find(
          (each) => each.importer === message.importer && each.imported === message.imported,
        );
        if (edge?.location) {
          this.open(edge.location);
        }
        break;
      }
      case "openModule": {
        const uri = this.modules.find((module) => module.name === message.name)?.uri;
        if (uri) {
          const start = { line: 0, character: 0 };
          this.open({ uri, range: { start, end: start } });
        }
        break;
      }
    }
  }
}

function page(script: vscode.Uri, source: string): string {
  const nonce = randomBytes(16).toString("base64");
  // cytoscape sets styles of its canvases from the script, which needs no 'unsafe-inline'.
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    `img-src ${source} data:`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Import cycles</title>
<style nonce="${nonce}">
  html, body { height: 100%; margin: 0; padding: 0; overflow: hidden; }
  body { display: flex; flex-direction: column; }
  header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 6px 10px; border-bottom: 1px solid var(--vscode-panel-border); }
  #title { font-weight: 600; }
  #counts { color: var(--vscode-descriptionForeground); flex: 1; }
  button { background: var(--vscode-button-secondaryBackground); color: var(--vscode-button-secondaryForeground); border: none; border-radius: 2px; padding: 3px 9px; cursor: pointer; font: inherit; }
  button:hover { background: var(--vscode-button-secondaryHoverBackground); }
  #graph { flex: 1; min-height: 0; position: relative; }
  #empty { position: absolute; inset: 40% 0 auto 0; text-align: center; color: var(--vscode-descriptionForeground); pointer-events: none; }
  #told { position: absolute; left: 10px; bottom: 34px; max-width: 80%; padding: 5px 9px; white-space: pre-line; background: var(--vscode-editorHoverWidget-background); color: var(--vscode-editorHoverWidget-foreground); border: 1px solid var(--vscode-editorHoverWidget-border); pointer-events: none; }
  footer { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 4px 10px; color: var(--vscode-descriptionForeground); font-size: 0.9em; border-top: 1px solid var(--vscode-panel-border); }
  .key { display: inline-block; width: 22px; margin-right: 5px; vertical-align: middle; border-top: 3px solid; }
  .runtime { border-color: var(--vscode-charts-blue); }
  .error { border-color: var(--vscode-editorError-foreground); }
  .warning { border-color: var(--vscode-editorWarning-foreground); }
  .deferred { border-top: 2px dashed var(--vscode-descriptionForeground); }
  .typing { border-top: 2px dotted var(--vscode-descriptionForeground); }
  .cut { border-top: 4px dashed var(--vscode-charts-blue); }
</style>
</head>
<body>
<header>
  <span id="title"></span><span id="counts"></span>
  <button id="fold" title="Fold packages">Fold</button>
  <button id="unfold" title="Open as many packages as fit">Unfold</button>
  <button id="fit" title="Show all">Fit</button>
</header>
<div id="graph"><div id="empty" hidden>No import cycles.</div></div>
<div id="told" hidden></div>
<footer>
  <span><span class="key runtime"></span>runs while loading</span>
  <span><span class="key error"></span>crashes</span>
  <span><span class="key warning"></span>fails on some ways</span>
  <span><span class="key deferred"></span>later</span>
  <span><span class="key typing"></span>for type checkers</span>
  <span><span class="key cut"></span>to cut</span>
</footer>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
