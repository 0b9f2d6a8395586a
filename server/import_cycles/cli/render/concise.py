"""One finding a line, as compilers write theirs; editors and log matchers know that form."""

from __future__ import annotations

from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.report import Report


def render(report: Report, places: Places) -> str:
    """`path:line:column: severity[code] message`, without color whatever the stream is."""
    return "".join(
        f"{printable(str(places.location(each.place)))}: {each.severity.value}[{each.code}]"
        f" {printable(each.message)}\n"
        for each in report.findings
    )
