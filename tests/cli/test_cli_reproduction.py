"""The lines that `entries` and `explain` give to see a crash work when they are pasted."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

A = "from {}b import x\ny = 1\n"
B = "from {}a import y\nx = 1\n"
PROJECTS = [
    pytest.param({"a.py": A.format(""), "b.py": B.format("")}, "a.py", id="flat"),
    pytest.param(
        {"p/__init__.py": "", "p/a.py": A.format("p."), "p/b.py": B.format("p.")},
        "p/a.py",
        id="package",
    ),
    pytest.param(
        {
            "pyproject.toml": "",
            "src/p/__init__.py": "",
            "src/p/a.py": A.format("p."),
            "src/p/b.py": B.format("p."),
        },
        "src/p/a.py",
        id="src",
    ),
    pytest.param(
        {"pyproject.toml": "", "my tests/a.py": A.format(""), "my tests/b.py": B.format("")},
        "my tests/a.py",
        id="tests with bare names in a folder with a space",
    ),
    pytest.param(
        {
            "pyproject.toml": "[tool.import-cycles]",
            "one/pyproject.toml": "",
            "one/src/p/__init__.py": "",
            "one/src/p/a.py": "import q\n" + A.format("p."),
            "one/src/p/b.py": B.format("p."),
            "two/pyproject.toml": "",
            "two/src/q/__init__.py": "import r\n",
            "r.py": "",
        },
        "one/src/p/a.py",
        id="two projects and the folder around them",
    ),
    pytest.param(
        {
            "pyproject.toml": "",
            "src/p/__init__.py": "",
            "src/p/__main__.py": "import helper, p.a\n",
            "src/p/a.py": "import p.__main__\n" + A.format("p."),
            "src/p/b.py": B.format("p."),
            "helper.py": "",
        },
        "src/p/a.py",
        id="a program",
    ),
    pytest.param(
        {"p/a.py": A.format("p."), "p/b.py": B.format("p.")}, "p/a.py", id="namespace package"
    ),
]


@pytest.mark.parametrize("inside", ["", "elsewhere"])
@pytest.mark.parametrize(("files", "crashing"), PROJECTS)
def test_what_is_pasted_fails_as_it_is_told(
    files: Mapping[str, str],
    crashing: str,
    inside: str,
    project: Write,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = project(files)
    (folder / inside).mkdir(exist_ok=True)
    monkeypatch.chdir(folder / inside)
    listed = run("entries", str(folder)).out
    lines = re.findall(r"^  ((?:cd .+ && )?python .+)$", listed, re.MULTILINE)
    told = run("explain", str(folder / crashing)).out
    reproductions = re.findall(r"^Reproduce: (.+)$", told, re.MULTILINE)
    assert len(lines) >= 2 and reproductions, (listed, told)
    for line in (*lines, *reproductions):
        pasted = re.sub(r"(^|&& )python ", rf"\1{shlex.quote(sys.executable)} ", line)
        process = subprocess.run(
            pasted, shell=True, capture_output=True, text=True, check=False, cwd=folder / inside
        )
        assert "partially initialized module" in process.stderr, (line, process.stderr)
