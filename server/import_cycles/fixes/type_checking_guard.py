"""Guard names that only annotations need with `TYPE_CHECKING`.

What it does: moves those names, and no others of the statement, into an `if TYPE_CHECKING:` block,
an existing one if the file has one. Below Python 3.14 annotations are evaluated, so the file also
gets `from __future__ import annotations`. The fix quotes the annotations in question instead where
the future import would change what other code reads, or where ruff is configured with
`quote-annotations`.

When it is offered: when every use of the names in the file is in an annotation, in a quoted type,
or the first argument of `cast`. Not when annotations are read at run time: by pydantic, SQLModel,
msgspec, attrs and their like in a class or one that it derives from, by a decorator that comes
from outside the project and is not known to leave them alone, by `singledispatch`, or as ruff's
`runtime-evaluated-base-classes` and `runtime-evaluated-decorators` say; `Mapped["Order"]` of a
SQLAlchemy `relationship` may be guarded. Not when a doctest, `__all__` or another module needs the
name, nor for an import that nothing in the file uses. It is not safe when a string such as
`patch("shop.users.Order")` names it, or when some file of the project reads annotations of
whatever it is given.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]

def buyer() -> User: ...
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]

class User: ...
=== fix type-checking-guard at shop/orders.py "Guard `User` with TYPE_CHECKING" safe
--- shop/orders.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.users import User


def buyer() -> User: ...
--- shop/users.py
import shop.orders

class User: ...
```
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.moved_names import (
    MovedNames,
    is_typing_only,
    line_of,
    moved_names,
    patched_caution,
    typing_edits,
)
from import_cycles.source.insertion import NotPossible, guarded, moved
from import_cycles.source.removal import remove_names

CODE = "type-checking-guard"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """All names of the hop go under `TYPE_CHECKING`, or none."""
    found = moved_names(context)
    yield found if isinstance(found, Refusal) else _proposal(context, found)


def _proposal(context: FixContext, found: MovedNames) -> Proposal | Refusal:
    uses, file = found.text.uses, found.text.file
    for name in found.names:
        for read in name.reads:
            if not is_typing_only(read, context):
                return Refusal(f"`{name.name}` is used at run time in line {line_of(read, uses)}")
    typing = typing_edits(context, uses, [read for name in found.names for read in name.reads])
    if isinstance(typing, Refusal):
        return typing
    wanted = [(chosen.statement, chosen.aliases) for chosen in found.text.chosen]
    try:
        guard = guarded(file, [moved(file, *each) for each in wanted])
    except NotPossible as error:
        return Refusal(error.reason)
    caution = patched_caution(context, found.names) or typing.caution
    return Proposal(
        f"Guard {found.told} with TYPE_CHECKING",
        {
            context.path_of(context.hop.importer): (
                *typing.edits,
                *remove_names(file, wanted),
                *guard,
            )
        },
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        for_many="Guard {} with TYPE_CHECKING",
        names=found.told_names,
    )


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=10, writes_stars_out=True)
