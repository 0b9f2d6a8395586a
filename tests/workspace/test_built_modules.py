"""Modules that are not there yet: compiled, generated, left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from import_cycles.workspace.workspace import Workspace

_PACKAGE = {"app/__init__.py": "", "app/a.py": "from app.late import x\n"}


def _codes(top: Path, files: dict[str, str]) -> list[str]:
    for name, text in {**_PACKAGE, **files}.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    workspace = Workspace(top)
    workspace.index()
    found = workspace.snapshot.findings.values()
    return [finding.code for findings in found for finding in findings]


@pytest.mark.parametrize(
    "files",
    [
        {"app/late.pyx": ""},
        {"app/late.c": ""},
        {"app/latemodule.c": ""},
        {"app/late/data.json": ""},
        {".gitignore": "late.py"},
        {"app/.gitignore": "/late.*"},
        {"pyproject.toml": '[tool.setuptools_scm]\nversion_file = "app/late.py"'},
        {"setup.py": "ext_modules=[Extension('app.late', ['src/x.c'])]"},
        {"app/meson.build": "py.extension_module('late', 'x.c')"},
        {"pyproject.toml": "[tool.import-cycles]\nexclude = ['late.py']", "app/late.py": "x = 1"},
    ],
)
def test_what_a_build_makes_is_not_missing(tmp_path: Path, files: dict[str, str]) -> None:
    assert _codes(tmp_path, files) == []


@pytest.mark.parametrize(
    "files",
    [{}, {"late.c": ""}, {"app/later.pyx": ""}, {".gitignore": "early.py"}, {"setup.py": "later"}],
)
def test_what_nothing_makes_is(tmp_path: Path, files: dict[str, str]) -> None:
    assert _codes(tmp_path, files) == ["unresolved-import"]
