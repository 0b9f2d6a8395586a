"""PATHS: project roots, source roots, package folders, files, several at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

FILES = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "src/shop/__init__.py": "",
    "src/shop/a.py": "import shop.b\n",
    "src/shop/b.py": "import shop.a\nimport helper\n",
    "src/helper.py": "import shop.b\nimport helper\n",
    "src/late.py": "import shop.a\n",
}


def _modules(run: Any, *paths: str) -> list[str]:
    document = json.loads(run("graph", *paths).out)
    return [module["name"] for module in document["modules"] if module["kind"] == "source"]


@pytest.mark.parametrize(
    ("path", "modules"),
    [
        (".", ["helper", "late", "shop", "shop.a", "shop.b"]),
        ("src", ["helper", "late", "shop", "shop.a", "shop.b"]),
        ("src/shop", ["shop", "shop.a", "shop.b"]),
        ("src/shop/a.py", ["late", "shop.a", "shop.b"]),
        ("src/../src/late.py", ["late", "shop", "shop.a"]),
    ],
)
def test_what_a_path_stands_for(project: Write, run: Any, path: str, modules: list[str]) -> None:
    root = project(FILES)
    assert _modules(run, path) == modules
    assert _modules(run, str(root / path)) == modules


def test_no_path_is_the_working_directory(project: Write, run: Any) -> None:
    project(FILES)
    assert run("check", "-v").out == run("check", "-v", ".").out


def test_file_shows_what_concerns_it(project: Write, run: Any) -> None:
    project(FILES)
    whole = run("check", "-q").out.splitlines()
    shown = run("check", "-q", "src/shop/a.py").out.splitlines()
    assert shown == [line for line in whole if line.startswith("src/shop/a.py:")]
    assert len(shown) == 1
    result = run("check", "src/late.py")
    assert (result.status, result.out) == (0, "no findings, 5 modules analysed\n")


def test_paths_are_shown_from_the_working_directory(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(FILES)
    assert run("check", "-q", str(root)).out.startswith("src/helper.py:1:8: ")
    monkeypatch.chdir(root / "src" / "shop")
    assert run("check", "-q", "..").out.startswith(f"{(root / 'src').as_posix()}/helper.py:1:8: ")


def test_several_projects_are_printed_as_one(project: Write, run: Any) -> None:
    project({f"{name}/{path}": text for name in ("one", "two") for path, text in FILES.items()})
    document = json.loads(run("check", "--format", "json", "two", "one").out)
    paths = [finding["path"] for finding in document["findings"]]
    assert paths == sorted(paths)
    assert {path.split("/")[0] for path in paths} == {"one", "two"}
    assert document["summary"]["modules"] == 10
    assert run("check", "two", "one").out == run("check", "one", "two").out


def test_each_path_counts_once(project: Write, run: Any) -> None:
    project(FILES)
    for path, inner in ((".", "src"), ("src", "src/shop"), ("src/late.py", "./src/late.py")):
        once = run("check", path, "--format", "json").out
        assert run("check", path, inner, path, "--format", "json").out == once


def test_folder_without_python_is_clean(project: Write, run: Any) -> None:
    project({"README": "nothing here\n"})
    result = run("check")
    assert (result.status, result.out) == (0, "no findings, 0 modules analysed\n")
