"""The statements of a file's top level as units that can be moved as they are written.

A unit is one statement with everything that belongs to it in the text: its decorators, the comments directly
above it, the comment behind it and those indented below it, and a pair of `# region` and `# endregion`
around it. The scopes of the file tell what a unit reads and binds. A statement that cannot move as
a unit (since it shares a line) raises NotPossible when its span is requested.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import Enum
from functools import cached_property
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import NotPossible
from import_cycles.source.scopes import Read
from import_cycles.source.type_checking import guard_names
from import_cycles.source.uses import FileUses


class UnitKind(Enum):
    """What a statement of the top level is for."""

    FUTURE = "future"
    """`from __future__ import …`."""
    IMPORT = "import"
    TYPING = "typing"
    """A test that only type checkers pass, with imports alone."""
    CHOICE = "choice"
    """`try` or `if` with nothing but imports and constants: which module serves."""
    CODE = "code"


@record
class Unit:
    """One statement of the top level: `tree.body[position]`."""

    position: int
    kind: UnitKind
    names: tuple[str, ...]
    """What it binds in the module, sorted."""


class TopLevel:
    """The units of one file, and what each reads. Cost: one walk over the tree."""

    def __init__(self, uses: FileUses) -> None:
        self.uses = uses
        self.file: SourceFile = uses.file
        self._guards = guard_names(self.file.tree)
        self._position_of = {
            id(node): position
            for position, statement in enumerate(self.file.tree.body)
            for node in ast.walk(statement)
        }
        bound: defaultdict[int, set[str]] = defaultdict(set)
        binding: defaultdict[str, set[int]] = defaultdict(set)
        module = uses.scopes.module
        for name, scope, node in uses.scopes.rebound:
            position = self._position_of.get(id(node))
            if scope is module and position is not None:
                bound[position].add(name)
                binding[name].add(position)
        self.units = tuple(
            Unit(position, self._kind(statement), tuple(sorted(bound[position])))
            for position, statement in enumerate(self.file.tree.body)
        )
        self._binding = {name: sorted(positions) for name, positions in binding.items()}

    def statement(self, unit: Unit) -> ast.stmt:
        """Its node."""
        return self.file.tree.body[unit.position]

    def binding(self, name: str) -> tuple[Unit, ...]:
        """The units that bind a name of the module, in the order of the text."""
        return tuple(self.units[position] for position in self._binding.get(name, ()))

    def reads(self, unit: Unit) -> tuple[Read, ...]:
        """Everything that is read in a unit, whatever scope it means; quoted annotations too."""
        return tuple(self._reads.get(unit.position, ()))

    def position_of(self, read: Read) -> int | None:
        """The position of the unit that a read stands in."""
        position = self._position_of.get(id(read.node))
        if position is None and read.annotation is not None:
            # A node inside of a string is no part of the tree; the string is.
            position = self._position_of.get(id(read.annotation.root))
        return position

    @cached_property
    def _reads(self) -> dict[int, list[Read]]:
        found: defaultdict[int, list[Read]] = defaultdict(list)
        for read in self.uses.scopes.reads:
            position = self.position_of(read)
            if position is not None:
                found[position].append(read)
        return dict(found)

    def _kind(self, statement: ast.stmt) -> UnitKind:
        match statement:
            case ast.ImportFrom(module="__future__"):
                return UnitKind.FUTURE
            case ast.Import() | ast.ImportFrom():
                return UnitKind.IMPORT
            case ast.If(test=test, body=body, orelse=[]) if self._guards.truth(test) is False:
                only_imports = all(isinstance(each, ast.Import | ast.ImportFrom) for each in body)
                return UnitKind.TYPING if only_imports else UnitKind.CODE
            case ast.If() | ast.Try() if _chooses(statement):
                return UnitKind.CHOICE
            case _:
                return UnitKind.CODE

    # --- text ------------------------------------------------------------------------------

    def span(self, unit: Unit) -> Span:
        """The whole lines of a unit, with what belongs to it."""
        node, file = self.statement(unit), self.file
        start = file.statement_start(node)
        end = file.span(node).end
        rest = file.rest_of_line(end).strip()
        if file.before_on_line(start).strip(" \t\f") or (rest and not rest.startswith("#")):
            raise NotPossible(f"line {node.lineno} holds several statements")
        first, last = file.line_of(start), file.line_of(end)
        first = self._above(first, unit)
        last = self._below(last, unit)
        before, after = first - 1, self._next_with_text(last + 1)
        if _OPENING.match(self._line(before)) and _CLOSING.match(self._line(after)):
            first, last = before, after
        return Span(file.index.line_start(first), file.index.line_start(last + 1))

    def _line(self, number: int) -> str:
        return self.file.index.line_text(number) if number >= 0 else ""

    def _above(self, first: int, unit: Unit) -> int:
        """The first line of the comments that stand directly above a line."""
        lowest = self._end_line(unit.position - 1) + 1
        top = first
        while top - 1 >= lowest and _is_plain_comment(self._line(top - 1)):
            top -= 1
        if top == 0 and unit.position == 0:
            return first  # They head the file.
        return top

    def _below(self, last: int, unit: Unit) -> int:
        """The last line of the indented comments that follow a line."""
        highest = self._start_line(unit.position + 1)
        while last + 1 < highest and re.match(r"[ \t]+#", self._line(last + 1)):
            last += 1
        return last

    def _start_line(self, position: int) -> int:
        body = self.file.tree.body
        if position >= len(body):
            return self.file.index.n_lines
        return self.file.line_of(self.file.statement_start(body[position]))

    def _end_line(self, position: int) -> int:
        if position < 0:
            return -1
        return self.file.line_of(self.file.span(self.file.tree.body[position]).end)

    def _next_with_text(self, line: int) -> int:
        while line < self.file.index.n_lines and not self._line(line).strip():
            line += 1
        return line

    def without(self, units: Collection[Unit]) -> tuple[TextEdit, ...]:
        """The edits that take units out; of the blank lines around each, the longer gap stays."""
        edits: list[TextEdit] = []
        done = 0
        for span in _joined(map(self.span, units)):
            gone = self._gone(span)
            # The blank lines between two of them go once.
            start = max(gone.start, done)
            edits.append(TextEdit(Span(start, max(gone.end, start)), ""))
            done = edits[-1].span.end
        return tuple(edits)

    def _gone(self, span: Span) -> Span:
        file = self.file
        first, after = file.line_of(span.start), file.line_of(span.end)
        if span.end >= len(file.text):
            while first > 0 and not self._line(first - 1).strip():
                first -= 1
            return Span(file.index.line_start(first), len(file.text))
        above = below = 0
        while first - above > 0 and not self._line(first - above - 1).strip():
            above += 1
        while not self._line(after + below).strip() and after + below < file.index.n_lines:
            below += 1
        if after + below >= file.index.n_lines:
            return Span(file.index.line_start(first - above), len(file.text))
        if above >= below or first == above:
            return Span(span.start, file.index.line_start(after + below))
        return Span(file.index.line_start(first - above), span.end)

    @cached_property
    def licence(self) -> str:
        """The comment that heads the file, if it speaks of rights; its lines ended."""
        lines: list[str] = []
        for number in range(min(self._start_line(0), self.file.index.n_lines)):
            line = self._line(number).lstrip("\ufeff")
            if line.startswith("#!") or re.match(r"#.*?coding[:=]", line):
                continue
            if not line.startswith("#"):
                if lines:
                    break
                continue
            lines.append(line.rstrip())
        text = "\n".join(lines)
        return "".join(f"{line}\n" for line in lines) if _RIGHTS.search(text) else ""


_RIGHTS: Final = re.compile(r"licen[cs]e|copyright|\(c\)|©|SPDX|all rights", re.IGNORECASE)
_OPENING: Final = re.compile(r"#\s*region\b")
_CLOSING: Final = re.compile(r"#\s*endregion\b")
_BOUNDARY: Final = re.compile(r"#\s*(?:end)?region\b|#\s*(?:fmt|yapf|isort|pylint)\s*:|#\s*%%|#!")


def _is_plain_comment(line: str) -> bool:
    return line.startswith("#") and _BOUNDARY.match(line) is None


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans with nothing between them made one."""
    joined: list[Span] = []
    for span in sorted(set(spans)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined


def _chooses(statement: ast.stmt) -> bool:
    """Whether a `try` or `if` has nothing but imports and constants, and some import."""
    inner = [
        node for node in ast.walk(statement) if isinstance(node, ast.stmt) and node is not statement
    ]
    is_quiet = all(
        isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.If | ast.Try)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
        for node in inner
    )
    return is_quiet and any(isinstance(node, ast.Import | ast.ImportFrom) for node in inner)
