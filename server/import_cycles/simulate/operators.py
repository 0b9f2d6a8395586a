"""Operators on sufficiently known values; other results are unknown."""

from __future__ import annotations

from import_cycles.simulate.library_objects import LibraryObject
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    External,
    Function,
    Instance,
    Mapping,
    Module,
    Sequence,
    SequenceKind,
    Unknown,
    Value,
)
from import_cycles.syntax.expressions import MAX_STRING
from import_cycles.syntax.target import PythonTarget, compare_version


def may_be_program(value: object) -> bool:
    """Whether this is a text that may be statements that bind names."""
    return isinstance(value, str) and ("\n" in value or ":" in value or "=" in value)


def is_whole_text(text: str) -> bool:
    """Whether a text is known to its end: of longer literals only the start is kept."""
    return len(text) < MAX_STRING


_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NUMERIC = frozenset("+-*/") | {"//"}


def binary_constant(left: Const, operator: str, right: Value) -> Value:
    """An operator between literals; too large results are unknown. TypeError is the program's."""
    first = left.value
    if operator == "%" and isinstance(first, str):
        return _formatted(first, right)
    if not isinstance(right, Const):
        return UNKNOWN
    second = right.value
    if isinstance(first, str) and isinstance(second, str) and operator == "+":
        return Const((first + second)[: LIMITS.text])
    if operator in _NUMERIC and (first is None or second is None):
        raise TypeError(
            f"unsupported operand type(s) for {operator}:"
            f" '{type(first).__name__}' and '{type(second).__name__}'"
        )
    if not isinstance(first, int) or not isinstance(second, int):
        return UNKNOWN
    match operator:
        case "+":
            return Const(first + second)
        case "-":
            return Const(first - second)
        case "*" if abs(first) < 1 << 64 and abs(second) < 1 << 64:
            return Const(first * second)
        case "%" | "//" if second:
            return Const(first % second if operator == "%" else first // second)
        case "|":
            return Const(first | second)
        case "&":
            return Const(first & second)
        case _:
            return UNKNOWN


def _formatted(template: str, right: Value) -> Value:
    match right:
        case Const(value=value):
            values: tuple[object, ...] = (value,)
        case Sequence() if all(isinstance(item, Const) for item in right.items):
            values = tuple(item.value for item in right.items if isinstance(item, Const))
        case _:
            return UNKNOWN
    try:
        return Const((template % values)[: LIMITS.text])
    except (TypeError, ValueError, MemoryError, OverflowError):
        return UNKNOWN


def compare_values(left: Value, operator: str, right: Value, target: PythonTarget) -> bool | None:
    """A comparison of two values; None when the result is not known."""
    if type(left) is Const and type(right) is Const:
        return _compare_constants(left.value, operator, right.value)
    match left, right:
        case (LibraryObject() as one, other) | (other, LibraryObject() as one) if (
            operator in ("==", "!=") and (same := one.equals(other)) is not None
        ):
            return same if operator == "==" else not same
        case Sequence(), External(dotted="sys.version_info") if operator in _MIRRORED:
            return compare_values(right, _MIRRORED[operator], left, target)
        case External(dotted="sys.version_info"), Sequence():
            parts = [item.value for item in right.items if isinstance(item, Const)]
            numbers = tuple(part for part in parts if isinstance(part, (int, str)))
            if len(numbers) != len(right.items):
                return None
            return compare_version(target.version, operator, numbers)
        case Const(value=first), Const(value=second):
            return _compare_constants(first, operator, second)
        case Sequence(), Sequence() if left is not right and operator not in ("is", "is not"):
            if _is_unordered(left) or _is_unordered(right):
                return _compare_sets(left, operator, right)
            if left.kind is right.kind:
                return _compare_sequences(left, operator, right, target)
        case _:
            pass
    if operator in ("==", "!=") and _differ_in_kind(left, right):
        return operator == "!="
    if operator in ("is", "is not"):
        same = _is_same(left, right)
        return same if same is None or operator == "is" else not same
    if operator in ("==", "!=") and (
        (_is_object(left) and isinstance(right, _PLAIN))
        or (_is_object(right) and isinstance(left, _PLAIN))
    ):
        same = _is_same(left, right)
        return same if same is None or operator == "==" else not same
    return None


def _compare_constants(first: object, operator: str, second: object) -> bool | None:
    if isinstance(first, str) and first == second and not is_whole_text(first):
        return None
    try:
        match operator:
            case "==":
                return bool(first == second)
            case "!=":
                return bool(first != second)
            case "<":
                return bool(first < second)  # type: ignore[operator]
            case "<=":
                return bool(first <= second)  # type: ignore[operator]
            case ">":
                return bool(first > second)  # type: ignore[operator]
            case ">=":
                return bool(first >= second)  # type: ignore[operator]
            case "is":
                return first is second or (first == second and type(first) is type(second))
            case "is not":
                return not (first is second or (first == second and type(first) is type(second)))
            case _:
                return None
    except TypeError:
        return None


def _is_unordered(value: Sequence) -> bool:
    return value.kind in (SequenceKind.SET, SequenceKind.VIEW)


def _compare_sets(left: Sequence, operator: str, right: Sequence) -> bool | None:
    """Sets and key views, by what they hold; a set is never equal to a list or tuple."""
    if not (_is_unordered(left) and _is_unordered(right)):
        view = left if left.kind is SequenceKind.VIEW else right
        if view.kind is SequenceKind.VIEW or operator not in ("==", "!="):
            return None
        return operator == "!="
    sides = []
    for side in (left, right):
        if side.is_open or not all(isinstance(item, Const) for item in side.items):
            return None
        sides.append(frozenset(item.value for item in side.items if isinstance(item, Const)))
    return _compare_constants(sides[0], operator, sides[1])


def _compare_sequences(
    left: Sequence, operator: str, right: Sequence, target: PythonTarget
) -> bool | None:
    if operator in ("==", "!="):
        same = _are_equal(left, right, target)
        return same if same is None or operator == "==" else not same
    values = []
    for side in (left, right):
        if side.is_open or not all(isinstance(item, Const) for item in side.items):
            return None
        values.append(tuple(item.value for item in side.items if isinstance(item, Const)))
    return _compare_constants(values[0], operator, values[1])


def _are_equal(left: Sequence, right: Sequence, target: PythonTarget) -> bool | None:
    if left.is_open or right.is_open:
        return None
    if len(left.items) != len(right.items):
        return False
    pairs = zip(left.items, right.items, strict=True)
    answers = [compare_values(ours, "==", theirs, target) for ours, theirs in pairs]
    return False if False in answers else (None if None in answers else True)


def _differ_in_kind(left: Value, right: Value) -> bool:
    """Whether they are builtin values of kinds that are never equal."""
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return left.kind is not right.kind and not (_is_unordered(left) and _is_unordered(right))
    kinds = (Const, Sequence, Mapping)
    ours = [kind for kind in kinds if isinstance(left, kind)]
    theirs = [kind for kind in kinds if isinstance(right, kind)]
    return bool(ours and theirs) and ours != theirs


_PLAIN = (Const, Module, Function, Class, Builtin, Sequence, Mapping, LibraryObject)


def _is_object(value: Value) -> bool:
    """Whether equality is identity for it, as far as is known."""
    return isinstance(value, (Module, Function, Class, Builtin)) or (
        isinstance(value, Const) and value.value is None
    )


def _is_same(left: Value, right: Value) -> bool | None:
    if isinstance(left, (Unknown, External)) or isinstance(right, (Unknown, External)):
        return None
    if left is right:
        return True
    known = (Const, Module, Function, Class, Instance, Mapping, Sequence, LibraryObject)
    if isinstance(left, Builtin) and isinstance(right, Builtin):
        return left == right
    if isinstance(left, (Builtin, *known)) and isinstance(right, (Builtin, *known)):
        return False
    return None
