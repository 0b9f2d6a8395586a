"""What PATHS on the command line stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from import_cycles.workspace.config import Config
from import_cycles.workspace.discovery import discover
from import_cycles.workspace.plan import NoSuchPathError, plan_paths, project_folder

from .conftest import Tree
from .test_discovery import names

TABLE = {"pyproject.toml": "[tool.import-cycles]\n"}


def _plans(top: Path, *paths: str) -> list[tuple[str, list[str], list[str]]]:
    def shown(path: Path) -> str:
        return path.relative_to(top).as_posix()

    return [
        (shown(plan.folder), [*map(shown, plan.only)], [*map(shown, plan.shown)])
        for plan in plan_paths([top / path for path in paths])
    ]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (".", [(".", [], [])]),
        ("src", [(".", ["src"], [])]),
        ("src/app", [(".", ["src/app"], [])]),
        ("src/app/m.py", [(".", [], ["src/app/m.py"])]),
        ("src/app src/two", [(".", ["src/app", "src/two"], [])]),
        ("src/app src/app", [(".", ["src/app"], [])]),
        ("src/app src/two/m.py", [(".", [], ["src/app", "src/two/m.py"])]),
        ("src/app .", [(".", [], [])]),
        ("svc/api", [(".", ["svc/api"], [])]),
        ("own/api", [("own", ["own/api"], [])]),
        ("own src", [("own", [], []), (".", ["src"], [])]),
        ("env/site-packages/dj", [("env/site-packages", ["env/site-packages/dj"], [])]),
        ("env/site-packages/dj/db", [("env/site-packages", ["env/site-packages/dj/db"], [])]),
        (
            "env/site-packages/dj/db/m.py",
            [("env/site-packages", ["env/site-packages/dj"], ["env/site-packages/dj/db/m.py"])],
        ),
        (
            "env/site-packages/six.py",
            [
                (
                    "env/site-packages",
                    ["env/site-packages/dj", "env/site-packages/six.py"],
                    ["env/site-packages/six.py"],
                )
            ],
        ),
        ("ignored", [("ignored", [], [])]),
    ],
)
def test_plans(tree: Tree, paths: str, expected: list[tuple[str, list[str], list[str]]]) -> None:
    top = tree(
        "src/app/__init__.py src/app/m.py src/two/__init__.py src/two/m.py .git/HEAD"
        " svc/api/pyproject.toml svc/api/x.py env/pyvenv.cfg env/site-packages/dj/__init__.py"
        " env/site-packages/dj/db/__init__.py env/site-packages/dj/db/m.py"
        " env/site-packages/six.py ignored/x.py own/api/setup.py",
        {**TABLE, ".gitignore": "ignored\nenv\n", "own/pyproject.toml": TABLE["pyproject.toml"]},
    )
    assert _plans(top, *paths.split()) == expected


def test_nearest_sign_without_a_table(tree: Tree) -> None:
    top = tree(".git/HEAD api/setup.cfg api/app/__init__.py web/app/m.py")
    assert _plans(top, "api/app", "web/app") == [("api", ["api/app"], []), (".", ["web/app"], [])]


def test_without_any_project(tree: Tree) -> None:
    top = tree("pkg/__init__.py pkg/sub/__init__.py pkg/sub/m.py run.py near.py folder/x.py")
    assert _plans(top, "pkg/sub") == [(".", ["pkg/sub"], [])]
    assert _plans(top, "pkg/sub/m.py") == [(".", ["pkg"], ["pkg/sub/m.py"])]
    assert _plans(top, "run.py") == [(".", ["near.py", "pkg", "run.py"], ["run.py"])]
    assert _plans(top, "folder") == [("folder", [], [])]
    assert project_folder(top / "pkg/sub/new.py") == top


def test_a_package_in_site_packages_is_found_whatever_is_ignored_above(tree: Tree) -> None:
    top = tree(
        ".git/HEAD env/lib/site-packages/dj/__init__.py env/lib/site-packages/dj/m.py"
        " env/lib/site-packages/other.py env/pyvenv.cfg",
        {".gitignore": "env\n*.py\n", "env/.gitignore": "*"},
    )
    (plan,) = plan_paths([top / "env/lib/site-packages/dj"])
    found = discover(plan.folder, Config(), plan.only)
    assert names(found.layout) == {"dj", "dj.m"}


def test_a_path_that_is_not_there(tree: Tree) -> None:
    with pytest.raises(NoSuchPathError, match=r"nowhere: there is no such file or folder"):
        plan_paths([tree() / "nowhere"])
