"""The import statements of a file, each with what stands around it and its neighbours."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from enum import Enum
from tokenize import NAME, OP
from typing import Final

from import_cycles.base.record import record
from import_cycles.base.text import Site, Span
from import_cycles.source.file import SourceFile
from import_cycles.source.type_checking import GuardNames, guard_names
from import_cycles.syntax.parsing import is_lazy


class Enclosure(Enum):
    """What one level of nesting around a statement means for it."""

    FUNCTION = "in a function"
    CLASS = "in a class body"
    TYPING = "for type checkers only"
    CONDITION = "under a condition"
    TRY = "in a try statement"
    WITH = "in a with statement"


ImportNode = ast.Import | ast.ImportFrom


@record
class ImportStatement:
    """One import statement: `siblings[position]` is `node`.

    `around` is what it is nested in, outermost first. `is_lazy` is for PEP 810.
    """

    node: ImportNode
    siblings: list[ast.stmt]
    position: int
    around: tuple[Enclosure, ...]
    is_lazy: bool

    @property
    def is_top_level(self) -> bool:
        """Whether it runs once, whatever happens, while the module loads."""
        return not self.around

    def bound_name(self, alias: int) -> str:
        """The name that an item of its list binds; `*` for a star-import."""
        item = self.node.names[alias]
        if item.asname or isinstance(self.node, ast.ImportFrom):
            return item.asname or item.name
        return item.name.partition(".")[0]

    def bound_names(self) -> list[str]:
        """All of them, in order."""
        return [self.bound_name(alias) for alias in range(len(self.node.names))]


def import_statements(file: SourceFile) -> tuple[ImportStatement, ...]:
    """All import statements of a file in the order of the text."""
    reader = _Reader(file, guard_names(file.tree))
    return tuple(reader.block(file.tree.body, ()))


def statement_at(statements: Sequence[ImportStatement], site: Site) -> ImportStatement | None:
    """The import statement that begins where a site does."""
    for each in statements:
        if each.node.lineno - 1 == site.line and each.node.col_offset == site.column:
            return each
    return None


def alias_at(statement: ImportStatement, site: Site) -> int | None:
    """Which item of a statement's list begins where a site does."""
    for number, alias in enumerate(statement.node.names):
        if alias.lineno - 1 == site.line and alias.col_offset == site.column:
            return number
    return None


def module_span(file: SourceFile, node: ast.ImportFrom) -> Span:
    """What stands between `from` and `import`: the dots and the dotted name."""
    whole = file.span(node)
    tokens = [token for token in file.tokens(whole.start, whole.end) if token.kind in (NAME, OP)]
    end = next(number for number, token in enumerate(tokens) if token.text == "import")
    return Span(tokens[1].span.start, tokens[end - 1].span.end)


class _Reader:
    def __init__(self, file: SourceFile, guards: GuardNames) -> None:
        self._lazy_places = file.lazy_places
        self._guards = guards

    def block(
        self, body: list[ast.stmt], around: tuple[Enclosure, ...]
    ) -> Iterator[ImportStatement]:
        for position, node in enumerate(body):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield ImportStatement(
                    node, body, position, around, is_lazy(node, self._lazy_places)
                )
            elif isinstance(node, _COMPOUND):
                for inner, enclosure in self._blocks(node):
                    yield from self.block(inner, (*around, enclosure))

    def _blocks(self, node: ast.stmt) -> Iterator[tuple[list[ast.stmt], Enclosure]]:
        match node:
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                yield body, Enclosure.FUNCTION
            case ast.ClassDef(body=body):
                yield body, Enclosure.CLASS
            case ast.With(body=body) | ast.AsyncWith(body=body):
                yield body, Enclosure.WITH
            case ast.If(test=test, body=body, orelse=orelse):
                truth = self._guards.truth(test)
                yield body, Enclosure.TYPING if truth is False else Enclosure.CONDITION
                yield orelse, Enclosure.TYPING if truth is True else Enclosure.CONDITION
            case ast.Match(cases=cases):
                for case in cases:
                    yield case.body, Enclosure.CONDITION
            case ast.For() | ast.AsyncFor() | ast.While():
                yield node.body, Enclosure.CONDITION
                yield node.orelse, Enclosure.CONDITION
            case _:
                # `try` and `except*`: the latter has a class of its own from Python 3.11 on.
                for block in ("body", "orelse", "finalbody"):
                    yield getattr(node, block), Enclosure.TRY
                for handler in getattr(node, "handlers", ()):
                    yield handler.body, Enclosure.TRY


_TRY: Final = (ast.Try, *((ast.TryStar,) if hasattr(ast, "TryStar") else ()))
_COMPOUND: Final = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.AsyncWith, ast.If,
    ast.Match, ast.For, ast.AsyncFor, ast.While, *_TRY,
)  # fmt: skip
