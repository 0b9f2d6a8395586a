"""Who looked at what: the one index by which a change finds all that rests on what changed.

Nothing is kept for a thing that has no onlookers, so an index is as large as what rests on it.
Must be picklable: the state of a project that is kept for a later process holds some of these.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

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
        self._of: dict[ModuleName, Onlookers[int, Onlooker]] = {}

    def __iter__(self) -> Iterator[ModuleName]:
        """The modules of which some code has onlookers."""
        return iter(self._of)

    def __contains__(self, module: object) -> bool:
        return module in self._of

    def of(self, module: ModuleName, code: int) -> Iterable[Onlooker]:
        """Those who looked at a code; a live view."""
        known = self._of.get(module)
        return () if known is None else known.of(code)

    def of_module(self, module: ModuleName) -> Iterator[tuple[int, Iterable[Onlooker]]]:
        """Those who looked at a module, by the number of the code."""
        known = self._of.get(module)
        if known is not None:
            yield from ((code, known.of(code)) for code in known)

    def of_any(
        self, codes: Iterable[tuple[ModuleName, int]], modules: Iterable[ModuleName]
    ) -> set[Onlooker]:
        """Those who looked at one of these codes, or at any code of these modules."""
        found: set[Onlooker] = set()
        for module, code in codes:
            found.update(self.of(module, code))
        for module in modules:
            for _, onlookers in self.of_module(module):
                found.update(onlookers)
        return found

    def add(self, onlooker: Onlooker, codes: Iterable[tuple[ModuleName, int]]) -> None:
        """Record that an onlooker looked at some codes."""
        for module, code in codes:
            known = self._of.get(module)
            if known is None:
                known = self._of[module] = Onlookers()
            known.add(onlooker, (code,))

    def discard(self, onlooker: Onlooker, codes: Iterable[tuple[ModuleName, int]]) -> None:
        """Record that what an onlooker does rests on these codes no longer."""
        for module, code in codes:
            known = self._of.get(module)
            if known is not None:
                known.discard(onlooker, (code,))
                if next(iter(known), None) is None:
                    del self._of[module]

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()
