"""Import a name from the module that defines it.

What it does: a package's `__init__` often imports names only to pass them on. A module inside the
package that takes such a name from it has to wait for the whole package. This fix imports the name
from the module that defines it, through any number of re-exports, `as` and `*`. Relative imports
stay relative; names from different modules get a statement each.

When it is offered: when every name that makes the edge comes from another module, which binds it
once and never changes it. Not when a module on the way binds the name a second time, wraps or
patches it, when another file sets it from outside (`mock.patch` included), or when a submodule has
the same name. It is marked unsafe where a module on the way is then no longer loaded.

Example:

```
--- shop/__init__.py
from .mail import send
#    ^^^^^ info[cycle]
from .orders import Order
--- shop/orders.py
class Order: ...
--- shop/mail.py
from shop import Order
#                ^^^^^ error[cycle-crash]
def send(order: Order): ...
=== fix import-from-definition at shop/mail.py "Import `Order` from shop.orders" safe
--- shop/mail.py
from shop.orders import Order
def send(order: Order): ...
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, dotted_name, is_ancestor
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.proposals.definitions import (
    Origin,
    is_submodule,
    origin_of,
    replaced_unseen,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.moved_names import in_prose
from import_cycles.resolve.targets import package_of
from import_cycles.source.insertion import below_import
from import_cycles.source.removal import remove_names
from import_cycles.source.statements import Enclosure, module_span

CODE = "import-from-definition"

_SUBJECTS = CYCLE_SUBJECTS - {Subject.STAR}


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: every name of the hop is taken from where it is defined."""
    text = _nothing_passed_on(context) or hop_text(context)
    if isinstance(text, Refusal):
        yield text
        return
    edits: list[TextEdit] = []
    origins: list[Origin] = []
    for chosen in text.chosen:
        moves = _moves(context, text, chosen)
        if isinstance(moves, Refusal):
            yield moves
            return
        rewritten = list(_rewritten(context, text, chosen, moves))
        for edit in rewritten:
            if isinstance(edit, Refusal):
                yield edit
                return
            edits.append(edit)
        origins += [move.origin for move in moves]
    caution = _caution(context, text, origins)
    names = tuple(dict.fromkeys(origin.path[0][1] for origin in origins))
    title = _title(origins)
    yield Proposal(
        title.format(in_prose(names)),
        {context.path_of(context.hop.importer): tuple(edits)},
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        for_many=title,
        names=names,
    )


def _title(origins: Iterable[Origin]) -> str:
    """What is done, with `{}` for the names."""
    modules = list(dict.fromkeys(dotted_name(origin.module) for origin in origins))
    return f"Import {{}} from {modules[0] if len(modules) == 1 else _FROM_MANY}"


_FROM_MANY = "the modules that define them"


def _caution(context: FixContext, text: HopText, origins: Iterable[Origin]) -> str:
    """The possible effect on the program; empty when there is none."""
    importer, imported = context.hop.importer, context.hop.imported
    if any(Enclosure.TRY in chosen.statement.around for chosen in text.chosen):
        return "the import stands in a `try`, which may have expected it to fail"
    stays_loaded = is_ancestor(imported, importer) or all(
        is_ancestor(imported, origin.module) for origin in origins
    )
    if not stays_loaded:
        return f"{dotted_name(imported)} is not loaded any more by this import"
    return ""


# --- where each name comes from --------------------------------------------------------------


@record
class _Move:
    """One item of the statement's list, and where it is to come from."""

    alias: int
    origin: Origin
    module: str
    """As it is to be written after `from`."""


def _nothing_passed_on(context: FixContext) -> Refusal | None:
    """What summaries already tell: most modules define what others import from them.

    Costs no look at a text.
    """
    importer, imported = context.hop.importer, context.hop.imported
    for binding in context.hop.bindings:
        written = binding.record
        if written.names is None:
            return Refusal("the module is imported, not a name out of it", applies=False)
        source = context.resolve(importer, written.module, written.level)
        for name in binding.names:
            if source is not None and is_submodule(context, source, name.name):
                return Refusal(f"`{name.name}` is a submodule", applies=False)
        if source != imported:
            return Refusal(
                f"{dotted_name(imported)} is loaded on the way to what is imported", applies=False
            )
        for name in binding.names:
            if name.name == "*":
                return Refusal("a star-import does not say which names it needs")
            if not _may_pass_on(context, imported, name.name):
                return Refusal(
                    f"{dotted_name(imported)} defines `{name.name}` itself", applies=False
                )
    return None


def _may_pass_on(context: FixContext, module: ModuleName, name: str) -> bool:
    summary = context.summary(module)
    if summary is None or name not in summary.codes[0].local_names:
        # It may come from a star-import, or its origin cannot be seen.
        return True
    return any(
        found.bound_as == name
        for each in summary.imports
        if each.code == 0
        for found in each.names or ()
    )


def _moves(context: FixContext, text: HopText, chosen: ChosenItems) -> list[_Move] | Refusal:
    node = chosen.statement.node
    if not isinstance(node, ast.ImportFrom):
        return Refusal("the import is a call, not a statement")
    moves = []
    for alias in chosen.aliases:
        move = _move(context, text, node, context.hop.imported, alias)
        if isinstance(move, Refusal):
            return move
        moves.append(move)
    return moves


def _move(
    context: FixContext, text: HopText, node: ast.ImportFrom, source: ModuleName, alias: int
) -> _Move | Refusal:
    name = node.names[alias].name
    origin = origin_of(context, source, name)
    if isinstance(origin, Refusal):
        return origin
    if origin.module == source:
        return Refusal(f"{dotted_name(source)} defines `{name}` itself", applies=False)
    if origin.module == context.hop.importer:
        return Refusal(f"`{name}` comes from this very module")
    if not origin.is_certain:
        offset = text.file.span(node.names[alias]).start
        if context.definition(context.hop.importer, offset) != (origin.module, origin.name):
            return Refusal(f"where {dotted_name(source)} has `{name}` from is not certain")
    changes = value_changes(context, origin)
    if changes:
        return Refusal(changes)
    holder = replaced_unseen(context, origin.path)
    if holder:
        return Refusal(f"{holder} may replace `{name}` without naming it in code")
    written = _spelled(context, origin.module, is_relative=node.level > 0)
    if written is None:
        return Refusal(f"{dotted_name(origin.module)} cannot be named from here")
    return _Move(alias, origin, written)


def _spelled(context: FixContext, module: ModuleName, *, is_relative: bool) -> str | None:
    """How the importer writes a module's name, relative if it can and should."""
    importer = context.hop.importer
    file = context.layout.module(importer)
    dotted = dotted_name(module)
    if is_relative and file is not None:
        package, target = package_of(file).split("."), dotted.split(".")
        shared = 0
        while shared < min(len(package), len(target)) and package[shared] == target[shared]:
            shared += 1
        level, rest = len(package) - shared + 1, ".".join(target[shared:])
        if shared and context.resolve(importer, rest, level) == module:
            return "." * level + rest
    return dotted if context.resolve(importer, dotted, 0) == module else None


# --- the new text ----------------------------------------------------------------------------

_PRAGMA = re.compile(r"#\s*(noqa|type:\s*ignore|pylint|pyright|mypy|isort|ruff|nosec)\b")


def _rewritten(
    context: FixContext, text: HopText, chosen: ChosenItems, moves: list[_Move]
) -> Iterator[TextEdit | Refusal]:
    file, statement, node = text.file, chosen.statement, chosen.statement.node
    assert isinstance(node, ast.ImportFrom)
    groups: dict[str, list[_Move]] = {}
    for move in moves:
        groups.setdefault(move.module, []).append(move)
    if chosen.is_whole:
        # The first module takes over the statement as it stands.
        module, staying = next(iter(groups.items()))
        del groups[module]
        yield TextEdit(module_span(file, node), module)
        for move in staying:
            yield from _renamed(text, node, move)
    leaving = [move.alias for group in groups.values() for move in group]
    if leaving:
        if not file.begins_line(node):
            yield Refusal("the import shares its line with other code")
            return
        yield from remove_names(file, [(statement, leaving)])
        rest = file.rest_of_line(file.span(node).end).strip()
        pragma = f"  {rest}" if _PRAGMA.match(rest) else ""
        lazy = "lazy " if statement.is_lazy else ""
        for module, group in groups.items():
            names = ", ".join(_item(node.names[move.alias], move) for move in group)
            yield below_import(file, statement, f"{lazy}from {module} import {names}{pragma}")


def _renamed(text: HopText, node: ast.ImportFrom, move: _Move) -> Iterator[TextEdit]:
    alias = node.names[move.alias]
    if alias.name != move.origin.name:
        start = text.file.span(alias).start
        yield TextEdit(
            Span(start, start + len(alias.name)),
            move.origin.name if alias.asname else f"{move.origin.name} as {alias.name}",
        )


def _item(alias: ast.alias, move: _Move) -> str:
    bound = alias.asname or alias.name
    is_same = bound == move.origin.name and alias.asname is None
    return move.origin.name if is_same else f"{move.origin.name} as {bound}"


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=20)
