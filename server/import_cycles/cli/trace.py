"""`import-cycles trace`: run a program once, and draw the imports as they really happened.

Like `verify` it executes code, and unlike it with the user's own environment and terminal.
"""

from __future__ import annotations

import os
from argparse import REMAINDER, ArgumentParser, Namespace
from pathlib import Path

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import replace
from import_cycles.cli.command import ExitStatus, UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.cli.render import trace_tree, traceback_text
from import_cycles.cli.render.trace_tree import Node
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.tracebacks.diagnosis import Diagnosis, Files, Story, Verdict
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.names_in_source import SourceNames
from import_cycles.tracebacks.remedies import advice
from import_cycles.tracebacks.what_happened import remarks
from import_cycles.tracebacks.wordings import TracebackFrame, failure
from import_cycles.workspace.config import load_config
from import_cycles.workspace.discovery import ProjectPlan, discover, plan_paths
from import_cycles.workspace.files import list_folder, read_source
from import_cycles.workspace.interpreters import (
    InterpreterError,
    interpreter_at,
    usual_interpreter,
)
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.program_trace import (
    Failed,
    Importing,
    Met,
    Mode,
    Program,
    Traced,
    trace,
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `trace`."""
    parser.description = (
        "Run a program once in a fresh interpreter and draw what imports what, in the order in"
        " which it happens. This executes the program. What it prints goes to standard error."
    )
    parser.add_argument(
        "--python",
        metavar="EXE",
        help="the interpreter (default: that of the active environment, else of the project's"
        " .venv, else the one that runs this program)",
    )
    parser.add_argument(
        "-m", "--main", action="store_true", help="run MODULE as `python -m MODULE` does"
    )
    parser.add_argument(
        "--all", action="store_true", help="draw every module, not only those of the project"
    )
    parser.add_argument(
        "target",
        metavar="SCRIPT_OR_MODULE",
        help="a file, which is run; or a module's dotted name, which is imported",
    )
    parser.add_argument(
        "arguments", metavar="ARGS", nargs=REMAINDER, help="arguments for the program"
    )


def run(options: Namespace, console: Console) -> int:
    """Run, draw, and tell by the exit status whether a cycle made it fail."""
    mode = _mode(options)
    (plan,) = plan_paths([Path(options.target) if mode is Mode.SCRIPT else Path()])
    try:
        interpreter = interpreter_at(options.python or usual_interpreter(plan.folder))
    except InterpreterError as error:
        raise UsageError(str(error)) from error
    layout = _layout(plan)
    console.complain(f"trace runs the program: {options.target} with {interpreter}")
    console.out.flush()
    console.err.flush()
    try:
        traced = trace(interpreter, _program(options, mode, layout))
    except InterpreterError as error:
        raise UsageError(str(error)) from error
    places = Places(as_source_path(Path()), read_source)
    root = Node(*_root(options.target, mode, layout), Importing("", "", 0), is_shown=True)

    def is_shown(path: str) -> bool:
        return options.all or layout.at_path(_source_path(path)) is not None

    def is_meeting(met: Met) -> bool:
        return not _asks_only_for_submodules(met, layout)

    tree = trace_tree.tree_of(traced.events, root, is_shown, is_meeting)
    diagnostician = Diagnostician((layout,), Files(read_source, list_folder))
    diagnosis = _diagnosis(traced, diagnostician)
    is_circular = diagnosis is not None and diagnosis.verdict is Verdict.CIRCULAR
    console.write(trace_tree.text(tree, places, console.paint, is_circular=is_circular))
    if diagnosis is not None:
        names_of = diagnostician.names_of
        told = remarks(diagnosis), advice(diagnosis, names_of)
        console.write("\n" + traceback_text.explained(diagnosis, *told, places, console.paint))
    elif traced.status < 0 and not traced.was_interrupted:
        console.complain(f"the program was ended by signal {-traced.status}")
    status = ExitStatus.FINDINGS if is_circular else ExitStatus.CLEAN
    return ExitStatus.INTERRUPTED if traced.was_interrupted else status


def _mode(options: Namespace) -> Mode:
    target = Path(options.target)
    if options.main:
        return Mode.MODULE
    is_program = target.is_dir() and (target / "__main__.py").is_file()
    if target.is_file() or (is_program and not (target / "__init__.py").is_file()):
        return Mode.SCRIPT
    if all(part.isidentifier() for part in options.target.split(".")):
        return Mode.IMPORT
    raise UsageError(f"{options.target}: there is no such file, and it is no module's name")


def _layout(plan: ProjectPlan) -> Layout:
    """Which files are the project's; their texts are not read."""
    return discover(plan.folder, load_config(plan.folder), plan.only).layout


def _program(options: Namespace, mode: Mode, layout: Layout) -> Program:
    """A script finds what Python lets it find, a module is also looked for in the source roots.

    Python puts the folder of a script in front of `sys.path`, and no other folder of the project. A
    trace that works where the user's program fails would not help (Modules/main.c,
    `pymain_sys_path_add_path0`).
    """
    target = options.target
    arguments = tuple(options.arguments)
    if mode is not Mode.SCRIPT:
        first = dict.fromkeys([str(Path.cwd()), *layout.roots])
        return Program(mode, target, arguments, tuple(first))
    path = Path(os.path.abspath(target))  # noqa: PTH100 - as Python, which follows no links here
    folder = path if path.is_dir() else path.resolve().parent
    return Program(mode, str(path), arguments, (str(folder),))


def _root(target: str, mode: Mode, layout: Layout) -> tuple[str, str]:
    """The top of the tree, and its file."""
    match mode:
        case Mode.SCRIPT:
            path = Path(target, "__main__.py") if Path(target).is_dir() else Path(target)
            return "__main__", as_source_path(path)
        case Mode.MODULE:
            file = layout.find(f"{target}.__main__", None) or layout.find(target, None)
            return f"python -m {target}", file.path if file else ""
        case Mode.IMPORT:
            return f"import {target}", ""


def _source_path(path: str) -> SourcePath:
    return SourcePath(path.replace("\\", "/") if os.name == "nt" else path)


def _asks_only_for_submodules(met: Met, layout: Layout) -> bool:
    """`from . import sibling` in a package that is loading: it needs no name of the package."""
    importer = layout.at_path(_source_path(met.by.path))
    if importer is None or not f"{importer.name}.".startswith(f"{met.module}."):
        return False
    package = importer.name if importer.is_package else importer.name.rpartition(".")[0]
    asked = SourceNames(read_source(importer.path) or "", package).asked_on(met.by.line)
    if asked is None or asked[0] != met.module:
        return asked is None and importer.name != met.module
    return all(
        (file := layout.module(ModuleName(f"{met.module}.{name}"))) is not None
        and file.kind is not ModuleKind.STUB
        for name in asked[1]
    )


def _diagnosis(traced: Traced, diagnostician: Diagnostician) -> Diagnosis | None:
    """Why the program failed; None if it did not."""
    failed = next((event for event in traced.events if isinstance(event, Failed)), None)
    if failed is None:
        return None
    frames = (
        TracebackFrame(_source_path(path), line, function) for path, line, function in failed.frames
    )
    diagnosis = diagnostician.diagnose(failure(failed.error, failed.message, frames))
    if diagnosis.verdict is Verdict.OPEN and not any(
        isinstance(event, Met) for event in traced.events
    ):
        known = Story(
            Verdict.UNRELATED,
            ("Not a circular import: the program met no module that was only partly loaded.",),
        )
        diagnosis = replace(diagnosis, verdict=known.verdict, story=known)
    return diagnosis
