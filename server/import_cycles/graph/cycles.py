"""The shortest cycle through an edge of a component, the same one every time.

From the imported module, many ways of the same length may lead back to the importer. The
alphabetically first is taken, so that messages stay the same between runs. Between parallel edges,
the one that reads best is taken: a statement that names the module rather than one that loads it as
a parent, a statement of the importer rather than one in a function that it calls.

One search backwards from an importer serves all of its edges, and goes only as deep as the edges
that are asked for need. Tests: tests/properties/test_components.py.
"""

from __future__ import annotations

from import_cycles.base.names import ModuleName
from import_cycles.graph.edges import Component, ImportEdge, edge_order
from import_cycles.syntax.imports import ImportFlag

# How many names the searches of one component may keep, some 60 bytes each: all searches of a
# knot of 300 modules, a few dozen of a knot of 5,000.
_KEPT_NAMES = 100_000


class NotInCycle(LookupError):  # noqa: N818 - named for what happened
    """The edge closes no cycle: asking was the caller's mistake."""

    def __init__(self, edge: ImportEdge) -> None:
        super().__init__(f"no cycle goes through {edge}")
        self.edge = edge


class ShortestCycles:
    """Answers for one component, which is all it looks at; keeps searches of limited size."""

    __slots__ = ("_best", "_component", "_edges", "_importers", "_searches")

    def __init__(self, component: Component) -> None:
        self._component = component
        self._edges = frozenset(component.edges)
        self._best: dict[ModuleName, dict[ModuleName, ImportEdge]] = {}
        self._importers: dict[ModuleName, set[ModuleName]] = {}
        self._searches: dict[ModuleName, _SearchBack] = {}
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
        cycle = [edge]
        module = edge.imported
        for level in self._search(edge.importer).levels_below(module):
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
