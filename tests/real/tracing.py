"""Imports every module of an installed package in fresh processes and keeps what they import.

The tracing itself is tests/harness/tracer.py, the one of the case suite. It imports one module
for each process; here that is a small *driver* module outside the package, which imports one or
several modules of it and goes on when one fails.

Packages that have to be set up first (django's settings) get a second round for the modules that
failed in the first: a piece of code runs before. What that code makes functions import is no import
of a loading module, and the tracer leaves it out.
"""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

_TRACER = Path(__file__).parents[1] / "harness" / "tracer.py"
_LOCATE = """
import importlib.util, sys
spec = importlib.util.find_spec(sys.argv[1])
print(repr((sys.version_info[:2], list(spec.submodule_search_locations) if spec else [])))
"""
_DRIVER = """
import _signal, importlib, os
_signal.alarm({limit})
{before}
for name in {names!r}:
    try:
        importlib.import_module(name)
    except BaseException as error:
        text = type(error).__name__ + ": " + str(error).partition(chr(10))[0]
        line = repr((name, text)) + chr(10)
        descriptor = os.open({failures!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        os.close(descriptor)
"""


class NotImportableError(Exception):
    """The interpreter does not find the package."""


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """One import that ran: `line` (from 1) is that of the statement's first line.

    Not `sure`: the package has an attribute and a submodule of the name that was asked for.
    """

    importer: str
    line: int
    in_function: bool
    imported: str
    sure: bool


@dataclass(slots=True)
class Trace:
    """What all processes together saw."""

    touches: set[Touch] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    """Modules that could not be imported, and why."""

    @classmethod
    def read(cls, path: Path) -> Trace:
        """What `write` wrote."""
        touches, finished, failures = json.loads(path.read_text("utf-8"))
        return cls({Touch(*touch) for touch in touches}, set(finished), failures)

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        touches = [astuple(touch) for touch in sorted(self.touches)]
        text = json.dumps([touches, sorted(self.finished), self.failures], indent=0)
        path.write_text(text, "utf-8")


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """A package as one interpreter finds it."""

    name: str
    python: str
    version: tuple[int, int]
    folder: Path
    modules: dict[str, Path]
    """The `.py` modules of it, by dotted name."""


def installed_package(name: str, python: str) -> InstalledPackage:
    """Where the package is; raises NotImportableError."""
    command = [python, "-I", "-c", _LOCATE, name]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    version, folders = ast.literal_eval(answer)
    if not folders:
        raise NotImportableError(f"{python} finds no package {name!r}")
    folder = Path(folders[0])
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if all(part.isidentifier() for part in parts):
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return InstalledPackage(name, python, version, folder, modules)


@dataclass(frozen=True, slots=True)
class Tracing:
    """How to trace: `limit` is in seconds for one process, which imports `per_process` modules."""

    package: InstalledPackage
    per_process: int
    limit: int
    before: str

    def run(self, names: Sequence[str]) -> Trace:
        """Import the modules. Takes as long as that takes: hours for thousands of modules."""
        trace = Trace()
        self._round(names, "", trace)
        if self.before and trace.failures:
            again = sorted(trace.failures)
            trace.failures.clear()
            self._round(again, self.before, trace)
        return trace

    def _round(self, names: Sequence[str], before: str, trace: Trace) -> None:
        with tempfile.TemporaryDirectory() as folder:
            drivers = list(self._drivers(names, before, Path(folder)))
            for answer in self._answers(drivers, folder):
                trace.touches.update(Touch(*touch) for touch in answer["touches"])
                trace.finished.update(answer["finished"])
                if answer["failure"] is not None:
                    reason = f"{answer['failure']['type']}: {answer['failure']['message']}"
                    for name in drivers_names(answer["entry"], names, self.per_process):
                        trace.failures[name] = reason
            failures = Path(folder, "failures")
            if failures.exists():
                for line in failures.read_text("utf-8").splitlines():
                    name, reason = ast.literal_eval(line)
                    trace.failures[name] = reason

    def _drivers(self, names: Sequence[str], before: str, folder: Path) -> Iterator[str]:
        for number in range(max(1, -(-len(names) // self.per_process))):
            driver = f"first_import_{number}"
            text = _DRIVER.format(
                limit=self.limit,
                before=before,
                names=drivers_names(driver, names, self.per_process),
                failures=str(folder / "failures"),
            )
            Path(folder, f"{driver}.py").write_text(text, "utf-8")
            yield driver

    def _answers(self, drivers: Iterable[str], folder: str) -> Iterator[dict]:  # type: ignore[type-arg]
        modules = {name: str(path) for name, path in self.package.modules.items()}
        process = subprocess.Popen(
            [self.package.python, "-I", "-B", str(_TRACER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=folder,
        )
        assert process.stdin is not None and process.stdout is not None
        with process:
            for driver in drivers:
                request = {"roots": [folder], "modules": modules, "entries": [driver]}
                process.stdin.write(repr(request) + "\n")
                process.stdin.flush()
                yield from ast.literal_eval(process.stdout.readline())
            process.stdin.close()


def drivers_names(driver: str, names: Sequence[str], per_process: int) -> list[str]:
    """The modules that a driver imports."""
    number = int(driver.rpartition("_")[2])
    return list(names[number * per_process : (number + 1) * per_process])
