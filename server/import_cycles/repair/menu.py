"""The fixes for some findings, as users choose among them: the menu of an editor, a hover.

One entry for each edit, however many findings it ends. The fix that `plan` would take comes first,
then the safe ones, then the rest; accepting a cycle comes last. Fixes that users look for first and
that are not possible appear with the reason, as entries that cannot be chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.analysis.registry import rules_by_precedence
from import_cycles.base.edits import TextEdit
from import_cycles.base.names import SourcePath, dotted_name
from import_cycles.base.record import entity, field, record
from import_cycles.findings.rule import Severity
from import_cycles.fixes import defer_into_function, type_checking_guard
from import_cycles.proposals.fix import FixKind, Hop, Proposal, Safety
from import_cycles.proposals.moved_names import in_prose
from import_cycles.repair.choice import by_ease, in_order
from import_cycles.repair.fixing import Fixer, OutOfTime, Refused
from import_cycles.repair.together import Candidate
from import_cycles.repair.verify import VerifiedFix

MOST_ENTRIES: Final = 7
"""Entries that users see at once; a longer menu goes unread."""

HasTime = Callable[[], bool]

_Edits = Mapping[SourcePath, tuple[TextEdit, ...]]


@entity
class Entry:
    """One edit. Without `fix` it was not tried, for lack of time."""

    candidate: Candidate
    findings: list[ShownFinding]
    """The findings that it ends, the worst first."""
    fix: VerifiedFix | None = None
    is_preferred: bool = False

    @property
    def title(self) -> str:
        """What it does, in the imperative."""
        return self._proposal.full_title

    @property
    def _proposal(self) -> Proposal:
        return self.candidate.proposal if self.fix is None else self.fix.proposal

    @property
    def is_safe(self) -> bool:
        """Whether the fix is safe, as far as the trial has shown by now."""
        return self._proposal.safety is Safety.SAFE

    @property
    def is_partial(self) -> bool:
        """Whether it is known to end a crash for some first imports only."""
        return self.fix is not None and bool(self.fix.ended.still)

    @property
    def effect(self) -> str:
        """What it brings and which code it may affect, for users; may be empty."""
        proposal = self._proposal
        if not self.candidate.kind.ends_cycles:
            return f"{proposal.caution[:1].upper()}{proposal.caution[1:]}."
        ended = "" if self.fix is None else self.fix.ended.told
        told = [
            f"{ended[:1].upper()}{ended[1:]}." if ended else "",
            f"Unsafe: {proposal.caution}." if proposal.caution else "",
            f"{proposal.cost}." if proposal.cost else "",
        ]
        return " ".join(filter(None, told))


@record
class Unavailable:
    """A fix that users look for and that is not possible, with the reason."""

    title: str
    reason: str
    refused: Refused
    finding: ShownFinding


@record
class Menu:
    """The fixes for some findings, and what was refused."""

    entries: tuple[Entry, ...] = ()
    """The preferred one first."""
    unavailable: tuple[Unavailable, ...] = ()
    refused: tuple[tuple[ShownFinding, Refused], ...] = ()
    """All that is refused, with the findings."""
    is_cut_short: bool = False
    """Whether time was up before everything was looked at."""

    @property
    def preferred(self) -> Entry | None:
        """The fix that `plan` would take, if it is known by now."""
        return next((each for each in self.entries if each.is_preferred), None)


def menu(
    project: Project,
    fixer: Fixer,
    cuts: Cuts,
    shown: Iterable[ShownFinding],
    has_time: HasTime | None = None,
    has_time_for_one: HasTime | None = None,
    most: int | None = None,
) -> Menu:
    """Finds the fixes for findings of one place.

    It tries entries as long as `has_time`, and until one is known to be safe as long as
    `has_time_for_one`; None: without limit. With `most`, it stops after so many entries that end
    cycles. When the fixer is out of time, the answer is what it has found by then. Other exceptions
    of the fixer pass through.
    """
    found = _Found(project, fixer, cuts, has_time, has_time_for_one, most)
    is_cut_short = False
    try:
        for each in sorted(shown, key=_loudness):
            found.look_at(each)
    except OutOfTime:
        is_cut_short = True
    except _Enough:
        pass
    entries = tuple(_in_order(found.entries.values()))
    unavailable = tuple(_unavailable(found.refused, entries))
    return Menu(entries, unavailable, tuple(found.refused), is_cut_short)


_SEVERITIES: Final = tuple(Severity)
_CODES: Final = tuple(rule.code for rule in rules_by_precedence())


def _loudness(finding: ShownFinding) -> tuple[int, int]:
    return _SEVERITIES.index(finding.severity), _CODES.index(finding.code)


class _Enough(Exception):  # noqa: N818 - an event, not an error
    """The menu has as many entries as are wanted."""


@entity
class _Found:
    """The menu of what is found by now."""

    project: Project
    fixer: Fixer
    cuts: Cuts
    has_time: HasTime | None
    has_time_for_one: HasTime | None
    most: int | None
    entries: dict[object, Entry] = field(default_factory=dict)
    refused: list[tuple[ShownFinding, Refused]] = field(default_factory=list)

    def look_at(self, shown: ShownFinding) -> None:
        for finding in self.project.findings_behind(shown.module, shown.key):
            pairs = by_ease(self.project, self.cuts, finding)
            for each in in_order(self.fixer, finding, pairs):
                if isinstance(each, Refused):
                    self.refused.append((shown, each))
                else:
                    self._take(shown, each)

    def _take(self, shown: ShownFinding, candidate: Candidate) -> None:
        if self._is_there(shown, _what(candidate.kind, candidate.proposal)):
            return
        fix = None
        if self._is_worth_trying(candidate):
            answer = self.fixer.verified(candidate)
            if isinstance(answer, Refused):
                self.refused.append((shown, answer))
                return
            fix = answer
            if fix.others and self._is_there(shown, _what(fix.kind, fix.proposal)):
                return
        entry = self._add(Entry(candidate, [shown], fix))
        is_known_safe = fix is not None and fix.kind.ends_cycles and entry.is_safe
        preferred = self._preferred
        if is_known_safe and (preferred is None or (preferred.is_partial and not entry.is_partial)):
            if preferred is not None:
                preferred.is_preferred = False
            entry.is_preferred = True
        if self.most is not None and self._n_useful >= self.most:
            raise _Enough
        if entry.is_preferred and fix is not None and self._has_time():
            self._take_everywhere(shown, candidate, fix)

    def _take_everywhere(
        self, shown: ShownFinding, candidate: Candidate, alone: VerifiedFix
    ) -> None:
        """The same fix at all imports that keep the cycle alive after it, as an entry of its own."""
        everywhere = None if alone.others else self.fixer.everywhere(candidate)
        answer = None if everywhere is None else self.fixer.verified(everywhere)
        if (
            everywhere is not None
            and isinstance(answer, VerifiedFix)
            and set(alone.ended.cycles) < set(answer.ended.cycles)
        ):
            self._add(Entry(everywhere, [shown], answer))

    def _is_there(self, shown: ShownFinding, key: object) -> bool:
        """Whether there is an entry for the same edits; then it is for this finding, too."""
        known = self.entries.get(key)
        if known is not None and shown not in known.findings:
            known.findings.append(shown)
        return known is not None

    def _add(self, entry: Entry) -> Entry:
        proposal = entry.candidate.proposal if entry.fix is None else entry.fix.proposal
        self.entries[_what(entry.candidate.kind, proposal)] = entry
        return entry

    @property
    def _n_useful(self) -> int:
        useful = (each for each in self.entries.values() if each.candidate.kind.ends_cycles)
        return sum(not each.is_partial for each in useful)

    @property
    def _preferred(self) -> Entry | None:
        return next((each for each in self.entries.values() if each.is_preferred), None)

    def _is_worth_trying(self, candidate: Candidate) -> bool:
        if self._has_time() or not candidate.kind.ends_cycles:
            # A comment changes nothing, so there is nothing to run.
            return True
        preferred = self._preferred
        is_open = preferred is None or preferred.is_partial
        may_be_preferred = candidate.proposal.safety is Safety.SAFE and is_open
        return may_be_preferred and self._has_time_for_one()

    def _has_time(self) -> bool:
        return self.has_time is None or self.has_time()

    def _has_time_for_one(self) -> bool:
        return self.has_time_for_one is None or self.has_time_for_one()


def _what(kind: FixKind, proposal: Proposal) -> object:
    """What distinguishes entries: their edits, or that the program stays as it is."""
    if not kind.ends_cycles:
        return kind.code
    edits: _Edits = proposal.edits
    created = proposal.created
    return tuple(sorted(edits.items(), key=lambda item: item[0])), tuple(sorted(created.items()))


def _in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    yield from sorted(
        entries,
        key=lambda each: (
            not each.is_preferred,
            not each.candidate.kind.ends_cycles,
            not each.is_safe,
            each.is_partial,
        ),
    )


# --- what cannot be had ------------------------------------------------------------------------

_LOOKED_FOR: Final = {
    type_checking_guard.CODE: "guard {}",
    defer_into_function.CODE: "import {} in functions",
}
"""The well-known fixes, with what they do."""


_MOST_NAMED: Final = 2
"""Names in the title of what is not possible."""


def _unavailable(
    refused: Sequence[tuple[ShownFinding, Refused]], entries: Sequence[Entry]
) -> Iterator[Unavailable]:
    had = {(each.candidate.kind.code, each.candidate.hop.importer) for each in entries}
    told: set[str] = set()
    for finding, each in refused:
        code, importer = each.kind.code, each.hop.importer
        if (
            not each.applies
            or importer != finding.module
            or code not in _LOOKED_FOR
            or (code, importer) in had
        ):
            continue
        had.add((code, importer))
        names = _names(each.hop)
        reason = each.reason
        called = in_prose(names)
        if len(names) == 1:
            reason = reason.removeprefix(f"`{names[0]}` is ")
        elif len(names) > _MOST_NAMED:
            called = f"`{names[0]}` and {len(names) - 1} more names"
        # What follows a colon is about the program, and no part of a title.
        title = f"Cannot {_LOOKED_FOR[code].format(called)}: {reason.partition(': ')[0]}"
        if title not in told:
            told.add(title)
            yield Unavailable(title, each.reason, each, finding)


def _names(hop: Hop) -> tuple[str, ...]:
    """The names that a hop's imports bind, as they are read in the file."""
    found = dict.fromkeys(name for binding in hop.bindings for name in binding.read_as)
    return tuple(found) or (dotted_name(hop.imported),)
