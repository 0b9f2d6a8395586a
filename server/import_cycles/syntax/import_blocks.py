"""Blocks of import statements that an import sorter may put in another order.

A block is a run of top-level import statements with nothing but comments and empty lines between.
Sources: ruff's `isort` rules (crates/ruff_linter/src/rules/isort, `block.rs` and `rules/organize_imports.rs`)
and isort's documentation, "Action Comments". Where comments ask for the order to be left alone, there
is no block; in doubt, there is none either.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import Final

from import_cycles.base.text import Site
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.pieces import PlacedPiece

_DIRECTIVE: Final = re.compile(r"#.*?\bisort:\s*(skip_file|skip|off|on|split)\b")
_NOQA: Final = re.compile(
    r"#.*?\bnoqa\b(?!\s*:(?!\s*(?:[A-Z]+\d*[,\s]+)*I(?:001)?\b))", re.IGNORECASE
)
"""`noqa` without codes, or with `I001` or `I` among them."""
_NOQA_FILE: Final = re.compile(r"^\s*#\s*(?:ruff|flake8)\s*:\s*noqa\b(?!\s*:(?!.*\bI(?:001)?\b))")


def import_blocks(
    text: str,
    lines: Sequence[str],
    pieces: Iterable[PlacedPiece],
    imports: Sequence[ImportRecord],
    sites: Sequence[Site],
) -> tuple[tuple[int, ...], ...]:
    """The import ids of each block, in the order of the text, where there is something to sort."""
    if len(imports) < 2 and not (imports and _has_list(imports[0])):
        return ()
    is_noted = "isort" in text or "noqa" in text or "NOQA" in text
    notes = _Notes(lines) if is_noted else _NO_NOTES
    if notes.leaves_file_alone:
        return ()
    ids: dict[_Place, list[int]] = {}
    for number, record in enumerate(imports):
        if record.code == 0:
            site = sites[record.statement]
            ids.setdefault((site.line, site.column), []).append(number)
    blocks = []
    for places in _blocks(pieces, notes):
        block: list[int] = []
        for place in places:
            block += ids.get(place, ())
        if len(block) > 1 or (block and _has_list(imports[block[0]])):
            blocks.append(tuple(block))
    return tuple(blocks)


_Place = tuple[int, int]
"""Line from 0, and column in UTF-8 bytes, where a statement starts."""


def _has_list(record: ImportRecord) -> bool:
    return record.names is not None and len(record.names) > 1


class _Notes:
    """What comments say about sorting."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.leaves_file_alone = False
        self.pinned: set[int] = set()
        """Lines whose statement stays where it is."""
        self.splits: set[int] = set()
        """Lines that nothing is moved across."""
        self.silent: set[int] = set()
        """Lines on which no linter speaks of sorting; of the first in a block, for all of it."""
        is_off = False
        for number, line in enumerate(lines):
            if "#" not in line:
                if is_off:
                    self.pinned.add(number)
                continue
            if _NOQA_FILE.match(line):
                self.leaves_file_alone = True
            if _NOQA.search(line):
                self.silent.add(number)
            found = _DIRECTIVE.search(line)
            directive = None if found is None else found[1]
            if directive == "skip_file":
                self.leaves_file_alone = True
            elif directive in ("split", "on" if is_off else "off"):
                self.splits.add(number)
                is_off = directive == "off" or (is_off and directive == "split")
            if directive == "skip" or is_off:
                self.pinned.add(number)


_NO_NOTES: Final = _Notes(())


def _blocks(pieces: Iterable[PlacedPiece], notes: _Notes) -> list[list[_Place]]:
    blocks: list[list[_Place]] = []
    block: list[_Place] = []
    is_left_alone = False
    last_line = -1
    for placed in pieces:
        shift = placed.shift
        for statement in () if placed.piece.continues else placed.piece.statements:
            is_import = isinstance(statement, ast.Import | ast.ImportFrom)
            first = statement.lineno - 1 + shift
            end = (statement.end_lineno or statement.lineno) - 1 + shift
            # Of blocks that share a line with something else, sorters keep away.
            shares_line = first == last_line
            is_free = is_import and notes.pinned.isdisjoint(range(first, end + 1))
            if block and not (is_free and notes.splits.isdisjoint(range(last_line, first))):
                if not (is_left_alone or shares_line):
                    blocks.append(block)
                block = []
            if is_free:
                if not block:
                    is_left_alone = shares_line or not notes.silent.isdisjoint((first, end))
                block.append((first, statement.col_offset))
            last_line = end
    if block and not is_left_alone:
        blocks.append(block)
    return blocks
