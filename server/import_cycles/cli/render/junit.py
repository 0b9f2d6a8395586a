"""Findings as JUnit XML, which most CI servers show as failed tests.

Source: the schema of Jenkins' xunit plug-in (`junit-10.xsd`). Each file with findings is a test suite, each
finding a failed test; a run without findings has one test that passes, since servers
take a report without tests for a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from import_cycles.analysis.change import ShownFinding
from import_cycles.base.words import UNPRINTABLE, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.text import finding_lines
from import_cycles.cli.report import Report


def render(report: Report, places: Places) -> str:
    """The whole document."""
    return "".join(f"{line}\n" for line in _lines(report, places))


def _lines(report: Report, places: Places) -> Iterator[str]:
    n_found = len(report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<testsuites name="import-cycles" tests="{n_found or 1}" failures="{n_found}" errors="0">'
    )
    if not n_found:
        yield '  <testsuite name="import-cycles" tests="1" failures="0" errors="0">'
        yield '    <testcase classname="import-cycles" name="no new import cycles" time="0"/>'
        yield "  </testsuite>"
    for path, group in groupby(report.findings, key=lambda each: each.place.path):
        there = list(group)
        yield (
            f"  <testsuite name={_attribute(places.path(path))}"
            f' tests="{len(there)}" failures="{len(there)}" errors="0">'
        )
        for finding in there:
            yield from _case(finding, places)
        yield "  </testsuite>"
    yield "</testsuites>"


def _case(finding: ShownFinding, places: Places) -> Iterator[str]:
    location = places.location(finding.place)
    yield (
        f"    <testcase classname={_attribute(finding.module)}"
        f" name={_attribute(f'{finding.code} in line {location.line}')}"
        f' file={_attribute(location.path)} line="{location.line}" time="0">'
    )
    text = "\n".join(_clean(line) for line in finding_lines(finding, places, Paint()))
    message = _attribute(finding.message)
    yield f'      <failure type="{finding.severity.value}" message={message}>'
    yield f"{escape(text)}</failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_clean(printable(text)))


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold at all, escaped or not (its production 2, `Char`)."""
    text = UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
    return "".join(
        f"\\u{ord(each):04x}" if 0xD800 <= ord(each) <= 0xDFFF or each in "\ufffe\uffff" else each
        for each in text
    )
