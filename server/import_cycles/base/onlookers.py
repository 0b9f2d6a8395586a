"""Who looked at what: the one index by which a change finds all that rests on what changed.

Nothing is kept for a thing that has no onlookers, so an index is as large as what rests on it.
Must be picklable: the state of a project that is kept for a later process holds some of these.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from import_cycles.base.names import ModuleName

Thing = TypeVar("Thing", bound=Hashable)
Onlooker = TypeVar("Onlooker", bound=Hashable)


class Onlookers(Generic[Thing, Onlooker]):
    """The onlookers of each thing. Costs follow what is asked about."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[Thing, set[Onlooker]] = {}

    def __iter__(self) -> Iterator[Thing]:
        """The things that have onlookers."""
        return iter(self._of)

    def __contains__(self, thing: object) -> bool:
        return thing in self._of

    def of(self, thing: Thing) -> Iterable[Onlooker]:
        """Those who looked at a thing; a live view."""
        return self._of.get(thing, ())

    def add(self, onlooker: Onlooker, things: Iterable[Thing]) -> None:
        """Record that an onlooker looked at some things."""
        for thing in things:
            known = self._of.get(thing)
            if known is None:
                self._of[thing] = {onlooker}
            else:
                known.add(onlooker)

    def discard(self, onlooker: Onlooker, things: Iterable[Thing]) -> None:
        """Record that what an onlooker does rests on these things no longer."""
        for thing in things:
            known = self._of.get(thing)
            if known is not None:
                known.discard(onlooker)
                if not known:
                    del self._of[thing]

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()


class CodeOnlookers(Generic[Onlooker]):
    """The same for codes of modules, which are asked about one by one, or module by module."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[ModuleName, dict[int, set[Onlooker]]] = {}

    def __contains__(self, module: object) -> bool:
        """Whether some code of a module has onlookers."""
        return module in self._of

    def of(self, module: ModuleName, code: int) -> Iterable[Onlooker]:
        """Those who looked at a code; a live view."""
        known: dict[int, set[Onlooker]] = self._of.get(module, _NOTHING)
        return known.get(code, ())

    def of_module(self, module: ModuleName) -> Iterable[tuple[int, Iterable[Onlooker]]]:
        """Those who looked at a module, by the number of the code; a live view."""
        return self._of.get(module, _NOTHING).items()

    def of_any(
        self, codes: Iterable[tuple[ModuleName, int]], modules: Iterable[ModuleName]
    ) -> set[Onlooker]:
        """Those who looked at one of these codes, or at any code of these modules."""
        found: set[Onlooker] = set()
        for module, code in codes:
            found.update(self._of.get(module, _NOTHING).get(code, ()))
        for module in modules:
            found.update(*self._of.get(module, _NOTHING).values())
        return found

    def add(self, onlooker: Onlooker, codes: Iterable[tuple[ModuleName, int]]) -> None:
        """Record that an onlooker looked at some codes."""
        for module, code in codes:
            known = self._of.get(module)
            if known is None:
                self._of[module] = {code: {onlooker}}
            elif code in known:
                known[code].add(onlooker)
            else:
                known[code] = {onlooker}

    def discard(self, onlooker: Onlooker, codes: Iterable[tuple[ModuleName, int]]) -> None:
        """Record that what an onlooker does rests on these codes no longer."""
        for module, code in codes:
            known = self._of.get(module, _NOTHING)
            onlookers = known.get(code)
            if onlookers is not None:
                onlookers.discard(onlooker)
                if not onlookers:
                    del known[code]
                    if not known:
                        del self._of[module]

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()


_NOTHING: Final[dict[int, set[Any]]] = {}
