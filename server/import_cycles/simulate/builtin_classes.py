"""Builtins about classes and instances: `isinstance`, `super`, `type`, `property`, …"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Final

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.absences import explained
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised, is_caught
from import_cycles.simulate.functions import wrapped_as
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Module,
    Sequence,
    SequenceKind,
    StandIn,
    Super,
    Value,
    Wrapping,
)


def _object(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], _f: Frame, _m: int
) -> Value:
    """A new object, different from every other. A survey has no objects of a single run."""
    if machine.is_survey or arguments or keywords:
        return UNKNOWN
    return Instance(Builtin("object"), parts())


def _isinstance(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case ((Sequence() | Mapping() | Const()) as value, Builtin(name=name)):
            return _is_builtin_instance(value, name)
        case ((Sequence() | Mapping() | Const()), Class() as wanted):
            return _by_its_own_idea(machine, wanted) if _has_own_idea(wanted) else Const(False)
        case (Instance(cls=Class() as cls), Class() as wanted):
            if wanted in cls.mro:
                return Const(True)
            if _has_own_idea(wanted):
                return _by_its_own_idea(machine, wanted)
            return UNKNOWN if cls.is_open else Const(False)
        case (Class(metaclass=Class() as metaclass), Class() as wanted):
            return Const(wanted in metaclass.mro)
        case (Class(metaclass=None, is_open=False), Class()):
            return Const(False)
        case ((Class() | Builtin(name="type" | "object")), Builtin(name="type")):
            return Const(True)
        case ((Function() | Module() | Const() | Instance(cls=Class())), Builtin(name="type")):
            return Const(False)
        case (_, StandIn() as wanted):
            message = "isinstance() arg 2 must be a type, a tuple of types, or a union"
            failure = machine.raised("TypeError", frame, mark, message=message)
            return machine.refuse(explained(machine, failure, wanted))
        case (value, Sequence() as several) if not several.is_open:
            return _isinstance_of_any(machine, value, several.items, frame, mark)
        case (_, Class() as wanted):
            return _by_its_own_idea(machine, wanted)
        case (_, (Builtin() | External())):
            return UNKNOWN
        case _:
            machine.may_raise("TypeError")
            return UNKNOWN


def _has_own_idea(cls: Class) -> bool:
    """Whether a class may define itself what counts as its instance or subclass: `abc`, protocols."""
    return any(
        each.metaclass is not None or any(isinstance(base, External) for base in each.bases)
        for each in cls.mro
    )


def _by_its_own_idea(machine: Core, cls: Class) -> Value:
    """The answer of a class that defines this itself."""
    machine.expose((cls,), is_operation=True)
    return UNKNOWN


def _isinstance_of_any(
    machine: Core, value: Value, wanted: tuple[Value, ...], frame: Frame, mark: int
) -> Value:
    answers = [_isinstance(machine, (value, each), {}, frame, mark) for each in wanted]
    if Const(True) in answers:
        return Const(True)
    return UNKNOWN if UNKNOWN in answers else Const(False)


def _is_builtin_instance(value: Sequence | Mapping | Const, name: str) -> Value:
    """Whether a literal or container is an instance of a builtin class."""
    wanted = getattr(builtins, name, None)
    match value:
        case Const(value=constant):
            own: type = type(constant)
        case Mapping():
            own = dict
        case Sequence(kind=SequenceKind.SET):
            # Or a frozenset.
            return UNKNOWN
        case Sequence(kind=kind):
            own = tuple if kind is SequenceKind.TUPLE else list
    return Const(issubclass(own, wanted)) if isinstance(wanted, type) else UNKNOWN


def _issubclass(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (_, Class() as wanted) if _has_own_idea(wanted):
            return _by_its_own_idea(machine, wanted)
        case (Class(), Builtin(name="object")):
            return Const(True)
        case (Class() as cls, (Class() | Builtin()) as wanted):
            known = is_caught(Raised(cls, None), wanted)
            return UNKNOWN if known is None else Const(known)
        case (Builtin(name=name) as cls, (Class() | Builtin()) as wanted) if builtin_class(name):
            return Const(bool(is_caught(Raised(cls, None), wanted)))
        case _:
            return UNKNOWN


def _super(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (Class() as start, owner):
            return Super(start, owner)
        case () if frame.owner is not None and frame.arguments:
            return Super(frame.owner, frame.arguments[0])
        case _:
            return UNKNOWN


def _type_of(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (Instance(cls=cls),):
            return cls
        case (_,):
            return UNKNOWN
        case _:
            machine.may_raise()
            machine.expose(arguments, is_operation=True)
            return UNKNOWN


def _static(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return wrapped_as(machine, Wrapping.STATIC, arguments)


def _class_method(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return wrapped_as(machine, Wrapping.CLASS, arguments)


def _property(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    getter = arguments[:1] or tuple(keywords[name] for name in ("fget",) if name in keywords)
    if not getter or not isinstance(getter[0], Function):
        machine.hand_over((*arguments, *keywords.values()))
    return wrapped_as(machine, Wrapping.PROPERTY, getter)


BUILTIN_CLASSES: Final[dict[str, Callable[..., Value]]] = {
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "super": _super,
    "type": _type_of,
    "object": _object,
    "staticmethod": _static,
    "classmethod": _class_method,
    "property": _property,
}
"""The function that simulates each builtin, by the name of the builtin."""
