"""What a case file expects to be reported: markers under a line, on a line, or in a list.

Three spellings, one meaning:

    import app.b
    #      ^^^^^ info[cycle]: "part of the message"
    import app.b  # info: [cycle]
    app/b.py:1:7-12 info[cycle]            (a line of an `--- expect` section)

The first and the last give the exact range. Lines count from 1 and columns from 0, in code
points, as in CPython's tracebacks and `ast`. `py<3.11:` before the carets or before the
severity makes an expectation one for those versions only. Words after the quoted part of the
message are a remark to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Version = tuple[int, int]

_CONDITION = r"py(?:<=|>=|==|<|>)\d+\.\d+"
_PART = r'"(?P<part>(?:[^"\\]|\\.)*)"'
_CARETS = re.compile(
    rf"^\s*#\s*(?:(?P<when>{_CONDITION}):\s+)?(?P<carets>\^+)\s+(?:(?P<when2>{_CONDITION}):\s+)?"
    rf"(?P<severity>[a-z]+)\[(?P<code>[a-z-]+)\](?::\s*{_PART}.*)?\s*$"
)
_LOOKS_LIKE_CARETS = re.compile(r"^\s*#\s*(?:py[^\s:]*:\s*)?\^")
_ON_LINE = re.compile(
    rf"#\s*(?:(?P<when>{_CONDITION}):\s+)?(?P<severity>error|warning|info|hint):"
    rf"\s*\[(?P<code>[a-z-]+)\](?:\s*:?\s*{_PART})?"
)
_LISTED = re.compile(
    rf"^(?:(?P<when>{_CONDITION}):\s+)?(?P<path>\S+):(?P<line>\d+):(?P<start>\d+)"
    rf"-(?:(?P<end_line>\d+):)?(?P<end>\d+)\s+(?P<severity>[a-z]+)\[(?P<code>[a-z-]+)\]"
    rf"(?::\s*{_PART}.*)?\s*$"
)
_CLEAN = re.compile(r"^(?P<path>\S+)\s+clean\s*$")
SEVERITIES = ("error", "warning", "info", "hint")


class MarkerError(ValueError):
    """A marker that does not parse; the caller knows file and line."""


@dataclass(frozen=True, slots=True)
class VersionTest:
    """`py<3.11` and the like: on which target versions an expectation holds."""

    operator: str
    version: Version

    def holds(self, version: Version) -> bool:
        """Whether `version` is among them."""
        match self.operator:
            case "<":
                return version < self.version
            case "<=":
                return version <= self.version
            case ">":
                return version > self.version
            case ">=":
                return version >= self.version
            case _:
                return version == self.version

    def __str__(self) -> str:
        return f"py{self.operator}{self.version[0]}.{self.version[1]}"


@dataclass(frozen=True, slots=True)
class TextStretch:
    """An exact range; lines from 1, columns from 0 in code points, end exclusive."""

    line: int
    start: int
    end_line: int
    end: int

    def __str__(self) -> str:
        if self.end_line == self.line:
            return f"{self.line}:{self.start}-{self.end}"
        return f"{self.line}:{self.start}-{self.end_line}:{self.end}"


class Spelling(Enum):
    """How an expectation is written."""

    CARETS = "carets"
    ON_LINE = "on line"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Expected:
    """One diagnostic that must be there. `stretch` is None when only the line is known."""

    path: str
    line: int
    stretch: TextStretch | None
    severity: str
    code: str
    part: str | None
    when: VersionTest | None
    spelling: Spelling

    def applies(self, version: Version) -> bool:
        """Whether it is expected for the target version `version`."""
        return self.when is None or self.when.holds(version)

    def __str__(self) -> str:
        place = str(self.stretch) if self.stretch else str(self.line)
        part = "" if self.part is None else f': "{self.part}"'
        return f"{self.path}:{place} {self.severity}[{self.code}]{part}"


def is_caret_line(line: str) -> bool:
    """Whether the whole line is a caret marker (or a misspelt one)."""
    return _LOOKS_LIKE_CARETS.match(line) is not None


def without_line_markers(line: str) -> str:
    """The line with its `# info: [code]` markers taken off."""
    return _ON_LINE.sub("", line).rstrip() if _ON_LINE.search(line) else line


def version_test(text: str) -> VersionTest:
    """Parse `py<3.11`."""
    match = re.fullmatch(r"py(<=|>=|==|<|>)(\d+)\.(\d+)", text)
    if match is None:
        raise MarkerError(f"not a version test: {text!r}")
    return VersionTest(match[1], (int(match[2]), int(match[3])))


def markers_of(path: str, lines: Sequence[str]) -> tuple[tuple[int, Expected | MarkerError], ...]:
    """All markers of a file, each with the number (from 0) of the line it is written in.

    A caret line speaks of the nearest line above that is not a caret line itself.
    """
    found: list[tuple[int, Expected | MarkerError]] = []
    spoken_of = -1
    for number, line in enumerate(lines):
        try:
            if is_caret_line(line):
                found.append((number, _carets(path, spoken_of, line)))
                continue
            spoken_of = number
            found.extend((number, expected) for expected in _on_line(path, number, line))
        except MarkerError as problem:
            found.append((number, problem))
    return tuple(found)


def parse_expect_line(text: str) -> Expected | str:
    """A line of an `--- expect` section; for `path clean` just the path."""
    clean = _CLEAN.match(text)
    if clean is not None:
        return clean["path"]
    match = _LISTED.match(text)
    if match is None:
        raise MarkerError(
            "expected `path:line:col-col severity[code]` or `path clean`, got: " + text
        )
    line = int(match["line"])
    end_line = int(match["end_line"] or line)
    stretch = TextStretch(line, int(match["start"]), end_line, int(match["end"]))
    return _expected(match, match["path"], line, stretch, Spelling.LISTED)


def _carets(path: str, spoken_of: int, line: str) -> Expected:
    match = _CARETS.match(line)
    if match is None:
        raise MarkerError('expected `#   ^^^ severity[code]: "part"`, got: ' + line.strip())
    if spoken_of < 0:
        raise MarkerError("a marker with no line above it")
    stretch = TextStretch(spoken_of + 1, match.start("carets"), spoken_of + 1, match.end("carets"))
    return _expected(match, path, spoken_of + 1, stretch, Spelling.CARETS)


def _on_line(path: str, number: int, line: str) -> list[Expected]:
    return [
        _expected(match, path, number + 1, None, Spelling.ON_LINE)
        for match in _ON_LINE.finditer(line)
    ]


def _expected(
    match: re.Match[str],
    path: str,
    line: int,
    stretch: TextStretch | None,
    spelling: Spelling,
) -> Expected:
    groups = match.groupdict()
    if groups["severity"] not in SEVERITIES:
        raise MarkerError(f"severity is one of {', '.join(SEVERITIES)}, not {groups['severity']}")
    condition = groups.get("when") or groups.get("when2")
    part = groups["part"]
    return Expected(
        path=path,
        line=line,
        stretch=stretch,
        severity=groups["severity"],
        code=groups["code"],
        part=None if part is None else re.sub(r"\\(.)", r"\1", part),
        when=version_test(condition) if condition else None,
        spelling=spelling,
    )
