"""Texts of files as the project should see them: what is open in an editor wins over the disk."""

from __future__ import annotations

from collections.abc import Callable

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.workspace.files import read_text

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class Reader:
    """Texts from overlays and disk, and what could not be read when it was last tried."""

    def __init__(self) -> None:
        self.overlays: dict[SourcePath, str] = {}
        self.problems: dict[SourcePath, Problem] = {}

    def read(self, path: SourcePath) -> str | None:
        """The text of a file; None, with a problem noted if it is there, when it cannot be had."""
        self.problems.pop(path, None)
        overlay = self.overlays.get(path)
        if overlay is not None:
            return overlay.removeprefix("\ufeff")
        text = read_text(path)
        if isinstance(text, Problem):
            self.problems[path] = text
            return None
        return text
