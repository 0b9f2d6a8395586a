"""A cycle works or crashes depending on which of its modules is imported first.

What it finds: the line at which CPython raises because a module of the cycle is still loading,
when that happens from some first imports only. The message names both kinds.

When it bites: the program starts, but the tests or a new script crash, because they import another
module first.

Example:

```
--- shop/__init__.py
--- shop/orders.py
LIMIT = 10
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]
--- shop/users.py
from shop.orders import LIMIT
#    ^^^^^^^^^^^ info[cycle]
class User: pass
```

What to do: as for a crash in every order; until then, import the module that works first.

When we stay silent: when the outcome depends on a condition that is not known before the program
runs. The imports are then reported as `cycle`.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.crashes import crash_finding
from import_cycles.findings.rule import ComponentContext, Finding, Rule, Severity, Subject

CODE = "cycle-order-dependent"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each place that raises from some first imports."""
    if context.verdict is None:
        return
    for site in context.crash_sites:
        if not site.is_certain:
            yield crash_finding(CODE, site, context.verdict, context)


RULE = Rule(
    CODE,
    Severity.WARNING,
    __doc__ or "",
    Subject.CRASH,
    "depends on what is imported first",
    precedence=20,
    check_component=check_component,
)
