"""Applies quick fixes one after the other, each verified on what the ones before it left.

Passes over the findings, the worst first, until one brings nothing more: a fix that is no use now
can be of use when another import is gone. Fixes never call one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from import_cycles.analysis.change import Change, ShownFinding
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.findings.rule import Finding, Severity, Subject
from import_cycles.graph.cut import Pair
from import_cycles.proposals.annotation_words import AnnotationReader
from import_cycles.proposals.fix import FixKind, FixSettings, Safety
from import_cycles.repair.crash_watch import CrashWatch, StillCrashing
from import_cycles.repair.fixing import Candidate, Fixer, Refused, Texts
from import_cycles.repair.verify import Cancelled, VerifiedFix

MAX_STEPS: Final = 10_000
"""Fixes in one go; more than any project has imports in cycles."""


@record
class Wish:
    """Which findings are to be ended, and how."""

    kinds: tuple[FixKind, ...]
    is_wanted: Callable[[ShownFinding], bool]
    may_change: Callable[[SourcePath], bool]
    takes_unsafe: bool = False


@record
class Applied:
    """One step: the finding that was to be ended, as it was shown then, and what ended it."""

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
    """First imports that were to be mended and still crash, although no finding is left of them."""

    @property
    def n_left(self) -> int:
        """How much is left: findings, and crashes that none of them tells of."""
        return len(self.left) + len(self.still_crashing)


_Subject = tuple[ModuleName, str]
"""What a finding is about, whatever lines do."""


class _Changed:
    """Texts of which some have been changed by fixes."""

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

    def take(self, fix: VerifiedFix) -> None:
        for path, text in fix.after.items():
            if path in fix.before and path not in self.now:
                self.before[path] = fix.before[path]
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
        self._watch = CrashWatch(project)
        self._steps: list[Applied] = []

    def run(self, wish: Wish, on_step: Callable[[Applied], None] | None = None) -> Repaired:
        """Apply what can be applied. Raises `simulate.entries.Cancelled`."""
        reasons: dict[_Subject, tuple[Refused, ...]] = {}
        while self._pass(wish, reasons, on_step):
            # Whatever no trial was needed to refuse would be refused for the same reason again.
            for subject, refused in list(reasons.items()):
                if any(each.was_tried for each in refused):
                    del reasons[subject]
        left = tuple(
            (finding, reasons.get(_subject(finding), ())) for finding in self._findings(wish)
        )
        return Repaired(
            tuple(self._steps),
            left,
            dict(self._texts.before),
            dict(self._texts.now),
            self.still_crashing(),
        )

    def still_crashing(self) -> tuple[StillCrashing, ...]:
        """First imports that crashed at first and still do, although no finding tells of it now."""
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
        """Try every finding that no reason is known against; whether some fix was applied."""
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
            only = None
            if finding.subject is Subject.CYCLE:
                # Every import of a knot has a finding of its own: no need to try others here.
                hops = pairwise(finding.cycle)
                only = [pair for pair in hops if pair[0] == finding.place.module]
            fix, reasons = self.first_fix(finding, wish, only)
            if fix is not None:
                return fix, ()
            refused += reasons
        return None, tuple(dict.fromkeys(refused))

    def first_fix(
        self, finding: Finding, wish: Wish, only: Sequence[Pair] | None = None
    ) -> tuple[VerifiedFix | None, tuple[Refused, ...]]:
        """The first fix for a finding that the wish accepts; why there is none.

        `only` is that of `Fixer.offers`.
        """
        refused: list[Refused] = []
        for candidate in self._fixer.candidates(finding, wish.kinds, only=only):
            if isinstance(candidate, Refused):
                refused += [candidate] if candidate.applies else []
                continue
            # A trial costs: what would not be accepted anyhow is not tried.
            answer = self._unacceptable(candidate, wish) or self._fixer.verified(candidate)
            if not isinstance(answer, Refused):
                # Trying can show that what seems safe is not.
                answer = self._unacceptable(answer, wish) or answer
            if not isinstance(answer, Refused):
                return answer, ()
            refused.append(answer)
        return None, tuple(dict.fromkeys(refused))

    def carry_out(self, fix: VerifiedFix) -> None:
        """Change the project as a fix for its state now says."""
        created = fix.after.keys() - fix.before.keys()
        layout = self._project.world.layout
        new = layout.with_files(added=created) if created else None
        self._project.apply(Change(dict(fix.after), new))
        self._project.settle()
        self._texts.take(fix)
        self._fixer = self._fixer.after(fix.after)

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


def _subject(finding: ShownFinding) -> _Subject:
    return finding.module, finding.key


def repairing(kinds: Iterable[FixKind]) -> tuple[FixKind, ...]:
    """Those of `kinds` that end cycles; accepting one by a comment is people's decision."""
    return tuple(kind for kind in kinds if kind.ends_cycles)
