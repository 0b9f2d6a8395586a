"""Runs the command line in this process, in a folder that holds the project of a case.

Two runners: `--- cli` sections are compared byte by byte, and for every case what `check
--format json` finds on the disk must be what the markers say, so that finding roots, reading
files and writing reports agree with the core.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from harness.case import Command, State
from harness.cpython import running_version
from harness.markers import TextStretch
from harness.project import Actual, marker_differences, setup_of
from import_cycles.__main__ import main

FOLDER_WORD = "<folder>"
"""Stands for the temporary folder in what is compared."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command left behind; the folder's path is replaced in both streams."""

    stdout: str
    stderr: str
    status: int

    @property
    def section(self) -> str:
        """The body that a `--- cli` section should have."""
        return f"{self.stdout}exit {self.status}"


def run_command(command: Command, folder: Path) -> None:
    """Compare standard output and exit status; standard error is shown when they differ."""
    __tracebackhide__ = True
    printed = print_command(command, folder)
    assert printed.section == f"{command.stdout}exit {command.status}", (
        f"`import-cycles {' '.join(command.arguments)}` (line {command.block.line}) printed\n"
        f"{printed.section}\nwanted\n{command.stdout}exit {command.status}\n"
        f"standard error\n{printed.stderr}"
    )


def run_check(state: State, folder: Path) -> None:
    """`check --format json` in `folder`, which holds the state's files, agrees with the markers."""
    __tracebackhide__ = True
    printed = print_arguments(["check", "--format", "json"], folder)
    reported = json.loads(printed.stdout)
    found = [_reported(finding) for finding in reported["findings"]]
    setup = setup_of(state.texts)
    version = setup.settings.target.version if setup.names_target else running_version()
    missing, surplus = marker_differences(state.expected(version), found)
    report = [f"missing  {m}" for m in missing] + [f"surplus  {s}" for s in surplus]
    assert not report, f"state at line {state.line}:\n  " + "\n  ".join(report)
    is_told = any(each.severity != "hint" for each in found)
    allowed = {1 if is_told else 0, *([2] if reported["problems"] else [])}
    assert printed.status in allowed, f"exit {printed.status}\n{printed.stderr}"


def _reported(finding: dict[str, Any]) -> Actual:
    """A finding of the JSON report, which counts lines and columns from 1."""
    return Actual(
        path=finding["path"],
        stretch=TextStretch(
            finding["line"], finding["column"] - 1, finding["end_line"], finding["end_column"] - 1
        ),
        severity={"information": "info"}.get(finding["severity"], finding["severity"]),
        code=finding["code"],
        message=finding["message"],
    )


def print_command(command: Command, folder: Path) -> Printed:
    """Run one section's command."""
    return print_arguments(command.arguments, folder)


_N_CALLS = count(1)


def print_arguments(arguments: Sequence[str], folder: Path) -> Printed:
    """Run it as if in `folder`, with no terminal and no colors."""
    stdout, stderr = io.StringIO(), io.StringIO()
    status = 0
    with (
        _inside(folder),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            status = int(main(list(arguments)) or 0)
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    if next(_N_CALLS) % 50 == 0:
        # A command leaves its garbage to the end of its process; here that would be gigabytes.
        gc.collect()
    return Printed(_anonymous(stdout, folder), _anonymous(stderr, folder), status)


def _anonymous(stream: io.StringIO, folder: Path) -> str:
    return stream.getvalue().replace(str(folder), FOLDER_WORD)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
