"""An import was moved into a function, but the function is called while modules load.

What it finds: an import inside a function, on a cycle, where a module of the cycle calls the
function at import time: directly, as a decorator, or by making an object of a class. Every import
of the cycle is one that runs for certain.

When it bites: moving the import was meant to end the cycle, and it is still there.

Example:

```
--- shop/__init__.py
--- shop/orders.py
def load():
    import shop.users
#          ^^^^^^^^^^ warning[deferred-runs-at-import]
load()
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
```

What to do: call the function later, from code that runs after everything is loaded.

When we stay silent: when no call of the function is seen while modules load, or when the call or an
import of the cycle depends on a condition that is not known before the program runs. Such an import
is reported as `cycle`, whose message says "may".
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.cycle_path import caller
from import_cycles.findings.identity import of_edge
from import_cycles.findings.rule import (
    ComponentContext,
    Finding,
    Place,
    Rule,
    Severity,
    Subject,
    WayRound,
)
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag

CODE = "deferred-runs-at-import"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each import in a function that a module of the cycle calls."""
    for edge in context.component.edges:
        is_early = ImportFlag.CALLED in edge.flags and ImportFlag.LAZY not in edge.flags
        if is_early and edge.importer != edge.imported:
            way = context.way_round(edge)
            if not way.may_not_run:
                yield _finding(edge, way, context)


def _finding(edge: ImportEdge, way: WayRound, context: ComponentContext) -> Finding:
    function = context.function_of(edge)
    calling = caller(edge)
    by = "" if calling == edge.holder else f" by {calling}"
    return Finding(
        code=CODE,
        subject=Subject.CALL,
        place=Place(edge.holder, edge.site),
        message=(
            f"Importing {dotted_name(edge.imported)} inside {function} does not end the cycle:"
            f" {function} is called{by} while modules load: {way.drawn}"
        ),
        key=f"{CODE}:{edge.holder}:{way.key}",
        identity=of_edge(CODE, edge),
        related=way.hops,
        cycle=way.cycle,
        component_size=len(context.component.members),
        rank=(way.n_hops, edge.site, edge.importer, edge.imported),
        enters=way.enters,
    )


RULE = Rule(
    CODE,
    Severity.WARNING,
    __doc__ or "",
    Subject.CALL,
    "deferred import runs while loading",
    precedence=50,
    check_component=check_component,
)
