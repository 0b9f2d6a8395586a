"""`import-cycles verify`: tests the predictions of `entries` with real interpreters.

This is the one command besides `trace` that executes the project's code: importing a module
runs it.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from import_cycles.analysis.first_imports import first_imports
from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.cli.command import ExitStatus, UsageError, add_paths_argument, at_least_one
from import_cycles.cli.console import Console
from import_cycles.cli.entries import shown_entries
from import_cycles.cli.projects import AnalysedProject, Analysis, Depth, analyse, chosen_cache
from import_cycles.cli.render import thread_report, verify_report
from import_cycles.cli.render.verify_report import Verification
from import_cycles.findings.thread_cycles import ThreadPairs
from import_cycles.resolve.layout import Layout
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.tracebacks.comparison import Agreement, Comparison, Observed, compare
from import_cycles.tracebacks.diagnosis import Files
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.wordings import TracebackFrame, failure
from import_cycles.workspace.discovery import NoSuchPathError, plan_paths
from import_cycles.workspace.files import list_folder, read_source
from import_cycles.workspace.interpreter_runs import Ending, Request, Run, Runner
from import_cycles.workspace.interpreters import (
    Interpreter,
    InterpreterError,
    interpreter_at,
    usual_interpreter,
)
from import_cycles.workspace.thread_runs import run_in_threads

_PATIENCE_SECONDS = 30.0


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `verify`."""
    parser.description = (
        "Import each module first in a fresh interpreter and compare with what `entries`"
        " predicts. This executes the project's code, with all that its modules do on import."
    )
    add_paths_argument(parser)
    parser.add_argument(
        "--python",
        metavar="EXE",
        help="the interpreter (default: that of the active environment, else of the project's"
        " .venv, else the one that runs this program)",
    )
    parser.add_argument(
        "--jobs",
        "-j",
        metavar="N",
        type=at_least_one,
        default=os.cpu_count() or 1,
        help="how many processes run at a time (default: one for each processor)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=_PATIENCE_SECONDS,
        help=f"for each module (default: {_PATIENCE_SECONDS:g})",
    )
    parser.add_argument(
        "--threads",
        action="store_true",
        help="instead, import each package and a submodule that imports it in two threads at once",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--quiet", "-q", action="store_true", help="leave out the modules on which both agree"
    )


def run(options: Namespace, console: Console) -> int:
    """Run, compare, print; the exit status tells whether a cycle makes some module fail."""
    interpreter = _interpreter(options)
    version = ".".join(map(str, interpreter.version))
    settings = {"target-version": version, "platform": interpreter.platform}
    analysis = analyse(options.paths, console, chosen_cache(options), settings, depth=Depth.TEXTS)
    console.complain(
        f"verify executes the project's code: each module is imported by {interpreter}"
    )
    if options.threads:
        return _in_threads(analysis, interpreter, options, console)
    found = [
        comparison
        for project in analysis.projects
        for comparison in _compared(project, interpreter, options, console)
    ]
    analysis.complain(console)
    report = _report(found, interpreter, analysis)
    if options.format == "json":
        console.write(verify_report.json(report, analysis.places))
    else:
        console.write(
            verify_report.text(report, analysis.places, console.paint, is_brief=options.quiet)
        )
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    is_circular = any(each.is_circular for each in found)
    return ExitStatus.FINDINGS if is_circular else ExitStatus.CLEAN


def _in_threads(
    analysis: Analysis, interpreter: Interpreter, options: Namespace, console: Console
) -> int:
    """Try the packages of cycles with their submodules; 1 if some fail."""
    runs = [
        run_in_threads(
            interpreter,
            dotted_name(pair.package),
            dotted_name(pair.child),
            first_import_request(project.snapshot.layout, pair.child).roots,
            options.timeout,
        )
        for project in analysis.projects
        for component in project.components
        for pair in ThreadPairs().of(component, _summaries(project))
    ]
    analysis.complain(console)
    as_json = options.format == "json"
    report = thread_report.json if as_json else thread_report.text
    console.write(report(runs, interpreter))
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    return ExitStatus.FINDINGS if any(run.fails for run in runs) else ExitStatus.CLEAN


def _summaries(project: AnalysedProject) -> Callable[[ModuleName], ModuleSummary]:
    return lambda module: project.snapshot.summaries[module].summary


def _interpreter(options: Namespace) -> Interpreter:
    try:
        plans = plan_paths([Path(path) for path in options.paths or ["."]])
        return interpreter_at(options.python or usual_interpreter(plans[0].folder))
    except (NoSuchPathError, InterpreterError) as error:
        raise UsageError(str(error)) from error


def _compared(
    project: AnalysedProject, interpreter: Interpreter, options: Namespace, console: Console
) -> list[Comparison]:
    names = shown_entries(project)
    total = len(names)

    def counted(doing: str) -> Callable[[int], None]:
        return lambda done: console.progress(done, total, doing, "first imports")

    predictions = first_imports(project.snapshot, names, counted("simulating"))
    requests = [first_import_request(project.snapshot.layout, name) for name in names]
    type_checking = project.snapshot.settings.target.type_checking
    runner = Runner(interpreter, options.timeout, type_checking=type_checking)
    layout = project.snapshot.layout
    runs = runner.run_all(requests, options.jobs, counted("running"))
    runs = _run_beside(runs, layout, lambda again: runner.run_all(again, options.jobs, _ignored))
    diagnostician = Diagnostician((layout,), Files(read_source, list_folder))
    return [
        compare(predicted, observed(run, options.timeout), layout, diagnostician)
        for predicted, run in zip(predictions, runs, strict=True)
    ]


def first_import_request(layout: Layout, name: ModuleName) -> Request:
    """How to import a module first: its own root comes first, since there its name is its own."""
    own = layout.modules()[name].root
    return Request(name, dotted_name(name), tuple(dict.fromkeys((own, *layout.roots))))


def _run_beside(
    runs: list[Run], layout: Layout, run_all: Callable[[list[Request]], list[Run]]
) -> list[Run]:
    """Run those that need a file beside them once more, by their short names.

    Python puts the folder of a script on `sys.path`, and pytest that of a test module: there files
    import one another without the names of the folders around them.
    """
    again = {run.request.entry: beside for run in runs if (beside := _beside(run, layout))}
    done = {run.request.entry: run for run in run_all(list(again.values()))} if again else {}
    return [done.get(run.request.entry, run) for run in runs]


def _beside(run: Run, layout: Layout) -> Request | None:
    own = layout.modules()[run.request.entry]
    needed = layout.find(run.missing, own) if run.missing else None
    if needed is None or needed.root != own.root or dotted_name(needed.name) == run.missing:
        return None
    prefix = dotted_name(needed.name).removesuffix(f".{run.missing}")
    folder = SourcePath(f"{own.root.rstrip('/')}/{prefix.replace('.', '/')}")
    dotted = run.request.dotted.removeprefix(f"{prefix}.")
    return Request(run.request.entry, dotted, (folder, *run.request.roots))


def _ignored(_: int) -> None:
    """Runs that are repeated show no progress."""


def observed(run: Run, timeout: float) -> Observed:
    """The result of a run for comparisons and diagnoses; `timeout` is the one that was set."""
    match run.ending:
        case Ending.LOADED:
            return Observed()
        case Ending.TIMED_OUT:
            return Observed(trouble=f"did not end within {timeout:g} seconds")
        case Ending.DIED:
            last = run.output.splitlines()[-1:]
            said = f", its last line: {last[0]}" if last else ""
            return Observed(trouble=f"the interpreter ended with {run.message}{said}")
        case Ending.RAISED:
            frames = (
                TracebackFrame(_slashes(path), line, function)
                for path, line, function in run.frames
            )
            return Observed(failure(run.error, run.message, frames), run.missing)


def _slashes(path: str) -> SourcePath:
    return SourcePath(path.replace("\\", "/") if os.name == "nt" else path)


def _report(found: list[Comparison], interpreter: Interpreter, analysis: Analysis) -> Verification:
    ordered = sorted(found, key=lambda each: (each.predicted.entry, str(each.predicted.path)))
    counts = Counter(each.agreement for each in found)
    return Verification(
        interpreter.executable,
        interpreter.version,
        tuple(ordered),
        tuple((agreement, counts[agreement]) for agreement in Agreement),
        analysis.problems,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise ArgumentTypeError(f"must be a number of seconds above 0, not {text}")
    return seconds
