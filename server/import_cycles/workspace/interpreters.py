"""The Python interpreters that can run a project: which one, and what it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

from import_cycles.base.record import record
from import_cycles.workspace.python_version import OLDEST

_ASK = (
    "import sys; print((sys.version_info[:2], sys.platform, sys.implementation.name,"
    " sys.executable))"
)
_PATIENCE_SECONDS = 60


class InterpreterError(Exception):
    """The interpreter cannot be used; the message says why."""


@record
class Interpreter:
    """A Python that runs. `platform` is its `sys.platform`."""

    executable: str
    version: tuple[int, int]
    platform: str

    def __str__(self) -> str:
        return f"Python {self.version[0]}.{self.version[1]} ({self.executable})"


def interpreter_at(executable: str) -> Interpreter:
    """Ask a program, a path or a name on the PATH, what it is. Raises InterpreterError."""
    found = shutil.which(executable)
    if found is None:
        raise InterpreterError(f"{executable}: there is no such program")
    try:
        done = subprocess.run(
            [found, "-I", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
        )
        version, platform, implementation, path = literal_eval(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError, SyntaxError) as error:
        raise InterpreterError(f"{executable} does not answer as Python does: {error}") from error
    if implementation != "cpython" or version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise InterpreterError(
            f"{executable} is {implementation} {version[0]}.{version[1]}; what imports do is known"
            f" for CPython {oldest} and later"
        )
    # The path that a wrapper reports may not exist here: in a container, behind a launcher.
    is_here = bool(path) and shutil.which(path) is not None
    return Interpreter(path if is_here else found, version, platform)


def usual_interpreter(project: Path) -> str:
    """The Python that users run a project with: of the active environment, else of its own.

    An environment of its own is a folder `.venv` or `venv`. Without any, the Python that runs
    this program.
    """
    active = os.environ.get("VIRTUAL_ENV")
    places = [Path(active)] if active else []
    for place in (*places, project / ".venv", project / "venv"):
        for program in (place / "bin" / "python", place / "Scripts" / "python.exe"):
            if program.is_file():
                return str(program)
    return sys.executable
