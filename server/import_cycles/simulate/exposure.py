"""What code that is not followed may have changed.

The model knows the parts of a value as long as it has seen everything that happened to it: then
the value is *closed*, and what is not in it is absent. It *opens* when something else could change
it: code from outside the project gets it, or the model loses sight of it, because two ways through
the program that meet again have different values for one name. Of an open value nothing is absent.
Opening is a change like any other, so what happens on a way that is taken back is taken back too.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.simulate.journal import Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import ALTERED, ITEMS, OPEN
from import_cycles.simulate.stores import Store
from import_cycles.simulate.values import (
    Attributes,
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
from import_cycles.syntax.steps import Code, Name
from import_cycles.syntax.walk import every_expression, every_step, expressions


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


def hand_over(journal: Journal, values: Iterable[Value]) -> None:
    """Code that is not followed gets these values: whatever they reach may be changed by it.

    Cost: the values that can be reached, up to LIMITS.exposed.
    """
    pending = list(values)
    seen: set[int] = set()
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if id(value) in seen:
            continue
        match value:
            case Sequence(kind=SequenceKind.TUPLE | SequenceKind.VIEW):
                pending += value.items
            case Sequence():
                pending += value.items
                forget(journal, value)
            case Mapping():
                pending += value.items.values()
                forget(journal, value)
            case Instance():
                pending += _attributes(value)
                open_up(journal, value)
            case Attributes(owner=owner) | Method(owner=owner):
                pending.append(owner)
            case Class():
                if not value.is_altered:
                    journal.write(value.fields, ALTERED, True)
            case Module():
                open_up(journal, value)
            case Namespace(module=module):
                open_up(journal, module)
            case Partial(function=function, arguments=arguments, keywords=keywords):
                pending += (function, *arguments, *keywords.values())
            case (Function() as function) | Suspended(body=Function() as function):
                expose_function(journal, function)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))


def expose_function(journal: Journal, function: Function) -> None:
    """Code that is not followed may call a function: what the function may change is open."""
    lose_sight(journal, _containers_of(function))
    if function.code.global_names:
        open_up(journal, function.module)


def _containers_of(function: Function) -> list[Value]:
    """The containers that a function may change when it is called: those that its text names."""
    scopes = [function.module.names]
    frame = function.outer
    while frame is not None:
        scopes.append(frame.names)
        frame = frame.outer
    return [
        value
        for names in scopes
        if isinstance(names, Store)
        for name, value in names.items()
        if _is_container(value) and _mentions(function.code, name)
    ]


def _mentions(code: Code, name: str) -> bool:
    """Whether the body of a function may read a name."""
    if code.waiting is not None:
        return code.waiting.mentions((name,))
    return any(
        isinstance(each, Name) and each.name == name
        for step in every_step(code.body)
        for each in every_expression(expressions(step))
    )


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
                pending += (each for each in _attributes(value) if _is_container(each))
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))


def _attributes(owner: Instance) -> Iterable[Value]:
    """The values of an object's attributes; none of one that stands for an object of a survey."""
    return owner.names.values() if isinstance(owner.names, Store) else ()


def _is_container(value: Value) -> bool:
    return isinstance(value, (Sequence, Mapping))
