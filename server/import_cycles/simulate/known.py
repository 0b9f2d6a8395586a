"""The values of things outside the project by which programs decide imports.

What calling them, decorating with them and deriving from them does is in `libraries.table`.
"""

from __future__ import annotations

from import_cycles.simulate.values import Const, External, Value
from import_cycles.syntax.target import PythonTarget


def external_value(dotted: str, target: PythonTarget) -> Value:
    """The value of something outside the project, by its dotted name."""
    value = target.constant(dotted)
    return External(dotted) if value is None else Const(value)
