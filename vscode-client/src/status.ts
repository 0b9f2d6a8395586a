/**
 * What stands in the status bar: the cycles ("2 crash · 5 cycles"), which opens the list, and,
 * behind the braces of Python files, how the server is.
 */
import * as vscode from "vscode";
import type { Counts, Cycles } from "./cycles";
import type { Server } from "./server";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("import-cycles.cycles", vscode.StatusBarAlignment.Left, 40);
  private readonly language = vscode.languages.createLanguageStatusItem("import-cycles.server", { language: "python" });
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly server: Server,
    private readonly cycles: Cycles,
  ) {
    this.item.name = "Import Cycles";
    this.item.command = "import-cycles.showCycles";
    this.language.name = "Import Cycles";
    this.language.command = { command: "import-cycles.showLogs", title: "Show Logs" };
    this.subscriptions = [
      server.onDidChangeState(() => this.show()),
      cycles.onDidChange(() => this.show()),
    ];
    this.show();
  }

  /** The text in the status bar. */
  get text(): string {
    return this.item.text;
  }

  dispose(): void {
    vscode.Disposable.from(this.item, this.language, ...this.subscriptions).dispose();
  }

  private show(): void {
    const { state } = this.server;
    void vscode.commands.executeCommand("setContext", "import-cycles.state", state);
    const counts = this.cycles.counts;
    this.language.busy = state === "starting";
    this.language.text = `Import Cycles ${this.server.version ?? ""}`.trim();
    this.language.detail = state === "failed" ? this.server.problem : this.server.description;
    this.language.severity =
      state === "failed" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.item.backgroundColor = undefined;
    if (state === "failed") {
      this.item.text = "$(error) Import Cycles";
      this.item.tooltip = this.server.problem;
      this.item.command = "import-cycles.showLogs";
    } else {
      this.item.text = state === "starting" ? "$(sync~spin) Import Cycles" : `$(sync) ${inShort(counts)}`;
      this.item.tooltip = inFull(counts);
      this.item.command = "import-cycles.showCycles";
      if (counts.crashes > 0) {
        this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
      }
    }
    if (state === "stopped") {
      this.item.hide();
    } else {
      this.item.show();
    }
  }
}

/** "2 crash · 5 cycles" */
export function inShort(counts: Counts): string {
  const cycles = counted(counts.cycles, "cycle");
  return counts.crashes > 0 ? `${counts.crashes} crash · ${cycles}` : cycles;
}

function inFull(counts: Counts): string {
  if (counts.cycles === 0) {
    return "No import cycles";
  }
  return [
    `${counted(counts.cycles, "import cycle")} in ${counted(counts.knots, "knot")} of modules`,
    ...(counts.crashes > 0 ? [`${counts.crashes} crash whatever is imported first`] : []),
    ...(counts.warnings > 0 ? [`${counts.warnings} fail on some ways`] : []),
    "Click for the list",
  ].join("\n");
}

export function counted(n: number, word: string): string {
  return n === 1 ? `1 ${word}` : `${n} ${word}s`;
}
