"""Runs real interpreters that import a package and a submodule in two threads at the same time."""

from __future__ import annotations

import subprocess
import tempfile
from ast import literal_eval
from collections.abc import Sequence
from pathlib import Path

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.workspace.interpreters import Interpreter

_CHILD = Path(__file__).with_name("child_threads.py")


@record
class ThreadRun:
    """The result of the imports in two threads, each empty where it loads.

    `trouble` says why there is no answer.
    """

    package: str
    submodule: str
    package_ending: str = ""
    submodule_ending: str = ""
    trouble: str = ""

    @property
    def fails(self) -> bool:
        """Whether one of the two does not load."""
        return bool(self.package_ending or self.submodule_ending)


def run_in_threads(
    interpreter: Interpreter,
    package: str,
    submodule: str,
    roots: Sequence[SourcePath],
    timeout: float,
) -> ThreadRun:
    """Import both at the same time in a fresh process, which `timeout` (seconds) ends."""
    with tempfile.TemporaryDirectory(prefix="import-cycles-", ignore_cleanup_errors=True) as top:
        result = Path(top, "result")
        try:
            subprocess.run(
                [
                    interpreter.executable, "-I", "-B", str(_CHILD), str(result), package,
                    submodule, f"{timeout / 2:g}", *roots,
                ],
                cwd=top,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )  # fmt: skip
            endings = literal_eval(result.read_text("utf-8"))
        except subprocess.TimeoutExpired:
            return ThreadRun(package, submodule, trouble=f"did not end within {timeout:g} seconds")
        except OSError:
            return ThreadRun(package, submodule, trouble="the interpreter ended without an answer")
    return ThreadRun(package, submodule, *endings)
