"""A cycle makes this line raise when the module is imported.

What it finds: the line at which CPython raises ImportError, AttributeError or NameError because
a module of the cycle is still loading, whichever module of the cycle is imported first; or
because a module outside the cycle imports it from the wrong side.

When it bites: at the next start of the program. It is reported only when a simulation of the
import machinery is certain of it.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ error[cycle-crash]
class Order: pass
--- shop/users.py
from shop.orders import Order
#                       ^^^^^ error[cycle-crash]
class User: pass
```

What to do: look at the path in the message. Import the module instead of the name, so that the
name is looked up later; import for type checkers only; import inside the function that needs
it; or move the definition above the import that starts the cycle.

When we stay silent: when the outcome depends on a condition that is not known before the program
runs. The imports are then reported as `cycle`.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.crashes import crash_finding
from import_cycles.findings.rule import ComponentContext, Finding, Rule, Severity, Subject

CODE = "cycle-crash"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each place that raises for certain."""
    if context.verdict is None:
        return
    for site in context.crash_sites:
        if site.is_certain:
            yield crash_finding(CODE, site, context.verdict, context)


RULE = Rule(
    CODE,
    Severity.ERROR,
    __doc__ or "",
    Subject.CRASH,
    "crashes",
    precedence=10,
    check_component=check_component,
)
