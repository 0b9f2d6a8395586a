"""Imports that get a file of the project where a module of the standard library has the same name.

Python takes the first file on `sys.path` (importlib._bootstrap_external, `PathFinder`). The folder
of the script, or the source root, comes before the standard library. Modules that every Python has
loaded before the program starts (`sys`, `os`, …) cannot be hidden.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.graph.edges import ImportEdge
from import_cycles.libraries.table import is_preloaded
from import_cycles.syntax.imports import ImportRecord, When
from import_cycles.syntax.steps import ModuleSummary

SummaryOf = Callable[[ModuleName], "ModuleSummary | None"]
"""The text; None for a module whose text is not known or cannot be parsed."""
IsModule = Callable[[str], bool]
"""Whether the project has a module of a dotted name."""


@record
class HidingImport:
    """An import that gets `module`, a file of the project, and not the standard one.

    `missing` are the names that it asks for and that no line of the file can bind.
    """

    site: int
    module: ModuleName
    missing: tuple[str, ...] = ()


@cache
def _hideable() -> frozenset[str]:
    return frozenset(name for name in sys.stdlib_module_names if not is_preloaded(name))


def is_hiding(module: ModuleName) -> bool:
    """Whether a module has the name of a standard module that a file can hide."""
    return dotted_name(module) in _hideable()


def hiding_among(modules: Iterable[ModuleName]) -> frozenset[ModuleName]:
    """The modules, among many, that hide one."""
    names = _hideable()
    return frozenset([each for each in modules if each.partition("@")[0] in names])


def hiding_imports(
    module: ModuleName, edges: Iterable[ImportEdge], summary_of: SummaryOf, is_module: IsModule
) -> tuple[HidingImport, ...]:
    """Those of one module, in the order of its edges."""
    return tuple(
        HidingImport(edge.site, edge.imported, tuple(_missing(edge, summary_of, is_module)))
        for edge in edges
        if edge.holder == module and edge.when is not When.TYPING and is_hiding(edge.imported)
    )


def _missing(edge: ImportEdge, summary_of: SummaryOf, is_module: IsModule) -> Iterator[str]:
    holder, imported = summary_of(edge.holder), summary_of(edge.imported)
    if holder is None or imported is None or edge.holder == edge.imported:
        return
    for asking in _records_at(edge.site, holder):
        for name in asking.names or ():
            submodule = f"{dotted_name(edge.imported)}.{name.name}"
            if name.name != "*" and not imported.may_bind(name.name) and not is_module(submodule):
                yield name.name


def _records_at(site: int, summary: ModuleSummary) -> Iterator[ImportRecord]:
    for each in summary.imports:
        if each.site == site or any(name.site == site for name in each.names or ()):
            yield each
