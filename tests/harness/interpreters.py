"""The interpreters that cases are compared with.

By default the running one, the lowest and the highest that are found: pyenv's, then
`python3.10` to `python3.15` on the PATH. `IMPORT_CYCLES_ALL_PYTHONS=1` takes every version
found; `IMPORT_CYCLES_PYTHONS` (paths, separated as in PATH) replaces the search.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 15)
_ASK = "import sys; print(*sys.version_info[:2]); print(sys.implementation.name)"


@dataclass(frozen=True, slots=True, order=True)
class Interpreter:
    """One Python; one path per version is enough."""

    version: tuple[int, int]
    path: str

    def __str__(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"


@cache
def chosen_interpreters() -> tuple[Interpreter, ...]:
    """Those to run by default, lowest version first; found once per test run."""
    named = os.environ.get("IMPORT_CYCLES_PYTHONS")
    if named:
        return _one_per_version(filter(None, map(_asked, named.split(os.pathsep))))
    found = _one_per_version(_found())
    if os.environ.get("IMPORT_CYCLES_ALL_PYTHONS") == "1":
        return found
    running = next(i for i in found if i.version == sys.version_info[:2])
    return tuple(sorted({found[0], running, found[-1]}))


def _found() -> Iterator[Interpreter]:
    yield Interpreter((sys.version_info[0], sys.version_info[1]), sys.executable)
    seen = {(sys.version_info[0], sys.version_info[1])}
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for path in sorted(pyenv.glob("versions/3.1[0-9]*/bin/python")):
        interpreter = _asked(str(path))
        if interpreter is not None and interpreter.version not in seen:
            seen.add(interpreter.version)
            yield interpreter
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        program = shutil.which(f"python3.{minor}")
        if (3, minor) not in seen and program is not None:
            interpreter = _asked(program)
            if interpreter is not None:
                yield interpreter


def _asked(path: str) -> Interpreter | None:
    """The interpreter at `path`; None when it does not run, is too old or no CPython."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True
        ).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    version = (int(answer[0]), int(answer[1]))
    usable = OLDEST <= version <= NEWEST and answer[2] == "cpython"
    return Interpreter(version, path) if usable else None


def _one_per_version(found: Iterable[Interpreter]) -> tuple[Interpreter, ...]:
    by_version: dict[tuple[int, int], Interpreter] = {}
    for interpreter in found:
        by_version.setdefault(interpreter.version, interpreter)
    return tuple(sorted(by_version.values()))
