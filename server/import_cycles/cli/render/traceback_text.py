"""A traceback explained: the modules that were loading, the cycle among them, what to do.

ImportError: cannot import name 'LIMIT' from partially initialized module 'app.a' …
circular import: app.a → app.b → app.a
        app    app/__init__.py:1  from app.a import LIMIT
     ┌▶ app.a  app/a.py:1         import app.b
     └─ app.b  app/b.py:1         from app.a import LIMIT
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from import_cycles.base.names import SourcePath
from import_cycles.base.words import printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places, aligned
from import_cycles.findings.cycle_path import drawn
from import_cycles.tracebacks.diagnosis import Diagnosis, Stop, Verdict


def explained(
    diagnosis: Diagnosis,
    remarks: Sequence[str],
    advice: Sequence[str],
    places: Places,
    paint: Paint,
) -> str:
    """All about one failure."""
    failed = diagnosis.failure
    headline = f"{failed.error}: {failed.message}" if failed.message else failed.error
    lines = [paint.strong(printable(headline)), *_verdict(diagnosis, paint)]
    lines += _chain(diagnosis, places, paint)
    lines += [printable(remark) for remark in remarks]
    if advice:
        lines += ["", "What to do:", *(f"  - {printable(each)}" for each in advice)]
    return "\n".join(lines) + "\n"


def _verdict(diagnosis: Diagnosis, paint: Paint) -> Iterator[str]:
    match diagnosis.verdict:
        case Verdict.CIRCULAR:
            cycle = f": {printable(drawn(diagnosis.cycle))}" if diagnosis.cycle else ""
            yield f"{paint.error('circular import')}{cycle}"
        case Verdict.NAME_CLASH:
            yield paint.warning("name clash, not a circular import")
        case Verdict.UNRELATED:
            return


def _chain(diagnosis: Diagnosis, places: Places, paint: Paint) -> Iterator[str]:
    """The loading modules, the cycle framed, and the place that failed if it is another one."""
    if diagnosis.verdict is Verdict.UNRELATED or not diagnosis.chain:
        return
    last = len(diagnosis.chain) - 1
    stops = [*diagnosis.chain]
    failing = diagnosis.asking or stops[-1]
    if diagnosis.closing_line is not None and diagnosis.closing_line != stops[-1].line:
        stops[-1] = Stop(stops[-1].module, diagnosis.closing_line, "")
    rows = [_row(stop, places) for stop in stops]
    if (failing.module, failing.line) != (stops[-1].module, stops[-1].line):
        rows.append(_row(failing, places))
    for number, line in enumerate(aligned(rows)):
        yield f"     {paint.faint(_frame(number, diagnosis.start, last))} {line}"


def _frame(number: int, start: int | None, last: int) -> str:
    if number > last:
        return "! "
    if start is None or number < start:
        return "  "
    if number == start:
        return "┌▶" if start < last else "└▶"
    return "└─" if number == last else "│ "


def _row(stop: Stop, places: Places) -> tuple[str, str, str]:
    path = SourcePath(stop.module.path)
    source = stop.source or places.code(path, stop.line - 1)
    where = f"{places.path(path)}:{stop.line}"
    return printable(stop.module.name), printable(where), printable(source)
