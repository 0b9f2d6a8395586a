"""Definitions that leave their modules: what is said of them, and what looking at them tells.

Shared by what takes single definitions out (`extraction`) and what takes a whole module (`merging`).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.proposals.definitions import replaced_by_string
from import_cycles.proposals.fix import FixContext
from import_cycles.source.insertion import NotPossible
from import_cycles.source.top_level import TopLevel, Unit

Definition = tuple[ModuleName, str]


@record
class Part:
    """The units that one module gives away."""

    module: ModuleName
    level: TopLevel
    units: tuple[Unit, ...]
    """What moves, in the order of the text."""
    copied: tuple[Unit, ...]
    """Units that stay and are copied: loggers, and choices between modules."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it must import from now on, sorted."""
        return tuple(sorted({name for unit in self.units for name in unit.names} - {"_"}))


@record
class TakenImport:
    """One item of an import statement of the top level that the moved code needs as well."""

    module: ModuleName
    unit: Unit
    node: ast.Import | ast.ImportFrom
    alias: int
    is_lazy: bool
    is_guarded: bool
    """It stands under `TYPE_CHECKING`."""

    @property
    def name(self) -> str:
        """The name that it binds."""
        item = self.node.names[self.alias]
        if item.asname or isinstance(self.node, ast.ImportFrom):
            return item.asname or item.name
        return item.name.partition(".")[0]


@record
class Extraction:
    """Definitions that move together."""

    parts: tuple[Part, ...]
    order: tuple[tuple[Part, Unit], ...]
    """Units in the order in which they can be executed, those that are copied included."""
    imports: tuple[TakenImport, ...]
    passed_on: tuple[tuple[str, ModuleName, str], ...]
    """Names that the old module has from a third through the cycle: name, origin, name there."""
    guards: tuple[Definition, ...]
    """What only type checkers need, and where they find it."""
    postpones_annotations: bool
    cautions: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that moves, sorted."""
        return tuple(sorted({name for part in self.parts for name in part.names}))


OWN_NAMES: Final = frozenset(
    {
        "__file__", "__loader__", "__module__", "__name__", "__package__", "__path__", "__spec__",
        "__doc__", "__cached__", "__dict__", "__annotations__", "__builtins__",
    }
)  # fmt: skip
"""Names that each module has of its own: moved code would read those of the new module."""
ALWAYS_THERE: Final = frozenset({*dir(builtins), "__class__", "__qualname__"}) - OWN_NAMES
_FRAMES: Final = frozenset(
    {"_getframe", "currentframe", "getmodule", "stack", "_getframemodulename"}
)
_TYPE_COMMENT: Final = re.compile(r"#\s*type:(?!\s*ignore\b)")
_MODULE_READER: Final = re.compile(r"__module__\b")


# --- patches -----------------------------------------------------------------------------------


def patching(context: FixContext, module: ModuleName, name: str) -> str:
    """A module that replaces a name by a string, as `mock.patch` does; empty if there is none."""
    if not replaced_by_string(context, [(module, name)]):
        return ""
    readers = {module, *context.readers(module, name)}
    for mention in (f"{dotted_name(module)}.{name}", name):
        for path in context.patched(mention):
            file = context.layout.at_path(path)
            if file is None:
                return "a file"
            if mention != name or file.name in readers:
                written = context.text(file.name)
                if written is None or re.search(r"patch|setattr|delattr|__dict__|vars", written):
                    return dotted_name(file.name)
    return ""


# --- who would notice another place ---------------------------------------------------------------


def check_place(level: TopLevel, unit: Unit) -> None:
    """Raises NotPossible for a unit that depends on which module it stands in, or may."""
    line = level.statement(unit).lineno
    if _TYPE_COMMENT.search(level.file.slice(level.span(unit))):
        raise NotPossible(f"a type comment at line {line} may name anything")
    for node in ast.walk(level.statement(unit)):
        if isinstance(node, ast.Global):
            raise NotPossible(f"line {node.lineno} says `global`")
        if isinstance(node, ast.Attribute | ast.Name) and _last_part(node) in _FRAMES:
            raise NotPossible(f"line {node.lineno} looks at frames or modules")


def check_module_readers(context: FixContext, module: ModuleName, names: Iterable[str]) -> None:
    """Raises NotPossible where the module, or who reads one of the names, looks at `__module__`."""
    readers = {module, *(reader for name in names for reader in context.readers(module, name))}
    for reader in sorted(readers):
        written = context.text(reader)
        if written is not None and _MODULE_READER.search(written):
            raise NotPossible(f"{dotted_name(reader)} reads `__module__`, which would change")


def _last_part(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


# --- statements ---------------------------------------------------------------------------------


def acts(statement: ast.stmt) -> bool:
    """Whether something is called, or looked up in what may change, while a unit is executed."""
    return any(isinstance(node, ast.Call | ast.Subscript) for node in executed(statement)) or bool(
        getattr(statement, "decorator_list", ())
    )


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are evaluated while the module loads; annotations are left out."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        if name == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield each
                yield from executed(each)


def is_logger(statement: ast.stmt) -> bool:
    """Whether a statement is `log = logging.getLogger(__name__)`."""
    match statement:
        case ast.Assign(
            targets=[ast.Name()],
            value=ast.Call(
                func=ast.Attribute(attr="getLogger" | "get_logger")
                | ast.Name(id="getLogger" | "get_logger"),
                args=[ast.Name(id="__name__")],
                keywords=[],
            ),
        ):
            return True
        case _:
            return False


def has_annotations(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.AnnAssign)
        or getattr(node, "annotation", None) is not None
        or getattr(node, "returns", None) is not None
        for node in ast.walk(statement)
    )


# --- imports -----------------------------------------------------------------------------------


def imports_of(statement: ast.stmt) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def first_bound(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """The name that an item without `as` binds."""
    return alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0]


def import_meaning(
    context: FixContext, module: ModuleName, node: ast.Import | ast.ImportFrom, alias: ast.alias
) -> object:
    """Equal for imports that bind the same thing, in whichever module they stand."""
    if isinstance(node, ast.Import):
        return ("import", alias.name if alias.asname else alias.name.partition(".")[0])
    source = context.resolve(module, node.module or "", node.level)
    return ("from", source or (node.level, node.module), alias.name)
