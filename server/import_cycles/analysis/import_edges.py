"""The edges of all modules: turns touches of imports, and results of surveys, into graph changes.

Stale surveys of the modules that a change is about are made anew at once, since the user is looking
at their text. Surveys of other modules wait until `ImportEdges.survey`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from import_cycles.analysis.intake import InputDelta, Intake
from import_cycles.analysis.surveys import Surveys
from import_cycles.base.names import ModuleName
from import_cycles.base.onlookers import Onlookers
from import_cycles.graph.edges import GraphDelta, ImportEdge, lead
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import ImportFlag


class ImportEdges:
    """The imports of every module, as far as they are known. Only the project writes to it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._surveys = Surveys()
        self._unsurveyed: set[ModuleName] = set()
        """Modules whose surveys are stale; `survey` makes them anew."""
        self._edges: dict[ModuleName, frozenset[ImportEdge]] = {}
        self._callers: Onlookers[ModuleName, ModuleName] = Onlookers()
        """The modules with edges that statements of another module make, by that module."""
        self._with_lazy: set[ModuleName] = set()
        self._leads: dict[ModuleName, frozenset[ModuleName]] = {}
        """The modules that computed names in a module may lead to, or that it may ask without import."""

    def of(self, module: ModuleName) -> frozenset[ImportEdge]:
        """The edges that the statements of a module make, and the functions that it calls."""
        return self._edges.get(module, frozenset())

    def held_by(self, module: ModuleName) -> Iterator[ImportEdge]:
        """The edges that the statements of a module make, whichever module calls its functions."""
        for each in (module, *self._callers.of(module)):
            yield from (edge for edge in self.of(each) if edge.holder == module)

    @property
    def with_lazy(self) -> Set[ModuleName]:
        """Modules with a lazy import."""
        return self._with_lazy

    @property
    def is_surveyed(self) -> bool:
        """Whether `survey` has nothing to do."""
        return not self._unsurveyed

    def loaders(self, module: ModuleName, code: int) -> frozenset[ModuleName]:
        """The modules that, while they load, are known to call a function, by its code number."""
        return self._surveys.loaders(module, code)

    def delta(
        self,
        taken: InputDelta,
        world: World,
        *,
        survey_all: bool = False,
        surveys_wait: bool = False,
    ) -> GraphDelta:
        """The changes of the graph; surveys of modules other than the changed ones wait.

        Unless `survey_all` says that all are made at once, or `surveys_wait` that none is.
        """
        resolved = taken.resolved | taken.rerouted
        stale = self._surveys.note(world, resolved, taken.changed_codes)
        # A file that is gone, or that another file of its name has replaced, had other code.
        self._surveys.forget(taken.dropped)
        now = stale
        if not survey_all:
            # The user is looking at the text of the changed modules.
            now = resolved.union(module for module, _ in taken.changed_codes) & stale
            now = set() if self._intake.left or surveys_wait else now
        self._unsurveyed = (self._unsurveyed | stale) - now
        edges_stale = self._surveys.renumber(stale - now, resolved, taken.renumbered)
        edges_stale |= self._surveys.renew(world, filter(self._intake.is_exact, now))
        return self._edges_delta(taken, edges_stale, world, survey_all=survey_all)

    def has_looked_at(self, module: ModuleName) -> bool:
        """Whether the survey of a module, its own or of another one, rests on this one."""
        return self._surveys.has_looked_at(module)

    def forget(self, modules: Set[ModuleName]) -> GraphDelta:
        """Drop the edges of modules of which no more is to be known; returns the change of the graph."""
        self._surveys.forget(modules)
        self._unsurveyed -= modules
        removed: set[ImportEdge] = set()
        leads_removed: set[ImportEdge] = set()
        for module in modules:
            removed |= self._replace(module, frozenset())
            leads_removed.update(lead(module, each) for each in self._leads.pop(module, ()))
            self._with_lazy.discard(module)
        computing = self._surveys.computing_changed() - modules
        added, others_removed = self._leads_delta(filter(self._intake.is_exact, computing))
        return GraphDelta(
            edges_removed=frozenset(removed),
            leads_added=added,
            leads_removed=others_removed.union(leads_removed),
        )

    def forget_codes(self, world: World, codes: Iterable[CodeKey]) -> None:
        """As `Surveys.forget_codes`."""
        self._surveys.forget_codes(world, codes)

    def survey(
        self, world: World, cancelled: Callable[[], bool] | None = None
    ) -> tuple[InputDelta, GraphDelta]:
        """Make stale surveys anew until `cancelled`; returns what they take in, and the graph changes."""
        taken = InputDelta()
        delta = GraphDelta()
        is_cancelled = False
        while self._unsurveyed and not is_cancelled:
            edges_stale: set[ModuleName] = set()
            for module in sorted(self._unsurveyed):
                is_cancelled = cancelled is not None and cancelled()
                if is_cancelled:
                    break
                self._unsurveyed.remove(module)
                if self._intake.is_exact(module):
                    edges_stale |= self._surveys.renew(world, (module,))
            # Computed names can make more modules known; these are surveyed next.
            delta = delta.followed_by(self._edges_delta(taken, edges_stale, world))
        return taken, delta

    def _edges_delta(
        self,
        taken: InputDelta,
        edges_stale: set[ModuleName],
        world: World,
        *,
        survey_all: bool = False,
    ) -> GraphDelta:
        added: set[ImportEdge] = set()
        removed: set[ImportEdge] = set()
        stale = taken.resolved | edges_stale
        while stale:
            computed: dict[ModuleName, frozenset[ModuleName]] = {}
            for module in stale:
                executed = self._surveys.executed(module)
                new = frozenset(self._intake.edges(module, executed))
                old = self._replace(module, new)
                self._note_lazy(module, new)
                added |= new - old
                removed |= old - new
                computed[module] = frozenset(
                    edge.imported for edge in new if ImportFlag.DYNAMIC in edge.flags
                )
            stale = self._found_by_computing(taken, computed, world, survey_all=survey_all)
        return GraphDelta(
            taken.modules_added,
            taken.modules_removed,
            frozenset(added),
            frozenset(removed),
            *self._leads_delta(
                taken.resolved | taken.requoted | edges_stale | self._surveys.computing_changed()
            ),
        )

    def _replace(self, module: ModuleName, new: frozenset[ImportEdge]) -> frozenset[ImportEdge]:
        """Sets the edges of a module, and returns those that it had."""
        old = self._edges.pop(module, frozenset())
        if new:
            self._edges[module] = new
        for edge in old - new:
            if edge.holder != module:
                self._callers.discard(module, (edge.holder,))
        for edge in new:
            if edge.holder != module:
                self._callers.add(module, (edge.holder,))
        return old

    def _leads_delta(
        self, modules: Iterable[ModuleName]
    ) -> tuple[frozenset[ImportEdge], frozenset[ImportEdge]]:
        added: set[ImportEdge] = set()
        removed: set[ImportEdge] = set()
        for module in modules:
            new = self._intake.leads(module)
            if not (self._surveys.computes(module) or self._intake.has_hook(module)):
                new = frozenset()
            new |= self._intake.asked_by_attribute(module)
            old = self._leads.pop(module, frozenset())
            if new:
                self._leads[module] = new
            added.update(lead(module, imported) for imported in new - old)
            removed.update(lead(module, imported) for imported in old - new)
        return frozenset(added), frozenset(removed)

    def _found_by_computing(
        self,
        taken: InputDelta,
        computed: Mapping[ModuleName, frozenset[ModuleName]],
        world: World,
        *,
        survey_all: bool,
    ) -> set[ModuleName]:
        """The modules that must get edges because a computed name may lead round through them."""
        found = self._intake.suspect_computed(computed, taken)
        if found:
            stale = self._surveys.note(world, found, ())
            if survey_all:
                self._surveys.renew(world, filter(self._intake.is_exact, stale))
                return found | stale
            self._unsurveyed |= stale
        return found

    def _note_lazy(self, module: ModuleName, edges: Iterable[ImportEdge]) -> None:
        if any(ImportFlag.LAZY in edge.flags for edge in edges):
            self._with_lazy.add(module)
        else:
            self._with_lazy.discard(module)
