"""Objects of Python's own library that the machine follows: paths, module specs, entry points.

Such an object never changes. The methods here give the results of operators; each kind may override
them. A kind that does not follow an operator gives an unknown value. Its own methods are functions
of the library that get the object first (`method`); the tables of
`import_cycles.simulate.library_calls` have them.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.simulate.marks import ANY_ORDER, ITEMS, OPEN
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    UNKNOWN,
    Const,
    External,
    Partial,
    Sequence,
    SequenceKind,
    Value,
    sequence,
)


class LibraryObject(Value):
    """Base of the kinds. Each is true; none is None, or any literal."""

    __slots__ = ()

    @property
    def is_other(self) -> bool:
        """Whether it stands for any number of things, perhaps none, that are no modules."""
        return False

    def attribute(self, name: str) -> Value:
        """`owner.name`."""
        return UNKNOWN

    def item(self, index: Value) -> Value:
        """`owner[index]`."""
        return UNKNOWN

    def sliced(self, window: slice) -> Value:
        """`owner[lower:upper:step]`."""
        return UNKNOWN

    def combined(self, operator: str, other: Value, *, is_left: bool) -> Value:
        """`owner operator other`, or the reverse."""
        return UNKNOWN

    def equals(self, other: Value) -> bool | None:
        """`owner == other`; None where that is not known."""
        return None

    def is_in(self, container: Value) -> bool | None:
        """`owner in container`; None where that is not known."""
        if not isinstance(container, Sequence):
            return None
        answers = [self.equals(item) for item in container.items]
        if True in answers:
            return True
        return None if None in answers or container.is_open else False

    def as_text(self) -> Value:
        """`str(owner)`."""
        return UNKNOWN


def method(cls: str, name: str, owner: Value) -> Value:
    """A method of a class of the library, bound to an object."""
    return Partial(External(f"{cls}.{name}"), (owner,))


class NamedItems(Sequence):
    """A named tuple: its items have names."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...], items: tuple[Value, ...]) -> None:
        super().__init__(SequenceKind.TUPLE, parts({ITEMS: items}))
        self.names = names

    def named(self, name: str) -> Value | None:
        """The item of a name; None for any other attribute."""
        return self.items[self.names.index(name)] if name in self.names else None


def any_order(items: tuple[Value, ...], kind: SequenceKind = SequenceKind.LIST) -> Sequence:
    """A new list of all these items, in an order that is not known."""
    if len(items) < 2 or kind is SequenceKind.SET:
        return sequence(kind, items)
    return Sequence(kind, parts({ITEMS: items, OPEN: ANY_ORDER}))


def is_in_any_order(value: Value) -> bool:
    """Whether all items of a sequence are known, but not their order."""
    if not isinstance(value, Sequence):
        return False
    if value.kind is SequenceKind.SET and len(value.items) > 1:
        return not value.is_open
    return value.fields.get(OPEN) is ANY_ORDER


def texts_of(value: Value) -> Iterator[str]:
    """A literal text, or those in a tuple."""
    match value:
        case Const(value=str(text)):
            yield text
        case Sequence(is_open=False):
            for item in value.items:
                yield from texts_of(item)
        case _:
            pass
