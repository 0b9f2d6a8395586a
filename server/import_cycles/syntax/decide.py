"""Tests that can be decided without running anything.

`TYPE_CHECKING` however it is spelled, `sys.version_info`, `sys.platform` and `os.name` against
the target, literals, `__name__ == "__main__"` (false on import), module-level constants, and
`not`/`and`/`or` of those. Everything else is undecided, which is an answer too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from import_cycles.syntax.target import PythonTarget, compare_version


class _Undecided:
    """The value of an expression that cannot be known."""


_UNDECIDED: Final = _Undecided()
_TYPING_NAMES: Final = frozenset({"TYPE_CHECKING", "MYPY"})
_OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def operator_text(operator: ast.cmpop) -> str:
    """A comparison operator as it is written."""
    return _OPERATORS[type(operator)]


class Decider:
    """The facts about a module's names at a point of the pass over it."""

    def __init__(self, target: PythonTarget) -> None:
        self._target = target
        self._origins: dict[str, str] = {"sys": "sys", "os": "os", "typing": "typing"}
        self._constants: dict[str, bool] = {}
        self._undecided: set[str] = set()
        self._volatile: set[str] = set()
        self.in_function = False
        """In a function a name may be a local that only looks like a module-level constant."""
        self.renames_import_module = False
        """Whether some name stands, or stood, for `importlib.import_module` without showing it."""

    def bind_import(self, name: str, origin: str) -> None:
        """`name` now stands for the module or attribute with the dotted name `origin`."""
        self._origins[name] = origin
        if origin == "importlib.import_module" and name != "import_module":
            self.renames_import_module = True
        self._constants.pop(name, None)
        self._undecided.discard(name)

    def bind_value(self, name: str, value: ast.expr | None, *, certain: bool) -> None:
        """`name` is assigned at module level; `certain` unless a condition stands over it."""
        decided = None if value is None or _is_changeable(value) else self.truth(value)
        if not certain:
            if decided is not None and decided is self.truth(ast.Name(name)):
                # Whether this runs or not, the name has the same value afterwards.
                return
            decided = None
        self._origins.pop(name, None)
        if decided is None or name in self._volatile:
            self._constants.pop(name, None)
            self._undecided.add(name)
        else:
            self._constants[name] = decided
            self._undecided.discard(name)

    def bind_elsewhere(self, names: Iterable[str]) -> None:
        """Functions declare these names global: they may change whenever one is called."""
        self._volatile.update(names)
        for name in names:
            self._constants.pop(name, None)

    def bind_anything(self) -> None:
        """A star-import may have bound any name anew."""
        self._constants.clear()

    def origin(self, node: ast.expr) -> str | None:
        """The dotted name that a chain of attributes stands for, through import aliases."""
        match node:
            case ast.Name(id=name):
                return self._origins.get(name)
            case ast.Attribute(value=value, attr=attribute):
                base = self.origin(value)
                return f"{base}.{attribute}" if base else None
            case _:
                return None

    def truth(self, test: ast.expr) -> bool | None:
        """Whether `test` holds when the module is imported; None when that is undecided."""
        match test:
            case ast.BoolOp(op=operator, values=values):
                return self._junction(values, is_and=isinstance(operator, ast.And))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return None if inner is None else not inner
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._comparison(left, operator_text(operator), right)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[argument]):
                return self._startswith(value, argument)
            case ast.Name(id="__debug__"):
                return True
            case ast.Name(id=name) if self._is_constant(name):
                return self._constants[name]
            case ast.Name(id=name) if name in self._undecided:
                return None
            case ast.Name(id=name) if self._is_typing(self._origins.get(name, name)):
                return self._typing_truth(self._origins.get(name, name))
            case ast.Attribute(attr=attribute) if self._is_typing(attribute):
                return self._typing_truth(attribute)
            case _:
                known = self._value(test)
                return None if isinstance(known, _Undecided) else bool(known)

    def _is_constant(self, name: str) -> bool:
        return name in self._constants and (not self.in_function or name in _TYPING_NAMES)

    def _is_typing(self, origin: str) -> bool:
        return origin.rpartition(".")[2] in _TYPING_NAMES

    def _typing_truth(self, origin: str) -> bool:
        # `MYPY` is a constant of the module itself; the setting does not change it.
        return self._target.type_checking and origin.rpartition(".")[2] != "MYPY"

    def _junction(self, values: list[ast.expr], *, is_and: bool) -> bool | None:
        # One decided operand can settle the whole, whatever the undecided ones are.
        truths = [self.truth(value) for value in values]
        if (not is_and) in truths:
            return not is_and
        return None if None in truths else is_and

    def _comparison(self, left: ast.expr, operator: str, right: ast.expr) -> bool | None:
        for side, other_side in ((left, right), (right, left)):
            if isinstance(side, ast.Name) and side.id == "__name__":
                return self._name_comparison(operator, other_side)
        if self._is_version(left):
            other = self._value(right)
            if isinstance(other, tuple):
                return compare_version(self._target.version, operator, other)
            return None
        first, second = self._value(left), self._value(right)
        if isinstance(first, _Undecided) or isinstance(second, _Undecided):
            return None
        return _compare(first, operator, second)

    def _name_comparison(self, operator: str, right: ast.expr) -> bool | None:
        if not (isinstance(right, ast.Constant) and right.value == "__main__"):
            return None
        return {"==": False, "!=": True}.get(operator)

    def _startswith(self, value: ast.expr, argument: ast.expr) -> bool | None:
        text, prefix = self._value(value), self._value(argument)
        if isinstance(text, str) and isinstance(prefix, str):
            return text.startswith(prefix)
        return None

    def _is_version(self, node: ast.expr) -> bool:
        return self.origin(node) == "sys.version_info"

    def _value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                values = tuple(self._value(item) for item in items)
                return _UNDECIDED if any(isinstance(v, _Undecided) for v in values) else values
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return -number
            case ast.Subscript(value=value, slice=index):
                return self._version_item(value, index)
            case ast.Name(id=name) if self._is_constant(name):
                return self._constants[name]
            case _:
                return self._known_origin(self.origin(node))

    def _known_origin(self, origin: str | None) -> object:
        value = None if origin is None else self._target.constant(origin)
        return _UNDECIDED if value is None else value

    def _version_item(self, value: ast.expr, index: ast.expr) -> object:
        if self.origin(value) != "sys.version_info":
            return _UNDECIDED
        match index:
            case ast.Constant(value=int(position)) if position in (0, 1):
                return self._target.version[position]
            case ast.Slice(lower=None, upper=ast.Constant(value=int(end)), step=None) if (
                0 <= end <= 2
            ):
                return self._target.version[:end]
            case _:
                return _UNDECIDED


def _is_changeable(value: ast.expr) -> bool:
    """Whether a list or set can come out, which may be filled or emptied later."""
    if isinstance(value, ast.BoolOp):
        return any(map(_is_changeable, value.values))
    return isinstance(value, ast.List | ast.Set)


def _compare(first: object, operator: str, second: object) -> bool | None:
    try:
        match operator:
            case "==":
                return bool(first == second)
            case "!=":
                return bool(first != second)
            case "in" if isinstance(second, (str, tuple)):
                return first in second
            case "not in" if isinstance(second, (str, tuple)):
                return first not in second
            case "is":
                return first is second
            case "is not":
                return first is not second
            case "<":
                return bool(first < second)  # type: ignore[operator]
            case "<=":
                return bool(first <= second)  # type: ignore[operator]
            case ">":
                return bool(first > second)  # type: ignore[operator]
            case ">=":
                return bool(first >= second)  # type: ignore[operator]
            case _:
                return None
    except TypeError:
        return None
