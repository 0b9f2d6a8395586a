"""Packages that fail when two threads import them and a submodule of theirs at the same time.

Up to Python 3.14, importing `p.c` while another thread executes `p` does not wait for `p`, which
stands in `sys.modules` already. So one thread executes `p`, reaches its import of `p.c` and waits
for the lock of `p.c`. The other executes `p.c`, reaches an import of `p` and waits for the lock of
`p`. CPython detects the deadlock, and lets the first thread go on with a `p.c` that has only begun:
names that `p` takes from it are missing. Python 3.15 takes the locks of the packages first.

Source: Lib/importlib/_bootstrap.py, `_ModuleLock`, `_lock_unlock_module`, `_HierarchicalLockManager`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Final, TypeAlias

from import_cycles.base.names import ModuleName, is_ancestor
from import_cycles.base.record import record
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import names_bound_in
from import_cycles.syntax.imports import When
from import_cycles.syntax.steps import ModuleSummary

SAFE_SINCE: Final = (3, 15)
"""The first Python without this failure: it locks the packages first."""


@record
class ThreadPair:
    """A package, a submodule of it, and the names that the package may not find in the submodule."""

    package: ModuleName
    child: ModuleName
    names: tuple[str, ...]
    edge: ImportEdge


class ThreadPairs:
    """Finds the pairs of components, and caches what it has read of texts."""

    def __init__(self) -> None:
        self._known: dict[tuple[ModuleName, ModuleName, int], tuple[_Read, tuple[str, ...]]] = {}

    def of(
        self, component: Component, summary: Callable[[ModuleName], ModuleSummary]
    ) -> Iterator[ThreadPair]:
        """The pairs in a component that can fail.

        Every other member of a component leads back to the package. Cost: the edges of the
        component, and the text of each submodule that is new.
        """
        onward: dict[ModuleName, set[int]] = {}
        for edge in component.edges:
            if edge.holder == edge.importer:
                onward.setdefault(edge.importer, set()).add(edge.site)
        for edge in component.edges:
            package, child = edge.importer, edge.imported
            if edge.holder != package or not is_ancestor(package, child):
                continue
            read = (summary(package), summary(child), edge.site, frozenset(onward.get(child, ())))
            known = self._known.get((package, child, edge.site))
            if known is None or known[0] != read:
                known = self._known[package, child, edge.site] = (read, _missing(*read))
            if known[1]:
                yield ThreadPair(package, child, known[1], edge)

    def have_changed(
        self,
        component: Component,
        changed: Set[ModuleName],
        summary: Callable[[ModuleName], ModuleSummary],
    ) -> bool:
        """Whether `of` gives other pairs since the texts of some modules have changed."""
        asked = [
            (edge.importer, edge.imported, edge.site)
            for edge in component.edges
            if edge.importer in changed or edge.imported in changed
        ]
        before = [self._known[key][1] for key in asked if key in self._known]
        for _ in self.of(component, summary):
            pass
        return before != [self._known[key][1] for key in asked if key in self._known]


_Read: TypeAlias = tuple[ModuleSummary, ModuleSummary, int, frozenset[int]]
"""The package, the submodule, the sites of the package's import of it, and those back to members."""


def _missing(
    package: ModuleSummary, child: ModuleSummary, site: int, onward: frozenset[int]
) -> tuple[str, ...]:
    """The names that a package takes of a submodule that has only begun."""
    taken = tuple(_taken(package, site))
    if not taken:
        return ()
    late = _bound_late(child, onward)
    return tuple(name for name in taken if name in late)


def _bound_late(summary: ModuleSummary, sites: frozenset[int]) -> set[str]:
    """The names that a module binds at or after the first import at one of these sites alone."""
    early: set[str] = set()
    late: set[str] = set()
    has_begun = False
    for step in summary.codes[0].body:
        has_begun = has_begun or _imports_at(step, summary, sites)
        (late if has_begun else early).update(names_bound_in((step,), summary.imports))
    return late - early


def _imports_at(step: s.Step, summary: ModuleSummary, sites: frozenset[int]) -> bool:
    if not isinstance(step, s.Import):
        return False
    record = summary.imports[step.import_id]
    own = {record.site, *(name.site for name in record.names or ())}
    return not own.isdisjoint(sites)


def _taken(summary: ModuleSummary, site: int) -> Iterator[str]:
    """The names that an import statement takes from the module that it imports."""
    for each in summary.imports:
        if each.site == site and each.code == 0 and each.when is When.RUNTIME:
            for name in each.names or ():
                yield name.name


def told(pair: ThreadPair) -> str:
    """What can happen, as a sentence."""
    names = ", ".join(pair.names)
    return (
        f"Two threads that import {pair.package} and {pair.child} at the same time can both fail"
        f" (Python up to 3.14): {pair.package} gets a {pair.child} that has no {names} yet."
    )
