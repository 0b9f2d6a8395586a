"""Calls of functions outside the project: they do what the table of libraries says, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from import_cycles.base.record import entity, field, record
from import_cycles.libraries.facts import ANY, Facts, Gives, Options
from import_cycles.libraries.facts import Calls as When
from import_cycles.libraries.facts import Imports as Loading
from import_cycles.libraries.table import facts, is_standard
from import_cycles.simulate.absences import explained, not_loaded
from import_cycles.simulate.builtin_attributes import run_program_text
from import_cycles.simulate.builtin_functions import system_exit
from import_cycles.simulate.core import Core, do_nothing
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.functions import wrapped_as
from import_cycles.simulate.importing import dunder_import
from import_cycles.simulate.library_calls import LIBRARY_CALLS
from import_cycles.simulate.marks import BUILTIN, FINDERS, IS_DATACLASS, Mark
from import_cycles.simulate.operations import gather
from import_cycles.simulate.stores import parts
from import_cycles.simulate.unseen import expose_function, expose_generator
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    BuiltinMethod,
    Class,
    Const,
    External,
    Frame,
    Function,
    Mapping,
    Method,
    Module,
    Partial,
    Sequence,
    Suppress,
    Suspended,
    Value,
    Wrapping,
)


@entity
class FieldOptions(Value):
    """`dataclasses.field(…)`, as the default of a field."""

    keywords: dict[str, Value]


@entity
class Dispatcher(Value):
    """`functools.singledispatch`: calls the function, or perhaps another one once it is open."""

    function: Function
    fields: dict[Mark, object] = field(default_factory=parts)


@record
class OutsideDecorator(Value):
    """The effect of `@name(…)`, where the name is outside the project."""

    dotted: str


_WRAPPINGS: Final = {
    Gives.STATIC_METHOD: Wrapping.STATIC,
    Gives.CLASS_METHOD: Wrapping.CLASS,
    Gives.PROPERTY: Wrapping.PROPERTY,
    Gives.CACHED_PROPERTY: Wrapping.CACHED_PROPERTY,
    Gives.CONTEXT_MANAGER: Wrapping.CONTEXT_MANAGER,
    Gives.CACHED: Wrapping.CACHED,
}


_CALLERS: Final = (Gives.CALLER, Gives.DISPATCHER, Gives.PARTIAL)
_CALLABLE: Final = (Function, Class, Method, Partial)


def call_unknown(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame
) -> Value:
    """A callee of which nothing is known: it may change its arguments in any way."""
    machine.may_raise()
    machine.hand_over((*arguments, *keywords.values()))
    if any(machine.may_be_program(argument) for argument in arguments):
        # It may be `exec` under another name, as in `six.exec_`.
        machine.open_module(frame.module)
    return UNKNOWN


def call_external(
    machine: Core,
    dotted: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    machine.run_lost()
    match dotted:
        case "importlib.import_module":
            return machine.import_call(arguments, keywords, frame, mark)
        case "importlib.__import__":
            return dunder_import(machine, arguments, keywords, frame, mark)
        case "sys.modules.get":
            return _modules_get(machine, arguments, frame)
        case "sys.modules.update":
            return _modules_update(machine, arguments, keywords, frame)
        case "sys.modules.pop":
            return _modules_pop(machine, arguments, frame, mark)
        case "sys.exit":
            raise system_exit(machine, arguments, frame, mark)
        case "contextlib.suppress":
            return Suppress(arguments)
        case "dataclasses.field":
            return FieldOptions(keywords)
        case "functools.partial":
            if not arguments:
                return UNKNOWN
            if isinstance(arguments[0], (Const, Module, Sequence, Mapping)):
                failure = machine.raised(
                    "TypeError", frame, mark, message="the first argument must be callable"
                )
                return machine.refuse(explained(machine, failure, arguments[0]))
            return Partial(arguments[0], arguments[1:], dict(keywords))
        case "functools.reduce":
            for item in gather(machine, arguments[1], frame) or () if len(arguments) > 1 else ():
                machine.call(arguments[0], (UNKNOWN, item), {}, frame, mark)
            return UNKNOWN
        case "importlib.reload":
            return _reload(machine, arguments)
        case "asyncio.run":
            return _run_coroutine(machine, arguments)
        case "sys.platform.startswith":
            return _platform_starts(machine, arguments)
        case "builtins.exec" | "builtins.eval":
            return run_program_text(machine, arguments, keywords, frame, mark)
        case _ if dotted in LIBRARY_CALLS:
            given = LIBRARY_CALLS[dotted](machine, arguments, keywords, frame, mark)
            if given is UNKNOWN:
                machine.expose((*arguments, *keywords.values()))
            return given
        case _:
            return _call_outside(machine, dotted, arguments, keywords, frame, mark)


def _call_outside(
    machine: Core,
    dotted: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """Carry out what the table of libraries says about a callee outside the project."""
    does = facts(dotted)
    if not _only_wraps(dotted, does, arguments):
        machine.may_raise()
    if dotted.startswith("builtins.__dict__."):
        _note_builtins(machine, arguments, keywords)
        return UNKNOWN
    given = (*arguments, *keywords.values())
    if does.hooks_imports:
        machine.note_fact(FINDERS)
    if does.names_in_caller:
        machine.open_module(frame.module)
        if machine.stack:
            # A function that asks for the caller's frame may get that of the module that loads.
            machine.open_module(machine.stack[-1].module)
    if dotted == "dataclasses.dataclass":
        # The decorator leaves what the body binds in place, except for the options of fields.
        pass
    elif does.changes == ANY:
        machine.hand_over(given)
    else:
        named = dict(enumerate(arguments)) | keywords
        machine.hand_over(named[each] for each in does.changes if each in named)
        if does.shares:
            lose_sight(machine.journal, given)
    _expose_given(machine, does, given)
    _perhaps_imports(machine, does, given, frame)
    # The machine follows a wrapper when it is called.
    is_wrapper = does.gives in _WRAPPINGS or does.gives is Gives.CALLER
    is_caller = does.calls is not When.NEVER and not is_wrapper
    for argument in given:
        if isinstance(argument, Suspended):
            # The callee may run a generator that it gets.
            expose_generator(machine.journal, argument)
    for argument in _callbacks(does, arguments, keywords) if is_caller else ():
        function = argument.function if isinstance(argument, Method) else argument
        if isinstance(function, Function):
            expose_function(machine.journal, function)
            if does.calls is When.NOW:
                perhaps_call(machine, argument, frame, mark)
    wrapped = arguments[0] if len(arguments) == 1 else None
    is_plain = isinstance(wrapped, (Function, Class, Method))
    if does.options is Options.REQUIRED or (does.options is Options.ALLOWED and not is_plain):
        return OutsideDecorator(dotted)
    return given_by(machine, dotted, arguments)


def _callbacks(
    does: Facts, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> Iterable[Value]:
    """The arguments that a callee outside the project may call."""
    if does.called == ANY:
        return (*arguments, *keywords.values())
    named = dict(enumerate(arguments)) | keywords
    return [named[each] for each in does.called if each in named]


def _expose_given(machine: Core, does: Facts, given: tuple[Value, ...]) -> None:
    """A callee outside the project may call methods of its arguments."""
    if does.changes == ANY or not given:
        return
    machine.expose(each for each in given if not isinstance(each, Class))
    classes = [each for each in given if isinstance(each, Class)]
    machine.expose(classes, is_operation=does.calls is When.NEVER)
    lose_sight(machine.journal, [each for each in given if isinstance(each, BuiltinMethod)])


def _only_wraps(dotted: str, does: Facts, arguments: tuple[Value, ...]) -> bool:
    """Whether a call only wraps a function, and raises nothing."""
    if not is_standard(dotted):
        return False
    if does.gives not in _WRAPPINGS and does.gives not in _CALLERS:
        return False
    return does.takes_options or isinstance(arguments[0] if arguments else None, _CALLABLE)


def _note_builtins(machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value]) -> None:
    """A method of the namespace of `builtins`, such as `update`: the names that it may add."""
    names = dict.fromkeys(keywords)
    for argument in arguments:
        if isinstance(argument, Mapping):
            names.update((str(key), None) for key in argument.items)
        elif isinstance(argument, Const) and isinstance(argument.value, str):
            names[argument.value] = None
    for name in names:
        machine.note_fact((BUILTIN, name))


def given_by(machine: Core, dotted: str, arguments: tuple[Value, ...]) -> Value:
    """The result of a callee outside the project, or a decorator's replacement of its argument."""
    does = facts(dotted)
    wrapped = arguments[0] if arguments else UNKNOWN
    if dotted == "dataclasses.dataclass" and isinstance(wrapped, Class):
        machine.journal.write(wrapped.fields, IS_DATACLASS, True)
    wrapping = _WRAPPINGS.get(does.gives)
    if wrapping is not None:
        return wrapped_as(machine, wrapping, arguments)
    match does.gives:
        case Gives.ARGUMENT | Gives.CALLER if does.argument < len(arguments):
            return arguments[does.argument]
        case Gives.DISPATCHER if isinstance(wrapped, Function):
            return Dispatcher(wrapped)
        case _:
            return UNKNOWN


def _perhaps_imports(machine: Core, does: Facts, given: tuple[Value, ...], frame: Frame) -> None:
    """The modules that a callee outside the project may import because of texts among its arguments."""
    if does.imports is Loading.INSTALLED:
        machine.note_unknown_import()
    elif does.imports is not Loading.NOTHING:
        for argument in given:
            named = machine.named_module(argument, frame) if isinstance(argument, Const) else None
            if named is not None and machine.in_modules(named) is None:
                machine.note_unknown_import()


def perhaps_call(
    machine: Core,
    function: Value,
    frame: Frame,
    mark: int,
    arguments: tuple[Value, ...] = (),
    keywords: dict[str, Value] | None = None,
) -> None:
    """Code outside the project may call a function; parameters without a value are unknown."""

    def call() -> None:
        machine.call(function, arguments, keywords or {}, frame, mark)

    machine.fork(frame, call, do_nothing)


def _modules_get(machine: Core, arguments: tuple[Value, ...], frame: Frame) -> Value:
    match arguments:
        case (Const(value=str(dotted)), *rest):
            file = machine.world.find(dotted, frame.module.file)
            if file is None:
                return UNKNOWN
            default = rest[0] if rest else NONE
            return machine.loaded_module(file.name) or default
        case _:
            return UNKNOWN


def _modules_update(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame
) -> Value:
    machine.note_fact(FINDERS)
    modules = External("sys.modules")
    for argument in arguments:
        for key, value in argument.items.items() if isinstance(argument, Mapping) else ():
            machine.set_item(modules, Const(key), value, frame)
    for name, value in keywords.items():
        machine.set_item(modules, Const(name), value, frame)
    return NONE


def _modules_pop(machine: Core, arguments: tuple[Value, ...], frame: Frame, mark: int) -> Value:
    found = _modules_get(machine, arguments, frame)
    match arguments:
        case (Const(value=str(dotted)),) if found is NONE:
            return not_loaded(machine, dotted, frame, mark)
        case _ if isinstance(found, Module):
            machine.recorder.turn_off()
            machine.journal.erase(machine.modules, found.name)
        case _:
            pass
    return found


def _reload(machine: Core, arguments: tuple[Value, ...]) -> Value:
    """`importlib.reload(module)`: its statements run again, over the names that are there."""
    for module in arguments:
        if isinstance(module, Module):
            machine.open_module(module)
            for name, value in list(module.names.items()):
                if not isinstance(value, (Function, Class, Module)):
                    machine.journal.write(module.names, name, UNKNOWN)
    return arguments[0] if arguments else UNKNOWN


def _run_coroutine(machine: Core, arguments: tuple[Value, ...]) -> Value:
    match arguments:
        case (Suspended(body=Function() as function, arguments=names, is_coroutine=True), *_):
            return machine.run_function(function, dict(names))
        case _:
            return UNKNOWN


def _platform_starts(machine: Core, arguments: tuple[Value, ...]) -> Value:
    match arguments:
        case (Const(value=str(prefix)),):
            return Const(machine.world.target.platform.startswith(prefix))
        case _:
            return UNKNOWN
