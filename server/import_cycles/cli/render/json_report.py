"""Findings for programs, as docs/cli.md describes: plain JSON, versioned.

The text is ASCII and keys stand in a fixed order, so that the same project gives the same
bytes on every machine and in every terminal.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING

from import_cycles.analysis.change import Problem, ShownFinding, ShownPlace, ShownRelated
from import_cycles.analysis.root_causes import ROOT_CAUSES_URL, RootCause
from import_cycles.cli.places import Places
from import_cycles.cli.report import Knot, Report
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import DOCS_URL

if TYPE_CHECKING:
    from import_cycles.cli.since import Since

VERSION = 1
"""Rises when a key disappears or changes its meaning; a new key does not raise it."""


class Shared:
    """A part of a document that stands in several places: it is written once for each depth."""

    __slots__ = ("_texts", "_value")

    def __init__(self, value: object) -> None:
        self._value = value
        self._texts: dict[str, str] = {}

    def text(self, line_start: str) -> str:
        """The part as JSON, in lines that start so."""
        known = self._texts.get(line_start)
        if known is None:
            pieces: list[str] = []
            _write(self._value, line_start, pieces)
            known = self._texts[line_start] = "".join(pieces)
        return known


def dumps(document: object) -> str:
    """The common function of all commands for writing JSON: `json.dumps(document, indent=2)`.

    That is several times slower, because Python's own encoder in C knows no indents.
    """
    pieces: list[str] = []
    _write(document, "\n", pieces)
    pieces.append("\n")
    return "".join(pieces)


def _write(value: object, line_start: str, pieces: list[str]) -> None:
    """Add the text of a value, in pieces, so that a long document is copied once only."""
    inner = line_start + "  "
    match value:
        case str():
            pieces.append(encode_basestring_ascii(value))
        case Shared():
            pieces.append(value.text(line_start))
        case dict() if value:
            opening = "{"
            for key, each in value.items():
                pieces.append(f"{opening}{inner}{encode_basestring_ascii(key)}: ")
                _write(each, inner, pieces)
                opening = ","
            pieces.append(f"{line_start}}}")
        case list() if set(map(type, value)) == {str}:
            texts = f",{inner}".join(map(encode_basestring_ascii, value))
            pieces.append(f"[{inner}{texts}{line_start}]")
        case list() if value:
            opening = "["
            for each in value:
                pieces.append(opening + inner)
                _write(each, inner, pieces)
                opening = ","
            pieces.append(f"{line_start}]")
        case _:
            pieces.append(json.dumps(value))


def render(report: Report, places: Places) -> str:
    """The whole document of `check --format json`."""
    hops = _Hops(places)
    return dumps(
        {
            "version": VERSION,
            "findings": [_finding(finding, places, hops) for finding in report.findings],
            "knots": [_knot(knot, places) for knot in report.knots],
            "known": [
                {**_identity(each.identity), **_line(each.place, places)} for each in report.known
            ],
            "gone": [
                {"path": places.path(each.path), **_identity(each.identity)} for each in report.gone
            ],
            "since": None if report.since is None else _since(report.since, places),
            "problems": [problem(each, places) for each in report.problems],
            "summary": {
                "findings": len(report.findings),
                "cycles": report.n_cycles,
                "components": report.n_components,
                "crash_lines": report.n_crash_lines,
                "modules": report.n_modules,
            },
        }
    )


class _Hops:
    """The related places of findings, which share those along cycles."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[int, tuple[ShownRelated, Shared]] = {}

    def of(self, related: ShownRelated) -> Shared:
        known = self._known.get(id(related))
        if known is None:
            known = self._known[id(related)] = (related, Shared(self._keys(related)))
        return known[1]

    def _keys(self, related: ShownRelated) -> dict[str, object]:
        return {
            "message": related.message,
            "importer": None if related.hop is None else related.hop[0],
            "imported": None if related.hop is None else related.hop[1],
            **place_keys(related.place, self._places),
        }


def _finding(finding: ShownFinding, places: Places, hops: _Hops) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "module": finding.module,
        **place_keys(finding.place, places),
        "cycle": list(finding.path),
        "also": [list(cycle) for cycle in finding.also],
        "component_size": finding.component_size,
        "related": [*map(hops.of, finding.related)],
        "url": DOCS_URL + finding.code,
    }


def _since(since: Since, places: Places) -> dict[str, object]:
    return {
        "revision": since.told,
        "gone": [{**_identity(each.identity), **_line(each.place, places)} for each in since.gone],
        "crashes": [
            {
                "module": each.entry,
                "path": None if each.path is None else places.path(each.path),
                "line": None if each.line is None else each.line + 1,
            }
            for each in since.crashes
        ],
        "loads": list(since.mended),
        "renamed": since.renamed,
    }


def _identity(identity: Identity) -> dict[str, object]:
    return {
        "code": identity.code,
        "importer": identity.importer,
        "imported": identity.imported,
        "name": identity.name,
    }


def _line(place: ShownPlace, places: Places) -> dict[str, object]:
    return {"path": places.path(place.path), "line": place.range.start.line + 1}


def _knot(knot: Knot, places: Places) -> dict[str, object]:
    return {
        "members": list(knot.cut.members),
        "cycles": knot.cut.n_cycles,
        "cut": [
            {
                "importer": each.importer,
                "imported": each.imported,
                "ends": each.n_ended,
                "effort": each.cost.effort.value,
                "places": [place_keys(place, places) for place in there],
            }
            for each, there in zip(knot.cut.imports, knot.places, strict=True)
        ],
        "cut_is_least": knot.cut.is_least,
        "root_cause": None if knot.cause is None else _cause(knot.cause),
    }


def _cause(cause: RootCause) -> dict[str, object]:
    return {
        "pattern": cause.pattern.value,
        "importer": cause.importer,
        "imported": cause.imported,
        "remedy": cause.pattern.remedy,
        "url": ROOT_CAUSES_URL + cause.pattern.value,
    }


def place_keys(place: ShownPlace, places: Places) -> dict[str, object]:
    """The place of a finding, in the form of all documents."""
    location = places.location(place)
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }


def problem(problem: Problem, places: Places) -> dict[str, object]:
    """A problem with its line from 1, null when it is about the whole file."""
    return {
        "path": places.path(problem.path),
        "line": None if problem.line is None else problem.line + 1,
        "message": problem.message,
    }
