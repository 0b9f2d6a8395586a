"""Calls of builtins: which module simulates them, and what is unknown after one that none does."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.builtin_attributes import BUILTIN_ATTRIBUTES
from import_cycles.simulate.builtin_classes import BUILTIN_CLASSES
from import_cycles.simulate.builtin_iterables import BUILTIN_ITERABLES
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.handlers import cause_now
from import_cycles.simulate.library_objects import LibraryObject
from import_cycles.simulate.operations import special_method
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.stores import parts
from import_cycles.simulate.unseen import expose_function
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Const,
    Frame,
    Function,
    Instance,
    Value,
)


def call_builtin(
    machine: Core,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """What a call of the builtin `name` gives; an exception class gives its instance."""
    if builtin_class(name) is not None:
        names = {"message": arguments[0] if arguments else Const("")}
        if name.endswith("ExceptionGroup") and len(arguments) == 2:
            names["exceptions"] = arguments[1]
        else:
            # `error.args` has them.
            lose_sight(machine.journal, arguments)
        return Instance(Builtin(name), parts(names))
    if name == "print":
        machine.hand_over(keywords.values())
    if name in _DUNDERS and arguments:
        return _through_dunder(machine, name, arguments, frame, mark)
    handler = _BUILTINS.get(name)
    if handler is None:
        return _of_literals(machine, name, arguments, keywords)
    result: Value = handler(machine, arguments, keywords, frame, mark)
    if result is UNKNOWN:
        _note_unseen(machine, name, (*arguments, *keywords.values()))
    return result


def _note_unseen(machine: Core, name: str, given: tuple[Value, ...]) -> None:
    """A builtin that is not followed: it may change its arguments, and its result is unknown."""
    if name in _WRITING:
        machine.expose(given, is_operation=True)
    if name in _HOLDING:
        lose_sight(machine.journal, given)
    if name in _HARMLESS:
        return
    machine.may_raise()
    machine.expose(given, is_operation=True)
    # Its result may be, or hold, one of its arguments.
    lose_sight(machine.journal, given)
    for each in given:
        if isinstance(each, Function):
            expose_function(machine.journal, each)


def _of_literals(
    machine: Core, name: str, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """A builtin that is not followed; pure ones have a known result for literals."""
    # To read a text that stands in for others costs a run for each of them.
    if name in _PURE and not keywords and all(isinstance(each, Const) for each in arguments):
        values = [each.value for each in arguments if isinstance(each, Const)]
        result: object = None
        if all(is_whole_text(value) for value in values if isinstance(value, str)):
            with suppress(TypeError, ValueError, ArithmeticError):
                result = getattr(builtins, name)(*values)
        if isinstance(result, (str, int, float)):
            # NaN is not even equal to itself.
            return Const(result) if result == result else UNKNOWN
    _note_unseen(machine, name, (*arguments, *keywords.values()))
    return UNKNOWN


def _through_dunder(
    machine: Core, name: str, arguments: tuple[Value, ...], frame: Frame, mark: int
) -> Value:
    """Builtins that call a method of their argument: `len`, `repr`, `hash`, `print`, …"""
    for argument in arguments if name == "print" else arguments[:1]:
        for method in _DUNDERS[name]:
            found = special_method(machine, argument, method, frame, mark)
            if found is not None:
                given = machine.call(
                    found, arguments[1:2] if name == "format" else (), {}, frame, mark
                )
                if name != "print":
                    return given
                break
    handler = _BUILTINS.get(name)
    if handler is None:
        return _of_literals(machine, name, arguments, {})
    result: Value = handler(machine, arguments, {}, frame, mark)
    if result is UNKNOWN:
        _note_unseen(machine, name, arguments)
    return result


def _str(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (Const(value=value),):
            return Const(str(value))
        case (LibraryObject() as value,):
            return value.as_text()
        case _:
            machine.expose(arguments, is_operation=True)
            return UNKNOWN


def _bool(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    known = machine.truth_of(arguments[0], frame, mark) if arguments else False
    return UNKNOWN if known is None else Const(known)


def _exit(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    raise system_exit(machine, arguments, frame, mark)


def system_exit(machine: Core, arguments: tuple[Value, ...], frame: Frame, mark: int) -> Raised:
    given = arguments[0] if arguments else NONE
    message = str(given.value) if isinstance(given, Const) else ""
    failure = machine.raised("SystemExit", frame, mark, message=message)
    failure.cause = cause_now(machine)
    return failure


_DUNDERS: Final[dict[str, tuple[str, ...]]] = {
    "abs": ("__abs__",),
    "bytes": ("__bytes__",),
    "dir": ("__dir__",),
    "float": ("__float__",),
    "format": ("__format__", "__str__", "__repr__"),
    "hash": ("__hash__",),
    "int": ("__int__",),
    "iter": ("__iter__",),
    "len": ("__len__",),
    "print": ("__str__", "__repr__"),
    "repr": ("__repr__",),
    "reversed": ("__reversed__",),
    "str": ("__str__", "__repr__"),
}
"""Builtins, and the methods of a project's class that they call; the first existing one counts."""


_PURE: Final = frozenset(
    {"abs", "ascii", "bin", "chr", "divmod", "float", "hex", "int", "oct", "ord", "repr", "round"}
)
"""Builtins whose result for literals is the same everywhere."""

_HARMLESS: Final = frozenset(
    [
        "bool", "callable", "classmethod", "dir", "getattr", "globals", "hasattr", "id",
        "isinstance", "locals", "object", "print", "property", "repr", "staticmethod", "str",
        "super", "type",
    ]
)  # fmt: skip
"""Builtins that do not fail, or that report themselves when they may."""

_HOLDING: Final = frozenset({"classmethod", "property", "staticmethod", "super", "type"})
"""Those among them whose result leads to what they got."""

_WRITING: Final = frozenset({"print", "repr"})
"""Those among them that write out objects, and what containers hold."""


_Handler = Callable[..., Value]


_BUILTINS: Final[dict[str, _Handler]] = {
    **BUILTIN_ATTRIBUTES,
    **BUILTIN_ITERABLES,
    **BUILTIN_CLASSES,
    "str": _str,
    "bool": _bool,
    "exit": _exit,
    "quit": _exit,
}
