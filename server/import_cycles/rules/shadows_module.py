"""A file of the project hides a module of the standard library.

What it finds: an import that gets a file of the project, because it has the name of a standard module
and its folder comes first on `sys.path`.

When it bites: `queue.py` beside a script is what every `import queue` gets, in the project and in
libraries that need the standard module. They miss names that only the standard module has: "module
'queue' has no attribute 'SimpleQueue'", or "partially initialized module 'random' has no attribute
'randint' (most likely due to a circular import)". The finding is a warning where the import asks
for a name that the file does not bind: such an import meant the standard module.

Example:

```
--- queue.py
jobs = []
--- main.py
from queue import SimpleQueue
#    ^^^^^ warning[shadows-module]
```

What to do: rename the file.

When we stay silent: inside packages, where the file has a longer name; and about modules that every
Python has loaded before the program starts, which no file can hide. A folder behind the standard
library on `sys.path`, as editable installations add it, hides nothing. In that case, accept the
import with a comment, or switch the rule off.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.base.names import dotted_name
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import (
    Finding,
    ModuleContext,
    Place,
    Rule,
    Severity,
    Subject,
)

CODE = "shadows-module"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """One finding for each import that gets such a file."""
    for each in context.hiding:
        if context.is_accepted(each.site, CODE):
            continue
        name = dotted_name(each.module)
        missing = f", and it has no {', '.join(each.missing)}" if each.missing else ""
        yield Finding(
            code=CODE,
            subject=Subject.SHADOW,
            place=Place(context.module, each.site),
            message=(
                f"This gets {name} of the project, which hides the standard module {name}{missing}:"
                " rename the file if the standard one is meant, here or in a library"
            ),
            key=f"{CODE}:{context.module}:{each.site}",
            identity=Identity(context.module, each.module, CODE, ", ".join(each.missing)),
            rank=(not each.missing, each.site),
            severity=Severity.WARNING if each.missing else None,
        )


RULE = Rule(
    CODE,
    Severity.INFORMATION,
    __doc__ or "",
    Subject.SHADOW,
    "hides a standard module",
    check_module=check_module,
)
