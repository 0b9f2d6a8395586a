"""Writing to terminals, files and pipes of any encoding, in color or not.

Commands build whole strings. Characters that the stream's encoding lacks are replaced when they are
written, so that the code above has to know nothing about encodings. Arrows and frames turn into
ASCII of their own (`→` into `->`), anything else into a backslash escape.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from import_cycles.base.record import record
from import_cycles.base.words import printable

_ASCII = str.maketrans(
    dict(zip("→…┌└├│─▶·", ("->", "...", "+", "+", "+", "|", "-", ">", "-"), strict=True))
)


@record
class Paint:
    """ANSI colors, or nothing at all when `color` is False."""

    color: bool = False

    def _wrap(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and text else text

    def strong(self, text: str) -> str:
        """Text that the eye should find first: paths, codes."""
        return self._wrap("1", text)

    def faint(self, text: str) -> str:
        """Frames and line numbers."""
        return self._wrap("2", text)

    def error(self, text: str) -> str:
        """Red."""
        return self._wrap("1;31", text)

    def warning(self, text: str) -> str:
        """Yellow."""
        return self._wrap("1;33", text)

    def notice(self, text: str) -> str:
        """Blue."""
        return self._wrap("1;34", text)


@record
class Console:
    """The two streams of a process and how to write on them."""

    out: TextIO
    err: TextIO
    paint: Paint = Paint()
    show_progress: bool = False

    def write(self, text: str) -> None:
        """Results, to standard output."""
        self.out.write(encodable(text, self.out.encoding))

    def complain(self, text: str) -> None:
        """One line to standard error; control characters in it are escaped."""
        self.err.write(encodable(f"import-cycles: {printable(text)}\n", self.err.encoding))

    def progress(
        self, done: int, total: int, doing: str = "reading", things: str = "files"
    ) -> None:
        """Repaint the progress line; wipe it at the end. Silent unless there is a terminal."""
        if not self.show_progress:
            return
        line = f"{doing} {done}/{total} {things}"
        self.err.write("\r" + (" " * len(line) + "\r" if done >= total else line))
        self.err.flush()


def standard_console(*, color: bool | None = None, quiet: bool = False) -> Console:
    """The console of this process; `color` None means: ask the terminal and the environment."""
    wanted = wants_color(sys.stdout.isatty(), os.environ) if color is None else color
    return Console(sys.stdout, sys.stderr, Paint(wanted), sys.stderr.isatty() and not quiet)


def wants_color(is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to paint by default. Source: https://no-color.org."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def encodable(text: str, encoding: str | None) -> str:
    """`text` with each character replaced that `encoding` (None: a stream of text) lacks."""
    if encoding is None:
        return text
    try:
        "".join(map(chr, _ASCII)).encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII)
    return text.encode(encoding, "backslashreplace").decode(encoding)
