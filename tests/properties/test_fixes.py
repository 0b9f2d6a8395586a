"""Quick fixes leave random programs as they were: each first import that loaded still loads.

The programs are those that the simulation is compared with (`programs`). All fixes that can be had
are applied, the unsafe ones included, since those promise as much; then real interpreters import
every module first. `IMPORT_CYCLES_FUZZ=2000` tries that many new programs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from random import Random

import pytest
from first_imports import ImportServer
from package_programs import package_program
from test_differential import project, server, shown

from harness.fixes import CaseTexts
from harness.project import build, case_path, setup_of
from import_cycles.proposals.fix import FixKind, FixSettings
from import_cycles.repair.applying import Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes

__all__ = ["server"]

_N_PROGRAMS = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 10
_FIRST_SEED = 1000


def repaired(
    files: Mapping[str, str], version: tuple[int, int], kinds: tuple[FixKind, ...]
) -> tuple[dict[str, str], int]:
    """The program with every fix of these kinds applied, and how many those were."""
    setup = setup_of(files).for_target(version, "linux")
    analysed, _ = build(files, setup)
    repair = Repair(analysed, CaseTexts(files), FixSettings())
    done = repair.run(Wish(kinds, lambda _: True, lambda _: True, takes_unsafe=True))
    changed = {case_path(path): text for path, text in done.texts.items()}
    return {**files, **changed}, len(done.steps)


_ALL = repairing(fixes())
_MOVING = tuple(kind for kind in _ALL if kind.moves_code)
_ON_DEMAND = tuple(kind for kind in _ALL if kind.keeps_registrations)


@pytest.mark.cpython
@pytest.mark.parametrize(
    ("kinds", "n_programs"),
    [pytest.param(_ALL, 1, id="all"), pytest.param(_MOVING, 8, id="moving code")],
)
def test_what_loaded_still_loads(
    kinds: tuple[FixKind, ...], n_programs: int, server: ImportServer
) -> None:
    version = server.interpreter.version
    programs = (project(Random(_FIRST_SEED + n), version) for n in range(_N_PROGRAMS * n_programs))
    check(programs, kinds, server)


@pytest.mark.cpython
@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(_ALL, id="all"),
        pytest.param(_MOVING, id="moving code"),
        pytest.param(_ON_DEMAND, id="on demand"),
    ],
)
def test_packages_are_used_as_before(kinds: tuple[FixKind, ...], server: ImportServer) -> None:
    """Assertions about what can be seen of a package hold as they did."""
    programs = (package_program(Random(_FIRST_SEED + n)) for n in range(_N_PROGRAMS * 4))
    check(programs, kinds, server)


def check(
    programs: Iterable[dict[str, str]], kinds: tuple[FixKind, ...], server: ImportServer
) -> None:
    """No first import of a program that loaded fails when all fixes of these kinds are applied."""
    version = server.interpreter.version
    n_fixes = 0
    for number, before in enumerate(programs):
        after, n_steps = repaired(before, version, kinds)
        n_fixes += n_steps
        if not n_steps:
            continue
        was, now = server.observe(before), server.observe(after)
        broken = [
            f"{entry} first: {now[entry].told} ({now[entry].message})"
            for entry, seen in was.items()
            if not seen.told.error and now[entry].told.error
        ]
        assert not broken, "\n".join(
            [f"program {number}", shown(before), "=== fixed", shown(after), *broken]
        )
    assert n_fixes, "the programs have nothing to fix"
