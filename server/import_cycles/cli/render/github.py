"""Findings as annotations of a GitHub workflow run.

Source: GitHub's documentation, "Workflow commands for GitHub Actions"; the escapes are those of
actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from import_cycles.analysis.change import ShownFinding
from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.report import Report
from import_cycles.findings.rule import Severity


def render(report: Report, places: Places) -> str:
    """One workflow command per finding."""
    return "".join(f"{_annotation(finding, places)}\n" for finding in report.findings)


def _annotation(finding: ShownFinding, places: Places) -> str:
    location = places.location(finding.place)
    properties: dict[str, str | int] = {
        "title": f"import-cycles ({finding.code})",
        "file": location.path,
        "line": location.line,
        "endLine": location.end_line,
    }
    if location.line == location.end_line:  # GitHub refuses columns on several lines
        properties |= {"col": location.column, "endColumn": location.end_column}
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_level(finding.severity)} {shown}::{_data(finding.message)}"


def _level(severity: Severity) -> str:
    match severity:
        case Severity.ERROR | Severity.WARNING:
            return str(severity.value)
        case Severity.INFORMATION | Severity.HINT | Severity.OFF:
            return "notice"


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
