"""Import only after the names that the other modules need are defined.

What it does: moves the import below the last definition that another module of the cycle takes from
this one while it loads. When that module asks for the name, this one has already bound it.

When it is offered: as a last resort, and always marked unsafe. The names that the import brings
must not be needed above that place while the module loads. Readers do not expect an import there,
linters complain (E402), and a tool that sorts imports moves it back unless it is told not to.

Example:

```
--- shop/__init__.py
--- shop/orders.py
import shop.users
#      ^^^^^^^^^^ info[cycle]
LIMIT = 10

class Order:
    def buyer(self): return shop.users.User()
--- shop/users.py
from shop.orders import LIMIT
#                       ^^^^^ warning[cycle-order-dependent]
class User:
    limit = LIMIT
=== fix move-import-down at shop/users.py "Import `shop` below `LIMIT` in shop.orders" unsafe
--- shop/orders.py
LIMIT = 10

import shop.users
#      ^^^^^^^^^^ info[cycle]

class Order:
    def buyer(self): return shop.users.User()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from import_cycles.base.record import record
from import_cycles.findings.rule import Subject
from import_cycles.proposals.definitions import bindings_of
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.hop_text import HopText, hop_text
from import_cycles.proposals.moved_names import in_prose
from import_cycles.proposals.runtime_annotations import LAZY_SINCE
from import_cycles.source.insertion import NotPossible, below_statement, moved
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.uses import FileUses, Moment, moment
from import_cycles.syntax.imports import When

CODE = "move-import-down"

_SUBJECTS = frozenset({Subject.CRASH, Subject.STAR})

_CAUTION = "what stands above it runs first now, and sorting the imports would undo it"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: below the last definition that the cycle needs."""
    text = hop_text(context)
    yield text if isinstance(text, Refusal) else _proposal(context, text)


def _proposal(context: FixContext, text: HopText) -> Proposal | Refusal:
    file = text.file
    for chosen in text.chosen:
        if not chosen.statement.is_top_level:
            return Refusal(f"the import stands {chosen.statement.around[-1].value}")
    places = _Places(text.uses)
    above = max(chosen.statement.position for chosen in text.chosen)
    anchor = _last_needed(context, places, above)
    if anchor is None:
        return Refusal("nothing that the cycle needs is defined below the import")
    brought = [name for chosen in text.chosen for name in chosen.bound_names]
    for name in brought:
        used = text.uses.of(name)
        if used.unknown:
            return Refusal(used.unknown)
        if len(used.bindings) > 1:
            return Refusal(f"`{name}` is bound in more than one way")
        for read in used.reads:
            position = places.of(read.node)
            if _is_early(context, read_moment=moment(read)) and (
                position is None or position <= anchor.position
            ):
                return Refusal(
                    f"`{name}` is needed in line {read.node.lineno}, above `{anchor.name}`"
                )
    wanted = [(chosen.statement, chosen.aliases) for chosen in text.chosen]
    try:
        inserted = below_statement(
            file, file.tree.body[anchor.position], [moved(file, *each) for each in wanted]
        )
    except NotPossible as error:
        return Refusal(error.reason)
    return Proposal(
        f"Import {in_prose(dict.fromkeys(brought))} below `{anchor.name}`",
        {
            context.path_of(context.hop.importer): without_blank_top(
                file, [*remove_names(file, wanted), inserted]
            )
        },
        Safety.UNSAFE,
        _CAUTION,
    )


def _is_early(context: FixContext, read_moment: Moment) -> bool:
    if read_moment is Moment.ANNOTATION:
        summary = context.summary(context.hop.importer)
        is_lazy = summary is not None and summary.future_annotations
        return not is_lazy and context.target.version < LAZY_SINCE
    return read_moment is Moment.LOADING


class _Places:
    """Which statement of the top level a node is part of."""

    def __init__(self, uses: FileUses) -> None:
        self.uses = uses
        self._positions = {
            id(node): position
            for position, statement in enumerate(uses.file.tree.body)
            for node in ast.walk(statement)
        }

    def of(self, node: ast.AST) -> int | None:
        """Its position among the statements; None for a node inside of a string."""
        return self._positions.get(id(node))


@record
class _Anchor:
    """A statement of the top level, and a name that it binds."""

    position: int
    name: str


def _last_needed(context: FixContext, places: _Places, above: int) -> _Anchor | None:
    """The last statement below the import that binds a name which others of the cycle take from here."""
    found: _Anchor | None = None
    for name in sorted(_needed(context, places.uses)):
        for node in bindings_of(places.uses, name):
            position = places.of(node)
            after = above if found is None else found.position
            if position is not None and position > after:
                found = _Anchor(position, name)
    return found


def _needed(context: FixContext, uses: FileUses) -> set[str]:
    """The names that modules of the cycle take from the importer while they load."""
    importer = context.hop.importer
    found = set(_missing(context))
    for module in {*context.finding.cycle, context.finding.place.module} - {importer}:
        summary = context.summary(module)
        for each in () if summary is None else summary.imports:
            if each.when is When.TYPING or each.names is None:
                continue
            if context.resolve(module, each.module, each.level) == importer:
                found |= {name.name for name in each.names}
    if "*" in found:
        found |= uses.scopes.module.bound
    return found


def _missing(context: FixContext) -> Iterator[str]:
    """The name that a crash is about; see the keys in `import_cycles.findings.crashes`."""
    parts = context.finding.key.split(":")
    if context.finding.subject is Subject.CRASH and len(parts) > 2:
        yield parts[2]


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=80, is_last_resort=True)
