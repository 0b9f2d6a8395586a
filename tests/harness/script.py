r"""The lines of a `--- session` section: what an editor does, and what it must then be told.

    -> open app/a.py
    -> type app/b.py:1:0 "import app.a\n"
    <- diagnostics app/b.py: cycle@1, cycle@3
    <- diagnostics app/a.py: clean

Lines count from 1, columns from 0 in code points; texts are JSON strings.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum


class ScriptError(ValueError):
    """A line that does not parse; the caller knows file and line."""


class Act(Enum):
    """An act of an editor, or of another program on the same disk."""

    OPEN = "open"
    NEW = "new"
    """Open a document that is not on the disk yet."""
    TYPE = "type"
    REPLACE = "replace"
    SAVE = "save"
    CLOSE = "close"
    CREATE = "create"
    WRITE = "write"
    DELETE = "delete"
    RENAME = "rename"
    CONFIGURE = "configure"
    HOVER = "hover"


@dataclass(frozen=True, slots=True)
class Send:
    """`-> …`. `start` and `end` are (line from 1, column); `to` is the new path of a rename."""

    act: Act
    path: str
    source_line: int
    start: tuple[int, int] = (1, 0)
    end: tuple[int, int] = (1, 0)
    text: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """`<- diagnostics path: code@line, …`: all that the path shows now; empty for `clean`."""

    path: str
    shown: tuple[tuple[int, str], ...]
    source_line: int

    def __str__(self) -> str:
        what = ", ".join(f"{code}@{line}" for line, code in self.shown) or "clean"
        return f"<- diagnostics {self.path}: {what}"


@dataclass(frozen=True, slots=True)
class HoverContains:
    """`<- hover contains "…"`: the hover asked for just before has this in it."""

    text: str
    source_line: int


ScriptLine = Send | Diagnostics | HoverContains

_STRING = r'(?P<text>"(?:[^"\\]|\\.)*")'
_AT = r"(?P<path>\S+?):(?P<line>\d+):(?P<column>\d+)"
_SENDS = {
    Act.OPEN: re.compile(r"(?P<path>\S+)"),
    Act.SAVE: re.compile(r"(?P<path>\S+)"),
    Act.CLOSE: re.compile(r"(?P<path>\S+)"),
    Act.DELETE: re.compile(r"(?P<path>\S+)"),
    Act.NEW: re.compile(rf"(?P<path>\S+)\s+{_STRING}"),
    Act.CREATE: re.compile(rf"(?P<path>\S+)(?:\s+{_STRING})?"),
    Act.WRITE: re.compile(rf"(?P<path>\S+)\s+{_STRING}"),
    Act.RENAME: re.compile(r"(?P<path>\S+)\s+(?P<to>\S+)"),
    Act.TYPE: re.compile(rf"{_AT}\s+{_STRING}"),
    Act.REPLACE: re.compile(rf"{_AT}-(?P<end_line>\d+):(?P<end_column>\d+)\s+{_STRING}"),
    Act.HOVER: re.compile(_AT),
    Act.CONFIGURE: re.compile(r"(?P<object>\{.*\})"),
}
_DIAGNOSTICS = re.compile(r"diagnostics\s+(?P<path>\S+):\s*(?P<shown>.+)")
_SHOWN = re.compile(r"(?P<code>[a-z-]+)@(?P<line>\d+)")
_HOVER_CONTAINS = re.compile(rf"hover\s+contains\s+{_STRING}")


def parse_script_line(text: str, source_line: int) -> ScriptLine:
    """Parse one line; raises ScriptError when it is none of those above."""
    arrow, _, rest = text.strip().partition(" ")
    match arrow:
        case "->":
            return _send(rest.strip(), source_line)
        case "<-":
            return _receive(rest.strip(), source_line)
        case _:
            raise ScriptError(f"expected `-> …` or `<- …`, got: {text.strip()}")


def _send(text: str, source_line: int) -> Send:
    verb, _, rest = text.partition(" ")
    try:
        act = Act(verb)
    except ValueError:
        known = ", ".join(act.value for act in Act)
        raise ScriptError(f"no such act: {verb} (there are {known})") from None
    match = _SENDS[act].fullmatch(rest.strip())
    if match is None:
        raise ScriptError(f"`{verb}` does not take `{rest.strip()}`")
    groups = match.groupdict()
    start = (int(groups.get("line") or 1), int(groups.get("column") or 0))
    return Send(
        act=act,
        path=groups.get("path") or "",
        source_line=source_line,
        start=start,
        end=(int(groups.get("end_line") or start[0]), int(groups.get("end_column") or start[1])),
        text=json.loads(groups["text"]) if groups.get("text") else groups.get("object") or "",
        to=groups.get("to") or "",
    )


def _receive(text: str, source_line: int) -> Diagnostics | HoverContains:
    hover = _HOVER_CONTAINS.fullmatch(text)
    if hover is not None:
        return HoverContains(json.loads(hover["text"]), source_line)
    match = _DIAGNOSTICS.fullmatch(text)
    if match is None:
        raise ScriptError(f"expected `diagnostics path: …` or `hover contains …`, got: {text}")
    return Diagnostics(match["path"], _shown(match["shown"].strip()), source_line)


def _shown(text: str) -> tuple[tuple[int, str], ...]:
    if text == "clean":
        return ()
    shown: list[tuple[int, str]] = []
    for item in text.split(","):
        match = _SHOWN.fullmatch(item.strip())
        if match is None:
            raise ScriptError(f"expected `code@line` or `clean`, got: {item.strip()}")
        shown.append((int(match["line"]), match["code"]))
    return tuple(sorted(shown))
