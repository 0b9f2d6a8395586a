"""Dicts that know when they were made.

Everything that a simulated program can change lies in dicts. A stretch of the run may be undone, or
remembered, as a whole. Changes of a dict that was made in this stretch need no record, because no
code outside the stretch has seen the dict. So each dict has a *time*, a number that only grows, and
a stretch is identified by the time at which it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final


class Kinds:
    """Some types of values: what a read asks for that wants the values of these types, whatever their keys."""

    __slots__ = ("types",)

    def __init__(self, *types: type) -> None:
        self.types = frozenset(types)

    def among(self, items: dict[Any, Any]) -> dict[Any, Any]:
        """The items whose values are of these types, not of classes derived from them."""
        types = self.types
        return {key: value for key, value in dict.items(items) if type(value) in types}

    def values_among(self, items: dict[Any, Any]) -> list[Any]:
        """The values of these types, in order."""
        types = self.types
        return [value for value in dict.values(items) if type(value) in types]


class Store(dict[Any, Any]):
    """A dict that changes through a journal. `made` is when it was made.

    All classes of stores have the same slots, so that `share` can change the class of one.
    """

    __slots__ = ("is_noted", "made", "shared", "watch")
    made: int
    shared: int
    is_noted: bool
    """Of a shared one: whether reads of it have been noted from the start (`PartStore`)."""
    watch: Callable[[Store, object], None]

    def of_kinds(self, kinds: Kinds) -> Iterable[Any]:
        """The values of some types. Of a shared store only these count as read."""
        return kinds.values_among(self)


class PartStore(Store):
    """The parts of an object: attributes, items, marks; not the names of a module, class or frame.

    A read of one that is older than the stretch of the present load is noted (`note_reads`). So
    it is known of each load which older objects it has looked at, whether or not others change them.
    """

    __slots__ = ()

    def get(self, key: Any, default: Any = None, /) -> Any:
        """`dict.get`."""
        if self.made < _READS.since:
            _READS.seen.add((id(self), key))
        return dict.get(self, key, default)

    def __getitem__(self, key: Any, /) -> Any:
        if self.made < _READS.since:
            _READS.seen.add((id(self), key))
        return dict.__getitem__(self, key)

    def __contains__(self, key: object, /) -> bool:
        if self.made < _READS.since:
            _READS.seen.add((id(self), key))
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[Any]:
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return dict.__iter__(self)

    def __len__(self) -> int:
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return dict.__len__(self)

    def __bool__(self) -> bool:
        return len(self) > 0

    def keys(self) -> Any:
        """`dict.keys`."""
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return dict.keys(self)

    def values(self) -> Any:
        """`dict.values`."""
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return dict.values(self)

    def items(self) -> Any:
        """`dict.items`."""
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return dict.items(self)

    def of_kinds(self, kinds: Kinds) -> Iterable[Any]:
        """The values of some types."""
        if self.made < _READS.since:
            _READS.seen.add((id(self), EVERYTHING))
        return kinds.values_among(self)


class SharedStore(Store):
    """A store that code other than its maker's may change. Each read of it calls `watch`.

    `share` makes a store one of these. `watch` gets the key, EVERYTHING, or Kinds; `shared` is the time
    at which it was shared.
    """

    __slots__ = ()

    def get(self, key: Any, default: Any = None, /) -> Any:
        """`dict.get`."""
        self.watch(self, key)
        return dict.get(self, key, default)

    def __getitem__(self, key: Any, /) -> Any:
        self.watch(self, key)
        return dict.__getitem__(self, key)

    def __contains__(self, key: object, /) -> bool:
        self.watch(self, key)
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[Any]:
        self.watch(self, EVERYTHING)
        return dict.__iter__(self)

    def __len__(self) -> int:
        self.watch(self, EVERYTHING)
        return dict.__len__(self)

    def __bool__(self) -> bool:
        return len(self) > 0

    def keys(self) -> Any:
        """`dict.keys`."""
        self.watch(self, EVERYTHING)
        return dict.keys(self)

    def values(self) -> Any:
        """`dict.values`."""
        self.watch(self, EVERYTHING)
        return dict.values(self)

    def items(self) -> Any:
        """`dict.items`."""
        self.watch(self, EVERYTHING)
        return dict.items(self)

    def of_kinds(self, kinds: Kinds) -> Iterable[Any]:
        """The values of some types."""
        self.watch(self, kinds)
        return kinds.values_among(self)


class _Reads:
    """Where reads of `PartStore`s are noted: of those made before `since`, by identity and key."""

    __slots__ = ("seen", "since")

    def __init__(self) -> None:
        self.since = 0
        self.seen: set[tuple[int, object]] = set()


_READS = _Reads()


def note_reads(since: int, seen: set[tuple[int, object]]) -> None:
    """From now on note reads of parts older than `since` in `seen`; of none if `since` is 0."""
    _READS.since, _READS.seen = since, seen


EVERYTHING: Final = object()


def share(private: Store, watch: Callable[[Store, object], None]) -> None:
    """Make a store call `watch` on each read from now on."""
    private.watch = watch
    private.is_noted = type(private) is PartStore
    private.shared = tick()
    private.__class__ = SharedStore


class _Clock:
    """The time: one for all machines, so that values need not know theirs."""

    __slots__ = ("now", "ticks")

    def __init__(self) -> None:
        self.ticks = count(1)
        self.now = 0


_CLOCK = _Clock()


def tick() -> int:
    """A new time, later than that of every store there is."""
    now = _CLOCK.now = next(_CLOCK.ticks)
    return now


def now() -> int:
    """The time that a store made now gets."""
    return _CLOCK.now


def store(items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = ()) -> Store:
    """A new store with some items."""
    made = Store(items)
    made.made = _CLOCK.now
    return made


def parts(items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = ()) -> PartStore:
    """A new store for the parts of an object."""
    made = PartStore(items)
    made.made = _CLOCK.now
    return made
