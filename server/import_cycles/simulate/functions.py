"""Functions of the project: how parameters are bound and bodies run."""

from __future__ import annotations

from collections.abc import Callable

from import_cycles.simulate.core import Core, argument_kind, without_traceback
from import_cycles.simulate.errors import Raised, Returned
from import_cycles.simulate.failing import note_fit
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import STANDS_IN
from import_cycles.simulate.outcome import Cause
from import_cycles.simulate.stores import parts, store
from import_cycles.simulate.unseen import expose_functions
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Const,
    Frame,
    Function,
    Mapping,
    Scope,
    SequenceKind,
    StandIn,
    Suspended,
    Value,
    Wrapping,
    sequence,
)


def call_function(
    machine: Core, function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """Run a function, or suspend it when it is a generator or a coroutine."""
    note_fit(machine, function, arguments, keywords)
    names = bind_parameters(function, arguments, keywords)
    code = function.code
    if code.is_generator or code.is_async or function.wrapping is Wrapping.CONTEXT_MANAGER:
        is_coroutine = code.is_async and not code.is_generator
        return Suspended(function, names, is_coroutine=is_coroutine)
    if function.wrapping is Wrapping.CACHED:
        return _run_once(machine, function, names)
    return machine.run_function(function, names)


def _run_once(machine: Core, function: Function, names: dict[str, Value]) -> Value:
    """`functools.cache`: equal arguments give the earlier result again."""
    machine.expose(names.values(), is_operation=True)
    kinds = tuple(argument_kind(value) for value in names.values())
    if None in kinds:
        return machine.run_function(function, names)
    key = f"result of {kinds!r}"
    if key not in function.fields:
        machine.journal.write(function.fields, key, machine.run_function(function, names))
    result = function.fields[key]
    return result if isinstance(result, Value) else UNKNOWN


def run_function(
    machine: Core,
    function: Function,
    names: dict[str, Value],
    on_yield: Callable[[Value], Value] | None = None,
) -> Value:
    """Execute the body of a function with its parameters bound."""
    is_followed = machine.has_room()
    if not is_followed or machine.outer_calls + machine.calls >= LIMITS.calls:
        return _left_out(machine, function, names)
    if not machine.doubt:
        return run_body(machine, function, names, on_yield)
    # The results of several ways are joined anyway. So one run for each kind of arguments is
    # enough, and keeps nested forks from multiplying.
    kinds = ((name, argument_kind(value)) for name, value in names.items())
    key = (function.module.name, function.number, *kinds)
    if on_yield is not None:
        return _run_generator(machine, function, names, on_yield, key)
    is_new = key not in machine.doubtful_results
    if is_new:
        machine.doubtful_results[key] = UNKNOWN
    machine.recorder.doubtful(key, is_new=is_new)
    if is_new:
        machine.doubtful_results[key] = run_body(machine, function, names, None)
    else:
        # It changes these arguments as it changed those of the first call.
        machine.hand_over(names.values())
    return machine.doubtful_results[key]


def _run_generator(
    machine: Core,
    function: Function,
    names: dict[str, Value],
    on_yield: Callable[[Value], Value],
    key: tuple[object, ...],
) -> Value:
    """A generator on one of several ways; a recursive call of it gives an unknown item."""
    if key in machine.doubtful_generators:
        machine.hand_over(names.values())
        on_yield(UNKNOWN)
        return UNKNOWN
    machine.doubtful_generators.add(key)
    try:
        return run_body(machine, function, names, on_yield)
    finally:
        machine.doubtful_generators.discard(key)


def _left_out(machine: Core, function: Function, names: dict[str, Value]) -> Value:
    """A call that is not followed because too much has run: values that it could change open."""
    if not machine.doubt and not machine.unknown_imports:
        machine.note_unknown_import()
    machine.may_raise()
    machine.hand_over(names.values())
    if not machine.is_survey:
        expose_functions(machine.journal, [function], is_again=False)
    if function.code.global_names:
        machine.open_module(function.module)
    return UNKNOWN


def run_body(
    machine: Core,
    function: Function,
    names: dict[str, Value],
    on_yield: Callable[[Value], Value] | None,
) -> Value:
    note_call(machine, function)
    code = function.code
    first = (code.parameters.positional_only or code.parameters.positional)[:1]
    frame = Frame(
        function.module,
        function.number,
        code,
        Scope.FUNCTION,
        store(names),
        function.outer,
        on_yield,
        owner=function.owner,
        arguments=tuple(names[name] for name in first if name in names),
    )
    machine.calls += 1
    result: Value = NONE
    try:
        machine.execute(code.body, frame)
    except Returned as returned:
        result = without_traceback(returned).value
    except Raised as raised:
        if not frame.returns:
            raise
        # It may have returned before, so the exception is only a possible one.
        machine.possible(without_traceback(raised))
        result = frame.returns.pop()
    finally:
        machine.calls -= 1
    for value in frame.returns:
        result = machine.joined_value(result, value)
    if type(result) is Const and function.fields:
        cause = function.fields.get(STANDS_IN)
        return StandIn(result.value, cause) if isinstance(cause, Cause) else result
    return result


def note_call(machine: Core, function: Function) -> None:
    """A function of the project is run."""
    machine.ran.add((function.module.name, function.number))


def wrapped_as(machine: Core, wrapping: Wrapping, arguments: tuple[Value, ...]) -> Value:
    if not arguments or not isinstance(arguments[0], Function):
        return UNKNOWN
    inner = arguments[0]
    return Function(
        inner.module, inner.number, inner.code, inner.outer, inner.defaults,
        inner.keyword_defaults, wrapping, inner.owner, inner.fields,
    )  # fmt: skip


def bind_parameters(
    function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> dict[str, Value]:
    """The names that a call binds. A parameter without an argument is taken for unknown."""
    parameters = function.code.parameters
    positional = parameters.positional
    if parameters.positional_only:
        positional = (*parameters.positional_only, *positional)
    names: dict[str, Value] = dict(zip(positional, arguments, strict=False))
    if parameters.variadic is not None:
        rest = arguments[len(positional) :]
        names[parameters.variadic] = sequence(SequenceKind.TUPLE, rest)
    surplus: dict[str | int | float | bool | None, Value] = {}
    for name, value in keywords.items():
        if name in parameters.positional or name in parameters.keyword_only:
            names[name] = value
        else:
            surplus[name] = value
    if parameters.keyword_variadic is not None:
        names[parameters.keyword_variadic] = Mapping(parts(surplus))
    if len(arguments) < len(positional):
        first_default = len(positional) - len(function.defaults)
        for name, default in zip(positional[first_default:], function.defaults, strict=False):
            names.setdefault(name, default)
    if parameters.keyword_only:
        for name, maybe in zip(parameters.keyword_only, function.keyword_defaults, strict=False):
            if maybe is not None:
                names.setdefault(name, maybe)
    if len(arguments) < len(positional):
        for name in positional:
            names.setdefault(name, UNKNOWN)
    for name in parameters.keyword_only:
        names.setdefault(name, UNKNOWN)
    return names
