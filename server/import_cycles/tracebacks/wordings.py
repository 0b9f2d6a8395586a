"""The messages of failed imports, in the words of CPython.

The wordings are those of CPython 3.6 to 3.15 (Python/ceval.c, `import_from`; Objects/moduleobject.c,
`_Py_module_getattro_impl`). Programs pass them on inside messages of their own: `cannot load
plug-in: cannot import name …`. So a wording counts wherever in a message it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
    """The complaint of an exception."""

    CANNOT_IMPORT_NAME = auto()
    NO_ATTRIBUTE = auto()
    NO_SUBMODULE = auto()
    """An attribute that is a submodule, which is not set before the submodule has loaded."""
    UNDEFINED_NAME = auto()
    OTHER = auto()


@record
class Failure:
    """One exception of a text and where it came from, outermost frame first.

    `name` is what is missing and `module` what lacks it, both empty where the message has another
    subject. `path` is the module's file as far as the message tells it. `says_circular`: the
    message itself speaks of a circular import. `blamed` is the file that it wants renamed instead;
    `blames_stdlib` if that file hides a module of the standard library. `is_passed_on`: the wording
    stands inside a message of the program's own, so the frames may be those of a handler.
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
    is_passed_on: bool = False


def failure(error: str, message: str, frames: Iterable[TracebackFrame]) -> Failure:
    """An exception with what its message tells."""
    frames = tuple(frames)
    found = next(_understood(message), None)
    if found is None:
        return Failure(frames, error, message)
    symptom, match = found
    told = match.groupdict()
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
        match.start() > 0,
    )


def _understood(message: str) -> Iterator[tuple[Symptom, re.Match[str]]]:
    """The wordings that a message has: at its start, else further in where it speaks of imports."""
    for symptom, pattern in _WORDINGS:
        found = pattern.match(message)
        if found is not None:
            yield symptom, found
    inside = SPEAKS_OF_IMPORTS.search(message)
    if inside is not None and inside.start() > 0:
        for symptom, pattern in _WORDINGS:
            found = pattern.match(message, inside.start())
            if found is not None:
                yield symptom, found


def _unescaped(path: str) -> str:
    """Messages show some paths as `repr` does, which doubles the separators of Windows."""
    return path.replace("\\\\", "\\")


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
            rf"(?: {_CIRCULAR})?(?: \((?P<path>(?:[^()]|\([^()]*\))+)\))?",
        ),
        (
            Symptom.CANNOT_IMPORT_NAME,
            rf"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)' {_RENAME}",
        ),
        (
            Symptom.CANNOT_IMPORT_NAME,
            r"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)'"
            r"(?: \((?P<path>(?:[^()]|\([^()]*\))+)\))?",
        ),
        (
            # ImportCycleError (3.15): a name, or a module, of which a lazy import has not ended.
            Symptom.NO_ATTRIBUTE,
            rf"cannot import name '(?P<module>[^']+)\.(?P<name>[^'.]+)' {_CIRCULAR}",
        ),
        (
            # The same of a module; other messages like that are of a compiled one.
            Symptom.NO_ATTRIBUTE,
            rf"cannot import name '(?P<module>(?P<name>[^'.]+))' {_CIRCULAR}",
        ),
        (Symptom.CANNOT_IMPORT_NAME, rf"cannot import name '(?P<name>[^']+)'(?: {_CIRCULAR})?"),
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
SPEAKS_OF_IMPORTS: Final = _compiled(
    r"cannot import name '|partially initialized module '|cannot access submodule '"
)


def how_much_is_known(message: str) -> int:
    """How much of a message is a wording that is known."""
    return max((found.end() for _, found in _understood(message)), default=0)
