"""The standard library's answer about which scopes read a module's name, to compare with ours.

`symtable` runs the very pass that CPython compiles with. It says for each scope whether it reads
a global name, and no more than that; scopes that versions of Python treat differently (inlined
comprehensions from 3.12 on, annotation scopes from 3.14 on) are counted with the scope around
them. If the two disagree about a name, it counts as unknown.
"""

from __future__ import annotations

import symtable
from collections.abc import Iterable, Iterator

from import_cycles.source.file import SourceFile
from import_cycles.source.scopes import Read, Scope, ScopeKind, Scopes

Owner = tuple[str, str, int]
"""Kind, name and line of a scope."""

_OWN_SCOPES = {ScopeKind.MODULE, ScopeKind.CLASS, ScopeKind.FUNCTION, ScopeKind.LAMBDA}
_INLINED = {"listcomp", "setcomp", "dictcomp", "genexpr"}


class SymbolTable:
    """The tables of one file, made once."""

    def __init__(self, file: SourceFile) -> None:
        try:
            self._top: symtable.SymbolTable | None = symtable.symtable(
                file.parsed_text, "<text>", "exec"
            )
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self._top = None

    def readers(self, name: str) -> frozenset[Owner] | None:
        """The scopes that read the global `name`; None when there is no answer."""
        if self._top is None:
            return None
        return frozenset(_readers(self._top, name, ("module", "top", 0)))


def _readers(table: symtable.SymbolTable, name: str, around: Owner) -> Iterator[Owner]:
    own = around
    if table.get_type() == "class" or _is_function(table):
        own = (str(table.get_type()), table.get_name(), table.get_lineno())
    if name in table.get_identifiers():
        symbol = table.lookup(name)
        is_top = table.get_type() == "module"
        if symbol.is_referenced() and (is_top or symbol.is_global()):
            yield own
    for child in table.get_children():
        yield from _readers(child, name, own)


def _is_function(table: symtable.SymbolTable) -> bool:
    return table.get_type() == "function" and table.get_name() not in _INLINED


def our_readers(reads: Iterable[Read], scopes: Scopes) -> frozenset[Owner]:
    """The same, of reads that mean the module's name."""
    return frozenset(_owner(read.scope, scopes) for read in reads)


def _owner(scope: Scope, scopes: Scopes) -> Owner:
    for each in scope.chain():
        if each.kind in _OWN_SCOPES and each is not scopes.module:
            line = each.node.lineno  # type: ignore[attr-defined]
            if each.kind is ScopeKind.LAMBDA:
                return ("function", "lambda", line)
            kind = "class" if each.kind is ScopeKind.CLASS else "function"
            return (kind, each.node.name, line)  # type: ignore[attr-defined]
    return ("module", "top", 0)
