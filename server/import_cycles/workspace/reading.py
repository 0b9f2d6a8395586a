"""Texts of files for the project: the text of an open document takes precedence over the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.workspace.files import has_cookie, load, text_of
from import_cycles.workspace.stamps import Stamp, digest, stamp

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class Reader:
    """Texts from overlays and disk, and the files that could not be read at the last attempt.

    `stamps` are those of the texts that the project has been told of. A text that is read again
    later, for details, may be newer. Then its stamp must not count as that of the text which the
    project knows.
    """

    def __init__(self) -> None:
        self.overlays: dict[SourcePath, str] = {}
        self.problems: dict[SourcePath, Problem] = {}
        self.stamps: dict[SourcePath, Stamp] = {}
        self._due: set[SourcePath] = set()

    def expect(self, paths: Iterable[SourcePath]) -> None:
        """The first reading of each of these files, and only that, makes its stamp."""
        self._due.update(paths)

    def expect_no_more(self) -> None:
        """All stamps are made."""
        self._due.clear()

    def read(self, path: SourcePath) -> str | None:
        """The text of a file; None when it is not available, with a problem noted if the file exists."""
        self.problems.pop(path, None)
        overlay = self.overlays.get(path)
        if overlay is not None:
            return overlay.removeprefix("\ufeff")
        loaded = load(path)
        text = text_of(path, loaded[1]) if isinstance(loaded, tuple) else loaded
        if path in self._due:
            self._due.discard(path)
            if isinstance(loaded, tuple):
                self.stamps[path] = stamp(loaded[0], content_digest(loaded[1], text))
            else:
                self.stamps.pop(path, None)
        if isinstance(text, Problem):
            self.problems[path] = text
            return None
        return text


def content_digest(data: bytes, text: str | Problem | None) -> bytes:
    """The digest of a file's bytes; that of its text, if it is that text in UTF-8."""
    is_plain = not has_cookie(data) or (isinstance(text, str) and text_digest(text) == digest(data))
    return digest(data, is_plain=is_plain)


def text_digest(text: str) -> bytes:
    """The digest of a text."""
    return digest(text.encode("utf-8", "surrogatepass"))
