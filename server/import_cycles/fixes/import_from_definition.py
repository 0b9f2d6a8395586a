"""Import a name from the module that defines it.

What it does: a package's `__init__` often imports names only to pass them on. A module inside the
package that takes such a name from it has to wait for the whole package. This fix imports the name
from the module that defines it, through any number of re-exports, `as` and `*`. Relative imports
stay relative; names from different modules get a statement each. After `import shop`, it does the
same for `shop.Order`: of a crash, for what is read while the module loads.

When it is offered: when every name that makes the edge comes from another module, which binds it
once and never changes it. Not when a module on the way binds the name a second time, wraps or
patches it, when another file sets it from outside, or when a submodule has the same name. It is
marked unsafe where a module on the way is then no longer loaded, where code on the way may bind any
name (`globals()`), and where a string may replace the name (`mock.patch`).

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
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, child, dotted_name, is_ancestor
from import_cycles.base.record import record, replace
from import_cycles.base.text import Span
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.proposals.definitions import (
    Origin,
    is_submodule,
    origin_of,
    replaced_unseen,
    value_changes,
)
from import_cycles.proposals.fix import Binding, FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.free_names import is_free
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.module_uses import ModuleUse, module_use
from import_cycles.proposals.moved_names import in_prose
from import_cycles.resolve.targets import package_of
from import_cycles.source.insertion import below_import
from import_cycles.source.removal import remove_names
from import_cycles.source.statements import Enclosure, module_span
from import_cycles.source.uses import Moment, Read, moment
from import_cycles.syntax.imports import ImportRecord

CODE = "import-from-definition"

_SUBJECTS = CYCLE_SUBJECTS - {Subject.STAR}


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: every name of the hop is taken from where it is defined."""
    text = _nothing_passed_on(context) or hop_text(context)
    if isinstance(text, Refusal):
        yield text
        return
    if any(_brings_module(context, binding) for binding in context.hop.bindings):
        yield _attributes_moved(context, text)
        return
    edits: list[TextEdit] = []
    found: list[_Move] = []
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
        found += moves
    yield _proposal(context, text, edits, found)


def _proposal(
    context: FixContext, text: HopText, edits: Iterable[TextEdit], moves: Sequence[_Move]
) -> Proposal:
    caution = "; ".join(dict.fromkeys(filter(None, _cautions(context, text, moves))))
    origins = [move.origin for move in moves]
    names = tuple(dict.fromkeys(origin.path[0][1] for origin in origins))
    title = _title(origins)
    return Proposal(
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


def _cautions(context: FixContext, text: HopText, moves: Sequence[_Move]) -> Iterator[str]:
    """The possible effects on the program."""
    importer, imported = context.hop.importer, context.hop.imported
    if any(Enclosure.TRY in chosen.statement.around for chosen in text.chosen):
        yield "the import stands in a `try`, which may have expected it to fail"
    stays_loaded = is_ancestor(imported, importer) or all(
        is_ancestor(imported, move.origin.module) for move in moves
    )
    if not stays_loaded:
        yield f"{dotted_name(imported)} is not loaded any more by this import"
    for move in moves:
        yield move.origin.doubt
        yield move.caution


# --- where each name comes from --------------------------------------------------------------


@record
class _Move:
    """One item of the statement's list, and where it is to come from."""

    alias: int
    origin: Origin
    module: str
    """As it is to be written after `from`."""
    caution: str
    """Who may replace the name elsewhere, or empty."""


def _nothing_passed_on(context: FixContext) -> Refusal | None:
    """What summaries already tell: most modules define what others import from them.

    Costs no look at a text.
    """
    importer, imported = context.hop.importer, context.hop.imported
    for binding in context.hop.bindings:
        if _brings_module(context, binding):
            if not _passes_anything_on(context):
                return Refusal("the module is imported, not a name out of it", applies=False)
            continue
        written = binding.record
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


def _brings_module(context: FixContext, binding: Binding) -> bool:
    """Whether the imported module itself is what the file gets: `import shop`, `from shop import a`."""
    written, names = binding.record, binding.names
    if written.names is None:
        return True
    source = context.resolve(context.hop.importer, written.module, written.level)
    return (
        len(names) == 1
        and source is not None
        and is_submodule(context, source, names[0].name)
        and child(source, names[0].name) == context.hop.imported
    )


def _passes_anything_on(context: FixContext) -> bool:
    summary = context.summary(context.hop.imported)
    return summary is None or any(each.code == 0 and each.names for each in summary.imports)


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
    offset = text.file.span(node.names[alias]).start
    return _taken(context, source, node.names[alias].name, alias, offset, node.level > 0)


def _taken(
    context: FixContext, source: ModuleName, name: str, alias: int, offset: int, is_relative: bool
) -> _Move | Refusal:
    """Where a name of `source` is to be taken from; `offset`: where the file reads it."""
    origin = origin_of(context, source, name, in_doubt=True)
    if isinstance(origin, Refusal):
        return origin
    if origin.module == source:
        return Refusal(f"{dotted_name(source)} defines `{name}` itself", applies=False)
    if origin.module == context.hop.importer:
        return Refusal(f"`{name}` comes from this very module")
    is_certain = origin.is_certain or (
        context.definition(context.hop.importer, offset) == (origin.module, origin.name)
    )
    if not is_certain:
        return Refusal(f"where {dotted_name(source)} has `{name}` from is not certain")
    changes = value_changes(context, origin)
    if changes:
        return Refusal(changes)
    holder = replaced_unseen(context, origin.path)
    caution = f"{holder} may replace `{name}` without naming it in code" if holder else ""
    written = _spelled(context, origin.module, is_relative=is_relative)
    if written is None:
        return Refusal(f"{dotted_name(origin.module)} cannot be named from here")
    return _Move(alias, origin, written, caution)


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


# --- a module whose attributes are read ----------------------------------------------------------


def _attributes_moved(context: FixContext, text: HopText) -> Proposal | Refusal:
    """`import shop` with `shop.Order` becomes an import of `Order` from where it is defined.

    To end a crash, only for what is read while the module loads.
    """
    edits: list[TextEdit] = []
    found: dict[str, _Move] = {}
    for chosen in text.chosen:
        for number in chosen.aliases:
            use = module_use(context, text, chosen.statement, number)
            if use is None:
                return Refusal("names and the module itself are imported")
            if isinstance(use, Refusal):
                # Of the module itself, people do not look for where it is defined.
                return replace(use, applies=False)
            rewritten = _with_names(context, text, use, found)
            if isinstance(rewritten, Refusal):
                return rewritten
            edits += rewritten
    return _proposal(context, text, edits, list(found.values()))


def _with_names(
    context: FixContext, text: HopText, use: ModuleUse, found: dict[str, _Move]
) -> list[TextEdit] | Refusal:
    """The edits for one item that brings the module; what moves is added to `found`."""
    reads = list(use.reads)
    if context.finding.subject is Subject.CRASH:
        early = [read for read in reads if moment(read) in (Moment.LOADING, Moment.ANNOTATION)]
        there = _there_by_then(context)
        reads = [read for read in early if use.name_of(read) not in there] or early or reads
    statement, node = use.statement, use.statement.node
    if not statement.is_top_level:
        return Refusal(f"the import stands {statement.around[-1].value}")
    if not text.file.begins_line(node):
        return Refusal("the import shares its line with other code")
    by_name: dict[str, list[Read]] = {}
    for read in reads:
        by_name.setdefault(use.name_of(read), []).append(read)
    is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
    edits: list[TextEdit] = []
    items: dict[str, list[str]] = {}
    for name, of_name in by_name.items():
        if name in text.uses.set_attributes:
            return Refusal(f"this file sets an attribute `{name}`")
        span = use.span_of(of_name[0])
        move = _taken(context, context.hop.imported, name, use.alias, span.end - 1, is_relative)
        if isinstance(move, Refusal):
            return move
        bound = next(
            (each for each in (name, f"_{name}") if is_free(context, text, each, of_name)), None
        )
        if bound is None or name in found:
            return Refusal(f"there is no free name for `{name}` here")
        found[name] = move
        item = move.origin.name
        items.setdefault(move.module, []).append(item if item == bound else f"{item} as {bound}")
        edits += [TextEdit(use.span_of(read), bound) for read in of_name]
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in items.items()]
    edits += [below_import(text.file, statement, line) for line in lines]
    if len(reads) == len(use.reads):
        edits += remove_names(text.file, [(statement, [use.alias])])
    return edits


def _there_by_then(context: FixContext) -> frozenset[str]:
    """The names that the imported module binds above the import by which the cycle goes on."""
    imported = context.hop.imported
    path, uses, summary = context.finding.path, context.uses(imported), context.summary(imported)
    if uses is None or summary is None:
        return frozenset()
    lines: list[int] = []
    # Directly to the importer, or by the finding's way.
    for following in (context.hop.importer, *(b for a, b in pairwise(path) if a == imported)):
        lines = lines or [
            context.site(imported, each.statement).line + 1
            for each in summary.imports
            if each.code == 0 and _leads_to(context, each, following)
        ]
    return frozenset(
        name
        for name, scope, node in uses.scopes.rebound
        if scope is uses.scopes.module and getattr(node, "lineno", 0) < min(lines, default=0)
    )


def _leads_to(context: FixContext, written: ImportRecord, module: ModuleName) -> bool:
    """Whether an import of the imported module loads `module`, or something inside of it."""
    source = context.resolve(context.hop.imported, written.module, written.level)
    loaded = {source, *(source and child(source, name.name) for name in written.names or ())}
    return any(each and (each == module or is_ancestor(module, each)) for each in loaded)


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=20, writes_stars_out=True)
