"""Imports of a text that does not parse, read with parso's error recovery.

parso keeps everything that it understands between error nodes, so the whole tree is walked: its own
`iter_imports` stops at functions. The nodes above an import tell what stands around it (a function,
`TYPE_CHECKING`, a `try`). Nothing but imports is recovered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

import parso
from parso.python import tree
from parso.tree import BaseNode, NodeOrLeaf

from import_cycles.base.record import replace
from import_cycles.base.text import Site
from import_cycles.syntax.decide import Decider
from import_cycles.syntax.importing import catches_import_error
from import_cycles.syntax.imports import ImportedName, ImportFlag, ImportRecord, When
from import_cycles.syntax.long_texts import LONG, outline
from import_cycles.syntax.parsing import split_lines
from import_cycles.syntax.target import PythonTarget


def recover_imports(
    text: str, lines: Sequence[str], target: PythonTarget
) -> tuple[list[ImportRecord], list[Site]]:
    """The records of every import that parso can find, in source order, and their sites.

    Of a long text, only what `outline` gives is read.
    """
    if len(text) <= LONG:
        return _recovered(text, lines, target)
    records: list[ImportRecord] = []
    sites: list[Site] = []
    for shift, part in outline(text):
        found, places = _recovered_part(part, target)
        records += (_renumbered(record, len(sites)) for record in found)
        sites += (
            Site(each.line + shift, each.column, each.end_line + shift, each.end_column)
            for each in places
        )
    return records, sites


@lru_cache(maxsize=256)
def _recovered_part(part: str, target: PythonTarget) -> tuple[list[ImportRecord], list[Site]]:
    return _recovered(part, split_lines(part), target)


def _renumbered(record: ImportRecord, shift: int) -> ImportRecord:
    """With the numbers of its sites raised by `shift`."""
    names = record.names
    if names is not None:
        names = tuple(replace(name, site=name.site + shift) for name in names)
    return replace(
        record, names=names, site=record.site + shift, statement=record.statement + shift
    )


def _recovered(
    text: str, lines: Sequence[str], target: PythonTarget
) -> tuple[list[ImportRecord], list[Site]]:
    try:
        module = parso.parse(text)
    except (RecursionError, ValueError):
        return [], []
    reader = _Recovery(lines, Decider(target))
    for node in _imports(module):
        reader.add(node)
    return reader.records, reader.sites


def _imports(root: NodeOrLeaf) -> Iterator[tree.ImportName | tree.ImportFrom]:
    pending: list[NodeOrLeaf] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, (tree.ImportName, tree.ImportFrom)):
            yield node
        else:
            pending.extend(reversed(getattr(node, "children", ())))


class _Recovery:
    def __init__(self, lines: Sequence[str], decider: Decider) -> None:
        self._lines = lines
        self._decider = decider
        self.records: list[ImportRecord] = []
        self.sites: list[Site] = []
        self._truths: dict[int, dict[int, bool | None]] = {}
        """By the id of a statement; the tree holds it as long as this is asked."""

    def add(self, node: tree.ImportName | tree.ImportFrom) -> None:
        when, flags, code = self._context(node)
        statement = self._site(node, node)
        if isinstance(node, tree.ImportName):
            self._add_plain(node, statement, when, flags, code)
            return
        dotted = node.get_from_names()
        level = node.level
        site = self._site(dotted[0], dotted[-1]) if dotted else statement
        module = ".".join(name.value for name in dotted)
        if node.is_star_import():
            names: tuple[ImportedName, ...] = (ImportedName("*", "*", site),)
            flags |= ImportFlag.STAR
        else:
            names = tuple(
                ImportedName(path[-1].value, bound.value, self._site(path[-1], path[-1]))
                for path, bound in zip(node.get_paths(), node.get_defined_names(), strict=False)
            )
        if names and (module or level):
            self.records.append(
                ImportRecord(module, level, names, None, site, statement, code, when, flags)
            )

    def _add_plain(
        self, node: tree.ImportName, statement: int, when: When, flags: ImportFlag, code: int
    ) -> None:
        for path, bound in zip(node.get_paths(), node.get_defined_names(), strict=False):
            if not path:
                continue
            site = self._site(path[0], path[-1])
            bound_as = bound.value if bound not in path else None
            module = ".".join(name.value for name in path)
            self.records.append(
                ImportRecord(module, 0, None, bound_as, site, statement, code, when, flags)
            )

    def _context(self, node: NodeOrLeaf) -> tuple[When, ImportFlag, int]:
        when, flags, code = When.RUNTIME, ImportFlag.NONE, 0
        if _follows_lazy(node):
            when, flags = When.DEFERRED, flags | ImportFlag.LAZY
        inner: NodeOrLeaf = node
        outer = node.parent
        while outer is not None:
            match outer.type:
                case "funcdef" | "lambdef":
                    code = 1
                    when = When.DEFERRED if when is When.RUNTIME else when
                case "if_stmt" | "while_stmt":
                    truth = self._branch_truth(outer, inner)
                    if truth is None:
                        flags |= ImportFlag.CONDITIONAL
                    elif not truth:
                        when = When.TYPING
                case "for_stmt":
                    flags |= ImportFlag.CONDITIONAL
                case "try_stmt":
                    flags |= _try_flags(outer, inner)
                case _:
                    pass
            inner, outer = outer, outer.parent
        return when, flags, code

    def _branch_truth(self, statement: BaseNode, branch: NodeOrLeaf) -> bool | None:
        """Whether the branch of an `if` that holds `branch` runs; None when undecided."""
        truths = self._truths.get(id(statement))
        if truths is None:
            truths = self._truths[id(statement)] = self._branch_truths(statement)
        return truths[id(branch)]

    def _branch_truths(self, statement: BaseNode) -> dict[int, bool | None]:
        """The same for all parts of a statement, by their ids: a chain of `elif` may be long."""
        truths: dict[int, bool | None] = {}
        children = statement.children
        after: bool | None = True
        for position, part in enumerate(children):
            truths.setdefault(id(part), after)
            if part.type == "keyword" and part.value in ("if", "elif", "while"):
                test = self._truth(children[position + 1].get_code(include_prefix=False))
                truths[id(children[position + 3])] = test
                after = _negation(test)
        return truths

    def _truth(self, source: str) -> bool | None:
        try:
            return self._decider.truth(ast.parse(source.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return None

    def _site(self, first: NodeOrLeaf, last: NodeOrLeaf) -> int:
        line, column = first.start_pos
        end_line, end_column = last.end_pos
        self.sites.append(
            Site(
                line - 1,
                self._bytes(line - 1, column),
                end_line - 1,
                self._bytes(end_line - 1, end_column),
            )
        )
        return len(self.sites) - 1

    def _bytes(self, line: int, column: int) -> int:
        text = self._lines[line] if line < len(self._lines) else ""
        return column if text.isascii() else len(text[:column].encode(errors="surrogatepass"))


def _negation(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _follows_lazy(node: NodeOrLeaf) -> bool:
    leaf = node.get_previous_leaf()
    return leaf is not None and leaf.type == "error_leaf" and leaf.value == "lazy"


def _try_flags(statement: BaseNode, branch: NodeOrLeaf) -> ImportFlag:
    children = statement.children
    if len(children) > 2 and branch is children[2]:
        caught = [part for part in children if part.type == "except_clause" or part == "except"]
        return ImportFlag.GUARDED if any(_catches(part) for part in caught) else ImportFlag.NONE
    keyword = children[children.index(branch) - 2]
    return ImportFlag.NONE if keyword == "finally" else ImportFlag.CONDITIONAL


def _catches(clause: BaseNode) -> bool:
    if clause.type != "except_clause":
        return True
    source = clause.children[1].get_code(include_prefix=False)
    try:
        return catches_import_error(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError):
        return False
