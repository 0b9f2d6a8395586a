"""Projects in memory, as the import machine sees them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.world import World
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

ROOT = "/project"
"""The folder that their paths begin with."""


def world_of(files: Mapping[str, str], version: tuple[int, int] = (3, 12)) -> World:
    """A project of some texts, by path below `ROOT`, for one version of Python."""
    target = PythonTarget(version, sys.platform)
    layout = build_layout([SourcePath(ROOT)], [SourcePath(f"{ROOT}/{path}") for path in files])
    summaries: dict[ModuleName, Summarized] = {}
    for path, text in files.items():
        module = layout.at_path(SourcePath(f"{ROOT}/{path}"))
        assert module is not None, path
        summaries[module.name] = _summary(text, target)
    return World(layout, summaries, target)


@lru_cache(maxsize=2_000)
def _summary(text: str, target: PythonTarget) -> Summarized:
    return summarize(text, target)
