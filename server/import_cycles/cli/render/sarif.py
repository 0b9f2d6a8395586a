"""Findings in SARIF 2.1.0, which code scanning services read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Columns are
code points (`columnKind`), and `fingerprints` let a service follow a finding while lines move.
"""

from __future__ import annotations

from urllib.parse import quote

from import_cycles import __version__
from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.registry import rules
from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.render.json_report import dumps
from import_cycles.cli.report import Report
from import_cycles.findings.rule import DOCS_URL, Rule, Severity

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
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places) for finding in report.findings],
    }
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "helpUri": DOCS_URL + rule.code,
        "defaultConfiguration": {"level": _level(rule.severity)},
    }


def _result(finding: ShownFinding, places: Places) -> dict[str, object]:
    return {
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
        "partialFingerprints": {"importCycles/v1": finding.key},
    }


def _text(message: str) -> str:
    """What a viewer shows as it is: `[words](where)` would be a link (section 3.11.6)."""
    return printable(message).replace("](", r"\](")


def _physical(place: ShownPlace, places: Places) -> dict[str, object]:
    location = places.location(place)
    uri = quote(location.path.encode("utf-8", "surrogateescape"))
    return {
        "artifactLocation": {"uri": f"file://{uri}" if uri.startswith("/") else uri},
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "endLine": location.end_line,
            "endColumn": location.end_column,
        },
    }


def _level(severity: Severity) -> str:
    match severity:
        case Severity.ERROR | Severity.WARNING:
            return str(severity.value)
        case Severity.INFORMATION | Severity.HINT | Severity.OFF:
            return "note"
