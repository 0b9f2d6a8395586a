"""How news of the disk reaches us: from the client, or by looking ourselves.

A client that lets servers register watchers tells us of every file (`WATCHED`, and `ANYTHING`
for folders, of which clients only tell that they came or went). For the others there is
`DiskScan`: when a document is opened, saved or closed, at most every `SCAN_PAUSE` seconds, the
files that the project knows and the folders they are in are compared with what they were at the
last look. That costs one `stat` for each (about 10 ms for 3,000 files) and one listing for each
folder in which something came or went; nothing is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from import_cycles.base.names import SourcePath
from import_cycles.resolve.filenames import read_file_name
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.workspace.baseline import BASELINE
from import_cycles.workspace.paths import is_within, join, parent

WATCHED = (
    "**/*.py",
    "**/*.pyi",
    "**/*.so",
    "**/*.pyd",
    "**/pyproject.toml",
    "**/.gitignore",
    f"**/{BASELINE}",
)
ANYTHING = ("**/*",)

SCAN_PAUSE = 2.0
"""Seconds between two looks at the disk."""

_CONFIGURATION_FILES = ("pyproject.toml", ".gitignore", BASELINE)

_Stamp = tuple[int, int]


class DiskScan:
    """What the files of one folder looked like when they were last looked at."""

    def __init__(self, folder: SourcePath) -> None:
        self._folder = folder
        self._stamps: dict[SourcePath, _Stamp | None] = {}

    def first_look(self, layout: Layout, started_ns: int) -> frozenset[SourcePath]:
        """Files that may have changed since `started_ns`, when reading them began."""
        files, folders = self._known(layout)
        self._stamps = {path: _stamp(path) for path in (*files, *folders)}
        stamps = ((path, self._stamps[path]) for path in files)
        return frozenset(path for path, stamp in stamps if stamp and stamp[0] >= started_ns)

    def changed(self, layout: Layout) -> frozenset[SourcePath]:
        """Files and folders that differ from the last look."""
        files, folders = self._known(layout)
        stamps = {path: _stamp(path) for path in (*files, *folders)}
        different = [
            path
            for path, stamp in stamps.items()
            if path not in self._stamps or self._stamps[path] != stamp
        ]
        self._stamps = stamps
        changed: set[SourcePath] = set()
        for path in different:
            changed.update([path] if path in files else _strangers(path, files, folders))
        return frozenset(changed)

    def _known(self, layout: Layout) -> tuple[dict[SourcePath, None], dict[SourcePath, None]]:
        """Files worth a look, there or not, and the folders that they are in."""
        modules = layout.modules().values()
        paths = [module.path for module in modules if module.kind is not ModuleKind.NAMESPACE]
        folders = _folders_of(paths, self._folder)
        settings = (join(folder, name) for folder in folders for name in _CONFIGURATION_FILES)
        return dict.fromkeys((*paths, *settings)), folders


def _folders_of(files: Iterable[SourcePath], top: SourcePath) -> dict[SourcePath, None]:
    folders: dict[SourcePath, None] = {top: None}
    for path in files:
        folder = parent(path)
        while folder not in folders and is_within(folder, top):
            folders[folder] = None
            folder = parent(folder)
    return folders


def _stamp(path: SourcePath) -> _Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - thousands of them: a Path each is too dear
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def _strangers(
    folder: SourcePath,
    files: dict[SourcePath, None],
    folders: dict[SourcePath, None],
) -> list[SourcePath]:
    """Entries of a folder that could matter and are not known yet."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = join(folder, entry.name)
                if entry.is_dir():
                    if path not in folders and not _is_never_code(entry.name):
                        found.append(path)
                elif path not in files and read_file_name(entry.name) is not None:
                    found.append(path)
    except OSError:
        return []
    return found


def _is_never_code(folder_name: str) -> bool:
    return folder_name.startswith(".") or folder_name in ("__pycache__", "node_modules")
