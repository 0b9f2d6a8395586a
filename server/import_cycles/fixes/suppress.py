"""Accept the cycle with a comment.

What it does: adds `# import-cycles: ignore[code]` to the import, which then takes part in no
cycle. The program stays as it is.

When it is offered: always. It is never applied by `import-cycles fix` or on saving.

Example:

```
--- shop/__init__.py
--- shop/orders.py
import shop.users
#      ^^^^^^^^^^ info[cycle]
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
=== fix suppress at shop/orders.py "Accept the cycle with a comment" unsafe
--- shop/orders.py
import shop.users  # import-cycles: ignore[cycle]
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from import_cycles.base.edits import TextEdit
from import_cycles.base.text import LineIndex, Span
from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.fix import Binding, FixContext, FixKind, Proposal, Refusal, Safety

CODE = "suppress"


_COMMENT = re.compile(r"#\s*import-cycles:\s*ignore\[([^\]\n]*)\]")


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """A comment at the end of each line of the import that is at fault."""
    hop, finding = context.hop, context.finding
    module = finding.place.module
    text = context.text(module)
    # The import may stand in a function of a module outside the cycle, which is no hop that fixes
    # are proposed for: the next one stands for it.
    is_called = module not in finding.path and (hop.importer, hop.imported) == finding.path[1:3]
    if text is None or (hop.importer != module and not is_called):
        return
    index = LineIndex(text)
    if is_called:
        lines = {context.site(module, finding.place.site).line}
    else:
        lines = {_line(binding, context, index) for binding in hop.bindings}
    edits = tuple(_comment(line, finding.code, index) for line in sorted(lines))
    yield Proposal(
        "Accept the cycle with a comment",
        {context.path_of(module): edits},
        Safety.UNSAFE,
        "the cycle stays",
    )


def _line(binding: Binding, context: FixContext, index: LineIndex) -> int:
    site = binding.record.site if binding.name is None else binding.name.site
    line = context.site(context.hop.importer, site).line
    if index.line_text(line).endswith("\\"):
        # No comment can stand before a line that goes on; on the last it covers the statement.
        return context.site(context.hop.importer, binding.record.statement).end_line
    return line


def _comment(line: int, code: str, index: LineIndex) -> TextEdit:
    text = index.line_text(line)
    start = index.line_start(line)
    known = _COMMENT.search(text)
    if known is not None:
        at = start + known.end(1)
        return TextEdit(Span(at, at), f", {code}" if known[1].strip() else code)
    end = start + len(text.rstrip())
    return TextEdit(Span(end, end), f"  # import-cycles: ignore[{code}]")


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=90, ends_cycles=False)
