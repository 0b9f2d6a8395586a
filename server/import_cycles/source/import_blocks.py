r"""Keeps the imports of a text sorted if they were sorted before an edit.

An edit inserts an import where it is right for the program, which is not always where an import
sorter wants it. `sorted_again` sorts the new text in the project's style (`source.import_style`,
`syntax.import_order`), but only if that would have left the old text as it was. If a project sorts
in another way, or not at all, the text stays as the edit makes it.

It does nothing else that a sorter would do, and leaves a block alone that is not plain:
comments on lines of their own, statements that share a line, `import a, b`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Final

from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile, read_source
from import_cycles.source.import_style import DEFAULT, SortStyle
from import_cycles.syntax.import_order import import_section
from import_cycles.syntax.parsing import is_lazy

_LAZY: Final = "lazy "

IsOfProject = Callable[[str], bool]
"""Whether a top-level name is a package or module of the project."""

_Import = ast.Import | ast.ImportFrom


def sorted_again(
    before: str, after: str, is_of_project: IsOfProject, style: SortStyle = DEFAULT
) -> str:
    """The new text with its imports sorted if those of the old text were; else as it is.

    Cost: parsing both.
    """
    old, new = read_source(before), read_source(after)
    if old is None or new is None:
        return after
    sorter = _Sorter(style, is_of_project)
    known = {old.slice(_span(old, block)) for block in _blocks(old)}
    changed = [block for block in _blocks(new) if new.slice(_span(new, block)) not in known]
    if not changed or not all(sorter.is_sorted(old, block) for block in _blocks(old)):
        return after
    edits = [edit for block in changed for edit in sorter.edits(new, block)]
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


def _is_plain(file: SourceFile, block: _Block) -> bool:
    nodes = block.nodes
    if not all(map(file.begins_line, nodes)):
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
    names: tuple[str, ...] | None
    """The items of its list, if it may be joined with another one, or written in another way."""
    is_lazy: bool


class _Sorter:
    """Sorts blocks in one style."""

    def __init__(self, style: SortStyle, is_of_project: IsOfProject) -> None:
        self._style = style
        self._is_of_project = is_of_project

    def is_sorted(self, file: SourceFile, block: _Block) -> bool:
        """Whether a block is known to be as it should be."""
        return _is_plain(file, block) and not any(True for _ in self.edits(file, block))

    def edits(self, file: SourceFile, block: _Block) -> Iterator[TextEdit]:
        """What sorts a block; nothing for one that is sorted, or is not plain."""
        if not _is_plain(file, block):
            return
        if self._style.is_isort and any(is_lazy(node, file.lazy_places) for node in block.nodes):
            # isort does not know the keyword.
            return
        newline, style = file.newline, self._style
        indent = file.indentation(block.nodes[0])
        written = [each for node in block.nodes for each in self._statements(file, node, indent)]
        statements = sorted(self._joined(written, indent, newline), key=lambda each: each.key)
        groups = [
            self._section([*group], indent, newline)
            for _, group in groupby(statements, key=lambda each: each.section)
        ]
        text = (newline * 2).join(groups) + newline
        span = _span(file, block)
        if block.is_top_level and block.following is not None:
            lines = style.lines_after_imports
            n_blank = _n_blank(file, span.end, block.following)
            text += newline * (n_blank if lines < 0 else lines)
        if text != file.slice(span):
            yield TextEdit(span, text)

    def _section(self, statements: list[_Statement], indent: str, newline: str) -> str:
        """The lines of a section, with blank ones between the two types if the style has such."""
        lines = ""
        for number, each in enumerate(statements):
            is_other_type = number and type(each.node) is not type(statements[number - 1].node)
            if is_other_type and not self._style.force_sort_within_sections:
                lines += newline * self._style.lines_between_types
            lines += f"{newline if number else ''}{indent}{each.text}"
        return lines

    def _statements(self, file: SourceFile, node: _Import, indent: str) -> Iterator[_Statement]:
        """What a statement becomes: itself, or one for each name."""
        span, lazily = file.span(node), is_lazy(node, file.lazy_places)
        text, comment = file.slice(span), file.rest_of_line(span.end).rstrip()
        if isinstance(node, ast.Import):
            yield self._made(f"{text}{comment}", node, None, lazily=lazily)
            return
        names = self._names(text, comment, node)
        if names is None:
            yield self._made(f"{text}{comment}", node, None, lazily=lazily)
        else:
            written = self._text(node, names, indent, file.newline, lazily=lazily)
            yield self._made(written, node, (*names,), lazily=lazily)

    def _names(self, text: str, comment: str, node: ast.ImportFrom) -> list[str] | None:
        """The items of a list that may be written anew, sorted; None for one that is left alone."""
        style = self._style
        is_wrapped = any(character in text for character in "()\\\n\r")
        has_comma = text.rstrip(")").rstrip().endswith(",")
        # ruff would put a list without that comma on one line, if it fits.
        is_kept = has_comma and style.split_on_trailing_comma
        stays_wrapped = (
            is_wrapped and (is_kept or not style.is_isort) and not style.force_single_line
        )
        if comment or "#" in text or node.names[0].name == "*" or stays_wrapped or "\\" in text:
            return None
        items = [f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names]
        return sorted(items, key=self._item_key)

    def _item_key(self, item: str) -> tuple[object, ...]:
        name, _, alias = item.partition(" as ")
        return (*self._style.name_key(name), alias)

    def _is_single(self, node: ast.ImportFrom) -> bool:
        module = f"{'.' * node.level}{node.module or ''}"
        return self._style.force_single_line and module not in self._style.single_line_exclusions

    def _text(
        self,
        node: ast.ImportFrom,
        names: Sequence[str],
        indent: str,
        newline: str,
        *,
        lazily: bool,
    ) -> str:
        head = f"{_LAZY if lazily else ''}from {'.' * node.level}{node.module or ''} import "
        line = head + ", ".join(names)
        wrap, style = self._style.force_grid_wrap, self._style
        is_long = len(indent) + len(line) > style.line_length
        if (wrap and len(names) >= wrap) or (is_long and len(names) > 1 and style.is_isort):
            deeper = f"{indent}    "
            listed = f",{newline}".join(f"{deeper}{name}" for name in names)
            comma = "," if style.include_trailing_comma else ""
            return f"{head}({newline}{listed}{comma}{newline}{indent})"
        return line

    def _made(
        self, text: str, node: _Import, names: tuple[str, ...] | None, *, lazily: bool
    ) -> _Statement:
        is_from = isinstance(node, ast.ImportFrom)
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        level = node.level if isinstance(node, ast.ImportFrom) else 0
        ours = self._is_ours(module)
        plain = names and [each.partition(" as ")[0] for each in names]
        asname = "" if is_from else node.names[0].asname or ""
        if names and len(names) == 1:
            asname = names[0].partition(" as ")[2]
        bound = plain or [alias.name for alias in node.names]
        line = f"{text.partition('(')[0]}{', '.join(names)}" if names and "(" in text else text
        key = self._style.statement_key(
            module, level, bound if is_from else None, asname, line, ours=ours
        )
        section = import_section(module, level, is_of_project=ours)
        # In each section, lazy imports stand behind the others.
        return _Statement(text, (key[0], lazily, *key[1:]), section, node, names, lazily)

    def _is_ours(self, module: str) -> bool:
        parts = module.split(".")
        around = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if around & self._style.known_first_party:
            return True
        return not around & self._style.known_third_party and self._is_of_project(parts[0])

    def _joined(
        self, statements: Sequence[_Statement], indent: str, newline: str
    ) -> Iterator[_Statement]:
        """Those that import from one module as they stand side by side in this style."""
        by_module: dict[object, list[_Statement]] = {}
        for each in statements:
            node = each.node
            is_list = isinstance(node, ast.ImportFrom) and each.names is not None
            what = None
            if isinstance(node, ast.ImportFrom):
                what = node.module, node.level, each.is_lazy
            by_module.setdefault(what if is_list else each.text, []).append(each)
        for same in by_module.values():
            node = same[0].node
            names = dict.fromkeys(name for each in same for name in each.names or ())
            if not names or not isinstance(node, ast.ImportFrom):
                yield same[0]
                continue
            lists = list(self._lists(node, sorted(names, key=self._item_key)))
            lazily = same[0].is_lazy
            texts = [self._text(node, each, indent, newline, lazily=lazily) for each in lists]
            if len(lists) < len(same) and any(map(partial(self._is_too_long, indent), texts)):
                # A sorter would put them in brackets; they stay apart.
                yield from same
            else:
                for text, items in zip(texts, lists, strict=True):
                    yield self._made(text, node, (*items,), lazily=lazily)

    def _is_too_long(self, indent: str, text: str) -> bool:
        return "\n" not in text and len(indent) + len(text) > self._style.line_length

    def _lists(self, node: ast.ImportFrom, names: Sequence[str]) -> Iterator[list[str]]:
        """The names of one module by statements."""
        style = self._style
        if self._is_single(node):
            yield from ([name] for name in names)
        elif style.combine_as_imports:
            yield [*names]
        elif style.is_isort:
            renamed = {name.partition(" as ")[0] for name in names if _is_renamed(name)}
            # A renamed one ends a list, and the next begins another one.
            for is_alone, run in groupby(
                names, key=lambda name: name.partition(" as ")[0] in renamed
            ):
                found = [*run]
                yield from [[name] for name in found] if is_alone else [found]
        else:
            plain = [name for name in names if not _is_renamed(name)]
            yield from ([plain] if plain else [])
            yield from ([name] for name in names if _is_renamed(name))


def _is_renamed(item: str) -> bool:
    return " as " in item


def _n_blank(file: SourceFile, end: int, following: ast.stmt) -> int:
    """Blank lines between the imports of the top level, which end there, and what follows.

    Two above a definition and above a comment that belongs to it. After a comment that a blank line
    parts from the definition, as after other code, one.
    """
    if not isinstance(following, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 1
    line = min(node.lineno for node in (following, *following.decorator_list)) - 1
    above = file.text[end : file.index.line_start(line)]
    return 2 if all(each.strip() for each in above.splitlines()) else 1
