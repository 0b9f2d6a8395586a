"""`import-cycles verify --threads`: two threads, one package, real interpreters."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

PROJECT = {
    "pkg/__init__.py": "BASE = 1\nfrom pkg.ref import R\n",
    "pkg/ref.py": "from pkg import BASE\nR = 1\n",
}


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="it works from 3.15 on")
def test_both_fail(project: Write, run: Any) -> None:
    project(PROJECT)
    result = run("verify", "--threads", "--python", sys.executable)
    assert result.status == 1
    line = result.out.splitlines()[0]
    assert line.startswith("pkg and pkg.ref in two threads: pkg ends in ImportError: cannot import")
    assert line.endswith("; pkg.ref ends in KeyError: 'pkg'")
    document = json.loads(
        run("verify", "--threads", "--python", sys.executable, "--format", "json").out
    )
    (pair,) = document["threads"]
    assert pair["submodule_ending"] == "KeyError: 'pkg'"


def test_nothing_to_try(project: Write, run: Any) -> None:
    project({**PROJECT, "pkg/ref.py": "R = 1\nfrom pkg import BASE\n"})
    result = run("verify", "--threads", "--python", sys.executable)
    assert result.status == 0
    assert "0 packages with a submodule" in result.out


def test_hover_and_explain_tell_it(project: Write, run: Any) -> None:
    project({**PROJECT, "pyproject.toml": '[tool.import-cycles]\ntarget-version = "3.13"\n'})
    result = run("explain", "pkg/__init__.py:2")
    told = " ".join(result.out.split())
    assert "Two threads that import pkg and pkg.ref at the same time can both fail" in told
