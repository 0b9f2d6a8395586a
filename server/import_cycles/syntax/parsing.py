"""A text as a syntax tree, syntax of newer Pythons than the one that runs us included."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final, TypeAlias

from import_cycles.base.record import record
from import_cycles.syntax.newer_syntax import parse_newer

_LAZY: Final = re.compile(r"(^|[;:])([ \t\f]*)lazy([ \t]+)(import|from)\b", re.MULTILINE)
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
_MANY_PARTS: Final = 1000
_BLANKS: Final = r"(?:[ \t\f]|\\\r?\n)*"
_ENDLESS_NAME: Final = re.compile(
    rf"(?:import|from|,){_BLANKS}(?:[^\W\d]\w*{_BLANKS}\.{_BLANKS}){{{_MANY_PARTS}}}"
)

Place: TypeAlias = tuple[int, int]


@record
class Parsed:
    """A tree, the text that it was made from, and where lazy imports start.

    Places are those of `ast`: a line from 1, and a column in UTF-8 bytes. The text differs from the one that was asked about in words, never in length.
    """

    tree: ast.Module
    text: str
    lazy_places: frozenset[Place]


def parse(text: str) -> Parsed:
    """Parse a text. Raises what `ast.parse` raises.

    ValueError is for a NUL byte; RecursionError and MemoryError are for nesting deeper than the
    parser's stack.
    """
    try:
        return Parsed(parse_quietly(text), text, frozenset())
    except SyntaxError as error:
        failure = error
    plain, lazy_places = _without_lazy(text)
    if lazy_places:
        try:
            return Parsed(parse_quietly(plain), plain, lazy_places)
        except SyntaxError as error:
            failure = error
    rewritten = _parse_newer(plain)
    if rewritten is None:
        raise failure
    return Parsed(*rewritten, lazy_places)


def _parse_newer(text: str) -> tuple[ast.Module, str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse_newer(text)
        except SyntaxError:
            return None


def is_lazy(node: ast.Import | ast.ImportFrom, places: frozenset[Place]) -> bool:
    """Whether an import statement of a parsed text has the keyword `lazy`."""
    return (node.lineno, node.col_offset) in places or bool(getattr(node, "is_lazy", False))


def parse_quietly(text: str) -> ast.Module:
    """`ast.parse` without warnings: the user's invalid escapes are not ours to report.

    Raises RecursionError for an import of a thousand parts too, which no Python can carry out, and
    on which CPython's parser spends the square of its length, in memory as well
    (`_PyPegen_join_names_with_dot` of Parser/action_helpers.c).
    """
    if has_endless_name(text):
        raise RecursionError("a name of too many parts")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def has_endless_name(text: str) -> bool:
    """Whether it may hold an import of so many parts that CPython's parser spends minutes on it."""
    return text.count(".") >= _MANY_PARTS and _ENDLESS_NAME.search(text) is not None


def _without_lazy(text: str) -> tuple[str, frozenset[Place]]:
    """The text with `lazy import x` turned into `import      x`: no column after it moves."""
    places: set[Place] = set()

    def swap(match: re.Match[str]) -> str:
        before, blanks, gap, keyword = match.groups()
        at = match.end(2)
        lines = _LINE_BREAK.split(text[:at])
        places.add((len(lines), len(lines[-1].encode(errors="surrogatepass"))))
        return f"{before}{blanks}{keyword}{' ' * len('lazy')}{gap}"

    return _LAZY.sub(swap, text), frozenset(places)


def split_lines(text: str) -> list[str]:
    """The lines of a text without their breaks, as Python's tokenizer counts lines."""
    return text.split("\n") if "\r" not in text else _LINE_BREAK.split(text)
