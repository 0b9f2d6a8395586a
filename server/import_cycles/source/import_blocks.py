r"""Keeps the imports of a text sorted if they were sorted before an edit.

An edit inserts an import where it is right for the program, which is not always where an import
sorter wants it. `sorted_again` sorts the new text as `ruff check --select I` and isort's profile
`black` do (`syntax.import_order`), but only if that would have left the old text as it was. If a
project sorts in another way, or not at all, the text stays as the edit makes it.

It does nothing else that a sorter would do, and leaves a block alone that is not plain:
comments on lines of their own, statements that share a line, `import a, b`, lazy imports.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile, read_source
from import_cycles.syntax.import_order import import_key, import_section, name_key

IsOfProject = Callable[[str], bool]
"""Whether a top-level name is a package or module of the project."""

_LINE_LENGTH: Final = 88
"""Longer statements are wrapped by sorters, and are not joined here."""

_Import = ast.Import | ast.ImportFrom


def sorted_again(before: str, after: str, is_of_project: IsOfProject) -> str:
    """The new text with its imports sorted if those of the old text were; else as it is.

    Cost: parsing both.
    """
    old, new = read_source(before), read_source(after)
    if old is None or new is None:
        return after
    known = {old.slice(_span(old, block)) for block in _blocks(old)}
    changed = [block for block in _blocks(new) if new.slice(_span(new, block)) not in known]
    if not changed or not all(_is_sorted(old, block, is_of_project) for block in _blocks(old)):
        return after
    edits = [edit for block in changed for edit in _edit(new, block, is_of_project)]
    return apply_edits(after, edits) if edits else after


@record
class _Block:
    """Neighbouring import statements, and the statement behind them."""

    nodes: tuple[_Import, ...]
    following: ast.stmt | None
    is_top_level: bool


def _blocks(file: SourceFile) -> Iterator[_Block]:
    for node in ast.walk(file.tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from _blocks_in(body, is_top_level=isinstance(node, ast.Module))


def _blocks_in(body: Sequence[ast.stmt], *, is_top_level: bool) -> Iterator[_Block]:
    found: list[_Import] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif found:
            yield _Block(tuple(found), node, is_top_level)
            found = []
    if found:
        yield _Block(tuple(found), None, is_top_level)


def _span(file: SourceFile, block: _Block) -> Span:
    """The lines of a block, and the blank ones behind it if they count."""
    start = file.line_start(file.span(block.nodes[0]).start)
    end = file.next_line(file.span(block.nodes[-1]).end)
    if block.is_top_level and block.following is not None:
        while not file.rest_of_line(end).strip() and file.next_line(end) > end:
            end = file.next_line(end)
    return Span(start, end)


def _is_sorted(file: SourceFile, block: _Block, is_of_project: IsOfProject) -> bool:
    """Whether a block is known to be as it should be."""
    return _is_plain(file, block) and not any(True for _ in _edit(file, block, is_of_project))


def _edit(file: SourceFile, block: _Block, is_of_project: IsOfProject) -> Iterator[TextEdit]:
    """What sorts a block; nothing for one that is sorted, or is not plain."""
    if not _is_plain(file, block):
        return
    newline = file.newline
    indent = file.indentation(block.nodes[0])
    statements = _joined([_Statement.of(file, node, is_of_project) for node in block.nodes], indent)
    statements.sort(key=lambda each: each.key)
    groups = [list(group) for _, group in groupby(statements, key=lambda each: each.section)]
    lines = (newline * 2).join(newline.join(f"{indent}{s.text}" for s in group) for group in groups)
    text = f"{lines}{newline}"
    span = _span(file, block)
    if block.is_top_level and block.following is not None:
        text += newline * _n_blank(block.following)
    if text != file.slice(span):
        yield TextEdit(span, text)


def _n_blank(following: ast.stmt) -> int:
    """Blank lines between the imports of the top level and what follows, or a comment above that."""
    is_definition = isinstance(following, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return 2 if is_definition else 1


def _is_plain(file: SourceFile, block: _Block) -> bool:
    nodes = block.nodes
    if file.lazy_places or not all(map(file.begins_line, nodes)):
        return False
    for node, onward in zip(nodes, (*nodes[1:], None), strict=True):
        end = file.span(node).end
        rest = file.rest_of_line(end).strip()
        if rest and not rest.startswith("#"):
            return False
        if (
            onward is not None
            and file.text[file.next_line(end) : file.line_start(file.span(onward).start)].strip()
        ):
            return False
        if isinstance(node, ast.Import) and len(node.names) > 1:
            return False
    return True


@record
class _Statement:
    """One import statement as it is to be written, without its indentation."""

    text: str
    key: tuple[object, ...]
    section: int
    node: _Import
    is_simple: bool
    """On one line, without brackets, comments and `as`: it can be joined with another one."""

    @classmethod
    def of(cls, file: SourceFile, node: _Import, is_of_project: IsOfProject) -> _Statement:
        span = file.span(node)
        text = file.slice(span)
        comment = file.rest_of_line(span.end).rstrip()
        is_simple = (
            isinstance(node, ast.ImportFrom)
            and not comment
            and not any(character in text for character in "()#\\\n\r")
            and not any(alias.asname or alias.name == "*" for alias in node.names)
        )
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        level = node.level if isinstance(node, ast.ImportFrom) else 0
        names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else None
        if is_simple and names is not None:
            head = text[: text.rindex(" import ")]
            text = f"{head} import {', '.join(sorted(names, key=name_key))}"
        ours = is_of_project(module.partition(".")[0])
        alias = node.names[0].asname or ""
        key = import_key(module, level, names, "" if names else alias, is_of_project=ours)
        return cls(
            f"{text}{comment}",
            key,
            import_section(module, level, is_of_project=ours),
            node,
            is_simple,
        )


def _joined(statements: Sequence[_Statement], indent: str) -> list[_Statement]:
    """Two that import from one module are one, if that is short enough."""
    found: list[_Statement] = []
    for each in statements:
        at = next((n for n, other in enumerate(found) if _can_join(other, each)), None)
        if at is None:
            found.append(each)
            continue
        other = found[at]
        head, _, first = other.text.rpartition(" import ")
        names = {*first.split(", "), *each.text.rpartition(" import ")[2].split(", ")}
        text = f"{head} import {', '.join(sorted(names, key=name_key))}"
        if len(indent) + len(text) > _LINE_LENGTH:
            found.append(each)
        else:
            key = (*other.key[:-1], name_key(min(names, key=name_key)))
            found[at] = _Statement(text, key, other.section, other.node, is_simple=True)
    return found


def _can_join(one: _Statement, other: _Statement) -> bool:
    return (
        one.is_simple
        and other.is_simple
        and isinstance(one.node, ast.ImportFrom)
        and isinstance(other.node, ast.ImportFrom)
        and (one.node.module, one.node.level) == (other.node.module, other.node.level)
    )
