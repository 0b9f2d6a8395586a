"""The imports to cut, worked out once for each state of a project that the cache has."""

from __future__ import annotations

from typing import Final

from import_cycles.analysis.cuts import Cuts, KnotCut
from import_cycles.base.names import ModuleName
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import Component
from import_cycles.workspace.workspace import Workspace

_CUTS: Final = "cuts"


class RememberedCuts:
    """Answers for the present snapshot of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        known = workspace.recall(_CUTS)
        self._known: dict[ModuleName, KnotCut] = known if isinstance(known, dict) else {}
        self._cuts = Cuts()
        self._has_news = False

    def of(self, component: Component, known: frozenset[Pair] = frozenset()) -> KnotCut:
        """What to cut in a component of the snapshot; see `Cuts.of`.

        Of those in which imports are `known`, see `Cuts.besides`.
        """
        if not known.isdisjoint((edge.importer, edge.imported) for edge in component.edges):
            return self._cuts.besides(self._workspace.snapshot, component, known)
        first = component.members[0]
        if first not in self._known:
            self._known[first] = self._cuts.of(self._workspace.snapshot, component)
            self._has_news = True
        return self._known[first]

    def remember(self) -> None:
        """For the next run."""
        if self._has_news:
            self._workspace.remember(_CUTS, self._known)
            self._has_news = False
