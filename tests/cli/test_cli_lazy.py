"""Python 3.15 on the command line: ImportCycleError in tracebacks, and interpreters that raise it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

PYTHON = shutil.which("python3.15")
PROJECT = {
    "pyproject.toml": '[tool.import-cycles]\ntarget-version = "3.15"\n',
    "a.py": "lazy from b import x\nz = x\n",
    "b.py": "import a\na.x\nx = 1\n",
    "m.py": "import p\np.sub\n",
    "p/__init__.py": "lazy from p import sub\n",
    "p/sub.py": "import p\nw = p.sub.thing\nthing = 1\n",
    "c.py": "lazy import d\ndef f():\n    return d.x\nf()\n",
    "d.py": "import c\nc.f()\nx = 1\n",
}
TRACEBACK = """Traceback (most recent call last):
  File "{folder}/{holder}", line 1, in <module>
    {declared}
ImportError: lazy import of '{name}' raised an exception during resolution

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<string>", line 1, in <module>
    import a
{frames}
ImportCycleError: cannot import name '{name}' (most likely due to a circular import)
"""
FRAME = '  File "{folder}/{path}", line {line}, in {function}'

SAMPLES = {
    "a": (
        "a.py",
        "lazy from b import x",
        "b.x",
        [("a.py", 2, "<module>"), ("b.py", 2, "<module>")],
    ),
    "m": (
        "p/__init__.py",
        "lazy from p import sub",
        "p.sub",
        [("m.py", 2, "<module>"), ("p/sub.py", 2, "<module>")],
    ),
    "c": (
        "c.py",
        "lazy import d",
        "d",
        [("c.py", 4, "<module>"), ("d.py", 2, "<module>"), ("c.py", 3, "f")],
    ),
}


@pytest.mark.parametrize("entry", list(SAMPLES))
def test_a_traceback_is_explained(project: Write, run: Any, entry: str) -> None:
    folder = project(PROJECT)
    holder, declared, name, frames = SAMPLES[entry]
    told = "\n".join(
        FRAME.format(folder=folder, path=path, line=line, function=function)
        for path, line, function in frames
    )
    text = TRACEBACK.format(folder=folder, holder=holder, declared=declared, name=name, frames=told)
    (folder / "failure.txt").write_text(text, encoding="utf-8")
    result = run("explain", "--traceback", "failure.txt")
    assert "circular import: " in result.out
    assert f"needs {name} while a lazy import of it is being carried out" in result.out
    assert "Not a circular import" not in result.out


@pytest.mark.skipif(PYTHON is None, reason="there is no python3.15")
def test_interpreters_agree(project: Write, run: Any) -> None:
    folder = project(PROJECT)
    assert PYTHON is not None
    failed = subprocess.run(
        [PYTHON, "-c", "import m"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "ImportCycleError: cannot import name 'p.sub'" in failed.stderr
    result = run("verify", "--python", PYTHON)
    assert "differently" in result.out
    assert ", 0 differently. " in result.out


@pytest.mark.skipif(PYTHON is None, reason="there is no python3.15")
@pytest.mark.parametrize("entry", ["a", "m", "c"])
def test_a_trace_tells_one_story(project: Write, run: Any, entry: str) -> None:
    project(PROJECT)
    assert PYTHON is not None
    result = run("trace", "--python", PYTHON, entry)
    assert "no import cycle met" not in result.out
    assert "circular import: " in result.out
    drawn = result.out.partition("loaded")[0]
    assert drawn.count(f"─ {entry}  {entry}.py") == 1
