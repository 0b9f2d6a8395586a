"""First imports for users, the crashing ones with a command that shows it, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from import_cycles.analysis.change import Problem
from import_cycles.analysis.first_imports import FirstImport, How
from import_cycles.base.names import dotted_name
from import_cycles.base.record import record, replace
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.json_report import VERSION, dumps, problem
from import_cycles.findings.cycle_path import drawn
from import_cycles.findings.reproduction import command_line
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Unsure

OUTCOMES = ("crashes", "loads", "unsure")


@record
class Entries:
    """What `entries` prints. Counts are of all modules and programs, shown or not."""

    shown: tuple[FirstImport, ...]
    programs: tuple[FirstImport, ...]
    counts: tuple[tuple[str, int], ...]
    program_counts: tuple[tuple[str, int], ...]
    n_circular: int
    n_circular_programs: int
    problems: tuple[Problem, ...]

    @property
    def n_modules(self) -> int:
        """How many modules can be a first import."""
        return sum(number for _, number in self.counts)


def outcome_word(outcome: Outcome) -> str:
    """One of OUTCOMES."""
    match outcome:
        case Crashes():
            return "crashes"
        case Loads():
            return "loads"
        case Unsure():
            return "unsure"


def json(report: Entries, places: Places) -> str:
    """The whole document of `entries --format json`."""
    return dumps(
        {
            "version": VERSION,
            "modules": [entry(each, places) for each in report.shown],
            "programs": [
                {"how": each.how.value, **entry(each, places)} for each in report.programs
            ],
            "problems": [problem(each, places) for each in report.problems],
            "summary": {
                "modules": report.n_modules,
                **dict(report.counts),
                "circular": report.n_circular,
                "programs": {
                    **dict(report.program_counts),
                    "circular": report.n_circular_programs,
                },
            },
        }
    )


def entry(first: FirstImport, places: Places) -> dict[str, object]:
    """The outcome of one entry."""
    document: dict[str, object] = {
        "module": first.entry,
        "outcome": outcome_word(first.outcome),
    }
    place: dict[str, object] = {
        "path": None if first.path is None else places.path(first.path),
        "line": None if first.line is None else first.line + 1,
    }
    match first.outcome:
        case Crashes() as crash:
            document |= {
                "exception": crash.error,
                **place,
                "name": crash.name,
                "message": crash.message,
                "chain": list(first.chain),
                "circular": first.is_circular,
            }
        case Unsure(reason=reason):
            document |= {"reason": reason, **place}
        case Loads():
            pass
    return document


def text(report: Entries, places: Places, paint: Paint, *, lists_all: bool) -> str:
    """Crashing modules, other entries that were asked for, and the counts."""
    everything = (*report.shown, *report.programs)
    crashing = [each for each in everything if isinstance(each.outcome, Crashes)]
    crashing.sort(key=lambda each: not each.is_circular)
    blocks = ["\n".join(_crash(each, places, paint)) + "\n" for each in crashing]
    if lists_all:
        rest = [each for each in everything if not isinstance(each.outcome, Crashes)]
        blocks += ["".join(f"{_line(each, places, paint)}\n" for each in rest)] if rest else []
    return "".join(f"{block}\n" for block in blocks) + summary(report) + "\n"


def summary(report: Entries) -> str:
    """The closing line, or two of them if there are programs."""
    lines = [
        f"{counted(report.n_modules, 'module')} as first import: {_counts(report.counts, report.n_circular)}"
    ]
    n_programs = sum(number for _, number in report.program_counts)
    if n_programs:
        counts = _counts(report.program_counts, report.n_circular_programs)
        lines.append(f"{counted(n_programs, 'program')} of the project: {counts}")
    return "\n".join(lines)


def _counts(counted_by_word: tuple[tuple[str, int], ...], n_circular: int) -> str:
    counts = dict(counted_by_word)
    crashing = f"{counts['crashes']} crash{'es' if counts['crashes'] == 1 else ''}"
    others = counts["crashes"] - n_circular
    if others:
        crashing += f" ({others} for another reason than a cycle)"
    return (
        f"{crashing}, {counts['loads']} load{'s' if counts['loads'] == 1 else ''},"
        f" {counts['unsure']} unsure"
    )


def command(first: FirstImport, places: Places) -> str:
    """A line for a shell that imports a module first, or runs it; none without a crash."""
    shown = first.reproduction
    if shown is None:
        return ""
    is_main = first.how in (How.MAIN, How.SCRIPT)
    script = ""
    if first.how is How.SCRIPT:
        script = f"{dotted_name(shown.module).replace('.', '/')}.py"
    return command_line(replace(shown, is_main=is_main), places.folder, script)


def _crash(first: FirstImport, places: Places, paint: Paint) -> Iterator[str]:
    crash = first.outcome
    assert isinstance(crash, Crashes), "only crashes are told this way"
    where = _where(first, places)
    why = "" if first.is_circular else ", but not because of a cycle"
    crashes = paint.error("crashes")
    yield f"{paint.strong(printable(first.entry))} {crashes} as {_AS[first.how]}{why}"
    yield f"  {printable(f'{crash.error}: {crash.message}' if crash.message else crash.error)}"
    if where and first.path is not None and first.line is not None:
        source = printable(places.code(first.path, first.line))
        yield f"  {printable(where)}  {paint.faint(source)}"
    if len(first.chain) > 1:
        yield f"  {printable(drawn(first.chain))}"
    yield f"  {printable(command(first, places))}"


def _line(first: FirstImport, places: Places, paint: Paint) -> str:
    name = paint.strong(printable(first.entry))
    if first.how is not How.IMPORT:
        name += f" as {_AS[first.how]}"
    if isinstance(first.outcome, Unsure):
        where = _where(first, places)
        at = f" ({printable(where)})" if where else ""
        return f"{name}: unsure: {printable(first.outcome.reason)}{at}"
    return f"{name}: {outcome_word(first.outcome)}"


_AS: Final = {
    How.IMPORT: "first import",
    How.MAIN: "main program",
    How.SCRIPT: "script",
    How.CONSOLE_SCRIPT: "console script",
}


def _where(first: FirstImport, places: Places) -> str:
    if first.path is None or first.line is None:
        return ""
    return f"{places.path(first.path)}:{first.line + 1}"
