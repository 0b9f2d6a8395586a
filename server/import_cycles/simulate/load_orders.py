"""What a first import of plain modules loaded, in a few bytes a module.

In a knot, each first import can load every member. As tuples and sets of names, what all of them
loaded would take a hundred bytes for each two members. So names are numbered, and a first import
keeps numbers. Tests: tests/unit/test_load_orders.py.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import compress
from typing import overload

from import_cycles.base.names import ModuleName
from import_cycles.simulate.outcome import CodeKey


class ModuleNumbers:
    """Numbers for names of modules, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.names: list[ModuleName] = []
        self._numbers: dict[ModuleName, int] = {}
        self._codes: dict[bytes, OwnCodes] = {}

    def number(self, name: ModuleName) -> int:
        """The number of a name, the same each time."""
        known = self._numbers.get(name)
        if known is None:
            known = self._numbers[name] = len(self.names)
            self.names.append(name)
        return known

    def known(self, name: ModuleName) -> int | None:
        """The number of a name, if it has one."""
        return self._numbers.get(name)

    def _all(self, names: Collection[ModuleName]) -> list[int]:
        try:
            return [*map(self._numbers.__getitem__, names)]
        except KeyError:
            return [*map(self.number, names)]

    def order(self, loaded: Collection[ModuleName]) -> LoadOrder:
        """A sequence of names."""
        return LoadOrder(self, array("I", self._all(loaded)))

    def own_codes(self, loaded: Collection[ModuleName]) -> OwnCodes:
        """The own codes of modules; equal ones are one object."""
        numbers = self._all(loaded)
        flags = bytearray(max(numbers, default=-1) + 1)
        for number in numbers:
            flags[number] = 1
        key = bytes(flags)
        known = self._codes.get(key)
        if known is None:
            known = self._codes[key] = OwnCodes(self, key)
        return known


class LoadOrder(Sequence[ModuleName]):
    """Names of modules in the order in which they start to load; equals a tuple of them."""

    __slots__ = ("_names", "_order")

    def __init__(self, numbers: ModuleNumbers, order: array[int]) -> None:
        self._names = numbers.names
        self._order = order

    @overload
    def __getitem__(self, at: int) -> ModuleName: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[ModuleName, ...]: ...
    def __getitem__(self, at: int | slice) -> ModuleName | tuple[ModuleName, ...]:
        if isinstance(at, slice):
            return tuple(self)[at]
        return self._names[self._order[at]]

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[ModuleName]:
        return map(self._names.__getitem__, self._order)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, LoadOrder)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class OwnCodes(Set[CodeKey]):
    """The codes of some modules' own bodies; equals a frozenset of them."""

    __slots__ = ("_flags", "_numbers")

    def __init__(self, numbers: ModuleNumbers, flags: bytes) -> None:
        self._numbers = numbers
        self._flags = flags
        """For each number up to the highest one 1 or 0."""

    @classmethod
    def _from_iterable(cls, codes: Iterable[CodeKey]) -> frozenset[CodeKey]:  # type: ignore[override]
        return frozenset(codes)

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, tuple) or len(code) != 2 or code[1] != 0:
            return False
        number = self._numbers.known(code[0])
        return number is not None and number < len(self._flags) and bool(self._flags[number])

    def __iter__(self) -> Iterator[CodeKey]:
        return ((name, 0) for name in compress(self._numbers.names, self._flags))

    def __len__(self) -> int:
        return self._flags.count(1)

    def __hash__(self) -> int:
        return self._hash()

    def __repr__(self) -> str:
        return repr(frozenset(self))
