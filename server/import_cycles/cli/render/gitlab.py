"""Findings as a GitLab code quality report.

Source: GitLab's documentation, "Code Quality", section "Code Quality report format": a JSON list of
objects with description, check_name, fingerprint, severity, and location with path and lines.begin.
Paths are relative to the repository, so the command has to run at its top.
"""

from __future__ import annotations

from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.render.fingerprints import fingerprints
from import_cycles.cli.render.json_report import dumps
from import_cycles.cli.report import Report
from import_cycles.findings.rule import Severity

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFORMATION: "minor",
    Severity.HINT: "info",
    Severity.OFF: "info",
}


def render(report: Report, places: Places) -> str:
    """The whole report; an empty list when nothing was found."""
    return dumps(
        [
            {
                "description": printable(finding.message),
                "check_name": finding.code,
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[finding.severity],
                "location": {
                    "path": places.path(finding.place.path),
                    "lines": {"begin": finding.place.range.start.line + 1},
                },
            }
            for finding, fingerprint in zip(
                report.findings, fingerprints(report.findings), strict=True
            )
        ]
    )
