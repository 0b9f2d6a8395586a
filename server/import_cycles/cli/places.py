"""Places as users read them: paths from their folder, lines and columns from 1, the text.

Columns count code points, as compilers and linters do; editors' units are the language
server's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from import_cycles.analysis.change import ShownPlace
from import_cycles.base.names import SourcePath
from import_cycles.base.record import field, record

_LINE_END = re.compile(r"\r\n|\r|\n")
_IMPORTS = re.compile(r"\bimport|__import__")
_STATEMENT = re.compile(r"\s*(?:lazy\s+)?(?:from|import)\b")
_COMMENT = re.compile(r"#.*")
_OPEN_IMPORT = re.compile(r"\s*(?P<head>(?:lazy\s+)?from\b.*\bimport\b)\s*[(\\]")


@record
class Location:
    """Where something is: a path as shown, lines and columns from 1, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@record
class Places:
    """Turns places into the form that is shown. `read` gives a file's text, None if it cannot."""

    folder: SourcePath
    """Paths below it are shown relative to it: the working directory."""
    read: Callable[[SourcePath], str | None]
    _lines: dict[SourcePath, list[str]] = field(default_factory=dict)

    def path(self, path: SourcePath) -> str:
        """The path relative to the folder when it is below, else as it is."""
        prefix = self.folder.rstrip("/") + "/"
        return path.removeprefix(prefix) if path != prefix else path

    def location(self, place: ShownPlace) -> Location:
        """`place` for users and for JSON."""
        start, end = place.range.start, place.range.end
        return Location(
            self.path(place.path), start.line + 1, start.utf32 + 1, end.line + 1, end.utf32 + 1
        )

    def line(self, path: SourcePath, line: int) -> str:
        """One line, from 0, without its end; empty when the file can no longer be read."""
        if path not in self._lines:
            self._lines[path] = _LINE_END.split(self.read(path) or "")
        lines = self._lines[path]
        return lines[line] if line < len(lines) else ""

    def forget(self) -> None:
        """Read files again at the next request, since they may have changed."""
        self._lines.clear()

    def code(self, path: SourcePath, line: int) -> str:
        """One line, from 0, without its indentation; an import also without its comment."""
        text = self.line(path, line)
        return (_COMMENT.sub("", text) if _STATEMENT.match(text) else text).strip()

    def statement(self, place: ShownPlace) -> str:
        """The import statement at `place` on one line; of a long `from` list, only the one name."""
        start, end = place.range.start, place.range.end
        text = self.line(place.path, start.line)
        if _IMPORTS.search(text) is None and start.line == end.line:
            head = self._open_import_above(place)
            if head is not None:
                return f"{head} {text[start.utf32 : end.utf32]}"
        return self.code(place.path, start.line)

    def _open_import_above(self, place: ShownPlace) -> str | None:
        """`from m import` of a list that is still open on the line of `place`."""
        for line in range(place.range.start.line - 1, -1, -1):
            opening = _OPEN_IMPORT.match(self.line(place.path, line))
            if opening is not None:
                return opening["head"]
        return None


def aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The rows as lines, every column but the last padded to its widest cell."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in table
    ]
