"""Lazy imports as CPython 3.15 carries them out: outcome, exception, file, line and chain of every entry.

Random projects (`lazy_programs`) on an interpreter that knows them; left out where there is none.
`IMPORT_CYCLES_FUZZ=20000` takes that many. A counter-example becomes a case in tests/cases/simulate/lazy.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from first_imports import ImportServer, Told, predicted
from lazy_programs import lazy_project

from harness.interpreters import chosen_interpreters
from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate.machine import simulate
from import_cycles.syntax.lazy_imports import LAZY_SINCE

_N_PROGRAMS = int(os.environ.get("IMPORT_CYCLES_FUZZ", "300"))
_KNOWING = [each for each in chosen_interpreters() if each.version >= LAZY_SINCE]
_ENDLESS = ("RecursionError", "Died")


@pytest.mark.cpython
@pytest.mark.skipif(not _KNOWING, reason="no interpreter here knows lazy imports")
def test_programs_end_as_predicted() -> None:
    with ImportServer(_KNOWING[-1]) as server:
        reports = [report for seed in range(_N_PROGRAMS) if (report := _compared(server, seed))]
    assert not reports, f"{len(reports)} differ\n" + "\n\n".join(reports[:3])


def test_programs_are_decided() -> None:
    """With nothing in them that cannot be known, hardly any first import is left open."""
    n_entries, n_open = 0, 0
    for seed in range(100):
        world = world_of(lazy_project(Random(seed)), LAZY_SINCE)
        told = [predicted(world, entry) for entry in sorted(world.summaries)]
        n_entries += len(told)
        n_open += sum(not isinstance(each, Told) for each in told)
    assert n_open < n_entries / 5


def _compared(server: ImportServer, seed: int) -> str:
    files = lazy_project(Random(seed))
    world = world_of(files, server.interpreter.version)
    report = []
    for entry, seen in server.observe(files).items():
        told = predicted(world, entry)
        if not isinstance(told, Told) or seen.told.error in _ENDLESS or told == seen.told:
            continue
        outcome = simulate(world, ModuleName(entry))
        if any(refused.error == seen.told.error for refused in outcome.refused):
            continue
        report.append(
            f"{entry} first:\n  CPython    {seen.told} ({seen.message})\n  predicted  {told}"
        )
    if not report:
        return ""
    texts = "\n".join(f"--- {path}\n{text}" for path, text in files.items())
    return "\n".join([f"seed {seed}", texts, *report])
