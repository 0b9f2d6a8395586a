"""Tests of whether a module is the main program: `if __name__ == "__main__":` and the like."""

from __future__ import annotations

from import_cycles.syntax import steps as s
from import_cycles.syntax.walk import every_expression


def asks_for_main(test: s.Expression) -> bool:
    """Whether a test compares `__name__` with something."""
    return any(
        isinstance(each, s.Compare) and any(map(_is_own_name, (each.left, *each.rights)))
        for each in every_expression([test])
    )


def holds_only_for_main(test: s.Expression) -> bool:
    """Whether a test cannot hold while the module is imported under its own name."""
    match test:
        case s.Compare(left=left, operators=("==",), rights=(right,)):
            sides = (left, right)
            return any(map(_is_own_name, sides)) and s.Constant("__main__") in sides
        case s.BoolOp(is_and=True, values=values):
            return any(map(holds_only_for_main, values))
        case _:
            return False


def _is_own_name(value: s.Expression) -> bool:
    return isinstance(value, s.Name) and value.name == "__name__"
