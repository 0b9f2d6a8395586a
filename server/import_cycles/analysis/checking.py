"""Asks the rules about components, knots and modules, and puts their findings on the board.

Rules get their facts as functions of this part; they change nothing themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Set
from functools import partial
from itertools import pairwise

from import_cycles.analysis.board import Board, Strays
from import_cycles.analysis.exchanges import Exchanges
from import_cycles.analysis.import_edges import ImportEdges
from import_cycles.analysis.intake import Intake
from import_cycles.analysis.registry import hidden_codes, order_codes, rule_codes, rules
from import_cycles.analysis.verdicts import Verdicts
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.findings.absent_modules import AbsentImport, absent_imports
from import_cycles.findings.cycle_path import WaysRound
from import_cycles.findings.hidden_modules import hiding_imports
from import_cycles.findings.missing_names import asks_itself_in_vain
from import_cycles.findings.rule import ComponentContext, Finding, ModuleContext, Subject
from import_cycles.findings.thread_cycles import SAFE_SINCE, ThreadPair, ThreadPairs
from import_cycles.findings.verdict import CrashSite, Verdict, crash_sites, is_circular
from import_cycles.graph.edges import Component, ImportEdge, edge_order
from import_cycles.graph.store import GraphStore
from import_cycles.simulate.outcome import Crashes
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.steps import ModuleSummary


class Checker:
    """Asks the rules, and puts what they find on the board. Only the project calls it."""

    def __init__(
        self,
        intake: Intake,
        edges: ImportEdges,
        graph: GraphStore,
        verdicts: Verdicts,
        exchanges: Exchanges,
        board: Board,
    ) -> None:
        self._intake = intake
        self._edges = edges
        self._graph = graph
        self._verdicts = verdicts
        self._exchanges = exchanges
        self._board = board
        self._thread_pairs = ThreadPairs()
        self._accepted: dict[ModuleName, frozenset[ImportEdge]] = {}
        """By first member of a knot the edges whose comments accept a crash in it."""
        self._ways: dict[ModuleName, tuple[Component, WaysRound]] = {}
        """The ways round components, by first members."""
        self.wanting: set[ModuleName] = set()
        """Modules that ask for modules which the project lacks, but which may exist all the same."""

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without the caches.
        parts = self._intake, self._edges, self._graph, self._verdicts, self._exchanges, self._board
        state = {"_thread_pairs": self._thread_pairs, "_accepted": self._accepted}
        return Checker, parts, {**state, "wanting": self.wanting}

    def check_component(self, component: Component) -> None:
        """Have the rules look at a component and its last verdict."""
        self._board.put(component, self._component_findings(component))

    def check_knot(self, knot: Component) -> None:
        """Have the rules look at the crashes in a knot that no component tells of."""
        self._board.put(Strays(knot.members[0]), self._stray_findings(knot))

    def clear_component(self, component: Component) -> None:
        """Removes the findings of a component that is gone."""
        self._ways.pop(component.members[0], None)
        self._board.put(component, ())

    def clear_knot(self, knot: Component) -> None:
        """Removes the findings of a knot that is gone."""
        self._board.put(Strays(knot.members[0]), ())
        self._note_accepted(knot.members[0], set())

    def check_modules(self, changed: Iterable[ModuleName], *, graph_changed: bool = False) -> None:
        """Have the rules look at modules, and at the modules of changed edges."""
        modules = set(changed)
        if graph_changed:
            # Whether a comment suppresses a finding depends on cycles that other modules close.
            modules |= self._intake.commented | self._edges.with_lazy
        for module in sorted(modules):
            self._board.put(module, self._module_findings(module))

    def findings_in(
        self, component: Component, verdict: Verdict | None, subject: Subject | None = None
    ) -> tuple[Finding, ...]:
        """The findings of rules, all or those of one subject, for a component with that verdict."""
        sites = () if verdict is None else crash_sites(verdict)
        ways = self._ways_round(component)
        return ways.compact(self._said_of(component, ways, verdict, sites, subject))

    def _ways_round(self, component: Component) -> WaysRound:
        """The ways round a component, kept for the next verdict on it."""
        first = component.members[0]
        known = self._ways.get(first)
        if known is None or known[0] is not component:
            known = self._ways[first] = (component, WaysRound(self._graph.shortest_cycle))
        return known[1]

    def _said_of(
        self,
        component: Component,
        ways: WaysRound,
        verdict: Verdict | None,
        sites: tuple[CrashSite, ...],
        subject: Subject | None,
    ) -> Iterator[Finding]:
        context = ComponentContext(
            component,
            ways.of,
            self._import_record,
            self._function_of,
            verdict,
            sites,
            self._root_of,
            tuple(self.thread_pairs(component)),
            bool(self._intake.left),
        )
        for rule in rules():
            if rule.check_component is not None and subject in (None, rule.subject):
                yield from rule.check_component(context)

    def thread_pairs(self, component: Component) -> Iterator[ThreadPair]:
        """The packages and submodules of a component that can fail in two threads."""
        if self._is_asked_about_threads:
            yield from self._thread_pairs.of(component, self._summary_of)

    def check_texts(self, changed: Set[ModuleName]) -> None:
        """Have the rules look at components of which the texts of members tell something else now."""
        components = {
            component.members[0]: component
            for component in map(self._graph.component_of, changed)
            if component is not None
        }
        for component in components.values():
            if self._is_asked_about_threads and self._thread_pairs.have_changed(
                component, changed, self._summary_of
            ):
                self.check_component(component)

    @property
    def _is_asked_about_threads(self) -> bool:
        return self._intake.settings.target.version < SAFE_SINCE

    def _summary_of(self, module: ModuleName) -> ModuleSummary:
        return self._intake.summaries[module].summary

    def _component_findings(self, component: Component) -> tuple[Finding, ...]:
        verdict = self._verdicts.of(component)
        if verdict is not None and not self._is_tellable(verdict):
            verdict = None
        return self.findings_in(component, verdict)

    def _stray_findings(self, knot: Component) -> tuple[Finding, ...]:
        """The findings of the rules about crashes for the crashes in a knot that no component reports."""
        found: list[Finding] = []
        accepting: set[ImportEdge] = set()
        ways = WaysRound(self._graph.shortest_cycle)
        for site, verdict in self._verdicts.strays(knot, self._graph.components_in):
            accepted = self._accepted_on(site)
            if not accepted and self._is_tellable(verdict):
                around = self._way_round(site)
                found += self._said_of(around, ways, verdict, (site,), Subject.CRASH)
            accepting |= accepted
        self._note_accepted(knot.members[0], accepting)
        return ways.compact(found)

    def _note_accepted(self, first: ModuleName, accepting: set[ImportEdge]) -> None:
        """Record edges whose comments accept a crash in the knot with this first member."""
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
        """Whether all imports in a verdict still exist.

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
            (failure.spot.module, failure.import_id)
            for run in runs
            if is_circular(run) and isinstance(crash := run.outcome, Crashes)
            for failure in (crash, crash.cause)
            if failure is not None and failure.import_id is not None and failure.spot is not None
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
        return f"{edge.holder}.{summary.code(sites[edge.site].code).name}"

    def _module_findings(self, module: ModuleName) -> Iterable[Finding]:
        # A module that need not be known gets only findings about the order of its imports. Its
        # summary is not worth making only for this.
        is_told = self._intake.is_exact(module) or bool(self._exchanges.of(module))
        summarized = self._intake.summaries.get(module) if is_told else None
        if summarized is None:
            self.wanting.discard(module)
            return
        edges = tuple(sorted(self._edges.held_by(module), key=edge_order))
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
            self._absent(module, summarized.summary),
            self._asks_for_nothing,
        )
        for rule in rules():
            if rule.check_module is not None:
                yield from rule.check_module(context)

    def _summary(self, module: ModuleName) -> ModuleSummary | None:
        known = self._intake.summaries.get(module)
        return known.summary if known is not None and known.exact else None

    def _absent(self, module: ModuleName, summary: ModuleSummary) -> tuple[AbsentImport, ...]:
        intake = self._intake
        resolution = intake.resolutions.get(module)
        if resolution is None or not resolution.absences:
            self.wanting.discard(module)
            return ()
        self.wanting.add(module)
        absences = resolution.absences
        return absent_imports(absences, summary, intake.layout, self._summary, intake.may_have)

    def _is_module(self, dotted: str) -> bool:
        return self._intake.layout.find(dotted, None) is not None

    def _asks_for_nothing(self, edge: ImportEdge) -> bool:
        summary, file = self._summary(edge.imported), self._intake.layout.module(edge.imported)
        is_package = file is not None and file.is_package
        return summary is not None and is_package and asks_itself_in_vain(edge.site, summary)

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

    def _root_of(self, module: ModuleName) -> SourcePath | None:
        file = self._intake.layout.module(module)
        return None if file is None else file.root
