"""`--no-cache`, `--cache-dir`, what the environment says, and `import-cycles clean`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from import_cycles.workspace.cache_folder import DATABASE, cache_folder, is_switched_off

Write = Callable[[Mapping[str, str]], Path]
CYCLE = {"app/a.py": "import app.b\n", "app/b.py": "from app.a import x\n", "pyproject.toml": ""}


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("caches") / "mine"
    monkeypatch.setenv("IMPORT_CYCLES_CACHE_DIR", str(folder))
    monkeypatch.delenv("IMPORT_CYCLES_NO_CACHE", raising=False)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--format", "json"],
        ["check", "--select", "cycle"],
        ["graph"],
        ["explain", "app.a"],
        ["fix", "--diff"],
        ["plan", "--all"],
        ["entries"],
    ],
    ids=" ".join,
)
def test_the_second_run_says_the_same(
    project: Write, run: Any, store: Path, arguments: list[str]
) -> None:
    top = project(CYCLE)
    without = run(*arguments, "--no-cache")
    assert not store.exists()
    assert run(*arguments) == without
    assert (store / DATABASE).is_file()
    assert run(*arguments) == without
    (top / "app/b.py").write_text("")
    assert run(*arguments) == run(*arguments, "--no-cache")
    assert sorted(path.name for path in top.iterdir()) == ["app", "pyproject.toml"]


def test_a_fix_is_seen_by_the_next_run(project: Write, run: Any, store: Path) -> None:
    project({**CYCLE, "app/b.py": "import app.a\ndef f(): return app.a\n"})
    assert run("check").status == 1
    assert run("fix").status == 0
    assert run("check").status == 0
    assert run("check", "--no-cache").status == 0


def test_another_folder(project: Write, run: Any, store: Path, tmp_path: Path) -> None:
    project(CYCLE)
    other = store.parent / "other"
    run("check", "--cache-dir", str(other))
    assert (other / DATABASE).is_file()
    assert not store.exists()
    assert run("check", "--no-cache", "--cache-dir", str(store)).status == 1
    assert not store.exists()


def test_a_project_that_wants_none(project: Write, run: Any, store: Path) -> None:
    project({**CYCLE, "pyproject.toml": "[tool.import-cycles]\ncache = false\n"})
    first = run("check")
    assert run("check") == first
    assert not store.exists()


def test_switched_off(
    project: Write, run: Any, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(CYCLE)
    monkeypatch.setenv("IMPORT_CYCLES_NO_CACHE", "1")
    run("check")
    assert not store.exists()
    monkeypatch.setenv("IMPORT_CYCLES_NO_CACHE", "0")
    run("check")
    assert store.exists()


def test_clean(project: Write, run: Any, store: Path) -> None:
    project(CYCLE)
    assert run("clean").out == "nothing to remove\n"
    run("check")
    (store / "mine.txt").write_text("")
    assert run("clean").out == f"removed {store / DATABASE}\n"
    assert [path.name for path in store.iterdir()] == ["mine.txt"]
    (store / "mine.txt").unlink()
    run("check")
    run("clean", "--cache-dir", str(store))
    assert not store.exists()
    assert run("check").status == 1


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.cache/import-cycles"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "linux", "/x/import-cycles"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "here"}, "linux", "/h/.cache/import-cycles"),
        ({"HOME": "/Users/me"}, "darwin", "/Users/me/Library/Caches/import-cycles"),
        ({"HOME": "relative"}, "linux", None),
        ({}, "linux", None),
        ({}, "win32", None),
        ({"HOME": "/h", "IMPORT_CYCLES_CACHE_DIR": "/mine"}, "linux", "/mine"),
    ],
)
def test_where_it_is(environment: Mapping[str, str], platform: str, expected: str | None) -> None:
    found = cache_folder(environment, platform)
    assert found == (None if expected is None else Path(expected))


def test_windows_has_its_own_place(tmp_path: Path) -> None:
    local = str(tmp_path)
    assert cache_folder({"LOCALAPPDATA": local}, "win32") == tmp_path / "import-cycles"


@pytest.mark.parametrize(
    ("value", "is_off"), [("1", True), ("true", True), ("0", False), ("", False)]
)
def test_what_switches_it_off(value: str, is_off: bool) -> None:
    assert is_switched_off({"IMPORT_CYCLES_NO_CACHE": value}) is is_off


def test_no_home_at_all(project: Write, spawn: Any, store: Path) -> None:
    top = project(CYCLE)
    before = set(top.iterdir())
    variables = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "IMPORT_CYCLES_CACHE_DIR"), "")
    assert spawn("check", str(top), **variables).status == 1
    assert set(top.iterdir()) == before
