"""Modules outside a cycle that fail because its members went on without a name."""

from __future__ import annotations

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.findings.rule import Subject
from import_cycles.resolve.layout import build_layout

_MANY = 60


def test_each_of_many_is_told_at_its_own_line() -> None:
    texts = {
        "a": "from b import B\nA = 1\n",
        "b": "try:\n    from a import A\nexcept ImportError:\n    A = None\nB = 1\n",
        **{f"use{number}": "import a\nfrom b import A\nX = A + 1\n" for number in range(_MANY)},
    }
    files = {SourcePath(f"/p/{name}.py"): text for name, text in texts.items()}
    project = Project()
    project.apply(Change(dict(files), build_layout((SourcePath("/p"),), files)))
    project.settle()
    failing = {
        (path, finding.place.range.start.line)
        for path, findings in project.snapshot.findings.items()
        for finding in findings
        if finding.subject is Subject.CRASH
    }
    assert failing == {(path, 2) for path in files if "/use" in path}
