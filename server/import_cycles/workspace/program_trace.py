"""Runs a program once in a fresh interpreter and reads what it imported, event by event."""

from __future__ import annotations

import subprocess
import tempfile
from ast import literal_eval
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from import_cycles.base.record import record
from import_cycles.workspace.interpreters import Interpreter, InterpreterError

_CHILD = Path(__file__).with_name("child_trace.py")
_GRACE_SECONDS = 10.0
_STANDARD_ERROR = 2


class Mode(Enum):
    """How the target is started."""

    SCRIPT = "script"
    MODULE = "module"
    """As with `python -m`."""
    IMPORT = "import"


@record
class Program:
    """What to run. `first` goes to the front of `sys.path`."""

    mode: Mode
    target: str
    arguments: tuple[str, ...]
    first: tuple[str, ...]


@record
class Importing:
    """The importing code: module, file, and line from 1; empty and 0 for the start of the program."""

    module: str
    path: str
    line: int


@record
class Started:
    """A module begins to load."""

    thread: int
    module: str
    path: str
    by: Importing


@record
class Ended:
    """A module has loaded, or failed."""

    thread: int
    module: str
    has_loaded: bool


@record
class Met:
    """A module is imported that is loading and not finished."""

    thread: int
    module: str
    by: Importing


@record
class Failed:
    """The program ended with an exception; `frames` are file, line and function."""

    error: str
    message: str
    frames: tuple[tuple[str, int, str], ...]


Event = Started | Ended | Met | Failed


@record
class Traced:
    """Everything that was recorded. `status` is the program's exit status, as `subprocess` has it."""

    events: tuple[Event, ...]
    status: int
    was_interrupted: bool


def trace(interpreter: Interpreter, program: Program) -> Traced:
    """Run it to its end.

    The program shares the terminal: it reads the user's input, and its output goes to standard
    error. Ctrl-C reaches it too. If it ignores that, it is killed after some seconds, or at the
    next Ctrl-C. Raises InterpreterError if it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="import-cycles-", ignore_cleanup_errors=True) as top:
        events = Path(top, "events")
        arguments = [
            interpreter.executable, "-B", str(_CHILD), str(events), program.mode.value,
            program.target, str(len(program.first)), *program.first, *program.arguments,
        ]  # fmt: skip
        try:
            process = subprocess.Popen(arguments, stdout=_STANDARD_ERROR)
        except OSError as error:
            raise InterpreterError(
                f"{interpreter.executable} cannot be started: {error.strerror}"
            ) from error
        with process:
            was_interrupted = _wait(process)
        return Traced(tuple(_read(events)), process.returncode, was_interrupted)


def _wait(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(_GRACE_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            process.kill()
        return True
    return False


def _read(path: Path) -> Iterator[Event]:
    try:
        text = path.read_text("utf-8")
    except OSError:
        return
    # The program was killed while it wrote this line, which therefore has no end.
    for line in text.split("\n")[:-1]:
        yield _event(literal_eval(line))


def _event(fields: Sequence[object]) -> Event:
    match fields:
        case ("start", int(thread), str(module), str(path), str(by), str(where), int(line)):
            return Started(thread, module, path, Importing(by, where, line))
        case ("end", int(thread), str(module), bool(has_loaded)):
            return Ended(thread, module, has_loaded)
        case ("met", int(thread), str(module), str(by), str(where), int(line)):
            return Met(thread, module, Importing(by, where, line))
        case ("failed", str(error), str(message), list(frames)):
            return Failed(error, message, tuple(frames))
        case _:
            raise AssertionError(f"child_trace.py writes no such event: {fields}")
