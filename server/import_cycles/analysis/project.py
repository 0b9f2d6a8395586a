"""The one writer of the project's state: changes in, updates and snapshots out.

`apply` is a transaction. It walks the way that docs/architecture.md calls "one edit": texts to
summaries, summaries to edges, edges to components, components to findings, findings to what is
shown; each step is left out when the one before changed nothing.

Invariant: after any sequence of changes, everything equals what a new project makes of the final
texts (the incremental runner of tests/test_cases.py, and tests/properties).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise

from import_cycles.analysis.board import Board, Strays
from import_cycles.analysis.change import Change, ShownPlace, Update, Watch, Work
from import_cycles.analysis.exchanges import Exchanges
from import_cycles.analysis.intake import Intake, Taken
from import_cycles.analysis.registry import hidden_codes, order_codes, rule_codes, rules
from import_cycles.analysis.show import severity_of
from import_cycles.analysis.snapshot import Snapshot, locate
from import_cycles.analysis.summaries import SummaryKey, SummaryStore, TextSource
from import_cycles.analysis.surveys import Surveys
from import_cycles.analysis.verdicts import Verdicts
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import replace
from import_cycles.findings.cycle_path import compact
from import_cycles.findings.hidden_modules import hiding_imports, is_hiding
from import_cycles.findings.missing_names import asks_itself_in_vain
from import_cycles.findings.rule import (
    IMPORT_SITE,
    ComponentContext,
    Finding,
    ModuleContext,
    Place,
    Severity,
    Subject,
)
from import_cycles.findings.thread_cycles import SAFE_SINCE, ThreadPair, ThreadPairs
from import_cycles.findings.verdict import CrashSite, Verdict, crash_sites, is_circular
from import_cycles.graph.edges import (
    Component,
    ComponentDelta,
    GraphDelta,
    ImportEdge,
    edge_order,
    lead,
)
from import_cycles.graph.store import GraphStore
from import_cycles.simulate.entries import Cancelled as CancelledRun
from import_cycles.simulate.outcome import Crashes
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized
from import_cycles.syntax.target import PythonTarget


class Project:
    """One project: its modules, their graph, and what is found. Not thread-safe."""

    def __init__(self, source: TextSource | None = None, store: SummaryStore | None = None) -> None:
        self._intake = Intake(source, store)
        self._graph = GraphStore()
        self._surveys = Surveys()
        self._unsurveyed: set[ModuleName] = set()
        """Modules whose surveys are stale; `settle` makes them anew."""
        self._is_regrouped = False
        """Whether there are other components than in the snapshot."""
        self._verdicts = Verdicts()
        self._exchanges = Exchanges()
        self._board = Board()
        self._edges: dict[ModuleName, frozenset[ImportEdge]] = {}
        self._thread_pairs = ThreadPairs()
        self._with_lazy: set[ModuleName] = set()
        """Modules with a lazy import."""
        self._leads: dict[ModuleName, frozenset[ModuleName]] = {}
        """The modules that computed names in a module may lead to."""
        self._accepted: dict[ModuleName, frozenset[ImportEdge]] = {}
        """By first member of a knot the edges whose comments accept a crash in it."""
        self._snapshot = Snapshot()
        self._statements: dict[ModuleName, tuple[ModuleSummary, dict[int, int]]] = {}
        """Import sites to the statements around them, for modules with findings."""

    # --- keeping ---------------------------------------------------------------------------

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process, which brings the snapshot and the rest along: see `resume`.
        state = dict(vars(self))
        del state["_snapshot"], state["_statements"]
        return Project, (), state

    def resume(
        self,
        snapshot: Snapshot,
        source: TextSource,
        store: SummaryStore,
        keys: Mapping[ModuleName, SummaryKey],
    ) -> None:
        """Go on where an earlier process left off: what it pickled is this object.

        `snapshot` is the last one that it made, `keys` are those of all summaries that it had.
        Changes that came about in between have to say so (`Change.is_of_later`).
        """
        self._intake.resume(snapshot, source, store, keys)
        self._snapshot = replace(snapshot, summaries=self._intake.summaries.freeze())

    def kept_summaries(
        self,
    ) -> tuple[Mapping[ModuleName, SummaryKey], Mapping[ModuleName, Summarized]]:
        """The keys of the summaries that have one, and the summaries that have none."""
        return self._intake.summaries.keys_and_loose()

    def recalled(self) -> Iterable[ModuleName]:
        """Modules of which more is known than their text tells: it does not parse any more."""
        return self._intake.recalled

    # --- the one writer ----------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """The newest revision; may be handed to other threads."""
        return self._snapshot

    @property
    def graph(self) -> GraphStore:
        """The graph, for the owner of the project only.

        With a source of texts, edges that can be on no cycle may be missing until `complete`.
        """
        return self._graph

    def complete(self) -> Update:
        """Make the edges of all modules known, not only of those that may be in a cycle."""
        taken = self._intake.take_all()
        if not taken.resolved:
            return Update(self._snapshot.revision)
        self._learn(taken)
        return self._publish(taken, ComponentDelta())

    def understand(self) -> Update:
        """Summarize all texts, so that all problems in them are known."""
        taken = Taken()
        for name in self._intake.layout.modules():
            self._intake.summaries.make(name)
        self._intake.take_note(taken)
        return self._publish(taken, ComponentDelta())

    def know(self, modules: Iterable[ModuleName]) -> None:
        """Make the edges of some modules known, whether they may be in a cycle or not."""
        taken = self._intake.take_exactly(modules)
        if taken.resolved:
            self._learn(taken)

    def _learn(self, taken: Taken) -> None:
        """Take in edges that were there all the time and are in no cycle."""
        delta = self._graph_delta(taken, survey_all=True)
        components = ComponentDelta() if delta.is_empty else self._graph.apply(delta)
        assert not components.born, "a module was not suspected"
        self._check_modules(taken.resolved, graph_changed=False)

    def apply(self, change: Change, watch: Watch | None = None) -> Update:
        """Carry out one transaction. Cost follows what it touches.

        Raises ApplyCancelled, before anything has changed, when `watch` says so.
        """
        before = self._intake.settings
        taken = self._intake.take(change, watch)
        unreadable = self._unreadable(change) if change.is_of_later else frozenset()
        components = self._absorb(taken, self._graph_delta(taken), unreadable)
        for module in taken.moved:
            self._board.moved(module)
        if self._intake.settings.severity != before.severity:
            self._board.everything_stale()
        if self._intake.settings.entry_points != before.entry_points:
            self._verdicts.everything_stale()
        return self._publish(taken, components)

    def survey(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Find out what functions that are called while loading import, after `apply`.

        This is the first part of `settle`, for those who want no verdicts.
        """
        return self._publish(Taken(), self._survey(cancelled))

    def _survey(self, cancelled: Callable[[], bool] | None = None) -> ComponentDelta:
        """Make stale surveys anew until `cancelled`; what that does to the components."""
        taken = Taken()
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
                    edges_stale |= self._surveys.renew(self.world, (module,))
            # What computed names came to can make more modules known, which are surveyed then.
            delta = delta.followed_by(self._edges_delta(taken, edges_stale))
        return self._absorb(taken, delta)

    def _absorb(
        self, taken: Taken, delta: GraphDelta, unreadable: Set[ModuleName] = frozenset()
    ) -> ComponentDelta:
        """Change the graph, and what hangs on it but is not shown yet."""
        components = ComponentDelta() if delta.is_empty else self._graph.apply(delta)
        self._is_regrouped |= bool(components.gone or components.born)
        for component in components.gone:
            self._board.put(component, ())
        for knot in components.knots_gone:
            self._board.put(Strays(knot.members[0]), ())
            self._note_accepted(knot.members[0], set())
        changed_edges = delta.edges_added | delta.edges_removed
        resolved = taken.resolved | taken.rerouted
        self._verdicts.note(components, resolved, taken.changed_codes, changed_edges)
        forgotten = self._exchanges.note(
            components,
            taken.changed_codes | {(module, 0) for module in resolved},
            taken.reordered,
        )
        if unreadable:
            self._verdicts.disown(unreadable)
        if taken.rescanned:
            self._verdicts.note_importers(
                lambda module: (
                    not taken.rescanned.isdisjoint(self._intake.inexact_importers_of(module))
                )
            )
        for component in components.born:
            self._board.put(component, self._component_findings(component))
        for knot in components.knots_born:
            self._board.put(Strays(knot.members[0]), self._stray_findings(knot))
        asking = {
            importer
            for name in {name for name, _ in taken.changed_codes}
            if is_hiding(name)
            for importer in self.possible_importers(name)
        }
        changed = taken.resolved | forgotten | asking
        self._check_modules(changed, graph_changed=not delta.is_empty)
        return components

    def _unreadable(self, change: Change) -> Set[ModuleName]:
        """The modules whose new text does not parse, of those that were understood."""
        modules = map(self._intake.layout.at_path, (*change.files, *change.unread))
        return {
            module.name
            for module in modules
            if module is not None
            and (known := self._intake.summaries.known(module.name)) is not None
            and not known.exact
        }

    @property
    def is_whole(self) -> bool:
        """Whether every file was looked at: no urgent change left any for later."""
        return not self._intake.left

    def finish(self, watch: Watch | None = None) -> Update:
        """Take in what urgent changes left for later. Raises as `apply` does."""
        left, is_of_later = self._intake.left, self._intake.left_is_of_later
        return self.apply(Change(unread=left, is_of_later=is_of_later), watch)

    @property
    def is_settled(self) -> bool:
        """Whether the findings are the last word: no verdict is being worked out."""
        return self._verdicts.is_settled and self.is_surveyed

    @property
    def is_surveyed(self) -> bool:
        """Whether `survey` has nothing to do."""
        return not self._unsurveyed

    def settle(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Work out what first imports of changed components end in, and show that.

        `apply` shows cycles at once and leaves this, which costs more, for later. When
        `cancelled` says so between two first imports, the rest is left for the next time.
        """
        simulations, before = 0, self._verdicts.bodies
        components = self._survey(cancelled)
        with suppress(CancelledRun):
            for group in self._verdicts.settle(
                self.world,
                self.importers_of,
                self._graph.components_in,
                self._intake.settings.entry_points,
                cancelled,
            ):
                component = group.component
                if group.is_knot:
                    self._board.put(Strays(component.members[0]), self._stray_findings(component))
                    simulations += not self._graph.components_in(component)
                else:
                    self._board.put(component, self._component_findings(component))
                    self._note_verdict(component)
                    simulations += 1
        taken = Taken()
        self._intake.take_note(taken)
        bodies = self._verdicts.bodies - before
        return self._publish(taken, components, simulations, bodies)

    def _note_verdict(self, component: Component) -> None:
        verdict = self._verdicts.of(component)
        if verdict is not None:
            self._exchanges.renewed(component, verdict)

    @property
    def is_order_settled(self) -> bool:
        """Whether `settle_order` has nothing to do, once `settle` is through."""
        return self._exchanges.is_settled or not self._wants_order

    @property
    def _wants_order(self) -> bool:
        settings = self._intake.settings
        asked = (rule for rule in rules() if rule.subject is Subject.ORDER)
        return any(severity_of(rule, settings) is not Severity.OFF for rule in asked)

    def settle_order(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Find out, after `settle`, which imports an import sorter must not exchange, and show that.

        It can be cut short as `settle` can. Cost: that of first imports, a few for each module around
        a component whose imports a sorter would exchange.
        """
        if self.is_order_settled:
            return Update(self._snapshot.revision)
        with suppress(CancelledRun):
            for module in self._exchanges.settle(self.world, cancelled):
                self._board.put(module, self._module_findings(module))
        # Comments can be about orders.
        for module in sorted(self._intake.commented):
            self._board.put(module, self._module_findings(module))
        taken = Taken()
        self._intake.take_note(taken)
        return self._publish(taken, ComponentDelta())

    def possible_importers(self, module: ModuleName) -> set[ModuleName]:
        """The modules with an import of another one, of whatever kind, and perhaps some more."""
        holders = {edge.holder for edge in self._graph.edges_to(module)}
        return holders.union(self._intake.inexact_importers_of(module, typing=True))

    def importers_of(self, module: ModuleName) -> Iterator[ModuleName]:
        """Modules whose own statements import another one while they load, sorted."""
        unknown = self._intake.inexact_importers_of(module)
        known = {edge.importer for edge in self._graph.edges_to(module)}
        for importer in sorted({*unknown, *known}):
            if not self._intake.is_exact(importer):
                touches = self._intake.own_touches(importer)
                whens = {touch.when for touch in touches if touch.module == module}
                if When.RUNTIME in whens:
                    yield importer
                    continue
                if When.DEFERRED not in whens:
                    continue
                # In a function: whether that is called while loading takes a survey to say.
                self.know((importer,))
            edges = self._edges.get(importer, ())
            if any(
                edge.imported == module and edge.holder == importer and edge.when is When.RUNTIME
                for edge in edges
            ):
                yield importer

    # --- trials ----------------------------------------------------------------------------

    @contextmanager
    def trial(
        self, before: Mapping[SourcePath, str], after: Mapping[SourcePath, str]
    ) -> Iterator[None]:
        """In the `with` block, the graph and `world` are those after the change; then it is undone.

        `before` are the texts that the project was made from, of the same paths. Findings,
        verdicts and snapshots know nothing of a trial. Cost: twice that of an edit.
        """
        self._survey()
        self._carry_out(after)
        try:
            yield
        finally:
            self._carry_out(before)

    def _carry_out(self, texts: Mapping[SourcePath, str]) -> None:
        delta = self._graph_delta(self._intake.take(Change(dict(texts))), survey_all=True)
        if not delta.is_empty:
            self._graph.apply(delta)

    def verdict_of(self, component: Component) -> Verdict | None:
        """What first imports of a component end in; None as long as that is being worked out."""
        return self._verdicts.of(component) if self._verdicts.is_settled_for(component) else None

    def findings_behind(self, module: ModuleName, key: str) -> tuple[Finding, ...]:
        """The findings that `ShownFinding.key` stands for; none when it is from another revision."""
        return self._board.behind(module, key)

    def findings_about(self, component: Component) -> tuple[Finding, ...]:
        """All that is found in a component, what is not shown included."""
        return self._board.of(component)

    def component_findings(
        self, component: Component, verdict: Verdict | None, subject: Subject | None = None
    ) -> tuple[Finding, ...]:
        """What rules, all or those of one subject, say of a component with that verdict."""
        sites = () if verdict is None else crash_sites(verdict)
        return compact(self._said_of(component, verdict, sites, subject))

    def _said_of(
        self,
        component: Component,
        verdict: Verdict | None,
        sites: tuple[CrashSite, ...],
        subject: Subject | None,
    ) -> Iterator[Finding]:
        context = ComponentContext(
            component,
            self._graph.shortest_cycle,
            self._import_record,
            self._function_of,
            verdict,
            sites,
            self._root_of,
            tuple(self.thread_pairs(component)),
        )
        for rule in rules():
            if rule.check_component is not None and subject in (None, rule.subject):
                yield from rule.check_component(context)

    def thread_pairs(self, component: Component) -> Iterator[ThreadPair]:
        """The packages and submodules of a component that can fail in two threads."""
        if self.target.version < SAFE_SINCE:
            yield from self._thread_pairs.of(
                component, lambda module: self._intake.summaries[module].summary
            )

    def loaders(self, module: ModuleName, code: int) -> frozenset[ModuleName]:
        """The modules that, while they load, are known to call a function, by its code number."""
        return self._surveys.loaders(module, code)

    @property
    def target(self) -> PythonTarget:
        """The Python that the project is meant for."""
        return self._intake.settings.target

    def summarized_at(self, path: SourcePath) -> Summarized | None:
        """What is known of the text at a path; None when that is no module."""
        module = self._intake.layout.at_path(path)
        return None if module is None else self._intake.summaries.get(module.name)

    @property
    def world(self) -> World:
        """What the machine runs, as it is now; for the owner of the project only."""
        intake = self._intake
        settings = intake.settings
        return World(intake.layout, intake.summaries, settings.target, settings.declared)

    def _publish(
        self, taken: Taken, components: ComponentDelta, simulations: int = 0, bodies: int = 0
    ) -> Update:
        intake = self._intake
        touched = self._board.refresh(
            intake.layout, intake.settings, self._locate, self._statement_of
        )
        unchanged, self._is_regrouped = not self._is_regrouped, False
        before = self._snapshot
        self._snapshot = Snapshot(
            revision=before.revision + 1,
            settings=intake.settings,
            layout=intake.layout,
            findings=self._board.shown if touched else before.findings,
            problems=dict(intake.problems) if taken.problems else before.problems,
            components=before.components if unchanged else self._graph.components(),
            summaries=intake.summaries.freeze(),
        )
        return Update(
            self._snapshot.revision,
            tuple(sorted(touched | taken.problems)),
            Work(taken.summaries, len(components.born), simulations, bodies),
        )

    def _locate(self, place: Place) -> ShownPlace | None:
        return locate(self._intake.layout, self._intake.summaries, place)

    def _root_of(self, module: ModuleName) -> SourcePath | None:
        file = self._intake.layout.module(module)
        return None if file is None else file.root

    def _statement_of(self, place: Place) -> Place:
        summarized = self._intake.summaries.get(place.module)
        if summarized is None or place.code != IMPORT_SITE:
            return place
        known = self._statements.get(place.module)
        if known is None or known[0] is not summarized.summary:
            table: dict[int, int] = {}
            for record in summarized.summary.imports:
                table[record.site] = record.statement
                table.update((name.site, record.statement) for name in record.names or ())
            known = self._statements[place.module] = (summarized.summary, table)
        return Place(place.module, known[1].get(place.site, place.site))

    # --- the graph -------------------------------------------------------------------------

    def _graph_delta(self, taken: Taken, *, survey_all: bool = False) -> GraphDelta:
        """What changes in the graph; surveys of other modules than the changed ones wait."""
        resolved = taken.resolved | taken.rerouted
        stale = self._surveys.note(self.world, resolved, taken.changed_codes)
        now = stale
        if not survey_all:
            # Their own text is what somebody looks at.
            now = resolved.union(module for module, _ in taken.changed_codes) & stale
            now = now if self.is_whole else set()
        self._unsurveyed = (self._unsurveyed | stale) - now
        edges_stale = self._surveys.renumber(stale - now, resolved, taken.renumbered)
        edges_stale |= self._surveys.renew(self.world, filter(self._intake.is_exact, now))
        return self._edges_delta(taken, edges_stale, survey_all=survey_all)

    def _edges_delta(
        self, taken: Taken, edges_stale: set[ModuleName], *, survey_all: bool = False
    ) -> GraphDelta:
        added: set[ImportEdge] = set()
        removed: set[ImportEdge] = set()
        stale = taken.resolved | edges_stale
        while stale:
            computed: dict[ModuleName, frozenset[ModuleName]] = {}
            for module in stale:
                executed = self._surveys.executed(module)
                new = frozenset(self._intake.edges(module, executed))
                old = self._edges.pop(module, frozenset())
                if new:
                    self._edges[module] = new
                self._note_lazy(module, new)
                added |= new - old
                removed |= old - new
                computed[module] = frozenset(
                    edge.imported for edge in new if ImportFlag.DYNAMIC in edge.flags
                )
            stale = self._found_by_computing(taken, computed, survey_all=survey_all)
        return GraphDelta(
            taken.modules_added,
            taken.modules_removed,
            frozenset(added),
            frozenset(removed),
            *self._leads_delta(
                taken.resolved | taken.requoted | edges_stale | self._surveys.computing_changed()
            ),
        )

    def _leads_delta(
        self, modules: Iterable[ModuleName]
    ) -> tuple[frozenset[ImportEdge], frozenset[ImportEdge]]:
        added: set[ImportEdge] = set()
        removed: set[ImportEdge] = set()
        for module in modules:
            new = self._intake.leads(module)
            if not (self._surveys.computes(module) or self._intake.has_hook(module)):
                new = frozenset()
            old = self._leads.pop(module, frozenset())
            if new:
                self._leads[module] = new
            added.update(lead(module, imported) for imported in new - old)
            removed.update(lead(module, imported) for imported in old - new)
        return frozenset(added), frozenset(removed)

    def _found_by_computing(
        self,
        taken: Taken,
        computed: Mapping[ModuleName, frozenset[ModuleName]],
        *,
        survey_all: bool,
    ) -> set[ModuleName]:
        """The modules that have to get edges because a computed name may lead round through them."""
        before = set(taken.resolved)
        self._intake.suspect_computed(computed, taken)
        found = taken.resolved - before
        if found:
            stale = self._surveys.note(self.world, found, ())
            if survey_all:
                self._surveys.renew(self.world, filter(self._intake.is_exact, stale))
                return found | stale
            self._unsurveyed |= stale
        return found

    # --- rules -----------------------------------------------------------------------------

    def _component_findings(self, component: Component) -> tuple[Finding, ...]:
        verdict = self._verdicts.of(component)
        if verdict is not None and not self._is_tellable(verdict):
            verdict = None
        return self.component_findings(component, verdict)

    def _stray_findings(self, knot: Component) -> tuple[Finding, ...]:
        """What the rules about crashes say of those in a knot that no component tells of."""
        found: list[Finding] = []
        accepting: set[ImportEdge] = set()
        for site, verdict in self._verdicts.strays(knot, self._graph.components_in):
            accepted = self._accepted_on(site)
            if not accepted and self._is_tellable(verdict):
                found += self._said_of(self._way_round(site), verdict, (site,), Subject.CRASH)
            accepting |= accepted
        self._note_accepted(knot.members[0], accepting)
        return compact(found)

    def _note_accepted(self, first: ModuleName, accepting: set[ImportEdge]) -> None:
        """Take note of edges whose comments accept a crash in the knot with this first member."""
        before = self._accepted.pop(first, frozenset())
        if accepting:
            self._accepted[first] = frozenset(accepting)
        for module in sorted({edge.holder for edge in before ^ accepting}):
            self._board.put(module, self._module_findings(module))

    def _way_round(self, site: CrashSite) -> Component:
        """The modules of a crash and the imports among them, as far as the graph has these."""
        members = tuple(sorted(set(site.way)))
        edges = (edge for name in members for edge in self._graph.edges_from(name))
        return Component(members, tuple(edge for edge in edges if edge.imported in members))

    def _accepted_on(self, site: CrashSite) -> set[ImportEdge]:
        """The imports on the way round of a crash that a comment accepts."""
        hops = set(pairwise((*site.way, site.way[0])))
        return {
            edge
            for name in site.way
            for edge in self._graph.edges_from(name)
            if (edge.importer, edge.imported) in hops and ImportFlag.SUPPRESSED in edge.flags
        }

    def _is_tellable(self, verdict: Verdict) -> bool:
        """Whether the imports that a verdict speaks of are all still there.

        A verdict is shown until there is a new one, while the texts have moved on.
        """
        summaries = self._intake.summaries
        runs = (
            *verdict.members.values(),
            *verdict.outsiders.values(),
            *verdict.scripts.values(),
        )
        named = {(each.holder, each.import_id) for run in runs for each in run.fallbacks}
        named |= {(each.holder, each.import_id) for run in runs for each in run.short_stars}
        named |= {
            (crash.spot.module, crash.import_id)
            for run in runs
            if is_circular(run)
            and isinstance(crash := run.outcome, Crashes)
            and crash.import_id is not None
            and crash.spot is not None
        }
        return all(
            module in summaries and import_id < len(summaries[module].summary.imports)
            for module, import_id in named
        )

    def _import_record(self, module: ModuleName, import_id: int) -> ImportRecord:
        return self._intake.summaries[module].summary.imports[import_id]

    def _function_of(self, edge: ImportEdge) -> str:
        summary = self._intake.summaries[edge.holder].summary
        sites = {name.site: record for record in summary.imports for name in record.names or ()}
        sites.update((record.site, record) for record in summary.imports)
        return f"{edge.holder}.{summary.codes[sites[edge.site].code].name}"

    def _check_modules(self, changed: Iterable[ModuleName], *, graph_changed: bool) -> None:
        modules = set(changed)
        if graph_changed:
            # Whether a comment is of use depends on cycles that other modules close.
            modules |= self._intake.commented | self._with_lazy
        for module in sorted(modules):
            self._board.put(module, self._module_findings(module))

    def _module_findings(self, module: ModuleName) -> Iterable[Finding]:
        summarized = self._intake.summaries.get(module)
        if summarized is None:
            return
        edges = tuple(sorted(self._edges.get(module, ()), key=edge_order))
        context = ModuleContext(
            module,
            edges,
            summarized.summary.suppressions,
            rule_codes(),
            self._closes_cycle,
            self._hidden_cycle,
            self._exchanges.of(module),
            partial(self._exchanges.is_known_of, module),
            hidden_codes(),
            order_codes(),
            hiding_imports(module, edges, self._summary, self._is_module),
            self._asks_for_nothing,
        )
        for rule in rules():
            if rule.check_module is not None:
                yield from rule.check_module(context)

    def _summary(self, module: ModuleName) -> ModuleSummary | None:
        known = self._intake.summaries.get(module)
        return known.summary if known is not None and known.exact else None

    def _is_module(self, dotted: str) -> bool:
        return self._intake.layout.find(dotted, None) is not None

    def _asks_for_nothing(self, edge: ImportEdge) -> bool:
        summary, file = self._summary(edge.imported), self._intake.layout.module(edge.imported)
        is_package = file is not None and file.is_package
        return summary is not None and is_package and asks_itself_in_vain(edge.site, summary)

    def _note_lazy(self, module: ModuleName, edges: Iterable[ImportEdge]) -> None:
        if any(ImportFlag.LAZY in edge.flags for edge in edges):
            self._with_lazy.add(module)
        else:
            self._with_lazy.discard(module)

    def _hidden_cycle(self, edge: ImportEdge) -> tuple[ImportEdge, ...]:
        """The shortest way from a lazy edge back to where it starts, through others like it."""
        ways: dict[ModuleName, tuple[ImportEdge, ...]] = {edge.imported: (edge,)}
        pending = deque([edge.imported])
        while pending:
            module = pending.popleft()
            if module == edge.importer:
                return ways[module]
            for onward in sorted(self._graph.edges_from(module), key=edge_order):
                runs = onward.when is When.RUNTIME or ImportFlag.LAZY in onward.flags
                if runs and onward.imported not in ways:
                    ways[onward.imported] = (*ways[module], onward)
                    pending.append(onward.imported)
        return ()

    def _closes_cycle(self, edge: ImportEdge) -> bool:
        """Whether a path of runtime edges, accepted or not, leads back from `edge`.

        One that is deferred is on a cycle if a first import crashes on the way round through it.
        """
        if edge.when is not When.RUNTIME:
            return any(edge in accepted for accepted in self._accepted.values())
        seen = {edge.imported}
        pending = [edge.imported]
        while pending:
            module = pending.pop()
            if module == edge.importer:
                return True
            for onward in self._graph.edges_from(module):
                if onward.when is When.RUNTIME and onward.imported not in seen:
                    seen.add(onward.imported)
                    pending.append(onward.imported)
        return False
