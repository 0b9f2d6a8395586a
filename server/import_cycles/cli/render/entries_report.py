"""First imports for people, the crashing ones with a command that shows it, and for programs."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping

from import_cycles.analysis.change import Problem
from import_cycles.analysis.first_imports import FirstImport
from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.json_report import VERSION, dumps, problem
from import_cycles.findings.cycle_path import drawn
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Unsure

OUTCOMES = ("crashes", "loads", "unsure")


@record
class Entries:
    """What `entries` prints. `counts` are of all modules, also of those that are not shown."""

    shown: tuple[FirstImport, ...]
    counts: tuple[tuple[str, int], ...]
    n_circular: int
    problems: tuple[Problem, ...]
    roots: Mapping[ModuleName, str]

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
            "problems": [problem(each, places) for each in report.problems],
            "summary": {
                "modules": report.n_modules,
                **dict(report.counts),
                "circular": report.n_circular,
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
    """Crashing modules, what else is asked for, and the counts."""
    crashing = [each for each in report.shown if isinstance(each.outcome, Crashes)]
    crashing.sort(key=lambda each: not each.is_circular)
    blocks = ["\n".join(_crash(each, report, places, paint)) + "\n" for each in crashing]
    if lists_all:
        rest = [each for each in report.shown if not isinstance(each.outcome, Crashes)]
        blocks += ["".join(f"{_line(each, places, paint)}\n" for each in rest)] if rest else []
    return "".join(f"{block}\n" for block in blocks) + summary(report) + "\n"


def summary(report: Entries) -> str:
    """The closing line."""
    counts = dict(report.counts)
    crashing = f"{counts['crashes']} crash{'es' if counts['crashes'] == 1 else ''}"
    others = counts["crashes"] - report.n_circular
    if others:
        crashing += f" ({others} for another reason than a cycle)"
    return (
        f"{counted(report.n_modules, 'module')} as first import: {crashing},"
        f" {counts['loads']} load{'s' if counts['loads'] == 1 else ''},"
        f" {counts['unsure']} unsure"
    )


def command(module: ModuleName, root: str, places: Places) -> str:
    """A line for a shell that imports a module first."""
    dotted = dotted_name(module)
    code = f"import {dotted}"
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in dotted.split(".")):
        code = f"import importlib; importlib.import_module('{dotted}')"
    folder = places.path(SourcePath(root))
    if root.rstrip("/") == places.folder.rstrip("/"):
        return f'python -c "{code}"'
    quoted = f'"{folder}"' if " " in folder else folder
    return f'cd {quoted} && python -c "{code}"'


def _crash(first: FirstImport, report: Entries, places: Places, paint: Paint) -> Iterator[str]:
    crash = first.outcome
    assert isinstance(crash, Crashes), "only crashes are told this way"
    where = _where(first, places)
    why = "" if first.is_circular else ", but not because of a cycle"
    yield f"{paint.strong(printable(first.entry))} {paint.error('crashes')} as first import{why}"
    yield f"  {printable(f'{crash.error}: {crash.message}' if crash.message else crash.error)}"
    if where and first.path is not None and first.line is not None:
        source = printable(places.code(first.path, first.line))
        yield f"  {printable(where)}  {paint.faint(source)}"
    if len(first.chain) > 1:
        yield f"  {printable(drawn(first.chain))}"
    yield f"  {printable(command(first.entry, report.roots.get(first.entry, ''), places))}"


def _line(first: FirstImport, places: Places, paint: Paint) -> str:
    name = paint.strong(printable(first.entry))
    if isinstance(first.outcome, Unsure):
        where = _where(first, places)
        at = f" ({printable(where)})" if where else ""
        return f"{name}: unsure: {printable(first.outcome.reason)}{at}"
    return f"{name}: {outcome_word(first.outcome)}"


def _where(first: FirstImport, places: Places) -> str:
    if first.path is None or first.line is None:
        return ""
    return f"{places.path(first.path)}:{first.line + 1}"
