"""Paths of the disk as the rest of the program spells them.

`SourcePath`s are absolute, with forward slashes, and not resolved through symbolic links: an
editor's name for a file and ours must be the same string. Python's file functions take them as
they are on every platform.
"""

from __future__ import annotations

import os
from pathlib import Path

from import_cycles.base.names import SourcePath


def as_source_path(path: Path) -> SourcePath:
    """`path` made absolute; `..` is taken away as text, links are kept."""
    return SourcePath(Path(os.path.abspath(path)).as_posix())  # noqa: PTH100 - resolve() follows links


def join(folder: SourcePath, name: str) -> SourcePath:
    """`name` (which may hold slashes) in `folder`, also when that is the root of the disk."""
    return SourcePath(f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}")


def parent(path: SourcePath) -> SourcePath:
    """The folder around `path`; the root of the disk is around itself."""
    inner = path.rstrip("/")
    folder, slash, _ = inner.rpartition("/")
    if not slash:
        return SourcePath(f"{inner}/")
    # Only a drive of Windows starts without a slash: `/x:` is a folder like any other.
    is_root = not folder or (folder[1:] == ":" and folder[0].isalpha())
    return SourcePath(f"{folder}/" if is_root else folder)


def is_within(path: SourcePath, folder: SourcePath) -> bool:
    """Whether `path` is `folder` or somewhere in it, by name."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def relative(path: SourcePath, folder: SourcePath) -> str:
    """`path` as seen from `folder`, which must be around it; empty for the folder itself."""
    return path[len(folder.rstrip("/")) + 1 :]


def folders_between(folder: SourcePath, path: SourcePath) -> list[SourcePath]:
    """Folders strictly inside `folder` on the way to `path`, outermost first, `path` left out."""
    between: list[SourcePath] = []
    above = parent(path)
    while above != folder and is_within(above, folder):
        between.append(above)
        above = parent(above)
    return between[::-1]
