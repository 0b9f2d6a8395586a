"""A traceback explained: the modules that were loading, the cycle among them, what to do.

ImportError: cannot import name 'LIMIT' from partially initialized module 'app.a' …
circular import: app.a → app.b → app.a
        app    app/__init__.py:1  from app.a import LIMIT
     ┌▶ app.a  app/a.py:1         import app.b
     └─ app.b  app/b.py:1         from app.a import LIMIT
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.words import printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places, aligned
from import_cycles.findings.cycle_path import drawn
from import_cycles.tracebacks.diagnosis import Diagnosis, Stop, Verdict
from import_cycles.tracebacks.verified_advice import Remedy, reasons
from import_cycles.tracebacks.wordings import MODULE_LEVEL

MOST_REASONS: Final = 6
"""Reasons against fixes that are shown."""


def explained(
    diagnosis: Diagnosis,
    remarks: Sequence[str],
    advice: Sequence[str],
    places: Places,
    paint: Paint,
    remedy: Remedy | None = None,
) -> str:
    """The explanation of one failure; `remedy` is the fix verified for it in the project at hand."""
    failed = diagnosis.failure
    headline = f"{failed.error}: {failed.message}" if failed.message else failed.error
    lines = [paint.strong(printable(headline)), *_verdict(diagnosis, paint)]
    lines += _chain(diagnosis, places, paint)
    lines += [printable(remark) for remark in remarks]
    told = [*_proved(remedy, places), *map(printable, advice)]
    if told:
        lines += ["", "What to do:", *(f"  - {each}" for each in told)]
    if remedy is not None and not remedy.safe:
        refused = [*dict.fromkeys(map(printable, reasons(remedy)))]
        other = "other " if told else ""
        lines += _refused(refused, other, paint)
    return "\n".join(lines) + "\n"


def _proved(remedy: Remedy | None, places: Places) -> Iterator[str]:
    if remedy is None:
        return
    for fix in remedy.safe:
        files = ", ".join(printable(places.path(path)) for path in sorted(fix.after))
        yield f"{printable(fix.title_in_file)} [{fix.kind.code}] in {files}; proved, `import-cycles fix` does it."
    for fix in remedy.unsafe:
        files = ", ".join(printable(places.path(path)) for path in sorted(fix.after))
        caution = printable(fix.proposal.caution)
        yield (
            f"{printable(fix.title_in_file)} [{fix.kind.code}] in {files}; proved to end it, but look at what"
            f" changes: {caution}."
        )


def _refused(refused: Sequence[str], other: str, paint: Paint) -> Iterator[str]:
    if refused:
        yield ""
        yield f"Why {other}changes of imports are no use here:"
        yield from (f"  {paint.faint(each)}" for each in refused[:MOST_REASONS])
        more = len(refused) - MOST_REASONS
        if more > 0:
            yield f"  and {more} more; `import-cycles plan` has them all"


def _verdict(diagnosis: Diagnosis, paint: Paint) -> Iterator[str]:
    match diagnosis.verdict:
        case Verdict.CIRCULAR:
            cycle = f": {printable(drawn(diagnosis.cycle))}" if diagnosis.cycle else ""
            yield f"{paint.error('circular import')}{cycle}"
        case Verdict.NAME_CLASH:
            yield paint.warning("name clash, not a circular import")
        case Verdict.NO_SUCH_MODULE:
            yield paint.warning("nothing of that name is there: not a circular import")
        case Verdict.UNRELATED | Verdict.OPEN:
            return


def _chain(diagnosis: Diagnosis, places: Places, paint: Paint) -> Iterator[str]:
    """The frames of the project: loading modules, the cycle framed, and functions that they call."""
    if diagnosis.verdict in (Verdict.UNRELATED, Verdict.OPEN) or not diagnosis.chain:
        return
    last = len(diagnosis.chain) - 1
    number = -1
    rows: dict[tuple[str, str, str, str], None] = {}
    for stop in diagnosis.frames:
        is_module = stop.function == MODULE_LEVEL
        if number < 0 and not is_module:
            # The modules before the first one of the cycle do not matter here.
            continue
        number += is_module
        mark = _frame(number, diagnosis, last) if is_module else _between(number, diagnosis, last)
        if is_module and number == last:
            for mark_of, closing in _last_rows(diagnosis, stop, mark):
                rows[_marked(mark_of, _row(closing, places))] = None
        else:
            rows[_marked(mark, _row(stop, places))] = None
    marks = [row[0] for row in rows]
    if diagnosis.frames[-1].function != MODULE_LEVEL:
        marks[-1] = "! "
    for mark, line in zip(marks, aligned(row[1:] for row in rows), strict=True):
        yield f"     {paint.faint(mark)} {line}"


def _marked(mark: str, row: tuple[str, str, str]) -> tuple[str, str, str, str]:
    return (mark, *row)


def _last_rows(diagnosis: Diagnosis, stop: Stop, mark: str) -> Iterator[tuple[str, Stop]]:
    """The import that closes the cycle, then the line that failed, if that is another one."""
    closing = diagnosis.closing_line
    if closing is None or closing == stop.line or diagnosis.verdict is not Verdict.CIRCULAR:
        yield mark, stop
        return
    yield mark, Stop(stop.module, closing, "")
    yield "! ", stop


def _frame(number: int, diagnosis: Diagnosis, last: int) -> str:
    start = diagnosis.start if diagnosis.verdict is Verdict.CIRCULAR else None
    if start is None or number < start:
        return "  "
    if number == start:
        return "┌▶" if start < last or diagnosis.frames[-1].function != MODULE_LEVEL else "└▶"
    return "└─" if number == last else "│ "


def _between(number: int, diagnosis: Diagnosis, last: int) -> str:
    start = diagnosis.start if diagnosis.verdict is Verdict.CIRCULAR else None
    is_inside = start is not None and start <= number < last
    return "│ " if is_inside else "  "


def _row(stop: Stop, places: Places) -> tuple[str, str, str]:
    path = SourcePath(stop.module.path)
    source = stop.source or places.code(path, stop.line - 1)
    where = f"{places.path(path)}:{stop.line}"
    name = f"{stop.module.name}, {stop.function}" if stop.is_in_function else stop.module.name
    return printable(name), printable(where), printable(source)
