"""The output of `check` for users: an overview, or every finding; brief lines, or counts.

The overview starts with crashes. It lists cycles that load knot by knot, with the imports to cut,
since each import of a knot has a finding of its own, and hundreds of them are too many to read. It
ends with what to do first, and with a summary that counts causes: crash lines, knots, cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.first_imports import FirstImport
from import_cycles.base.names import dotted_name
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places, aligned
from import_cycles.cli.render.text import finding_lines, headline, line_at, loop, painted
from import_cycles.cli.report import Knot, Report, finding_order, loudness, n_cycles
from import_cycles.findings.rule import WORKS, Subject
from import_cycles.workspace.baseline import BASELINE

MOST_CUTS: Final = 10
"""Imports to cut of one knot that users see with every finding."""

_MOST_DRAWN: Final = 10
"""Findings that the overview shows with their line and their cycle; of others, one line."""
_MOST_OTHERS: Final = 10
"""Findings that are neither crashes nor about knots; of more, only the number is shown."""
_MOST_KNOTS: Final = 10
_MOST_CUTS_OF_A_KNOT: Final = 3
_MOST_MEMBERS: Final = 3
_MOST_GONE: Final = 3
_SMALL_ROUND: Final = 4
"""The one cycle of a knot is drawn up to so many imports."""

_FAILING: Final = frozenset({Subject.CRASH, Subject.FALLBACK, Subject.STAR})
"""Subjects of failures, silent ones included."""


def overview(report: Report, places: Places, paint: Paint, arguments: str) -> str:
    """The overview. `arguments` are the paths of the call, for other commands."""
    parts = [
        *_failing(report, places, paint),
        _others(report, places, paint),
        _knots(report.knots, places, paint),
        _closing(report, places, arguments),
    ]
    return "\n\n".join("\n".join(part) for lines in parts if (part := list(lines))) + "\n"


def full(report: Report, places: Places, paint: Paint) -> str:
    """Every finding with its line and its cycle, crashes first, and the summary."""
    findings = sorted(report.findings, key=_crashes_first)
    files = [
        "\n".join(line for finding in group for line in finding_lines(finding, places, paint))
        for _, group in groupby(
            findings, key=lambda each: (each.subject is Subject.CRASH, each.place.path)
        )
    ]
    if report.knots:
        files.append("\n".join(_cuts(report.knots, places)))
    closing = "\n".join([summary(report), *_since(report, places), *_of_baselines(report)])
    return "".join(f"{text}\n\n" for text in files) + closing + "\n"


def brief(report: Report, places: Places, paint: Paint) -> str:
    """One line per finding and nothing else."""
    return "".join(f"{headline(finding, places, paint)}\n" for finding in report.findings)


def statistics(report: Report) -> str:
    """How many findings of which rule, and the summary."""
    rows = [(str(count).rjust(6), code) for code, count in report.counts]
    return "".join(f"{line}\n" for line in [*aligned(rows), summary(report)])


def summary(report: Report) -> str:
    """The closing line: causes, not the lines that show them."""
    modules = f"{counted(report.n_modules, 'module')} analysed"
    if not report.findings:
        return f"no {'new ' if report.known else ''}findings, {modules}"
    parts = []
    if report.n_crash_lines:
        parts.append(counted(report.n_crash_lines, "crash line"))
    if report.n_knots and report.n_knot_cycles:
        knots = counted(report.n_knots, "knot")
        parts.append(f"{counted(report.n_knot_cycles, 'cycle')} in {knots}")
    others = sum(_is_other(finding) for finding in report.findings)
    if others:
        noun = "other finding" if parts else "finding"
        parts.append(counted(others, noun))
    return ", ".join([*parts, modules])


# --- the overview ----------------------------------------------------------------------------


def _failing(report: Report, places: Places, paint: Paint) -> Iterator[Iterator[str]]:
    """The first failures one by one, then the rest in one line each."""
    failing = sorted(
        (finding for finding in report.findings if finding.subject in _FAILING),
        key=_crashes_first,
    )
    for finding in failing[:_MOST_DRAWN]:
        yield finding_lines(finding, places, paint)
    yield (headline(finding, places, paint) for finding in failing[_MOST_DRAWN:])


def _others(report: Report, places: Places, paint: Paint) -> Iterator[str]:
    others = [
        finding
        for finding in report.findings
        if finding.subject not in _FAILING
        and finding.subject is not Subject.CYCLE
        and not _is_told_above(finding)
    ]
    others.sort(key=lambda finding: (loudness(finding), finding_order(finding)))
    # Effects of several lines of a function are reported once, and so is a missing module.
    alike: dict[tuple[str, str, str], list[ShownFinding]] = {}
    for finding in others:
        path = "" if finding.subject is Subject.ABSENT else finding.place.path
        key = finding.code, path, finding.message
        alike.setdefault(key, []).append(finding)
    rows = list(alike.values())
    for same in rows[:_MOST_OTHERS]:
        more = len(same) - 1
        told = f" (and on {counted(more, 'more line')})" if more else ""
        yield headline(same[0], places, paint) + told
    left = sum(map(len, rows[_MOST_OTHERS:]))
    if left:
        yield f"and {counted(left, 'more line')} of that kind"


def _is_told_above(finding: ShownFinding) -> bool:
    """Whether it is the second of two imports that must keep their order: the first names both."""
    is_order = finding.subject is Subject.ORDER and bool(finding.related)
    return is_order and finding.related[0].place.range < finding.place.range


def _knots(knots: Sequence[Knot], places: Places, paint: Paint) -> Iterator[str]:
    """Knot by knot: how large it is, and its easiest imports to cut."""
    if not knots:
        return
    yield "Modules that all import one another, and the imports to cut:"
    ranked = sorted(knots, key=lambda knot: (-knot.n_crash_lines, -knot.cut.n_cycles))
    for knot in ranked[:_MOST_KNOTS]:
        yield f"  {_told(knot, paint)}"
        if knot.only is not None and len(knot.only.cycle) - 1 <= _SMALL_ROUND:
            yield from loop(knot.only, places, paint)
        rows = _rows(knot, places)
        yield from (f"    {line}" for line in aligned(rows[:_MOST_CUTS_OF_A_KNOT]))
        if len(rows) > _MOST_CUTS_OF_A_KNOT:
            yield f"    and {len(rows) - _MOST_CUTS_OF_A_KNOT} more to cut"
        if knot.cause is not None:
            yield f"    root cause: {printable(knot.cause.told)}"
    if len(knots) > _MOST_KNOTS:
        n_left, rest = len(knots) - _MOST_KNOTS, ranked[_MOST_KNOTS:]
        n_cycles = sum(knot.cut.n_cycles for knot in rest)
        yield f"  and {counted(n_left, 'knot')} more with {counted(n_cycles, 'cycle')}"


def _told(knot: Knot, paint: Paint) -> str:
    names = [printable(dotted_name(member)) for member in knot.cut.members]
    shown = ", ".join(names[:_MOST_MEMBERS])
    if len(names) > _MOST_MEMBERS:
        shown += f" and {len(names) - _MOST_MEMBERS} more"
    code = (
        "" if knot.severity is None else f"{painted(knot.severity, paint)}[{Subject.CYCLE.value}] "
    )
    told = f"{code}{shown}: {counted(knot.cut.n_cycles, 'cycle')}"
    if knot.n_crash_lines:
        return f"{told}, {counted(knot.n_crash_lines, 'crash line')}"
    if knot.loading == WORKS:
        return f"{told}, loads whichever is imported first"
    reason = printable(knot.loading[:1].lower() + knot.loading[1:].rstrip("."))
    return f"{told}, {reason}" if reason else told


def _closing(report: Report, places: Places, arguments: str) -> Iterator[str]:
    first = _first(report, places, arguments)
    if first:
        yield f"First: {first}"
    hidden = sum(finding.subject is Subject.CYCLE for finding in report.findings)
    line = summary(report)
    if hidden:
        line += f"; `--verbose` shows {counted(hidden, 'import line')} of cycles one by one"
    yield line
    yield from _since(report, places)
    yield from _of_baselines(report)


def _since(report: Report, places: Places) -> Iterator[str]:
    """Other changes since a revision."""
    since = report.since
    if since is None:
        return
    renamed = f" ({counted(since.renamed, 'module')} renamed)" if since.renamed else ""
    n_new, n_gone = report.n_cycles, n_cycles(since.gone)
    n_same = n_cycles(report.known)
    yield (
        f"Since {printable(since.told)}{renamed}: {counted(n_new, 'cycle')} new,"
        f" {n_gone} gone, {n_same} unchanged"
    )
    for crash in since.crashes[:_MOST_OTHERS]:
        yield f"  crashes now as first import: {_crash_told(crash, places)}"
    if len(since.crashes) > _MOST_OTHERS:
        yield f"  and {len(since.crashes) - _MOST_OTHERS} more first imports that crash now"
    if since.mended:
        shown = ", ".join(printable(dotted_name(name)) for name in since.mended[:_MOST_GONE])
        more = (
            f" and {len(since.mended) - _MOST_GONE} more" if len(since.mended) > _MOST_GONE else ""
        )
        yield f"  loads now as first import: {shown}{more}"


def _crash_told(crash: FirstImport, places: Places) -> str:
    name = printable(dotted_name(crash.entry))
    if crash.path is None or crash.line is None:
        return name
    return f"{name} (at {printable(places.path(crash.path))}:{crash.line + 1})"


def _of_baselines(report: Report) -> Iterator[str]:
    """The known findings, which are not shown, and the obsolete entries of the baseline."""
    if report.known and report.since is None:
        imports = sum(each.subject is Subject.CYCLE for each in report.known)
        crashes = sum(each.subject is Subject.CRASH for each in report.known)
        parts = [counted(imports, "import of cycles", "imports of cycles")] if imports else []
        parts += [counted(crashes, "crash line")] if crashes else []
        others = len(report.known) - imports - crashes
        parts += [counted(others, "other finding")] if others else []
        yield f"Known, in {BASELINE}: {', '.join(parts)}; `--no-baseline` shows them"
    if report.gone:
        n_gone = len(report.gone)
        shown = ", ".join(printable(each.told) for each in report.gone[:_MOST_GONE])
        more = f" and {n_gone - _MOST_GONE} more" if n_gone > _MOST_GONE else ""
        yield (
            f"Gone, so {counted(n_gone, 'entry', 'entries')} of {BASELINE} must leave it:"
            f" {shown}{more}; `import-cycles baseline --update` does that"
        )


def _first(report: Report, places: Places, arguments: str) -> str:
    """What to do first; empty where there is nothing to decide."""
    crashes = [finding for finding in report.findings if finding.subject is Subject.CRASH]
    if crashes:
        worst = min(crashes, key=_crashes_first)
        where = line_at(worst.place, places)
        return f"end the crash at {where}; `import-cycles plan{arguments}` says with which fixes."
    cuts = [
        (each, knot, there[0])
        for knot in report.knots
        for each, there in zip(knot.cut.imports, knot.places, strict=True)
        if there
    ]
    if not cuts:
        return ""
    # The imports that end most for their effort.
    each, knot, place = max(cuts, key=lambda cut: cut[0].n_ended / max(1, cut[0].cost.weight))
    return (
        f"{line_at(place, places)}, where {printable(each.told)}: without it"
        f" {knot.cut.ended_by(each)} {'ends' if each.n_ended == 1 else 'end'}"
        f" ({each.cost.effort.told}). `import-cycles plan --all{arguments}` tries fixes for all."
    )


def _crashes_first(finding: ShownFinding) -> tuple[object, ...]:
    return finding.subject is not Subject.CRASH, loudness(finding), finding_order(finding)


def _is_other(finding: ShownFinding) -> bool:
    return finding.subject not in (Subject.CRASH, Subject.CYCLE, Subject.CALL)


# --- what to cut -----------------------------------------------------------------------------


def _cuts(knots: Sequence[Knot], places: Places) -> Iterator[str]:
    """What to cut, first where one import ends all, then knot by knot."""
    yield "Cheapest imports to cut, and what that ends:"
    simple = [knot for knot in knots if len(knot.cut.imports) == 1]
    rows = [row for knot in simple for row in _rows(knot, places)]
    yield from (f"  {line}" for line in aligned(rows))
    for knot in knots:
        n_imports = len(knot.cut.imports)
        if n_imports == 1:
            continue
        first, size = printable(dotted_name(knot.cut.members[0])), len(knot.cut.members)
        yield f"  {n_imports} imports among the {size} modules around {first}:"
        yield from (f"    {line}" for line in aligned(_rows(knot, places)[:MOST_CUTS]))
        if n_imports > MOST_CUTS:
            yield f"    and {n_imports - MOST_CUTS} more; `--format json` has them all"


def _rows(knot: Knot, places: Places) -> list[tuple[str, str, str]]:
    return [
        (
            line_at(there[0], places) if there else "",
            printable(each.told),
            f"{knot.cut.ended_by(each)} ({each.cost.effort.told})",
        )
        for each, there in zip(knot.cut.imports, knot.places, strict=True)
    ]
