"""Names: where they are looked up and bound.

Source: the language reference, "Naming and binding"; Python/ceval.c.
"""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.builtin_names import is_builtin
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.absences import missing_name
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.marks import BUILTIN, RUN_AS, SEARCH_PATH
from import_cycles.simulate.messages import unbound_free, unbound_local
from import_cycles.simulate.paths import folder_of, path_of_file, search_path
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Lazy,
    Maybe,
    Module,
    Namespace,
    Scope,
    Value,
)

MODULE_NAMES: Final = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__")
"""What the namespace of a module has before its first statement, among other things."""


_MODULE: Final = Scope.MODULE
_CLASS: Final = Scope.CLASS
_FUNCTION: Final = Scope.FUNCTION
"""Reading a member of an enumeration costs three times as much before Python 3.12."""

_SOMETIMES_BUILTIN: Final = frozenset(
    {"_", "ngettext", "get_ipython", "reveal_type", "WindowsError"}
)


def name_value(machine: Core, name: str, frame: Frame, mark: int) -> Value:
    """The value of a name, looked up as CPython does; raises the program's NameError."""
    scope: Frame | None = frame
    while scope is not None and scope.scope is not _MODULE:
        found = scope.names.get(name)
        if found is not None:
            return found.value if isinstance(found, Maybe) else found
        if scope.scope is _FUNCTION:
            if name in scope.code.local_names:
                return machine.refuse(_unbound(machine, name, frame, scope, mark))
            if name in scope.code.global_names:
                break
        scope = scope.outer
    return machine.global_value(name, frame, mark)


def _unbound(machine: Core, name: str, frame: Frame, scope: Frame, mark: int) -> Raised:
    """A variable of the function `scope`, which has no value yet or no longer."""
    inner = frame
    while inner is not scope and inner.is_inlined and inner.outer is not None:
        inner = inner.outer
    if inner is scope:
        message = unbound_local(machine.world.target, name)
        return machine.raised("UnboundLocalError", frame, mark, name=name, message=message)
    message = unbound_free(machine.world.target, name)
    return machine.raised("NameError", frame, mark, name=name, message=message)


def global_value(machine: Core, name: str, frame: Frame, mark: int) -> Value:
    module = frame.module
    found = module.names.get(name)
    if found is not None:
        value = found.value if isinstance(found, Maybe) else found
        if isinstance(value, Lazy):
            return machine.touch(value, module.names, name, mark, frame)
        if isinstance(value, Module) and module.file.is_package:
            machine.recorder.meet(value)
        return value
    implicit = implicit_attribute(module, name)
    if implicit is not None:
        return implicit
    if module.file.is_package:
        miss_child(machine, module, name)
    if is_builtin(name, machine.world.target.version):
        return Builtin(name)
    if module.is_open or name in _SOMETIMES_BUILTIN or machine.is_fact((BUILTIN, name)):
        return UNKNOWN
    if frame.scope is _CLASS and frame.owner is not None:
        if name in ("__qualname__", "__module__"):
            return UNKNOWN
        if frame.owner.is_altered:
            # The dict that a metaclass has prepared may have it.
            return UNKNOWN
    return _undefined(machine, name, frame, mark)


def _undefined(machine: Core, name: str, frame: Frame, mark: int) -> Value:
    """A global name that is not bound."""
    failure = machine.raised(
        "NameError", frame, mark, name=name, message=f"name '{name}' is not defined"
    )
    return missing_name(machine, failure, frame.module, name)


def miss_child(machine: Core, package: Module, name: str) -> None:
    """A package lacks a name, which it would have if a submodule were loaded."""
    if not machine.recorder.is_own(package):
        file = machine.world.find(f"{package.dotted}.{name}", package.file)
        if file is not None:
            machine.loaded_module(file.name)


def bind(machine: Core, name: str, value: Value, frame: Frame) -> None:
    """Bind a name in the scope that a frame binds names in."""
    names = frame.names
    code = frame.code
    if frame.scope is _MODULE:
        machine.lost.may_have_grown = True
    elif code.global_names or code.nonlocal_names:
        names = namespace(machine, name, frame)
        machine.lost.may_have_grown = True
    machine.journal.write(names, name, value)


def namespace(machine: Core, name: str, frame: Frame) -> dict[str, Value]:
    """The names among which a frame binds this one."""
    if frame.scope is _FUNCTION:
        if name in frame.code.global_names:
            return frame.module.names
        if name in frame.code.nonlocal_names:
            outer = frame.outer
            while outer is not None:
                if outer.scope is _FUNCTION and name in outer.code.local_names:
                    return outer.names
                outer = outer.outer
    elif frame.scope is _CLASS and name in frame.code.global_names:
        return frame.module.names
    return frame.names


def unbind(machine: Core, name: str, frame: Frame, mark: int) -> None:
    """`del name`; raises the program's NameError."""
    names = namespace(machine, name, frame)
    if name in names:
        machine.journal.erase(names, name)
    elif names is not frame.module.names and frame.scope is _FUNCTION:
        message = unbound_local(machine.world.target, name)
        machine.refuse(machine.raised("UnboundLocalError", frame, mark, name=name, message=message))
    elif not frame.module.is_open:
        message = f"name '{name}' is not defined"
        machine.refuse(machine.raised("NameError", frame, mark, name=name, message=message))


def implicit_attribute(module: Module, name: str) -> Value | None:
    """What every module has before its first statement runs; None for any other name."""
    match name:
        case "__name__":
            return Const(str(module.fields.get(RUN_AS) or module.dotted))
        case "__package__":
            package = module.dotted if module.file.is_package else module.dotted.rpartition(".")[0]
            return Const(package)
        case "__path__" if not module.file.is_package:
            return None
        case "__dict__":
            return Namespace(module)
        case "__builtins__":
            return External("builtins.__dict__")
        case "__file__" if module.file.kind is ModuleKind.SOURCE:
            return path_of_file(module.file)
        case "__path__":
            path = module.fields.get(SEARCH_PATH)
            return path if isinstance(path, Value) else search_path((folder_of(module.file),))
        case "__file__" | "__doc__" | "__spec__" | "__loader__":
            return UNKNOWN
        case "__cached__" | "__annotations__" | "__annotate__" | "__class__":
            return UNKNOWN
        case "__debug__":
            return Const(True)
        case _:
            return None
