"""Keeps the verdicts on components: what their first imports end in.

A verdict is made anew when its component changed, or a code that one of its runs executed, or an
import of a module that took part leads elsewhere. Everything else leaves it as it is; in
particular typing in a function that nobody calls while loading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.findings.verdict import Verdict, is_circular
from import_cycles.graph.edges import Component, ComponentDelta
from import_cycles.graph.store import GraphStore
from import_cycles.simulate.entries import is_script, simulate_entries, simulate_script
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import When

Cancelled = Callable[[], bool]


MAX_OUTSIDERS: Final = 25
"""Of one component, that are run to see whether they crash."""


class Verdicts:
    """Verdicts by component. Only the project writes to it."""

    def __init__(self) -> None:
        self._components: dict[ModuleName, Component] = {}
        self._verdicts: dict[ModuleName, Verdict] = {}
        self._ran: dict[ModuleName, frozenset[tuple[ModuleName, int]]] = {}
        self._took_part: dict[ModuleName, set[ModuleName]] = {}
        self._stale: set[ModuleName] = set()
        self._kept: set[ModuleName] = set()
        """Verdicts older than the text, because that does not parse."""

    def of(self, component: Component) -> Verdict | None:
        """The last verdict on these members, perhaps stale; None before the first."""
        verdict = self._verdicts.get(component.members[0])
        if verdict is None or tuple(verdict.members) != component.members:
            return None
        return verdict

    def is_settled_for(self, component: Component) -> bool:
        """Whether the verdict on these members is that of the text as it is now."""
        first = component.members[0]
        return first not in self._stale and first not in self._kept

    def note(
        self,
        delta: ComponentDelta,
        resolved: Iterable[ModuleName],
        changed_codes: Iterable[tuple[ModuleName, int]],
    ) -> None:
        """Remember what a change makes stale."""
        born = {component.members[0] for component in delta.born}
        for component in delta.gone:
            if component.members[0] not in born:
                self._forget(component.members[0])
        for component in delta.born:
            if len(component.members) > 1:
                self._components[component.members[0]] = component
                self._stale.add(component.members[0])
            else:
                self._forget(component.members[0])
        self._stale |= self._kept
        self._kept.clear()
        for module in resolved:
            self._stale |= self._took_part.get(module, set())
        for module, number in changed_codes:
            for first in self._took_part.get(module, ()):
                if (module, number) in self._ran[first]:
                    self._stale.add(first)
        self._stale &= self._components.keys()

    @property
    def is_settled(self) -> bool:
        """Whether no verdict is stale."""
        return not self._stale

    def settle(
        self, world: World, graph: GraphStore, cancelled: Cancelled | None = None
    ) -> Iterator[Component]:
        """Make stale verdicts anew; each component as soon as it has a new one.

        Raises `simulate.entries.Cancelled` when `cancelled` says so; what is settled by then
        stays settled.
        """
        for first in sorted(self._stale):
            component = self._components[first]
            if self.of(component) is not None and not _is_readable(component, world):
                # Half a statement is being typed: what is known stays until it is whole.
                self._stale.discard(first)
                self._kept.add(first)
                continue
            members = simulate_entries(world, component.members, cancelled)
            failing = [name for name, run in members.items() if is_circular(run)]
            importers = _importers(failing, component, graph)
            outsiders = simulate_entries(world, importers, cancelled)
            self._stale.discard(first)
            scripts = {
                name: simulate_script(world, name)
                for name in component.members
                if (summary := world.summary(name)) is not None and is_script(summary)
            }
            self._remember(first, Verdict(members, outsiders, scripts))
            yield component

    def _remember(self, first: ModuleName, verdict: Verdict) -> None:
        runs = (
            *verdict.members.values(),
            *verdict.outsiders.values(),
            *verdict.scripts.values(),
        )
        ran = frozenset().union(*(run.ran for run in runs))
        for module in {module for module, _ in self._ran.get(first, ())}:
            self._took_part[module].discard(first)
        for module in {module for module, _ in ran}:
            self._took_part.setdefault(module, set()).add(first)
        self._ran[first] = ran
        self._verdicts[first] = verdict

    def _forget(self, first: ModuleName) -> None:
        self._components.pop(first, None)
        self._verdicts.pop(first, None)
        self._stale.discard(first)
        for module in {module for module, _ in self._ran.pop(first, ())}:
            self._took_part[module].discard(first)


def _is_readable(component: Component, world: World) -> bool:
    """Whether every member's text parses."""
    return all(
        summarized.exact
        for member in component.members
        if (summarized := world.summaries.get(member)) is not None
    )


def _importers(
    failing: list[ModuleName], component: Component, graph: GraphStore
) -> list[ModuleName]:
    """Modules outside a component that import one of its failing members while they load.

    Whoever crashes in the component from outside enters it there. Of many importers the first
    few are asked: one that crashes is enough to know that the cycle is entered from that side.
    """
    members = set(component.members)
    importers = {
        edge.importer
        for member in failing
        for edge in graph.edges_to(member)
        if edge.when is When.RUNTIME and edge.importer not in members
    }
    return sorted(importers)[:MAX_OUTSIDERS]
