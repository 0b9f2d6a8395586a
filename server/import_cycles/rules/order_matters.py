"""Two imports work only in the order in which they stand.

What it finds: an import that has to stay above another one of its block. An import sorter (ruff,
isort) would exchange the two, and then some module could no longer be imported, because a module of
a cycle is still loading. The same for two names in one list. Both lines are shown.

When it bites: when you or a hook sort the imports, although nothing else has changed.

Example:

```
--- shapes/__init__.py
from shapes.base import Shape
#    ^^^^^^^^^^^ hint[order-matters]
from shapes.area import Circle
#    ^^^^^^^^^^^ info[cycle]
#    ^^^^^^^^^^^ hint[order-matters]
--- shapes/base.py
class Shape: ...
--- shapes/area.py
from shapes import Shape
#                  ^^^^^ info[cycle]
class Circle(Shape): ...
```

What to do: end the cycle, here by importing `Shape` from `shapes.base` where it is defined. Until
then, a line `# isort: split` between the two keeps sorters, ruff's too, from moving either across.

When we stay silent: where comments like that keep the order; where a condition decides that is not
known before the program runs; and about other orders than that of ruff's default settings. The rule
looks at modules of cycles, at packages around them, and at modules that import a cycle that can
crash. In large cycles it looks at only some of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.crashes import lacking, way_round
from import_cycles.findings.cycle_path import drawn
from import_cycles.findings.exchanges import Exchange, ImportPlace
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import (
    Finding,
    ModuleContext,
    Place,
    Related,
    Rule,
    Severity,
    Subject,
)
from import_cycles.simulate.outcome import Crashes

CODE = "order-matters"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """Two findings for each pair of imports that has to keep its order."""
    for exchange in context.exchanges:
        first, second = exchange.first, exchange.second
        if not any(context.is_accepted(place.site, CODE) for place in (first, second)):
            yield _finding(exchange, first, second, "before")
            yield _finding(exchange, second, first, "after")


def _finding(exchange: Exchange, own: ImportPlace, other: ImportPlace, where: str) -> Finding:
    crash = exchange.crash
    path = way_round(crash)
    return Finding(
        code=CODE,
        subject=Subject.ORDER,
        place=Place(exchange.module, own.site),
        message=(
            f"Importing {own.asks_for} has to stay {where} importing {other.asks_for}: an import"
            f" sorter exchanges them, and then importing {dotted_name(exchange.entry)} fails with"
            f" {crash.error}: {lacking(crash)}: {drawn(path)}"
        ),
        key=f"{CODE}:{exchange.module}:{own.asks_for}:{where}:{other.asks_for}",
        identity=Identity(exchange.module, own.asks_for, CODE, f"{where} {other.asks_for}"),
        related=(
            Related(Place(exchange.module, other.site), f"Importing {other.asks_for}"),
            *_failing(crash),
        ),
        notes=(
            "A line `# isort: split` between them keeps import sorters from that; without the"
            " cycle their order would not matter.",
        ),
        rank=(own.site, other.site),
    )


def _failing(crash: Crashes) -> Iterable[Related]:
    spot = crash.spot
    if spot is not None:
        message = f"{spot.module} would ask for {crash.name} here too early"
        yield Related(Place(spot.module, spot.mark, spot.code), message)


RULE = Rule(
    CODE,
    Severity.HINT,
    __doc__ or "",
    Subject.ORDER,
    "works only in this order",
    check_module=check_module,
)
