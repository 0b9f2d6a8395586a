"""What hover and `explain` say of quick fixes: which can be had, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.project import Project
from import_cycles.base.record import entity, field
from import_cycles.repair.fixing import Fixer, OutOfTime, Refused
from import_cycles.repair.verify import VerifiedFix

MOST_NAMED: Final = 4
"""Fixes that are named; an editor's menu has the rest."""

CUT_SHORT: Final = "More may be possible; to find that out takes too long here."

HasTime = Callable[[], bool]


def outlook(
    project: Project,
    fixer: Fixer,
    shown: ShownFinding,
    has_time: HasTime | None = None,
) -> tuple[str, ...]:
    """Remarks in plain prose, one for what can be done and one for each fix that is no use here.

    Fixes are verified as long as `has_time`; of the others it is said that they may be possible.
    Reasons are given for the import at the finding's own place only. When the fixer is out of time,
    that is a remark, too.
    """
    found = _Found()
    is_cut_short = False
    try:
        _look_for(found, project, fixer, shown, has_time)
    except OutOfTime:
        is_cut_short = True
    remarks = []
    if found.titles:
        remarks.append(f"Quick fixes: {'; '.join(dict.fromkeys(found.titles))}.")
    if found.untried:
        remarks.append(f"May be possible: {'; '.join(dict.fromkeys(found.untried))}.")
    if is_cut_short:
        remarks.append(CUT_SHORT)
    return (*remarks, *dict.fromkeys(found.reasons))


@entity
class _Found:
    """What is found by now."""

    titles: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def _look_for(
    found: _Found, project: Project, fixer: Fixer, shown: ShownFinding, has_time: HasTime | None
) -> None:
    for finding in project.findings_behind(shown.module, shown.key):
        for candidate in fixer.candidates(finding):
            if len(found.titles) >= MOST_NAMED:
                return
            if not candidate.kind.ends_cycles:
                continue
            if isinstance(candidate, Refused):
                answer: VerifiedFix | Refused = candidate
            elif has_time is None or has_time():
                answer = fixer.verified(candidate)
            else:
                found.untried.append(candidate.proposal.full_title)
                continue
            if not isinstance(answer, Refused):
                found.titles.append(answer.title)
            elif answer.applies and answer.hop.importer == shown.module:
                reason = f"Not possible here: {answer.kind.code}, because {answer.reason}."
                found.reasons.append(reason)
