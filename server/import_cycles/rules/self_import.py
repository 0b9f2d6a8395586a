"""A module imports itself.

What it finds: an import statement whose module is the one that it stands in, or a package's
`__init__` that asks its own package for a name.

When it bites: `import shop` inside `shop` works but has no use. `from shop import price` inside
`shop/__init__.py` works only when `price` is bound above; otherwise it raises ImportError.

Example:

```
--- prices.py
import prices
#      ^^^^^^ info[self-import]
```

What to do: use the name directly, or rename the file when another module was meant.

When we stay silent: imports of a package's own submodules; `from . import x` where there is no `x`,
since a submodule is missing there and there is no cycle to break; and a file with the name of a
standard module, which `shadows-module` reports.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.identity import of_edge
from import_cycles.findings.rule import (
    Finding,
    ModuleContext,
    Place,
    Related,
    Rule,
    Severity,
    Subject,
)
from import_cycles.syntax.imports import ImportFlag, When

CODE = "self-import"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """One finding for each import of the module by itself."""
    hiding = {each.site for each in context.hiding}
    for edge in context.edges:
        if edge.imported != edge.importer:
            continue
        if edge.when is not When.RUNTIME or ImportFlag.SUPPRESSED in edge.flags:
            continue
        if edge.site in hiding or context.asks_for_nothing(edge):
            continue
        place = Place(edge.holder, edge.site)
        yield Finding(
            code=CODE,
            subject=Subject.SELF_IMPORT,
            place=place,
            message=f"{context.module} imports itself",
            key=f"{CODE}:{context.module}:{edge.site}",
            identity=of_edge(CODE, edge),
            related=(Related(place, f"{context.module} imports itself"),),
            cycle=(context.module, context.module),
            component_size=1,
            rank=(edge.site,),
        )


RULE = Rule(
    CODE,
    Severity.INFORMATION,
    __doc__ or "",
    Subject.SELF_IMPORT,
    "imports itself",
    check_module=check_module,
)
