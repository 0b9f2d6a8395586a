// Written by docs/generate.py from the rules in server/import_cycles/rules/.

export interface Rule {
  readonly code: string;
  /** By default. */
  readonly severity: "error" | "warning" | "information" | "hint" | "off";
  /** What it says of a cycle or an import, in a few words. */
  readonly told: string;
}

/** All rules of the server, the worst first. */
export const RULES: readonly Rule[] = [
  { code: "cycle-crash", severity: "error", told: "crashes" },
  { code: "cycle-order-dependent", severity: "warning", told: "depends on what is imported first" },
  { code: "cycle-fallback", severity: "warning", told: "always takes its fallback" },
  { code: "star-import-in-cycle", severity: "warning", told: "star-import too early" },
  { code: "deferred-runs-at-import", severity: "warning", told: "deferred import runs while loading" },
  { code: "cycle-in-threads", severity: "off", told: "fails when two threads import" },
  { code: "cycle", severity: "information", told: "loads" },
  { code: "cycle-hidden-by-lazy", severity: "off", told: "hidden by a lazy import" },
  { code: "order-matters", severity: "hint", told: "works only in this order" },
  { code: "self-import", severity: "information", told: "imports itself" },
  { code: "shadows-module", severity: "information", told: "hides a standard module" },
  { code: "unresolved-import", severity: "hint", told: "asks for a module that does not exist" },
  { code: "unused-suppression", severity: "warning", told: "accepts nothing" },
];
