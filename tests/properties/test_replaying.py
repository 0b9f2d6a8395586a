"""What is remembered of loads changes no first import.

Each module of random projects (`loading`, `programs`) is run as the first import and as the main
program, all of them with one memory, and once more with that memory filled; both must equal a run
with a memory of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from random import Random

import loading
import programs
import pytest

from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.simulate import memory as memory_module
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.world import World

_N_PROJECTS = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 20


@pytest.mark.parametrize("kind", [loading, programs], ids=["loading", "programs"])
def test_first_imports_are_as_without_memory(kind: object) -> None:
    make = kind.random_project  # type: ignore[attr-defined]
    for seed in range(_N_PROJECTS):
        files = make(Random(seed))
        world = world_of(files, (3, 12))
        memory = Memory()
        names = sorted(world.summaries)
        first = _runs(world, names, memory)
        again = _runs(world, reversed(names), memory)
        for name in names:
            alone = _runs(world, [name], Memory())
            for which, runs in (("together", first), ("again", again)):
                for form in ("entries", "scripts"):
                    seen, wanted = getattr(runs, form)[name], getattr(alone, form)[name]
                    assert _told(seen) == _told(wanted), f"seed {seed}, {which}: {form} {name}"


@pytest.mark.parametrize("kind", [loading, programs], ids=["loading", "programs"])
def test_a_brief_memory_changes_nothing(kind: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that keeps forgetting, between entries of the same packages, still gives the same runs."""
    few = replace(LIMITS, remembered_events=30)
    monkeypatch.setattr(memory_module, "LIMITS", few)
    make = kind.random_project  # type: ignore[attr-defined]
    n_forgotten = n_replays = 0
    for seed in range(_N_PROJECTS // 2):
        world = world_of(make(Random(seed)), (3, 12))
        names = sorted(world.summaries)
        whole, brief = Memory(), Memory(is_brief=True)
        for order in (names, names[::-1]):
            wanted, seen = _runs(world, order, whole), _runs(world, order, brief)
            for name in names:
                for form in ("entries", "scripts"):
                    ours, theirs = getattr(seen, form)[name], getattr(wanted, form)[name]
                    assert _told(ours) == _told(theirs), f"seed {seed}: {form} {name}"
        n_forgotten += len(brief.remembered) < len(whole.remembered)
        n_replays += brief.replays
    assert n_forgotten and n_replays


def test_loads_are_replayed() -> None:
    """Otherwise the comparison above would prove little."""
    memory = Memory()
    for seed in range(20):
        world = world_of(loading.random_project(Random(seed)), (3, 12))
        one = Memory()
        _runs(world, sorted(world.summaries), one)
        memory.bodies += one.bodies
        memory.replays += one.replays
    assert memory.replays > memory.bodies / 10


def _runs(world: World, names: Iterable[ModuleName], memory: Memory) -> Runs:
    runs = Runs()
    wanted = list(names)
    simulate_into(runs, world, wanted, wanted, memory=memory)
    return runs


def _told(run: Run) -> object:
    return run.outcome, run.fallbacks, run.short_stars, frozenset(run.codes)
