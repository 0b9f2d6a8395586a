r"""Places in a text: offsets, lines, columns, and the units that editors count columns in.

Lines end at `\n`, `\r\n` and `\r` only, as in Python's tokenizer and in LSP 3.17 ("Text
Documents"); a form feed or U+2028 does not end a line, whatever `str.splitlines` thinks.
Lines and columns count from 0 everywhere.

Texts may hold lone surrogates, for an editor can send them: each counts as one code point, one
UTF-16 unit and three UTF-8 bytes. Tests: tests/properties/test_text.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from enum import Enum

from import_cycles.base.record import record


class Encoding(Enum):
    """What a column counts; the values are those of LSP's `PositionEncodingKind`."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@record(order=True)
class Span:
    """A stretch of a text in code points, half-open."""

    start: int
    end: int


@record(order=True)
class Site:
    """Where a piece of syntax stands, as `ast` tells it: lines from 0, columns in UTF-8 bytes."""

    line: int
    column: int
    end_line: int
    end_column: int


@record(order=True)
class Position:
    """A line and its column in each of the units that a client may ask for."""

    line: int
    utf8: int
    utf16: int
    utf32: int

    def column(self, encoding: Encoding) -> int:
        """The column in units of `encoding`."""
        match encoding:
            case Encoding.UTF8:
                return self.utf8
            case Encoding.UTF16:
                return self.utf16
            case Encoding.UTF32:
                return self.utf32


@record(order=True)
class TextRange:
    """A stretch of text between two positions, half-open."""

    start: Position
    end: Position


_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """Where the lines of one text begin, to go from offsets (code points) to columns and back.

    Building it costs one pass over the text. Questions about lines of ASCII alone take no time
    that depends on the line's length.
    """

    __slots__ = ("_is_ascii", "_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._is_ascii = text.isascii()
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    @property
    def n_lines(self) -> int:
        """At least 1; a text that ends in a line break has an empty last line."""
        return len(self._starts)

    def line_start(self, line: int) -> int:
        """The offset where `line` begins; the text's end for a line that does not exist."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_text(self, line: int) -> str:
        """The line without its line break; empty for a line that does not exist."""
        return self.text[self.line_start(line) : self._line_end(line)]

    def offset(self, line: int, column: int, encoding: Encoding) -> int:
        """The offset of a place that is given in `encoding` units.

        A column past the end of its line gives the line's end, before the line break (LSP 3.17,
        "Position"); a line past the end gives the text's end. A column in the middle of a
        character rounds down to the character's start.
        """
        if line < 0:
            return 0
        start, end = self.line_start(line), self._line_end(line)
        column = max(column, 0)
        if column and not self._is_ascii and encoding is not Encoding.UTF32:
            column = _code_points(self.text[start:end], column, encoding)
        return min(start + column, end)

    def line_column(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        r"""Line and column of `offset`, the column in `encoding` units.

        An offset past the end gives the end of the last line: editors ask for it after deleting
        text. One between `\r` and `\n` gives the end of the line, before both.
        """
        line, prefix = self._line_and_prefix(offset)
        return line, _width(prefix, encoding)

    def position(self, offset: int) -> Position:
        """Like `line_column`, in all units at once."""
        line, prefix = self._line_and_prefix(offset)
        return _position(line, prefix)

    def span_of_site(self, site: Site) -> Span:
        """The stretch of this text that `ast` means by `site`."""
        return Span(
            self.offset(site.line, site.column, Encoding.UTF8),
            self.offset(site.end_line, site.end_column, Encoding.UTF8),
        )

    def wide_lines(self, sites: Iterable[Site]) -> dict[int, str]:
        """What `site_range` needs to know of this text in order to place `sites`."""
        if self._is_ascii:
            return {}
        numbers = {line for site in sites for line in (site.line, site.end_line)}
        texts = ((line, self.line_text(line)) for line in sorted(numbers))
        return {line: text for line, text in texts if not text.isascii()}

    def _line_end(self, line: int) -> int:
        if line + 1 >= len(self._starts):
            return len(self.text)
        end = self._starts[line + 1] - 1
        is_crlf = self.text[end] == "\n" and end > self._starts[line] and self.text[end - 1] == "\r"
        return end - 1 if is_crlf else end

    def _line_and_prefix(self, offset: int) -> tuple[int, str]:
        offset = max(offset, 0)
        line = bisect_right(self._starts, offset) - 1
        return line, self.text[self._starts[line] : min(offset, self._line_end(line))]


def site_range(site: Site, wide_lines: Mapping[int, str]) -> TextRange:
    """The range of `site` in every unit, without its text.

    `wide_lines` holds those lines that have characters outside ASCII; on all others the columns
    agree in every unit. Outlives the text: see `LineIndex.wide_lines`.
    """
    return TextRange(
        _site_position(site.line, site.column, wide_lines),
        _site_position(site.end_line, site.end_column, wide_lines),
    )


def _site_position(line: int, utf8: int, wide_lines: Mapping[int, str]) -> Position:
    text = wide_lines.get(line)
    if text is None:
        return Position(line, utf8, utf8, utf8)
    return _position(line, text[: _code_points(text, utf8, Encoding.UTF8)])


def _position(line: int, prefix: str) -> Position:
    if prefix.isascii():
        return Position(line, len(prefix), len(prefix), len(prefix))
    return Position(line, *(_width(prefix, unit) for unit in Encoding))


def _width(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def _code_points(line_text: str, column: int, encoding: Encoding) -> int:
    """How many whole characters of the line fit into `column` units."""
    if line_text[:column].isascii():
        return min(column, len(line_text))
    units = 0
    for length, character in enumerate(line_text):
        units += _width(character, encoding)
        if units > column:
            return length
    return len(line_text)
