"""The one writer of the project's state: changes in, updates and snapshots out.

The steps of a change, in this order. A step does nothing where the one before changed nothing.

1. Take: texts become summaries, and these the modules that imports touch (`analysis.intake`).
2. Edges: touches, and surveys of what runs while loading, become edges (`analysis.import_edges`).
3. Group: edges make components and knots (`graph.store`). Findings of those that are gone go.
4. Mark: runs and orders that rest on a change become stale.
5. Check: rules look at what is new; findings go to the board (`analysis.checking`).
6. Show: findings that changed, or moved, get their ranges (`analysis.board`); a new snapshot.

Who takes which:

- `apply`: all, for a change. It is a transaction. `finish`: all, for what urgent changes left out.
- `survey`: 2 to 6, for surveys that are stale.
- `settle`: 2 to 5 as `survey`; then first imports run (`analysis.verdicts`), 5 for each group of
  which there is a new verdict, and 6.
- `settle_order`: first imports run with sorted imports (`analysis.exchanges`); 5 for the modules
  of which there is news, and 6.
- `know`: 1, 2, 3 and 5, for modules that are in no cycle. `complete`: these for all, and 6.
- `understand`: 1, for all texts, and 6. `find_mistakes`: 1, for texts with a mistake, and 6.
- `rest`: 3, for modules of which no more than their scan is needed now.
- `trial`: 1 to 3, and back; findings stay as they are.

Invariant: after any sequence of changes, everything equals what a new project makes of the final
texts (the incremental runner of tests/test_cases.py, and tests/properties).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from types import MappingProxyType

from import_cycles.analysis.board import Board
from import_cycles.analysis.change import Change, Settings, ShownPlace, Update, Watch, Work
from import_cycles.analysis.checking import Checker
from import_cycles.analysis.exchanges import Exchanges
from import_cycles.analysis.import_edges import ImportEdges
from import_cycles.analysis.intake import InputDelta, Intake
from import_cycles.analysis.registry import rules
from import_cycles.analysis.show import severity_of
from import_cycles.analysis.snapshot import Snapshot, locate
from import_cycles.analysis.summaries import (
    ManySummaries,
    MayHave,
    SummaryKey,
    SummaryStore,
    TextSource,
)
from import_cycles.analysis.verdicts import Verdicts
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import replace
from import_cycles.findings.hidden_modules import is_hiding
from import_cycles.findings.rule import IMPORT_SITE, Finding, Place, Severity, Subject
from import_cycles.findings.thread_cycles import ThreadPair
from import_cycles.findings.verdict import Verdict
from import_cycles.graph.edges import Component, ComponentDelta, GraphDelta
from import_cycles.graph.store import GraphStore
from import_cycles.simulate.entries import Cancelled as CancelledRun
from import_cycles.simulate.entries import Runs
from import_cycles.simulate.outcome import what_modules_hold
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import When
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized
from import_cycles.syntax.target import PythonTarget


class Project:
    """One project: its modules, their graph, and what is found. Not thread-safe.

    If it `reads_bodies`, mistakes in bodies of functions are found in every text that is understood;
    else, in a large project, only in texts that are handed in.
    """

    def __init__(
        self,
        source: TextSource | None = None,
        store: SummaryStore | None = None,
        may_have: MayHave | None = None,
        many: ManySummaries | None = None,
        *,
        reads_bodies: bool = False,
    ) -> None:
        self._intake = Intake(source, store, may_have, many, reads_bodies=reads_bodies)
        self._graph = GraphStore()
        self._edges = ImportEdges(self._intake)
        self._is_regrouped = False
        """Whether components differ from those in the snapshot."""
        self._verdicts = Verdicts()
        self._exchanges = Exchanges()
        self._board = Board()
        self._checker = Checker(
            self._intake,
            self._edges,
            self._graph,
            self._verdicts,
            self._exchanges,
            self._board,
        )
        self._snapshot = Snapshot()
        self._statements: dict[ModuleName, tuple[ModuleSummary, dict[int, int]]] = {}
        """Import sites to the statements around them, for modules with findings."""
        self._world: World | None = None
        self._rested_at = -1
        """The revision of the last `rest`."""

    # --- keeping ---------------------------------------------------------------------------

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process, which brings the snapshot and the other parts along: see `resume`.
        state = dict(vars(self))
        del state["_snapshot"], state["_statements"], state["_world"]
        return Project, (), state

    def resume(
        self,
        snapshot: Snapshot,
        source: TextSource,
        store: SummaryStore,
        keys: Mapping[ModuleName, SummaryKey],
        may_have: MayHave,
    ) -> None:
        """Go on from an earlier process, which pickled this object.

        `snapshot` is the last one that it made, `keys` are those of all summaries that it had.
        Changes that happened in between must say so (`Change.is_of_later`).
        """
        self._intake.resume(snapshot, source, store, keys, may_have)
        self._snapshot = replace(snapshot, summaries=self._intake.summaries.freeze())

    def kept_summaries(
        self,
    ) -> tuple[Mapping[ModuleName, SummaryKey], Mapping[ModuleName, Summarized]]:
        """The keys of the summaries that have one, and the summaries that have none."""
        return self._intake.summaries.keys_and_loose()

    def recalled(self) -> Set[ModuleName]:
        """Modules whose text no longer parses, so that an earlier summary stays in use."""
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

    def apply(self, change: Change, watch: Watch | None = None) -> Update:
        """Carry out one transaction. Cost follows what it touches.

        Raises ApplyCancelled, before anything has changed, when `watch` says that it is not wanted.
        """
        before, was_whole = self._intake.settings, self.is_whole
        taken = self._intake.take(change, watch)
        unreadable = self._unreadable(change) if change.is_of_later else frozenset()
        if taken.changes_code:
            self._intake.note_runs()
        delta = self._edges.delta(taken, self.world, surveys_wait=change.surveys_wait)
        components = self._absorb(taken, delta, unreadable)
        self._mark_settings(before)
        if self.is_whole and not was_whole:
            self._check_partial(components)
        for module in taken.moved:
            self._board.moved(module)
        return self._show(taken, components)

    @property
    def is_whole(self) -> bool:
        """Whether every file was looked at: no urgent change left any for later."""
        return not self._intake.left

    @property
    def is_self_contained(self) -> bool:
        """Whether no finding rests on files that are no modules; see `has_new_surroundings`."""
        return not self._checker.wanting

    def finish(self, watch: Watch | None = None) -> Update:
        """Take in the files that urgent changes left for later. Raises as `apply` does."""
        left, is_of_later = self._intake.left, self._intake.left_is_of_later
        return self.apply(Change(unread=left, is_of_later=is_of_later), watch)

    def survey(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Find the imports of functions that are called while modules load, after `apply`.

        This is the first part of `settle`, for callers that need no verdicts.
        """
        return self._show(InputDelta(), self._survey(cancelled))

    @property
    def is_surveyed(self) -> bool:
        """Whether `survey` has nothing to do."""
        return self._edges.is_surveyed

    def settle(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Run the first imports of changed components, and show how they end.

        `apply` shows cycles at once and leaves this costlier part for later. When `cancelled`
        returns true between two first imports, the rest is left for the next call.
        """
        simulations, before = 0, self._verdicts.bodies
        components = self._survey(cancelled)
        if not self._verdicts.is_settled:
            self._intake.note_runs()
        with suppress(CancelledRun):
            for group in self._verdicts.settle(
                self.world,
                self.importers_of,
                self._graph.components_in,
                self._intake.settings.entry_points,
                cancelled,
                self._intake.recalled,
            ):
                component = group.component
                if group.is_knot:
                    self._checker.check_knot(component)
                    simulations += not self._graph.components_in(component)
                else:
                    self._checker.check_component(component)
                    self._note_verdict(component)
                    simulations += 1
        taken = InputDelta()
        self._intake.take_note(taken)
        bodies = self._verdicts.bodies - before
        return self._show(taken, components, simulations, bodies)

    @property
    def is_settled(self) -> bool:
        """Whether the findings are final: no verdict is stale."""
        return self._verdicts.is_settled and self.is_surveyed

    def settle_order(self, cancelled: Callable[[], bool] | None = None) -> Update:
        """Find out, after `settle`, which imports an import sorter must not exchange, and show that.

        It can be cancelled as `settle` can. Cost: that of first imports, a few for each module
        around a component whose imports a sorter would exchange.
        """
        if self.is_order_settled:
            return Update(self._snapshot.revision)
        self._intake.note_runs()
        with suppress(CancelledRun):
            memory = self._verdicts.memory(self.world.target)
            for module in self._exchanges.settle(self.world, memory, cancelled):
                self._checker.check_modules((module,))
        # Comments can be about orders.
        self._checker.check_modules(self._intake.commented)
        taken = InputDelta()
        self._intake.take_note(taken)
        return self._show(taken, ComponentDelta())

    @property
    def is_order_settled(self) -> bool:
        """Whether `settle_order` has nothing to do after `settle` is finished."""
        return self._exchanges.is_settled or not self._wants_order

    def complete(self) -> Update:
        """Make the edges of all modules known, not only of those that may be in a cycle."""
        taken = self._intake.take_all()
        if not taken.resolved:
            return Update(self._snapshot.revision)
        self._learn(taken)
        return self._show(taken, ComponentDelta())

    def understand(self) -> Update:
        """Summarize all texts, so that all problems in them are known."""
        taken = InputDelta()
        names = self._intake.layout.modules()
        with self._intake.summaries.made_ahead(names):
            for name in names:
                self._intake.summaries.make(name)
        self._intake.take_note(taken)
        return self._show(taken, ComponentDelta())

    def find_mistakes(self) -> Update:
        """Find the problems in all texts. Cost: less than half of that of `understand`."""
        taken = InputDelta()
        self._intake.find_mistakes()
        self._intake.take_note(taken)
        return self._show(taken, ComponentDelta())

    def know(self, modules: Iterable[ModuleName]) -> None:
        """Make the edges of some modules known, whether they may be in a cycle or not."""
        taken = self._intake.take_exactly(modules)
        if taken.resolved:
            self._learn(taken)

    def rest(self) -> None:
        """Forget what only earlier texts made known, and caches that grow with the number of edits.

        So memory follows the texts of now. For times without work, after `settle_order`: the next
        edit of a module that was forgotten costs what the first one did. What is shown stays as it
        is. Not after `complete`, which it would undo.
        """
        if self._rested_at == self._snapshot.revision:
            return
        self._rested_at = self._snapshot.revision
        needless = self._intake.needless()
        delta = self._edges.forget(needless)
        components = ComponentDelta() if delta.is_empty else self._graph.apply(delta)
        assert components == ComponentDelta(), "a module in a cycle was needless"
        executed = self._verdicts.executed() | self._exchanges.executed()
        dropped = self._intake.forget_exactly(
            needless, lambda name: name in executed or self._edges.has_looked_at(name)
        )
        self._verdicts.forget(dropped)
        self._edges.forget_codes(self.world, dropped)
        self._intake.rest()
        self._statements.clear()
        self._world = None
        self._snapshot = replace(self._snapshot, summaries=self._intake.summaries.freeze())

    # --- the steps ---------------------------------------------------------------------------

    def _survey(self, cancelled: Callable[[], bool] | None = None) -> ComponentDelta:
        """Steps 2 to 5, for stale surveys until `cancelled`; returns the changes of components."""
        if not self._edges.is_surveyed:
            self._intake.note_runs()
        return self._absorb(*self._edges.survey(self.world, cancelled))

    def _absorb(
        self, taken: InputDelta, delta: GraphDelta, unreadable: Set[ModuleName] = frozenset()
    ) -> ComponentDelta:
        """Steps 3 to 5: change the graph, and what depends on it but is not shown yet."""
        components = self._group(delta)
        forgotten = self._mark(taken, delta, components, unreadable)
        self._check(taken.resolved | forgotten, taken, delta, components)
        return components

    def _group(self, delta: GraphDelta) -> ComponentDelta:
        """Step 3."""
        components = ComponentDelta() if delta.is_empty else self._graph.apply(delta)
        self._is_regrouped |= bool(components.gone or components.born)
        for component in components.gone:
            self._checker.clear_component(component)
        for knot in components.knots_gone:
            self._checker.clear_knot(knot)
        return components

    def _mark(
        self,
        taken: InputDelta,
        delta: GraphDelta,
        components: ComponentDelta,
        unreadable: Set[ModuleName],
    ) -> set[ModuleName]:
        """Step 4; returns the modules whose order has become stale."""
        changed_edges = delta.edges_added | delta.edges_removed
        resolved = taken.resolved | taken.rerouted | taken.reread
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
        return forgotten

    def _mark_settings(self, before: Settings) -> None:
        """Step 4, for settings; findings that are shown in another way are stale as well."""
        after = self._intake.settings
        if (after.severity, after.known) != (before.severity, before.known):
            self._board.everything_stale()
        if self._intake.settings.entry_points != before.entry_points:
            self._verdicts.everything_stale()

    def _check_partial(self, components: ComponentDelta) -> None:
        """Step 5, for components that are as before although more modules are known now.

        Their findings left out what could still change.
        """
        born = {component.members[0] for component in components.born}
        for component in self._graph.components():
            if component.members[0] not in born:
                self._checker.check_component(component)

    def _check(
        self,
        changed: Set[ModuleName],
        taken: InputDelta,
        delta: GraphDelta,
        components: ComponentDelta,
    ) -> None:
        """Step 5; `changed` are modules with other imports, or with other facts about them."""
        for component in components.born:
            self._checker.check_component(component)
        for knot in components.knots_born:
            self._checker.check_knot(knot)
        own_codes = what_modules_hold(taken.changed_codes)
        self._checker.check_texts({module for module, number in own_codes if number == 0})
        asking = self._asking({name for name, _ in taken.changed_codes} | taken.reread)
        # A survey changes edges of modules whose own imports stay as they are.
        other_edges = delta.edges_added | delta.edges_removed
        checked = {*changed, *asking, *(edge.holder for edge in other_edges)}
        has_other_modules = taken.modules_added or taken.modules_removed
        if has_other_modules or taken.makers or taken.is_of_later or taken.has_new_surroundings:
            checked |= self._checker.wanting
        self._checker.check_modules(checked, graph_changed=not delta.is_empty)

    def _asking(self, changed: Set[ModuleName]) -> Iterator[ModuleName]:
        """Modules whose findings rest on which names changed modules bind: see ModuleContext."""
        for name in changed:
            if is_hiding(name):
                yield from self.possible_importers(name)
            if any(edge.imported == name for edge in self._edges.held_by(name)):
                yield name

    def _show(
        self, taken: InputDelta, components: ComponentDelta, simulations: int = 0, bodies: int = 0
    ) -> Update:
        """Step 6."""
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
            identities=self._board.identities,
        )
        return Update(
            self._snapshot.revision,
            tuple(sorted(touched | taken.problems)),
            Work(taken.summaries, len(components.born), simulations, bodies),
        )

    def _unreadable(self, change: Change) -> Set[ModuleName]:
        """The modules whose new text does not parse and whose earlier text did."""
        modules = map(self._intake.layout.at_path, (*change.files, *change.unread))
        return {
            module.name
            for module in modules
            if module is not None
            and (known := self._intake.summaries.known(module.name)) is not None
            and not known.exact
        }

    def _note_verdict(self, component: Component) -> None:
        verdict = self._verdicts.of(component)
        if verdict is not None:
            self._exchanges.renewed(component, verdict)

    @property
    def _wants_order(self) -> bool:
        settings = self._intake.settings
        asked = (rule for rule in rules() if rule.subject is Subject.ORDER)
        return any(severity_of(rule, settings) is not Severity.OFF for rule in asked)

    def _learn(self, taken: InputDelta) -> None:
        """Take in edges that existed before and are in no cycle."""
        delta = self._edges.delta(taken, self.world, survey_all=True)
        components = ComponentDelta() if delta.is_empty else self._graph.apply(delta)
        assert not components.born, "a module was not suspected"
        self._checker.check_modules(taken.resolved)

    # --- trials ----------------------------------------------------------------------------

    @contextmanager
    def trial(
        self, before: Mapping[SourcePath, str], after: Mapping[SourcePath, str]
    ) -> Iterator[None]:
        """In the `with` block, the graph and `world` are those after the change; then it is undone.

        `before` are the texts that the project was made from; paths that are in `after` alone are new
        files. A trial leaves findings, verdicts and snapshots alone. Cost: twice that of an edit,
        with new files that of a change of the layout.
        """
        self._survey()
        old = self._intake.layout
        created = after.keys() - before.keys()
        new = old.with_files(added=created) if created else None
        summaries = self._intake.known_at(after)
        self._carry_out(Change(dict(after), new))
        try:
            yield
        finally:
            self._carry_out(Change(dict(before), None if new is None else old), summaries)

    def _carry_out(
        self,
        change: Change,
        earlier: Mapping[ModuleName, Summarized] = MappingProxyType({}),
    ) -> None:
        taken = self._intake.take(change, None, earlier)
        self._intake.note_runs()
        delta = self._edges.delta(taken, self.world, survey_all=True)
        if not delta.is_empty:
            self._graph.apply(delta)

    # --- questions -------------------------------------------------------------------------

    def possible_importers(self, module: ModuleName) -> set[ModuleName]:
        """The modules with an import of another one, of any kind, and perhaps some more."""
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
            edges = self._edges.of(importer)
            if any(
                edge.imported == module and edge.holder == importer and edge.when is When.RUNTIME
                for edge in edges
            ):
                yield importer

    def verdict_of(self, component: Component) -> Verdict | None:
        """How first imports of a component end; None until the verdict is there."""
        return self._verdicts.of(component) if self._verdicts.is_settled_for(component) else None

    @property
    def crashing(self) -> Runs:
        """The first imports and scripts that end in a circular crash, as of the last `settle`.

        Covers only modules that verdicts are about: members of components and knots, and some of
        those that load them.
        """
        return self._verdicts.crashing

    def findings_behind(self, module: ModuleName, key: str) -> tuple[Finding, ...]:
        """The findings that `ShownFinding.key` stands for; none when it is from another revision."""
        return self._board.behind(module, key)

    def findings_about(self, component: Component) -> tuple[Finding, ...]:
        """All findings of a component, those that are not shown included."""
        return self._board.of(component)

    def component_findings(
        self, component: Component, verdict: Verdict | None, subject: Subject | None = None
    ) -> tuple[Finding, ...]:
        """The findings of rules, all or those of one subject, for a component with that verdict."""
        return self._checker.findings_in(component, verdict, subject)

    def thread_pairs(self, component: Component) -> Iterator[ThreadPair]:
        """The packages and submodules of a component that can fail in two threads."""
        return self._checker.thread_pairs(component)

    def loaders(self, module: ModuleName, code: int) -> frozenset[ModuleName]:
        """The modules that, while they load, are known to call a function, by its code number."""
        return self._edges.loaders(module, code)

    @property
    def target(self) -> PythonTarget:
        """The Python version that the project is for."""
        return self._intake.settings.target

    def summarized_at(self, path: SourcePath) -> Summarized | None:
        """The summary of the text at a path; None when the path is no module."""
        module = self._intake.layout.at_path(path)
        return None if module is None else self._intake.summaries.get(module.name)

    @property
    def world(self) -> World:
        """The program that the machine runs, as it is now; for the owner of the project only.

        The same object for as long as names mean the same files, so that what it found is kept.
        """
        intake = self._intake
        settings, known = intake.settings, self._world
        if (
            known is None
            or known.layout is not intake.layout
            or known.summaries is not intake.summaries
            or (known.target, known.entry_points) != (settings.target, settings.declared)
        ):
            known = World(intake.layout, intake.summaries, settings.target, settings.declared)
            self._world = known
        return known

    def _locate(self, place: Place) -> ShownPlace | None:
        return locate(self._intake.layout, self._intake.summaries, place)

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
