"""Load all that a package passes on only when it is asked for.

What it does: the imports of the project's modules in a package's `__init__` become one table, from
which a module `__getattr__` (PEP 562) imports a name when it is first asked for. Type checkers still
see the imports, under `TYPE_CHECKING`. `__all__` stays, or is made; `dir` lists it. The submodules
that the imports have loaded can still be read off the package. Where the target is Python 3.15 or
later, the imports become lazy ones instead (PEP 810). Errors of an import are raised where a name is
first used, in the thread that uses it.

When it is offered: for an `__init__` that passes on names of two modules or more. A name stays
imported as it was, with all others of its module, if the `__init__` uses it, if a submodule has the
same name, if it may be bound again, or if its module registers something while it loads. The fix is not
offered if that concerns the import that closes the cycle, if any module that would no longer be
loaded registers something, if another module counts on a submodule being loaded, if
a star-import takes what no `__all__` lists, or if the `__init__` has a `__getattr__` already. It
is always marked unsafe: code that looks into the module's `__dict__` sees a difference.

Example:

```
--- shop/__init__.py
from shop.mail import receive, send
#    ^^^^^^^^^ info[cycle]
from shop.orders import Order
LIMIT = 10
--- shop/mail.py
from shop import LIMIT
#                ^^^^^ error[cycle-crash]
def send(): return LIMIT
def receive(): return []
--- shop/orders.py
class Order: ...
=== fix lazy-package at shop/mail.py "Load all 3 names only when they are asked for in shop" unsafe
--- shop/__init__.py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.mail import receive, send
    from shop.orders import Order

LIMIT = 10


__all__ = ["LIMIT", "Order", "receive", "send"]

_LAZY_NAMES = {
    "Order": ("shop.orders", "Order"),
    "receive": ("shop.mail", "receive"),
    "send": ("shop.mail", "send"),
}
_LAZY_SUBMODULES = {"mail", "orders"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _LAZY_NAMES:
        module, attribute = _LAZY_NAMES[name]
        return getattr(import_module(module, __name__), attribute)
    if name in _LAZY_SUBMODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, child, dotted_name, is_ancestor
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.base.words import counted
from import_cycles.findings.rule import Subject
from import_cycles.proposals.definitions import (
    bindings_of,
    is_submodule,
    origin_of,
    replaced_by_string,
    takes_all_names,
    value_changes,
)
from import_cycles.proposals.effects import registering
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refactoring, Refusal, Safety
from import_cycles.proposals.hop_text import HopText, hop_text
from import_cycles.proposals.on_demand import (
    LISTS_ALL,
    UNKNOWN_ATTRIBUTE,
    at_end,
    missed_by_stars,
    needed_here,
    unsuitable,
)
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import NotPossible, guarded, import_text, moved
from import_cycles.source.removal import remove_names
from import_cycles.source.statements import ImportStatement
from import_cycles.source.top_level import UnitKind
from import_cycles.source.uses import FileUses
from import_cycles.syntax.import_order import name_key

CODE = "lazy-package"

_SUBJECTS = frozenset({Subject.CYCLE, Subject.CRASH})

FEWEST_MODULES: Final = 2
"""A package that passes on names of one module alone is no fat one: see `lazy-reexport`."""

LINE_LENGTH: Final = 88
"""Longer lists have one item a line. That of black and of ruff by default."""

_NAMES: Final = "_LAZY_NAMES"
_SUBMODULES: Final = "_LAZY_SUBMODULES"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: all that the package passes on is given on demand."""
    text = hop_text(context)
    if isinstance(text, Refusal):
        yield text
        return
    try:
        yield _proposal(context, text)
    except NotPossible as error:
        yield Refusal(error.reason)


def _proposal(context: FixContext, text: HopText) -> Proposal | Refusal:
    package = context.hop.importer
    file = context.layout.module(package)
    if file is None or not file.is_package:
        return Refusal(f"{dotted_name(package)} is no package", applies=False)
    for chosen in text.chosen:
        refusal = unsuitable(chosen.statement)
        if refusal is not None:
            return refusal
    found = _passed_on(context, text.uses)
    refusal = _refusal(context, text, found)
    if refusal is not None:
        return refusal
    items = found.lazy
    names = sorted((item.name for item in items), key=name_key)
    served = {*names, *_submodules(context, text.uses, items)}
    edits = (
        _with_lazy_statements(text.file, items)
        if context.target.version >= _LAZY_SINCE
        else _with_table(context, text.uses, items)
    )
    return Proposal(
        f"Load all {len(names)} names only when they are asked for",
        {context.path_of(package): edits},
        Safety.UNSAFE,
        "; ".join(_cautions(context, found)),
        served=frozenset(served),
    )


_LAZY_SINCE: Final = (3, 15)


# --- what the package passes on ---------------------------------------------------------------


@record
class _Item:
    """One name that an import statement of the package brings from a module of the project."""

    statement: ImportStatement
    alias: int
    source: ModuleName
    """The module that is loaded for it."""
    is_module: bool
    """The name stands for `source` itself."""

    @property
    def name(self) -> str:
        """The name that the package gives it."""
        return self.statement.bound_name(self.alias)

    @property
    def there(self) -> str:
        """What it is called where it comes from."""
        return self.statement.node.names[self.alias].name

    @property
    def module_as_written(self) -> str:
        """The module that the statement names, its dots included."""
        node = self.statement.node
        assert isinstance(node, ast.ImportFrom)
        return "." * node.level + (node.module or "")


@record
class _PassedOn:
    """What can be given on demand, and what stays imported, with the reason."""

    lazy: tuple[_Item, ...]
    staying: Mapping[ModuleName, str]


def _passed_on(context: FixContext, uses: FileUses) -> _PassedOn:
    items = tuple(_items(context, uses))
    staying: dict[ModuleName, str] = {}
    for item in items:
        if item.source not in staying:
            reason = _stays(context, uses, item)
            if reason:
                staying[item.source] = reason
    lazy = tuple(item for item in items if item.source not in staying)
    return _PassedOn(lazy, staying)


def _items(context: FixContext, uses: FileUses) -> Iterator[_Item]:
    package = context.hop.importer
    for statement in uses.statements:
        node = statement.node
        if unsuitable(statement) is not None or not isinstance(node, ast.ImportFrom):
            continue
        of = context.resolve(package, node.module or "", node.level)
        if of is None:
            continue
        for number, alias in enumerate(node.names):
            is_module = is_submodule(context, of, alias.name)
            if is_module or of != package:
                source = child(of, alias.name) if is_module else of
                yield _Item(statement, number, source, is_module)


def _stays(context: FixContext, uses: FileUses, item: _Item) -> str:
    """Why an import of the package stays as it is; empty when it need not."""
    package, name = context.hop.importer, item.name
    if name.startswith("__") and name.endswith("__"):
        return f"`{name}` may be looked up in the module's `__dict__`"
    if not _is_own_submodule(package, item):
        if is_submodule(context, package, name):
            # The import system binds the name to the submodule, once that is loaded.
            return f"`{name}` is the name of a submodule, too"
        if item.is_module and context.target.version < _LAZY_SINCE:
            return f"`{name}` is a module of another name"
    refusal = needed_here(package, uses, name)
    if refusal is not None:
        return refusal.reason
    if not item.is_module:
        origin = origin_of(context, package, name)
        changes = origin.reason if isinstance(origin, Refusal) else value_changes(context, origin)
        if changes:
            return changes
    effect = registering(item.source, context.summary, context.resolve)
    return f"loading {dotted_name(item.source)} may register something: {effect}" if effect else ""


def _refusal(context: FixContext, text: HopText, found: _PassedOn) -> Refusal | None:
    package, uses = context.hop.importer, text.uses
    if context.target.version < _LAZY_SINCE and bindings_of(uses, "__getattr__"):
        return Refusal("the package has a `__getattr__` already")
    if uses.dynamic:
        return Refusal(f"`{uses.dynamic}` in this file may read any name")
    lazy = {(id(item.statement), item.alias): item for item in found.lazy}
    for chosen in text.chosen:
        for alias in chosen.aliases:
            if (id(chosen.statement), alias) not in lazy:
                return _why_not(context, found, chosen.statement, alias)
    if len({item.source for item in found.lazy}) < FEWEST_MODULES:
        return Refusal("the package passes on names of one module only", applies=False)
    refusal = missed_by_stars(context, package, uses, [item.name for item in found.lazy])
    return refusal or _changed_for_stars(context, uses)


def _why_not(
    context: FixContext, found: _PassedOn, statement: ImportStatement, alias: int
) -> Refusal:
    """Why an item of the import that closes the cycle is not among those that can be lazy."""
    node = statement.node
    assert isinstance(node, ast.ImportFrom)
    of = context.resolve(context.hop.importer, node.module or "", node.level)
    name = node.names[alias].name
    for source in (of, None if of is None else child(of, name)):
        if source in found.staying and source is not None:
            return Refusal(found.staying[source])
    return Refusal(f"where `{name}` comes from is not clear")


def _changed_for_stars(context: FixContext, uses: FileUses) -> Refusal | None:
    """An `__all__` that is made here changes what star-imports take."""
    if "__all__" in uses.scopes.module.bound:
        return None
    package = context.hop.importer
    for reader in context.readers(package, "*"):
        if takes_all_names(context, reader, package):
            told = f"{dotted_name(reader)} star-imports {dotted_name(package)}"
            return Refusal(f"{told}, which has no `__all__`")
    return None


def _cautions(context: FixContext, found: _PassedOn) -> Iterator[str]:
    package = context.hop.importer
    n_modules = len({item.source for item in found.lazy})
    told = f"{counted(n_modules, 'module')} that it passes names of"
    yield f"{dotted_name(package)} no longer loads the {told}, and has the names only for those who ask"
    for item in found.lazy:
        holder = replaced_by_string(context, [(package, item.name)])
        if holder:
            yield f"{holder} names `{dotted_name(package)}.{item.name}` in a string"
            break
    for source, reason in found.staying.items():
        yield f"{dotted_name(source)} stays imported, since {reason}"


# --- Python 3.15 -------------------------------------------------------------------------------


def _by_statement(items: Iterable[_Item]) -> list[tuple[ImportStatement, list[int]]]:
    found: dict[int, tuple[ImportStatement, list[int]]] = {}
    for item in items:
        found.setdefault(id(item.statement), (item.statement, []))[1].append(item.alias)
    return list(found.values())


def _with_lazy_statements(file: SourceFile, items: Sequence[_Item]) -> tuple[TextEdit, ...]:
    edits: list[TextEdit] = []
    for statement, aliases in _by_statement(items):
        if not file.begins_line(statement.node):
            raise NotPossible("an import shares its line with other code")
        start = file.span(statement.node).start
        if len(aliases) == len(statement.node.names):
            edits.append(TextEdit(Span(start, start), "lazy "))
            continue
        edits += remove_names(file, [(statement, aliases)])
        line = f"lazy {import_text(statement.node, aliases)}{file.newline}"
        edits.append(TextEdit(Span(start, start), line))
    return tuple(edits)


# --- the table (PEP 562) -----------------------------------------------------------------------


def _with_table(
    context: FixContext, uses: FileUses, items: Sequence[_Item]
) -> tuple[TextEdit, ...]:
    file = uses.file
    for name in (_NAMES, _SUBMODULES):
        if name in file.identifiers:
            raise NotPossible(f"the package has a name `{name}` already")
    wanted = _by_statement(items)
    return (
        *remove_names(file, wanted),
        *guarded(file, [moved(file, *each) for each in wanted]),
        at_end(file, _code(context, uses, items)),
    )


def _code(context: FixContext, uses: FileUses, items: Sequence[_Item]) -> list[str]:
    package = context.hop.importer
    names = {item.name: item for item in items if not _is_own_submodule(package, item)}
    submodules = sorted(set(_submodules(context, uses, items)))
    code: list[str] = []
    if "__all__" not in uses.scopes.module.bound:
        code += [*_list("__all__ = [", _public(context, uses), "]"), ""]
    if names:
        code += [f"{_NAMES} = {{", *(f"\t{line}" for line in _entries(names)), "}"]
    if submodules:
        code += _list(f"{_SUBMODULES} = {{", submodules, "}")
    code += [
        "",
        "",
        "def __getattr__(name: str) -> object:",
        "\tfrom importlib import import_module",
        "",
    ]
    if names:
        code += [
            f"\tif name in {_NAMES}:",
            f"\t\tmodule, attribute = {_NAMES}[name]",
            "\t\treturn getattr(import_module(module, __name__), attribute)",
        ]
    if submodules:
        code += [
            f"\tif name in {_SUBMODULES}:",
            '\t\treturn import_module(f".{name}", __name__)',
        ]
    code.append(f"\t{UNKNOWN_ATTRIBUTE}")
    if not bindings_of(uses, "__dir__"):
        code += ["", "", *LISTS_ALL]
    return code


def _entries(items: Mapping[str, _Item]) -> Iterator[str]:
    for name in sorted(items, key=name_key):
        item = items[name]
        yield f'"{name}": ("{item.module_as_written}", "{item.there}"),'


def _list(opening: str, names: Sequence[str], closing: str) -> list[str]:
    written = [f'"{name}"' for name in names]
    line = f"{opening}{', '.join(written)}{closing}"
    if len(line) <= LINE_LENGTH:
        return [line]
    return [opening, *(f"\t{each}," for each in written), closing]


def _is_own_submodule(package: ModuleName, item: _Item) -> bool:
    """Whether an item is a submodule of the package under its own name."""
    return item.is_module and child(package, item.name) == item.source


def _submodules(context: FixContext, uses: FileUses, items: Iterable[_Item]) -> Iterator[str]:
    """The submodules of the package that its imports have loaded, and that it names nothing else after."""
    package = context.hop.importer
    bound = uses.scopes.module.bound
    own_submodules = {item.name for item in items if _is_own_submodule(package, item)}
    for item in items:
        if is_ancestor(package, item.source):
            name = (
                dotted_name(item.source).removeprefix(f"{dotted_name(package)}.").partition(".")[0]
            )
            if name not in bound or name in own_submodules:
                yield name


def _public(context: FixContext, uses: FileUses) -> list[str]:
    """The names for an `__all__`: those that the package defines or has from the project."""
    package = context.hop.importer
    level = context.level(package)
    assert level is not None, "the package has been read before"
    names: set[str] = set()
    for unit in level.units:
        if unit.kind is UnitKind.CODE:
            names.update(unit.names)
    for statement in uses.statements:
        node = statement.node
        if isinstance(node, ast.ImportFrom) and not statement.around:
            of = context.resolve(package, node.module or "", node.level)
            if of is not None:
                names.update(statement.bound_names())
    return sorted((name for name in names if not name.startswith("_")), key=name_key)


FIX = FixKind(
    CODE,
    __doc__ or "",
    _SUBJECTS,
    propose,
    rank=55,
    refactoring=Refactoring.REWRITE,
    keeps_registrations=True,
)
