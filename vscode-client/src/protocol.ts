/**
 * What the server says beside LSP proper: the answers to its commands and its one notification
 * (`server/import_cycles/lsp/listing.py`, `graph_listing.py` and `client.py` describe them).
 */

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Location {
  readonly uri: string;
  readonly range: { readonly start: Position; readonly end: Position };
}

/** One import on the way round a cycle. */
export interface Hop {
  readonly importer: string;
  readonly imported: string;
  readonly location: Location;
  readonly message: string;
}

/** One import that has to go so that no cycle of a knot is left. */
export interface Cut {
  readonly importer: string;
  readonly imported: string;
  /** How many of the cycles go through it. */
  readonly ends: number;
}

export type Severity = "error" | "warning" | "information" | "hint";

export interface Cycle {
  /** Module names, the first repeated at the end. */
  readonly path: readonly string[];
  readonly message: string;
  readonly severity: Severity;
  readonly code: string;
  readonly hops: readonly Hop[];
}

/** Modules that all import one another. */
export interface Knot {
  readonly members: readonly string[];
  readonly cycles: readonly Cycle[];
  /** Few and easy imports to cut, so that no cycle is left. */
  readonly cut?: readonly Cut[];
}

export interface Listing {
  readonly version: number;
  readonly folders: readonly { readonly uri: string; readonly components: readonly Knot[] }[];
}

export interface GraphModule {
  readonly name: string;
  /** Null for namespace packages. */
  readonly uri: string | null;
  readonly isPackage: boolean;
  /** Modules with the same number all import one another; null outside of knots. */
  readonly knot: number | null;
}

export type EdgeKind = "runtime" | "deferred" | "typing";

export interface GraphEdge {
  readonly importer: string;
  readonly imported: string;
  readonly kind: EdgeKind;
  readonly flags: readonly string[];
  /** Of the worst finding whose cycle goes along the edge. */
  readonly code: string | null;
  readonly location: Location | null;
}

export interface GraphAnswer {
  readonly version: number;
  readonly folders: readonly {
    readonly uri: string;
    readonly modules: readonly GraphModule[];
    readonly edges: readonly GraphEdge[];
  }[];
}

/** Cycles as they are known now; the verdicts may follow. */
export const LIST_NOW_COMMAND = "import-cycles.listNow";
export const GRAPH_COMMAND = "import-cycles.graph";

/**
 * A command that the server wants us to have: it asks the user what a new module is to be called. Its words are what
 * was chosen in the menu, and a name to begin with.
 */
export const NAME_COMMAND = "import-cycles.nameModule";
/** Carries out what was chosen, with that name. */
export const MOVE_COMMAND = "import-cycles.moveTo";

export interface Moved {
  readonly applied: boolean;
  /** Why it was not. */
  readonly reason?: string;
}

/** Sent after each analysis to clients that ask for it under `capabilities.experimental`. */
export const CHANGED_NOTIFICATION = "import-cycles/changed";

export interface Changed {
  /** Whether the verdicts are in; if not, another notification follows. */
  readonly settled: boolean;
}
