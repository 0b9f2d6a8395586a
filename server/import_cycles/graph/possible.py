"""The graph of possible imports: which module may load which, as far as a scan can tell.

It has an edge wherever the import graph has one that executes, and more. So a cycle of the import
graph lies inside a *knot* here: modules that may all load one another, or one that may load
itself. Modules outside of all knots are in no cycle, whatever their code does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from import_cycles.base.names import ModuleName
from import_cycles.graph.search import nodes_between, strong_components

_Names = dict[ModuleName, None]
_NONE: _Names = {}
_MANY_IMPORTERS = 4
"""With more importers than this, a pass over the graph is cheaper than a search for each."""


class PossibleGraph:
    """Pairs of importer and imported. Changing an importer costs what it imports."""

    __slots__ = ("_predecessors", "_successors")

    def __init__(self) -> None:
        # Dicts stand in for sets of names: the garbage collector does not track them.
        self._successors: dict[ModuleName, _Names] = {}
        self._predecessors: dict[ModuleName, _Names] = {}

    def importers_of(self, imported: ModuleName) -> Collection[ModuleName]:
        """The modules that may load a module; a live view."""
        return self._predecessors.get(imported, _NONE)

    def imported_by(self, importer: ModuleName) -> Collection[ModuleName]:
        """The modules that a module may load; a live view."""
        return self._successors.get(importer, _NONE)

    def change(self, rows: Mapping[ModuleName, Iterable[ModuleName]]) -> set[ModuleName]:
        """Replaces what importers load; returns those that are in a knot through a new pair."""
        gained: dict[ModuleName, list[ModuleName]] = {}
        predecessors = self._predecessors
        for importer, row in rows.items():
            before = self._successors.pop(importer, _NONE)
            after = dict.fromkeys(row)
            if after:
                self._successors[importer] = after
            for imported in before.keys() - after.keys():
                del predecessors[imported][importer]
            new = [imported for imported in after if imported not in before]
            for imported in new:
                known = predecessors.get(imported)
                if known is None:
                    predecessors[imported] = {importer: None}
                else:
                    known[importer] = None
            if new:
                gained[importer] = new
        if len(gained) > _MANY_IMPORTERS:
            return set(self._in_knots())
        knotted: set[ModuleName] = set()
        for importer, new in gained.items():
            knotted |= nodes_between(new, (importer,), self._successors, predecessors)
        return knotted

    def knots_of(self, modules: Iterable[ModuleName]) -> set[ModuleName]:
        """All modules that lie in a knot with one of these. Cost: all that they may load."""
        wanted = set(modules)
        knotted = {name for name in wanted if name in self._successors.get(name, _NONE)}
        for knot in strong_components(sorted(wanted), self._successors):
            if not wanted.isdisjoint(knot):
                knotted.update(knot)
        return knotted

    def _in_knots(self) -> Iterator[ModuleName]:
        for knot in strong_components(self._successors, self._successors):
            yield from knot
        for importer, row in self._successors.items():
            if importer in row:
                yield importer
