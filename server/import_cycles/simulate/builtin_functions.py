"""Functions of `builtins` that matter to imports, or that call functions of the project."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import reduce
from itertools import count
from typing import Final

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.absences import explained, is_loading_child, is_still_to_bind
from import_cycles.simulate.assignment import delete_attribute
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Broke, Raised, is_caught
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.failing import is_iterable, note_hashed
from import_cycles.simulate.functions import wrapped_as
from import_cycles.simulate.handlers import cause_now
from import_cycles.simulate.importing import dunder_import
from import_cycles.simulate.library_objects import LibraryObject, any_order
from import_cycles.simulate.loops import iterate
from import_cycles.simulate.marks import CONSUMED, OPEN
from import_cycles.simulate.names import MODULE_NAMES
from import_cycles.simulate.operations import gather, items_of, special_method, update_mapping
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.orders import items_without_order, sorted_items
from import_cycles.simulate.outcome import Cause
from import_cycles.simulate.stores import store
from import_cycles.simulate.unseen import expose_function, expose_generator
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
    StandIn,
    Super,
    Suspended,
    Value,
    Wrapping,
    join,
    sequence,
)
from import_cycles.syntax import steps as s


def call_builtin(
    machine: Core,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    if builtin_class(name) is not None:
        names = {"message": arguments[0] if arguments else Const("")}
        if name.endswith("ExceptionGroup") and len(arguments) == 2:
            names["exceptions"] = arguments[1]
        else:
            # `error.args` has them.
            lose_sight(machine.journal, arguments)
        return Instance(Builtin(name), store(names))
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
    values = [each.value for each in arguments if isinstance(each, Const)]
    is_whole = all(is_whole_text(value) for value in values if isinstance(value, str))
    if name in _PURE and is_whole and len(values) == len(arguments) and not keywords:
        try:
            result = getattr(builtins, name)(*values)
        except (TypeError, ValueError, ArithmeticError):
            result = None
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


def _dir(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    module = arguments[0] if arguments else frame.module
    if not isinstance(module, Module) or (not arguments and frame.scope is not Scope.MODULE):
        return UNKNOWN
    machine.recorder.look_through(module)
    names = dict.fromkeys((*module.names, *MODULE_NAMES))
    is_whole = not module.is_open and "__dir__" not in module.names
    is_whole = is_whole and not any(isinstance(value, Maybe) for value in module.names.values())
    known = tuple(Const(name) for name in sorted(names))
    return sequence(SequenceKind.LIST, known, is_open=not is_whole)


def _dunder_import(machine: Core, *call: object) -> Value:
    arguments, keywords, frame, mark = call
    return dunder_import(machine, arguments, keywords, frame, mark)  # type: ignore[arg-type]


def _getattr(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
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
            return UNKNOWN


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


def _sequence(
    machine: Core, kind: SequenceKind, arguments: tuple[Value, ...], frame: Frame
) -> Value:
    if not arguments:
        return sequence(kind, ())
    given = arguments[0]
    without_order = items_without_order(machine, given, frame)
    if without_order is not None:
        return any_order(without_order, kind)
    if kind is SequenceKind.SET and isinstance(given, Sequence):
        return sequence(kind, given.items, is_open=given.is_open)
    items = gather(machine, given, frame)
    machine.expose((given,) if isinstance(given, Instance) else (), is_operation=True)
    if items is None:
        if not is_iterable(given):
            machine.may_raise()
        lose_sight(machine.journal, (given,))
    if kind is SequenceKind.SET:
        for item in items or ():
            note_hashed(machine, item)
        machine.expose(items or (), is_operation=True)
    return sequence(kind, items or (), is_open=items is None)


def _sorted(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`sorted`."""
    given = arguments[0] if arguments else UNKNOWN
    items = items_without_order(machine, given, frame)
    if items is None:
        items = gather(machine, given, frame)
    if items is None:
        machine.may_raise()
        _consume(machine, (sequence(SequenceKind.LIST, ()),), keywords, frame, mark)
        return sequence(SequenceKind.LIST, (), is_open=True)
    ordered = sorted_items(machine, items, keywords, frame, mark)
    if ordered is None:
        machine.may_raise("TypeError")
        machine.expose(items, is_operation=True)
        lose_sight(machine.journal, items)
    return sequence(SequenceKind.LIST, ordered or (), is_open=ordered is None)


def _tuple(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return _sequence(machine, SequenceKind.TUPLE, arguments, frame)


def _list(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return _sequence(machine, SequenceKind.LIST, arguments, frame)


def _set(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return _sequence(machine, SequenceKind.SET, arguments, frame)


def _dict_call(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    result = Mapping(store())
    for argument in arguments:
        if isinstance(argument, Attributes):
            result.items.update(argument.owner.names)
            result.fields[OPEN] = True
            continue
        if not isinstance(argument, Mapping):
            machine.may_raise()
            gather(machine, argument, frame)
            lose_sight(machine.journal, (argument,))
        update_mapping(machine, result, argument)
    result.items.update(keywords)
    return result


def _consume(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`sum`, `any`, `max`, …: consumes the iterable; `key=` functions are called."""
    items: tuple[Value, ...] | None = None
    for argument in arguments[:1]:
        items = gather(machine, argument, frame)
    key = keywords.get("key")
    if key is not None:
        for item in items or (UNKNOWN,):
            machine.call(key, (item,), {}, frame, mark)
    return UNKNOWN


def _sum(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    items = gather(machine, arguments[0], frame) if len(arguments) == 1 else None
    numbers = [item.value for item in items or () if isinstance(item, Const)]
    whole = [number for number in numbers if isinstance(number, int)]
    if items is None or len(whole) != len(items):
        return UNKNOWN
    return Const(sum(whole))


def _any(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return _first_that(machine, arguments, frame, mark, stop_at=True)


def _all(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    return _first_that(machine, arguments, frame, mark, stop_at=False)


def _first_that(
    machine: Core, arguments: tuple[Value, ...], frame: Frame, mark: int, *, stop_at: bool
) -> Value:
    """`any` and `all` stop at the first item that decides."""
    doubt, is_certain = machine.doubt, True
    exits = frame.exits

    def ask(item: Value) -> None:
        nonlocal is_certain
        known = machine.truth_of(item, frame, mark)
        is_certain = is_certain and known is not None and machine.doubt == doubt
        if known is stop_at and is_certain:
            raise Broke

    if len(arguments) != 1:
        return UNKNOWN
    try:
        iterate(machine, arguments[0], ask, frame)
    except Broke:
        return Const(stop_at)
    finally:
        frame.exits = exits
    is_whole = isinstance(arguments[0], (Mapping, Suspended, Const)) or (
        isinstance(arguments[0], Sequence) and not arguments[0].is_open
    )
    return Const(not stop_at) if is_certain and is_whole else UNKNOWN


def _next(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`next` runs a generator to its first `yield`. Limit: never any further."""
    method = special_method(machine, arguments[0], "__next__", frame, mark) if arguments else None
    if method is not None:
        return machine.call(method, (), {}, frame, mark)
    if not arguments or not isinstance(arguments[0], Suspended):
        return UNKNOWN
    if CONSUMED in arguments[0].fields:
        expose_generator(machine.journal, arguments[0])
        return UNKNOWN
    first: list[Value] = []

    def take(value: Value) -> None:
        first.append(value)
        raise Broke

    try:
        iterate(machine, arguments[0], take, frame)
    except Broke:
        # The rest of it runs when the program asks for more.
        expose_generator(machine.journal, arguments[0])
        # The order of its items may not be known.
        return reduce(join, first)
    if len(arguments) > 1:
        return arguments[1]
    return UNKNOWN


def _map(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`map` calls nothing before it is consumed."""
    if len(arguments) != 2:
        machine.hand_over(arguments)
        return UNKNOWN
    call = s.Call(s.Name(".function", 0), (s.Name(".item", 0),), (), mark)
    generator = s.Generator(s.NameTarget(".item", 0), s.Name(".items", 0), ())
    node = s.Comprehension(s.ComprehensionKind.GENERATOR, (call,), (generator,), False)
    names = {".function": arguments[0], ".items": arguments[1]}
    inner = Frame(frame.module, frame.number, frame.code, Scope.COMPREHENSION, names, frame)
    return Suspended((node, inner, arguments[1]))


def _filter(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`filter` calls nothing before it is consumed."""
    if len(arguments) != 2:
        return UNKNOWN
    item = s.Name(".item", 0)
    test = item if arguments[0] is NONE else s.Call(s.Name(".function", 0), (item,), (), mark)
    generator = s.Generator(s.NameTarget(".item", 0), s.Name(".items", 0), (test,))
    node = s.Comprehension(s.ComprehensionKind.GENERATOR, (item,), (generator,), False)
    names = {".function": arguments[0], ".items": arguments[1]}
    inner = Frame(frame.module, frame.number, frame.code, Scope.COMPREHENSION, names, frame)
    return Suspended((node, inner, arguments[1]))


def _object(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], _f: Frame, _m: int
) -> Value:
    """A new object, different from every other. A survey has no objects of a single run."""
    if machine.is_survey or arguments or keywords:
        return UNKNOWN
    return Instance(Builtin("object"), store())


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


def _len(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    match arguments:
        case (Const(value=str(text)),):
            return Const(len(text)) if is_whole_text(text) else UNKNOWN
        case (Sequence(kind=SequenceKind.SET) as value,):
            # Only literals are known to be different from one another.
            is_known = not value.is_open and all(isinstance(i, Const) for i in value.items)
            return Const(len(value.items)) if is_known else UNKNOWN
        case (value,):
            items = items_of(machine, value, frame)
            return UNKNOWN if items is None else Const(len(items))
        case _:
            return UNKNOWN


def _range(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    bounds = [each.value for each in arguments if isinstance(each, Const)]
    numbers = [each for each in bounds if isinstance(each, int)]
    if not numbers or len(numbers) != len(arguments) or len(numbers) > 3 or 0 in numbers[2:]:
        return UNKNOWN
    span = range(*numbers)
    if len(span) > 1000:
        return UNKNOWN
    return sequence(SequenceKind.TUPLE, tuple(Const(number) for number in span))


def _enumerate(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    if len(arguments) != 1:
        return UNKNOWN
    if isinstance(arguments[0], Suspended):
        return Suspended(_enumeration(machine, arguments[0], frame))
    items = gather(machine, arguments[0], frame)
    if items is None:
        return UNKNOWN
    pairs = (sequence(SequenceKind.TUPLE, (Const(n), item)) for n, item in enumerate(items))
    return sequence(SequenceKind.TUPLE, tuple(pairs))


def _enumeration(
    machine: Core, items: Suspended, frame: Frame
) -> Callable[[Callable[[Value], Value]], None]:
    def feed(on_yield: Callable[[Value], Value]) -> None:
        numbers = count()

        def pair(item: Value) -> None:
            on_yield(sequence(SequenceKind.TUPLE, (Const(next(numbers)), item)))

        iterate(machine, items, pair, frame)

    return feed


def _zip(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    columns = [gather(machine, argument, frame) for argument in arguments]
    known = [column for column in columns if column is not None]
    if len(known) != len(columns):
        return UNKNOWN
    if "strict" in keywords and len({len(column) for column in known}) > 1:
        machine.may_raise("ValueError")
    rows = zip(*known, strict=False)
    return sequence(
        SequenceKind.TUPLE, tuple(sequence(SequenceKind.TUPLE, tuple(row)) for row in rows)
    )


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


_Handler = Callable[..., Value]


_BUILTINS: Final[dict[str, _Handler]] = {
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
    "tuple": _tuple,
    "list": _list,
    "set": _set,
    "frozenset": _set,
    "sorted": _sorted,
    "dict": _dict_call,
    "sum": _sum,
    "any": _any,
    "all": _all,
    "max": _consume,
    "min": _consume,
    "next": _next,
    "map": _map,
    "filter": _filter,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "len": _len,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "str": _str,
    "bool": _bool,
    "exit": _exit,
    "quit": _exit,
    "super": _super,
    "type": _type_of,
    "object": _object,
    "staticmethod": _static,
    "classmethod": _class_method,
    "property": _property,
}
