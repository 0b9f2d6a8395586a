"""Changes that can be taken back: how the machine tries both ways of an undecided test.

Every change to a simulated namespace or object is a write to a dict through the journal. A
*fork* runs each alternative from the same state, takes its changes back, and then writes what
the alternatives agree on; a name that only one of them binds becomes `Maybe`.

Outside of forks the journal records only changes of dicts that are older than the current
*stretch*. Younger dicts (`import_cycles.simulate.stores`) are dropped or kept together with the
stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from import_cycles.simulate.marks import ITEMS, OPEN
from import_cycles.simulate.stores import Store, tick
from import_cycles.simulate.values import UNKNOWN, Maybe, Module, Value, join


class _Missing:
    """Stands for a key that is not there."""

    __slots__ = ()


MISSING: Final = _Missing()


class Added:
    """Stands for the items of a sequence with some more at its end."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Value, ...]) -> None:
        self.items = items


Changes = dict[tuple[int, Hashable], tuple[dict[Any, Any], object]]
"""The value of each changed key after an alternative; keyed by identity of the dict, and key."""


Attempt = tuple[int, int, int]
"""What the journal was when an alternative began."""


def _always(where: dict[Any, Any], key: Hashable, value: object) -> bool:
    del where, key, value
    return True


def _ignore(values: list[Value]) -> None:
    del values


class Journal:
    """The changes since the outermost open stretch. With none open, nothing is recorded."""

    __slots__ = (
        "_attempts", "_born", "_ended", "_entries", "_first", "_first_start", "_forks",
        "_merged_into", "_n_first", "_noted", "_notes", "_open", "_starts", "counts", "give_away", "is_outside",
        "level", "lose", "methods", "names", "since",
    )  # fmt: skip

    def __init__(self) -> None:
        self._entries: list[tuple[dict[Any, Any], Hashable, object]] = []
        self._forks = 0
        self._starts: list[int] = []
        """Where the entries of each open alternative begin, the outermost first."""
        self._first: dict[int, dict[Hashable, object]] = {}
        """The values before the stretch's outermost fork of the keys that changed in it."""
        self._first_start = 0
        self._n_first = 0
        """How far the entries have been processed for that."""
        self._attempts = 0
        self._born = 0
        """When the present alternative began: what was made later is seen by no other."""
        self._open = [0]
        self._ended: list[int] = []
        self._merged_into: dict[int, int] = {}
        self._notes: dict[tuple[Hashable, ...], int] = {}
        self._noted: list[tuple[Hashable, ...]] = []
        """The notes in the order in which they were made, some of them several times."""
        self.counts: dict[int, int] = {}
        self.methods: dict[Hashable, object] = {}
        """Counts and results of `import_cycles.simulate.unseen`, by identity."""
        self.since = 0
        """Younger dicts belong to the current stretch."""
        self.level = 0
        """The number of alternatives around the stretch, inside one another."""
        self.names: dict[str, Value] = {}
        """A dict that belongs to the stretch, however old it is."""
        self.lose: Callable[[list[Value]], None] = _ignore
        """Called with functions, classes and objects that the program can still reach, in ways that are
        not known."""
        self.give_away: Callable[[list[Value]], None] = _ignore
        """Called with those that code outside has got, once what they may change is open."""
        self.is_outside: Callable[[dict[Any, Any], Hashable, object], bool] = _always
        """Whether an older dict, which is about to be changed, lies outside the stretch."""

    @property
    def is_forked(self) -> bool:
        """Whether the machine executes one of several ways."""
        return self._forks > 0

    @property
    def forks(self) -> int:
        """The number of alternatives around, inside one another."""
        return self._forks

    def is_noted(self, note: tuple[Hashable, ...]) -> bool:
        """Whether this was asked before, and the changes since then still hold.

        They hold unless it was asked in an alternative whose changes were undone for good.
        """
        asked = self._notes.get(note)
        if asked is not None and self.holds(asked):
            return True
        self._notes[note] = self._open[-1]
        self._noted.append(note)
        return False

    @property
    def alternative(self) -> int:
        """The number of the present alternative, for `holds`."""
        return self._open[-1]

    def holds(self, alternative: int) -> bool:
        """Whether what was changed in an alternative, and only opened or bound there, still holds."""
        opened = self._open
        if alternative in opened:
            return True
        merged = self._merged_into
        while (into := merged.get(alternative)) is not None:
            if into in opened:
                return True
            alternative = into
        return False

    def write(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        """`where[key] = value`."""
        if not self._is_fresh(where):
            self._record(where, key, value)
        where[key] = value

    def _is_fresh(self, where: dict[Any, Any]) -> bool:
        """Whether a dict was made in the present stretch, and in the present alternative."""
        return isinstance(where, Store) and where.made >= self.since and where.made >= self._born

    def _record(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        """Note a change that is about to happen, unless it lives and dies with the stretch.

        What an alternative has made itself is seen by no other, so it need not be undone with it.
        """
        is_foreign = True
        if self._forks <= self.level:
            is_foreign = where is not self.names and self.is_outside(where, key, value)
        if is_foreign or (
            self._forks and not (isinstance(where, Store) and where.made >= self._born)
        ):
            self._entries.append((where, key, dict.get(where, key, MISSING)))

    def confirm(self, where: Store, key: Hashable, value: object) -> None:
        """`where[key] = value`, where it is that already: it may be so because of another load."""
        if self._forks > self.level:
            where.get(key)
        elif where.made < self.since and where is not self.names:
            self.is_outside(where, key, value)

    def extend(self, where: dict[Any, Any], items: tuple[Value, ...]) -> None:
        """Append to `where["items"]`, without reading it."""
        value = (*dict.__getitem__(where, ITEMS), *items)
        if not self._is_fresh(where):
            self._record(where, ITEMS, Added(items))
        where[ITEMS] = value

    def erase(self, where: dict[Any, Any], key: Hashable) -> None:
        """Delete a key that may be there."""
        if not dict.__contains__(where, key):
            return
        if not self._is_fresh(where):
            self._record(where, key, MISSING)
        del where[key]

    def put(
        self, where: dict[Any, Any], key: Hashable, value: object, *, is_own: bool = False
    ) -> None:
        """`where[key] = value`: a change made by importing itself, whichever module owns `where`."""
        is_kept = is_own and isinstance(where, Store) and where.made >= self._born
        if (self._forks or self.since) and not is_kept:
            self._entries.append((where, key, dict.get(where, key, MISSING)))
        where[key] = value

    def take_out(self, where: dict[Any, Any], key: Hashable) -> None:
        """Delete a key that is there, however old `where` is."""
        if self._forks or self.since:
            self._entries.append((where, key, dict.get(where, key)))
        del where[key]

    def undone(self, act: Callable[[], None]) -> None:
        """Run an act as a stretch, and undo its changes outside of itself."""
        start, since, names = len(self._entries), self.since, self.names
        self.since, self.names = tick(), {}
        level, self.level = self.level, self._forks
        self._attempts += 1
        counts = len(self._noted), len(self._merged_into), len(self.methods)
        self._open.append(self._attempts)
        try:
            act()
        finally:
            self._open.pop()
            self.since, self.names, self.level = since, names, level
            self._take_back(start)
            self._forget_notes(*counts)

    def _forget_notes(self, n_noted: int, n_merged: int, n_methods: int) -> None:
        """Drop the notes that a stretch and its alternatives made: none of them is open again.

        The counts are those from before it. The methods of classes that were asked for in it would
        keep the classes alive. Cost: what is dropped.
        """
        for note in self._noted[n_noted:]:
            self._notes.pop(note, None)
        del self._noted[n_noted:]
        while len(self._merged_into) > n_merged:
            self._merged_into.popitem()
        while len(self.methods) > n_methods:
            self.methods.popitem()

    def begin(self) -> Attempt:
        """Changes from now on are those of an alternative, until `end`."""
        start = len(self._entries)
        self._starts.append(start)
        self._forks += 1
        self._attempts += 1
        begun = start, len(self._ended), self._born
        self._born = tick()
        self._open.append(self._attempts)
        return begun

    def end(self, begun: Attempt) -> Changes:
        """Undo the changes of the alternative that has begun last, and return them."""
        start, n_ended, self._born = begun
        self._forks -= 1
        self._starts.pop()
        self._ended[n_ended:] = (self._open.pop(),)
        changes: Changes = {}
        entries = self._entries
        if len(entries) > start:
            for where, key, _ in entries[start:]:
                changes[id(where), key] = where, dict.get(where, key, MISSING)
            self._take_back(start)
        return changes

    def skip(self) -> None:
        """What an alternative that changes and asks nothing does."""
        self._attempts += 1
        self._ended.append(self._attempts)

    def _take_back(self, start: int) -> None:
        entries = self._entries
        for where, key, old in reversed(entries[start:] if start else entries):
            if old is MISSING:
                where.pop(key, None)
            else:
                where[key] = old
        del entries[start:]
        if self._n_first > start:
            self._first, self._n_first = {}, 0

    def item_before_forks(self, where: dict[Any, Any], key: Hashable) -> object:
        """The value of a key when the outermost fork of the stretch began, MISSING if there was none.

        Outside of its forks it is the present value.
        """
        return self._changed_in_forks(where).get(key, dict.get(where, key, MISSING))

    def items_before_forks(self, where: dict[Any, Any]) -> dict[Any, Any]:
        """A copy of a dict as it was when the outermost fork of the stretch began."""
        items = dict(dict.items(where))
        for key, old in self._changed_in_forks(where).items():
            _restore(items, key, old)
        return items

    def _changed_in_forks(self, where: dict[Any, Any]) -> dict[Hashable, object]:
        if self._forks <= self.level:
            return {}
        start = self._starts[self.level]
        if self._first_start != start:
            self._first, self._n_first, self._first_start = {}, start, start
        begin = max(self._n_first, start)
        for each, key, old in self._entries[begin:]:
            self._first.setdefault(id(each), {}).setdefault(key, old)
        self._n_first = len(self._entries)
        return self._first.get(id(where), {})

    def adopt(self, changes: Changes) -> None:
        """Carry out the changes of one alternative."""
        for (_, key), (where, value) in changes.items():
            self._put(where, key, value)

    def merge(self, first: Changes, second: Changes) -> list[Value]:
        """Carry out what is true after either of two alternatives.

        Returns the values of one alternative that no certain value replaces: the program may still
        reach them under these keys.
        """
        lost: list[Value] = []
        around = self._open[-1]
        for number in self._ended[-2:]:
            # A mark that either alternative has set stays.
            self._merged_into[number] = around
        meet = self._meet
        for identity, (where, value) in first.items():
            key = identity[1]
            if identity in second:
                meet(where, key, value, second[identity][1], lost)
            else:
                meet(where, key, value, dict.get(where, key, MISSING), lost)
        for identity, (where, value) in second.items():
            if identity not in first:
                key = identity[1]
                meet(where, key, dict.get(where, key, MISSING), value, lost)
        return lost

    def _meet(
        self, where: dict[Any, Any], key: Hashable, one: object, other: object, lost: list[Value]
    ) -> None:
        """Write what two alternatives agree on; each gives the value of the key after it."""
        if one is other:
            self._put(where, key, one)
            return
        if one is MISSING or other is MISSING:
            present = other if one is MISSING else one
            if isinstance(present, Value) and type(present) is not Maybe:
                present = Maybe(present)
            self.write(where, key, present)
            return
        if key is ITEMS and isinstance(one, tuple) and isinstance(other, tuple):
            items, is_whole = _common_items(one, other)
            self._put(where, key, items)
            if not is_whole:
                self.write(where, OPEN, True)
            lost += [item for item in (*one, *other) if item not in items]
            return
        met = _joined(one, other)
        if isinstance(met, Module) and isinstance(other, Module):
            self._join_names(met, other)
        self._put(where, key, met)
        if met is UNKNOWN or (type(met) is Maybe and met.value is UNKNOWN):
            lost += (one, other)  # type: ignore[arg-type]

    def _join_names(self, one: Module, other: Module) -> None:
        """Open a module that two alternatives have loaded, if it got other names in each."""
        if dict.keys(one.names) != dict.keys(other.names) and OPEN not in one.fields:
            self.write(one.fields, OPEN, True)

    def _put(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        if value is MISSING:
            self.erase(where, key)
        else:
            self.write(where, key, value)


def _restore(where: dict[Any, Any], key: Hashable, old: object) -> None:
    if old is MISSING:
        where.pop(key, None)
    else:
        where[key] = old


def _common_items(
    one: tuple[Value, ...], other: tuple[Value, ...]
) -> tuple[tuple[Value, ...], bool]:
    """The items that a sequence has after either of two alternatives, and whether it has no more."""
    if len(one) == len(other):
        return tuple(map(join, one, other)), True
    shared = 0
    for first, second in zip(one, other, strict=False):
        if first is not second and first != second:
            break
        shared += 1
    return one[:shared], False


def _joined(first: object, second: object) -> object:
    if isinstance(first, Value) and isinstance(second, Value):
        return join(first, second)
    return first
