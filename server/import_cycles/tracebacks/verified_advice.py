"""Advice that is proved: the quick fixes for the very lines of a traceback, or why there are none.

The same fixes as `import-cycles fix` would make, tried in the same way (`repair.applying`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.record import record
from import_cycles.findings.rule import Subject
from import_cycles.proposals.fix import Safety
from import_cycles.repair.applying import repairing
from import_cycles.repair.choice import by_ease, in_order
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Fixer, Refused
from import_cycles.repair.verify import VerifiedFix
from import_cycles.tracebacks.diagnosis import Diagnosis

_MOST: Final = 3
"""How many fixes of each kind are shown."""


@record
class Remedy:
    """What can be done about one finding: safe fixes, unsafe ones, and reasons against others."""

    finding: ShownFinding
    safe: tuple[VerifiedFix, ...]
    unsafe: tuple[VerifiedFix, ...]
    refused: tuple[Refused, ...]


def remedy(diagnosis: Diagnosis, project: Project, fixer: Fixer) -> Remedy | None:
    """The fixes for what a diagnosis is about; None if the project as it is here has no such finding.

    Cost: the trials of the fixes for one finding.
    """
    finding = _finding(diagnosis, project.snapshot)
    if finding is None:
        return None
    safe: list[VerifiedFix] = []
    unsafe: list[VerifiedFix] = []
    refused: dict[Refused, None] = {}
    behind = project.findings_behind(finding.module, finding.key)
    kinds = repairing(fixes())
    cuts = Cuts()
    for candidate in chain.from_iterable(
        in_order(fixer, each, by_ease(project, cuts, each), kinds) for each in behind
    ):
        offer = candidate if isinstance(candidate, Refused) else fixer.verified(candidate)
        if isinstance(offer, Refused):
            if offer.applies:
                refused[offer] = None
        elif offer.after in [each.after for each in (*safe, *unsafe)]:
            # The whole import and one name of it can come to the same.
            continue
        elif offer.proposal.safety is Safety.SAFE:
            safe.append(offer)
        else:
            unsafe.append(offer)
        if len(safe) == _MOST:
            break
    return Remedy(finding, tuple(safe), tuple(unsafe[:_MOST]), tuple(refused))


def _finding(diagnosis: Diagnosis, snapshot: Snapshot) -> ShownFinding | None:
    """The finding at the failing line, or else one that speaks of the same modules."""
    asking = diagnosis.asking
    if asking is None:
        return None
    here = [
        each
        for each in snapshot.findings.get(asking.module.path, ())
        if each.is_on(asking.line - 1)
    ]
    files = [stop.module.file for stop in (*diagnosis.chain, asking)]
    members = {file.name for file in files if file is not None}
    way = [
        each
        for findings in snapshot.findings.values()
        for each in findings
        if each.cycle and set(each.cycle) <= members
    ]
    for wanted in (Subject.CRASH, Subject.STAR, Subject.CALL, Subject.CYCLE):
        found = next((each for each in chain(here, way) if each.subject is wanted), None)
        if found is not None:
            return found
    return None


def reasons(remedies: Remedy) -> Iterator[str]:
    """Why fixes are refused, one sentence without its end for each, the failing module's first."""
    told: dict[str, None] = {}
    own = remedies.finding.module
    for each in sorted(remedies.refused, key=lambda refused: refused.hop.importer != own):
        here = each.hop.importer == own
        hop = "" if here else f" in {each.hop.importer}"
        told[f"not {each.kind.code}{hop}: {each.reason}"] = None
    return iter(told)
