"""A guarded import in a cycle always takes its fallback.

What it finds: an import under `try … except ImportError` (or `suppress`) that fails because the
other module is still loading, whichever module of the cycle is imported first.

When it bites: nothing crashes, but the import never works, and the program always runs with the
fallback.

Example:

```
--- shop/__init__.py
from shop.orders import Order
#    ^^^^^^^^^^^ info[cycle]
LIMIT = 10
--- shop/orders.py
try:
    from shop import LIMIT
    #    ^^^^ warning[cycle-fallback]
except ImportError:
    LIMIT = 0
class Order: pass
```

What to do: break the cycle; the guard only hides it.

When we stay silent: when the import works from some first imports.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import (
    ComponentContext,
    Finding,
    Place,
    Related,
    Rule,
    Severity,
    Subject,
)
from import_cycles.findings.verdict import listed
from import_cycles.simulate.entries import Fallback, Run
from import_cycles.simulate.outcome import Loads

CODE = "cycle-fallback"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each import that fails, and is caught, from every first import."""
    if context.verdict is None:
        return
    runs = context.verdict.members
    if not all(isinstance(run.outcome, Loads) for run in runs.values()):
        return
    everywhere = set.intersection(*(_fallbacks(run) for run in runs.values()))
    members = set(context.component.members)
    for fallback in sorted(everywhere, key=lambda each: (each.holder, each.import_id)):
        if fallback.holder in members:
            yield _finding(fallback, context)


def _fallbacks(run: Run) -> set[Fallback]:
    return set(run.fallbacks)


def _finding(fallback: Fallback, context: ComponentContext) -> Finding:
    record = context.import_record(fallback.holder, fallback.import_id)
    place = Place(fallback.holder, record.site)
    message = (
        "This import always fails and its fallback is taken: the other module is still loading,"
        f" whichever of {listed(context.component.members)} is imported first"
    )
    return Finding(
        code=CODE,
        subject=Subject.FALLBACK,
        place=place,
        message=message,
        key=f"{CODE}:{fallback.holder}:{record.module}:{record.level}",
        identity=Identity(fallback.holder, f"{'.' * record.level}{record.module or ''}", CODE),
        related=(Related(place, f"{dotted_name(fallback.holder)} falls back here"),),
        component_size=len(context.component.members),
        rank=(record.site,),
    )


RULE = Rule(
    CODE,
    Severity.WARNING,
    __doc__ or "",
    Subject.FALLBACK,
    "always takes its fallback",
    precedence=30,
    check_component=check_component,
)
