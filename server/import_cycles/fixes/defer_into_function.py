"""Import in the functions that use the names.

What it does: removes the names from the import at the top, and imports them as the first statement
of each function that uses them, after its docstring. The same edit guards names that annotations
need with `TYPE_CHECKING`. The import then happens in the thread that calls such a function first,
and its errors are raised there.

When it is offered: when every use at run time is in the body of a function that is not known to be
called while modules load. A use in a base class, a decorator, a default, a lambda at the top level
or anything else that is executed at once rules it out. So does a function with `locals()` or
`global`, a `__del__`, and a function that is compiled from its text. Uses in annotations are
subject to the conditions of `type-checking-guard`. Not when a doctest, `__all__` or another module
needs the name. Not when the name may be bound again later either, as the functions would see the
new value. The fix is not safe when a string such as `patch("shop.users.Order")` names the thing: in
this module, where the string would no longer find it, or in the module that defines it, where a
patch would now have an effect on this module.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]

def buyer():
    'Somebody new.'
    return User()
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]

class User: ...
=== fix defer-into-function at shop/orders.py "Import `User` in `buyer`" safe
--- shop/orders.py

def buyer():
    'Somebody new.'
    from shop.users import User
    return User()
--- shop/users.py
import shop.orders

class User: ...
```
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.function_imports import (
    cost_of,
    function_edits,
    function_uses,
    functions_told,
)
from import_cycles.proposals.moved_names import (
    MovedNames,
    moved_names,
    patched_caution,
    typing_edits,
)
from import_cycles.source.insertion import NotPossible

CODE = "defer-into-function"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """All names of the hop go into functions, or none."""
    found = moved_names(context)
    yield found if isinstance(found, Refusal) else _proposal(context, found)


def _proposal(context: FixContext, found: MovedNames) -> Proposal | Refusal:
    uses, file = found.text.uses, found.text.file
    placed = function_uses(context, found)
    if isinstance(placed, Refusal):
        return placed
    if "sys.path" in file.text:
        return Refusal("this file changes `sys.path`, and may find other modules later")
    if not placed.users:
        return Refusal("only annotations use it: it can be guarded", applies=False)
    lazy = typing_edits(context, uses, placed.typing)
    if isinstance(lazy, Refusal):
        return lazy
    try:
        edits = function_edits(file, found, placed, lazy.edits)
    except NotPossible as error:
        return Refusal(error.reason)
    caution = patched_caution(context, found.names) or placed.caution or lazy.caution
    return Proposal(
        f"Import {found.told} in {functions_told(uses, placed)}",
        {context.path_of(context.hop.importer): edits},
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        joint="of",
        cost=cost_of(uses, placed.users),
        for_many="Import {} in functions",
        names=found.told_names,
    )


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=30, writes_stars_out=True)
