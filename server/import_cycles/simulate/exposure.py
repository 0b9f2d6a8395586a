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
    Attributes,
    BuiltinMethod,
    Class,
    Function,
    Instance,
    Mapping,
    Maybe,
    Method,
    Module,
    Namespace,
    Partial,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
)

CONTAINERS: Final = Kinds(Mapping, Sequence)

HOLDING: Final = Kinds(BuiltinMethod, Instance, Mapping, Maybe, Sequence)

_LOST = Kinds(
    BuiltinMethod, Class, Function, Instance, Mapping, Maybe, Method, Partial, Sequence, Suspended
)
"""Kinds of values that are containers or may be called, or lead to one that is."""


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
    them. What can be called is lost (`import_cycles.simulate.lost`). Cost: as of `hand_over`.
    """
    _open_containers(journal, values, _LOST, is_lost=True)


def open_containers(journal: Journal, values: Iterable[Value]) -> None:
    """Code that is not followed may change the containers among these values, and in them."""
    _open_containers(journal, values, HOLDING, is_lost=False)


def _open_containers(
    journal: Journal, values: Iterable[Value], kinds: Kinds, *, is_lost: bool
) -> None:
    types = kinds.types
    pending = [value for value in values if type(value) in types]
    if not pending:
        return
    seen: set[int] = set()
    called: list[Value] = []
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if type(value) not in types or id(value) in seen:
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
                pending += attributes_of(value, kinds if is_lost else CONTAINERS)
                if is_lost:
                    called.append(value)
            case Class() | Function() | Suspended():
                called.append(value)
            case Method(function=function, owner=owner):
                pending += (function, owner)
            case Partial(function=function, arguments=arguments, keywords=keywords):
                pending += (function, *arguments, *keywords.values())
            case BuiltinMethod(owner=owner):
                pending.append(owner)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))
    if called:
        journal.lose(called)


def lose_parts(journal: Journal, owner: Value) -> None:
    """The program has got one of the parts of a value, and it is not known which."""
    match owner:
        case Sequence(items=items):
            lose_sight(journal, items)
        case Mapping(items=items):
            lose_sight(journal, items.values())
        case Attributes(owner=holder):
            lose_parts(journal, holder)
        case Class() | Instance():
            # With it all its methods.
            journal.lose([owner])
            lose_sight(journal, attributes_of(owner, _LOST))
        case Namespace(module=module) | (Module() as module) if isinstance(module.names, Store):
            lose_sight(journal, module.names.of_kinds(_LOST))
        case _:
            pass


def attributes_of(owner: Instance | Class, kinds: Kinds) -> Iterable[Value]:
    """The values of some types among an object's attributes, or those that a class body has bound.

    None of an object that stands for one of a survey.
    """
    return owner.names.of_kinds(kinds) if isinstance(owner.names, Store) else ()


def is_container(value: Value) -> bool:
    return isinstance(value, (Sequence, Mapping))


def n_containers(journal: Journal, module: Module) -> int:
    """How many names of a module have containers: with more of them, there is more to open.

    Worked out when the module has other names than before.
    """
    if journal.is_noted((id(module), len(module.names))):
        return journal.counts[id(module)]
    count = sum(map(is_container, module.names.values())) if isinstance(module.names, Store) else 0
    journal.counts[id(module)] = count
    return count
