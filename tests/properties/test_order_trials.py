"""Trials that share what they have in common end as each of them does by itself.

Random projects (`loading`, `programs`, `package_programs`) are tried in many orders of their imports, one trial after
the other, in one `Trials`; each first import must equal one that is made without any memory.
`IMPORT_CYCLES_FUZZ=2000` tries that many projects of each kind.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from random import Random

import loading
import package_programs
import programs
import pytest

from harness.worlds import world_of
from import_cycles.analysis.import_sorting import Sorting
from import_cycles.analysis.sorting_trials import Trials, sorting_of
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.world import World

_N_PROJECTS = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 25
_N_TRIALS = 8

_KINDS = {
    "loading": loading.random_project,
    "programs": programs.random_project,
    "packages": package_programs.package_program,
}


@pytest.mark.parametrize("kind", _KINDS)
def test_trials_end_as_they_do_alone(kind: str) -> None:
    n_first_imports, n_told, n_replayed = 0, 0, 0
    for seed in range(_N_PROJECTS):
        random = Random(f"{kind} {seed}")
        files = _KINDS[kind](random)
        files = {path: _mixed(random, text) for path, text in files.items()}
        world = world_of(files, (3, 12))
        names = sorted(world.summaries)
        sortings = {name: found for name in names if (found := sorting_of(world, name, None))}
        if not sortings:
            continue
        present, memory = Runs(), Memory()
        simulate_into(present, world, names, (), memory=memory)
        trials = Trials(world, sortings, memory, None)
        trials.known.add({}, present.entries)
        for number in range(_N_TRIALS):
            swaps = _swaps(random, sortings)
            entries = random.sample(names, random.randint(1, len(names)))
            n_told += len(trials.known.find(entries, swaps))
            n_first_imports += len(entries)
            seen = trials.run(swaps, entries, random.sample(names, random.randint(0, 2)))
            alone = _alone(world, sortings, swaps)
            for entry in entries:
                assert _told(seen[entry]) == _told(alone.entries[entry]), "\n".join(
                    [f"seed {seed}, trial {number}: {entry} after {swaps}"]
                    + [f"--- {path}\n{text}" for path, text in files.items()]
                )
        n_replayed += trials.replays
    assert n_told > n_first_imports / 20, "hardly any outcome was known before"
    assert n_replayed, "nothing was replayed"


def _mixed(random: Random, text: str) -> str:
    """A text with neighbouring imports of its top level in another order."""
    lines = text.splitlines(keepends=True)
    for at in range(1, len(lines)):
        both = lines[at - 1 : at + 1]
        if all(line.startswith(("import ", "from ")) and "(" not in line for line in both):
            random.shuffle(both)
            lines[at - 1 : at + 1] = both
    return "".join(lines)


def _swaps(random: Random, sortings: Mapping[ModuleName, Sorting]) -> dict[ModuleName, int]:
    wanted = random.sample(sorted(sortings), random.randint(1, len(sortings)))
    return {name: random.randint(1, sortings[name].n_swaps) for name in wanted}


def _alone(
    world: World, sortings: Mapping[ModuleName, Sorting], swaps: Mapping[ModuleName, int]
) -> Runs:
    summaries = dict(world.summaries)
    for name, n_swaps in swaps.items():
        summaries[name] = replace(summaries[name], summary=sortings[name].after(n_swaps))
    runs = Runs()
    other = World(world.layout, summaries, world.target, world.entry_points)
    simulate_into(runs, other, sorted(summaries), (), memory=Memory())
    return runs


def _told(run: Run) -> object:
    return run.outcome, run.fallbacks, run.short_stars, run.put_up_with, frozenset(run.codes)
