"""Which names of a package do not stay its submodules of these names.

`from p import load` asks `p` for an attribute. That is the submodule `p.load` only until a
statement of `p/__init__.py` binds `load` to something else: `from p.load import load`, or
`def load`. Code that asks while `p` is loading may still get the module. So such an import
depends on how far `p` has come, although it executes nothing but the submodule (`_handle_fromlist`
of Lib/importlib/_bootstrap.py; the Python reference, 5.4.2 "Submodules").
Tests: tests/cases/detect/submodules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.resolve.layout import Layout, ModuleFile
from import_cycles.resolve.targets import asked_module
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import bindings
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.walk import steps_of_scope

SummaryOf = Callable[[ModuleName], "s.ModuleSummary | None"]


@record
class Rebound:
    """The names that a package binds to something else, and whose summaries told so.

    `has_stars` says that star-imports are among the statements: a new file may change the answer.
    """

    names: frozenset[str]
    read: frozenset[ModuleName]
    has_stars: bool


def rebound(package: ModuleFile, layout: Layout, summary_of: SummaryOf) -> Rebound:
    """What a package binds itself. Cost: a walk over its body, and those that it star-imports."""
    reader = _Reader(package, layout, summary_of)
    names = frozenset(reader.names_of(package))
    return Rebound(names, frozenset(reader.read), reader.has_stars)


class _Reader:
    def __init__(self, package: ModuleFile, layout: Layout, summary_of: SummaryOf) -> None:
        self._package = dotted_name(package.name)
        self._layout = layout
        self._summary_of = summary_of
        self.read: set[ModuleName] = set()
        self.has_stars = False

    def names_of(self, module: ModuleFile) -> Iterator[str]:
        if module.name in self.read:
            return
        self.read.add(module.name)
        summary = self._summary_of(module.name)
        if summary is None:
            return
        for code in summary.codes[1:]:
            yield from code.global_names
        for step in steps_of_scope(summary.codes[0].body):
            if isinstance(step, s.Import):
                yield from self._imported(summary.imports[step.import_id], module)
            else:
                yield from (each.name for each in bindings(step, summary.imports))

    def _imported(self, record: ImportRecord, module: ModuleFile) -> Iterator[str]:
        dotted = asked_module(record, module)
        if record.when is When.TYPING or dotted is None:
            return
        if ImportFlag.STAR in record.flags:
            yield from self._starred(dotted, module)
        elif record.names is not None:
            for name in record.names:
                if not self._is_submodule(name.bound_as, f"{dotted}.{name.name}"):
                    yield name.bound_as
        else:
            bound = record.bound_as or dotted.partition(".")[0]
            if not self._is_submodule(bound, dotted if record.bound_as else bound):
                yield bound

    def _is_submodule(self, bound: str, dotted: str) -> bool:
        return dotted == f"{self._package}.{bound}"

    def _starred(self, dotted: str, importer: ModuleFile) -> Iterator[str]:
        self.has_stars = True
        found = self._layout.find(dotted, importer)
        summary = None if found is None else self._summary_of(found.name)
        if found is None or summary is None:
            return
        listed = summary.all_names
        for name in self.names_of(found):
            if not name.startswith("_") if listed is None else name in listed:
                yield name
