/** What the extension and the page of the graph say to each other. */
import type { GraphEdge, GraphModule } from "../protocol";

/** Everything to be drawn. Sent when the page is ready, and whenever something changed. */
export interface Show {
  readonly type: "show";
  /** What the picture is of, in words. */
  readonly title: string;
  readonly modules: readonly GraphModule[];
  readonly edges: readonly GraphEdge[];
  /** Pairs (`pairKey`) of the imports to cut. */
  readonly cuts: readonly string[];
  /** The module around which all is, if there is one. */
  readonly centre: string | null;
}

/** Shows one cycle: its modules, in order, the first not repeated. */
export interface Focus {
  readonly type: "focus";
  readonly path: readonly string[];
}

export type ToPage = Show | Focus;

export type ToExtension =
  | { readonly type: "ready" }
  | { readonly type: "openEdge"; readonly importer: string; readonly imported: string }
  | { readonly type: "openModule"; readonly name: string }
  /** What is drawn, for tests and for people who ask what is wrong. */
  | { readonly type: "drawn"; readonly boxes: readonly string[]; readonly lines: number; readonly milliseconds: number; readonly focused: number };
