"""The shortest cycle through an edge of a component, the same one every time.

From the imported module, many ways of the same length may lead back to the importer. The
alphabetically first is taken, so that messages stay the same between runs. Between parallel edges,
the one that reads best is taken: a statement that names the module rather than one that loads it as
a parent, a statement of the importer rather than one in a function that it calls.

One search backwards from an importer serves all of its edges, and ends when it has met all the
modules that the importer imports. Its cost: the edges that it passes, at most those of the component. Along a
chain, where each module has one importer and imports one module, all edges have the same cycle, which is
searched once. Tests: tests/properties/test_components.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from import_cycles.graph.edges import Component, ImportEdge, edge_order
from import_cycles.syntax.imports import ImportFlag

# How many numbers the searches of one component may keep, 8 bytes each.
_KEPT_NUMBERS = 300_000
# How many edges the cycles that are kept may have together, 8 bytes each.
_KEPT_EDGES = 200_000

_Pair: TypeAlias = tuple[int, int]
"""Importer and imported module, as their places among the members."""


class NotInCycle(LookupError):  # noqa: N818 - named for what happened
    """The edge closes no cycle: asking was the caller's mistake."""

    def __init__(self, edge: ImportEdge) -> None:
        super().__init__(f"no cycle goes through {edge}")
        self.edge = edge


class ShortestCycles:
    """Answers for one component, which is all it looks at; keeps searches of limited size."""

    __slots__ = (
        "_edges",
        "_found",
        "_importers",
        "_n_kept",
        "_numbers",
        "_places",
        "_rows",
        "_searches",
    )

    def __init__(self, component: Component) -> None:
        self._edges = frozenset(component.edges)
        self._numbers = {name: number for number, name in enumerate(component.members)}
        """The members in alphabetical order."""
        self._rows: list[dict[int, ImportEdge]] = [{} for _ in component.members]
        """By importer the best edge to each module that it imports."""
        self._importers: list[list[int]] = [[] for _ in component.members]
        """By module its importers, without itself."""
        self._searches: dict[int, list[int]] = {}
        self._places: dict[_Pair, tuple[_Pair, int]] = {}
        self._found: dict[_Pair, tuple[ImportEdge, ...]] = {}
        self._n_kept = 0
        """The number of edges in `_found`."""
        for edge in component.edges:
            importer, imported = self._pair(edge)
            row = self._rows[importer]
            rival = row.get(imported)
            if rival is None and importer != imported:
                self._importers[imported].append(importer)
            if rival is None or _preference(edge) < _preference(rival):
                row[imported] = edge

    def through(self, edge: ImportEdge) -> tuple[ImportEdge, ...]:
        """The fewest edges that lead back to where `edge` starts, `edge` first.

        Raises NotInCycle for an edge that is not one of the component's.
        """
        if edge not in self._edges:
            raise NotInCycle(edge)
        start, n_before = self._place_in_chain(self._pair(edge))
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
        for importer, row in enumerate(self._rows):
            for imported, edge in row.items():
                if importer != imported:
                    _, n_before = self._place_in_chain((importer, imported))
                    if not n_before:
                        yield self.through(edge)

    def _pair(self, edge: ImportEdge) -> _Pair:
        return self._numbers[edge.importer], self._numbers[edge.imported]

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
        if len(importers) != 1 or len(self._rows[importer]) > 1:
            return None
        return importers[0], importer

    def _shortest(self, importer: int, imported: int) -> tuple[ImportEdge, ...]:
        nearer = self._search(importer)
        rows = self._rows
        cycle = [rows[importer][imported]]
        module = imported
        while module != importer:
            following = nearer[module]
            cycle.append(rows[module][following])
            module = following
        return tuple(cycle)

    def _search(self, importer: int) -> list[int]:
        """By module the next one on the way to an importer; -1 where the search did not come."""
        nearer = self._searches.get(importer)
        if nearer is None:
            size = len(self._rows)
            if (len(self._searches) + 1) * size > _KEPT_NUMBERS and self._searches:
                del self._searches[next(iter(self._searches))]
            nearer = self._searches[importer] = self._searched(importer)
        return nearer

    def _searched(self, importer: int) -> list[int]:
        importers, awaited = self._importers, [*self._rows[importer]]
        nearer = [-1] * len(importers)
        nearer[importer] = importer
        level = [importer]
        while True:
            while awaited and nearer[awaited[-1]] >= 0:
                awaited.pop()
            if not awaited:
                return nearer
            reached: list[int] = []
            for module in level:
                for each in importers[module]:
                    if nearer[each] < 0:
                        nearer[each] = module
                        reached.append(each)
            assert reached, f"{awaited} are in the component, but lead nowhere"
            # Alphabetically: the first module of a level that a farther one imports is the next
            # one on its way.
            reached.sort()
            level = reached


def _preference(edge: ImportEdge) -> tuple[object, ...]:
    return (
        ImportFlag.IMPLIED in edge.flags,
        ImportFlag.CALLED in edge.flags,
        edge.site,
        edge_order(edge),
    )
