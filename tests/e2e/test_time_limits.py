"""Menus and hovers end: at a limit, or when newer text comes. Time is counted, not measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.editor import write_files
from import_cycles.base.names import SourcePath
from import_cycles.lsp import remedies
from import_cycles.lsp.progress import ProgressHub
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.remedies import HOVER_LIMIT, MENU_LIMIT, Remedies
from import_cycles.lsp.schedule import AddFolder, Batch, StaleQuestion
from import_cycles.repair.fixing import Fixer
from import_cycles.repair.outlook import CUT_SHORT
from import_cycles.workspace.paths import as_source_path

N_MODULES = 60


class Clock:
    """A clock that goes on by a part of `limit` each time that it is read."""

    def __init__(self, limit: float, n_looks: int) -> None:
        self.now = 0.0
        self._step = limit / n_looks

    def __call__(self) -> float:
        self.now += self._step
        return self.now


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Projects, SourcePath, list[str]]]:
    """A file with many findings."""
    names = [f"m{number}" for number in range(N_MODULES)]
    files = {f"p/{name}.py": "import p.hub\n\ndef f(): return p.hub\n" for name in names}
    files["p/__init__.py"] = ""
    files["p/hub.py"] = "".join(
        [
            *(f"from p import {name}\n" for name in names),
            *(f"\ndef use_{name}(): return {name}.f()\n" for name in names),
        ]
    )
    root = as_source_path(write_files(tmp_path, files))
    loop = asyncio.new_event_loop()
    hub = ProgressHub(loop, None)
    projects = Projects(hub.begin, takes_loose_files=False)
    projects.process(Batch(1, (AddFolder(root),)))
    projects.finish(1)
    projects.settle(1, lambda: False)
    path = SourcePath(f"{root}/p/hub.py")
    shown = projects.workspaces[0].snapshot.findings[path]
    assert len(shown) == N_MODULES
    yield projects, path, [finding.key for finding in shown]
    loop.close()


@pytest.fixture
def proposed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fixes that were asked for proposals."""
    asked: list[str] = []
    propose = Fixer._proposed

    def noted(fixer: Fixer, kind: Any, finding: Any, hop: Any) -> Any:
        asked.append(kind.code)
        return propose(fixer, kind, finding, hop)

    monkeypatch.setattr(Fixer, "_proposed", noted)
    return asked


Asked = tuple[Projects, SourcePath, list[str]]


def _menu(asked: Remedies, path: SourcePath, keys: list[str], *, verifies_all: bool) -> Any:
    return asked.offered(
        path, keys, verifies_all=verifies_all, explains_refusals=True, has_more=False
    ).remedies


@pytest.mark.parametrize("verifies_all", [False, True])
def test_a_menu_opens_with_what_was_found(
    asked: Asked, proposed: list[str], monkeypatch: pytest.MonkeyPatch, *, verifies_all: bool
) -> None:
    projects, path, keys = asked
    monkeypatch.setattr(remedies, "MENU_TIME", -1.0)
    in_time = Remedies(projects, lambda: False, Clock(MENU_LIMIT, 10_000_000))
    whole = _menu(in_time, path, keys, verifies_all=False)
    n_needed = len(proposed)
    proposed.clear()
    cut = _menu(
        Remedies(projects, lambda: False, Clock(MENU_LIMIT, 150)),
        path,
        keys,
        verifies_all=verifies_all,
    )
    assert 0 < len(proposed) < n_needed / 2
    assert 0 < len(cut) < len(whole)


def test_without_time_for_the_menu_one_entry_is_still_proved_and_preferred(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects, path, keys = asked
    monkeypatch.setattr(remedies, "MENU_TIME", -1.0)
    hurried = Remedies(projects, lambda: False, Clock(1, 10_000_000))
    offer = hurried.offered(path, keys[:1], verifies_all=False, explains_refusals=False)
    first, *rest = offer.remedies
    assert first.is_preferred
    assert first.edits
    assert rest
    assert not any(each.is_preferred for each in rest)
    assert [each.fix for each in rest if each.edits] == ["suppress"], "there is nothing to run"


def test_a_hover_says_that_there_may_be_more(asked: Asked, proposed: list[str]) -> None:
    projects, path, keys = asked
    told = Remedies(projects, lambda: False, Clock(HOVER_LIMIT, 20)).what_to_do(path, keys)
    assert 0 < len(proposed) < 20
    assert any(CUT_SHORT in remarks for remarks in told.values())


@pytest.mark.parametrize("question", ["menu", "hover", "resolve", "all"])
def test_newer_text_ends_every_question(asked: Asked, proposed: list[str], question: str) -> None:
    projects, path, keys = asked
    looks = iter(range(25))
    questioned = Remedies(projects, lambda: next(looks, None) is None, Clock(1, 10_000_000))
    token = next(
        remedy.token
        for remedy in _menu(
            Remedies(projects, lambda: False, Clock(MENU_LIMIT, 150)),
            path,
            keys,
            verifies_all=False,
        )
        if remedy.token is not None
    )
    questions: dict[str, Callable[[], object]] = {
        "menu": lambda: _menu(questioned, path, keys, verifies_all=True),
        "hover": lambda: questioned.what_to_do(path, keys),
        "resolve": lambda: questioned.resolved(token),
        "all": lambda: questioned.fix_all(path),
    }
    before = projects.workspaces[0].snapshot
    proposed.clear()
    with pytest.raises(StaleQuestion):
        questions[question]()
    assert len(proposed) <= 25
    after = projects.workspaces[0].snapshot
    assert after.findings == before.findings
