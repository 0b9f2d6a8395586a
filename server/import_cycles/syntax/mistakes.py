"""Whether Python can read a text, asked without making a summary of it.

Of a module that is in no cycle, nothing but its mistakes is told. CPython finds them in less than half of
the time that a summary takes. Tests: tests/properties/test_mistakes.py.
"""

from __future__ import annotations

import warnings

from import_cycles.syntax.left_out import without_bodies
from import_cycles.syntax.long_texts import LONG
from import_cycles.syntax.parsing import has_endless_name


def has_no_mistake(text: str, *, leaves_out: bool = False) -> bool:
    """Whether a summary of the text would have no problem; if false, only the summary tells.

    With `leaves_out`, mistakes in bodies of functions are not looked for, as `summarize` does it. Cost: that
    of `ast.parse`, of what is not left out.
    """
    if len(text) > LONG or has_endless_name(text):
        return False
    short = without_bodies(text) if leaves_out else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(
                text if short is None else short, "<module>", "exec", dont_inherit=True, optimize=0
            )
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
