"""Names that a package passes on and gives only when they are asked for (PEP 562): who misses them.

A module's own code never asks its `__getattr__`: it looks names up in the module's `__dict__`
(Python/ceval.c, `LOAD_GLOBAL`; Objects/moduleobject.c, `_Py_module_getattro_impl`). A star-import
without `__all__` takes what is in the `__dict__`, and the import system binds a submodule to its
name there once it is loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.base.text import Span
from import_cycles.proposals.definitions import takes_all_names
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.source.file import SourceFile
from import_cycles.source.statements import ImportStatement
from import_cycles.source.uses import FileUses

UNKNOWN_ATTRIBUTE = 'raise AttributeError(f"module {__name__!r} has no attribute {name!r}")'
"""What a `__getattr__` does with other names, as CPython says it."""

LISTS_ALL = ("def __dir__() -> list[str]:", "\treturn sorted(__all__)")
"""A `__dir__` that lists what a package gives on demand, indented by tabs."""


def unsuitable(statement: ImportStatement) -> Refusal | None:
    """Why the names of an import statement cannot be given on demand, whichever they are."""
    if statement.is_lazy:
        return Refusal("the import is lazy already", applies=False)
    if statement.around:
        return Refusal(f"the import stands {statement.around[-1].value}")
    if not isinstance(statement.node, ast.ImportFrom):
        return Refusal("a module is imported, not a name out of it", applies=False)
    if "*" in statement.bound_names():
        return Refusal("it is not known which names a star-import brings")
    return None


def needed_here(package: ModuleName, uses: FileUses, name: str) -> Refusal | None:
    """Why the package's own file needs a name that it imports."""
    used = uses.of(name)
    if used.unknown:
        return Refusal(used.unknown)
    if len(used.bindings) > 1:
        return Refusal(f"`{name}` is bound in more than one way")
    if used.doctests or used.type_comments:
        return Refusal(f"a doctest or a type comment uses `{name}`")
    # Quoted annotations, too: `get_type_hints` looks into the module's `__dict__`.
    if any(not read.for_type_checkers for read in used.reads):
        return Refusal(f"{dotted_name(package)} uses `{name}` itself")
    return None


def missed_by_stars(
    context: FixContext, package: ModuleName, uses: FileUses, names: Iterable[str]
) -> Refusal | None:
    """The module that takes one of the names by a star-import, although no `__all__` lists it."""
    for name in names:
        if name in uses.exported:
            continue
        for reader in context.readers(package, name):
            if takes_all_names(context, reader, package):
                return Refusal(f"{dotted_name(reader)} takes `{name}` by a star-import")
    return None


def counting_on(context: FixContext, package: ModuleName, submodule: ModuleName) -> str:
    """A module that reads a submodule as an attribute of its package and does not import it.

    Empty when there is none, and for what is no direct submodule of the package.
    """
    last = dotted_name(submodule).rpartition(".")[2]
    if child(package, last) != submodule:
        return ""
    for reader in context.readers(package, last):
        if not _imports(context, reader, submodule):
            return dotted_name(reader)
    return ""


def _imports(context: FixContext, reader: ModuleName, module: ModuleName) -> bool:
    """Whether some import statement of a module loads another one, or something in it."""
    summary = context.summary(reader)
    if summary is None:
        return False
    for each in summary.imports:
        of = context.resolve(reader, each.module, each.level)
        if of is not None and f"{of}.".startswith(f"{module}."):
            return True
        if of is not None and any(child(of, name.name) == module for name in each.names or ()):
            return True
    return False


def at_end(file: SourceFile, code: Iterable[str]) -> TextEdit:
    """Adds lines to the end of a file, two blank lines above them; tabs stand for its indentation."""
    end, newline = len(file.text), file.newline
    lines = [line.replace("\t", file.indent_unit) for line in code]
    opening = "" if file.text.endswith(("\n", "\r")) else newline
    return TextEdit(
        Span(end, end), opening + newline * 2 + "".join(f"{line}{newline}" for line in lines)
    )
