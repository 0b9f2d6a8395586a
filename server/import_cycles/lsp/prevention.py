"""What would close a cycle, asked before it is done: an import, a move of files.

The answer to the command `import-cycles.wouldClose` (see import_cycles.lsp.server)::

    {
      "version": 1,
      "closes": true,
      "statement": "from shop.users import User",
      "cycle": ["shop.orders", "shop.users", "shop.orders"],
      "isThere": false,
      "failing": [{"module": "shop.users", "error": "ImportError"}],
      "undecided": [],
      "message": "…"
    }

Its arguments are the importing and the imported module, each by its dotted name or the URI of its file, and
the names that are to be imported out of it (an empty list: the module). `closes` is null where there
is no answer; `message` says why. Terms are those of `import_cycles.repair.new_imports.Closing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.findings.cycle_path import drawn
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import Cancelled
from import_cycles.lsp.uris import path_from_uri
from import_cycles.repair.moves import ClosedByMove, closed_by_moves
from import_cycles.repair.new_imports import Closing, would_close
from import_cycles.workspace.paths import as_source_path, is_within, relative
from import_cycles.workspace.workspace import Workspace

VERSION: Final = 1

_MOST_MOVED: Final = 1_000
"""Files in a folder that is renamed; larger folders are not checked."""


def closing(
    projects: Projects, importer: str, imported: str, names: Sequence[str], cancelled: Cancelled
) -> dict[str, Any]:
    """The whole answer about an import."""
    for workspace in projects.workspaces:
        module, other = _module(workspace, importer), _module(workspace, imported)
        if module is not None and other is not None:
            project = workspace.project
            found = would_close(project, module, other, workspace.text, tuple(names), cancelled)
            return _json(found)
    unknown = f"{importer} or {imported} is no module of an open folder"
    return _json(Closing(ModuleName(importer), ModuleName(imported), imported, unknown=unknown))


def _module(workspace: Workspace, asked: str) -> ModuleName | None:
    path = path_from_uri(asked)
    layout = workspace.snapshot.layout
    file = layout.find(asked, None) if path is None else layout.at_path(path)
    return None if file is None else file.name


def _json(found: Closing) -> dict[str, Any]:
    return {
        "version": VERSION,
        "closes": found.closes,
        "statement": found.statement,
        "cycle": list(found.cycle),
        "isThere": found.is_there,
        "failing": [{"module": each.module, "error": each.error} for each in found.failing],
        "undecided": list(found.undecided),
        "message": found.told,
    }


def warning_of_move(projects: Projects, renamed: Iterable[tuple[SourcePath, SourcePath]]) -> str:
    """The warning before files and folders are renamed; empty if there is none."""
    found: list[ClosedByMove] = []
    for workspace in projects.workspaces:
        moves = dict(_files(workspace, renamed))
        if 0 < len(moves) <= _MOST_MOVED:
            found += closed_by_moves(workspace.project, moves)
    if not found:
        return ""
    first = found[0]
    more = f" {len(found) - 1} more of the modules would close cycles." if len(found) > 1 else ""
    return (
        f"Moving {dotted_name(first.module)} to {first.new_name} closes an import cycle:"
        f" {drawn(map(ModuleName, first.cycle))}.{more}"
    )


def _files(
    workspace: Workspace, renamed: Iterable[tuple[SourcePath, SourcePath]]
) -> Iterator[tuple[SourcePath, SourcePath]]:
    """Every module of a workspace that is moved, with its new path."""
    paths = [file.path for file in workspace.snapshot.layout.modules().values()]
    for old, new in renamed:
        for path in paths:
            if path == old:
                yield path, new
            elif is_within(path, old):
                yield path, as_source_path(Path(new) / relative(path, old))
