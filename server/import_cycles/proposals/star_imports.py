"""A star-import written out: the names of it that a file needs, in a list.

The names that a star-import brings are those of `__all__`, or the public ones (Language Reference,
"The import statement"). They are known where the module lists or binds them plainly, and so do the
modules of its own star-imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.proposals.definitions import complete_all, is_submodule
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.hop_text import HopText, hop_text
from import_cycles.proposals.moved_names import all_is_computed
from import_cycles.source.file import SourceFile
from import_cycles.source.scopes import Scope, ScopeKind
from import_cycles.source.statements import ImportStatement
from import_cycles.source.uses import FileUses
from import_cycles.syntax.import_order import name_key

MOST_NAMES: Final = 40
"""Names that are written out; nobody wants to read a longer list."""

MOST_TOLD: Final = 3
"""Names in a title."""

_WIDTH: Final = 88
"""Columns of a line; longer lists are put in brackets, one name a line."""


@record
class WrittenOut:
    """What a star-import becomes."""

    source: ModuleName
    """The module that it takes the names from."""
    statement: ImportStatement
    names: tuple[str, ...]
    """Those that the file needs, sorted; empty where it needs none."""
    edit: TextEdit | None
    """None where nothing is to be imported."""
    text: str
    """The file with that edit."""


def written_out(context: FixContext) -> WrittenOut | Refusal:
    """The star-import of the hop with the names that are needed; why they are not known.

    A refusal that does not apply where the hop has no star-import. Cost: the trees of the modules
    whose names it brings, and who reads them from this one.
    """
    stars = [each for each in context.hop.bindings if any(n.name == "*" for n in each.names)]
    if not stars:
        return Refusal("there is no star-import", applies=False)
    text = hop_text(context)
    if isinstance(text, Refusal):
        return text
    if len(text.chosen) != 1:
        return Refusal("a star-import is not the only import of the module")
    statement = text.chosen[0].statement
    node = statement.node
    assert isinstance(node, ast.ImportFrom), "only `from` takes a star"
    if not statement.is_top_level:
        return Refusal(f"the import stands {statement.around[-1].value}")
    source = context.resolve(context.hop.importer, node.module or "", node.level)
    given = None if source is None else names_given(context, source)
    if source is None or given is None:
        told = "*" if source is None else dotted_name(source)
        return Refusal(f"it is not known exactly which names {told} gives to a star-import")
    refusal = _unclear(context, text, statement, given)
    if refusal is not None:
        return refusal
    needed = sorted(_needed(context, text.uses, statement, given), key=name_key)
    for name in _unbound_reads(text.uses):
        if name not in given and is_submodule(context, source, name):
            return Refusal(f"`{name}` may be the submodule of {dotted_name(source)}")
    if len(needed) > MOST_NAMES:
        return Refusal(f"{len(needed)} names would be written out")
    if not needed:
        return WrittenOut(source, statement, (), None, text.file.text)
    edit = _edit(text.file, node, needed)
    return WrittenOut(source, statement, tuple(needed), edit, apply_edits(text.file.text, [edit]))


def names_given(
    context: FixContext, module: ModuleName, before: tuple[ModuleName, ...] = ()
) -> frozenset[str] | None:
    """The names that a star-import of a module can bring; None when they are not known exactly."""
    uses = context.uses(module)
    if uses is None or uses.dynamic or module in before:
        return None
    if uses.has_all:
        return complete_all(uses)
    own = uses.scopes.module
    found = {
        name
        for name, scope, _ in uses.scopes.rebound
        if scope is own and not name.startswith("_") and name != "*"
    }
    for node in _stars(uses):
        source = context.resolve(module, node.module or "", node.level)
        given = None if source is None else names_given(context, source, (*before, module))
        if given is None:
            return None
        found |= {name for name in given if not name.startswith("_")}
    return frozenset(found)


def _stars(uses: FileUses) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(uses.file.tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield node


def _unclear(
    context: FixContext, text: HopText, statement: ImportStatement, given: frozenset[str]
) -> Refusal | None:
    """Why it is not clear what the file takes from this star-import."""
    if text.uses.dynamic:
        return Refusal(f"`{text.uses.dynamic}` in this file may read any name")
    if all_is_computed(text.uses):
        return Refusal("`__all__` is computed")
    for other in _stars(text.uses):
        if other is statement.node:
            continue
        source = context.resolve(context.hop.importer, other.module or "", other.level)
        theirs = None if source is None else names_given(context, source)
        is_later = other.lineno > statement.node.lineno
        if (theirs is None and is_later) or (theirs is not None and not theirs.isdisjoint(given)):
            return Refusal("another star-import may bring the same names")
    return None


def _needed(
    context: FixContext, uses: FileUses, statement: ImportStatement, given: frozenset[str]
) -> Iterator[str]:
    """The names that the file reads, lists, or passes on."""
    importer = context.hop.importer
    file = context.layout.module(importer)
    read = _unbound_reads(uses)
    passes_all_on = file is not None and file.is_package and not uses.has_all
    for name in given:
        if _is_bound_below(uses, statement, name):
            continue
        if name in read or passes_all_on or name in uses.exported:
            yield name
            continue
        mentioned = uses.of(name)
        if (
            mentioned.doctests
            or mentioned.type_comments
            or context.readers(importer, name)
            or context.patched(f"{dotted_name(importer)}.{name}")
        ):
            yield name


def _unbound_reads(uses: FileUses) -> frozenset[str]:
    """The names that code of the file may read out of its own module."""
    return frozenset(
        read.name
        for read in uses.scopes.reads
        if _may_be_global(uses, uses.scopes.resolve(read.name, read.scope))
    )


def _may_be_global(uses: FileUses, scope: Scope | None) -> bool:
    return scope is None or scope is uses.scopes.module or scope.kind is ScopeKind.CLASS


def _is_bound_below(uses: FileUses, statement: ImportStatement, name: str) -> bool:
    """Whether the file always binds the name itself before anything can read what the star brings."""
    lines = [
        node.lineno
        for node in uses.file.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name == name
    ]
    first = min(lines, default=0)
    return first > statement.node.lineno and not any(
        read.name == name and read.node.lineno <= first for read in uses.scopes.reads
    )


def _edit(file: SourceFile, node: ast.ImportFrom, names: list[str]) -> TextEdit:
    """The names in place of the star."""
    span = file.span(node.names[0])
    line = f"{file.before_on_line(span.start)}{', '.join(names)}"
    if len(line) <= _WIDTH:
        return TextEdit(span, ", ".join(names))
    newline, indent = file.newline, file.indent_unit
    listed = "".join(f"{indent}{name},{newline}" for name in names)
    return TextEdit(Span(span.start, span.end), f"({newline}{listed})")
