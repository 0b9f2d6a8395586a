"""Packages that fail when two threads import them and a submodule of theirs at the same time.

Up to Python 3.14, importing `p.c` while another thread executes `p` does not wait for `p`, which stands
in `sys.modules` already. So one thread executes `p`, comes to its import of `p.c` and waits for the
lock of that; the other executes `p.c`, comes to an import of `p` and waits for the lock of that. CPython
sees the deadlock, and lets the first thread go on with a `p.c` that has only begun: names that `p`
takes from it are not there. Python 3.15 takes the locks of the packages first.

Source: Lib/importlib/_bootstrap.py, `_ModuleLock`, `_lock_unlock_module`, `_HierarchicalLockManager`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName, is_ancestor
from import_cycles.base.record import record
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import names_bound_in
from import_cycles.syntax.imports import When
from import_cycles.syntax.steps import ModuleSummary

SAFE_SINCE: Final = (3, 15)
"""The Python that imports packages and submodules in threads without this."""


@record
class ThreadPair:
    """A package, a submodule of it, and the names that it takes of that and may not find."""

    package: ModuleName
    child: ModuleName
    names: tuple[str, ...]
    edge: ImportEdge


def thread_pairs(
    component: Component, summary: Callable[[ModuleName], ModuleSummary]
) -> Iterator[ThreadPair]:
    """The pairs in a component that can fail. Cost: the edges of the component."""
    for edge in component.edges:
        package, child = edge.importer, edge.imported
        if edge.holder != package or not is_ancestor(package, child):
            continue
        late = _bound_late(summary(child), _leading_back(component, child, package))
        names = tuple(name for name in _taken(summary(package), edge) if name in late)
        if names:
            yield ThreadPair(package, child, names, edge)


def _leading_back(component: Component, child: ModuleName, package: ModuleName) -> set[int]:
    """The import sites of a submodule from which the package is imported again."""
    return {
        edge.site
        for edge in component.edges
        if edge.holder == child
        and edge.importer == child
        and (edge.imported == package or _leads(component, edge.imported, package, child))
    }


def _leads(component: Component, start: ModuleName, goal: ModuleName, without: ModuleName) -> bool:
    seen, pending = {start, without}, [start]
    while pending:
        module = pending.pop()
        for edge in component.edges:
            if edge.importer == module and edge.imported not in seen:
                if edge.imported == goal:
                    return True
                seen.add(edge.imported)
                pending.append(edge.imported)
    return False


def _bound_late(summary: ModuleSummary, sites: set[int]) -> set[str]:
    """The names that a module binds at or after the first import at one of these sites alone."""
    early: set[str] = set()
    late: set[str] = set()
    has_begun = False
    for step in summary.codes[0].body:
        has_begun = has_begun or _imports_at(step, summary, sites)
        (late if has_begun else early).update(names_bound_in((step,), summary.imports))
    return late - early


def _imports_at(step: s.Step, summary: ModuleSummary, sites: set[int]) -> bool:
    if not isinstance(step, s.Import):
        return False
    record = summary.imports[step.import_id]
    own = {record.site, *(name.site for name in record.names or ())}
    return not own.isdisjoint(sites)


def _taken(summary: ModuleSummary, edge: ImportEdge) -> Iterator[str]:
    """The names that the statement of an edge takes of the module that it imports."""
    for each in summary.imports:
        if each.site == edge.site and each.code == 0 and each.when is When.RUNTIME:
            for name in each.names or ():
                yield name.name


def told(pair: ThreadPair) -> str:
    """What can happen, as a sentence."""
    names = ", ".join(pair.names)
    return (
        f"Two threads that import {pair.package} and {pair.child} at the same time can both fail"
        f" (Python up to 3.14): {pair.package} gets a {pair.child} that has no {names} yet."
    )
