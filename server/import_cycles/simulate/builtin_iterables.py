"""Builtins that make containers or iterate over them: `list`, `sorted`, `any`, `map`, …"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import count
from typing import Final

from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Broke
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.failing import is_iterable, note_hashed
from import_cycles.simulate.library_objects import any_order
from import_cycles.simulate.loops import iterate
from import_cycles.simulate.marks import CONSUMED, OPEN
from import_cycles.simulate.operations import (
    gather,
    items_of,
    special_method,
    take_pairs,
    update_mapping,
)
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.orders import items_without_order, sorted_items
from import_cycles.simulate.stores import parts
from import_cycles.simulate.unseen import expose_generator
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    Const,
    Frame,
    Instance,
    Mapping,
    Scope,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
    join,
    sequence,
)
from import_cycles.syntax import steps as s


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
        if given.kind is not SequenceKind.SET:
            note_hashed(machine, given.items)
        return sequence(kind, given.items, is_open=given.is_open)
    items = gather(machine, given, frame)
    machine.expose((given,) if isinstance(given, Instance) else (), is_operation=True)
    if items is None:
        if not is_iterable(given):
            machine.may_raise()
        lose_sight(machine.journal, (given,))
    if kind is SequenceKind.SET:
        note_hashed(machine, items or ())
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
    result = Mapping(parts())
    for argument in arguments:
        if isinstance(argument, Attributes):
            result.items.update(argument.owner.names)
            result.fields[OPEN] = True
            continue
        if not isinstance(argument, Mapping):
            machine.may_raise()
            take_pairs(machine, argument, frame)
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
        items = tuple(machine.call(key, (item,), {}, frame, mark) for item in items or (UNKNOWN,))
    # They are added or compared.
    machine.expose(items or (), is_operation=True)
    return UNKNOWN


def _sum(
    machine: Core, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
) -> Value:
    items = gather(machine, arguments[0], frame) if len(arguments) == 1 else None
    numbers = [item.value for item in items or () if isinstance(item, Const)]
    whole = [number for number in numbers if isinstance(number, int)]
    if items is None or len(whole) != len(items):
        machine.expose(items or (), is_operation=True)
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
    test = item if arguments[0] == NONE else s.Call(s.Name(".function", 0), (item,), (), mark)
    generator = s.Generator(s.NameTarget(".item", 0), s.Name(".items", 0), (test,))
    node = s.Comprehension(s.ComprehensionKind.GENERATOR, (item,), (generator,), False)
    names = {".function": arguments[0], ".items": arguments[1]}
    inner = Frame(frame.module, frame.number, frame.code, Scope.COMPREHENSION, names, frame)
    return Suspended((node, inner, arguments[1]))


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


BUILTIN_ITERABLES: Final[dict[str, Callable[..., Value]]] = {
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
    "len": _len,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
}
"""The function that simulates each builtin, by the name of the builtin."""
