"""Remove an import that nothing in the file uses.

What it does: removes names from an import statement, or the whole statement, when nothing in the
file reads them. Often a cycle needs no other repair, and its authors would make the same one.

When it is offered: when no code, annotation, type comment, doctest or `__all__` of the file
mentions the names, and no other module of the project takes them from here. It is always marked
unsafe, because an import can be there for its side effects; the caution says what loading the other
module does. Not for `import a as a`, which says that others may take the name from here, not in the
`__init__` of a package, which imports names to pass them on, and not in a `try` or under a
condition.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]
LIMIT = 10
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
class User: ...
=== fix remove-unused-import at shop/orders.py "Remove the unused import of `User`" unsafe
--- shop/orders.py
LIMIT = 10
--- shop/users.py
import shop.orders
class User: ...
```
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.effects import told_effect
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.moved_names import MovedNames, unused_names
from import_cycles.source.insertion import NotPossible
from import_cycles.source.removal import remove_names, without_blank_top

CODE = "remove-unused-import"


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """All names of the hop go, or none."""
    importer = context.layout.module(context.hop.importer)
    if importer is not None and importer.is_package:
        yield Refusal("a package imports names to pass them on", applies=False)
        return
    found = unused_names(context)
    if isinstance(found, Refusal):
        # The authors know whether they use it; the reason why this cannot be decided does not help
        # them.
        yield Refusal(found.reason, applies=False)
    else:
        yield _proposal(context, found)


def _proposal(context: FixContext, found: MovedNames) -> Proposal | Refusal:
    file = found.text.file
    wanted = [(chosen.statement, chosen.aliases) for chosen in found.text.chosen]
    try:
        edits = without_blank_top(file, remove_names(file, wanted))
    except NotPossible as error:
        return Refusal(error.reason)
    return Proposal(
        f"Remove the unused import of {found.told}",
        {context.path_of(context.hop.importer): edits},
        Safety.UNSAFE,
        told_effect(context.hop.imported, context.summary, context.resolve),
        joint="from",
    )


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=35)
