"""Cuts a text into pieces that are parsed separately, so that an edit parses only its own piece.

A text is cut before top-level statements that follow an empty line, and long classes before
methods that do. Each piece is parsed alone, those inside a class under a head of their own. Where
all of them parse, the statements of the text are those of its pieces, one after the other:

- A piece that parses alone ends outside of all brackets and strings, so the tokenizer starts the
  next one in the state in which it starts a text, but for the indentation.
- A top-level statement starts without any. Inside a class, pieces hold nothing but statements
  that are indented by four blanks, as the first one of the class is, so the next method finds the
  indentation that it has under its own head.
- No statement goes on in the next piece: `else` and the like do not parse alone, and neither
  does what waits for them.

Where one does not (a blank line in a string, most likely), it is tried together with the next; a
text that does not parse in pieces is parsed as a whole. Tests: tests/properties/test_pieces.py.

A long text is cut in other places, and most of its data is left out (`syntax.long_texts`). It has
the same pieces whatever the parser has seen before.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from import_cycles.base.record import record
from import_cycles.syntax.compiling import futures_come_first, may_fail
from import_cycles.syntax.eager_lines import EagerLines, not_normalized
from import_cycles.syntax.long_texts import LONG, cut_long, without_data
from import_cycles.syntax.parsing import parse, parse_quietly, split_lines

_TOP: Final = re.compile(r"\n\n(?=[A-Za-z_@])(?!(?:elif|else|except|finally)\b)")
_METHOD: Final = re.compile(r"\n\n(?=    (?:@|def |async def |class ))")
_INDENT: Final = 4
_HEAD: Final = "class _:\n"
_INNER: Final = "\0"
_LONG: Final = 1200
"""Pieces of fewer characters are not cut further: a piece costs some 20 µs."""
_PATIENCE: Final = 3
"""With more pieces than this that newly do not parse, the text is parsed as a whole."""
_LONG_PATIENCE: Final = 8
"""So many parts of a long text are tried together before all that follows is."""
_KEPT_TEXTS: Final = 4
_KEPT_LENGTH: Final = 3 * LONG
_KEPT_LONG: Final = 10 * LONG
"""The trees of no more characters are kept, for trees are a hundred times as big as their text."""


class Piece:
    """Some statements of a text, and the lines that their places are counted in.

    If it `continues`, they belong to the class that is the last statement of the piece before. `parsed` is
    the text that was parsed, if something of the lines was left out (`syntax.left_out`). `read_lines` are
    its lines, if it has other words (`lazy` is taken away from imports).
    """

    __slots__ = (
        "_may_fail",
        "_odd_lines",
        "_parsed",
        "continues",
        "eager_lines",
        "lines",
        "read_lines",
        "statements",
    )

    def __init__(
        self,
        lines: Sequence[str],
        statements: Sequence[ast.stmt],
        *,
        continues: bool = False,
        parsed: str | None = None,
        read_lines: Sequence[str] | None = None,
    ) -> None:
        self.lines = lines
        self.read_lines = lines if read_lines is None else read_lines
        self.statements = statements
        self.continues = continues
        self._parsed = "\n".join(lines) if parsed is None else parsed
        self._odd_lines = not_normalized(self._parsed)
        self.eager_lines = EagerLines(self._parsed, self._odd_lines)
        self._may_fail: dict[bool, bool] = {}

    def may_fail(self, *, future_annotations: bool) -> bool:
        """Whether the text may not compile because of this piece; see `syntax.compiling`."""
        known = self._may_fail.get(future_annotations)
        if known is None:
            known = self._may_fail[future_annotations] = may_fail(
                self.statements,
                self.read_lines,
                self._parsed,
                self._odd_lines,
                in_class=self.continues,
                future_annotations=future_annotations,
            )
        return known


@record
class PlacedPiece:
    """A piece at its place: its first line, counted from 1, is line `shift` + 1 of the text."""

    shift: int
    piece: Piece


def top_level(pieces: Iterable[PlacedPiece]) -> list[ast.stmt]:
    """The statements of a module; of a class in pieces only the first."""
    return [
        statement
        for placed in pieces
        if not placed.piece.continues
        for statement in placed.piece.statements
    ]


def may_not_compile(pieces: Sequence[PlacedPiece], *, future_annotations: bool) -> bool:
    """Whether a text in pieces, of which each parses, may not compile all the same."""
    return not futures_come_first(top_level(pieces)) or any(
        placed.piece.may_fail(future_annotations=future_annotations) for placed in pieces
    )


_Known = dict[str, "tuple[Piece, ...] | None"]
"""The pieces that a part of a text consists of; None if it does not parse alone.

The parts are top-level ones, and with `_INNER` in front those of classes.
"""


class PieceParser:
    """Parses texts in pieces and remembers those of the last few texts."""

    def __init__(self) -> None:
        self._recent: list[_Known] = []

    def parse(self, text: str) -> tuple[PlacedPiece, ...] | None:
        """The pieces of a text in order; None when it has to be parsed as a whole.

        Raises SyntaxError for a long text that does not parse.
        """
        if len(text) > LONG:
            return self._parse_long(text.replace("\r\n", "\n"))
        if "\r" in text:
            return None
        tops = list(_cut(text, _TOP))
        before = self._before(tops)
        used: _Known = {}
        placed = _placed(tops, before, used)
        if placed is None:
            # A half-typed line: most other pieces will be unchanged.
            kept = {**before, **used}
            used = kept if sum(map(len, kept)) < _KEPT_LENGTH else {}
        self._keep(before, used)
        return placed

    def _parse_long(self, text: str) -> tuple[PlacedPiece, ...] | None:
        if "\r" in text:
            return None
        parts = list(cut_long(text))
        before = self._before(parts)
        used: _Known = {}
        try:
            return _placed_long(text, parts, before, used)
        finally:
            trees = sum(len(part) for part, pieces in used.items() if _has_tree(pieces))
            self._keep(before, used if trees < _KEPT_LONG else _without_trees(used))

    def _keep(self, before: _Known, used: _Known) -> None:
        others = [known for known in self._recent if known is not before]
        self._recent = [*others[1 - _KEPT_TEXTS :], used]

    def _before(self, tops: Sequence[str]) -> _Known:
        """The known pieces of the text that has most in common with this one."""
        counted = [(sum(each in known for each in tops), known) for known in self._recent]
        count, known = max(counted, key=lambda pair: pair[0], default=(0, {}))
        return known if count else {}


def _placed(tops: Iterable[str], before: _Known, used: _Known) -> tuple[PlacedPiece, ...] | None:
    placed: list[PlacedPiece] = []
    line, failures, unfinished = 0, 0, ""
    for top in tops:
        text = unfinished + top
        pieces = before[text] if text in before else _parsed(text, before, used)
        used[text] = pieces
        if pieces is None:
            unfinished = text
            failures += text not in before
            if failures > _PATIENCE:
                return None
            continue
        unfinished = ""
        for piece in pieces:
            # The head of a piece inside a class is no line of the text.
            placed.append(PlacedPiece(line - piece.continues, piece))
            line += len(piece.lines) - piece.continues
    return None if unfinished else tuple(placed)


def _placed_long(
    text: str, parts: Iterable[str], before: _Known, used: _Known
) -> tuple[PlacedPiece, ...] | None:
    """The pieces of a long text; None when only all of it may be parsed. Raises SyntaxError."""
    placed: list[PlacedPiece] = []
    line, start, failures, unfinished = 0, 0, 0, ""
    for part in parts:
        whole = unfinished + part
        pieces = before[whole] if whole in before else _long_piece(whole)
        used[whole] = pieces
        if pieces is None:
            unfinished = whole
            failures += 1
            if failures <= _LONG_PATIENCE:
                continue
            whole = text[start:]
            pieces = _rest(whole, line)
            if pieces is None:
                return None
        for piece in pieces:
            placed.append(PlacedPiece(line, piece))
            line += len(piece.lines)
        start += len(whole)
        if start == len(text):
            return tuple(placed)
        failures, unfinished = 0, ""
    pieces = _rest(unfinished, line)
    return None if pieces is None else (*placed, *(PlacedPiece(line, piece) for piece in pieces))


def _long_piece(text: str) -> tuple[Piece, ...] | None:
    statements = _statements(text)
    return None if statements is None else (_without_data(_lines(text), statements),)


def _without_data(lines: Sequence[str], statements: Sequence[ast.stmt]) -> Piece:
    kept = without_data(statements)
    if len(kept) == 1 and kept[0] is not statements[0]:
        # Nothing in it is looked up in its lines.
        lines = [""] * len(lines)
    return Piece(lines, kept)


def _rest(text: str, shift: int) -> tuple[Piece, ...] | None:
    """What is left of a long text, as one piece; None if only all of the text tells how it reads.

    Raises SyntaxError.
    """
    try:
        parsed = parse(text)
    except SyntaxError:
        # Once more, for what it says of lines.
        parse_quietly("\n" * shift + text)
        raise
    if parsed.lazy_places or parsed.text != text:
        return None
    return (_without_data(_lines(text), parsed.tree.body),)


def _has_tree(pieces: tuple[Piece, ...] | None) -> bool:
    return pieces is not None and any(any(piece.lines) for piece in pieces)


def _without_trees(known: _Known) -> _Known:
    return {part: pieces for part, pieces in known.items() if not _has_tree(pieces)}


def _cut(text: str, places: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for match in places.finditer(text):
        yield text[start : match.end()]
        start = match.end()
    yield text[start:]


def _parsed(text: str, before: _Known, used: _Known) -> tuple[Piece, ...] | None:
    if len(text) > _LONG and text.startswith(("class ", "@")):
        pieces = _class_pieces(text, before, used)
        if pieces is not None:
            return pieces
    statements = _statements(text)
    return None if statements is None else (Piece(_lines(text), statements),)


def _class_pieces(text: str, before: _Known, used: _Known) -> tuple[Piece, ...] | None:
    """A class in pieces; None when it cannot be cut."""
    pieces: list[Piece] = []
    for part in _cut(text, _METHOD):
        key = _INNER + part
        found = before[key] if key in before else _class_piece(part, continues=bool(pieces))
        used[key] = found
        if found is None:
            return None
        pieces += found
    return tuple(pieces) if len(pieces) > 1 else None


def _class_piece(text: str, *, continues: bool) -> tuple[Piece, ...] | None:
    """A part of a class: the first one, or one of methods; None when it cannot stand alone."""
    if continues:
        text = _HEAD + text
    statements, lines = _statements(text), _lines(text)
    if not statements or not _is_class(statements[-1], lines):
        return None
    if not continues:
        return (Piece(lines, statements),)
    head = statements[0]
    if len(statements) > 1 or not isinstance(head, ast.ClassDef):
        return None
    return (Piece(lines, head.body, continues=True),)


def _is_class(statement: ast.stmt, lines: Sequence[str]) -> bool:
    """Whether this is a class with statements that are indented by four blanks."""
    if not isinstance(statement, ast.ClassDef):
        return False
    first = statement.body[0]
    indent = lines[first.lineno - 1][: first.col_offset]
    return len(indent) == _INDENT and not indent.strip(" ")


def _statements(text: str) -> list[ast.stmt] | None:
    try:
        return parse_quietly(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lines(text: str) -> list[str]:
    """The lines of a piece; what follows its last break is the first line of the next."""
    lines = split_lines(text)
    return lines if lines[-1] else lines[:-1]
