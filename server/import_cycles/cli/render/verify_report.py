"""Predictions and the results of interpreters, for users and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.analysis.change import Problem
from import_cycles.analysis.first_imports import FirstImport
from import_cycles.base.record import record
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.entries_report import entry
from import_cycles.cli.render.json_report import VERSION, dumps, problem
from import_cycles.findings.cycle_path import drawn
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.tracebacks.comparison import Agreement, Comparison


@record
class Verification:
    """The output of `verify`."""

    executable: str
    version: tuple[int, int]
    comparisons: tuple[Comparison, ...]
    counts: tuple[tuple[Agreement, int], ...]
    problems: tuple[Problem, ...]

    @property
    def n_circular(self) -> int:
        """How many modules really fail because of a cycle."""
        return sum(each.is_circular for each in self.comparisons)


def json(report: Verification, places: Places) -> str:
    """The whole document of `verify --format json`."""
    return dumps(
        {
            "version": VERSION,
            "python": {
                "executable": report.executable,
                "version": ".".join(map(str, report.version)),
            },
            "modules": [_comparison(each, places) for each in report.comparisons],
            "problems": [problem(each, places) for each in report.problems],
            "summary": {
                "modules": len(report.comparisons),
                **{agreement.value: number for agreement, number in report.counts},
                "circular": report.n_circular,
            },
        }
    )


def _comparison(comparison: Comparison, places: Places) -> dict[str, object]:
    predicted = entry(comparison.predicted, places)
    return {
        "module": predicted.pop("module"),
        "agreement": comparison.agreement.value,
        "reason": comparison.reason,
        "predicted": predicted,
        "observed": _observed(comparison, places),
    }


def _observed(comparison: Comparison, places: Places) -> dict[str, object]:
    failed = comparison.observed.failure
    if comparison.observed.trouble:
        return {"outcome": "none"}
    if failed is None:
        return {"outcome": "loads"}
    return {
        "outcome": "crashes",
        "exception": failed.error,
        "path": None if comparison.path is None else places.path(comparison.path),
        "line": None if comparison.line is None else comparison.line + 1,
        "name": failed.name,
        "message": failed.message,
        "chain": list(comparison.chain),
        "circular": comparison.is_circular,
    }


def text(report: Verification, places: Places, paint: Paint, *, is_brief: bool) -> str:
    """One line for each module, more for a difference, and the counts."""
    lines: list[str] = []
    for comparison in report.comparisons:
        is_quiet = comparison.agreement is Agreement.AGREES and not comparison.is_circular
        if not (is_brief and is_quiet):
            lines += _lines(comparison, places, paint)
    return "".join(f"{line}\n" for line in [*lines, summary(report)])


def summary(report: Verification) -> str:
    """The closing line."""
    counts = dict(report.counts)
    version = ".".join(map(str, report.version))
    told = {
        Agreement.AGREES: "as predicted",
        Agreement.DIFFERS: "differently",
        Agreement.UNSURE: "without a prediction",
        Agreement.INCOMPARABLE: "cannot be compared",
    }
    parts = [
        f"{counts[agreement]} {how}"
        for agreement, how in told.items()
        if counts[agreement] or agreement in (Agreement.AGREES, Agreement.DIFFERS)
    ]
    return (
        f"{counted(len(report.comparisons), 'module')} imported first by Python {version}:"
        f" {', '.join(parts)}. {_failing(report.n_circular)}"
    )


def _failing(n_circular: int) -> str:
    if n_circular == 0:
        return "None fails because of a cycle"
    return f"{n_circular} of them {'fails' if n_circular == 1 else 'fail'} because of a cycle"


def _lines(comparison: Comparison, places: Places, paint: Paint) -> Iterator[str]:
    name = paint.strong(printable(comparison.predicted.entry))
    match comparison.agreement:
        case Agreement.AGREES:
            yield f"{name}: {printable(_happened(comparison, places))}, as predicted"
        case Agreement.DIFFERS:
            yield f"{name}: {paint.error('differs')}: {printable(comparison.reason)}"
            yield f"  predicted: {printable(_expected(comparison.predicted, places))}"
            yield f"  happened:  {printable(_happened(comparison, places))}"
        case Agreement.UNSURE:
            yield f"{name}: {printable(_happened(comparison, places))}; nothing was predicted"
        case Agreement.INCOMPARABLE:
            yield f"{name}: {paint.warning('cannot be compared')}: {printable(comparison.reason)}"


def _happened(comparison: Comparison, places: Places) -> str:
    failed = comparison.observed.failure
    if failed is None:
        return "loads"
    where = ""
    if comparison.path is not None and comparison.line is not None:
        where = f" at {places.path(comparison.path)}:{comparison.line + 1}"
    return f"crashes{where}: {failed.error}: {failed.message} ({drawn(comparison.chain)})"


def _expected(predicted: FirstImport, places: Places) -> str:
    match predicted.outcome:
        case Loads():
            return "loads"
        case Unsure(reason=reason):
            return f"unsure: {reason}"
        case Crashes() as crash:
            where = ""
            if predicted.path is not None and predicted.line is not None:
                where = f" at {places.path(predicted.path)}:{predicted.line + 1}"
            chain = drawn(predicted.chain)
            return f"crashes{where}: {crash.error}: {crash.message} ({chain})"
