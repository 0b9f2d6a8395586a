"""Marks values that code which is not followed may have changed.

The model knows the parts of a value as long as it has seen every change: then the value is
*closed*, and a part that the model lacks is absent. A value *opens* when other code could change
it: code from outside the project gets it, or the model loses track of it, because two ways through
the program meet with different values for one name. An open value lacks nothing for certain.
Opening is a change like any other, so an undone way undoes its openings.
`import_cycles.simulate.unseen` handles functions that run without being followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from import_cycles.simulate.journal import Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import ITEMS, OPEN
from import_cycles.simulate.stores import Kinds, SharedStore, Store
from import_cycles.simulate.values import (
    BuiltinMethod,
    Instance,
    Mapping,
    Maybe,
    Module,
    Sequence,
    SequenceKind,
    Value,
)

CONTAINERS: Final = Kinds(Mapping, Sequence)

HOLDING: Final = Kinds(BuiltinMethod, Instance, Mapping, Maybe, Sequence)

_HOLDING = HOLDING.types
"""Kinds of values that are containers, or lead to one."""


def open_up(journal: Journal, owner: Sequence | Mapping | Instance | Module) -> None:
    """Mark that the value may have parts that the model does not see."""
    # Whether it was open before makes no difference, so this is no read.
    if dict.get(owner.fields, OPEN) is not True:
        journal.write(owner.fields, OPEN, True)
    elif type(owner.fields) is SharedStore:
        journal.confirm(owner.fields, OPEN, True)


def forget(journal: Journal, owner: Sequence | Mapping) -> None:
    """Mark all items as unknown."""
    if isinstance(owner, Mapping):
        for key in list(owner.items):
            journal.erase(owner.items, key)
    elif owner.items:
        journal.write(owner.fields, ITEMS, ())
    open_up(journal, owner)


def lose_sight(journal: Journal, values: Iterable[Value]) -> None:
    """The program can still reach these values, in a way that the model does not know.

    They keep the items that they have, and may get more. Attributes that are set through an unknown
    value are remembered by their names. So objects stay as they are, except for the containers in
    them. Cost: as of `hand_over`.
    """
    pending = [value for value in values if type(value) in _HOLDING]
    if not pending:
        return
    seen: set[int] = set()
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if type(value) not in _HOLDING or id(value) in seen:
            continue
        match value:
            case Sequence():
                pending += value.items
                if value.kind in (SequenceKind.LIST, SequenceKind.SET):
                    open_up(journal, value)
            case Mapping():
                pending += value.items.values()
                open_up(journal, value)
            case Instance():
                pending += attributes_of(value, CONTAINERS)
            case BuiltinMethod(owner=owner):
                pending.append(owner)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))


def attributes_of(owner: Instance, kinds: Kinds) -> Iterable[Value]:
    """The values of some types among an object's attributes.

    None of an object that stands for one of a survey.
    """
    return owner.names.of_kinds(kinds) if isinstance(owner.names, Store) else ()


def is_container(value: Value) -> bool:
    return isinstance(value, (Sequence, Mapping))
