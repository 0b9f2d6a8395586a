"""Two threads that import a package and a submodule of it at the same time can both fail.

What it finds: a package whose `__init__` takes names from a submodule that imports the package, on
Pythons before 3.15.

When it bites: one thread imports the package and another the submodule, at the same time. Each
waits for the module that the other is importing. Python ends the deadlock: it lets the package go
on with a submodule that has only begun, where the names are not bound yet. The package fails with
ImportError, and the other thread then with KeyError. Either import alone works. Python 3.15 imports
the package first.

Example:

```
--- pyproject.toml
[tool.import-cycles]
target-version = "3.13"
severity = { cycle-in-threads = "warning" }
--- shop/__init__.py
BASE = 1
from shop.rates import RATE
#    ^^^^^^^^^^ warning[cycle-in-threads]
--- shop/rates.py
from shop import BASE
#                ^^^^ info[cycle]
RATE = 2 * BASE
```

What to do: end the cycle, here by moving `BASE` into a module of its own, or import the package once
before threads start. `import-cycles verify --threads` tries it with real interpreters.

When we stay silent: by default, since the rule is off unless the configuration gives it a severity;
when the target is Python 3.15 or later; and when the submodule binds the names before it imports
the package.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.identity import of_edge
from import_cycles.findings.rule import (
    ComponentContext,
    Finding,
    Place,
    Rule,
    Severity,
    Subject,
)
from import_cycles.findings.thread_cycles import ThreadPair, told

CODE = "cycle-in-threads"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each import of a submodule by its package that can fail."""
    for pair in context.thread_pairs:
        yield _finding(pair, context)


def _finding(pair: ThreadPair, context: ComponentContext) -> Finding:
    edge = pair.edge
    way = context.way_round(edge)
    return Finding(
        code=CODE,
        subject=Subject.THREADS,
        place=Place(edge.holder, edge.site),
        message=f"{told(pair)[:-1]}: {way.drawn}",
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
    Severity.OFF,
    __doc__ or "",
    Subject.THREADS,
    "fails when two threads import",
    precedence=55,
    check_component=check_component,
)
