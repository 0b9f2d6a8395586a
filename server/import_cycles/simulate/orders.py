"""Loops over items that have no order: those of a set, or of a folder.

The loop runs in two orders, one the reverse of the other, each from the same state. The program
then goes on with what both have in common; values that differ become unknown. A failure in one
order is possible. A failure in both is certain if it happens with each item as the first one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, Final

from import_cycles.simulate.core import Core, Jump, meeting
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.journal import MISSING, Changes
from import_cycles.simulate.library_objects import LibraryObject, any_order, is_in_any_order
from import_cycles.simulate.marks import ANY_ORDER, CONSUMED, ITEMS, OPEN
from import_cycles.simulate.paths import OTHER_TEXT, OtherText, PathObject, PathText
from import_cycles.simulate.stores import Store, parts, tick
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Module,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
    join,
    sequence,
)
from import_cycles.syntax.steps import Comprehension, ComprehensionKind

MAX_FIRST: Final = 24
"""So many items are each tried as the first one, to see whether all orders fail alike."""

_DEPTH: Final = 4
"""How deeply nested containers are compared."""

Items = tuple[Value, ...]


def in_any_order(
    machine: Core, items: Items, rounds: Callable[[Items], None], frame: Frame
) -> None:
    """Run `rounds` for items of which the order is not known. Cost: that of running it twice."""
    if machine.is_survey or len(items) < 2:
        # A survey asks only which imports run.
        rounds(items)
        return
    start = tick()
    ended, changes = machine.try_out(lambda: rounds(items))
    other_ended, other_changes = machine.try_out(lambda: rounds(items[::-1]))
    if isinstance(ended, Raised) and isinstance(other_ended, Raised):
        is_certain = _fails_alike(machine, items, rounds, ended, other_ended)
        machine.journal.adopt(changes)
        if not is_certain:
            ended.certain, ended.doubt = False, _doubt(ended)
        raise ended
    if isinstance(ended, Raised):
        ended, other_ended = other_ended, ended
        changes, other_changes = other_changes, changes
    if isinstance(other_ended, Raised):
        machine.journal.adopt(changes)
        other_ended.doubt = _doubt(other_ended)
        machine.possible(other_ended)
        if ended is not None:
            raise ended
        return
    _settle(machine, changes, other_changes, start)
    jump = meeting(ended, other_ended, frame)
    if jump is not None:
        raise jump


def _doubt(raised: Raised) -> str:
    return raised.doubt or (
        f"in some orders of what has no order, {raised.error}: {raised.message}"
    )


def _fails_alike(
    machine: Core,
    items: Items,
    rounds: Callable[[Items], None],
    ended: Raised,
    other_ended: Raised,
) -> bool:
    """Whether all orders fail at the same place: those tried, with each item as the first."""

    def is_same(jump: Jump | None) -> bool:
        return (
            isinstance(jump, Raised)
            and jump.certain
            and (jump.spot, jump.error, jump.name) == (ended.spot, ended.error, ended.name)
        )

    if not (is_same(ended) and is_same(other_ended)) or len(items) > MAX_FIRST:
        return False
    for position in range(1, len(items) - 1):
        ordered = items[position], *items[:position], *items[position + 1 :]
        jump, _ = machine.try_out(partial(rounds, ordered))
        if not is_same(jump):
            return False
    return True


# --- what two orders leave behind --------------------------------------------------------------


def _settle(machine: Core, first: Changes, second: Changes, start: int) -> None:
    """Go on from the first order, without the values that differ in the second one."""
    differing: list[tuple[dict[Any, Any], Hashable, object, object]] = []
    for identity in first.keys() | second.keys():
        where, _ = first.get(identity) or second[identity]
        if isinstance(where, Store) and where.made >= start:
            # The loop made it: each order has its own object.
            continue
        before = dict.get(where, identity[1], MISSING)
        _, one = first.get(identity, (where, before))
        _, other = second.get(identity, (where, before))
        if one is not other:
            differing.append((where, identity[1], one, other))
    machine.journal.adopt(first)
    for where, key, one, other in differing:
        _settle_one(machine, where, key, one, other)


def _settle_one(
    machine: Core, where: dict[Any, Any], key: Hashable, one: object, other: object
) -> None:
    if key is ITEMS and isinstance(one, tuple) and isinstance(other, tuple):
        _settle_items(machine, where, one, other)
        return
    if isinstance(one, Value) and isinstance(other, Value):
        if shape(one) == shape(other):
            return
        machine.journal.write(where, key, join(one, other))
        lose_sight(machine.journal, (one,))
    elif isinstance(one, Value) and other is MISSING:
        machine.journal.write(where, key, Maybe(_held(one)))
    elif one is MISSING and isinstance(other, Value):
        machine.journal.write(where, key, Maybe(UNKNOWN))


def _settle_items(machine: Core, where: dict[Any, Any], one: Items, other: Items) -> None:
    shapes, other_shapes = [*map(shape, one)], [*map(shape, other)]
    if shapes == other_shapes:
        return
    if Counter(shapes) == Counter(other_shapes):
        if OPEN not in where:
            machine.journal.write(where, OPEN, ANY_ORDER)
        return
    shared = 0
    for ours, theirs in zip(shapes, other_shapes, strict=False):
        if ours != theirs:
            break
        shared += 1
    machine.journal.write(where, ITEMS, one[:shared])
    machine.journal.write(where, OPEN, True)
    lose_sight(machine.journal, one[shared:])


def _held(value: Value) -> Value:
    return value.value if isinstance(value, Maybe) else value


def shape(value: Value, depth: int = _DEPTH) -> Hashable:
    """The common part of two values that two orders have made of the same statements."""
    match value:
        case Const(value=constant):
            return type(constant), constant
        case Module(name=name):
            return "module", name
        case Function(module=module, number=number):
            return "function", module.name, number
        case Class(module=module, name=name):
            return "class", module.name, name
        case Instance(cls=cls):
            return "instance", shape(cls, depth)
        case External() | Builtin() | LibraryObject():
            return value
        case Maybe(value=inner):
            return "maybe", shape(inner, depth)
        case Sequence(kind=kind) if depth:
            inside = [shape(item, depth - 1) for item in value.items]
            return kind, value.is_open, tuple(inside)
        case Mapping(items=items) if depth:
            return "mapping", tuple((key, shape(each, depth - 1)) for key, each in items.items())
        case _:
            return id(value)


# --- comprehensions ------------------------------------------------------------------------------


def comprehension(machine: Core, node: Comprehension, frame: Frame, first: Sequence) -> Value:
    """A list, set or dict comprehension over items that have no order."""
    gathered = _gathered(machine, node, frame, first)
    if node.kind is ComprehensionKind.DICT:
        return _dict(gathered)
    kind = SequenceKind.LIST if node.kind is ComprehensionKind.LIST else SequenceKind.SET
    if gathered is None:
        return sequence(kind, (), is_open=True)
    items = tuple(values[0] for values in gathered)
    return sequence(kind, items) if kind is SequenceKind.SET else any_order(items)


def _dict(gathered: list[list[Value]] | None) -> Value:
    mapping = Mapping(parts())
    for key, value in gathered or ():
        if key is OTHER_TEXT:
            mapping.fields[OPEN] = True
            continue
        if not isinstance(key, Const):
            gathered = None
            break
        mapping.items[key.value] = value
    if gathered is None:
        mapping.items.clear()
        mapping.fields[OPEN] = True
    return mapping


def _gathered(
    machine: Core, node: Comprehension, frame: Frame, first: Sequence
) -> list[list[Value]] | None:
    """The result of each round; None where not all of them are known."""
    results: list[list[list[Value]]] = []
    is_whole = True

    def rounds(items: Items) -> None:
        nonlocal is_whole
        values: list[list[Value]] = []
        ordered = sequence(SequenceKind.LIST, items)
        is_known = machine.run_comprehension(node, frame, ordered, values.append)
        is_whole = is_whole and is_known
        results.append(values)

    in_any_order(machine, first.items, rounds, frame)
    counts = [Counter(tuple(map(shape, values)) for values in result) for result in results]
    is_same = all(count == counts[0] for count in counts)
    return results[0] if is_whole and is_same and results else None


def items_without_order(machine: Core, value: Value, frame: Frame) -> Items | None:
    """All items of an iterable of which the order is not known; None for any other."""
    if isinstance(value, Sequence) and is_in_any_order(value):
        return value.items
    match value:
        case Suspended(body=(Comprehension() as node, around, Sequence() as first)):
            if not is_in_any_order(first) or value.fields.get(CONSUMED):
                return None
            machine.journal.write(value.fields, CONSUMED, True)
            gathered = _gathered(machine, node, around, first)
            return None if gathered is None else tuple(values[0] for values in gathered)
        case _:
            return None


# --- sorting -------------------------------------------------------------------------------------


def sorted_items(
    machine: Core, items: Iterable[Value], keywords: dict[str, Value], frame: Frame, mark: int
) -> Items | None:
    """`sorted(items, key=…, reverse=…)`; None where the order is not known.

    The name of a file that is no module's comes last, since its place in the order is not known.
    """
    by, reverse = keywords.get("key", NONE), keywords.get("reverse", Const(False))
    ranked: list[tuple[Any, Value]] = []
    others: list[Value] = []
    unranked: list[Value] = []
    for item in items:
        key = item if by == NONE else machine.call(by, (item,), {}, frame, mark)
        rank = _rank(key)
        if rank is None:
            unranked.append(key)
        elif rank is _LAST:
            others.append(item)
        else:
            ranked.append((rank, item))
    if unranked or not isinstance(reverse, Const):
        # They are compared by methods of their own.
        machine.expose(unranked, is_operation=True)
        return None
    try:
        ranked.sort(key=lambda pair: pair[0], reverse=bool(reverse.value))
    except TypeError:
        return None
    return (*(item for _, item in ranked), *others)


_LAST: Final = object()


def _rank(key: Value) -> Any:
    match key:
        case Const(value=value):
            return value
        case OtherText():
            return _LAST
        case PathText(path=path):
            return _LAST if key.is_other else path
        case PathObject(text=PathText(path=path) as text):
            return _LAST if text.is_other else path.split("/")
        case PathObject(text=text):
            return _rank(text)
        case Sequence(kind=SequenceKind.TUPLE, is_open=False):
            ranks = [_rank(item) for item in key.items]
            return None if None in ranks or _LAST in ranks else ranks
        case _:
            return None
