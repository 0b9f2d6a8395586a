"""`check --watch`: checks again whenever files change, at the cost of an edit.

watchfiles reports changes on every system without polling; it is an extra (`import-cycles[watch]`),
since CI and editors do not need it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from import_cycles.base.words import counted
from import_cycles.cli.command import UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.projects import Analysis
from import_cycles.workspace.paths import as_source_path


def watch(analysis: Analysis, tell: Callable[[], object], console: Console) -> None:
    """Check again after each change that the projects notice. Ends with KeyboardInterrupt."""
    try:
        import watchfiles
    except ImportError as error:
        raise UsageError(
            "--watch needs the package watchfiles: pip install 'import-cycles[watch]'"
        ) from error
    workspaces = [project.workspace for project in analysis.projects]
    console.out.flush()
    console.complain("watching; Ctrl-C ends it")
    console.err.flush()
    for changes in watchfiles.watch(*(each.folder for each in workspaces)):
        paths = sorted({as_source_path(Path(path)) for _, path in changes})
        before = [workspace.snapshot.revision for workspace in workspaces]
        for workspace in workspaces:
            workspace.files_changed(paths)
            workspace.flush()
            workspace.settle()
        if before == [workspace.snapshot.revision for workspace in workspaces]:
            continue
        analysis.places.forget()
        console.write(f"\n--- {counted(len(paths), 'file')} changed\n")
        tell()
        console.out.flush()
