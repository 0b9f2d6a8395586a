"""The imports to cut: for a component, few and easy ones without which no cycle is left.

This is a minimum feedback arc set, weighted by effort. It is worked out on request (a hover,
`check`, the list of an editor), never for an edit, and from a snapshot alone. An answer is kept as
long as its component and the summaries of its members last. The names that a module reads are kept
as long as its own summary. Cost of a first answer: that of `graph.cut`, and up to a few
milliseconds for each module, to see what it needs its imports for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

from import_cycles.analysis.change import ShownPlace
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, dotted_name, is_ancestor
from import_cycles.base.record import entity, field, record, replace
from import_cycles.base.text import TextRange
from import_cycles.findings.rule import Place
from import_cycles.graph.cut import Pair, cheapest_cut, tied_together
from import_cycles.graph.cycles import ShortestCycles
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.proposals.effort import Cost, asked_names, cost, names_passed_on
from import_cycles.syntax.reads import Reads, reads_of
from import_cycles.syntax.steps import ModuleSummary

_MOST_KNOTS: Final = 1000
"""Components that are kept; a session sees many come and go."""


@record
class ImportToCut:
    """One import of a component that can be cut, all of its statements together."""

    importer: ModuleName
    imported: ModuleName
    cost: Cost
    n_ended: int
    """How many of the cycles that are shown (a shortest one for each import) go through it."""
    places: tuple[Place, ...]
    """The statements, or names in them, that would have to go."""

    @property
    def told(self) -> str:
        """For users: `shop.orders imports shop.users`."""
        return f"{dotted_name(self.importer)} imports {dotted_name(self.imported)}"


@record
class KnotCut:
    """What to cut so that no cycle is left: those that end most cycles first."""

    members: tuple[ModuleName, ...]
    imports: tuple[ImportToCut, ...]
    n_cycles: int
    """How many cycles are shown."""
    is_least: bool
    """Whether it is proved that no easier cut ends all cycles."""

    def ended_by(self, cut: ImportToCut) -> str:
        """For users: `2 of the 3 cycles`."""
        if self.n_cycles == 1:
            return "the cycle"
        if cut.n_ended == self.n_cycles:
            return f"all {self.n_cycles} cycles"
        return f"{cut.n_ended} of the {self.n_cycles} cycles"

    def on(self, cycle: Sequence[ModuleName]) -> ImportToCut | None:
        """The import of a cycle that is to be cut; `cycle` repeats its first module at the end.

        Every cycle of the component has one. None for a path that is not all in it.
        """
        pairs = set(pairwise(cycle))
        return next(
            (each for each in self.imports if (each.importer, each.imported) in pairs), None
        )


def shown_places(snapshot: Snapshot, cut: ImportToCut) -> tuple[ShownPlace, ...]:
    """Where the statements of an import stand now, in their order, each once."""
    places = (snapshot.locate(place) for place in cut.places)
    return tuple(sorted({place for place in places if place is not None}, key=_place_order))


def _place_order(place: ShownPlace) -> tuple[str, TextRange]:
    return place.path, place.range


class Cuts:
    """Answers that are kept. For one thread at a time; accepts any snapshot."""

    def __init__(self) -> None:
        self._reads: dict[ModuleName, tuple[ModuleSummary, frozenset[str], Reads]] = {}
        self._knots: dict[ModuleName, _Knot] = {}

    def around(self, snapshot: Snapshot, module: ModuleName) -> KnotCut | None:
        """What to cut in the component of a module; None if no cycle goes through it."""
        for component in snapshot.components:
            if module in component.members:
                return self.of(snapshot, component)
        return None

    def of(
        self, snapshot: Snapshot, component: Component, kept: frozenset[Pair] = frozenset()
    ) -> KnotCut:
        """What to cut in a component of the snapshot.

        Pairs that are `kept` are not cut. Modules that they alone tie together stay together.
        Imports among those are not cut either, since that would end no cycle.
        """
        knot = self._knot(snapshot, component)
        if kept not in knot.cuts:
            knot.cuts.clear()
            knot.cuts[kept] = _cut(knot, kept)
        return knot.cuts[kept]

    def besides(self, snapshot: Snapshot, component: Component, known: frozenset[Pair]) -> KnotCut:
        """What to cut so that only those cycles of a component are left that consist of `known` pairs.

        A new import among modules that known ones tie together is one to cut by itself. Counts only
        cycles that go through a new import.
        """
        knot = self._knot(snapshot, component)
        cut = self.of(snapshot, component, known)
        tied = {
            name: number
            for number, names in enumerate(tied_together(known & knot.imports.keys()))
            for name in names
        }
        within = {
            pair
            for pair in knot.imports.keys() - known
            if pair[0] in tied and tied[pair[0]] == tied.get(pair[1])
        }
        chosen = within.union((each.importer, each.imported) for each in cut.imports)
        cycles = [cycle for cycle in _shown_cycles(component) if not cycle <= known]
        counts = Counter(pair for cycle in cycles for pair in cycle)
        imports = [replace(knot.imports[pair], n_ended=counts[pair]) for pair in sorted(chosen)]
        imports.sort(key=lambda each: (-each.n_ended, each.cost.weight))
        return KnotCut(component.members, tuple(imports), len(cycles), cut.is_least)

    def imports(self, snapshot: Snapshot, component: Component) -> Mapping[Pair, ImportToCut]:
        """All imports between two modules of a component, by name."""
        return self._knot(snapshot, component).imports

    def _knot(self, snapshot: Snapshot, component: Component) -> _Knot:
        first = component.members[0]
        summaries = tuple(snapshot.summaries[name].summary for name in component.members)
        known = self._knots.get(first)
        if known is None or known.component != component or known.summaries != summaries:
            if len(self._knots) >= _MOST_KNOTS:
                # Components that are gone are never asked for again; the others are made anew.
                self._knots.clear()
                self._reads.clear()
            imports, n_cycles = self._imports(snapshot, component)
            known = self._knots[first] = _Knot(component, summaries, imports, n_cycles)
        return known

    def _imports(
        self, snapshot: Snapshot, component: Component
    ) -> tuple[dict[Pair, ImportToCut], int]:
        """All imports, and how many cycles are shown."""
        edges = _by_pair(component.edges)
        cycles = _shown_cycles(component)
        n_ended = Counter(pair for cycle in cycles for pair in cycle)
        costs = self._costs(snapshot, edges)
        imports = {
            pair: ImportToCut(
                *pair,
                costs[pair],
                n_ended[pair],
                tuple(Place(edge.holder, edge.site) for edge in row),
            )
            for pair, row in edges.items()
        }
        return imports, len(cycles)

    def _costs(
        self, snapshot: Snapshot, edges: Mapping[Pair, tuple[ImportEdge, ...]]
    ) -> dict[Pair, Cost]:
        costs: dict[Pair, Cost] = {}
        for importer, pairs in groupby(edges, key=lambda pair: pair[0]):
            rows = {pair: edges[pair] for pair in pairs}
            summary = snapshot.summaries[importer].summary
            file = snapshot.layout.module(importer)
            is_package = file is not None and file.is_package
            asked = asked_names((edge for row in rows.values() for edge in row), summary)
            reads = self._reads_of(importer, summary, asked)
            for pair, row in rows.items():
                costs[pair] = cost(
                    row,
                    summary,
                    reads,
                    is_package=is_package,
                    passed_on=_passed_on(snapshot, pair),
                )
        return costs

    def _reads_of(self, module: ModuleName, summary: ModuleSummary, asked: frozenset[str]) -> Reads:
        known = self._reads.get(module)
        if known is None or known[1] != asked or known[0] != summary:
            known = summary, asked, reads_of(summary, asked)
            self._reads[module] = known
        return known[2]


@entity
class _Knot:
    """The answers about a component, for as long as it and its members' summaries last."""

    component: Component
    summaries: tuple[ModuleSummary, ...]
    imports: Mapping[Pair, ImportToCut]
    n_cycles: int
    cuts: dict[frozenset[Pair], KnotCut] = field(default_factory=dict)
    """By what is kept; only the last one that was asked for."""


def _cut(knot: _Knot, kept: frozenset[Pair]) -> KnotCut:
    weights = {pair: each.cost.weight for pair, each in knot.imports.items()}
    cut = cheapest_cut(weights, kept)
    chosen = [knot.imports[pair] for pair in cut.pairs]
    chosen.sort(key=lambda each: (-each.n_ended, each.cost.weight))
    return KnotCut(knot.component.members, tuple(chosen), knot.n_cycles, cut.is_least)


def _passed_on(snapshot: Snapshot, pair: Pair) -> frozenset[str]:
    """The names that a package takes from others and passes on to modules inside it.

    Modules outside load the package anyway, on the way to where the names are defined.
    """
    importer, imported = pair
    if not is_ancestor(imported, importer):
        return frozenset()
    return names_passed_on(snapshot.summaries[imported].summary)


def _by_pair(edges: Iterable[ImportEdge]) -> dict[Pair, tuple[ImportEdge, ...]]:
    """In the order of pairs, which is that of the edges of a component; no self-imports."""
    return {
        pair: tuple(row)
        for pair, row in groupby(edges, key=lambda edge: (edge.importer, edge.imported))
        if pair[0] != pair[1]
    }


def _shown_cycles(component: Component) -> set[frozenset[Pair]]:
    """The cycles that findings speak of: a shortest one for each import."""
    return {
        frozenset((hop.importer, hop.imported) for hop in cycle)
        for cycle in ShortestCycles(component).distinct()
    }
