"""Which trials need no first import, because an earlier one with other orders ended alike.

A first import is determined by what it executes. So two orders end alike where they differ only in
modules that it does not execute. They end alike, too, where it fails while a module is being
executed, if the order of that module differs only below the statement that it is at.
Tests: tests/properties/test_order_trials.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from import_cycles.analysis.import_sorting import Sorting
from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import Crashes, Frame, Spot
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.steps import Import, Step

Statement = tuple[Step, "ImportRecord | None"]
"""A statement, and what it imports."""


def differing(one: Mapping[ModuleName, int], other: Mapping[ModuleName, int]) -> Set[ModuleName]:
    """The modules that stand in another order after other swaps."""
    return {name for name in one.keys() | other.keys() if one.get(name, 0) != other.get(name, 0)}


@entity
class _Known:
    """How a first import ended after so many swaps."""

    run: Run
    executed: Set[ModuleName]
    """The modules that can be sorted and that it executed, in part or as a whole."""
    once: Set[ModuleName]
    """The modules that it executed no more than once, as far as is known."""


class KnownTrials:
    """The first imports that have been tried in one state of a project."""

    def __init__(self, world: World, sortings: Mapping[ModuleName, Sorting]) -> None:
        self._world = world
        self._sortings = sortings
        self._trials: list[tuple[Mapping[ModuleName, int], dict[ModuleName, _Known]]] = []
        self._statements: dict[tuple[ModuleName, int], tuple[Statement, ...]] = {}

    def add(
        self,
        swaps: Mapping[ModuleName, int],
        runs: Mapping[ModuleName, Run],
        once: Set[ModuleName] = frozenset(),
    ) -> None:
        """Take in how some first imports ended after so many swaps.

        `once` are modules that none of them executed a second time.
        """
        sortable = {(name, 0) for name in self._sortings}
        in_layer: dict[int, frozenset[ModuleName]] = {}
        known: dict[ModuleName, _Known] = {}
        for entry, run in runs.items():
            for layer in run.ran:
                if id(layer) not in in_layer:
                    in_layer[id(layer)] = frozenset(name for name, _ in layer & sortable)
            executed = frozenset().union(*(in_layer[id(layer)] for layer in run.ran))
            known[entry] = _Known(run, executed, once & executed)
        self._trials.append((swaps, known))

    def find(
        self, entries: Iterable[ModuleName], swaps: Mapping[ModuleName, int]
    ) -> dict[ModuleName, Run]:
        """How first imports end after so many swaps, of those of which an earlier trial tells."""
        left = dict.fromkeys(entries)
        found: dict[ModuleName, Run] = {}
        for earlier, known in self._trials:
            changed = differing(earlier, swaps)
            for entry in [name for name in left if name in known]:
                if self._ends_alike(known[entry], changed, earlier, swaps):
                    found[entry] = known[entry].run
                    del left[entry]
        return found

    def _ends_alike(
        self,
        known: _Known,
        differing_ones: Set[ModuleName],
        earlier: Mapping[ModuleName, int],
        swaps: Mapping[ModuleName, int],
    ) -> bool:
        changed = differing_ones & known.executed
        if not changed:
            return True
        outcome = known.run.outcome
        if not isinstance(outcome, Crashes) or not changed <= known.once:
            return False
        frames = {frame.module: frame for frame in outcome.stack}
        return all(
            name in frames
            and self._is_above(
                name, _spot(frames[name], outcome), earlier.get(name, 0), swaps.get(name, 0)
            )
            for name in changed
        )

    def _is_above(self, module: ModuleName, spot: Spot | None, one: int, other: int) -> bool:
        """Whether a module is at an import above everything that differs between two orders."""
        if spot is None or spot.module != module or spot.code:
            return False
        ours, theirs = self._after(module, one), self._after(module, other)
        n_same = next(
            at for at, each in enumerate(zip(ours, theirs, strict=True)) if each[0] != each[1]
        )
        return spot.mark in _marks(ours[:n_same]) and spot.mark not in _marks(ours[n_same:])

    def _after(self, module: ModuleName, n_swaps: int) -> tuple[Statement, ...]:
        found = self._statements.get((module, n_swaps))
        if found is None:
            summary = self._sortings[module].after(n_swaps)
            found = self._statements[module, n_swaps] = tuple(
                (step, summary.imports[step.import_id] if isinstance(step, Import) else None)
                for step in summary.codes[0].body
            )
        return found


def _spot(frame: Frame, crash: Crashes) -> Spot | None:
    """Where a module is at a crash; None if that is not certain."""
    if frame is crash.stack[-1] and frame.spot != crash.spot:
        return None
    return frame.spot


def _marks(statements: tuple[Statement, ...]) -> Iterator[int]:
    return (step.mark for step, _ in statements if isinstance(step, Import))
