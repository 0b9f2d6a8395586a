"""Calls: which of them run code of the project, and with what.

A callee that the model does not know has an unknown result, and may change its arguments.
"""

from __future__ import annotations

from import_cycles.libraries.facts import ANY
from import_cycles.libraries.table import facts
from import_cycles.simulate.absences import explained
from import_cycles.simulate.core import Core
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.outside import (
    Dispatcher,
    OutsideDecorator,
    call_external,
    call_unknown,
    given_by,
    perhaps_call,
)
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    BuiltinMethod,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Method,
    Module,
    Partial,
    Value,
)


def call(
    machine: Core,
    function: Value,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """The result of calling a value."""
    if function is UNKNOWN:
        return call_unknown(machine, arguments, keywords, frame)
    special = machine.special_calls.get(type(function))
    if special is not None:
        return special(machine, function, arguments, keywords, frame, mark)
    if type(function) is External:
        return call_external(machine, function.dotted, arguments, keywords, frame, mark)
    if type(function) is Builtin:
        return machine.call_builtin(function.name, arguments, keywords, frame, mark)
    match function:
        case Function():
            return machine.call_function(function, arguments, keywords)
        case Method(function=inner, owner=owner):
            return machine.call_function(inner, (owner, *arguments), keywords)
        case Class():
            return machine.instantiate(function, arguments, keywords, frame, mark)
        case Instance(cls=Class()):
            method = machine.attribute(function, "__call__", frame, mark)
            if isinstance(method, (Function, Method)):
                return machine.call(method, arguments, keywords, frame, mark)
            return call_unknown(machine, (function, *arguments), keywords, frame)
        case Const(value=value):
            message = f"'{type(value).__name__}' object is not callable"
            failure = machine.raised("TypeError", frame, mark, message=message)
            return machine.refuse(explained(machine, failure, function))
        case Module():
            failure = machine.raised(
                "TypeError", frame, mark, message="'module' object is not callable"
            )
            return machine.refuse(explained(machine, failure, function))
        case Dispatcher(function=default) if OPEN not in function.fields:
            return machine.call(default, arguments, keywords, frame, mark)
        case Dispatcher(function=default):
            perhaps_call(machine, default, frame, mark, arguments, keywords)
            return UNKNOWN
        case OutsideDecorator(dotted=dotted):
            machine.hand_over(arguments if facts(dotted).changes == ANY else ())
            return given_by(machine, dotted, arguments)
        case Partial(function=inner, arguments=first, keywords=known):
            return machine.call(inner, (*first, *arguments), {**known, **keywords}, frame, mark)
        case BuiltinMethod(owner=owner, name=name):
            return machine.call_builtin_method(owner, name, arguments, keywords, frame, mark)
        case _:
            return call_unknown(machine, (function, *arguments), keywords, frame)


def decorate(machine: Core, decorator: Value, value: Value, frame: Frame, mark: int) -> Value:
    """The value that `@decorator` puts in place of `value`."""
    result = machine.call(decorator, (value,), {}, frame, mark)
    is_outside = isinstance(decorator, (External, OutsideDecorator)) or decorator is UNKNOWN
    if is_outside and result is UNKNOWN and isinstance(value, Class):
        # A class decorator most likely returns the class, perhaps with other attributes.
        machine.hand_over((value,))
        return value
    return result
