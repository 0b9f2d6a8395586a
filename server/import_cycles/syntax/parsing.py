"""A text as a syntax tree, PEP 810's `lazy` included on Pythons that do not know it."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

from import_cycles.base.record import record

_LAZY: Final = re.compile(r"^([ \t\f]*|.*;[ \t]*)lazy([ \t]+)(import|from)\b", re.MULTILINE)
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")


@record
class Parsed:
    """A tree, the text that it was made from, and the lines (from 0) whose import is lazy.

    The text differs from the one that was asked about in words, never in length.
    """

    tree: ast.Module
    text: str
    lazy_lines: frozenset[int]


def parse(text: str) -> Parsed:
    """Parse a text. Raises what `ast.parse` raises.

    ValueError is for a NUL byte; RecursionError and MemoryError are for nesting deeper than the
    parser's stack.
    """
    try:
        return Parsed(parse_quietly(text), text, frozenset())
    except SyntaxError:
        plain, lazy_lines = _without_lazy(text)
        if not lazy_lines:
            raise
        return Parsed(parse_quietly(plain), plain, lazy_lines)


def parse_quietly(text: str) -> ast.Module:
    """`ast.parse` without warnings: the user's invalid escapes are not ours to report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _without_lazy(text: str) -> tuple[str, frozenset[int]]:
    """The text with `lazy import x` turned into `import      x`: no column after it moves."""
    lines: set[int] = set()

    def swap(match: re.Match[str]) -> str:
        lines.add(len(_LINE_BREAK.findall(text, 0, match.start(3))))
        before, gap, keyword = match.groups()
        return f"{before}{keyword}{' ' * len('lazy')}{gap}"

    return _LAZY.sub(swap, text), frozenset(lines)


def split_lines(text: str) -> list[str]:
    """The lines of a text without their breaks, as Python's tokenizer counts lines."""
    return text.split("\n") if "\r" not in text else _LINE_BREAK.split(text)
