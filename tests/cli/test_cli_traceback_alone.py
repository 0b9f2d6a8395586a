"""`explain` for tracebacks of projects that are not here: what the text itself tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def explained(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def explain(text: str) -> str:
        Path("log.txt").write_text(text, encoding="utf-8")
        result = run("explain", "log.txt")
        assert (result.status, result.err) == (0, "")
        return str(result.out)

    return explain


CIRCULAR = "(most likely due to a circular import)"


def test_package_that_asks_itself_lacks_a_submodule(explained: Any) -> None:
    out = explained(
        "Traceback (most recent call last):\n"
        '  File "/usr/src/app/loader.py", line 41, in get\n    importlib.import_module(path)\n'
        '  File "/config/parts/storm/__init__.py", line 12, in <module>\n    from . import const\n'
        f"ImportError: cannot import name 'const' from partially initialized module 'parts.storm'"
        f" {CIRCULAR} (/config/parts/storm/__init__.py)\n"
    )
    assert "nothing of that name is there: not a circular import\n" in out
    assert "parts.storm has no submodule const.\n" in out
    assert "loader" not in out


def test_upper_and_lower_case_are_the_same_on_windows(explained: Any) -> None:
    out = explained(
        "Exception has occurred: ImportError\n"
        f"cannot import name 'utils' from partially initialized module 'mesh' {CIRCULAR}"
        " (c:\\Users\\me\\.venv\\lib\\site-packages\\mesh\\__init__.py)\n"
        '  File "C:\\Users\\me\\.venv\\Lib\\site-packages\\mesh\\__init__.py", line 3, in <module>\n'
        "    from . import utils\n"
        '  File "C:\\Users\\me\\try.py", line 1, in <module>\n    import mesh as M\n'
    )
    assert "mesh has no submodule utils.\n" in out
    assert "mesh is installed: its installation is not complete" in out


def test_last_line_alone_leaves_two_stories(explained: Any) -> None:
    out = explained(
        f"ImportError: cannot import name 'App' from partially initialized module 'lib' {CIRCULAR}"
        " (/home/me/lib.py)\n"
    )
    assert "lib (/home/me/lib.py) was still loading when its App was asked for." in out
    assert "a script that is called like the library it wants" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "_frozen_importlib._DeadlockError: deadlock detected by _ModuleLock('a.b') at 1400\n",
            "Two threads import at the same time",
        ),
        (
            "django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet.\n",
            "models, or what needs them, were imported before Django had loaded",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: The included URLconf 'site.urls' does not"
            " appear to have any patterns in it. If you see the 'urlpatterns' variable with valid"
            " patterns in the file then the issue is probably caused by a circular import.\n",
            "site.urls was asked for `urlpatterns`",
        ),
        (
            "pydantic.errors.PydanticUserError: `Order` is not fully defined; you should define"
            " `Customer`, then call `Order.model_rebuild()`.\n",
            "The annotations of Order need Customer at run time",
        ),
    ],
)
def test_frameworks_in_words_of_their_own(explained: Any, text: str, said: str) -> None:
    frames = (
        'Traceback (most recent call last):\n  File "/srv/x.py", line 1, in <module>\n    x()\n'
    )
    assert said in explained(frames + text)


def test_only_the_last_line_of_a_project_with_packages(project: Any, run: Any) -> None:
    project(
        {
            "app/__init__.py": "",
            "app/a.py": "import app.b\nLIMIT = 1\n",
            "app/b.py": "from app.a import LIMIT\ndef f(): return LIMIT\n",
            "log.txt": f"2024-05-21 ERROR web: cannot import name 'LIMIT' from partially initialized"
            f" module 'app.a' {CIRCULAR}\n",
        }
    )
    out = run("explain", "log.txt").out
    assert "circular import: app.a → app.b → app.a\n" in out
    assert out.count("[defer-into-function]") == 1


LIBRARY = "/usr/lib/python3/site-packages/storm"


def test_installed_package_that_lacks_a_submodule(project: Any, run: Any) -> None:
    project(
        {
            "try.py": "import storm\n",
            "log.txt": "Traceback (most recent call last):\n"
            '  File "/work/try.py", line 1, in <module>\n    import storm\n'
            f'  File "{LIBRARY}/__init__.py", line 3, in <module>\n    from . import _graph\n'
            "ImportError: cannot import name '_graph' from partially initialized module 'storm'"
            f" {CIRCULAR} ({LIBRARY}/__init__.py)\n",
        }
    )
    out = run("explain", "log.txt").out
    assert "storm has no submodule _graph.\n" in out
    assert "  - storm is installed: its installation is not complete" in out
    assert "circular import:" not in out


def test_cycle_inside_of_a_library(project: Any, run: Any) -> None:
    project(
        {
            "try.py": "import storm\n",
            "log.txt": "Traceback (most recent call last):\n"
            '  File "/work/try.py", line 1, in <module>\n    import storm\n'
            f'  File "{LIBRARY}/a.py", line 3, in <module>\n    from storm.b import B\n'
            f'  File "{LIBRARY}/b.py", line 4, in <module>\n    from storm.a import A\n'
            "ImportError: cannot import name 'A' from partially initialized module 'storm.a'"
            f" {CIRCULAR} ({LIBRARY}/a.py)\n",
        }
    )
    out = run("explain", "log.txt").out
    assert "circular import: storm.a → storm.b → storm.a\n" in out
    assert "  - The cycle is inside of storm, which is installed" in out
