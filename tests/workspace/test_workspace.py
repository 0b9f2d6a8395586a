"""A workspace keeps up with disk and editor: each state equals that of a fresh workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from import_cycles.analysis.change import Change, Update, Watch
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.findings.rule import Severity
from import_cycles.workspace.files import load
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.workspace import Workspace

from .conftest import Tree

CYCLE = {"app/__init__.py": "", "app/a.py": "import app.b\n", "app/b.py": "import app.a\n"}


def _path(top: Path, name: str) -> SourcePath:
    return as_source_path(top / name)


def _found(workspace: Workspace) -> dict[str, list[str]]:
    """Paths that have findings, with their codes."""
    base = as_source_path(workspace.folder) + "/"
    findings = workspace.project.snapshot.findings
    return {
        path.removeprefix(base): [each.code for each in found] for path, found in findings.items()
    }


def _state(workspace: Workspace) -> object:
    """All that people can see of a workspace."""
    snapshot = workspace.project.snapshot
    return (
        snapshot.layout.roots,
        dict(snapshot.layout.modules()),
        snapshot.findings,
        snapshot.problems,
        snapshot.components,
        snapshot.settings,
        workspace.problems,
    )


def _indexed(top: Path, overlays: Mapping[SourcePath, str] | None = None) -> Workspace:
    workspace = Workspace(top)
    for path, text in (overlays or {}).items():
        workspace.open_document(path, text)
    workspace.index()
    return workspace


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """Every change that a project is asked to apply."""
    seen: list[Change] = []
    apply = Project.apply

    def note(self: Project, change: Change, watch: Watch | None = None) -> Update:
        seen.append(change)
        return apply(self, change, watch)

    monkeypatch.setattr(Project, "apply", note)
    return seen


def test_index_finds_the_cycle_and_tells_progress(tree: Tree) -> None:
    workspace = Workspace(tree(texts=CYCLE))
    told: list[tuple[int, int]] = []
    update = workspace.index(lambda done, total: told.append((done, total)))
    assert _found(workspace) == {"app/a.py": ["cycle"], "app/b.py": ["cycle"]}
    assert len(update.touched) == 2
    assert told[0] == (0, 3) and told[-1] == (3, 3)


def test_a_cancelled_index_leaves_everything_for_the_next(
    tree: Tree, changes: list[Change]
) -> None:
    workspace = Workspace(tree(texts=CYCLE))
    answers = iter([False, True])
    for cancelled in (lambda: True, lambda: next(answers, True)):
        workspace.index(cancelled=cancelled)
        assert workspace.project.snapshot.revision == 0
    changes.clear()
    workspace.files_changed([_path(workspace.folder, "app/a.py")])
    workspace.flush()
    assert changes == []
    workspace.index()
    assert len(_found(workspace)) == 2


def test_open_documents_win_until_they_are_closed(tree: Tree, changes: list[Change]) -> None:
    top = tree(texts=CYCLE)
    workspace = _indexed(top)
    a = _path(top, "app/a.py")
    workspace.open_document(a, "\ufeffimport os\n")
    workspace.files_changed([a])
    workspace.flush()
    assert _found(workspace) == {}
    assert changes[-1] == Change({a: "import os\n"})
    workspace.close_document(a)
    workspace.flush()
    assert len(_found(workspace)) == 2
    assert changes[-1] == Change(unread=frozenset({a}))


def test_one_flush_is_one_change_and_none_is_none(tree: Tree, changes: list[Change]) -> None:
    top = tree(texts=CYCLE)
    workspace = _indexed(top)
    revision = workspace.project.snapshot.revision
    (top / "app/c.py").write_text("import app.a")
    workspace.files_changed([_path(top, "app/c.py"), _path(top, "nothing.txt")])
    workspace.open_document(_path(top, "app/a.py"), "x")
    workspace.open_document(_path(top, "app/d.py"), "y")
    workspace.close_document(_path(top, "app/never_opened.py"))
    del changes[:]
    workspace.flush()
    assert workspace.flush() == Update(revision + 1)
    (change,) = changes
    assert change.files == {_path(top, "app/a.py"): "x", _path(top, "app/d.py"): "y"}
    assert change.unread == {_path(top, "app/c.py")}
    assert change.layout is not None and change.settings is None


def test_an_unsaved_new_file_is_a_module_and_goes_with_its_editor(tree: Tree) -> None:
    top = tree(texts=CYCLE)
    workspace = _indexed(top)
    new = _path(top, "app/new/__init__.py")
    for path, text in ((new, "import app.a"), (_path(top, "app/a.py"), "import app.new")):
        workspace.open_document(path, text)
    workspace.flush()
    assert _found(workspace) == {"app/new/__init__.py": ["cycle"], "app/a.py": ["cycle"]}
    workspace.close_document(new)
    workspace.flush()
    assert workspace.project.snapshot.layout.at_path(new) is None
    assert _found(workspace) == {"app/a.py": ["unresolved-import"]}


@pytest.mark.parametrize("path", ["ignored/a.py", "node_modules/a.py", "../outside.py", "a.txt"])
def test_open_documents_outside_the_project_are_not_analysed(tree: Tree, path: str) -> None:
    top = tree("a.py", {".gitignore": "ignored\n"})
    workspace = _indexed(top)
    source = as_source_path(top / path)
    assert not workspace.contains(source) or path == "a.txt"
    workspace.open_document(source, "import a")
    assert workspace.flush().touched == ()
    assert workspace.project.snapshot.layout.at_path(source) is None


def _write(name: str, text: str = "") -> Callable[[Path], list[str]]:
    def act(top: Path) -> list[str]:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
        return [name]

    return act


def _remove(name: str) -> Callable[[Path], list[str]]:
    def act(top: Path) -> list[str]:
        shutil.rmtree(top / name) if (top / name).is_dir() else (top / name).unlink()
        return [name]

    return act


def _rename(old: str, new: str) -> Callable[[Path], list[str]]:
    def act(top: Path) -> list[str]:
        (top / old).rename(top / new)
        return [old, new]

    return act


def _new_folder(name: str) -> Callable[[Path], list[str]]:
    def act(top: Path) -> list[str]:
        _write(f"{name}/x.py", "import app.a")(top)
        return [name]

    return act


@pytest.mark.parametrize(
    ("act", "found"),
    [
        pytest.param(_write("app/a.py"), {}, id="edit"),
        pytest.param(_remove("app/a.py"), {"app/b.py": ["unresolved-import"]}, id="delete"),
        pytest.param(
            _rename("app/a.py", "app/z.py"), {"app/b.py": ["unresolved-import"]}, id="rename file"
        ),
        pytest.param(_remove("app"), {}, id="delete folder"),
        pytest.param(_rename("app", "other"), {}, id="rename folder"),
        pytest.param(_new_folder("app/deep/er"), None, id="new folder, told as a folder"),
        pytest.param(_write("app/deep/er/x.py", "import app"), None, id="file in a new folder"),
        pytest.param(_write(".gitignore", "b.py"), {}, id="ignore"),
        pytest.param(_write("app/.gitignore", "/b.py"), {}, id="ignore further down"),
        pytest.param(
            _write("pyproject.toml", "[tool.import-cycles]\nseverity.cycle = 'off'"),
            {},
            id="severity",
        ),
        pytest.param(
            _write("pyproject.toml", "[tool.import-cycles]\nexclude=['b.py']\nx=1"),
            {},
            id="exclude",
        ),
        pytest.param(_write("pyproject.toml", "[["), None, id="broken configuration"),
        pytest.param(_write("app/a.pyi", ""), None, id="a stub beside a source"),
        pytest.param(_write("app/a/__init__.py", ""), {}, id="a package that hides a module"),
        pytest.param(_write("pyvenv.cfg", ""), None, id="the folder itself is never apart"),
        pytest.param(_write("app/pyvenv.cfg", ""), {}, id="becomes an environment"),
        pytest.param(_remove("app/__init__.py"), None, id="a package that becomes a namespace"),
    ],
)
def test_news_of_the_disk(
    tree: Tree, act: Callable[[Path], list[str]], found: dict[str, list[str]] | None
) -> None:
    top = tree(texts=CYCLE)
    workspace = _indexed(top)
    workspace.files_changed([_path(top, name) for name in act(top)])
    workspace.flush()
    assert _state(workspace) == _state(_indexed(top))
    before = {"app/a.py": ["cycle"], "app/b.py": ["cycle"]}
    assert _found(workspace) == (before if found is None else found)


def test_a_new_neighbour_of_a_script_is_seen(tree: Tree) -> None:
    top = tree(texts={"pyproject.toml": "", "scripts/run.py": "import helper\n"})
    workspace = _indexed(top)
    workspace.files_changed([_path(top, _write("scripts/helper.py", "import run\n")(top)[0])])
    workspace.flush()
    assert _found(workspace) == {"scripts/run.py": ["cycle"], "scripts/helper.py": ["cycle"]}
    assert _state(workspace) == _state(_indexed(top))


@pytest.mark.parametrize(
    "steps",
    [
        [("t/b.py", "import a")],
        [("t/a.py", ""), ("t/b.py", "import a"), ("main.py", "import t.a")],
        [("t/b.py", "import c"), ("t/c.py", ""), ("t/b.py", "import c, os")],
        [("t/b.py", "import a"), ("t/c.py", "from . import a"), ("t/c.py", None)],
        [("t/b.py", "import a"), ("a.py", ""), ("a.py", None)],
        [("t/n.py", "x = 1"), ("t/n.py", "import a"), ("t/a.py", None)],
        [("t/u/c.py", "import a"), ("t/u/d.py", "import c"), ("p/m.py", "import t.u.c")],
    ],
)
def test_imports_that_tell_what_is_a_root_come_and_go(
    tree: Tree, steps: list[tuple[str, str | None]]
) -> None:
    top = tree("p/__init__.py t/a.py", {"t/b.py": "import json"})
    workspace = _indexed(top)
    for name, text in steps:
        path = top / name
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
        workspace.files_changed([_path(top, name)])
        workspace.flush()
        assert _state(workspace) == _state(_indexed(top))


def test_files_that_stay_are_not_read_again(tree: Tree, changes: list[Change]) -> None:
    top = tree("x.py new/pkg/y.py", CYCLE)
    workspace = _indexed(top)
    workspace.files_changed([_path(top, _write("new/__init__.py")(top)[0])])
    workspace.flush()
    assert list(changes[-1].unread) == [_path(top, "new/__init__.py")]
    workspace.files_changed([_path(top, _write("setup.cfg")(top)[0])])
    workspace.flush()
    assert len(changes) == 2


def test_a_new_target_reads_everything_and_a_new_severity_nothing(
    tree: Tree, changes: list[Change]
) -> None:
    workspace = _indexed(tree(texts=CYCLE))
    workspace.configure({"severity": {"cycle": "error"}})
    workspace.flush()
    assert not changes[-1].unread
    severities = {
        each.severity for found in workspace.project.snapshot.findings.values() for each in found
    }
    assert severities == {Severity.ERROR}
    workspace.configure({"targetVersion": "3.9"})
    workspace.flush()
    assert len(changes[-1].unread) == 3


def test_problems_are_said_once_and_go_with_their_reason(tree: Tree) -> None:
    top = tree("pkg/__init__.py pkg.py", {"pyproject.toml": "[tool.import-cycles]\nroot = 1"})
    (top / "bad.py").write_bytes(b"\xff")
    workspace = _indexed(top)
    workspace.files_changed([_path(top, "bad.py")])
    workspace.flush()
    assert [problem.path.rpartition("/")[2] for problem in workspace.problems] == [
        "bad.py",
        "pkg.py",
        "pyproject.toml",
    ]
    assert workspace.project.snapshot.layout.at_path(_path(top, "bad.py")) is not None
    (top / "bad.py").write_text("x")
    (top / "pkg.py").unlink()
    (top / "pyproject.toml").unlink()
    names = ("bad.py", "pkg.py", "pyproject.toml")
    workspace.files_changed([_path(top, name) for name in names])
    workspace.flush()
    assert workspace.problems == ()


def test_a_file_that_vanishes_between_listing_and_reading(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tree(texts=CYCLE)

    def vanish(path: SourcePath) -> object:
        return None if path.endswith("/b.py") else load(path)

    monkeypatch.setattr("import_cycles.workspace.reading.load", vanish)
    workspace = _indexed(top)
    assert _found(workspace) == {}
    assert workspace.problems == ()


def test_only_a_part(tree: Tree) -> None:
    top = tree("pyproject.toml", {**CYCLE, "other/c.py": "import app.a"})
    workspace = Workspace(top, only=[top / "app"])
    workspace.index()
    assert set(workspace.project.snapshot.layout.modules()) == {"app", "app.a", "app.b"}
    assert not workspace.contains(_path(top, "other/c.py"))
    workspace.open_document(_path(top, "other/c.py"), "x")
    assert workspace.flush().touched == ()
