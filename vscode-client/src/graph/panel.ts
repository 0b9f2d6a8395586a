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
import { BODY, STYLE } from "./markup";
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
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>${BODY}<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
