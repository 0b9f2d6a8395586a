"""Long texts: where they are cut, and what of them need not be read.

A text of many thousand lines is mostly data: tables, constants, what a generator wrote. Such a text
is cut at statements of the top level, in places that only the lines around them decide, so an edit
moves no other cut. Where a stretch of a piece gives names plain values (literals, and displays of
literals), the names are kept and the values are not: what is asked of them is unknown.

A text of more than `LONGEST` characters is not parsed at all. An *outline* of it keeps the
top-level statements that have an import in them, each in its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

LONG: Final = 120_000
"""Characters of a text that is still kept as a whole: trees are a hundred times as big as texts."""
LONGEST: Final = 2_000_000
"""Characters of the longest text that is parsed: that takes three seconds."""

_START: Final = re.compile(r"(?!(?:elif|else|except|finally)\b)[A-Za-z_@]")
_TOP: Final = re.compile(rf"\n(?={_START.pattern})")
_LEAST: Final = 2_000
_MOST: Final = 16_000
_BEFORE: Final = 24
_BEHIND: Final = 8
_ONE_IN: Final = 128
"""A cut is made at one in so many of the places where one can be."""
_MANY_LINES: Final = 32
_DEEPEST: Final = 20
_SPOKEN_FOR: Final = frozenset({"TYPE_CHECKING", "MYPY"})
_LONG_STATEMENT: Final = 50_000


def cut_long(text: str) -> Iterator[str]:
    """The parts of a long text, each from one top-level statement to another. Cost: linear.

    A part has `_LEAST` characters or more; one that has more than `_MOST` has no place to be cut.
    """
    start = 0
    while True:
        end = _next_cut(text, start)
        yield text[start:end]
        if end == len(text):
            return
        start = end


def _next_cut(text: str, start: int) -> int:
    for match in _TOP.finditer(text, start + _LEAST):
        place = match.end()
        if place - start >= _MOST:
            return place
        around = text[place - _BEFORE : place + _BEHIND].encode(errors="surrogatepass")
        if not crc32(around) % _ONE_IN:
            return place
    return len(text)


# --- data ------------------------------------------------------------------------------------


def without_data(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements with one in the place of each run that gives names plain values.

    It binds the same names, the last time each, to a value that is not known.
    """
    kept: list[ast.stmt] = []
    run: list[ast.Assign] = []
    for statement in statements:
        if isinstance(statement, ast.Assign) and _is_data(statement):
            run.append(statement)
            continue
        kept += _joined(run)
        run = []
        kept.append(statement)
    kept += _joined(run)
    return kept


def _joined(run: list[ast.Assign]) -> Sequence[ast.stmt]:
    if not run or (run[-1].end_lineno or 0) - run[0].lineno < _MANY_LINES:
        return run
    targets: dict[str, ast.expr] = {}
    for statement in run:
        for target in statement.targets:
            assert isinstance(target, ast.Name)
            targets[target.id] = target
    # A text that is formatted is nothing that is known in advance.
    value = ast.copy_location(ast.JoinedStr([]), run[-1].value)
    joined = ast.copy_location(ast.Assign(list(targets.values()), value), run[-1])
    joined.lineno, joined.col_offset = run[0].lineno, run[0].col_offset
    return [joined]


def _is_data(statement: ast.Assign) -> bool:
    for target in statement.targets:
        if not isinstance(target, ast.Name) or target.id.startswith("__"):
            return False
        if target.id in _SPOKEN_FOR:
            return False
    return _is_plain(statement.value, 0)


def _is_plain(node: ast.expr | None, depth: int) -> bool:
    """Whether evaluating it gives a value, and does nothing else."""
    kind = node.__class__
    if kind is ast.Constant:
        return True
    if depth > _DEEPEST:
        return False
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(_is_plain(each, depth + 1) for each in node.elts)
    if isinstance(node, ast.Set):
        return all(each.__class__ is ast.Constant for each in node.elts)
    if isinstance(node, ast.Dict):
        return all(each.__class__ is ast.Constant for each in node.keys) and all(
            _is_plain(each, depth + 1) for each in node.values
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = node.operand
        return isinstance(operand, ast.Constant) and operand.value.__class__ in (int, float)
    return False


# --- outlines --------------------------------------------------------------------------------


def outline(text: str) -> Iterator[tuple[int, str]]:
    """The top-level statements with an import in them, and the line of each, from 0. Cost: linear.

    Of a statement of more than `_LONG_STATEMENT` characters, only the lines with an import are
    given, those that are indented each in a function of its own.
    """
    line = done = 0
    place = text.find("import")
    while place >= 0:
        start, end = _statement_around(text, done, place)
        head = ""
        if end - start > _LONG_STATEMENT:
            start, end = text.rfind("\n", 0, place) + 1, _line_end(text, place)
            head = _HEAD if text[start] in " \t\f" else ""
        line += text.count("\n", done, start)
        yield line - bool(head), head + text[start:end]
        line += text.count("\n", start, end)
        done = end
        place = text.find("import", done)


def _statement_around(text: str, done: int, place: int) -> tuple[int, int]:
    start = place
    while start > done:
        start = text.rfind("\n", done, start) + 1 or done
        if start == done or _START.match(text, start):
            break
        start -= 1
    after = _TOP.search(text, place)
    return start, len(text) if after is None else after.end()


def _line_end(text: str, place: int) -> int:
    return text.find("\n", place) + 1 or len(text)


_HEAD: Final = "def _():\n"
