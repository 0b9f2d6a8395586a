"""Findings for users: the line at fault underlined, and the cycle drawn as a loop.

app/a.py:1:8: information[cycle] app.a imports app.b, which imports app.a again: …
  1 | import app.b
    |        ^^^^^
    ┌▶ app.a  app/a.py:1  import app.b
    └─ app.b  app/b.py:1  from app.a import LIMIT
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.explain import Explanation, Hop
from import_cycles.base.names import dotted_name
from import_cycles.base.words import UNPRINTABLE, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places, aligned
from import_cycles.findings.rule import DOCS_URL, Severity


def explanation(explained: Explanation, places: Places, paint: Paint) -> str:
    """A finding as `finding_lines` has it, with all its notes."""
    finding = explained.finding
    remarks = [printable(remark) for remark in explained.remarks]
    if explained.advice is not None:
        remarks.append(printable(explained.advice.told(line_at(explained.advice.place, places))))
    lines = [
        headline(finding, places, paint),
        *excerpt(finding.place, places, paint),
        *_round(explained.hops, places, paint),
        *_others(finding, places),
        *remarks,
        f"See {DOCS_URL}{finding.code}",
    ]
    return "".join(f"{line}\n" for line in lines)


def headline(finding: ShownFinding, places: Places, paint: Paint) -> str:
    """`path:line:column: severity[code] message`, which editors and terminals turn into a link."""
    severity = painted(finding.severity, paint)
    where = paint.strong(printable(str(places.location(finding.place))))
    return f"{where}: {severity}[{finding.code}] {printable(finding.message)}"


def excerpt(place: ShownPlace, places: Places, paint: Paint) -> Iterator[str]:
    """The source line and its underline; nothing when the line can no longer be read."""
    start, end = place.range.start, place.range.end
    text = places.line(place.path, start.line)
    if not text.strip():
        return
    # Tabs are kept before the underline, so that it starts where the text does.
    before = re.sub(r"[^\t]", " ", text[: start.utf32])
    stop = end.utf32 if end.line == start.line else len(text)
    number = str(start.line + 1).rjust(4)
    underline = paint.error("^" * max(1, stop - start.utf32))
    yield f"{paint.faint(number + ' |')} {UNPRINTABLE.sub(' ', text)}"
    yield f"{paint.faint('     |')} {before}{underline}"


def loop(finding: ShownFinding, places: Places, paint: Paint) -> Iterator[str]:
    """The hops of the cycle, from the finding's own round to where it started; then the rest."""
    hops = [Hop(*each.hop, each.place, each.message) for each in finding.related if each.hop]
    yield from _round(hops, places, paint)
    yield from _others(finding, places)


def _others(finding: ShownFinding, places: Places) -> Iterator[str]:
    for other in finding.related:
        if other.hop is None:
            yield f"     {line_at(other.place, places)}  {printable(other.message)}"


def _round(hops: Sequence[Hop], places: Places, paint: Paint) -> Iterator[str]:
    rows = [
        (printable(hop.importer), line_at(hop.place, places), _import(hop, places)) for hop in hops
    ]
    for number, row in enumerate(aligned(rows)):
        if number == 0:
            frame = "┌▶"
        else:
            frame = "└─" if number == len(rows) - 1 else "│ "
        yield f"     {paint.faint(frame)} {row}"


def finding_lines(finding: ShownFinding, places: Places, paint: Paint) -> Iterator[str]:
    """A finding with its line and its cycle."""
    yield headline(finding, places, paint)
    yield from excerpt(finding.place, places, paint)
    yield from loop(finding, places, paint)


def _import(hop: Hop, places: Places) -> str:
    """The import statement, and in brackets how it differs from a plain import."""
    statement = printable(places.statement(hop.place))
    plain = (
        f"{hop.importer} imports {dotted_name(hop.imported)}",
        # The drawing shows that one waits for the other.
        f"{hop.importer} waits here for {hop.imported}",
    )
    return statement if hop.message in plain else f"{statement}  ({printable(hop.message)})"


def line_at(place: ShownPlace, places: Places) -> str:
    """`path:line`."""
    location = places.location(place)
    return printable(f"{location.path}:{location.line}")


def painted(severity: Severity, paint: Paint) -> str:
    """The word of a severity in its color."""
    match severity:
        case Severity.ERROR:
            return paint.error(severity.value)
        case Severity.WARNING:
            return paint.warning(severity.value)
        case Severity.INFORMATION | Severity.HINT | Severity.OFF:
            return paint.notice(severity.value)
