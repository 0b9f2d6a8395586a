"""A suppression comment accepts a cycle that is not there.

What it finds: an `# import-cycles: ignore` comment on a line without an import that lies on a
cycle, or one that names a code that does not exist.

When it bites: later. A new cycle can come through that line, and the comment hides it.

Example:

```
--- shop.py
import json  # import-cycles: ignore
#            ^^^^^^^^^^^^^^^^^^^^^^^ warning[unused-suppression]
```

What to do: delete the comment.

When we stay silent: when the cycle would come back without the comment.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Finding, ModuleContext, Place, Rule, Severity, Subject
from import_cycles.syntax.imports import ImportFlag, When

CODE = "unused-suppression"


def check_module(context: ModuleContext) -> Iterable[Finding]:
    """One finding for each comment that suppresses nothing."""
    used = {
        edge.site
        for edge in context.edges
        if edge.when is not When.TYPING
        and ImportFlag.SUPPRESSED in edge.flags
        and context.closes_cycle(edge)
    }
    if context.suppressions:
        used |= _accepted_orders(context)
        used |= {each.site for each in context.hiding}
        used |= {each.site for each in context.absent}
    lazy = {edge.site for edge in context.edges if ImportFlag.LAZY in edge.flags}
    for number, comment in enumerate(context.suppressions):
        if not lazy.isdisjoint(comment.covers) and not context.hidden_codes.isdisjoint(
            comment.codes
        ):
            # This rule is about cycles that only some users ask to see.
            continue
        unknown = sorted(set(comment.codes) - context.known_codes)
        if unknown:
            message = f"This comment names a rule that does not exist: {', '.join(unknown)}"
        elif used.isdisjoint(comment.covers):
            message = "This comment suppresses nothing: no import on its line is in a cycle"
        else:
            continue
        yield Finding(
            code=CODE,
            subject=Subject.COMMENT,
            place=Place(context.module, comment.site),
            message=message,
            key=f"{CODE}:{context.module}:{number}",
            identity=Identity(context.module, "", CODE, ", ".join(comment.codes)),
            rank=(comment.site,),
        )


def _accepted_orders(context: ModuleContext) -> set[int]:
    """Import sites at which a comment accepts that the order matters, or may do so."""
    sites = {place.site for each in context.exchanges for place in (each.first, each.second)}
    knows_all = context.knows_exchanges()
    return {
        site
        for comment in context.suppressions
        if not comment.codes or not context.order_codes.isdisjoint(comment.codes)
        for site in comment.covers
        if site in sites or not knows_all
    }


RULE = Rule(
    CODE,
    Severity.WARNING,
    __doc__ or "",
    Subject.COMMENT,
    "accepts nothing",
    check_module=check_module,
)
