"""Builtins that read or change attributes and namespaces: `getattr`, `globals`, `exec`, `__import__`, …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from import_cycles.simulate.absences import is_loading_child, is_still_to_bind
from import_cycles.simulate.assignment import delete_attribute
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised, is_caught
from import_cycles.simulate.exposure import lose_parts, lose_sight
from import_cycles.simulate.importing import dunder_import
from import_cycles.simulate.names import MODULE_NAMES
from import_cycles.simulate.outcome import Cause, namespace_of
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Method,
    Module,
    Namespace,
    Partial,
    Scope,
    Sequence,
    SequenceKind,
    Value,
    Wrapping,
    sequence,
)


def _dunder_import(machine: Core, *call: object) -> Value:
    arguments, keywords, frame, mark = call
    return dunder_import(machine, arguments, keywords, frame, mark)  # type: ignore[arg-type]


def _dir(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    module = arguments[0] if arguments else frame.module
    if not isinstance(module, Module) or (not arguments and frame.scope is not Scope.MODULE):
        return UNKNOWN
    machine.look_through(module)
    names = dict.fromkeys((*module.names, *MODULE_NAMES))
    is_whole = not module.is_open and "__dir__" not in module.names
    is_whole = is_whole and not any(isinstance(value, Maybe) for value in module.names.values())
    known = tuple(Const(name) for name in sorted(names))
    return sequence(SequenceKind.LIST, known, is_open=not is_whole)


def _getattr(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    _note_computed_name(machine, arguments)
    match arguments:
        case (owner, Const(value=str(name))):
            return machine.attribute(owner, name, frame, mark)
        case (Module() as owner, Const(value=str(name)), default):
            return _attribute_or(machine, owner, name, default, frame, mark)
        case (Const(value=value), Const(value=str(name)), default) if not hasattr(value, name):
            return default
        case (owner, Const(value=str(name)), default):
            try:
                return machine.attribute(owner, name, frame, mark)
            except Raised as raised:
                if is_caught(raised, Builtin("AttributeError")):
                    return default
                raise
        case _:
            for owner in arguments[:1]:
                lose_parts(machine.journal, owner)
            return UNKNOWN


def _note_computed_name(machine: Core, arguments: tuple[Value, ...]) -> None:
    """The name of an attribute that is asked of a module may be made of parts."""
    if arguments and isinstance(arguments[0], Module):
        machine.ran.add(namespace_of(arguments[0].name))


def _attribute_or(
    machine: Core, module: Module, name: str, default: Value, frame: Frame, mark: int
) -> Value:
    """`getattr(module, name, default)`: only an AttributeError of the hook is caught."""
    if isinstance(module.names.get(name), Maybe):
        return UNKNOWN
    try:
        found = machine.find_attribute(module, name, frame, mark)
    except Raised as raised:
        if is_caught(raised, Builtin("AttributeError")):
            return default
        raise
    if found is not None:
        return found
    note_lack(machine, module, name, frame, mark)
    return default


def note_lack(machine: Core, module: Module, name: str, frame: Frame, mark: int) -> None:
    """The program learns that a module has no such attribute, or not yet."""
    if is_still_to_bind(machine, module, name) or is_loading_child(machine, module, name):
        spot = machine.spot(frame, mark)
        machine.reason_seen = Cause("AttributeError", spot, name, module.name, machine.chain())


def _hasattr(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    _note_computed_name(machine, arguments)
    match arguments:
        case (Const(value=value), Const(value=str(name))):
            return Const(hasattr(value, name))
        case (Module() as owner, Const(value=str(name))):
            try:
                found = machine.find_attribute(owner, name, frame, mark)
            except Raised as raised:
                if is_caught(raised, Builtin("AttributeError")):
                    return Const(False)
                raise
            if isinstance(owner.names.get(name), Maybe):
                return UNKNOWN
            if found is UNKNOWN and owner.is_open:
                return UNKNOWN
            if found is None:
                note_lack(machine, owner, name, frame, mark)
            return Const(found is not None)
        case _:
            machine.expose(arguments[:1])
            return UNKNOWN


def _callable(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], _f: Frame, _m: int
) -> Value:
    match arguments:
        case (Function(wrapping=Wrapping.PROPERTY | Wrapping.CACHED_PROPERTY),):
            return Const(False)
        case (Function(wrapping=Wrapping.CLASS),):
            return UNKNOWN
        case (Function() | Class() | Method() | Partial(),):
            return Const(True)
        case (Const() | Sequence() | Mapping(),):
            return Const(False)
        case (Instance(cls=Class() as cls),):
            if any("__call__" in each.names for each in cls.mro):
                return Const(True)
            is_known = not (cls.is_open or cls.is_altered or cls.builtin_bases)
            return Const(False) if is_known else UNKNOWN
        case _:
            return UNKNOWN


def _setattr(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (owner, Const(value=str(name)), value):
            machine.set_attribute(owner, name, value, frame, mark)
        case (owner, _, value):
            # An attribute whose name is not known.
            machine.hand_over((owner,))
            lose_sight(machine.journal, (value,))
        case _:
            pass
    return NONE


def _delattr(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (owner, Const(value=str(name))):
            delete_attribute(machine, owner, name, frame, mark)
        case _:
            pass
    return NONE


def _globals(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case ():
            return Namespace(frame.module)
        case (Module() as owner, *_):
            return Namespace(owner)
        case ((Class() | Instance(cls=Class())) as owner, *_):
            return Attributes(owner)
        case (External(dotted=dotted), *_):
            return External(f"{dotted}.__dict__")
        case _:
            return UNKNOWN


def _locals(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    if arguments or frame.scope is Scope.MODULE:
        return _globals(machine, arguments, _k, frame, mark)
    return _local_names(machine, frame)


def _local_names(machine: Core, frame: Frame) -> Value:
    """`locals()` in a function or a class body."""
    if frame.scope is Scope.CLASS and frame.owner is not None:
        return Attributes(frame.owner)
    lose_sight(machine.journal, frame.names.values())
    return UNKNOWN


def run_program_text(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`exec` and `eval`: the program text is not followed."""
    namespaces = (*arguments[1:], *_k.values())
    machine.hand_over(namespaces)
    if not namespaces or NONE in namespaces:
        machine.open_module(frame.module)
        if frame.scope is Scope.CLASS and frame.owner is not None:
            machine.hand_over((frame.owner,))
    return UNKNOWN


BUILTIN_ATTRIBUTES: Final[dict[str, Callable[..., Value]]] = {
    "__import__": _dunder_import,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "callable": _callable,
    "delattr": _delattr,
    "dir": _dir,
    "globals": _globals,
    "vars": _locals,
    "locals": _locals,
    "exec": run_program_text,
    "eval": run_program_text,
}
"""The function that simulates each builtin, by the name of the builtin."""
