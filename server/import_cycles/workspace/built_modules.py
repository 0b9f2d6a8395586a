"""Modules that a folder lacks, but may have once the project is built or installed.

Extension modules are compiled from other languages, `_version.py` is written by setuptools-scm,
`*_pb2.py` by protoc. Signs of them: a file of that name with another ending, a pattern in `.gitignore`, or
the name in a manifest or a build file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.workspace.config import Config
from import_cycles.workspace.ignore import IgnoreRules
from import_cycles.workspace.paths import folders_between, is_within, join
from import_cycles.workspace.regular_files import read_settings

_BUILD_FILES: Final = (
    "CMakeLists.txt", "Cargo.toml", "MANIFEST.in", "Makefile", "meson.build", "pyproject.toml", "setup.cfg",
    "setup.py",
)  # fmt: skip


def may_be_built(folder: SourcePath, name: str, top: SourcePath, config: Config) -> bool:
    """Whether a build may make a module `name` in a folder of the project in `top`.

    Cost: a listing of the folder, and a look at the build files between it and `top`.
    """
    try:
        entries = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return True
    stems = {entry.partition(".")[0] for entry in entries}
    if not stems.isdisjoint((name, f"{name}module")):
        return True
    if not is_within(folder, top):
        return False
    around = [top, *folders_between(top, folder), folder]
    return _is_left_out(around, name, config) or any(
        re.search(rf"\b{re.escape(name)}\b", text) for text in _build_files(around)
    )


def _is_left_out(around: list[SourcePath], name: str, config: Config) -> bool:
    rules = IgnoreRules(around[0], config.exclude, respect_gitignore=config.respect_gitignore)
    rules.start(around[0])
    for inner in around[1:]:
        rules.enter(inner)
    names = ((f"{name}.py", False), (name, True))
    return any(rules.leaves_out(around[-1], each, is_folder=is_dir) for each, is_dir in names)


def _build_files(folders: list[SourcePath]) -> Iterator[str]:
    for folder in dict.fromkeys(folders):
        for name in _BUILD_FILES:
            with suppress(OSError):
                yield read_settings(Path(join(folder, name)), errors="replace")
