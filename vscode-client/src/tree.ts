/**
 * The view "Import Cycles": knots of modules, in each its shortest cycles, in each its imports.
 * With several folders in the window, they come first.
 */
import * as vscode from "vscode";
import { worst, type Cycles, type Folder } from "./cycles";
import type { Cut, Cycle, Hop, Knot } from "./protocol";
import { RULES } from "./rules";
import { counted } from "./status";

export type Node =
  | { readonly kind: "folder"; readonly folder: Folder }
  | { readonly kind: "knot"; readonly knot: Knot; readonly parent: Node | undefined }
  | { readonly kind: "cycle"; readonly cycle: Cycle; readonly parent: Node }
  | { readonly kind: "hop"; readonly hop: Hop; readonly parent: Node };

const MOST_NAMES = 4;

/** Icon and colour of a verdict. */
const ICONS: Readonly<Record<string, vscode.ThemeIcon>> = {
  error: new vscode.ThemeIcon("error", new vscode.ThemeColor("problemsErrorIcon.foreground")),
  warning: new vscode.ThemeIcon("warning", new vscode.ThemeColor("problemsWarningIcon.foreground")),
  information: new vscode.ThemeIcon("sync"),
  hint: new vscode.ThemeIcon("sync"),
};

/** What a code says about a cycle, in a few words. */
const VERDICTS: ReadonlyMap<string, string> = new Map(RULES.map((rule) => [rule.code, rule.told]));

export class CycleTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.emitter.event;
  readonly view: vscode.TreeView<Node>;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly cycles: Cycles) {
    this.view = vscode.window.createTreeView<Node>("import-cycles.tree", {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.subscription = cycles.onDidChange(() => {
      this.emitter.fire();
      this.showBadge();
    });
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      const folders = this.cycles.folders;
      const isMultiRoot = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
      return isMultiRoot
        ? folders.map((folder) => ({ kind: "folder", folder }))
        : folders.flatMap((folder) => knotsOf(folder, undefined));
    }
    switch (node.kind) {
      case "folder":
        return knotsOf(node.folder, node);
      case "knot":
        return byLoudness(node.knot.cycles).map((cycle) => ({ kind: "cycle", cycle, parent: node }));
      case "cycle":
        return node.cycle.hops.map((hop) => ({ kind: "hop", hop, parent: node }));
      case "hop":
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "folder" ? undefined : node.parent;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = itemOf(node);
    // So that what is open stays open while the list is fresh again and again.
    item.id = identity(node);
    item.contextValue = node.kind;
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(this.view, this.emitter, this.subscription).dispose();
  }

  private showBadge(): void {
    const { cycles, crashes, warnings } = this.cycles.counts;
    const value = crashes + warnings;
    this.view.badge = { value, tooltip: `${value} of ${counted(cycles, "import cycle")} can fail` };
    if (value === 0) {
      this.view.badge = undefined;
    }
  }
}

function knotsOf(folder: Folder, parent: Node | undefined): Node[] {
  return [...folder.knots]
    .sort((a, b) => rank(worst(a.cycles)) - rank(worst(b.cycles)))
    .map((knot) => ({ kind: "knot", knot, parent }));
}

function byLoudness(cycles: readonly Cycle[]): Cycle[] {
  return [...cycles].sort((a, b) => rank(a) - rank(b));
}

function rank(cycle: Cycle | undefined): number {
  return Object.keys(ICONS).indexOf(cycle?.severity ?? "hint");
}

function itemOf(node: Node): vscode.TreeItem {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  switch (node.kind) {
    case "folder": {
      const item = new vscode.TreeItem(vscode.Uri.parse(node.folder.uri), Expanded);
      item.iconPath = vscode.ThemeIcon.Folder;
      return item;
    }
    case "knot": {
      const { members, cycles } = node.knot;
      const shared = sharedPackage(members);
      const shown = members.slice(0, MOST_NAMES).map((name) => within(shared, name)).join(", ");
      const more = members.length > MOST_NAMES ? ` and ${members.length - MOST_NAMES} more` : "";
      const item = new vscode.TreeItem((shared && `${shared}: `) + shown + more, Expanded);
      item.description = `${counted(members.length, "module")}, ${counted(cycles.length, "cycle")}`;
      item.iconPath = iconOf(worst(cycles));
      item.tooltip = `These modules all import one another:\n${members.join("\n")}`;
      return item;
    }
    case "cycle": {
      const { path, code, message, hops } = node.cycle;
      const shared = sharedPackage(knotOf(node)?.members ?? path);
      const item = new vscode.TreeItem(drawn(path.map((name) => within(shared, name))), Collapsed);
      item.description = VERDICTS.get(code) ?? code;
      item.iconPath = iconOf(node.cycle);
      item.tooltip = `${drawn(path)}\n${message}`;
      item.command = hops[0] && opening(hops[0]);
      return item;
    }
    case "hop": {
      const { importer, imported, location, message } = node.hop;
      const cut = cutOf(node);
      const shared = sharedPackage(knotOf(node)?.members ?? [importer, imported]);
      const item = new vscode.TreeItem(`${within(shared, importer)} imports ${within(shared, imported)}`, None);
      const line = location.range.start.line + 1;
      item.description = `${vscode.workspace.asRelativePath(vscode.Uri.parse(location.uri))}:${line}`;
      item.iconPath = new vscode.ThemeIcon(cut ? "debug-disconnect" : "arrow-right");
      item.tooltip = cut ? `${message}\nTo cut: ${counted(cut.ends, "cycle")} of this knot end with it.` : message;
      item.command = opening(node.hop);
      return item;
    }
  }
}

function iconOf(cycle: Cycle | undefined): vscode.ThemeIcon | undefined {
  return ICONS[cycle?.severity ?? "hint"];
}

function opening(hop: Hop): vscode.Command {
  return { command: "import-cycles.openLocation", title: "Open Import", arguments: [hop.location] };
}

function identity(node: Node): string {
  switch (node.kind) {
    case "folder":
      return node.folder.uri;
    case "knot":
      return `${node.parent === undefined ? "" : identity(node.parent)}|${node.knot.members[0]}`;
    case "cycle":
      return `${identity(node.parent)}|${node.cycle.path.join(">")}`;
    case "hop":
      return `${identity(node.parent)}|${node.hop.importer}>${node.hop.imported}`;
  }
}

/** The package that all of some modules are in, themselves not counted; "" if there is none. */
function sharedPackage(names: readonly string[]): string {
  const paths = names.map((name) => name.split("."));
  const shortest = Math.min(...paths.map((path) => path.length)) - 1;
  const [first = []] = paths;
  let shared = 0;
  while (shared < shortest && paths.every((path) => path[shared] === first[shared])) {
    shared += 1;
  }
  return first.slice(0, shared).join(".");
}

/** A closed path; of a long one the first three and the last two modules, as the server's messages have it. */
function drawn(path: readonly string[]): string {
  const more = path.length - 6;
  const names = more > 1 ? [...path.slice(0, 3), `… ${more} more …`, ...path.slice(-3)] : path;
  return names.join(" → ");
}

/** A module's name without the package around it. */
function within(shared: string, name: string): string {
  return shared && name.startsWith(`${shared}.`) ? name.slice(shared.length + 1) : name;
}

function knotOf(node: Node): Knot | undefined {
  let above: Node | undefined = node;
  while (above !== undefined && above.kind !== "knot") {
    above = above.kind === "folder" ? undefined : above.parent;
  }
  return above?.knot;
}

/** What the server says about cutting the import of a hop, if that is one to cut. */
function cutOf(node: Node & { kind: "hop" }): Cut | undefined {
  return knotOf(node)?.cut?.find((each) => each.importer === node.hop.importer && each.imported === node.hop.imported);
}

/** The modules to show in a graph. */
export function modulesOf(node: Node): readonly string[] {
  switch (node.kind) {
    case "folder":
      return [];
    case "knot":
      return node.knot.members;
    case "cycle":
      return node.cycle.path.slice(0, -1);
    case "hop":
      return [node.hop.importer, node.hop.imported];
  }
}

/** The import that a node is about: its own, else that of its first hop. */
export function hopOf(node: Node): Hop | undefined {
  switch (node.kind) {
    case "hop":
      return node.hop;
    case "cycle":
      return node.cycle.hops[0];
    default:
      return undefined;
  }
}
