"""What `explain` advises for tracebacks: what `fix` would do, and whatever it says must help."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]


def _traceback(folder: Path, module: str) -> str:
    """What this interpreter prints when a module is imported first; empty when it loads."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", f"import {module}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


def _explained(folder: Path, module: str, run: Any, *options: str) -> str:
    text = _traceback(folder, module)
    assert text, f"{module} loads"
    (folder / "log.txt").write_text(text, encoding="utf-8")
    result = run("explain", "log.txt", *options)
    assert (result.status, result.err) == (0, "")
    return str(result.out)


M = "import u\nx = 1\n"


@pytest.mark.parametrize(
    ("user", "advised"),
    [
        ("from m import x\ndef f(): return x\n", "Import `x` in `f`"),
        ("from m import x as y\ndef f(): return y\n", "Import `y` in `f`"),
        ("from m import x\nclass C(x): ...\n", "u needs x of m while it loads (line 2)"),
        ("from m import x\n", "Nothing in u uses x: take the import out"),
    ],
)
def test_advice_is_what_a_fix_does_or_which_code_moves(
    project: Write, run: Any, user: str, advised: str
) -> None:
    folder = project({"m.py": M, "u.py": user})
    assert f"\n  - {advised}" in _explained(folder, "m", run).partition("What to do:")[2]


@pytest.mark.parametrize(
    "user",
    [
        "from m import x\ndef f(): return x\n",
        "from m import x\nclass C:\n    def f(self): return x\n",
        "from __future__ import annotations\nfrom m import x\ndef f(a: x) -> None: ...\n",
    ],
)
def test_the_shown_diff_ends_the_crash(project: Write, run: Any, user: str) -> None:
    folder = project({"m.py": M, "u.py": user})
    out = _explained(folder, "m", run, "--diff")
    assert "; proved, `import-cycles fix` does it.\n" in out
    diff = out[out.index("--- a/") :]
    subprocess.run(["patch", "-p1"], input=diff, cwd=folder, text=True, check=True)
    assert _traceback(folder, "m") == ""


def test_a_guard_is_not_advised_where_annotations_are_read(project: Write, run: Any) -> None:
    folder = project(
        {
            "m.py": "from u import U\nclass M: ...\n",
            "u.py": "from typing import get_type_hints\nfrom m import M\nclass U:\n    part: M\n"
            "print(get_type_hints(U))\n",
        }
    )
    out = _explained(folder, "m", run)
    assert "put the import under" not in out
    assert "  not type-checking-guard: " in out


def test_an_import_in_a_function_is_not_to_be_moved_into_one(project: Write, run: Any) -> None:
    folder = project(
        {
            "app/__init__.py": "",
            "app/a.py": "from app.b import make\nLIMIT = make()\nSIZE = 3\n",
            "app/b.py": "def make():\n    from app.a import SIZE\n    return SIZE + 1\n",
        }
    )
    out = _explained(folder, "app.a", run)
    assert "circular import: app.a → app.b → app.a\n" in out
    assert "  app.b, make  app/b.py:2  from app.a import SIZE\n" in out
    assert "The import in `make` (line 2 of app.b) runs while modules load, because line 2" in out
    assert "into the functions" not in out


def test_a_call_is_not_called_an_import(project: Write, run: Any) -> None:
    folder = project(
        {
            "a.py": "import b\nb.make()\nX = 1\n",
            "b.py": "def make():\n    import c\n",
            "c.py": "from a import X\nprint(X)\n",
        }
    )
    out = _explained(folder, "a", run)
    assert "the import in line 2" not in out
    assert "circular import: a → c → a\n" in out


def test_re_exported_name_is_to_be_taken_from_its_origin(project: Write, run: Any) -> None:
    folder = project(
        {
            "pkg/__init__.py": "from pkg import user\nfrom pkg.core import Thing\n",
            "pkg/core.py": "class Thing: ...\n",
            "pkg/user.py": "from pkg import Thing\nclass User(Thing): ...\n",
        }
    )
    out = _explained(folder, "pkg", run)
    assert "  - Import `Thing` from pkg.core" in out


def test_without_the_project_the_texts_must_do(
    project: Write, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project({"m.py": M, "u.py": "from m import x\ndef f(): return x\n"})
    (folder / "log.txt").write_text(_traceback(folder, "m").replace(str(folder), "/gone"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    out = run("explain", str(folder / "log.txt")).out
    assert "If u uses x only inside functions: import the module instead of the name" in out
