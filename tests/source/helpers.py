"""What the tests of `import_cycles.source` share: names are given as they are bound."""

from __future__ import annotations

import ast
from collections.abc import Collection

from import_cycles.base.edits import apply_edits
from import_cycles.source.file import SourceFile
from import_cycles.source.removal import remove_names
from import_cycles.source.statements import ImportStatement, import_statements


def wanted(file: SourceFile, names: Collection[str]) -> list[tuple[ImportStatement, list[int]]]:
    """Each import statement with those of its items that bind one of the names."""
    found = []
    for statement in import_statements(file):
        bound = statement.bound_names()
        aliases = [number for number, name in enumerate(bound) if name in names]
        if aliases:
            found.append((statement, aliases))
    return found


def without(text: str, names: Collection[str]) -> str:
    """The text after the imports of some names were taken out of it; it must still parse."""
    file = SourceFile(text)
    after = apply_edits(text, remove_names(file, wanted(file, names)))
    ast.parse(after.removeprefix("\ufeff"))
    return after
