"""The ordered list of quick fixes that ends the crashing cycles of a project, or all cycles.

To end all cycles, the planner tries the cheapest imports to cut, first the one that ends most
cycles. It keeps an import that no fix takes out, and works out the cheapest cut without it. It goes
on until the remaining cycles consist of imports that no fix takes out. To end crashes, it tries
each of the imports along the way of a crash: those of the cut first, then the easiest.

Each fix is verified on the result of those before it (`repair.applying`), and carried out on the
project in memory; no file is changed. An import that no fix could take out is tried once more when
others have gone since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts, ImportToCut
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.findings.rule import Finding, Subject
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import Component
from import_cycles.repair.applying import MAX_STEPS, Repair, Wish, stages
from import_cycles.repair.choice import by_ease
from import_cycles.repair.crash_watch import StillCrashing
from import_cycles.repair.fixing import Refused
from import_cycles.repair.verify import VerifiedFix

_Reasons = dict[tuple[ModuleName, str], "tuple[Refused, ...]"]
"""Why findings stay, by their modules and keys."""

OnStep = Callable[["Step"], None]


@record
class Step:
    """One fix, and the import that it takes out of a cycle."""

    importer: ModuleName
    imported: ModuleName
    fix: VerifiedFix


@record
class LeftImport:
    """An import in a cycle, and why no fix helps there."""

    cut: ImportToCut
    refused: tuple[Refused, ...]


@record
class LeftKnot:
    """Modules that still all import one another when everything in the plan is done."""

    members: tuple[ModuleName, ...]
    imports: tuple[LeftImport, ...]
    """The cheapest ones to cut first, then the others that were tried."""


@record
class LeftCrash:
    """A crash that stays, the place where it is then shown, and why no fix helps."""

    finding: ShownFinding
    refused: tuple[Refused, ...]


@record
class Plan:
    """The steps in their order, and what is left after them. Only what the wish asks for is in it."""

    steps: tuple[Step, ...]
    crashes: tuple[LeftCrash, ...]
    knots: tuple[LeftKnot, ...]
    still_crashing: tuple[StillCrashing, ...] = ()
    """First imports that still crash without a finding."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not (self.crashes or self.knots or self.still_crashing)


class Planner:
    """Makes one plan for a settled project, which is left changed.

    `wish.is_wanted` says which findings count; those that are not about crashes or cycles never
    do. After `most_steps` it stops. Cost: that of `repair.verify` for each import that is tried.
    """

    def __init__(
        self, project: Project, repair: Repair, wish: Wish, most_steps: int = MAX_STEPS
    ) -> None:
        self._project = project
        self._repair = repair
        self._wish = wish
        self._most_steps = most_steps
        self._cuts = Cuts()
        self._steps: list[Step] = []
        self._refused: dict[Pair, tuple[Refused, ...]] = {}

    def for_crashes(self, on_step: OnStep | None = None) -> Plan:
        """The plan that ends crashes, and cycles only where that ends one.

        If no single fix ends a crash, the planner ends all cycles around it that it can: several
        fixes together may help. In the end it takes back the fixes that did not help.
        """
        reasons: _Reasons = {}
        for stage in stages(self._wish):
            self._wish = stage
            self._refused.clear()
            reasons = self._end_crashes(on_step)
            if reasons and not self._is_full:
                n_before = len(self._steps)
                self._end_cycles(on_step, {each.cycle[0] for each in self._crashes() if each.cycle})
                if len(self._steps) > n_before:
                    reasons = self._end_crashes(on_step)
        self._drop_needless(lambda each: each.subject is Subject.CRASH, ends_cycles=False)
        return Plan(
            tuple(self._steps),
            tuple(self._left_crashes(reasons)),
            (),
            self._repair.still_crashing(),
        )

    def for_everything(self, on_step: OnStep | None = None) -> Plan:
        """The plan that ends all cycles, and crashes that stay in cycles which cannot be ended."""
        reasons: _Reasons = {}
        for stage in stages(self._wish):
            self._wish = stage
            self._refused.clear()
            self._end_cycles(on_step)
            reasons = self._end_crashes(on_step)
        self._drop_needless(lambda each: True, ends_cycles=True)
        return Plan(
            tuple(self._steps),
            tuple(self._left_crashes(reasons)),
            tuple(self._left_knots()),
            self._repair.still_crashing(),
        )

    # --- all cycles --------------------------------------------------------------------------

    def _drop_needless(self, counts: Callable[[ShownFinding], bool], *, ends_cycles: bool) -> None:
        """Take back steps that later ones made needless for the findings that count."""
        needless = self._repair.undo_needless(
            [step.fix for step in self._steps],
            lambda each: counts(each) and self._wish.is_wanted(each),
            ends_cycles=ends_cycles,
        )
        self._steps = [step for n, step in enumerate(self._steps) if n not in needless]

    def _end_cycles(
        self, on_step: OnStep | None, around: Collection[ModuleName] | None = None
    ) -> None:
        """Ends what cycles can be ended, or those of the components around some modules."""
        while True:
            n_before = len(self._steps)
            while not self._is_full and (chosen := self._next_import(around)) is not None:
                finding, pair = chosen
                fix, refused = self._repair.first_fix(finding, self._wish, [pair])
                if fix is None:
                    self._refused[pair] = refused
                else:
                    self._take(Step(*pair, fix), on_step)
            if self._is_full or len(self._steps) == n_before:
                return
            # A fix that did not help then may help now.
            self._refused.clear()

    def _next_import(self, around: Collection[ModuleName] | None) -> tuple[Finding, Pair] | None:
        """The import to try next, with the finding of its shortest cycle."""
        snapshot = self._project.snapshot
        candidates = []
        for component in self._components():
            inside = frozenset(component.members)
            if around is not None and inside.isdisjoint(around):
                continue
            kept = frozenset(pair for pair in self._refused if inside.issuperset(pair))
            knot = self._cuts.of(snapshot, component, kept)
            candidates += [(each, component) for each in knot.imports]
        candidates.sort(key=lambda pair: -pair[0].n_ended)
        for each, component in candidates:
            pair = each.importer, each.imported
            finding = self._finding(component, pair)
            if finding is not None:
                return finding, pair
            self._refused[pair] = ()
        return None

    def _components(self) -> Iterator[Component]:
        """Those with a finding that counts."""
        spoken_of = {
            module
            for findings in self._project.snapshot.findings.values()
            for finding in filter(self._wish.is_wanted, findings)
            for module in finding.cycle
        }
        for component in self._project.snapshot.components:
            if len(component.members) > 1 and spoken_of.intersection(component.members):
                yield component

    def _finding(self, component: Component, pair: Pair) -> Finding | None:
        """The finding whose cycle starts with an import; None when it is in another module."""
        for finding in self._project.findings_about(component):
            starts_here = finding.subject is Subject.CYCLE and finding.path[:2] == pair
            if starts_here and finding.place.module == pair[0]:
                return finding
        return None

    def _left_knots(self) -> Iterator[LeftKnot]:
        snapshot = self._project.snapshot
        for component in self._components():
            imports = self._cuts.imports(snapshot, component)
            cut = self._cuts.of(snapshot, component).imports
            others = [imports[pair] for pair in self._refused if pair in imports]
            yield LeftKnot(
                component.members,
                tuple(
                    LeftImport(each, self._refused.get((each.importer, each.imported), ()))
                    for each in dict.fromkeys([*cut, *others])
                ),
            )

    # --- crashes -----------------------------------------------------------------------------

    def _end_crashes(self, on_step: OnStep | None) -> _Reasons:
        """Ends what can be ended; why the others cannot, by their modules and keys."""
        reasons: _Reasons = {}
        n_steps = -1
        while n_steps != len(self._steps) and not self._is_full:
            n_steps = len(self._steps)
            reasons.clear()
            while not self._is_full:
                untried = (
                    each for each in self._crashes() if (each.module, each.key) not in reasons
                )
                shown = next(untried, None)
                if shown is None:
                    break
                reasons[shown.module, shown.key] = self._end_crash(shown, on_step)
        return reasons

    def _end_crash(self, shown: ShownFinding, on_step: OnStep | None) -> tuple[Refused, ...]:
        refused: list[Refused] = []
        for finding in self._project.findings_behind(shown.module, shown.key):
            fix, reasons = self._repair.first_fix(
                finding, self._wish, by_ease(self._project, self._cuts, finding)
            )
            if fix is not None:
                self._take(Step(fix.hop.importer, fix.hop.imported, fix), on_step)
                return ()
            refused += reasons
        return tuple(dict.fromkeys(refused))

    def _crashes(self) -> list[ShownFinding]:
        return [
            finding
            for path in sorted(self._project.snapshot.findings)
            for finding in self._project.snapshot.findings[path]
            if finding.subject is Subject.CRASH and self._wish.is_wanted(finding)
        ]

    def _left_crashes(
        self, reasons: dict[tuple[ModuleName, str], tuple[Refused, ...]]
    ) -> Iterator[LeftCrash]:
        for shown in self._crashes():
            yield LeftCrash(shown, reasons.get((shown.module, shown.key), ()))

    @property
    def _is_full(self) -> bool:
        return len(self._steps) >= self._most_steps

    def _take(self, step: Step, on_step: OnStep | None) -> None:
        self._repair.carry_out(step.fix)
        self._steps.append(step)
        if on_step is not None:
            on_step(step)
