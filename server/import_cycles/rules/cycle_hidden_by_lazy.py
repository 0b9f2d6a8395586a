"""Only a lazy import keeps a cycle from being walked while modules load.

What it finds: a lazy import (PEP 810) that is part of a cycle. From the imported module, imports
that run while modules load, and other lazy ones, lead back to the importing module.

When it bites: one use of the name while a module loads brings the cycle back, such as a star-import
or a decorator. So does a filter that makes the import eager, and any Python before 3.15, which
ignores `__lazy_modules__`.

Example:

```
--- pyproject.toml
[tool.import-cycles]
target-version = "3.15"
severity = { cycle-hidden-by-lazy = "hint" }
--- shop/__init__.py
--- shop/orders.py
lazy import shop.users
#           ^^^^^^^^^^ hint[cycle-hidden-by-lazy]
--- shop/users.py
import shop.orders
```

What to do: end the cycle, as for `cycle`, or accept it.

When we stay silent: by default. The rule is off unless the configuration gives it a severity.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.cycle_path import cycle_path, drawn, hops_along, path_key
from import_cycles.findings.identity import of_edge
from import_cycles.findings.rule import Finding, ModuleContext, Place, Rule, Severity, Subject
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag, When

CODE = "cycle-hidden-by-lazy"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """One finding for each lazy import that waits on a cycle."""
    for edge in context.edges:
        if edge.when is not When.DEFERRED or ImportFlag.LAZY not in edge.flags:
            continue
        if ImportFlag.SUPPRESSED in edge.flags or context.is_accepted(edge.site, CODE):
            continue
        cycle = context.hidden_cycle(edge)
        if cycle:
            yield _finding(edge, cycle)


def _finding(edge: ImportEdge, cycle: tuple[ImportEdge, ...]) -> Finding:
    path = cycle_path(cycle)
    return Finding(
        code=CODE,
        subject=Subject.HIDDEN,
        place=Place(edge.holder, edge.site),
        message=(
            f"Importing {dotted_name(edge.imported)} lazily hides an import cycle, which one use of"
            f" the name while modules load brings back: {drawn(path)}"
        ),
        key=f"{CODE}:{edge.holder}:{path_key(path)}",
        identity=of_edge(CODE, edge),
        related=hops_along(cycle),
        cycle=path,
        rank=(len(cycle), edge.site, edge.imported),
    )


RULE = Rule(
    CODE,
    Severity.OFF,
    __doc__ or "",
    Subject.HIDDEN,
    "hidden by a lazy import",
    check_module=check_module,
)
