"""Write out the names of a star-import.

What it does: puts the names that the file needs in place of the star: those that its code reads, and
those that `__all__`, a doctest or another module takes from it. A star-import of a package loads every
submodule that its `__all__` lists; the names alone may load fewer. Where nothing is needed, the
star-import goes as a whole. Other fixes write the names out, too, and then do what they do with
them: a guard, an import in functions or from the defining module.

When it is offered: when it is known exactly which names the other module gives. Not when that computes
its `__all__` or uses `globals()` and the like, when another star-import may bring the same names, when
more than 40 names would have to be written, nor in a `try` or under a condition. It is unsafe to remove the
import as a whole, as it may be there for its side effects; the caution says what loading the other
module does.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import *
#    ^^^^^^^^^^ warning[star-import-in-cycle]
LIMIT = 10
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
class User: ...
=== fix write-out-star-import at shop/orders.py "Remove the star-import of shop.users" unsafe
--- shop/orders.py
LIMIT = 10
--- shop/users.py
import shop.orders
class User: ...
```
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.effects import told_effect
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.moved_names import in_prose
from import_cycles.proposals.star_imports import MOST_TOLD, written_out
from import_cycles.source.insertion import NotPossible
from import_cycles.source.removal import remove_names, without_blank_top

CODE = "write-out-star-import"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: the names in place of the star, or nothing in place of the import."""
    found = written_out(context)
    if isinstance(found, Refusal):
        yield found
        return
    path = context.path_of(context.hop.importer)
    source = found.source
    if found.edit is not None:
        told = (
            in_prose(found.names) if len(found.names) <= MOST_TOLD else "the names that are needed"
        )
        yield Proposal(
            f"Import {told} from {dotted_name(source)} instead of `*`",
            {path: (found.edit,)},
            served=frozenset("*"),
        )
        return
    uses = context.uses(context.hop.importer)
    assert uses is not None, "its star-import has been looked at"
    try:
        removed = without_blank_top(uses.file, remove_names(uses.file, [(found.statement, [0])]))
    except NotPossible as error:
        yield Refusal(error.reason)
        return
    yield Proposal(
        f"Remove the star-import of {dotted_name(source)}",
        {path: removed},
        Safety.UNSAFE,
        told_effect(source, context.summary, context.resolve),
        served=frozenset("*"),
        joint="from",
    )


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=37)
