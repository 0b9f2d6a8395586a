"""Released packages, installed to be looked at, and what CPython does with their modules.

Executes what it installs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from ast import literal_eval
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SERVER = Path(__file__).with_name("first_import_server.py")
TIME_LIMIT_SECONDS = 60
"""For each first import."""

PYTHON: str = os.environ.get(
    "IMPORT_CYCLES_PYTHON", getattr(sys, "_base_executable", sys.executable)
)
"""The interpreter that installs and imports. By default the one below this environment, so that
nothing of the environment is found by a package that does not bring it."""

Ended = Mapping[str, object]
"""How a first import ended, as first_import_server.py tells it."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package: its `requirements`, the first of which it is, and where it lies."""

    requirements: tuple[str, ...]
    home: Path

    @property
    def name(self) -> str:
        """The name of the distribution."""
        return re.split(r"[<>=!~\[;]", self.requirements[0])[0]

    @property
    def site(self) -> Path:
        """The folder with the package and all that it needs."""
        return self.home / "site"

    @property
    def own(self) -> Path:
        """The folder with the package's own files alone, as its authors have them."""
        return self.home / "own"

    @property
    def modules(self) -> list[str]:
        """Every module of its own that can be imported by name."""
        names = set()
        for path in self.own.rglob("*.py"):
            parts = path.relative_to(self.own).with_suffix("").parts
            if all(part.isidentifier() for part in parts) and parts != ("__init__",):
                names.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        return sorted(names)


def installed(work: Path, requirements: Sequence[str], python: str = PYTHON) -> Package:
    """The package below `work`; installed once, for the interpreter `python`.

    Raises CalledProcessError when pip does.
    """
    folder = re.sub(r"[^\w.-]+", "-", "+".join(requirements))
    package = Package(tuple(requirements), work / folder)
    done = package.home / "done"
    if done.exists():
        return package
    shutil.rmtree(package.home, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q"]
    target = ["--target", str(package.site)]
    subprocess.run([*pip, *target, *requirements], check=True, capture_output=True)
    for file in _own_files(package):
        copy = package.own / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(package.site / file, copy)
    done.touch()
    return package


def _own_files(package: Package) -> Iterable[str]:
    """The files that the distribution brings, relative to its site folder (RECORD, PEP 376)."""
    wanted = _normalized(package.name)
    for record in package.site.glob("*.dist-info/RECORD"):
        if _normalized(record.parent.name.partition("-")[0]) == wanted:
            for line in record.read_text("utf-8").splitlines():
                file = Path(line.rpartition(",")[0].rpartition(",")[0])
                top = file.parts[0] if file.parts else ".."
                is_code = top not in ("..", "bin", "__pycache__") and not file.is_absolute()
                if is_code and not top.endswith(".dist-info") and (package.site / file).is_file():
                    yield str(file)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def first_imports(
    roots: Sequence[Path], names: Sequence[str], python: str = PYTHON
) -> dict[str, Ended]:
    """How the first import of each module ends, with `roots` in front of `sys.path`."""
    found = _asked(roots, names, python)
    # A fork does not have the threads of its parent; a package in a hurry may need them.
    for name in names:
        if "trouble" in found.get(name, {"trouble": "no answer"}):
            found[name] = _asked(roots, [name], python).get(name, {"trouble": "no answer"})
    return {name: found[name] for name in names}


def _asked(roots: Sequence[Path], names: Sequence[str], python: str) -> dict[str, Ended]:
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [python, "-I", "-B", str(_SERVER), str(TIME_LIMIT_SECONDS), *map(str, roots)],
            input="\n".join(names),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=work,
            # The threads of numpy's libraries would be lost in a fork; one needs none.
            env={**os.environ, "HOME": work, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    answers = (literal_eval(line) for line in done.stdout.splitlines())
    return {str(answer.pop("module")): answer for answer in answers}


def in_a_line(ended: Ended, roots: Sequence[Path]) -> str:
    """How a first import ended, for people: `loads`, or the exception and where it was raised."""
    if "loads" in ended:
        return "loads"
    if "trouble" in ended:
        return f"no answer: {ended['trouble']}"
    frames, place = ended["frames"], ""
    assert isinstance(frames, Sequence)
    for path, _line, _function in frames:
        for root in roots:
            if str(path).startswith(f"{root}{os.sep}"):
                place = f" at {Path(path).relative_to(root)}"
    message = str(ended["message"]).replace("\n", " ")[:200]
    for root in roots:
        message = message.replace(str(root), "")
    return f"{ended['error']}: {message}{place}"
