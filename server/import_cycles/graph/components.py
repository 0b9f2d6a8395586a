"""Keep the strong components of the import graph up to date.

A component is a largest set of modules that all import one another, directly or not, or one
module that imports itself. Only *binding* edges count: those that execute at run time and that
no comment accepts.

Invariant: after `update`, components equal those of a from-scratch run
(tests/properties/test_components.py). Cost follows what is touched, not the project:

- A pair that goes can only break the component around it: look whether its ends still reach one
  another inside, and split the component if not.
- A pair that comes can only merge what lies on the way from its imported end back to its
  importer: search from both, and stop when one search runs dry.
- When much of the graph is new, one pass over all of it (`rebuild`) is cheaper than searches.

Why the parts fit together: a final component without a new pair between two old components (or
pieces of a split one) lies inside of one of them, and every other one lies on the way back of
some new pair. Not here: what a cycle does at run time; see `import_cycles.simulate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from import_cycles.base.names import ModuleName
from import_cycles.graph.edges import Component, ComponentDelta, ImportEdge
from import_cycles.graph.index import EdgeIndex, PairDelta, PairsByImporter
from import_cycles.graph.search import leads_to, nodes_between, strong_components
from import_cycles.syntax.imports import ImportFlag, When

_Group = tuple[ModuleName, ...]
_Pair = tuple[ModuleName, ModuleName]

# Enums are slow to ask, and there are many edges; nearly all of them have no flag.
_NO_FLAG: ImportFlag = ImportFlag.NONE
_RUNTIME = When.RUNTIME
# With more lost pairs inside of one component than this, a pass over the component is cheaper
# than asking for each pair whether its ends still reach one another.
_MANY_LOST_PAIRS = 8
# With more importers that gained pairs than this, one search for all is cheaper than one each.
_MANY_IMPORTERS = 4


def is_binding(edge: ImportEdge) -> bool:
    """Whether the edge takes part in components."""
    if edge.when is not _RUNTIME:
        return False
    return edge.flags is _NO_FLAG or ImportFlag.SUPPRESSED not in edge.flags


class Components:
    """The components of the binding edges in `index`, which the owner changes before `update`."""

    __slots__ = ("_by_first", "_index", "_of")

    def __init__(self, index: EdgeIndex) -> None:
        self._index = index
        self._of: dict[ModuleName, Component] = {}
        self._by_first: dict[ModuleName, Component] = {}

    def of(self, module: ModuleName) -> Component | None:
        """The component of `module`, if it is in one."""
        return self._of.get(module)

    def all(self) -> tuple[Component, ...]:
        """Sorted by members."""
        return tuple(self._by_first[first] for first in sorted(self._by_first))

    def update(self, pairs: PairDelta) -> ComponentDelta:
        """Catch up with an index in which `pairs` have changed."""
        n_gaining = len(pairs.gained)
        if n_gaining > _MANY_IMPORTERS and 2 * n_gaining > len(self._index.successors):
            return self.rebuild()
        stale = {first: self._by_first[first] for first in self._inside(pairs.touched)}
        groups = _Groups(self._of)
        for first, lost in self._inside(pairs.lost).items():
            self._split(self._by_first[first], lost, groups)
        self._merge(pairs.gained, groups)
        for module in groups.regrouped():
            component = self._of.get(module)
            if component is not None:
                stale[component.members[0]] = component
        candidates = groups.all()
        for first, component in stale.items():
            if not groups.is_regrouped(first):
                candidates[first] = component.members
        for importer, touched in pairs.touched.items():
            if importer in touched and groups.of(importer) == (importer,):
                candidates[importer] = (importer,)
        return self._replace(stale, candidates.values())

    def rebuild(self) -> ComponentDelta:
        """Catch up with an index in which anything may have changed, by one pass over all of it."""
        groups = _Groups({})
        successors = self._index.successors
        for component in strong_components(successors, successors):
            groups.join(component)
        candidates = groups.all()
        for module, row in successors.items():
            if module in row and not groups.is_regrouped(module):
                candidates[module] = (module,)
        return self._replace(dict(self._by_first), candidates.values())

    def _inside(self, pairs: PairsByImporter) -> dict[ModuleName, list[_Pair]]:
        """Those of `pairs` that have both ends in one component, by its first member."""
        of = self._of
        inside: dict[ModuleName, list[_Pair]] = {}
        for importer, row in pairs.items():
            component = of.get(importer)
            if component is None:
                continue
            found = [(importer, imported) for imported in row if of.get(imported) is component]
            if found:
                inside.setdefault(component.members[0], []).extend(found)
        return inside

    def _split(self, component: Component, lost: list[_Pair], groups: _Groups) -> None:
        members = frozenset(component.members)
        if len(lost) <= _MANY_LOST_PAIRS and all(
            leads_to(*pair, self._index.successors, self._index.predecessors, members)
            for pair in lost
        ):
            return
        groups.dissolve(component.members)
        for piece in self._strong_components_inside(members):
            groups.join(piece)

    def _merge(self, gained: PairsByImporter, groups: _Groups) -> None:
        crossing: dict[ModuleName, set[ModuleName]] = {}
        for importer, row in gained.items():
            others = {imported for imported in row if not groups.are_joined(importer, imported)}
            if others:
                crossing[importer] = others
        for component in self._components_through(crossing):
            groups.join(component)

    def _components_through(
        self, crossing: dict[ModuleName, set[ModuleName]]
    ) -> Iterator[list[ModuleName]]:
        """The components through pairs of `crossing`, and perhaps others that exist already."""
        successors, predecessors = self._index.successors, self._index.predecessors
        if len(crossing) > _MANY_IMPORTERS:
            starts = set().union(*crossing.values())
            region = nodes_between(starts, crossing, successors, predecessors)
            yield from self._strong_components_inside(region)
        else:
            for importer, imported in crossing.items():
                region = nodes_between(imported, (importer,), successors, predecessors)
                # Each node here leads to the importer, and the importer to each: one component.
                if region:
                    yield list(region)

    def _strong_components_inside(
        self, region: frozenset[ModuleName] | set[ModuleName]
    ) -> list[list[ModuleName]]:
        successors = self._index.successors
        inside = {module: region.intersection(successors.get(module, ())) for module in region}
        return strong_components(inside, inside)

    def _replace(
        self, stale: dict[ModuleName, Component], candidates: Iterable[_Group]
    ) -> ComponentDelta:
        """Exchange the stale components; one that proves unchanged stays the object that it is."""
        born: list[Component] = []
        for members in candidates:
            component = self._component(members)
            if component is None:
                continue
            if stale.get(members[0]) == component:
                del stale[members[0]]
            else:
                born.append(component)
        for component in stale.values():
            del self._by_first[component.members[0]]
            for module in component.members:
                del self._of[module]
        for component in born:
            self._by_first[component.members[0]] = component
            self._of.update(dict.fromkeys(component.members, component))
        return ComponentDelta(gone=_in_order(stale.values()), born=_in_order(born))

    def _component(self, members: _Group) -> Component | None:
        edges = self._index.edges_between(members)
        # A module on its own has no edge here unless it imports itself.
        return Component(members, edges) if edges else None


class _Groups:
    """The groups of one update: the old components, and the ones that replace them.

    A group is a sorted tuple of members; a module on its own is a group of one.
    """

    __slots__ = ("_new", "_of")

    def __init__(self, of: dict[ModuleName, Component]) -> None:
        self._of = of
        self._new: dict[ModuleName, _Group] = {}

    def of(self, module: ModuleName) -> _Group:
        group = self._new.get(module)
        if group is not None:
            return group
        component = self._of.get(module)
        return (module,) if component is None else component.members

    def are_joined(self, importer: ModuleName, imported: ModuleName) -> bool:
        return importer == imported or self.of(importer) is self.of(imported)

    def dissolve(self, members: _Group) -> None:
        self._new.update((module, (module,)) for module in members)

    def join(self, members: list[ModuleName]) -> None:
        group = tuple(sorted(members))
        self._new.update(dict.fromkeys(members, group))

    def regrouped(self) -> Iterable[ModuleName]:
        return self._new

    def is_regrouped(self, module: ModuleName) -> bool:
        return module in self._new

    def all(self) -> dict[ModuleName, _Group]:
        """All new groups by first member."""
        return {group[0]: group for group in self._new.values()}


def _in_order(components: Iterable[Component]) -> tuple[Component, ...]:
    return tuple(sorted(components, key=lambda component: component.members))
