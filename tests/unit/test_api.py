"""The Python API."""

from __future__ import annotations

from pathlib import Path

import pytest

from import_cycles import api
from import_cycles.api import analyze
from import_cycles.findings.identity import Identity
from import_cycles.workspace.baseline import write_baseline


def write(folder: Path) -> Path:
    (folder / "pyproject.toml").write_text("[tool.import-cycles]\n")
    (folder / "a.py").write_text("from b import y\nx = 1\n")
    (folder / "b.py").write_text("from a import x\ny = 1\n")
    (folder / "c.py").write_text("def\n")
    return folder


def test_report_has_what_check_finds(tmp_path: Path) -> None:
    report = analyze(write(tmp_path))
    first, second = report.findings
    assert (first.code, first.severity, first.module) == ("cycle-crash", "error", "a")
    assert (first.path, first.line, first.column) == (tmp_path / "a.py", 1, 15)
    assert first.is_crash
    assert not first.is_known
    assert {(hop.importer, hop.imported) for hop in first.hops} == {("a", "b"), ("b", "a")}
    assert report.crashes == report.findings == report.new
    assert report.cycles == (("a", "b", "a"),)
    assert report.modules == ("a", "b", "c")
    assert [(each.path.name, each.line) for each in report.problems] == [("c.py", 1)]
    assert second.path == tmp_path / "b.py"


def test_settings_and_baseline_count(tmp_path: Path) -> None:
    write(tmp_path)
    report = analyze([tmp_path], settings={"severity": {"cycle-crash": "off"}})
    assert {each.code for each in report.findings} == {"cycle"}
    known = {Identity("a", "b", "cycle"), Identity("a", "b", "cycle-crash", "y")}
    write_baseline(tmp_path, known)
    report = analyze([tmp_path])
    assert [each.path.name for each in report.new] == ["b.py"]
    assert [each.is_known for each in report.findings] == [True, False]


def test_paths_are_those_of_the_command_line(tmp_path: Path) -> None:
    write(tmp_path)
    assert {each.path.name for each in analyze(tmp_path / "a.py").findings} == {"a.py"}
    with pytest.raises(FileNotFoundError, match="there is no such file or folder"):
        analyze(str(tmp_path / "nix"))


def test_everything_public_is_documented() -> None:
    assert all(getattr(api, name).__doc__ for name in api.__all__)
