"""Tracebacks as text, read back into frames and exceptions.

They come from anywhere: a terminal with colors, a log with a prefix on each line, pytest's short
and long styles, exception groups, `rich`, IPython. So lines are searched rather than parsed, and
what is not understood is skipped. One text can hold several tracebacks: exceptions that were
raised while others were handled, members of a group, failing tests.

The wordings of import failures are those of CPython 3.8 to 3.15 (Python/ceval.c, `import_from`;
Objects/moduleobject.c, `_Py_module_getattro_impl`; Objects/lazyimportobject.c). Samples: tests/cli/tracebacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final

from import_cycles.base.record import record

MODULE_LEVEL: Final = "<module>"
"""What CPython calls the code of a module in a traceback."""


@record
class TracebackFrame:
    """One frame; `line` counts from 1, `source` is empty when the text does not show the line."""

    path: str
    line: int
    function: str
    source: str = ""


class Symptom(Enum):
    """What an exception complains of."""

    CANNOT_IMPORT_NAME = auto()
    NO_ATTRIBUTE = auto()
    NO_SUBMODULE = auto()
    """An attribute that is a submodule, which is not set before the submodule has loaded."""
    UNDEFINED_NAME = auto()
    OTHER = auto()


@record
class Failure:
    """One exception of a text and where it came from, outermost frame first.

    `name` is what is missing and `module` what lacks it, both empty where that is not the
    complaint. `path` is the module's file as far as the message tells it. `says_circular`: the
    message itself speaks of a circular import. `blamed` is the file that it wants renamed
    instead; `blames_stdlib` if for a module of the standard library.
    """

    frames: tuple[TracebackFrame, ...]
    error: str
    message: str
    symptom: Symptom = Symptom.OTHER
    name: str = ""
    module: str = ""
    path: str = ""
    says_circular: bool = False
    blamed: str = ""
    blames_stdlib: bool = False


def failure(error: str, message: str, frames: Iterable[TracebackFrame]) -> Failure:
    """An exception with what its message tells."""
    frames = tuple(frames)
    for symptom, pattern in _WORDINGS:
        found = pattern.match(message)
        if found is None:
            continue
        told = found.groupdict()
        return Failure(
            frames,
            error,
            message,
            symptom,
            told["name"],
            told.get("module") or "",
            _unescaped(told.get("path") or told.get("blamed") or ""),
            bool(told.get("circular") or told.get("partial")),
            _unescaped(told.get("blamed") or ""),
            bool(told.get("stdlib")),
        )
    return Failure(frames, error, message)


def _unescaped(path: str) -> str:
    """Messages show some paths as `repr` does, which doubles the separators of Windows."""
    return path.replace("\\\\", "\\")


def read_failures(text: str) -> tuple[Failure, ...]:
    """Every exception in a text that has frames or complains of an import, in the text's order."""
    lines = [_PREFIX.sub("", _COLOR.sub("", line)) for line in text.splitlines()]
    found = tuple(_Reading(lines).failures())
    return found or tuple(_bare_messages(lines))


def _compiled(pattern: str) -> re.Pattern[str]:
    # A message can be wrapped at the width of a terminal.
    return re.compile(pattern.replace(" ", r"\s+"), re.DOTALL)


_RENAME: Final = (
    r"\(consider renaming '(?P<blamed>[^']+)' (?:since|if) it has the same name as"
    r" (?:(?P<stdlib>the standard library)|a )"
)
_CIRCULAR: Final = r"(?P<circular>\(most likely due to a circular import\))"

_WORDINGS: Final = tuple(
    (symptom, _compiled(pattern))
    for symptom, pattern in (
        (
            Symptom.CANNOT_IMPORT_NAME,
            r"cannot import name '(?P<name>[^']+)' from"
            r" (?P<partial>partially initialized )?module '(?P<module>[^']+)'"
            rf"(?: {_CIRCULAR})?(?: \((?P<path>[^()]+)\))?",
        ),
        (
            Symptom.CANNOT_IMPORT_NAME,
            rf"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)' {_RENAME}",
        ),
        (
            Symptom.CANNOT_IMPORT_NAME,
            r"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)'"
            r"(?: \((?P<path>[^()]+)\))?",
        ),
        (
            # ImportCycleError (3.15): a name, or a module, of which a lazy import has not ended.
            Symptom.NO_ATTRIBUTE,
            rf"cannot import name '(?P<module>[^']+)\.(?P<name>[^'.]+)' {_CIRCULAR}",
        ),
        (
            Symptom.NO_ATTRIBUTE,
            rf"cannot import name '(?P<module>(?P<name>[^'.]+))' {_CIRCULAR}",
        ),
        (Symptom.CANNOT_IMPORT_NAME, r"cannot import name '(?P<name>[^']+)'"),
        (
            Symptom.NO_ATTRIBUTE,
            r"(?P<partial>partially initialized )module '(?P<module>[^']+)'"
            rf"(?: from '(?P<path>[^']+)')? has no attribute '(?P<name>[^']+)'(?: {_CIRCULAR})?",
        ),
        (
            Symptom.NO_SUBMODULE,
            r"cannot access submodule '(?P<name>[^']+)' of module '(?P<module>[^']+)'"
            rf"(?: from '(?P<path>[^']+)')?(?: {_CIRCULAR})?",
        ),
        (
            Symptom.NO_ATTRIBUTE,
            r"module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'" rf" {_RENAME}",
        ),
        (
            Symptom.NO_ATTRIBUTE,
            r"module '(?P<module>[^']+)'(?: from '(?P<path>[^']+)')?"
            r" has no attribute '(?P<name>[^']+)'",
        ),
        (Symptom.UNDEFINED_NAME, r"name '(?P<name>[^']+)' is not defined"),
    )
)
_SPEAKS_OF_IMPORTS: Final = _compiled(
    r"cannot import name '|partially initialized module '|cannot access submodule '"
)

_COLOR: Final = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\^\[\[[0-9;]*m")
_PREFIX: Final = re.compile(r"^(?:[\w.-]+\s*\| |\d{4}-\d\d-\d\d[T ][\d:.,]+Z? )")
"""What `docker compose logs` and GitHub's logs put before each line."""
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
)
_PYTEST_LONG: Final = re.compile(r"^(?P<path>[^\s:\"']+\.pyw?):(?P<line>\d+): ?(?P<error>[\w.]*)$")
_ERROR: Final = re.compile(
    r"(?P<error>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Group|Warning|Exit|Interrupt|Skipped)"
    r"|(?:[A-Za-z_]\w*\.)+[A-Z]\w*)(?:: (?P<message>.*))?"
)
_DEFINITION: Final = re.compile(r"^\s*(?:async\s+)?def (?P<name>\w+)")


class _Reading:
    """One pass over the lines of a text."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._frames: list[TracebackFrame] = []
        self._indent = 0
        self._shown = ""
        """pytest's long style: the line that it marks, which comes before its place."""
        self._definition = MODULE_LEVEL

    def failures(self) -> Iterator[Failure]:
        """All exceptions, in order."""
        pending: Failure | None = None
        for number, line in enumerate(self._lines):
            text, indent = _stripped(line)
            if _HEADER.search(text):
                self._frames = []
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
                self._frames.append(frame)
            elif self._take_source(text, indent):
                continue
            elif raised := self._exception(number, text, line):
                if pending is None:
                    pending = raised
                if not line.startswith("E  "):
                    yield pending
                    pending, self._frames = None, []
        if pending is not None:
            yield pending

    def _frame(self, text: str) -> TracebackFrame | None:
        for pattern in _FRAMES:
            found = pattern.search(text)
            if found is not None:
                function = (found["function"] or MODULE_LEVEL).strip()
                return TracebackFrame(found["path"], int(found["line"]), function)
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
            shown = re.sub(r"^(?:>|❱|-+>)\s*\d*\s*", "", text)
            if text.startswith(">"):
                self._shown = shown
            else:
                self._add_source(shown, is_marked=True)
            return True
        if definition := _DEFINITION.match(text):
            self._definition = definition["name"]
        if not self._frames or indent <= self._indent or not text:
            return False
        if not set(text) <= set("^~ "):
            self._add_source(text)
        return True

    def _add_source(self, text: str, *, is_marked: bool = False) -> None:
        if self._frames and (is_marked or not self._frames[-1].source):
            frame = self._frames[-1]
            self._frames[-1] = TracebackFrame(frame.path, frame.line, frame.function, text)

    def _exception(self, number: int, text: str, line: str) -> Failure | None:
        text = re.sub(r"^E\s+", "", text)
        found = _ERROR.fullmatch(text)
        if found is None or not (self._frames or _SPEAKS_OF_IMPORTS.match(found["message"] or "")):
            return None
        error = found["error"].rpartition(".")[2]
        return failure(error, self._message(number, found["message"] or ""), self._frames)

    def _message(self, number: int, first: str) -> str:
        """The message, put together again when it was wrapped: what makes the most of a wording."""
        best, joined = first, first
        for line in self._lines[number + 1 : number + 4]:
            text = re.sub(r"^E\s+", "", _stripped(line)[0])
            if not text:
                break
            joined += f" {text}"
            if _told(joined) > _told(best):
                best = joined
        return best


def _told(message: str) -> int:
    """How much of a message is a wording that is known."""
    return max((found.end() for _, each in _WORDINGS if (found := each.match(message))), default=0)


def _stripped(line: str) -> tuple[str, int]:
    """A line without the frames that are drawn around it, and the column where it starts."""
    indent = _BARS.match(line)
    start = indent.end() if indent else 0
    return line[start:].rstrip().rstrip("│╮╯").rstrip(), start


def _bare_messages(lines: Sequence[str]) -> Iterator[Failure]:
    """Messages that some program passes on without the traceback."""
    text = "\n".join(lines)
    for found in re.finditer(r"cannot import name '|partially initialized module '", text):
        rest = text[found.start() : found.start() + 2000]
        error = "ImportError" if rest.startswith("cannot") else "AttributeError"
        message = _WORDINGS[0 if error == "ImportError" else 4][1].match(rest)
        if message is not None:
            yield failure(error, " ".join(message[0].split()), ())
            return
