/**
 * Which nodes and edges a picture of the graph has: packages are folded into one node each until
 * somebody opens them.
 *
 * A *box* is a node of the picture: a module, or a package with all modules below it. The boxes
 * of one picture are disjoint and cover all modules. Everything here is pure and takes time
 * linear in the graph, so that 2,000 modules are no trouble; what takes time is the layout, and
 * that sees boxes only.
 */
import type { EdgeKind, GraphEdge, GraphModule } from "../protocol";
import { RULES } from "../rules";

/** Of so many boxes at most a picture is made without being asked. */
export const MOST_BOXES = 60;

export interface Box {
  /** The module or package. */
  readonly name: string;
  /** Modules in it; one for a module. */
  readonly size: number;
  readonly isFolded: boolean;
  /** The number of the knot if all modules in it are of the same one. */
  readonly knot: number | null;
  readonly uri: string | null;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** The loudest code of the edges that it stands for. */
  readonly code: string | null;
  readonly isCut: boolean;
  /** The edges that it stands for. */
  readonly edges: readonly GraphEdge[];
}

export interface Picture {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  /** Edges that are inside of folded packages. */
  readonly hidden: number;
}

const KINDS: readonly EdgeKind[] = ["runtime", "deferred", "typing"];
const CODES = RULES.map((rule) => rule.code);

export function pairKey(importer: string, imported: string): string {
  return `${importer} ${imported}`;
}

/** The packages around a module and itself, outermost first: `a`, `a.b`, `a.b.c`. */
export function around(name: string): string[] {
  const [dotted = "", ...root] = name.split("@");
  const mark = root.length > 0 ? `@${root.join("@")}` : "";
  const parts = dotted.split(".");
  return parts.map((_, n) => parts.slice(0, n + 1).join(".") + mark);
}

/**
 * The packages to open at first: as many levels as there is room for, breadth first, so that the
 * picture has at most `room` boxes (or the fewest that there can be).
 */
export function opened(modules: readonly GraphModule[], room = MOST_BOXES): Set<string> {
  const children = childrenOf(modules);
  const open = new Set<string>();
  let boxes = children.get("")?.size ?? 0;
  let level = [...(children.get("") ?? [])];
  while (level.length > 0) {
    const next: string[] = [];
    // The small ones first: they say most for the room that they take.
    level.sort((a, b) => (children.get(a)?.size ?? 0) - (children.get(b)?.size ?? 0) || (a < b ? -1 : 1));
    for (const name of level) {
      const inner = children.get(name);
      if (inner === undefined) {
        continue;
      }
      const more = inner.size - 1;
      // A package that holds a single thing is no help.
      if (boxes + more <= room || inner.size === 1) {
        open.add(name);
        boxes += more;
        next.push(...inner);
      }
    }
    level = next;
  }
  return open;
}

/** What is directly in a package, for every package that holds something; "" holds the outermost. */
function childrenOf(modules: readonly GraphModule[]): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>();
  const put = (parent: string, child: string) => {
    const known = children.get(parent);
    if (known === undefined) {
      children.set(parent, new Set([child]));
    } else {
      known.add(child);
    }
  };
  for (const { name } of modules) {
    const path = around(name);
    path.forEach((each, n) => put(path[n - 1] ?? "", each));
  }
  // A package that is a module itself stands in its own box when it is open.
  for (const { name } of modules) {
    if (children.has(name)) {
      put(name, name);
    }
  }
  return children;
}

/** The box of a module: the outermost package around it that is not open, else the module. */
export function boxOf(name: string, open: ReadonlySet<string>, packages: ReadonlySet<string>): string {
  return around(name).find((each) => packages.has(each) && !open.has(each)) ?? name;
}

/** All packages that hold another module of the graph. */
export function packagesOf(modules: readonly GraphModule[]): Set<string> {
  return new Set(modules.flatMap(({ name }) => around(name).slice(0, -1)));
}

/** The picture with those packages open. */
export function draw(
  modules: readonly GraphModule[],
  edges: readonly GraphEdge[],
  open: ReadonlySet<string>,
  cuts: ReadonlySet<string> = new Set(),
): Picture {
  const packages = packagesOf(modules);
  const place = new Map<string, string>();
  const content = new Map<string, GraphModule[]>();
  for (const module of modules) {
    const box = boxOf(module.name, open, packages);
    place.set(module.name, box);
    const known = content.get(box);
    if (known === undefined) {
      content.set(box, [module]);
    } else {
      known.push(module);
    }
  }
  const lines = new Map<string, GraphEdge[]>();
  let hidden = 0;
  for (const edge of edges) {
    const from = place.get(edge.importer);
    const to = place.get(edge.imported);
    if (from === undefined || to === undefined) {
      continue;
    }
    if (from === to && edge.importer !== edge.imported) {
      hidden += 1;
      continue;
    }
    const key = pairKey(from, to);
    const known = lines.get(key);
    if (known === undefined) {
      lines.set(key, [edge]);
    } else {
      known.push(edge);
    }
  }
  return {
    boxes: [...content].map(([name, inner]) => boxFor(name, inner, packages.has(name) && !open.has(name))),
    lines: [...lines.values()].map((parallel) => lineFor(parallel, place, cuts)),
    hidden,
  };
}

function boxFor(name: string, inner: readonly GraphModule[], isFolded: boolean): Box {
  const knots = new Set(inner.map((module) => module.knot));
  const own = inner.find((module) => module.name === name) ?? inner[0];
  return {
    name,
    size: inner.length,
    isFolded,
    knot: knots.size === 1 ? (inner[0]?.knot ?? null) : null,
    uri: own?.uri ?? null,
  };
}

function lineFor(
  edges: readonly GraphEdge[],
  place: ReadonlyMap<string, string>,
  cuts: ReadonlySet<string>,
): Line {
  const [first] = edges;
  const kind = KINDS.find((each) => edges.some((edge) => edge.kind === each)) ?? "runtime";
  const code = CODES.find((each) => edges.some((edge) => edge.code === each)) ?? null;
  return {
    from: place.get(first?.importer ?? "") ?? "",
    to: place.get(first?.imported ?? "") ?? "",
    kind,
    code,
    isCut: edges.some((edge) => cuts.has(pairKey(edge.importer, edge.imported))),
    // The loudest first: that is the line that a click opens.
    edges: [...edges].sort((a, b) => rank(a) - rank(b)),
  };
}

function rank(edge: GraphEdge): number {
  const code = edge.code === null ? CODES.length : CODES.indexOf(edge.code);
  return KINDS.indexOf(edge.kind) * 100 + code;
}
