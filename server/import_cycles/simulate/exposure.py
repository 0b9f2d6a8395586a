"""What code that is not followed may have changed.

The model knows the parts of a value as long as it has seen everything that happened to it: then
the value is *closed*, and what is not in it is absent. It *opens* when something else could change
it: code from outside the project gets it, or the model loses sight of it, because two ways through
the program that meet again have different values for one name. Of an open value nothing is absent.
Opening is a change like any other, so what happens on a way that is taken back is taken back too.
Functions that run without being followed are the subject of `import_cycles.simulate.unseen`.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.simulate.journal import Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import ITEMS, OPEN
from import_cycles.simulate.stores import Store
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


def open_up(journal: Journal, owner: Sequence | Mapping | Instance | Module) -> None:
    """From now on the value may have parts that the model does not see."""
    if owner.fields.get(OPEN) is not True:
        journal.write(owner.fields, OPEN, True)


def forget(journal: Journal, owner: Sequence | Mapping) -> None:
    """From now on nothing is known of the items."""
    if isinstance(owner, Mapping):
        for key in list(owner.items):
            journal.erase(owner.items, key)
    elif owner.items:
        journal.write(owner.fields, ITEMS, ())
    open_up(journal, owner)


def lose_sight(journal: Journal, values: Iterable[Value]) -> None:
    """The program can still reach these values, in a way that the model does not know.

    They keep the items that they have, and may get more. Attributes that are set through a value
    that is not known are remembered by their names; so objects stay as they are, except for the
    containers in them. Cost: as of `hand_over`.
    """
    pending = list(values)
    seen: set[int] = set()
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if id(value) in seen:
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
                pending += (each for each in attributes_of(value) if is_container(each))
            case BuiltinMethod(owner=owner):
                pending.append(owner)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))


def attributes_of(owner: Instance) -> Iterable[Value]:
    """The values of an object's attributes; none of one that stands for an object of a survey."""
    return owner.names.values() if isinstance(owner.names, Store) else ()


def is_container(value: Value) -> bool:
    return isinstance(value, (Sequence, Mapping))
