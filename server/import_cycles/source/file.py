"""A text with its tree, and the way from nodes to spans.

This layer works on one text and gives spans in code points of exactly that text, so that an edit
changes nothing outside its span. A text may begin with a byte order mark, may mix line breaks, and
may hold tabs and form feeds. Tests: tests/source/.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from import_cycles.base.record import record
from import_cycles.base.text import LineIndex, Site, Span
from import_cycles.syntax.parsing import parse

BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")


@record
class Token:
    """A token; `kind` is a constant of `tokenize`."""

    kind: int
    text: str
    span: Span


class SourceFile:
    """One text that parses. Made by `read_source`; never changes."""

    def __init__(self, text: str) -> None:
        self.text = text
        # A form feed has the length of the mark and means nothing at the start of a line.
        plain = "\f" + text[1:] if text.startswith(BYTE_ORDER_MARK) else text
        parsed = parse(plain)
        self.tree = parsed.tree
        self.parsed_text = parsed.text
        self.lazy_places = parsed.lazy_places
        self.index = LineIndex(parsed.text)

    @cached_property
    def newline(self) -> str:
        """The line break of the first line; a line feed when there is none."""
        found = _LINE_BREAK.search(self.text)
        return found.group() if found else "\n"

    @cached_property
    def indent_unit(self) -> str:
        """What one level of indentation is written as: that of the first block, or four spaces."""
        for node in ast.walk(self.tree):
            for outer, body in blocks_of(node):
                first = body[0]
                here, around = self.indentation(first), self.indentation(outer)
                if first.lineno > outer.lineno and here.startswith(around) and here != around:
                    return here[len(around) :]
        return "    "

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; decorators are not part of what they decorate."""
        located: ast.expr = node  # type: ignore[assignment]
        end_line = located.end_lineno or located.lineno
        end_column = located.end_col_offset or located.col_offset
        site = Site(located.lineno - 1, located.col_offset, end_line - 1, end_column)
        return self.index.span_of_site(site)

    def statement_start(self, node: ast.stmt) -> int:
        """Where a statement begins, its decorators included."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        if not decorators:
            return self.span(node).start
        return self.text.rindex("@", 0, self.span(decorators[0]).start)

    def slice(self, span: Span) -> str:
        """The text in a span."""
        return self.text[span.start : span.end]

    def line_of(self, offset: int) -> int:
        """The line, from 0, that an offset is on."""
        return self.index.position(offset).line

    def line_start(self, offset: int) -> int:
        """Where the line that an offset is on begins."""
        return self.index.line_start(self.line_of(offset))

    def next_line(self, offset: int) -> int:
        """Where the line after the one that an offset is on begins; the text's end without one."""
        return self.index.line_start(self.line_of(offset) + 1)

    def rest_of_line(self, offset: int) -> str:
        """What stands between an offset and the end of its line, the break left out."""
        line = self.line_of(offset)
        return self.text[offset : self.index.line_start(line) + len(self.index.line_text(line))]

    def before_on_line(self, offset: int) -> str:
        """What stands between the start of a line and an offset on it, without a BOM."""
        start = self.line_start(offset)
        return self.text[start:offset].removeprefix(BYTE_ORDER_MARK)

    def indentation(self, node: ast.stmt) -> str:
        """The white space before the first statement of the line that a statement begins on.

        What stands before a form feed does not count (reference manual, "Indentation").
        """
        line = self.index.line_text(node.lineno - 1).removeprefix(BYTE_ORDER_MARK)
        width = len(line) - len(line.lstrip(" \t\f"))
        return line[:width].rpartition("\f")[2]

    def begins_line(self, node: ast.stmt) -> bool:
        """Whether nothing but white space stands before a statement on its line."""
        return not self.before_on_line(self.span(node).start).strip(" \t\f")

    def tokens(self, start: int, end: int) -> Iterator[Token]:
        """The tokens of a piece of the text that begins a statement; stops where it ends.

        Comments and NL tokens are among them, INDENT and DEDENT are not. The rest of the last
        line is read too. Cost: the piece.
        """
        first = self.line_of(start)
        last = self.line_of(max(end - 1, start))
        texts = [self.index.line_text(line) for line in range(first, last + 1)]
        texts[0] = self.parsed_text[start : self.index.line_start(first) + len(texts[0])]
        source = iter([f"{line}\n" for line in texts])
        offsets = [start, *(self.index.line_start(line) for line in range(first + 1, last + 1))]
        try:
            for token in tokenize.generate_tokens(lambda: next(source, "")):
                (row, column), (end_row, end_column) = token.start, token.end
                if token.type in (tokenize.INDENT, tokenize.DEDENT) or row > len(offsets):
                    continue
                begin = offsets[row - 1] + column
                stop = offsets[min(end_row, len(offsets)) - 1] + end_column
                yield Token(token.type, token.string, Span(begin, stop))
        except (tokenize.TokenError, SyntaxError):
            # The piece ends inside of a bracket or a string: what came before is what there is.
            return

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every word of the text: a name that is not among them is free in every scope."""
        return frozenset(re.findall(r"\w+", self.text))


def read_source(text: str) -> SourceFile | None:
    """The file, or None when the running Python cannot parse it. Cost: that of `ast.parse`."""
    try:
        return SourceFile(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def blocks_of(node: ast.AST) -> Iterator[tuple[ast.stmt, list[ast.stmt]]]:
    """The blocks of a compound statement, each with the statement that its indentation is under."""
    if not isinstance(node, ast.stmt):
        return
    for block in ("body", "orelse", "finalbody"):
        body = getattr(node, block, None)
        if body:
            yield node, body
    for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield node, handler.body
