/**
 * The page of the graph, in the webview: draws, folds and unfolds, and tells what was clicked.
 *
 * The layout is dagre's, from importer down to imported. Boxes that stay keep their names, so that
 * the picture changes little while somebody edits.
 */
import cytoscape from "cytoscape";
import dagre from "cytoscape-dagre";
import { boxOf, draw, MOST_BOXES, opened, packagesOf, type Picture } from "./folding";
import { RULES } from "../rules";
import type { Show, ToExtension, ToPage } from "./messages";

cytoscape.use(dagre as cytoscape.Ext);

interface VsCode {
  postMessage(message: ToExtension): void;
  getState(): { open?: string[] } | undefined;
  setState(state: { open: string[] }): void;
}
declare function acquireVsCodeApi(): VsCode;

const vscode = acquireVsCodeApi();

/** Boxes up to which packages can be opened; a layout of more takes seconds and shows nothing. */
const MOST_OPENED = 400;

let shown: Show | undefined;
/** Packages that are open; undefined until something is shown, or after "fold". */
let open: Set<string> | undefined = vscode.getState()?.open && new Set(vscode.getState()?.open);
let focus: readonly string[] = [];
let lastShape = "";

const element = (id: string) => document.getElementById(id) as HTMLElement;
const colour = (name: string, otherwise: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim() || otherwise;

const graph = cytoscape({
  container: element("graph"),
  style: style(),
  minZoom: 0.05,
  maxZoom: 3,
  wheelSensitivity: 0.3,
  boxSelectionEnabled: false,
  autounselectify: true,
});

function style(): cytoscape.StylesheetJson {
  const text = colour("--vscode-editor-foreground", "#ccc");
  const background = colour("--vscode-editor-background", "#1e1e1e");
  const error = colour("--vscode-editorError-foreground", "#f14c4c");
  const warning = colour("--vscode-editorWarning-foreground", "#cca700");
  const runtime = colour("--vscode-charts-blue", "#3794ff");
  const quiet = colour("--vscode-descriptionForeground", "#888");
  const box = colour("--vscode-editorWidget-background", "#252526");
  return [
    {
      selector: "node",
      style: {
        label: "data(label)",
        shape: "round-rectangle",
        width: "data(width)",
        height: 28,
        "background-color": box,
        "border-width": 1,
        "border-color": quiet,
        color: text,
        "font-size": 12,
        "font-family": colour("--vscode-font-family", "sans-serif"),
        "text-valign": "center",
        "text-halign": "center",
      },
    },
    { selector: "node[?isFolded]", style: { "border-style": "double", "border-width": 4, height: 34 } },
    { selector: "node[?isCentre]", style: { "border-width": 3, "border-color": runtime } },
    {
      selector: "edge",
      style: {
        width: 1.5,
        "curve-style": "bezier",
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.9,
        "line-color": runtime,
        "target-arrow-color": runtime,
        label: "data(label)",
        "font-size": 10,
        color: text,
        "text-background-color": background,
        "text-background-opacity": 0.85,
        "text-background-padding": "2px",
      },
    },
    { selector: "edge[kind = 'deferred']", style: { "line-style": "dashed", "line-color": quiet, "target-arrow-color": quiet } },
    { selector: "edge[kind = 'typing']", style: { "line-style": "dotted", "line-color": quiet, "target-arrow-color": quiet } },
    { selector: "edge[loudness = 'warning']", style: { "line-color": warning, "target-arrow-color": warning, width: 2.5 } },
    { selector: "edge[loudness = 'error']", style: { "line-color": error, "target-arrow-color": error, width: 3 } },
    {
      selector: "edge[?isCut]",
      style: { width: 4, "source-arrow-shape": "tee", "source-arrow-color": text, "line-style": "dashed", "line-dash-pattern": [9, 4] },
    },
    { selector: ".faded", style: { opacity: 0.2 } },
    { selector: "edge.focused", style: { width: 4 } },
    { selector: "node.focused", style: { "border-width": 3, "border-color": text } },
  ] as cytoscape.StylesheetJson;
}

function loudness(code: string | null): string {
  const severity = RULES.find((rule) => rule.code === code)?.severity;
  return severity === "error" || severity === "warning" ? severity : "";
}

/** Names without what all of them share: `shop.models` in a picture of `shop` is `models`. */
function labels(names: readonly string[]): Map<string, string> {
  const tops = new Set(names.map((name) => name.split(".")[0]));
  const prefix = tops.size === 1 && names.length > 1 ? `${[...tops][0]}.` : "";
  return new Map(names.map((name) => [name, name.startsWith(prefix) ? name.slice(prefix.length) : name]));
}

function elements(picture: Picture): cytoscape.ElementDefinition[] {
  const named = labels(picture.boxes.map((box) => box.name));
  const nodes = picture.boxes.map((box) => {
    const label = `${named.get(box.name)}${box.isFolded ? `  (${box.size})` : ""}`;
    return {
      data: {
        id: box.name,
        label,
        width: Math.max(46, label.length * 7.4 + 18),
        isFolded: box.isFolded ? 1 : 0,
        isCentre: box.name === shown?.centre ? 1 : 0,
      },
    };
  });
  const lines = picture.lines.map((line) => ({
    data: {
      id: `${line.from} ${line.to}`,
      source: line.from,
      target: line.to,
      kind: line.kind,
      loudness: loudness(line.code),
      isCut: line.isCut ? 1 : 0,
      label: line.edges.length > 1 ? String(line.edges.length) : "",
      importer: line.edges[0]?.importer,
      imported: line.edges[0]?.imported,
      told: line.edges
        .slice(0, 8)
        .map((edge) => `${edge.importer} imports ${edge.imported} (${edge.kind}${edge.code ? `, ${edge.code}` : ""})`)
        .concat(line.edges.length > 8 ? [`and ${line.edges.length - 8} more`] : [])
        .concat(line.isCut ? ["Cutting this does most."] : [])
        .join("\n"),
    },
  }));
  return [...nodes, ...lines];
}

function render(): void {
  if (shown === undefined) {
    return;
  }
  const started = performance.now();
  const { modules, edges } = shown;
  const packages = packagesOf(modules);
  if (open === undefined) {
    open = opened(modules);
  }
  const picture = draw(modules, edges, open, new Set(shown.cuts));
  const wanted = elements(picture);
  const shape = JSON.stringify([picture.boxes.map((box) => [box.name, box.size]), picture.lines.map((line) => [line.from, line.to])]);
  if (shape === lastShape) {
    // Nothing came or went: only colours and labels can differ, and everything stays where it is.
    graph.batch(() => wanted.forEach((each) => graph.getElementById(each.data.id as string).data(each.data)));
  } else {
    graph.batch(() => {
      graph.elements().remove();
      graph.add(wanted);
    });
    lay(wanted.length);
    lastShape = shape;
  }
  showFocus(packages);
  const isEmpty = picture.boxes.length === 0;
  element("empty").hidden = !isEmpty;
  element("title").textContent = shown.title;
  element("counts").textContent = counts(picture);
  vscode.setState({ open: [...open] });
  vscode.postMessage({
    type: "drawn",
    boxes: picture.boxes.map((box) => box.name),
    lines: picture.lines.length,
    milliseconds: performance.now() - started,
    focused: graph.nodes(".focused").length,
  });
}

function lay(n: number): void {
  const options = (
    n > 1500
      ? { name: "concentric", animate: false, fit: false }
      : { name: "dagre", rankDir: "TB", nodeSep: 28, rankSep: 60, ranker: n > 300 ? "tight-tree" : "network-simplex", animate: false, fit: false }
  ) as cytoscape.LayoutOptions;
  // What hangs together is laid out by itself; in one row, many knots would be too small to read.
  const parts = graph.elements().components();
  for (const part of parts) {
    part.layout(options).run();
  }
  pack(parts);
  graph.fit(undefined, 24);
  if (graph.zoom() > 1.4) {
    graph.zoom(1.4);
    graph.center();
  }
}

/** Puts parts of the picture beside one another, in rows about as wide as the window is for their height. */
function pack(parts: readonly cytoscape.CollectionReturnValue[]): void {
  const gap = 60;
  const boxes = parts
    .map((part) => ({ part, box: part.boundingBox() }))
    .sort((a, b) => b.box.h - a.box.h || b.box.w - a.box.w);
  const area = boxes.reduce((sum, { box }) => sum + (box.w + gap) * (box.h + gap), 0);
  const shape = graph.width() / Math.max(1, graph.height());
  const width = Math.max(Math.sqrt(area * shape), ...boxes.map(({ box }) => box.w));
  let [x, y, height] = [0, 0, 0];
  for (const { part, box } of boxes) {
    if (x > 0 && x + box.w > width) {
      [x, y, height] = [0, y + height + gap, 0];
    }
    part.nodes().shift({ x: x - box.x1, y: y - box.y1 });
    x += box.w + gap;
    height = Math.max(height, box.h);
  }
}

function counts(picture: Picture): string {
  const modules = shown?.modules.length ?? 0;
  const folded = picture.boxes.filter((box) => box.isFolded).length;
  const parts = [`${modules} ${modules === 1 ? "module" : "modules"}`];
  if (folded > 0) {
    parts.push(`${folded} folded ${folded === 1 ? "package" : "packages"}: click one to open it`);
  }
  return parts.join(" · ");
}

function showFocus(packages: ReadonlySet<string>): void {
  graph.elements().removeClass("faded focused");
  if (focus.length === 0) {
    return;
  }
  const boxes = focus.map((name) => boxOf(name, open ?? new Set(), packages));
  const pairs = boxes.map((box, n) => `${box} ${boxes[(n + 1) % boxes.length]}`);
  const wanted = graph.collection();
  for (const id of [...boxes, ...pairs]) {
    wanted.merge(graph.getElementById(id));
  }
  if (wanted.empty()) {
    return;
  }
  if (wanted.edges().length < new Set(pairs).size) {
    // Not the way round a cycle, but modules that belong together.
    wanted.merge(wanted.nodes().edgesWith(wanted.nodes()));
  }
  graph.elements().not(wanted).addClass("faded");
  wanted.addClass("focused");
  graph.animate({ fit: { eles: wanted, padding: 80 } }, { duration: 200 });
}

function setOpen(next: Set<string>): void {
  open = next;
  render();
}

graph.on("tap", "node", (event) => {
  const name: string = event.target.id();
  if (shown === undefined || open === undefined) {
    return;
  }
  if (event.target.data("isFolded")) {
    const next = new Set(open).add(name);
    const n = draw(shown.modules, [], next).boxes.length;
    if (n > MOST_OPENED) {
      element("counts").textContent = `${n} boxes are too many for one picture; fold other packages first.`;
      return;
    }
    setOpen(next);
  } else {
    vscode.postMessage({ type: "openModule", name });
  }
});

graph.on("cxttap", "node", (event) => {
  // Folds the package around a box.
  const name: string = event.target.id();
  const packages = shown === undefined ? new Set<string>() : packagesOf(shown.modules);
  const parent = packages.has(name) && open?.has(name) ? name : name.slice(0, Math.max(0, name.lastIndexOf(".")));
  if (open?.has(parent)) {
    setOpen(new Set([...open].filter((each) => each !== parent && !each.startsWith(`${parent}.`))));
  }
});

graph.on("tap", "edge", (event) => {
  const { importer, imported } = event.target.data();
  vscode.postMessage({ type: "openEdge", importer, imported });
});

graph.on("tap", (event) => {
  if (event.target === graph && focus.length > 0) {
    focus = [];
    render();
  }
});

graph.on("mouseover", "edge", (event) => {
  element("told").textContent = event.target.data("told");
  element("told").hidden = false;
});
/** In a large picture names are larger than their boxes, so that they can be read without zooming. */
graph.on("zoom", () => {
  const size = Math.min(28, Math.max(12, 9 / graph.zoom()));
  graph.batch(() => graph.nodes().style("font-size", size));
});

graph.on("mouseout", "edge", () => {
  element("told").hidden = true;
});

element("fit").addEventListener("click", () => graph.fit(undefined, 24));
element("fold").addEventListener("click", () => setOpen(opened(shown?.modules ?? [], MOST_BOXES / 3)));
element("unfold").addEventListener("click", () => setOpen(opened(shown?.modules ?? [], MOST_OPENED)));

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  if (data.type === "show") {
    if (shown !== undefined && shown.title !== data.title) {
      open = undefined;
      focus = [];
    }
    shown = data;
  } else {
    focus = data.path;
    if (shown !== undefined && open !== undefined) {
      // What is to be seen has to be out of its package.
      for (const name of focus) {
        packagesAround(name).forEach((each) => open?.add(each));
      }
    }
  }
  render();
});

function packagesAround(name: string): string[] {
  const packages = packagesOf(shown?.modules ?? []);
  const parts = name.split(".");
  return parts.map((_, n) => parts.slice(0, n + 1).join(".")).filter((each) => packages.has(each));
}

// Themes change while the page is open.
new MutationObserver(() => graph.style(style())).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["style", "class"],
});
new MutationObserver(() => graph.style(style())).observe(document.body, {
  attributes: true,
  attributeFilter: ["class"],
});

vscode.postMessage({ type: "ready" });
