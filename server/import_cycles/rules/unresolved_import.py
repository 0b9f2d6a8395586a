"""An import asks a package of the project for a module that does not exist.

What it finds: `import shop.gone`, or `from shop.gone import x`, where `shop` is a package or a
plain module of the project and has no module of that name. Each missing module is reported once in
a file.

When it bites: with ModuleNotFoundError, when the import runs. The causes are a wrong name, a file
that was moved, or a package of which import-cycles was given only a part. No cycle can lead through
such an import, so what import-cycles reports of cycles may be incomplete.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.prices import price
#    ^^^^^^^^^^^ hint[unresolved-import]
```

What to do: correct the name, or add the file.

When we stay silent: under `try … except ImportError` and under conditions; for type checkers only;
and in namespace packages, since other distributions may add modules to them. Also where
`sys.modules`, `__path__` or finders are used by the package, by one around it, by a module that
these import or by the importing module. And for modules that a build makes: a file of that name in
another language lies there, git ignores the file, or the project's manifest names it.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import (
    Finding,
    ModuleContext,
    Place,
    Rule,
    Severity,
    Subject,
)

CODE = "unresolved-import"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """One finding for each module that is missing."""
    for each in context.absent:
        if context.is_accepted(each.site, CODE):
            continue
        why = "has no such module" if each.is_package else "is a module and no package"
        yield Finding(
            code=CODE,
            subject=Subject.ABSENT,
            place=Place(context.module, each.site),
            message=f"There is no {each.name}: {each.owner} {why}",
            key=f"{CODE}:{context.module}:{each.name}",
            identity=Identity(context.module, each.name, CODE),
            rank=(each.site,),
        )


RULE = Rule(
    CODE,
    Severity.HINT,
    __doc__ or "",
    Subject.ABSENT,
    "asks for a module that does not exist",
    check_module=check_module,
)
