"""Changes that can be taken back: how the machine tries both ways of an undecided test.

Every change to a simulated namespace or object is a write to a dict through the journal. A
*fork* runs each alternative from the same state, takes its changes back, and then writes what
the alternatives agree on; a name that only one of them binds becomes `Maybe`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from import_cycles.simulate.values import Maybe, Value, join


class _Missing:
    """Stands for a key that is not there."""

    __slots__ = ()


MISSING: Final = _Missing()

Changes = dict[tuple[int, Hashable], tuple[dict[Any, Any], object]]
"""The value of each changed key after an alternative; keyed by identity of the dict, and key."""


class LocalNames(dict[str, Value]):
    """The names of a frame, which knows the alternative in which it was made.

    Until that alternative ends nobody else can see the frame: changes need no record.
    """

    __slots__ = ("birth",)

    def __init__(self, names: dict[str, Value], birth: int) -> None:
        super().__init__(names)
        self.birth = birth


class Journal:
    """The list of changes since the outermost open fork. No fork open: nothing is recorded."""

    __slots__ = ("_attempts", "_current", "_entries", "_forks")

    def __init__(self) -> None:
        self._entries: list[tuple[dict[Any, Any], Hashable, object]] = []
        self._forks = 0
        self._attempts = 0
        self._current = 0

    def local_names(self, names: dict[str, Value]) -> LocalNames:
        """The names of a new frame."""
        return LocalNames(names, self._current)

    @property
    def is_forked(self) -> bool:
        """Whether what runs now is one of several ways."""
        return self._forks > 0

    def write(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        """`where[key] = value`."""
        if self._forks and not (type(where) is LocalNames and where.birth == self._current):
            self._entries.append((where, key, where.get(key, MISSING)))
        where[key] = value

    def erase(self, where: dict[Any, Any], key: Hashable) -> None:
        """Delete a key that may be there."""
        if key in where:
            if self._forks and not (type(where) is LocalNames and where.birth == self._current):
                self._entries.append((where, key, where[key]))
            del where[key]

    def attempt(self, alternative: Callable[[], None]) -> Changes:
        """Run an alternative, take its changes back, and tell what they were."""
        start = len(self._entries)
        outer = self._current
        self._forks += 1
        self._attempts += 1
        self._current = self._attempts
        try:
            alternative()
        finally:
            self._forks -= 1
            self._current = outer
            changes: Changes = {}
            for where, key, _ in self._entries[start:]:
                changes[id(where), key] = (where, where.get(key, MISSING))
            for where, key, old in reversed(self._entries[start:]):
                _restore(where, key, old)
            del self._entries[start:]
        return changes

    def adopt(self, changes: Changes) -> None:
        """Carry out the changes of one alternative."""
        for (_, key), (where, value) in changes.items():
            self._put(where, key, value)

    def merge(self, first: Changes, second: Changes) -> None:
        """Carry out what is true after either of two alternatives."""
        for identity, (where, value) in first.items():
            key = identity[1]
            _, other = second.get(identity, (where, where.get(key, MISSING)))
            self._put(where, key, _joined(value, other))
        for identity, (where, value) in second.items():
            if identity not in first:
                key = identity[1]
                self._put(where, key, _joined(where.get(key, MISSING), value))

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


def _joined(first: object, second: object) -> object:
    if first is second:
        return first
    if isinstance(first, Value) and isinstance(second, Value):
        return join(first, second)
    for present, absent in ((first, second), (second, first)):
        if absent is MISSING:
            if isinstance(present, Maybe) or not isinstance(present, Value):
                return present
            return Maybe(present)
    return first
