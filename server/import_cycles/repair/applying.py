"""Applies quick fixes one after the other, each verified on the result of those before it.

Passes over the findings, the worst first, until a pass applies no fix: a fix that does not help now
may help when another import is gone. Fixes never call one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from import_cycles.analysis.change import Change, ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record, replace
from import_cycles.findings.rule import Finding, Severity, Subject
from import_cycles.graph.cut import Pair
from import_cycles.proposals.annotation_words import AnnotationReader
from import_cycles.proposals.fix import FixKind, FixSettings, Safety
from import_cycles.repair.choice import by_ease, drawbacks, in_order
from import_cycles.repair.crash_watch import CrashWatch, StillCrashing
from import_cycles.repair.fixing import Fixer, Refused, Texts
from import_cycles.repair.together import Candidate
from import_cycles.repair.verify import Cancelled, VerifiedFix

MAX_STEPS: Final = 10_000
"""Fixes in one go; more than any project has imports in cycles."""


@record
class Wish:
    """Which findings to end, and how."""

    kinds: tuple[FixKind, ...]
    is_wanted: Callable[[ShownFinding], bool]
    may_change: Callable[[SourcePath], bool]
    takes_unsafe: bool = False


def stages(wish: Wish) -> tuple[Wish, ...]:
    """First a stage of safe fixes, then one of unsafe fixes for the remaining findings."""
    return (replace(wish, takes_unsafe=False), wish) if wish.takes_unsafe else (wish,)


@record
class Applied:
    """One step: the finding to be ended, as it was shown then, and the fix that ended it."""

    finding: ShownFinding
    fix: VerifiedFix


@record
class Repaired:
    """What was done and what is left, with reasons; `texts` has each changed file's new text.

    Files that are not in `before` are new.
    """

    steps: tuple[Applied, ...]
    left: tuple[tuple[ShownFinding, tuple[Refused, ...]], ...]
    before: Mapping[SourcePath, str]
    texts: Mapping[SourcePath, str]
    still_crashing: tuple[StillCrashing, ...] = ()
    """First imports that the fixes should have repaired and that still crash without a finding."""

    @property
    def n_left(self) -> int:
        """How much is left: findings, and crashes without a finding."""
        return len(self.left) + len(self.still_crashing)


_Subject = tuple[ModuleName, str]
"""The subject of a finding, independent of lines."""


class _Changed:
    """The texts of files, some of which fixes have changed."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.before: dict[SourcePath, str] = {}
        self.now: dict[SourcePath, str] = {}

    def text(self, path: SourcePath) -> str | None:
        known = self.now.get(path)
        return self._texts.text(path) if known is None else known

    def mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        return self._texts.mentions(dotted)

    def annotation_readers(self) -> tuple[AnnotationReader, ...]:
        return self._texts.annotation_readers()

    def prepare(self, cancelled: Cancelled) -> None:
        self._texts.prepare(cancelled)

    def definition(
        self, path: SourcePath, text: str, line: int, column: int
    ) -> tuple[SourcePath, str] | None:
        return self._texts.definition(path, text, line, column)

    def take(self, texts: Mapping[SourcePath, str | None]) -> None:
        """Records new texts; None removes a file that fixes have made."""
        for path, text in texts.items():
            if path not in self.now and (before := self._texts.text(path)) is not None:
                self.before[path] = before
            if text is None or text == self.before.get(path):
                self.before.pop(path, None)
                self.now.pop(path, None)
            else:
                self.now[path] = text

    @property
    def created(self) -> frozenset[SourcePath]:
        """The files that were not there before."""
        return frozenset(self.now.keys() - self.before.keys())


class Repair:
    """One run over a settled project, which is left changed; `undo` takes that back."""

    def __init__(
        self,
        project: Project,
        texts: Texts,
        settings: FixSettings,
        cancelled: Cancelled | None = None,
    ) -> None:
        self._project = project
        self._texts = _Changed(texts)
        self._settings = settings
        self._cancelled = cancelled
        self._fixer = Fixer(project, self._texts, settings, cancelled)
        self._cuts = Cuts()
        self._watch = CrashWatch(project)
        self._steps: list[Applied] = []

    def run(self, wish: Wish, on_step: Callable[[Applied], None] | None = None) -> Repaired:
        """Apply what can be applied. Raises `simulate.entries.Cancelled`."""
        reasons: dict[_Subject, tuple[Refused, ...]] = {}
        for stage in stages(wish):
            reasons.clear()
            while self._pass(stage, reasons, on_step):
                # A refusal without a trial would come again for the same reason.
                for subject, refused in list(reasons.items()):
                    if any(each.was_tried for each in refused):
                        del reasons[subject]
        needless = self.undo_needless(
            [step.fix for step in self._steps], wish.is_wanted, ends_cycles=True
        )
        steps = tuple(step for n, step in enumerate(self._steps) if n not in needless)
        left = tuple(
            (finding, reasons.get(_subject(finding), ())) for finding in self._findings(wish)
        )
        return Repaired(
            steps,
            left,
            dict(self._texts.before),
            dict(self._texts.now),
            self.still_crashing(),
        )

    def still_crashing(self) -> tuple[StillCrashing, ...]:
        """First imports that crashed at first and still do, although no finding reports them now."""
        return self._watch.left(self._cancelled) if self._texts.now else ()

    def undo(self) -> None:
        """Bring the project back to the texts that it had before."""
        if self._texts.now:
            layout = self._project.world.layout
            created = self._texts.created
            old = layout.with_files(removed=created) if created else None
            self._project.apply(Change(dict(self._texts.before), old))
            self._project.settle()

    def _pass(
        self,
        wish: Wish,
        reasons: dict[_Subject, tuple[Refused, ...]],
        on_step: Callable[[Applied], None] | None,
    ) -> bool:
        """Tries every finding that has no known reason against it; whether some fix was applied."""
        n_before = len(self._steps)
        waiting = self._findings(wish)[::-1]
        while waiting and len(self._steps) < MAX_STEPS:
            finding = waiting.pop()
            if _subject(finding) in reasons:
                continue
            fix, refused = self._first_fix_of(finding, wish)
            if fix is None:
                reasons[_subject(finding)] = refused
                continue
            self.carry_out(fix)
            self._steps.append(Applied(finding, fix))
            if on_step is not None:
                on_step(self._steps[-1])
            waiting = self._findings(wish)[::-1]
        return len(self._steps) > n_before

    def _findings(self, wish: Wish) -> list[ShownFinding]:
        loudness = list(Severity)
        found = [
            finding
            for findings in self._project.snapshot.findings.values()
            for finding in findings
            if wish.is_wanted(finding)
        ]
        return sorted(
            found,
            key=lambda each: (
                loudness.index(each.severity),
                each.place.path,
                each.place.range,
                each.code,
            ),
        )

    def _first_fix_of(
        self, shown: ShownFinding, wish: Wish
    ) -> tuple[VerifiedFix | None, tuple[Refused, ...]]:
        refused: list[Refused] = []
        for finding in self._project.findings_behind(shown.module, shown.key):
            only = by_ease(self._project, self._cuts, finding)
            if finding.subject is Subject.CYCLE:
                # Every import of a knot has a finding of its own: no need to try others here.
                only = [pair for pair in only or () if pair[0] == finding.place.module]
            fix, reasons = self.first_fix(finding, wish, only)
            if fix is not None:
                return fix, ()
            refused += reasons
        return None, tuple(dict.fromkeys(refused))

    def first_fix(
        self, finding: Finding, wish: Wish, only: Sequence[Pair] | None = None
    ) -> tuple[VerifiedFix | None, tuple[Refused, ...]]:
        """The first fix for a finding that the wish accepts; why there is none.

        `only` is that of `choice.in_order`, which has the order.
        """
        refused: list[Refused] = []
        best: VerifiedFix | None = None
        for candidate in in_order(self._fixer, finding, only, wish.kinds):
            if isinstance(candidate, Refused):
                refused += [candidate] if candidate.applies else []
                continue
            is_unsafe = candidate.proposal.safety is Safety.UNSAFE
            if best is not None and is_unsafe and (_is_safe(best) or not best.ended.still):
                break
            # A trial costs time, so a candidate that the wish would not accept is not tried.
            answer = self._unacceptable(candidate, wish) or self._fixer.verified(candidate)
            if not isinstance(answer, Refused):
                # A trial can show that a proposal which seems safe is unsafe.
                answer = self._unacceptable(answer, wish) or answer
            if isinstance(answer, Refused):
                refused.append(answer)
            elif best is None or drawbacks(answer) < drawbacks(best):
                best = answer
            if best is not None and _is_safe(best) and not best.ended.still:
                break
        return best, () if best else tuple(dict.fromkeys(refused))

    def carry_out(self, fix: VerifiedFix) -> None:
        """Changes the project as a fix for its present state says."""
        self._set(fix.after)

    def undo_needless(
        self,
        fixes: Sequence[VerifiedFix],
        is_wanted: Callable[[ShownFinding], bool],
        *,
        ends_cycles: bool,
    ) -> frozenset[int]:
        """Takes back fixes without which the findings are the same; returns which, by number.

        `fixes` were carried out in this order. One whose files others have changed since stays. If
        they were to end cycles, so does one that alone has ended some. Cost: an edit, the first imports
        around it, and perhaps both once more, for each that may be needless.
        """
        needless: set[int] = set()
        for number in reversed(range(len(fixes))):
            fix, later = fixes[number], fixes[number + 1 :]
            is_last = all(self._texts.text(path) == text for path, text in fix.after.items())
            if (
                is_last
                and later
                and not (ends_cycles and _alone_ends_some(fix, later))
                and self._is_needless(fix, is_wanted)
            ):
                needless.add(number)
        return frozenset(needless)

    def _is_needless(self, fix: VerifiedFix, is_wanted: Callable[[ShownFinding], bool]) -> bool:
        """Takes a fix back, for good if that adds no finding and no crash."""
        findings = self._keys(is_wanted)
        crashing = self._crashing()
        self._set({path: fix.before.get(path) for path in fix.after})
        if self._keys(is_wanted) <= findings and self._crashing() <= crashing:
            return True
        self._set(fix.after)
        return False

    def _keys(self, is_wanted: Callable[[ShownFinding], bool]) -> set[_Subject]:
        return {
            _subject(finding)
            for findings in self._project.snapshot.findings.values()
            for finding in filter(is_wanted, findings)
        }

    def _crashing(self) -> set[tuple[bool, ModuleName]]:
        runs = self._project.crashing
        return {(False, name) for name in runs.entries} | {(True, name) for name in runs.scripts}

    def _set(self, texts: Mapping[SourcePath, str | None]) -> None:
        """Change the project; a file that is not there yet is made, and one without a text goes."""
        layout = self._project.world.layout
        gone = [path for path, text in texts.items() if text is None]
        new = [path for path in texts if path not in gone and layout.at_path(path) is None]
        is_same = not (gone or new)
        changed = None if is_same else layout.with_files(added=new, removed=gone)
        self._project.apply(Change(dict(texts), changed))
        self._project.settle()
        self._texts.take(texts)
        self._fixer = self._fixer.after(texts)

    @property
    def before(self) -> Mapping[SourcePath, str]:
        """The original texts of the changed files."""
        return dict(self._texts.before)

    @property
    def texts(self) -> Mapping[SourcePath, str]:
        """The new texts of the files that were changed."""
        return dict(self._texts.now)

    def _unacceptable(self, offer: Candidate | VerifiedFix, wish: Wish) -> Refused | None:
        proposal = offer.proposal
        if proposal.safety is Safety.UNSAFE and not wish.takes_unsafe:
            reason = f"not safe: {proposal.caution}"
        elif not all(map(wish.may_change, (*proposal.edits, *proposal.created))):
            reason = "not safe: it would change other files"
        else:
            return None
        return Refused(offer.kind, offer.hop, reason)


def _is_safe(fix: VerifiedFix) -> bool:
    return fix.proposal.safety is Safety.SAFE


def _subject(finding: ShownFinding) -> _Subject:
    return finding.module, finding.key


def _alone_ends_some(fix: VerifiedFix, later: Iterable[VerifiedFix]) -> bool:
    """Whether a cycle that a fix has ended goes through no import that later ones took out."""
    cut = {pair for each in later for pair in each.cut}
    return any(cut.isdisjoint(pairwise((*cycle, cycle[0]))) for cycle in fix.ended.cycles if cycle)


def repairing(kinds: Iterable[FixKind]) -> tuple[FixKind, ...]:
    """The kinds that end cycles; only users decide to accept one with a comment."""
    return tuple(kind for kind in kinds if kind.ends_cycles)
