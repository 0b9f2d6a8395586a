"""The import graph: every module, every edge, and the components, changed by one delta at a time.

Edges are kept in two indexes: the *binding* ones, which take part in components (executed at run
time, and not accepted by a comment), and the others, which are only shown. A third index has every
edge that can execute, also in functions or accepted by a comment: its components are the *knots*.
Every component lies inside one. A crash that no component explains can only be in a knot.

Invariant: what the store answers depends on the modules and edges that it holds, and on nothing
else: not on the order in which they came, nor on the hash seed
(tests/properties/test_components.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from heapq import merge

from import_cycles.base.names import ModuleName
from import_cycles.graph.components import Components, is_binding
from import_cycles.graph.cycles import NotInCycle, ShortestCycles
from import_cycles.graph.edges import (
    NOWHERE,
    Component,
    ComponentDelta,
    GraphDelta,
    ImportEdge,
    edge_order,
)
from import_cycles.graph.index import EdgeIndex, EdgesByImporter
from import_cycles.syntax.imports import When

# Shortest cycles are asked for component after component; the searches of the last few are kept.
_KEPT_CYCLES = 8


class GraphStore:
    """Modules and edges of one project. Only its owner may call `apply`."""

    __slots__ = (
        "_binding",
        "_components",
        "_cycles",
        "_executable",
        "_knots",
        "_modules",
        "_others",
    )

    def __init__(self) -> None:
        self._modules: set[ModuleName] = set()
        self._binding = EdgeIndex()
        self._others = EdgeIndex()
        self._components = Components(self._binding)
        self._executable = EdgeIndex()
        self._knots = Components(self._executable)
        self._cycles: dict[ModuleName, ShortestCycles] = {}

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without the caches.
        state = {name: getattr(self, name) for name in self.__slots__ if name != "_cycles"}
        return GraphStore, (), (None, state)

    def apply(self, delta: GraphDelta) -> ComponentDelta:
        """One transaction; what `delta` removes goes before what it adds.

        A removed module takes the edges along that still start or end there. Adding what is
        there, or removing what is not, changes nothing. Both ends of an added edge must be
        modules by then: this is asserted before anything changes.
        """
        gone_modules = delta.modules_removed - delta.modules_added
        loose_ends = _ends(delta.edges_added | delta.leads_added) - delta.modules_added
        loose_ends -= self._modules - gone_modules if gone_modules else self._modules
        assert not loose_ends, f"edges end at strangers: {sorted(loose_ends)}"
        edges_removed = delta.edges_removed | self._edges_at(gone_modules)
        leads_removed = delta.leads_removed | self._leads_at(gone_modules)
        self._modules -= gone_modules
        self._modules |= delta.modules_added
        binding_removed, others_removed = _sorted_out(edges_removed)
        binding_added, others_added = _sorted_out(delta.edges_added)
        self._others.change(others_removed, others_added)
        changed = self._components.update(self._binding.change(binding_removed, binding_added))
        for component in changed.gone:
            self._cycles.pop(component.members[0], None)
        knots = self._knots.update(
            self._executable.change(
                _executable(binding_removed, others_removed, leads_removed),
                _executable(binding_added, others_added, delta.leads_added),
            )
        )
        return ComponentDelta(changed.gone, changed.born, knots.gone, knots.born)

    def modules(self) -> tuple[ModuleName, ...]:
        """All modules, sorted."""
        return tuple(sorted(self._modules))

    def edges(self) -> tuple[ImportEdge, ...]:
        """All edges, in `edge_order`."""
        return tuple(merge(self._binding, self._others, key=edge_order))

    def edges_from(self, module: ModuleName) -> tuple[ImportEdge, ...]:
        """The edges whose importer is `module`, in `edge_order`."""
        binding, others = (index.edges_from(module) for index in (self._binding, self._others))
        return tuple(merge(binding, others, key=edge_order))

    def edges_to(self, module: ModuleName) -> tuple[ImportEdge, ...]:
        """The edges whose imported module is `module`, in `edge_order`."""
        binding, others = (index.edges_to(module) for index in (self._binding, self._others))
        return tuple(merge(binding, others, key=edge_order))

    def component_of(self, module: ModuleName) -> Component | None:
        """The component that `module` is in; None if no cycle goes through it."""
        return self._components.of(module)

    def components(self) -> tuple[Component, ...]:
        """Sorted by members."""
        return self._components.all()

    def knot_of(self, module: ModuleName) -> Component | None:
        """The knot that `module` is in; None if nothing that can execute leads back to it."""
        return self._knots.of(module)

    def components_in(self, knot: Component) -> tuple[Component, ...]:
        """The components inside a knot, sorted by members."""
        of = self._components.of
        found = {each.members[0]: each for name in knot.members if (each := of(name)) is not None}
        return tuple(found[first] for first in sorted(found))

    def shortest_cycle(self, edge: ImportEdge) -> tuple[ImportEdge, ...]:
        """The fewest edges that lead back to where `edge` starts, `edge` first.

        Ties go to the alphabetically first path, so that messages do not flicker. Raises
        NotInCycle when `edge` closes none: asking was the caller's mistake. Quickest when the
        edges of one importer are asked for together.
        """
        component = self._components.of(edge.importer)
        if component is None:
            raise NotInCycle(edge)
        return self._cycles_in(component).through(edge)

    def _leads_at(self, modules: Iterable[ModuleName]) -> set[ImportEdge]:
        return {
            edge
            for module in modules
            for edge in (*self._executable.edges_from(module), *self._executable.edges_to(module))
            if edge.site == NOWHERE
        }

    def _cycles_in(self, component: Component) -> ShortestCycles:
        first = component.members[0]
        cycles = self._cycles.get(first)
        if cycles is None:
            if len(self._cycles) >= _KEPT_CYCLES:
                del self._cycles[next(iter(self._cycles))]
            cycles = self._cycles[first] = ShortestCycles(component)
        return cycles

    def _edges_at(self, modules: Iterable[ModuleName]) -> set[ImportEdge]:
        edges: set[ImportEdge] = set()
        for module in modules:
            edges.update(self.edges_from(module))
            edges.update(self.edges_to(module))
        return edges


def _ends(edges: AbstractSet[ImportEdge]) -> set[ModuleName]:
    return {edge.importer for edge in edges} | {edge.imported for edge in edges}


def _executable(
    binding: EdgesByImporter, others: EdgesByImporter, leads: Iterable[ImportEdge]
) -> EdgesByImporter:
    """The edges that can execute, and leads."""
    found = {importer: list(row) for importer, row in binding.items()}
    for lead in leads:
        found.setdefault(lead.importer, []).append(lead)
    for importer, row in others.items():
        found.setdefault(importer, []).extend(edge for edge in row if edge.when is not When.TYPING)
    return found


def _sorted_out(
    edges: AbstractSet[ImportEdge],
) -> tuple[EdgesByImporter, EdgesByImporter]:
    """The binding edges and the others, each by importer."""
    binding: dict[ModuleName, list[ImportEdge]] = {}
    others: dict[ModuleName, list[ImportEdge]] = {}
    for edge in edges:
        kind = binding if is_binding(edge) else others
        row = kind.get(edge.importer)
        if row is None:
            kind[edge.importer] = [edge]
        else:
            row.append(edge)
    return binding, others
