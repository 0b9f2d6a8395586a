"""Attributes of modules, PEP 562 and the class of a module included."""

from __future__ import annotations

from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.absences import (
    is_loading_child,
    is_still_to_bind,
    missing_name,
    too_early,
)
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised, is_caught
from import_cycles.simulate.marks import CLASS_NAME
from import_cycles.simulate.messages import no_attribute
from import_cycles.simulate.names import implicit_attribute, miss_child
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Function,
    Lazy,
    Maybe,
    Method,
    Module,
    Status,
    Value,
    Wrapping,
)


def module_attribute(machine: Core, module: Module, name: str, frame: Frame, mark: int) -> Value:
    """`module.name`, PEP 562 included; raises the program's AttributeError."""
    value = machine.find_attribute(module, name, frame, mark)
    if value is not None:
        return value
    placeholder = module.names.get(name)
    if isinstance(placeholder, Lazy):
        # The placeholder is being resolved: a second read raises.
        return machine.touch(placeholder, module.names, name, mark, frame)
    return missing_name(machine, _no_attribute(machine, module, name, frame, mark), module, name)


def find_attribute(
    machine: Core, module: Module, name: str, frame: Frame, mark: int
) -> Value | None:
    """`module.name`, None if the module surely has no such attribute now.

    Source: Objects/moduleobject.c, `_Py_module_getattro_impl`.
    """
    value = module.names.get(name)
    if isinstance(value, Maybe):
        if module.status is Status.RUNNING:
            failure = _no_attribute(machine, module, name, frame, mark)
            machine.possible(too_early(machine, failure, module, name))
        value = value.value
    if isinstance(value, Lazy):
        if value in machine.resolving:
            return _from_class_or_hook(machine, module, name, frame, mark)
        return machine.touch(value, module.names, name, mark, frame)
    if value is not None:
        if isinstance(value, Module) and module.file.is_package:
            machine.recorder.meet(value)
        return value
    implicit = implicit_attribute(module, name)
    if implicit is not None:
        return implicit
    if module.file.is_package:
        miss_child(machine, module, name)
    lazy = machine.lazy_children.get(f"{module.dotted}.{name}")
    if lazy is not None:
        return machine.import_lazy_child(lazy, f"{module.dotted}.{name}", frame, mark)
    found = _from_class_or_hook(machine, module, name, frame, mark)
    if found is not None:
        return found
    if module.is_open:
        perhaps_early(machine, _no_attribute(machine, module, name, frame, mark), module, name)
        return UNKNOWN
    is_portion = module.file.kind is ModuleKind.NAMESPACE
    if is_portion and machine.world.find(f"{module.dotted}.{name}", module.file) is None:
        # Another distribution may hold another portion of it.
        return External(f"{module.dotted}.{name}")
    return None


def _from_class_or_hook(
    machine: Core, module: Module, name: str, frame: Frame, mark: int
) -> Value | None:
    """The answer of a module for a name that its namespace lacks."""
    of_class = module.fields.get((CLASS_NAME, name))
    if isinstance(of_class, Function):
        if of_class.wrapping is Wrapping.PROPERTY:
            return _from_property(machine, of_class, module, name, frame, mark)
        return Method(of_class, module)
    if isinstance(of_class, Value):
        return of_class
    hook = module.names.get("__getattr__")
    if isinstance(hook, Function):
        return _from_hook(machine, module, hook, name, frame, mark)
    return None if hook is None else UNKNOWN


def _from_property(
    machine: Core, prop: Function, module: Module, name: str, frame: Frame, mark: int
) -> Value:
    """A property of a module's class; its AttributeError becomes the module's own."""
    try:
        return machine.call(prop, (module,), {}, frame, mark)
    except Raised as raised:
        if not is_caught(raised, Builtin("AttributeError")):
            raise
        failure = _no_attribute(machine, module, name, frame, mark)
        failure.cause = raised.as_cause() if raised.is_circular else None
        failure.certain, failure.doubt = raised.certain, raised.doubt
        raise failure from None


def perhaps_early(machine: Core, failure: Raised, module: Module, name: str) -> None:
    """Code asks a loading module for a name that it binds later, or in a way not seen."""
    is_early = module.status is Status.RUNNING and is_still_to_bind(machine, module, name)
    if is_early or is_loading_child(machine, module, name):
        too_early(machine, failure, module, name)
        failure.doubt = (
            f"{module.dotted} may have {name} from code that is not followed;"
            f" otherwise {failure.error}: {failure.message}"
        )
        machine.possible(failure)


def _from_hook(
    machine: Core, module: Module, hook: Function, name: str, frame: Frame, mark: int
) -> Value:
    def ask() -> Value:
        try:
            return machine.call(hook, (Const(name),), {}, frame, mark)
        except Raised as raised:
            # Objects/object.c, `set_attribute_error_context`.
            if raised.error == "AttributeError" and not raised.name:
                raised.name = name
            raise

    if module.is_open:
        # The module may have the name, and the hook is then not called.
        return machine.fork_value(frame, ask, lambda: UNKNOWN)
    return ask()


def _no_attribute(machine: Core, module: Module, name: str, frame: Frame, mark: int) -> Raised:
    return machine.raised(
        "AttributeError",
        frame,
        mark,
        name=name,
        of=module,
        message=no_attribute(
            machine.world.target,
            name,
            module.dotted,
            module.file.path,
            is_running=module.status is Status.RUNNING,
            is_loading_child=is_loading_child(machine, module, name),
        ),
    )
