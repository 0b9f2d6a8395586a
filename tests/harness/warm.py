"""Starts from the cache: each state of a case shows what a start without a cache shows.

The states follow one another in one folder on the disk. Each is met three times: without a
cache; with the state that the cache has of the one before; and once more, when nothing has
changed since, which must not bring the project back to life.
"""

from __future__ import annotations

from pathlib import Path

from harness.case import Case, State
from harness.runners import write_files
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.workspace import Workspace


def run_warm(case: Case, folder: Path, cache_folder: Path) -> None:
    """Every state of a case, started from the cache that the one before left."""
    __tracebackhide__ = True
    cache = Cache(cache_folder)
    for state in case.track:
        _become(folder, state)
        fresh = started(Workspace(folder))
        kept = Workspace(folder, cache=cache.of_project(folder, (), "test"))
        report = _differences(started(kept), fresh)
        assert not report, _told(state, "after a change", report)
        kept.keep()
        again = Workspace(folder, cache=cache.of_project(folder, (), "test"))
        report = _differences(started(again), fresh)
        assert not report, _told(state, "without a change", report)
        assert not again.is_awake, _told(state, "without a change", ["the project was needed"])
        kept.complete()
        fresh.complete()
        report = [] if kept.project.graph.edges() == fresh.project.graph.edges() else ["edges"]
        assert not report, _told(state, "complete", report)
    cache.database.close()


def started(workspace: Workspace) -> Workspace:
    """With all verdicts."""
    workspace.index()
    workspace.understand()
    workspace.settle()
    return workspace


def _become(folder: Path, state: State) -> None:
    for path in sorted(folder.rglob("*"), reverse=True) if folder.exists() else ():
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in state.texts:
            path.unlink()
    folder.mkdir(exist_ok=True)
    write_files(state.texts, folder)


def _differences(ours: Workspace, fresh: Workspace) -> list[str]:
    one, other = ours.snapshot, fresh.snapshot
    pairs = {
        "layout": (one.layout, other.layout),
        "settings": (one.settings, other.settings),
        "components": (one.components, other.components),
        "findings": (dict(one.findings), dict(other.findings)),
        "problems": (dict(one.problems), dict(other.problems)),
        "other problems": (ours.problems, fresh.problems),
        "settled": (ours.is_settled, fresh.is_settled),
    }
    return [f"{what}: {mine}, fresh {its}" for what, (mine, its) in pairs.items() if mine != its]


def _told(state: State, moment: str, report: list[str]) -> str:
    title = f", {state.title}" if state.title else ""
    return f"state at line {state.line}{title}, {moment}:\n  " + "\n  ".join(report)
