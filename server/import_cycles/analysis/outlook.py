"""What hover and `explain` say of quick fixes: which can be had, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.fixing import Fixer, Refused
from import_cycles.analysis.project import Project
from import_cycles.analysis.verify import Cancelled, VerifiedFix

MOST_NAMED: Final = 4
"""Fixes that are named; an editor's menu has the rest."""

HasTime = Callable[[], bool]


def outlook(
    project: Project,
    fixer: Fixer,
    shown: ShownFinding,
    has_time: HasTime | None = None,
    cancelled: Cancelled | None = None,
) -> tuple[str, ...]:
    """Remarks in plain prose, one for what can be done and one for each fix that is no use here.

    Fixes are verified as long as `has_time`; of the others it is said that they may be possible.
    Reasons are given for the import at the finding's own place only.
    """
    titles: list[str] = []
    untried: list[str] = []
    reasons: list[str] = []
    for finding in project.findings_behind(shown.module, shown.key):
        for candidate in fixer.candidates(finding):
            if not candidate.kind.ends_cycles or len(titles) >= MOST_NAMED:
                continue
            if isinstance(candidate, Refused):
                answer: VerifiedFix | Refused = candidate
            elif has_time is None or has_time():
                answer = fixer.verified(candidate, cancelled)
            else:
                untried.append(candidate.proposal.title)
                continue
            if not isinstance(answer, Refused):
                titles.append(answer.title)
            elif answer.applies and answer.hop.importer == shown.module:
                reasons.append(f"Not possible here: {answer.kind.code}, because {answer.reason}.")
    remarks = []
    if titles:
        remarks.append(f"Quick fixes: {'; '.join(dict.fromkeys(titles))}.")
    if untried:
        remarks.append(f"May be possible: {'; '.join(dict.fromkeys(untried))}.")
    return (*remarks, *dict.fromkeys(reasons))
