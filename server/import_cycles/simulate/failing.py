"""Operations that may fail while a handler is there to catch the failure.

An operation is *proven* to succeed if its operands show that. Any other one may raise an exception
that a handler catches (`Core.may_raise`). Without such a handler none of this is checked.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from types import FunctionType

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.core import Core
from import_cycles.simulate.marks import IS_DATACLASS
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    External,
    Function,
    Instance,
    Mapping,
    Method,
    Module,
    Namespace,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
)

_FINAL = frozenset({"bool", "range", "slice", "memoryview", "property"})
"""Builtin classes from which no class can derive, or in practice does."""

_KINDS: dict[SequenceKind, tuple[type, ...]] = {
    SequenceKind.LIST: (list,),
    SequenceKind.TUPLE: (tuple, range, enumerate, zip),
    SequenceKind.SET: (set,),
    SequenceKind.VIEW: (type({}.keys()), type({}.values())),
}
"""What a sequence of the model may be in the program."""


def missed_attribute(machine: Core, kinds: tuple[str, ...], name: str) -> Value:
    """An attribute that the project gives no object of builtin kinds: what it is, if they have it."""
    if machine.catchers and not any(hasattr(getattr(builtins, k, object), name) for k in kinds):
        machine.may_raise("AttributeError")
    return UNKNOWN


def missed_of_function(machine: Core, name: str) -> Value:
    """The same for a function."""
    if machine.catchers and not hasattr(FunctionType, name):
        machine.may_raise("AttributeError")
    return UNKNOWN


def note_method(machine: Core, owner: Value, name: str) -> None:
    """A method of a container or text is read: perhaps it has none of that name."""
    if not machine.catchers:
        return
    match owner:
        case Sequence(kind=kind):
            if not any(hasattr(each, name) for each in _KINDS[kind]):
                machine.may_raise("AttributeError")
            elif kind is SequenceKind.SET and not hasattr(frozenset, name):
                machine.may_raise("AttributeError", is_rare=True)
        case Mapping() | Namespace() if not hasattr(dict, name):
            machine.may_raise("AttributeError")
        case _:
            pass


def note_hashed(machine: Core, values: Iterable[Value]) -> None:
    """These become keys of a dict or items of a set: their methods say which are equal."""
    values = tuple(values)
    for value in values if machine.catchers else ():
        _may_be_unhashable(machine, value)
    machine.expose(values, is_operation=True)


def _may_be_unhashable(machine: Core, value: Value) -> None:
    match value:
        case Sequence(kind=SequenceKind.TUPLE):
            for item in value.items:
                _may_be_unhashable(machine, item)
        case Sequence() | Mapping() | Namespace():
            machine.may_raise("TypeError")
        case Const() | Function() | Class() | Module() | Builtin() | External() | Method():
            pass
        case _:
            machine.may_raise("TypeError", is_rare=True)


def note_fit(
    machine: Core, function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> None:
    """A function is called: perhaps the arguments do not fit its parameters."""
    if not machine.catchers:
        return
    parameters = function.code.parameters
    positional = (*parameters.positional_only, *parameters.positional)
    if len(arguments) == len(positional) and not keywords and not parameters.keyword_only:
        return
    given = positional[: len(arguments)]
    needed = positional[len(arguments) : len(positional) - len(function.defaults)]
    named = {*parameters.positional, *parameters.keyword_only}
    is_fit = (
        (parameters.variadic is not None or len(arguments) <= len(positional))
        and all(name in keywords and name in named for name in needed)
        and (
            parameters.keyword_variadic is not None
            or all(name in named and name not in given for name in keywords)
        )
        and all(
            default is not None or name in keywords
            for name, default in zip(
                parameters.keyword_only, function.keyword_defaults, strict=False
            )
        )
    )
    if not is_fit:
        machine.may_raise("TypeError")


def note_bases(machine: Core, cls: Class) -> None:
    """A class is made: perhaps not of these bases."""
    if not machine.catchers:
        return
    bases = cls.bases
    classes = [base for base in bases if isinstance(base, Class)]
    names = {base.name for base in bases if isinstance(base, Builtin)}
    names.update(name for base in classes for name in base.builtin_bases)
    is_odd = (
        bool(names & _FINAL)
        or len({_layout(name) for name in names - {"object"}}) > 1
        or any(
            base in other.mro[1:] for n, base in enumerate(classes) for other in classes[n + 1 :]
        )
        or len(set(bases)) < len(bases)
        or any(_is_at_odds(base.metaclass, cls.metaclass) for base in classes)
    )
    if is_odd:
        machine.may_raise("TypeError")
    elif len(bases) > 1 and len(classes) < len(bases):
        machine.may_raise("TypeError", is_rare=True)


def _is_at_odds(inherited: Value | None, metaclass: Value | None) -> bool:
    """Whether the metaclass of a class does not derive from that of a base."""
    return (
        isinstance(inherited, Class)
        and isinstance(metaclass, Class)
        and inherited not in metaclass.mro
    )


def _layout(name: str) -> str:
    """Exceptions of two classes can mostly be one; objects of other builtin classes cannot."""
    return "BaseException" if builtin_class(name) is not None else name


def is_iterable(value: Value) -> bool:
    """Whether going through a value surely works."""
    return isinstance(value, (Sequence, Mapping, Namespace, Suspended)) or (
        isinstance(value, Const) and isinstance(value.value, str)
    )


def note_made(machine: Core, cls: Class, arguments: tuple[Value, ...]) -> None:
    """An object is made: of an abstract class, or with arguments that no method accepts."""
    if not machine.catchers:
        return
    makers = ("__new__", "__init__")
    if any(isinstance(base, External) for each in cls.mro for base in each.bases):
        machine.may_raise("TypeError", is_rare=True)
    elif (
        arguments
        and not (cls.builtin_bases or cls.is_open or IS_DATACLASS in cls.fields)
        and not any(name in each.names for each in cls.mro for name in makers)
    ):
        machine.may_raise("TypeError")


def note_set(machine: Core, owner: Value) -> None:
    """An attribute is set: perhaps slots have no place for it, or a dataclass is frozen."""
    if (
        machine.catchers
        and isinstance(owner, Instance)
        and isinstance(owner.cls, Class)
        and any("__slots__" in each.names or IS_DATACLASS in each.fields for each in owner.cls.mro)
    ):
        machine.may_raise("AttributeError", is_rare=True)
