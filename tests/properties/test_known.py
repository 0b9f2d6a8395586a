"""The baseline and earlier states, over random programs: exactly the known findings stay known.

`IMPORT_CYCLES_FUZZ=500` tries that many programs.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random

import pytest
from programs import random_project

from import_cycles.base.names import SourcePath
from import_cycles.findings.identity import Identity
from import_cycles.workspace.baseline import read_baseline, write_baseline
from import_cycles.workspace.known import compared
from import_cycles.workspace.workspace import Workspace, as_source_path

SEEDS = range(int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 40)


def write(folder: Path, files: dict[str, str]) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "pyproject.toml").write_text("[tool.import-cycles]\n")


def cold(folder: Path) -> Workspace:
    workspace = Workspace(folder)
    workspace.index()
    workspace.understand()
    workspace.settle()
    return workspace


def shown(workspace: Workspace) -> set[Identity]:
    return {
        finding.identity
        for findings in workspace.snapshot.findings.values()
        for finding in findings
        if not finding.is_known
    }


def moved(text: str) -> str:
    """The same with other lines: a comment above each line that starts a statement at the top."""
    return re.sub(r"^(?=[A-Za-z@])(?!from __future__|el|except|finally)", "# x\n", text, flags=re.M)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_known_is_not_told_wherever_it_stands(tmp_path: Path, seed: int) -> None:
    files = random_project(Random(seed))
    write(tmp_path, files)
    found = compared(cold(tmp_path).snapshot, frozenset()).new
    write(tmp_path, {name: moved(text) for name, text in files.items()})
    write_baseline(tmp_path, found)
    now = cold(tmp_path)
    after = compared(now.snapshot, read_baseline(tmp_path).known)
    assert (after.known, after.new, after.gone) == (found, frozenset(), frozenset())
    loud = shown(now)
    # Hints are no debt: they are not in the file.
    assert loud.isdisjoint(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_not_known_is_told_beside_what_is(tmp_path: Path, seed: int) -> None:
    """Each finding that is shown alone is shown, too, when all others are known."""
    random = Random(seed)
    write(tmp_path, random_project(random))
    workspace = cold(tmp_path)
    every = compared(workspace.snapshot, frozenset()).new
    for new in random.sample(sorted(every), min(3, len(every))):
        workspace.take_as_known(every - {new})
        told = shown(workspace) & every
        assert told <= {new}
        alone = compared(workspace.snapshot, every - {new}).new
        assert alone <= {new}
        if new in alone:
            assert told == {new}


@pytest.mark.parametrize("seed", SEEDS)
def test_other_texts_in_memory_are_those_of_a_fresh_start(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    then, now = random_project(Random(seed)), random_project(Random(seed + 1))
    write(folder, then)
    expected = cold(folder).snapshot
    write(folder, now)
    workspace = cold(folder)
    before = workspace.snapshot
    texts: dict[SourcePath, str | None] = {as_source_path(folder / name): None for name in now}
    texts |= {as_source_path(folder / name): text for name, text in then.items()}
    with workspace.as_of(texts) as project:
        assert project.snapshot.findings == expected.findings
        assert project.snapshot.components == expected.components
    assert workspace.snapshot.findings == before.findings
