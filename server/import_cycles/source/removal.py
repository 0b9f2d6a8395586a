r"""Take names out of import statements; everything else stays as it is written.

A name goes with its comma, its `as`, and the comment behind it if it has a line of its own. A
statement that loses its last name goes with its line, or with its `;`; where a block would be
left empty, `pass` takes its place.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile, Token
from import_cycles.source.statements import ImportStatement

Wanted = Sequence[tuple[ImportStatement, Collection[int]]]
"""Statements of one file, each at most once, with the items of their lists that are to go."""


def remove_names(file: SourceFile, wanted: Wanted) -> tuple[TextEdit, ...]:
    """The edits that take the items out of the statements."""
    edits: list[TextEdit] = []
    whole: list[ImportStatement] = []
    for statement, aliases in wanted:
        if len(set(aliases)) == len(statement.node.names):
            whole.append(statement)
        elif aliases:
            edits += _some_names(file, statement, frozenset(aliases))
    edits += _whole_statements(file, whole)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def without_blank_top(file: SourceFile, edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits of one file, so that no blank lines open a text whose first statement goes."""
    ordered = sorted(edits, key=lambda edit: edit.span)
    end = n_gone = 0
    for edit in ordered:
        if edit.new_text or file.text[end : edit.span.start].strip():
            break
        end = edit.span.end
        n_gone += 1
    blank = _BLANK_LINES.match(file.text, end)
    if not n_gone or blank is None or any(e.span.start < blank.end() for e in ordered[n_gone:]):
        return tuple(ordered)
    last = ordered[n_gone - 1]
    longer = TextEdit(Span(last.span.start, blank.end()), "")
    return (*ordered[: n_gone - 1], longer, *ordered[n_gone:])


_BLANK_LINES: Final = re.compile(r"(?:[ \t]*\r?\n)*")


# --- some names of a list ------------------------------------------------------------------


@record
class _Item:
    """One name of the list: from its first token to its last, the comma, comments not counted."""

    start: int
    end: int
    comma_end: int | None

    @property
    def unit_end(self) -> int:
        return self.comma_end if self.comma_end is not None else self.end


@record
class _List:
    """The list of a statement. `stop` is where the token after it begins (`)`, or the end)."""

    items: tuple[_Item, ...]
    comments: tuple[Span, ...]
    stop: int

    def has_comment(self, start: int, end: int) -> bool:
        return any(start <= comment.start < end for comment in self.comments)


def _some_names(
    file: SourceFile, statement: ImportStatement, gone: frozenset[int]
) -> Iterator[TextEdit]:
    written = _read_list(file, statement)
    items = written.items
    trailing: set[int] = set()
    last = len(items) - 1
    if last in gone and items[last].comma_end is None:
        first = last
        while first - 1 in gone:
            first -= 1
        kept_end = items[first - 1].end
        if not written.has_comment(kept_end, items[last].end):
            # The comma before them must not stay: without parentheses it would be an error.
            trailing = set(range(first, last + 1))
            yield TextEdit(Span(kept_end, items[last].end), "")
    spans = [_item_span(file, written, number) for number in sorted(gone - trailing)]
    for span in _merged(spans):
        yield TextEdit(span, "")


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, those that overlap made one."""
    current: Span | None = None
    for span in spans:
        if current is not None and span.start < current.end:
            current = Span(current.start, max(current.end, span.end))
            continue
        if current is not None:
            yield current
        current = span
    if current is not None:
        yield current


def _item_span(file: SourceFile, written: _List, number: int) -> Span:
    item = written.items[number]
    rest = file.rest_of_line(item.unit_end).lstrip()
    if not file.before_on_line(item.start).strip() and (not rest or rest.startswith("#")):
        return Span(file.line_start(item.start), file.next_line(item.unit_end))
    is_last = number == len(written.items) - 1
    following = written.stop if is_last else written.items[number + 1].start
    if not is_last and not _line_break_between(file, item.unit_end, following):
        return Span(item.start, following)
    if not is_last and not rest and not _opens_line(file, item.start):
        # The last of a line that others share: the space before it goes.
        return Span(_space_start(file, item.start), item.unit_end)
    if not is_last and not written.has_comment(item.unit_end, following):
        return Span(item.start, following)
    return Span(_space_start(file, item.start), item.unit_end)


def _line_break_between(file: SourceFile, start: int, end: int) -> bool:
    return file.line_of(start) != file.line_of(end)


def _opens_line(file: SourceFile, start: int) -> bool:
    before = file.before_on_line(start).rstrip()
    return not before or before.endswith("(")


def _space_start(file: SourceFile, offset: int) -> int:
    """Where the blanks before an offset begin, on the same line; after `(` there are none to go."""
    before = file.before_on_line(offset)
    return offset - (len(before) - len(before.rstrip(" \t")))


def _read_list(file: SourceFile, statement: ImportStatement) -> _List:
    node = statement.node
    span = file.span(node)
    tokens = [token for token in file.tokens(span.start, span.end) if token.span.start < span.end]
    starts = [file.span(alias).start for alias in node.names]
    comments = tuple(token.span for token in tokens if token.kind == tokenize.COMMENT)
    solid = [token for token in tokens if token.kind in (tokenize.NAME, tokenize.OP)]
    items = []
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else span.end
        inside = [token for token in solid if start <= token.span.start < stop]
        items.append(_item(inside))
    closing = [token for token in solid if token.text == ")"]
    return _List(tuple(items), comments, closing[-1].span.start if closing else span.end)


def _item(tokens: list[Token]) -> _Item:
    commas = [token.span.end for token in tokens if token.text == ","]
    words = [token for token in tokens if token.text not in (",", ")")]
    return _Item(words[0].span.start, words[-1].span.end, commas[-1] if commas else None)


def _share_line(file: SourceFile, first: ast.stmt, second: ast.stmt) -> bool:
    """Whether a `;` stands between two neighbours, with or without a backslash."""
    between = file.text[file.span(first).end : file.statement_start(second)]
    return between.lstrip().startswith(";") and (
        first.end_lineno == second.lineno or between.rstrip("\r\n\t \f").endswith("\\")
    )


# --- whole statements ----------------------------------------------------------------------


def _whole_statements(
    file: SourceFile, statements: Iterable[ImportStatement]
) -> Iterator[TextEdit]:
    by_block: dict[int, list[ImportStatement]] = {}
    for statement in statements:
        by_block.setdefault(id(statement.siblings), []).append(statement)
    for block in by_block.values():
        positions = sorted(statement.position for statement in block)
        siblings = block[0].siblings
        is_emptied = len(positions) == len(siblings) and bool(block[0].around)
        runs = list(_runs(file, siblings, positions))
        for number, (first, last) in enumerate(runs):
            if is_emptied and number == 0:
                yield TextEdit(_statements_span(file, siblings, first, last), "pass")
            else:
                yield TextEdit(_removed_span(file, siblings, first, last), "")


def _runs(
    file: SourceFile, siblings: list[ast.stmt], positions: list[int]
) -> Iterator[tuple[int, int]]:
    """Neighbours that share a line, as first and last position."""
    first = last = positions[0]
    for position in positions[1:]:
        if position == last + 1 and _share_line(file, siblings[last], siblings[position]):
            last = position
            continue
        yield first, last
        first = last = position
    yield first, last


def _statements_span(file: SourceFile, siblings: list[ast.stmt], first: int, last: int) -> Span:
    return Span(file.span(siblings[first]).start, file.span(siblings[last]).end)


def _removed_span(file: SourceFile, siblings: list[ast.stmt], first: int, last: int) -> Span:
    span = _statements_span(file, siblings, first, last)
    before = file.before_on_line(span.start)
    if last + 1 < len(siblings) and _share_line(file, siblings[last], siblings[last + 1]):
        return Span(span.start, file.span(siblings[last + 1]).start)
    if first > 0 and _share_line(file, siblings[first - 1], siblings[first]):
        return Span(file.span(siblings[first - 1]).end, span.end)
    if not before.strip(" \t\f"):
        # A form feed before it starts a page, which stays.
        return Span(span.start - len(before.rpartition("\f")[2]), file.next_line(span.end))
    # The first of a block that stands on the line of its header (`if x: import a`).
    return span
