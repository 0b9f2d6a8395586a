"""The shortest cycle through an edge of a component, the same one every time.

From the imported module, many ways of the same length may lead back to the importer. The
alphabetically first is taken, so that messages stay the same between runs. Between parallel edges,
the one that reads best is taken: a statement that names the module rather than one that loads it as
a parent, a statement of the importer rather than one in a function that it calls.

One search backwards from an importer serves all of its edges, and goes only as deep as the edges
that are asked for need. Along a chain, where each module has one importer and imports one module, all
edges have the same cycle, which is searched once. Tests: tests/properties/test_components.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.graph.edges import Component, ImportEdge, edge_order
from import_cycles.syntax.imports import ImportFlag

# How many names the searches of one component may keep, some 60 bytes each: all searches of a
# knot of 300 modules, a few dozen of a knot of 5,000.
_KEPT_NAMES = 100_000
# How many edges the cycles that are kept may have together, 8 bytes each.
_KEPT_EDGES = 200_000

_Pair: TypeAlias = tuple[ModuleName, ModuleName]
"""Importer and imported module."""


class NotInCycle(LookupError):  # noqa: N818 - named for what happened
    """The edge closes no cycle: asking was the caller's mistake."""

    def __init__(self, edge: ImportEdge) -> None:
        super().__init__(f"no cycle goes through {edge}")
        self.edge = edge


class ShortestCycles:
    """Answers for one component, which is all it looks at; keeps searches of limited size."""

    __slots__ = (
        "_best",
        "_component",
        "_edges",
        "_found",
        "_importers",
        "_n_kept",
        "_places",
        "_searches",
    )

    def __init__(self, component: Component) -> None:
        self._component = component
        self._edges = frozenset(component.edges)
        self._best: dict[ModuleName, dict[ModuleName, ImportEdge]] = {}
        self._importers: dict[ModuleName, set[ModuleName]] = {}
        self._searches: dict[ModuleName, _SearchBack] = {}
        self._places: dict[_Pair, tuple[_Pair, int]] = {}
        self._found: dict[_Pair, tuple[ImportEdge, ...]] = {}
        self._n_kept = 0
        """The number of edges in `_found`."""
        for edge in component.edges:
            row = self._best.setdefault(edge.importer, {})
            rival = row.get(edge.imported)
            if rival is None or _preference(edge) < _preference(rival):
                row[edge.imported] = edge
            self._importers.setdefault(edge.imported, set()).add(edge.importer)

    def through(self, edge: ImportEdge) -> tuple[ImportEdge, ...]:
        """The fewest edges that lead back to where `edge` starts, `edge` first.

        Raises NotInCycle for an edge that is not one of the component's.
        """
        if edge not in self._edges:
            raise NotInCycle(edge)
        start, n_before = self._place_in_chain((edge.importer, edge.imported))
        cycle = self._found.get(start)
        if cycle is None:
            cycle = self._shortest(*start)
            if self._n_kept + len(cycle) > _KEPT_EDGES:
                self._found.clear()
                self._n_kept = 0
            self._found[start] = cycle
            self._n_kept += len(cycle)
        return (edge, *cycle[n_before + 1 :], *cycle[:n_before])

    def distinct(self) -> Iterator[tuple[ImportEdge, ...]]:
        """Shortest cycles, so that each import between two modules is in the chain of one's first."""
        for importer, row in self._best.items():
            for imported, edge in row.items():
                if importer != imported:
                    _, n_before = self._place_in_chain((importer, imported))
                    if not n_before:
                        yield self.through(edge)

    def _place_in_chain(self, pair: _Pair) -> tuple[_Pair, int]:
        """The first import of the chain that an import is in, and how many come before it.

        Whatever cycle goes through one of them goes through all. A component that is one ring is a
        chain as well, and any of its imports counts as the first.
        """
        known = self._places.get(pair)
        if known is None:
            chain = [pair]
            start = self._before(pair)
            while start is not None and start != pair:
                chain.append(start)
                start = self._before(start)
            for n_before, each in enumerate(reversed(chain)):
                self._places[each] = chain[-1], n_before
            known = self._places[pair]
        return known

    def _before(self, pair: _Pair) -> _Pair | None:
        """The import before another one in its chain."""
        importer = pair[0]
        importers = self._importers[importer]
        if len(self._best[importer]) > 1 or len(importers) > 1:
            return None
        return next(iter(importers)), importer

    def _shortest(self, importer: ModuleName, imported: ModuleName) -> tuple[ImportEdge, ...]:
        cycle = [self._best[importer][imported]]
        module = imported
        for level in self._search(importer).levels_below(module):
            # All candidates are equally near to the importer, so the first name decides.
            row = self._best[module]
            nearer = min(level.intersection(row))
            cycle.append(row[nearer])
            module = nearer
        return tuple(cycle)

    def _search(self, importer: ModuleName) -> _SearchBack:
        search = self._searches.get(importer)
        if search is None:
            size = len(self._component.members)
            if (len(self._searches) + 1) * size > _KEPT_NAMES and self._searches:
                del self._searches[next(iter(self._searches))]
            search = _SearchBack(importer, self._component.members, self._importers)
            self._searches[importer] = search
        return search


class _SearchBack:
    """The modules that lead to `goal`, by number of steps; looks no farther than asked."""

    __slots__ = ("_importers", "_levels", "_unseen")

    def __init__(
        self,
        goal: ModuleName,
        members: tuple[ModuleName, ...],
        importers: dict[ModuleName, set[ModuleName]],
    ) -> None:
        self._importers = importers
        self._unseen = set(members)
        self._unseen.discard(goal)
        self._levels = [{goal}]

    def levels_below(self, module: ModuleName) -> list[set[ModuleName]]:
        """The sets of modules that are nearer to the goal than `module`, farthest first."""
        while module in self._unseen:
            reached = set().union(*(self._importers[nearer] for nearer in self._levels[-1]))
            reached &= self._unseen
            assert reached, f"{module} is in the component, but leads nowhere"
            self._unseen -= reached
            self._levels.append(reached)
        distance = next(n for n, level in enumerate(self._levels) if module in level)
        return self._levels[:distance][::-1]


def _preference(edge: ImportEdge) -> tuple[object, ...]:
    return (
        ImportFlag.IMPLIED in edge.flags,
        ImportFlag.CALLED in edge.flags,
        edge.site,
        edge_order(edge),
    )
