"""Findings as a comment for a pull request: short, causes first, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.first_imports import FirstImport
from import_cycles.base.names import dotted_name
from import_cycles.base.words import counted, printable
from import_cycles.cli.places import Places
from import_cycles.cli.render.check_report import summary
from import_cycles.cli.render.text import line_at
from import_cycles.cli.report import Gone, Knot, Report, n_cycles
from import_cycles.findings.cycle_path import drawn
from import_cycles.findings.rule import DOCS_URL, Subject

if TYPE_CHECKING:
    from import_cycles.cli.since import Since

_MOST: Final = 10
"""Crashes, and knots, that are listed one by one; services cut long comments off."""


def render(report: Report, places: Places) -> str:
    """The whole comment."""
    lines = ["### Import cycles", "", _verdict(report), *_body(report, places)]
    return "".join(f"{line}\n" for line in lines)


def code(text: str) -> str:
    """Text as code on one line, whatever it contains (CommonMark 0.31, section 6.1)."""
    text = printable(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """Text in which nothing is markup: names in messages may hold underscores."""
    return re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", printable(text))


def _verdict(report: Report) -> str:
    if report.since is not None:
        return _change(report, report.since)
    new = "new " if report.known else ""
    known = (
        f" {counted(len(report.known), 'finding')} of the baseline not counted."
        if report.known
        else ""
    )
    if not report.findings:
        return f"No {new}import cycle.{known}"
    return f"**{summary(report)}.**{known}"


def _body(report: Report, places: Places) -> Iterator[str]:
    crashes = [each for each in report.findings if each.subject is Subject.CRASH]
    yield from _listed((_crash(each, places) for each in crashes), len(crashes), "crash line")
    knots = sorted(report.knots, key=lambda knot: -knot.cut.n_cycles)
    yield from _listed((_knot(each, places) for each in knots), len(knots), "knot")
    others = [
        each for each in report.findings if each.subject not in (Subject.CRASH, Subject.CYCLE)
    ]
    yield from _listed((_other(each, places) for each in others), len(others), "finding")
    if report.since is not None:
        yield from _first_imports(report.since, places)
    if report.gone:
        yield ""
        yield from _gone(report.gone)


def _change(report: Report, since: Since) -> str:
    """One line: the changes of this branch."""
    new, gone, same = (n_cycles(each) for each in (report.findings, since.gone, report.known))
    crashes = report.n_crash_lines
    lines = f", {counted(crashes, 'crash line')} new" if crashes else ""
    renamed = f"; {counted(since.renamed, 'module')} renamed" if since.renamed else ""
    return (
        f"Since {prose(since.told)}: **{counted(new, 'cycle')} new{lines}**,"
        f" {gone} gone, {same} unchanged{renamed}."
    )


def _first_imports(since: Since, places: Places) -> Iterator[str]:
    if since.crashes:
        yield ""
        yield "First imports that crash now and did not:"
    yield from _listed(
        (_first_import(each, places) for each in since.crashes), len(since.crashes), "module"
    )
    if since.mended:
        yield ""
        shown = ", ".join(code(dotted_name(name)) for name in since.mended[:_MOST])
        more = f" and {len(since.mended) - _MOST} more" if len(since.mended) > _MOST else ""
        yield f"Loads now, and crashed as first import: {shown}{more}."


def _first_import(crash: FirstImport, places: Places) -> str:
    where = ""
    if crash.path is not None and crash.line is not None:
        where = f" at {code(f'{places.path(crash.path)}:{crash.line + 1}')}"
    return f"- {code(dotted_name(crash.entry))}{where}"


def _listed(rows: Iterable[str], n_rows: int, noun: str) -> Iterator[str]:
    if n_rows:
        yield ""
    for number, row in enumerate(rows):
        if number < _MOST:
            yield row
    if n_rows > _MOST:
        yield f"- and {counted(n_rows - _MOST, f'more {noun}')}"


def _crash(finding: ShownFinding, places: Places) -> str:
    link = f"[{finding.code}]({DOCS_URL}{finding.code})"
    return f"- {code(line_at(finding.place, places))} {link}: {prose(finding.message)}"


def _other(finding: ShownFinding, places: Places) -> str:
    return _crash(finding, places)


def _knot(knot: Knot, places: Places) -> str:
    if knot.only is not None:
        what = f"Cycle {code(drawn(knot.only.path))}"
    else:
        first = code(dotted_name(knot.cut.members[0]))
        size = counted(len(knot.cut.members), "module")
        what = f"{counted(knot.cut.n_cycles, 'cycle')} among {size} around {first}"
    cuts = [
        f"{code(line_at(there[0], places))} ({prose(each.cost.effort.told)})"
        for each, there in zip(knot.cut.imports, knot.places, strict=True)
        if there
    ]
    cause = "" if knot.cause is None else f". Root cause: {prose(knot.cause.told)}"
    if not cuts:
        return f"- {what}{cause}"
    more = f" and {len(cuts) - 3} more" if len(cuts) > 3 else ""
    return f"- {what}; to end {_them(knot)}, cut {', '.join(cuts[:3])}{more}{cause}"


def _them(knot: Knot) -> str:
    return "it" if knot.cut.n_cycles == 1 else "them"


def _gone(gone: Sequence[Gone]) -> Iterator[str]:
    entries = counted(len(gone), "entry", "entries")
    yield (
        f"{entries} of the baseline {'holds' if len(gone) == 1 else 'hold'} no more:"
        " run `import-cycles baseline --update` and commit the file."
    )
    shown = ", ".join(code(each.told) for each in gone[:3])
    yield f"{shown}{f' and {len(gone) - 3} more' if len(gone) > 3 else ''}"
