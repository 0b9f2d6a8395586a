"""A fixer for a workspace: its project, its texts, and its configuration of fixes.

Apart from the workspace itself, since most runs of the program fix nothing and need not load this.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from import_cycles.analysis.change import ShownFinding
from import_cycles.proposals.fix import Safety
from import_cycles.repair.applying import repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Fixer, Refused
from import_cycles.repair.verify import Cancelled, VerifiedFix
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.workspace import Workspace


def fixer_of(workspace: Workspace, cancelled: Cancelled | None = None) -> Fixer:
    """For the state that the workspace is in now."""
    settings = load_fix_settings(workspace.folder)
    return Fixer(workspace.project, workspace, settings, cancelled)


def first_safe_fixes(
    workspace: Workspace, wanted: Container[ShownFinding]
) -> Iterator[tuple[ShownFinding, VerifiedFix]]:
    """The first safe fix of each wanted finding that has one, each for the present state alone.

    Cost: each fix that is tried costs about what an edit costs.
    """
    fixer = fixer_of(workspace)
    for path in sorted(workspace.snapshot.findings):
        for shown in workspace.snapshot.findings[path]:
            fix = _first_safe_fix(workspace, fixer, shown) if shown in wanted else None
            if fix is not None:
                yield shown, fix


def _first_safe_fix(workspace: Workspace, fixer: Fixer, shown: ShownFinding) -> VerifiedFix | None:
    for finding in workspace.project.findings_behind(shown.module, shown.key):
        for candidate in fixer.candidates(finding, repairing(fixes())):
            if isinstance(candidate, Refused) or candidate.proposal.safety is not Safety.SAFE:
                continue
            answer = fixer.verified(candidate)
            # A trial can show that a proposal which seems safe is unsafe.
            if not isinstance(answer, Refused) and answer.proposal.safety is Safety.SAFE:
                return answer
    return None
