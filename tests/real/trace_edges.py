"""Hold the import graph of an installed package to what CPython executes.

    python -m tests.real.trace_edges PACKAGE --python EXE

A tool for developers: it *executes the package's code*. Every module of the package is imported
first in a process of its own (or some modules together, see `--per-process`); the imports that
ran are compared with the `runtime` edges of `import-cycles graph`. Printed are the imports that
ran and are no `runtime` edge, by class:

- `dynamic`: `import_module` or `__import__` with a name that is computed;
- `called`: in a function that was called while a module was loading, which the graph says is
  called later if at all;
- `never`: in a place of which the graph says that it is never executed;
- `ambiguous`: a name that is an attribute of the package and a submodule as well;
- `unknown`: there is no edge at that place.

EXE is an interpreter that can import the package, of the same version as the one that runs this
tool, since that is the version that the analysis is made for. Exit status 1 if there is anything
but `dynamic`. docs/comparison.md has the results.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.real.graph_document import Edge, Graph, graph_of
from tests.real.tracing import (
    InstalledPackage,
    NotImportableError,
    Touch,
    Trace,
    Tracing,
    installed_package,
)

CLASSES = ("dynamic", "called", "never", "ambiguous", "unknown")
_SKIPPABLE = frozenset({"conditional", "guarded"})


@dataclass(frozen=True, slots=True)
class Statements:
    """What of a file decides which edges belong to which import that ran.

    CPython names the first line of a statement; an edge has the line of a name in it.
    """

    lines: dict[int, set[int]] = field(default_factory=dict)
    """First line of an import or a call to all of its lines."""
    computed: set[int] = field(default_factory=set)
    """First lines that hold no import statement, but a call without a literal first argument."""
    handlers: set[int] = field(default_factory=set)
    """Lines of `except` and `else` blocks."""

    @classmethod
    def of(cls, path: Path) -> Statements:
        """Read a file."""
        found = cls()
        imports: set[int] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                found.lines.setdefault(node.lineno, set()).update(lines)
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.add(node.lineno)
            elif isinstance(node, ast.Call):
                if not isinstance((*node.args, None)[0], ast.Constant):
                    found.computed.add(node.lineno)
            elif isinstance(node, ast.Try | ast.ExceptHandler):
                blocks = [node] if isinstance(node, ast.ExceptHandler) else node.orelse
                for block in blocks:
                    found.handlers.update(
                        range(block.lineno, (block.end_lineno or block.lineno) + 1)
                    )
        found.computed.difference_update(imports)
        return found


@dataclass(slots=True)
class Comparison:
    """One graph beside one trace."""

    package: InstalledPackage
    graph: Graph
    trace: Trace
    missing: dict[str, list[Touch]] = field(default_factory=lambda: {each: [] for each in CLASSES})
    unseen: list[Edge] = field(default_factory=list)
    """Runtime edges that did not run although nothing that is known can keep them from it."""
    _statements: dict[str, Statements] = field(default_factory=dict)

    def __post_init__(self) -> None:
        by_pair: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for edge in self.graph.edges:
            by_pair[edge.pair].append(edge)
        ran: set[Edge] = set()
        for touch in sorted(self.trace.touches):
            edges = [
                edge
                for edge in by_pair[touch.importer, touch.imported]
                if edge.line in self._lines(touch)
            ]
            runtime = [edge for edge in edges if edge.kind == "runtime"]
            ran.update(runtime)
            if not runtime:
                self.missing[self._class_of(touch, edges)].append(touch)
        self.unseen = [edge for edge in self._must_run() if edge not in ran]

    def _must_run(self) -> Iterable[Edge]:
        for edge in self.graph.edges:
            waiting = edge.called_by or (edge.importer,)
            is_source = edge.importer in self.package.modules
            if edge.kind == "runtime" and is_source and not edge.flags & _SKIPPABLE:
                handlers = self.statements(edge.importer).handlers
                if edge.line not in handlers and self.trace.finished.issuperset(waiting):
                    yield edge

    def statements(self, module: str) -> Statements:
        """Those of a module of the package."""
        known = self._statements.get(module)
        if known is None:
            known = self._statements[module] = Statements.of(self.package.modules[module])
        return known

    def _lines(self, touch: Touch) -> set[int]:
        return self.statements(touch.importer).lines.get(touch.line, {touch.line})

    def _class_of(self, touch: Touch, edges: list[Edge]) -> str:
        if touch.line in self.statements(touch.importer).computed:
            return "dynamic"
        kinds = {edge.kind for edge in edges}
        if "deferred" in kinds:
            return "called"
        if "typing" in kinds:
            return "never"
        return "unknown" if touch.sure else "ambiguous"


def report(comparison: Comparison, *, limit: int, unseen: bool) -> None:
    """Print everything; at most `limit` lines for each class."""
    trace, graph = comparison.trace, comparison.graph
    runtime = {edge.pair for edge in graph.edges if edge.kind == "runtime"}
    pairs = {(touch.importer, touch.imported) for touch in trace.touches}
    print(f"modules        {len(comparison.package.modules)}, finished {len(trace.finished)}")
    print(f"executed       {len(trace.touches)} imports at a place, {len(pairs)} pairs of modules")
    print(f"runtime edges  {sum(edge.kind == 'runtime' for edge in graph.edges)}", end="")
    print(f", {len(runtime)} pairs")
    print(f"unseen         {len(comparison.unseen)} unconditional runtime edges did not run")
    for reason, count in Counter(trace.failures.values()).most_common(limit):
        print(f"  failed {count:5} × {reason}")
    for name in CLASSES:
        touches = comparison.missing[name]
        absent = [each for each in touches if (each.importer, each.imported) not in runtime]
        print(f"{name}: {len(touches)} imports, {len(absent)} of a pair without runtime edge")
        for touch in touches[:limit]:
            path = comparison.package.modules[touch.importer]
            known = "" if touch in absent else " (the pair has another runtime edge)"
            print(f"  {path}:{touch.line}: {touch.importer} -> {touch.imported}{known}")
        if len(touches) > limit:
            print(f"  … {len(touches) - limit} more")
    if unseen:
        for edge in comparison.unseen[:limit]:
            flags = " ".join(sorted(edge.flags))
            print(f"  unseen {edge.file}:{edge.line}: {edge.importer} -> {edge.imported} {flags}")


def main() -> int:
    """Parse the arguments, trace, compare, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.real.trace_edges",
        description=(__doc__ or "").partition("\n\n")[0],
    )
    parser.add_argument("package", help="its import name")
    parser.add_argument("--python", default=sys.executable, help="default: the running one")
    parser.add_argument(
        "--per-process", type=int, default=1, help="modules that one process imports; default: 1"
    )
    parser.add_argument("--limit", type=int, default=60, help="seconds per process; default: 60")
    parser.add_argument("--before", default="", help="code for a second try of failed modules")
    parser.add_argument("--skip", default=[], action="append", help="a module not to import first")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="read the trace from there, or write it there"
    )
    parser.add_argument("--unseen", action="store_true", help="print unseen runtime edges as well")
    parser.add_argument("--lines", type=int, default=40, help="per class; default: 40")
    options = parser.parse_args()
    try:
        package = installed_package(options.package, options.python)
    except NotImportableError as error:
        parser.error(str(error))
    if package.version != sys.version_info[:2]:
        parser.error("--python is of another version than the Python that runs this tool")
    if options.keep is not None and options.keep.exists():
        trace = Trace.read(options.keep)
    else:
        names = sorted(package.modules.keys() - set(options.skip))
        trace = Tracing(package, options.per_process, options.limit, options.before).run(names)
        if options.keep is not None:
            trace.write(options.keep)
    comparison = Comparison(package, graph_of(package.folder), trace)
    report(comparison, limit=options.lines, unseen=options.unseen)
    return int(any(comparison.missing[name] for name in CLASSES if name != "dynamic"))


if __name__ == "__main__":
    sys.exit(main())
