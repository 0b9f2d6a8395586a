"""The stages of a workspace that has a cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from import_cycles.workspace.cache import Cache
from import_cycles.workspace.cache_link import Stage
from import_cycles.workspace.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("import b\n")
    (folder / "b.py").write_text("import a\n")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = Cache(tmp_path / "cache")
    yield cache
    cache.database.close()


def _workspace(project: Path, cache: Cache) -> Workspace:
    return Workspace(project, cache=cache.of_project(project, (), "test"))


def _kept(project: Path, cache: Cache) -> Workspace:
    first = _workspace(project, cache)
    first.index()
    first.settle()
    assert first._link.stage is Stage.AWAKE
    first.keep()
    return _workspace(project, cache)


def test_a_workspace_sleeps_until_its_project_is_needed(project: Path, cache: Cache) -> None:
    workspace = _kept(project, cache)
    workspace.look()
    assert workspace._link.stage is Stage.CHECKING
    workspace.index()
    assert workspace._link.stage is Stage.ASLEEP
    assert workspace.snapshot.findings
    assert not workspace.is_awake
    assert workspace.project.snapshot.findings == workspace.snapshot.findings
    assert workspace._link.stage is Stage.AWAKE


def test_files_are_compared_though_the_project_was_needed_before(
    project: Path, cache: Cache
) -> None:
    workspace = _kept(project, cache)
    (project / "b.py").write_text("# nothing\n")
    workspace.look()
    assert workspace.project.snapshot.findings
    workspace.index()
    assert not workspace.snapshot.findings
    assert workspace._link.stage is Stage.AWAKE


def test_findings_can_be_taken_as_known_while_it_sleeps(project: Path, cache: Cache) -> None:
    workspace = _kept(project, cache)
    workspace.index()
    assert workspace._link.stage is Stage.ASLEEP
    workspace.take_as_known(frozenset())
    assert workspace._link.stage is Stage.OFF
    assert workspace.snapshot.findings


def test_without_a_cache_it_is_off(project: Path) -> None:
    workspace = Workspace(project)
    workspace.index()
    workspace.keep()
    assert workspace._link.stage is Stage.OFF
