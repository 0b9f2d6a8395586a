"""An import closes a cycle that is walked while modules load.

What it finds: two or more modules that all import one another at import time, directly or on
a way through others, parent packages included. Imports for type checkers do not count, nor do
imports inside functions that nothing calls while modules load.

When it bites: such a cycle works or fails depending on which of its modules is imported first,
and on which names each has bound by then. One moved line is enough.

Example:

```
--- shop/__init__.py
--- shop/orders.py
import shop.users
#      ^^^^^^^^^^ info[cycle]
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
```

What to do: import for type checkers only (`if TYPE_CHECKING:`), import inside the function that
needs the name, import from the module that defines the name instead of its package, or move
what both sides need into a third module.

When we stay silent: when any import of the cycle carries `# import-cycles: ignore`, and for
packages whose submodules merely import one another through the package's own name.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.identity import of_edge
from import_cycles.findings.rule import (
    NOT_DECIDED,
    WORKS,
    ComponentContext,
    Finding,
    Place,
    Rule,
    Severity,
    Subject,
    WayRound,
)
from import_cycles.findings.thread_cycles import told
from import_cycles.findings.verdict import Verdict, listed
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag

CODE = "cycle"


def check_component(context: ComponentContext) -> Iterable[Finding]:
    """One finding for each import that lies on a cycle, with its shortest one."""
    size = len(context.component.members)
    if size < 2:
        return
    notes = () if context.verdict is None else _notes(context.verdict)
    in_threads = {pair.edge: (told(pair),) for pair in context.thread_pairs}
    for edge in context.component.edges:
        if edge.importer != edge.imported:
            own = (*notes, *in_threads.get(edge, ()))
            way = context.way_round(edge)
            # A number that is about to change is not told.
            told_size = way.n_hops if context.may_grow else size
            yield _finding(edge, way, told_size, own)


def _finding(edge: ImportEdge, way: WayRound, size: int, notes: tuple[str, ...]) -> Finding:
    closes = "may close" if way.may_not_run else "closes"
    message = f"Importing {dotted_name(edge.imported)} {closes} an import cycle: {way.drawn}"
    if size > way.n_hops:
        message += f" ({size} modules here all import one another)"
    return Finding(
        code=CODE,
        subject=Subject.CYCLE,
        place=Place(edge.holder, edge.site),
        message=message,
        key=f"{CODE}:{edge.holder}:{way.key}",
        identity=of_edge(CODE, edge),
        related=way.hops,
        cycle=way.cycle,
        component_size=size,
        notes=notes,
        rank=(
            way.n_hops,
            int(ImportFlag.IMPLIED in edge.flags),
            edge.site,
            edge.importer,
            edge.imported,
        ),
        enters=way.enters,
    )


def _notes(verdict: Verdict) -> tuple[str, ...]:
    if verdict.unsure:
        _, reason = verdict.unsure[0]
        names = listed(tuple(name for name, _ in verdict.unsure))
        return (f"{NOT_DECIDED}{names}: {reason}.",)
    if len(verdict.working) == len(verdict.members):
        return (WORKS,)
    return ()


RULE = Rule(
    CODE,
    Severity.INFORMATION,
    __doc__ or "",
    Subject.CYCLE,
    "loads",
    precedence=60,
    check_component=check_component,
)
