"""The loads that are remembered, and which of them still hold after an edit.

`import_cycles.simulate.recorder` says what is remembered of a load and when it is replayed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, Protocol

from import_cycles.base.names import ModuleName
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.loads import (
    Load,
    Needed,
    Remembered,
)
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.stores import (
    SharedStore,
    Store,
    share,
    tick,
)
from import_cycles.simulate.values import Maybe, Module


class Watcher(Protocol):
    """The recorder of a run, as the memory needs it."""

    def reads(self, where: Store, key: object) -> None:
        """Record a read of a value that others change."""


class Memory:
    """The remembered loads. They serve all runs until `forget` drops them.

    A memory that is made from another one begins with some of its loads. The two can be used in
    turn, not at the same time. One that `is_brief` serves the runs of one state of the code, so that
    `forget` is not called; it frees loads when it has too many (`stay_small`).
    """

    def __init__(
        self,
        other: Memory | None = None,
        loads: Sequence[Remembered] = (),
        *,
        is_brief: bool = False,
    ) -> None:
        self._is_brief = is_brief
        self._n_events = 0
        """The number of events of all remembered loads, if it is brief."""
        self._remembered: dict[ModuleName, list[Remembered]] = {}
        self._bits: dict[ModuleName, int] = {} if other is None else other._bits
        self.homes: dict[Module, Load] = {}
        self._recorders: list[Watcher] = [] if other is None else other._recorders
        """The recorder of the present run, last: what is shared is watched by all memories alike."""
        self._parts: dict[ModuleName, list[Remembered]] = {}
        """The remembered loads that a module is part of, the oldest first; older ones are retired."""
        self._starts: list[int] = []
        self._loads: list[Load] = []
        self.bodies = 0
        """Number of module bodies that were executed."""
        self.replays = 0
        """Number of module bodies that were replayed instead."""
        self.is_forgotten = False
        """Whether a run had to be made without replays."""
        for each in sorted(loads, key=lambda each: each.start):
            self.add(each)
        self._keep(loads)

    @property
    def recorder(self) -> Watcher | None:
        """The recorder of the present run."""
        return self._recorders[-1] if self._recorders else None

    @recorder.setter
    def recorder(self, recorder: Watcher) -> None:
        self._recorders[:] = (recorder,)

    @property
    def remembered(self) -> list[Remembered]:
        """All remembered loads."""
        return [each for variants in self._remembered.values() for each in variants]

    def of(self, name: ModuleName) -> Sequence[Remembered]:
        """The remembered loads of a module, the latest first: later ones know best what they read."""
        return [each for each in reversed(self._parts.get(name, ())) if each.name == name]

    def bit(self, name: ModuleName) -> int:
        """The bit that stands for a module in closures."""
        return self._bits.setdefault(name, 1 << len(self._bits))

    def begin(self, load: Load) -> None:
        """Register a load whose body is about to be executed."""
        self.bodies += 1
        self.homes[load.module] = load
        self._starts.append(load.start)
        self._loads.append(load)

    def add(self, remembered: Remembered) -> None:
        """Remember a load. The oldest with one of its modules is retired, if there are too many.

        A retired load is not replayed on its own any more, only where another one needs it.
        """
        self._remembered.setdefault(remembered.name, []).append(remembered)
        self._n_events += len(remembered.events)
        remembered.used = tick()
        for load in remembered.loads:
            parts = self._parts.setdefault(load.name, [])
            parts.append(remembered)
            if len(parts) > LIMITS.variants:
                self._retire(parts[0])

    def stay_small(self, present: Iterable[object]) -> None:
        """Free the loads that were of use longest ago, if all together have too many events.

        `present` are the entries of `sys.modules`; what they rest on is kept. Does nothing unless
        the memory `is_brief`. Cost: the events of all loads, each time that they have doubled.
        """
        if not self._is_brief or self._n_events <= LIMITS.remembered_events:
            return
        kept: set[int] = set()
        n_events = 0
        active = {id(each): each for parts in self._parts.values() for each in parts}
        latest = sorted(active.values(), key=lambda each: each.used, reverse=True)
        roots = [[*self._homes_of(present)], *([each] for each in latest)]
        for pending in roots:
            if n_events > LIMITS.remembered_events // 2:
                break
            while pending:
                each = pending.pop()
                if id(each) not in kept:
                    kept.add(id(each))
                    n_events += len(each.events)
                    pending += [event.by for event in each.events if isinstance(event, Needed)]
        self._free(kept)
        self._n_events = n_events

    def _homes_of(self, values: Iterable[object]) -> Iterator[Remembered]:
        for value in values:
            module = value.value if isinstance(value, Maybe) else value
            home = self.home(module) if isinstance(module, Module) else None
            if home is not None and home.remembered is not None:
                yield home.remembered

    def _free(self, kept: Set[int]) -> None:
        """Drop all remembered loads but those with these identities."""
        freed = [each for each in self.remembered if id(each) not in kept]
        for each in freed:
            self._retire(each)
        for name in {each.name for each in freed}:
            self._remembered[name] = [each for each in self._remembered[name] if id(each) in kept]
        gone = {id(load) for each in freed for load in each.loads}
        for each in freed:
            each.events = ()
            for load in each.loads:
                self.homes.pop(load.module, None)
        self._loads = [load for load in self._loads if id(load) not in gone]
        for load in self._loads:
            # It would keep the other one alive.
            while load.around is not None and id(load.around) in gone:
                load.around = load.around.around
        self._starts = [load.start for load in self._loads]

    def _retire(self, remembered: Remembered) -> None:
        for load in remembered.loads:
            parts = self._parts[load.name]
            self._parts[load.name] = [each for each in parts if each is not remembered]

    def home(self, module: Module) -> Load | None:
        """The load that a module belongs to now."""
        return _outermost(self.homes.get(module))

    def reads(self, where: Store, key: object) -> None:
        """Tell the recorder of a read of a value that several loads change."""
        if self.recorder is not None:
            self.recorder.reads(where, key)

    def shares(self, where: dict[Any, Any]) -> bool:
        """Start to record reads of a changed value; whether that is possible."""
        if not isinstance(where, Store):
            return False
        if type(where) is not SharedStore:
            share(where, self.reads)
        return True

    def maker(self, time: int) -> Load | None:
        """The load in which a value was made at `time`."""
        position = bisect_right(self._starts, time) - 1
        load = self._loads[position] if position >= 0 else None
        while load is not None and not (load.is_active or time < load.end):
            load = load.around
        return _outermost(load)

    def forget(self, changed: set[CodeKey]) -> None:
        """Forget the loads that a change of some codes makes untrue.

        Module objects hold the codes of their functions. So a load that met a module with a changed
        code must run again, to meet the new module object.
        """
        if not changed or not self._remembered:
            return
        everything = self.remembered
        kept = self.untouched(everything, changed, everything)
        if len(kept) < len(everything):
            self._keep(kept)

    def untouched(
        self, loads: Sequence[Remembered], changed: Set[CodeKey], everything: Sequence[Remembered]
    ) -> list[Remembered]:
        """Those of some loads that a change of some codes leaves true; `everything` is what they may need."""
        # Listings and hints have negative numbers; they do not depend on module objects.
        modules = {module for module, number in changed if number >= 0}
        touched = 0
        for name, bit in self._bits.items():
            if name in modules:
                touched |= bit
        for each in everything:
            if not modules.isdisjoint(load.name for load in each.loads):
                touched |= self.bit(each.name)
        return [
            each for each in loads if not each.closure & touched and each.ran.isdisjoint(changed)
        ]

    @property
    def newest(self) -> int:
        """When the newest registered load began, to be passed to `let_go` later."""
        return self._starts[-1] if self._starts else 0

    def let_go(self, after: int) -> None:
        """Drop the loads that began after a time, are over and not remembered."""
        first = bisect_right(self._starts, after)
        kept: list[Load] = []
        for load in self._loads[first:]:
            home = _outermost(load)
            if home is not None and home.remembered is not None:
                kept.append(load)
                continue
            del self.homes[load.module]
            # No run can reach it any more; clearing it spares the garbage collector the work.
            load.events, load.seen, load.absorbed = [], set(), []
            load.module.names.clear()
        self._loads[first:] = kept
        self._starts[first:] = [load.start for load in kept]

    def _keep(self, kept: Sequence[Remembered]) -> None:
        self._remembered = {}
        loads: list[Load] = []
        for each in kept:
            self._remembered.setdefault(each.name, []).append(each)
            loads += each.loads
        is_kept = {id(each) for each in kept}
        self._parts = {
            name: left
            for name, parts in self._parts.items()
            if (left := [each for each in parts if id(each) in is_kept])
        }
        loads.sort(key=lambda load: load.start)
        self.homes = {load.module: load for load in loads}
        self._loads = loads
        self._starts = [load.start for load in loads]


def _outermost(load: Load | None) -> Load | None:
    while load is not None and load.into is not None:
        load = load.into
    return load
