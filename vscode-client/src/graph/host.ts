/**
 * Stands for the extension in a file of its own: puts up the page, gives it what to draw, lists the knots with
 * the imports to cut, and says where an import stands that was clicked.
 *
 * Names come from the code that was analysed, so they only ever become text.
 */
import type { FileData, FileKnot } from "./file-data";
import { pairKey } from "./folding";
import { BODY, STYLE } from "./markup";
import type { ToExtension, ToPage } from "./messages";

const LIGHT = {
  "editor-foreground": "#24292f", "editor-background": "#ffffff", "editorError-foreground": "#cf222e",
  "editorWarning-foreground": "#b08800", "charts-blue": "#1f6feb", "descriptionForeground": "#6a737d",
  "editorWidget-background": "#f3f5f7", "panel-border": "#d8dee4", "button-secondaryBackground": "#e7ebef",
  "button-secondaryForeground": "#24292f", "button-secondaryHoverBackground": "#d8dee4",
  "editorHoverWidget-background": "#f6f8fa", "editorHoverWidget-foreground": "#24292f", "editorHoverWidget-border": "#d0d7de",
};
const DARK: typeof LIGHT = {
  "editor-foreground": "#d4d4d4", "editor-background": "#1e1e1e", "editorError-foreground": "#f14c4c",
  "editorWarning-foreground": "#cca700", "charts-blue": "#3794ff", "descriptionForeground": "#9d9d9d",
  "editorWidget-background": "#2a2a2b", "panel-border": "#3c3c3c", "button-secondaryBackground": "#3a3d41",
  "button-secondaryForeground": "#ffffff", "button-secondaryHoverBackground": "#45494e",
  "editorHoverWidget-background": "#252526", "editorHoverWidget-foreground": "#cccccc", "editorHoverWidget-border": "#454545",
};

const FRAME = `
  body { font: 13px system-ui, sans-serif; background: var(--vscode-editor-background); color: var(--vscode-editor-foreground); }
  #knots { position: absolute; top: 44px; right: 10px; width: 330px; max-height: calc(100% - 100px); overflow: auto; z-index: 5; background: var(--vscode-editorHoverWidget-background); border: 1px solid var(--vscode-editorHoverWidget-border); border-radius: 4px; }
  #knots summary { padding: 6px 10px; cursor: pointer; font-weight: 600; }
  #knots button { display: block; width: 100%; text-align: left; background: none; color: inherit; border-radius: 0; padding: 4px 10px; overflow-wrap: anywhere; }
  #knots button.to-cut { padding-left: 24px; color: var(--vscode-descriptionForeground); }
  body:has(#knots[open]) #graph { margin-right: 350px; }
  #place { position: absolute; left: 10px; top: 44px; max-width: 60%; margin: 0; padding: 5px 9px; white-space: pre-wrap; user-select: all; font: 12px ui-monospace, monospace; background: var(--vscode-editorHoverWidget-background); border: 1px solid var(--vscode-editorHoverWidget-border); }
`;

const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as FileData;

const style = document.createElement("style");
const variables = (theme: typeof LIGHT) => Object.entries(theme).map(([name, value]) => `--vscode-${name}: ${value};`).join(" ");
style.textContent = `:root { color-scheme: light dark; ${variables(LIGHT)} } @media (prefers-color-scheme: dark) { :root { ${variables(DARK)} } } ${STYLE} ${FRAME}`;
document.head.append(style);
document.body.insertAdjacentHTML("beforeend", BODY);
document.title = data.title;

const place = document.createElement("pre");
place.id = "place";
place.hidden = true;
document.body.append(place);
if (data.knots.length > 0) {
  document.body.append(listed());
}

function send(message: ToPage): void {
  window.dispatchEvent(new MessageEvent("message", { data: message }));
}

/** Has the page draw one knot by itself, or everything. */
function show(knot: FileKnot | undefined): void {
  const members = knot === undefined ? undefined : new Set(knot.members);
  const modules = data.modules.filter((each) => members?.has(each.name) ?? true);
  const edges = data.edges.filter((each) => members === undefined || (members.has(each.importer) && members.has(each.imported)));
  const cuts = data.knots.flatMap((each) => each.cuts).map((cut) => pairKey(cut.importer, cut.imported));
  send({ type: "show", title: knot?.told ?? data.title, modules, edges, cuts, centre: data.centre });
}

function listed(): HTMLElement {
  const list = document.createElement("details");
  list.id = "knots";
  list.open = true;
  // The drawing has another width then; it listens to this.
  list.addEventListener("toggle", () => window.dispatchEvent(new Event("resize")));
  const summary = document.createElement("summary");
  summary.textContent = `${data.knots.length} ${data.knots.length === 1 ? "knot" : "knots"}, and the imports to cut`;
  list.append(summary, button("Show all", "", () => show(undefined)));
  for (const knot of data.knots) {
    list.append(button(knot.told, "", () => show(knot)));
    for (const cut of knot.cuts) {
      const told = `✂ ${cut.importer} → ${cut.imported}: ${cut.told}`;
      list.append(
        button(told, "to-cut", () => {
          say(cut.where === null ? "" : `${cut.where}  ${cut.importer} imports ${cut.imported}`);
          show(knot);
          send({ type: "focus", path: [cut.importer, cut.imported] });
        }),
      );
    }
  }
  return list;
}

function button(text: string, kind: string, act: () => void): HTMLElement {
  const made = document.createElement("button");
  made.textContent = text;
  made.className = kind;
  made.addEventListener("click", act);
  return made;
}

function say(text: string): void {
  place.textContent = text;
  place.hidden = text === "";
}

function hear(message: ToExtension): void {
  if (message.type === "ready") {
    // Past the end of the page's own script: it listens by then.
    setTimeout(() => show(undefined));
  } else if (message.type === "openEdge") {
    const edges = data.edges.filter((each) => each.importer === message.importer && each.imported === message.imported);
    say(edges.map((each) => `${each.where ?? ""}  ${each.importer} imports ${each.imported}`).join("\n"));
  } else if (message.type === "drawn") {
    // For those who look at the page with a program.
    document.body.dataset["boxes"] = String(message.boxes.length);
    document.body.dataset["lines"] = String(message.lines);
  }
}

Object.assign(window, {
  acquireVsCodeApi: () => ({ postMessage: hear, getState: () => undefined, setState: () => undefined }),
});
