"""Findings in SARIF 2.1.0, which code scanning services read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Columns are
code points (`columnKind`), and `partialFingerprints` let a service follow a finding while lines
move. The way round a cycle is a code flow (section 3.36), a verified quick fix is a fix (3.55), and
an unreadable file is a notification (3.58).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from import_cycles import __version__
from import_cycles.analysis.change import Problem, ShownFinding, ShownPlace
from import_cycles.analysis.registry import rules
from import_cycles.base.names import SourcePath
from import_cycles.base.text import Encoding, LineIndex
from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.render.fingerprints import fingerprints
from import_cycles.cli.render.json_report import dumps
from import_cycles.cli.report import Report
from import_cycles.findings.rule import DOCS_URL, Rule, Severity
from import_cycles.repair.verify import VerifiedFix

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def render(report: Report, places: Places) -> str:
    """One SARIF log with one run."""
    codes = {finding.code for finding in report.findings}
    driver = {
        "name": "import-cycles",
        "version": __version__,
        "informationUri": DOCS_URL.partition("#")[0],
        "rules": [_rule(rule) for rule in rules() if rule.code in codes],
    }
    fixes = dict(report.fixes)
    results = [
        _result(finding, fingerprint, fixes.get(finding), places)
        for finding, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
    ]
    notifications = [_notification(problem, places) for problem in report.problems]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "helpUri": DOCS_URL + rule.code,
        "defaultConfiguration": {"level": _level(rule.severity)},
    }


def _result(
    finding: ShownFinding, fingerprint: str, fix: VerifiedFix | None, places: Places
) -> dict[str, object]:
    hops = [
        _hop(related.place, related.message, places) for related in finding.related if related.hop
    ]
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": _level(finding.severity),
        "message": {"text": _text(finding.message)},
        "locations": [{"physicalLocation": _physical(finding.place, places)}],
        "relatedLocations": [
            {
                "physicalLocation": _physical(related.place, places),
                "message": {"text": _text(related.message)},
            }
            for related in finding.related
        ],
        "partialFingerprints": {"importCycles/v1": fingerprint},
    }
    if hops:
        result["codeFlows"] = [{"threadFlows": [{"locations": hops}]}]
    if fix is not None:
        result["fixes"] = [_fix(fix, places)]
    return result


def _hop(place: ShownPlace, message: str, places: Places) -> dict[str, object]:
    location = {
        "physicalLocation": _physical(place, places),
        "message": {"text": _text(message)},
    }
    return {"location": location}


def _fix(fix: VerifiedFix, places: Places) -> dict[str, object]:
    return {
        "description": {"text": _text(fix.title)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(places.path(path)),
                "replacements": list(_replacements(fix, path)),
            }
            for path in sorted(fix.proposal.edits)
        ],
    }


def _replacements(fix: VerifiedFix, path: SourcePath) -> Iterator[dict[str, object]]:
    index = LineIndex(fix.before[path])
    for edit in fix.proposal.edits[path]:
        start = index.line_column(edit.span.start, Encoding.UTF32)
        end = index.line_column(edit.span.end, Encoding.UTF32)
        yield {
            "deletedRegion": {
                "startLine": start[0] + 1,
                "startColumn": start[1] + 1,
                "endLine": end[0] + 1,
                "endColumn": end[1] + 1,
            },
            "insertedContent": {"text": edit.new_text},
        }


def _notification(problem: Problem, places: Places) -> dict[str, object]:
    where: dict[str, object] = {"artifactLocation": _artifact(places.path(problem.path))}
    if problem.line is not None:
        where["region"] = {"startLine": problem.line + 1}
    return {
        "level": "warning",
        "message": {"text": _text(problem.message)},
        "locations": [{"physicalLocation": where}],
    }


def _text(message: str) -> str:
    """What a viewer shows as it is: `[words](where)` would be a link (section 3.11.6)."""
    return printable(message).replace("](", r"\](")


def _physical(place: ShownPlace, places: Places) -> dict[str, object]:
    location = places.location(place)
    return {
        "artifactLocation": _artifact(location.path),
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "endLine": location.end_line,
            "endColumn": location.end_column,
        },
    }


def _artifact(path: str) -> dict[str, object]:
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{uri}" if uri.startswith("/") else uri}


def _level(severity: Severity) -> str:
    match severity:
        case Severity.ERROR | Severity.WARNING:
            return str(severity.value)
        case Severity.INFORMATION | Severity.HINT | Severity.OFF:
            return "note"
