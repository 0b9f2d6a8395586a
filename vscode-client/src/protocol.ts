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
  /** What happens there; servers before 0.2 do not say. */
  readonly message?: string;
  /** Whether this is the import that is best cut, where the server knows one. */
  readonly cut?: boolean;
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
}

export interface Listing {
  readonly version: number;
  readonly folders: readonly { readonly uri: string; readonly components: readonly Knot[] }[];
}

export const LIST_COMMAND = "import-cycles.list";

/** Sent after each analysis to clients that ask for it under `capabilities.experimental`. */
export const CHANGED_NOTIFICATION = "import-cycles/changed";

export interface Changed {
  /** Whether the verdicts are in; if not, another notification follows. */
  readonly settled: boolean;
}
