"""The lines of a log as the program printed them, without what the log has added.

A traceback reaches users through consoles, containers, log services, web pages and chats. Each line
can have a prefix (a time, a host, a quote mark) or colors, and the whole can be one string in JSON
or in a `repr`, or a page of HTML. This module removes all that line by line, in memory that does
not grow with the log. It drops lines far from any traceback and puts a GAP in their place.
"""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

GAP: Final = "\f"
"""Stands for lines that were left out."""

_BEFORE: Final = 15
"""Lines that are kept before one that speaks of an exception: pytest shows a function first."""
_AFTER: Final = 60
_LONGEST: Final = 1_000_000
"""Of a line, in characters; what is longer is cut into pieces."""
_LARGEST_DOCUMENT: Final = 8_000_000
"""Characters of JSON that may be one document over many lines."""

_SPEAKS: Final = re.compile(
    r"Traceback|File |\.pyw?\b|Error|Exception|cannot import name|partially initialized"
    r"|cannot access submodule|NotReady|ImproperlyConfigured"
)
_COLOR: Final = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\^\[\[[0-9;]*m|\x1b_[^\x07]*\x07")
_STAMP: Final = re.compile(
    r"^(?:[\w.-]+\s*\| |\[?\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?\]? )"
)
"""The prefix that `docker compose logs` and GitHub's logs put before each line."""
_GROUP: Final = re.compile(r"[ +|]*Exception Group $")
_HEADER: Final = "Traceback (most recent call last)"
_ONLY_DRAWN: Final = re.compile(r"[\s|+─-╿-]*")
_ESCAPED: Final = re.compile(r"""\\n\s*File |call last\):\\+n|\\n[\w.]*(?:Error|Exception)\b""")
_ESCAPE: Final = re.compile(r"\\(?:u(?P<wide>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|(?P<one>.))")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": ""}
_IS_HTML: Final = re.compile(
    r"&(?:quot|lt|gt|amp|#x?[0-9a-f]+);|</?(?:pre|div|span|code|cite|em|br|textarea)\b"
)
_BLOCK_END: Final = re.compile(r"<br\s*/?>|</(?:li|div|p|tr|pre|h\d|textarea)>", re.IGNORECASE)
_TAG: Final = re.compile(
    r"</?(?:a|b|body|br|cite|code|div|em|h\d|head|html|i|img|li|p|pre|script|span|strong|style|table|tbody"
    r"|td|textarea|th|thead|title|tr|u|ul|ol)\b[^>]*>",
    re.IGNORECASE,
)


def plain_lines(chunks: Iterable[str]) -> Iterator[str]:
    """The lines of a text that comes in pieces. Cost: one look at lines that are not of interest."""
    plain = _Plain()
    for line in _near(_lines(chunks)):
        yield from plain.lines(line)


class _Plain:
    """The prefix of the present lines, as far as it is known."""

    def __init__(self) -> None:
        self._prefix: re.Pattern[str] | None = None

    def lines(self, line: str) -> Iterator[str]:
        """The lines that one line of the log holds."""
        if "\x1b" in line or "^[[" in line:
            line = _COLOR.sub("", line)
        if "\\n" in line and _ESCAPED.search(line):
            for inner in _unescaped(line):
                yield from self.lines(inner)
            return
        if ("&" in line or "</" in line) and _IS_HTML.search(line):
            text = html.unescape(_TAG.sub("", _BLOCK_END.sub("\n", line)))
            yield from (self._without_prefix(each) for each in text.split("\n"))
            return
        yield self._without_prefix(line)

    def _without_prefix(self, line: str) -> str:
        column = line.find(_HEADER)
        if column >= 0:
            # The header of a group stands in the frame that is drawn around it.
            self._prefix = _learned(_GROUP.sub("", line[:column]))
        if self._prefix is not None:
            found = self._prefix.match(line)
            if found is not None:
                return line[found.end() :]
        return _STAMP.sub("", line)


def _learned(prefix: str) -> re.Pattern[str] | None:
    """What stands before each line, if a header has this before it; None for a drawn frame.

    Words with digits in them (times, processes, hosts) may differ from line to line.
    """
    if _ONLY_DRAWN.fullmatch(prefix) or re.fullmatch(r"[\w.]*\s+", prefix):
        # IPython writes the name of the exception there.
        return None
    body = prefix.rstrip(" \t")
    n_spaces = len(prefix) - len(body)
    words = re.split(r"(\s+)", body)
    parts = [
        r"\s+" if word.isspace() else r"\S+" if re.search(r"\d", word) else re.escape(word)
        for word in words
    ]
    return re.compile(f"{''.join(parts)}[ \\t]{{0,{n_spaces}}}")


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    """The lines of a text in pieces; those of one JSON document over many lines as one line."""
    pieces = iter(chunks)
    rest = next(pieces, "")
    if rest.lstrip()[:1] in ("{", "["):
        for piece in pieces:
            rest += piece
            if len(rest) > _LARGEST_DOCUMENT:
                break
        else:
            yield from _document(rest)
            return
    for piece in pieces:
        *lines, rest = (rest + piece).splitlines(keepends=True) or [""]
        yield from (line.rstrip("\r\n") for line in lines)
        if rest.endswith("\n"):
            yield rest.rstrip("\r\n")
            rest = ""
        while len(rest) > _LONGEST:
            yield rest[:_LONGEST]
            rest = rest[_LONGEST:]
    yield from rest.splitlines()


def _document(text: str) -> Iterator[str]:
    try:
        yield from _strings(json.loads(text))
    except (ValueError, RecursionError):
        yield from text.splitlines()


def _near(lines: Iterable[str]) -> Iterator[str]:
    """Lines that speak of an exception, and those around them."""
    before: deque[str] = deque(maxlen=_BEFORE)
    left = 0
    n_dropped = 0
    speaks = _SPEAKS.search
    for line in lines:
        if speaks(line):
            if n_dropped > _BEFORE:
                yield GAP
            yield from before
            before.clear()
            n_dropped = 0
            left = _AFTER
            yield line
        elif left:
            left -= 1
            yield line
        else:
            n_dropped += 1
            before.append(line)


def _unescaped(line: str) -> Iterator[str]:
    start = line.find("{")
    if start >= 0:
        try:
            yield from _strings(json.loads(line[start:]))
        except (ValueError, RecursionError):
            pass
        else:
            return
    yield from _ESCAPE.sub(_character, line).split("\n")


def _character(found: re.Match[str]) -> str:
    code = found["wide"] or found["byte"]
    if code:
        return chr(int(code, 16))
    return _ESCAPES.get(found["one"], found["one"])


def _strings(value: object) -> Iterator[str]:
    """The lines of all texts in a JSON value; an event of an error tracker as a traceback."""
    match value:
        case str():
            yield from value.splitlines()
        case list():
            for each in value:
                yield from _strings(each)
        case {"stacktrace": {"frames": list(frames)}, "type": str(error), "value": told}:
            yield f"{_HEADER}:"
            for frame in frames:
                yield from _frame(frame)
            yield f"{error}: {told or ''}"
        case dict():
            for each in value.values():
                yield from _strings(each)


def _frame(frame: object) -> Iterator[str]:
    """A frame as Sentry's events have it (develop.sentry.dev, "Stack Trace Interface")."""
    if not isinstance(frame, dict):
        return
    path = frame.get("abs_path") or frame.get("filename")
    if path:
        yield f'  File "{path}", line {frame.get("lineno") or 0}, in {frame.get("function") or "?"}'
        source = frame.get("context_line")
        if isinstance(source, str) and source.strip():
            yield f"    {source.strip()}"
