"""A star-import takes names from a module that is still loading.

What it finds: `from m import *` without `__all__`, executed from some first import while `m` is
still loading. It brings only the names that `m` has bound by then.

When it bites: silently. The names that are missing show up later as NameErrors, far away.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import *
#    ^^^^^^^^^^ warning[star-import-in-cycle]
class Order: pass
--- shop/users.py
from shop.orders import *
#    ^^^^^^^^^^^ warning[star-import-in-cycle]
class User: pass
```

What to do: name what is needed, from the module that defines it, and break the cycle.

When we stay silent: when every public name of the other module is bound by then.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import ModuleName, dotted_name
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
from import_cycles.simulate.entries import ShortStar

CODE = "star-import-in-cycle"
_NAMES_SHOWN = 6


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each star-import that comes too early from some first import."""
    if context.verdict is None:
        return
    members = set(context.component.members)
    early: dict[tuple[ModuleName, int], list[tuple[ModuleName, ShortStar]]] = {}
    for entry, run in context.verdict.members.items():
        for star in run.short_stars:
            if star.holder in members and star.source in members:
                early.setdefault((star.holder, star.import_id), []).append((entry, star))
    for (holder, import_id), found in sorted(early.items()):
        yield _finding(holder, import_id, found, context)


def _finding(
    holder: ModuleName,
    import_id: int,
    found: list[tuple[ModuleName, ShortStar]],
    context: ComponentContext,
) -> Finding:
    record = context.import_record(holder, import_id)
    place = Place(holder, record.site)
    source = dotted_name(found[0][1].source)
    missing = sorted({name for _, star in found for name in star.missing})
    shown = ", ".join(missing[:_NAMES_SHOWN])
    if len(missing) > _NAMES_SHOWN:
        shown += f" and {len(missing) - _NAMES_SHOWN} more"
    entries = tuple(entry for entry, _ in found)
    return Finding(
        code=CODE,
        subject=Subject.STAR,
        place=place,
        message=(
            f"This star-import misses {shown} when {listed(entries)} is imported first:"
            f" {source} is still loading then"
        ),
        key=f"{CODE}:{holder}:{source}",
        identity=Identity(holder, found[0][1].source, CODE),
        related=(Related(place, f"{holder} takes what {source} has by then"),),
        component_size=len(context.component.members),
        notes=(f"Names that are missing then: {', '.join(missing)}.",),
        rank=(record.site,),
    )


RULE = Rule(
    CODE,
    Severity.WARNING,
    __doc__ or "",
    Subject.STAR,
    "star-import too early",
    precedence=40,
    check_component=check_component,
)
