"""A fixer for a workspace: its project, its texts, and what its configuration says of fixes.

Apart from the workspace itself, since most runs of the program fix nothing and need not load this.
"""

from __future__ import annotations

from import_cycles.repair.fixing import Fixer
from import_cycles.repair.verify import Cancelled
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.workspace import Workspace


def fixer_of(workspace: Workspace, cancelled: Cancelled | None = None) -> Fixer:
    """For the state that the workspace is in now."""
    settings = load_fix_settings(workspace.folder)
    return Fixer(workspace.project, workspace, settings, cancelled)
