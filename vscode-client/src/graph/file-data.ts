/** What `import-cycles graph --format html` puts into the file (`server/import_cycles/cli/render/graph_html.py`). */
import type { GraphEdge, GraphModule } from "../protocol";

export interface FileEdge extends GraphEdge {
  /** The place of the import as people read it: `path:line`. */
  readonly where: string | null;
}

export interface FileCut {
  readonly importer: string;
  readonly imported: string;
  readonly where: string | null;
  /** What cutting it ends, and how easy it is, in words. */
  readonly told: string;
}

export interface FileKnot {
  readonly members: readonly string[];
  readonly told: string;
  readonly cuts: readonly FileCut[];
}

export interface FileData {
  readonly title: string;
  readonly modules: readonly GraphModule[];
  readonly edges: readonly FileEdge[];
  readonly knots: readonly FileKnot[];
  readonly centre: string | null;
}
