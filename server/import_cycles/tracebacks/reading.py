"""Tracebacks as text, read back into frames and exceptions.

They come from anywhere: a terminal, a log, pytest's short and long styles, exception groups, `rich`,
IPython, an editor's box, a web framework's page; `log_lines` takes away what is put around them. So lines are
searched rather than parsed, and what is not understood is skipped. One text can hold several
tracebacks: exceptions that were raised while others were handled, members of a group, failing tests.

Samples: tests/cli/tracebacks, tests/unit/test_traceback_shapes.py.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

from import_cycles.base.record import replace
from import_cycles.tracebacks.log_lines import GAP, plain_lines
from import_cycles.tracebacks.wordings import (
    MODULE_LEVEL,
    SPEAKS_OF_IMPORTS,
    Failure,
    TracebackFrame,
    failure,
    how_much_is_known,
)

_MOST: Final = 2_000
"""Different failures of one text that are kept, and frames of one traceback."""
_WRAPPED: Final = 3
"""Lines over which a message may be wrapped."""


def read_failures(chunks: Iterable[str]) -> tuple[Failure, ...]:
    """Every exception in a text that has frames or complains of an import, in the text's order.

    The text may come in pieces; each failure is given once. Memory does not grow with the text.
    """
    reading = _Reading(plain_lines([chunks] if isinstance(chunks, str) else chunks))
    found: dict[Failure, None] = {}
    for each in reading.failures():
        if len(found) < _MOST:
            found[each] = None
    return tuple(found) or reading.bare_messages


def holds_failure(chunks: Iterable[str]) -> bool:
    """Whether `read_failures` would find something; reads no further than to the first."""
    reading = _Reading(plain_lines(chunks))
    return next(reading.failures(), None) is not None or bool(reading.bare_messages)


_BARS: Final = re.compile(r"^[\s|│+╭╰]*")
_HEADER: Final = re.compile(r"Traceback \(most recent call last\)|^Traceback:$")
_FRAMES: Final = (
    re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>\S.*))?'),
    # IPython
    re.compile(r"File (?P<path>[^\s\"]\S*):(?P<line>\d+)(?:, in (?P<function>[\w<>.]+))?"),
    # pytest, and rich, which has no colon after the number
    re.compile(
        r"(?:^|\s)(?P<path>[^\s:\"']+\.pyw?|[A-Za-z]:[^:\"']+\.pyw?):(?P<line>\d+):?"
        r" in (?P<function>\S.*)"
    ),
    # IPython before 8.0: the number is at the arrow below
    re.compile(r"^(?P<path>[^\s:\"'(]+\.pyw?)(?P<line>) in (?P<function>[\w<>.]+)(?:\(.*\))?$"),
)
_PYTEST_LONG: Final = re.compile(r"^(?P<path>[^\s:\"']+\.pyw?):(?P<line>\d+): ?(?P<error>[\w.]*)$")
_ERROR: Final = re.compile(
    r"(?P<error>(?:[A-Za-z_]\w*\.)*_?[A-Z]\w*(?:Error|Exception|Group|Warning|Exit|Interrupt|Skipped"
    r"|Iteration|Failed|Failure|Timeout|NotFound)"
    r"|(?:[A-Za-z_]\w*\.)+[A-Z]\w*)(?:: (?P<message>.*))?"
)
_ERROR_INSIDE: Final = re.compile(
    r"(?P<error>(?:Import|Attribute|ModuleNotFound)Error): (?P<message>.*)"
)
_BOX: Final = re.compile(r"^Exception has occurred: (?P<error>[\w.]+)")
_DJANGO_TYPE: Final = re.compile(r"^Exception Type: (?P<error>\w+)")
_DJANGO_VALUE: Final = re.compile(r"^Exception Value:\s*(?P<message>.*)")
_DEFINITION: Final = re.compile(r"^\s*(?:async\s+)?def (?P<name>\w+)")
_MARKED: Final = re.compile(r"^(?:>|❱|-+>)\s*(?P<line>\d*)\s*(?P<source>.*)")


class _Reading:
    """One pass over the lines of a text."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._frames: list[TracebackFrame] = []
        self._indent = 0
        self._shown = ""
        """pytest's long style: the line that it marks, which comes before its place."""
        self._definition = MODULE_LEVEL
        self._boxed = ""
        """The exception of an editor's box, whose frames follow, the innermost first."""
        self._message_in_box: list[str] = []
        self._django_error = ""
        self.bare_messages: tuple[Failure, ...] = ()
        """The first message that some program passes on without a traceback."""

    def failures(self) -> Iterator[Failure]:
        """All exceptions, in order."""
        pending: Failure | None = None
        for line in self._each_line():
            text, indent = _stripped(line)
            if line == GAP or _HEADER.search(text):
                yield from self._box_ended()
                self._frames = []
            elif box := _BOX.match(text):
                yield from self._box_ended()
                self._boxed, self._message_in_box, self._frames = box["error"], [], []
            elif frame := self._frame(text):
                if pending is not None:
                    # pytest's long style names the innermost place below the exception.
                    if frame.function != pending.error:
                        yield pending
                        pending, self._frames = None, []
                    else:
                        frames = (*pending.frames, self._last_frame(frame))
                        yield failure(pending.error, pending.message, frames)
                        pending, self._frames = None, []
                        continue
                self._indent = indent
                self._add_frame(frame)
            elif self._take_source(text, indent):
                continue
            elif self._boxed:
                if text and not self._frames:
                    self._message_in_box.append(text)
                elif self._frames:
                    yield from self._box_ended()
            elif raised := self._exception(text):
                if pending is None:
                    pending = raised
                if not line.startswith("E  "):
                    yield pending
                    pending, self._frames = None, []
        yield from self._box_ended()
        if pending is not None:
            yield pending

    def _each_line(self) -> Iterator[str]:
        while True:
            line = self._ahead.popleft() if self._ahead else next(self._lines, None)
            if line is None:
                return
            self._note_bare(line)
            yield line

    def _following(self) -> Iterator[str]:
        self._ahead.extend(islice(self._lines, _WRAPPED - len(self._ahead)))
        return iter(tuple(self._ahead)[:_WRAPPED])

    def _note_bare(self, line: str) -> None:
        if self.bare_messages:
            return
        found = SPEAKS_OF_IMPORTS.search(line)
        if found is None:
            return
        rest = " ".join(
            _stripped(each)[0] for each in chain([line[found.start() :]], self._following())
        )
        error = "ImportError" if rest.startswith("cannot import") else "AttributeError"
        length = how_much_is_known(rest)
        if length:
            self.bare_messages = (failure(error, " ".join(rest[:length].split()), ()),)

    def _box_ended(self) -> Iterator[Failure]:
        if self._boxed and self._frames:
            yield failure(
                self._boxed.rpartition(".")[2],
                " ".join(self._message_in_box),
                reversed(self._frames),
            )
        self._boxed, self._message_in_box = "", []

    def _add_frame(self, frame: TracebackFrame) -> None:
        if len(self._frames) >= _MOST:
            # Of an endless recursion, both ends tell the story.
            del self._frames[_MOST // 2]
        self._frames.append(frame)

    def _frame(self, text: str) -> TracebackFrame | None:
        if ".py" not in text and "File " not in text:
            return None
        for pattern in _FRAMES:
            found = pattern.search(text)
            if found is not None:
                function = (found["function"] or MODULE_LEVEL).strip()
                return TracebackFrame(found["path"], int(found["line"] or 0), function)
        found = _PYTEST_LONG.match(text)
        if found is None:
            return None
        if found["error"]:
            return TracebackFrame(found["path"], int(found["line"]), found["error"])
        return self._last_frame(TracebackFrame(found["path"], int(found["line"]), ""))

    def _last_frame(self, frame: TracebackFrame) -> TracebackFrame:
        """Pytest's long style: the function and the line are shown above the place."""
        function, source = self._definition, self._shown
        self._definition, self._shown = MODULE_LEVEL, ""
        return TracebackFrame(frame.path, frame.line, function, source)

    def _take_source(self, text: str, indent: int) -> bool:
        """Whether a line shows source; keeps it for its frame if it is the frame's own."""
        if text.startswith((">", "❱", "---")) and not text.endswith("-"):
            found = _MARKED.match(text)
            if found is not None:
                if text.startswith(">"):
                    self._shown = found["source"]
                else:
                    self._add_source(found["source"], is_marked=True, line=found["line"])
            return True
        if definition := _DEFINITION.match(text):
            self._definition = definition["name"]
        if not self._frames or indent <= self._indent or not text:
            return False
        if not set(text) <= set("^~ "):
            self._add_source(text)
        return True

    def _add_source(self, text: str, *, is_marked: bool = False, line: str = "") -> None:
        if self._frames and (is_marked or not self._frames[-1].source):
            frame = self._frames[-1]
            number = frame.line or int(line or 0)
            self._frames[-1] = replace(frame, source=text, line=number)

    def _exception(self, text: str) -> Failure | None:
        text = re.sub(r"^E\s+", "", text)
        if found := _DJANGO_TYPE.match(text):
            self._django_error = found["error"]
            return None
        if self._django_error and (found := _DJANGO_VALUE.match(text)):
            error, self._django_error = self._django_error, ""
            return failure(error, self._message(found["message"]), self._frames)
        found = _ERROR.fullmatch(text)
        if found is None and self._frames and SPEAKS_OF_IMPORTS.search(text):
            # Behind a prefix that was not learned.
            found = _ERROR_INSIDE.search(text)
        if found is None or not (self._frames or SPEAKS_OF_IMPORTS.match(found["message"] or "")):
            return None
        error = found["error"].rpartition(".")[2]
        return failure(error, self._message(found["message"] or ""), self._frames)

    def _message(self, first: str) -> str:
        """The message, put together again when it was wrapped: what makes the most of a wording."""
        if first.endswith(")"):
            # With the path at its end it is whole.
            return first
        if not SPEAKS_OF_IMPORTS.search(first) and not first.endswith((" module", "name")):
            return first
        best, joined = first, first
        for line in self._following():
            text = re.sub(r"^E\s+", "", _stripped(line)[0])
            if not text:
                break
            joined += f" {text}"
            if how_much_is_known(joined) > how_much_is_known(best):
                best = joined
        return best


def _stripped(line: str) -> tuple[str, int]:
    """A line without the frames that are drawn around it, and the column where it starts."""
    indent = _BARS.match(line)
    start = indent.end() if indent else 0
    return line[start:].rstrip().rstrip("│╮╯").rstrip(), start
