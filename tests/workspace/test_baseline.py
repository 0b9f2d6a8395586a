"""The baseline as an editor sees it: known findings are hints, and the file may change any time."""

from __future__ import annotations

from pathlib import Path

from import_cycles.findings.rule import KNOWN, Severity
from import_cycles.workspace.baseline import BASELINE, write_baseline
from import_cycles.workspace.known import compared
from import_cycles.workspace.workspace import Workspace, as_source_path


def severities(workspace: Workspace) -> dict[str, list[Severity]]:
    return {
        Path(path).name: [each.severity for each in findings]
        for path, findings in workspace.snapshot.findings.items()
    }


def test_known_findings_are_hints(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.import-cycles]\n")
    (tmp_path / "a.py").write_text("import b\nx = 1\n")
    (tmp_path / "b.py").write_text("import a\n")
    workspace = Workspace(tmp_path)
    workspace.index()
    workspace.settle()
    loud = {"a.py": [Severity.INFORMATION], "b.py": [Severity.INFORMATION]}
    assert severities(workspace) == loud

    write_baseline(tmp_path, compared(workspace.snapshot, frozenset()).new)
    workspace.files_changed([as_source_path(tmp_path / BASELINE)])
    workspace.flush()
    assert severities(workspace) == {"a.py": [Severity.HINT], "b.py": [Severity.HINT]}
    for findings in workspace.snapshot.findings.values():
        assert all(each.is_known and KNOWN in each.notes for each in findings)

    workspace.open_document(as_source_path(tmp_path / "b.py"), "from a import x\n")
    workspace.flush()
    workspace.settle()
    assert severities(workspace) == {"a.py": [Severity.HINT], "b.py": [Severity.WARNING]}

    (tmp_path / BASELINE).unlink()
    workspace.files_changed([as_source_path(tmp_path / BASELINE)])
    workspace.close_document(as_source_path(tmp_path / "b.py"))
    workspace.flush()
    workspace.settle()
    assert severities(workspace) == loud


def test_baseline_file_keeps_its_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / BASELINE).write_text("")
    (tmp_path / BASELINE).symlink_to(tmp_path / "real" / BASELINE)
    write_baseline(tmp_path, ())
    assert (tmp_path / BASELINE).is_symlink()
    assert (tmp_path / "real" / BASELINE).read_text().startswith("{")
