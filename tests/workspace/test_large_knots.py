"""In a very large cycle only some first imports are tried, always the same ones."""

from __future__ import annotations

import pytest

from import_cycles.analysis import tries
from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.outcome import Unsure

TOP = SourcePath("/p")


def _path(number: int) -> SourcePath:
    return SourcePath(f"{TOP}/m{number:02}.py")


def _ring(n_modules: int) -> dict[SourcePath, str | None]:
    """Each imports the next one; the first asks for a name that is there too late."""
    texts: dict[SourcePath, str | None] = {
        _path(number): f"import m{(number + 1) % n_modules:02}\nx = 1\n"
        for number in range(n_modules)
    }
    texts[_path(0)] = "from m01 import x\nx = 1\n"
    return texts


def _project(texts: dict[SourcePath, str | None]) -> Project:
    project = Project()
    project.apply(Change(texts, build_layout([TOP], texts)))
    project.settle()
    return project


def _untried(project: Project) -> set[str]:
    (component,) = project.snapshot.components
    verdict = project.verdict_of(component)
    assert verdict is not None
    return {name for name, run in verdict.members.items() if isinstance(run.outcome, Unsure)}


@pytest.fixture(autouse=True)
def _few_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MAX_LOADS", 60)
    monkeypatch.setattr(tries, "MAX_PLAIN_LOADS", 60)


def test_some_members_are_tried() -> None:
    assert len(_untried(_project(_ring(10)))) == 4
    assert not _untried(_project(_ring(7)))


def test_those_that_were_tried_stay_so_when_the_cycle_grows() -> None:
    few, many = _untried(_project(_ring(10))), _untried(_project(_ring(11)))
    assert few <= many
    assert len(many) == 6


def test_all_are_tried_once_the_cycle_is_small_enough() -> None:
    project = _project(_ring(10))
    assert _untried(project)
    project.apply(Change({_path(2): "import m08\nx = 1\n"}))
    project.settle()
    assert len(project.snapshot.components[0].members) == 5
    assert not _untried(project)
    assert (
        project.snapshot.findings
        == _project(_ring(10) | {_path(2): "import m08\nx = 1\n"}).snapshot.findings
    )


def test_all_are_tried_where_a_package_has_loaded_them() -> None:
    """What the package around loads is loaded once for all of them."""
    inside = {
        SourcePath(f"{TOP}/p/m{number}.py"): f"import p.m{(number + 1) % 10}\nx = len('a')\n"
        for number in range(10)
    }
    around = {SourcePath(f"{TOP}/p/__init__.py"): "import p.m0\n"}
    without = {SourcePath(f"{TOP}/p/__init__.py"): ""}
    assert not _untried(_project({**inside, **around}))
    assert len(_untried(_project({**inside, **without}))) == 4
