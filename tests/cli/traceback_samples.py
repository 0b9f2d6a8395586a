"""Failures of every wording, recorded from real interpreters.

`python tests/cli/traceback_samples.py` records them again: one file `tracebacks/VERSION-KIND.txt`
for each interpreter of pyenv and each kind, with `/project` for the folder. Files `3.14.0-…` are
written by hand after CPython's source (Python/ceval.c, Objects/moduleobject.c); the others
without a version are what further tools print.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("tracebacks")
PROJECT = "/project"

SOURCES: Mapping[str, str] = {
    "from_a.py": "from from_b import b\n\na = 1\n",
    "from_b.py": "from from_a import a\n\nb = a\n",
    "attr_a.py": "import attr_b\n\nx = 1\n",
    "attr_b.py": "import attr_a\n\ny = attr_a.x\n",
    "pkg/__init__.py": "",
    "pkg/one.py": "import pkg.two\n\nX = 1\n",
    "pkg/two.py": "import pkg.one\n\nY = pkg.one.X\n",
    "star_a.py": '__all__ = ["late"]\nimport star_b\n\nlate = 1\n',
    "star_b.py": "from star_a import *\n",
    "short_a.py": "import short_b\n\nlate = 1\n",
    "short_b.py": "from short_a import *\n\nprint(late)\n",
    "chained.py": 'try:\n    import from_a\nexcept ImportError as error:\n    raise RuntimeError("no plug-in") from error\n',
    "group.py": (
        "def problem():\n    try:\n        import from_a\n    except ImportError as error:\n"
        "        return error\n\n\nraise ExceptionGroup('many', [ValueError(1), problem()])\n"
    ),
    "done.py": "other = 1\n",
    "typo.py": "from done import otter\n",
    "absent.py": "import there_is_no_such_module\n",
    "broken.py": 'settings = {}\nsettings["key"]\n',
}


@dataclass(frozen=True)
class Kind:
    """What importing a module first leads to; `cycle` is empty when no cycle is behind it."""

    module: str
    cycle: str
    says: str
    """A part of what must be said about it."""
    since: tuple[int, int] = (3, 6)


KINDS: Mapping[str, Kind] = {
    "from": Kind("from_a", "from_a → from_b → from_a", "a is not bound yet, line 3 would bind it"),
    "attribute": Kind(
        "attr_a", "attr_a → attr_b → attr_a", "x is not bound yet, line 3 would bind it"
    ),
    "submodule": Kind("pkg.one", "pkg.one → pkg.two → pkg.one", "pkg.one has not"),
    "star": Kind("star_a", "star_a → star_b → star_a", "line 4 would bind it"),
    "short-star": Kind("short_a", "short_a → short_b → short_a", "line 3 would bind it"),
    "chained": Kind("chained", "from_a → from_b → from_a", "a is not bound yet"),
    "group": Kind("group", "from_a → from_b → from_a", "a is not bound yet", (3, 11)),
    "typo": Kind("typo", "", "Not a circular import: done was not loading"),
    "absent": Kind("absent", "", "Not a circular import: no module of that name"),
    "broken": Kind("broken", "", "Not a circular import: broken is in no import cycle"),
}


def write_project(folder: Path) -> None:
    """The modules that fail."""
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def interpreters() -> dict[str, Path]:
    """Those of pyenv from 3.6 on, by their full version."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = {}
    for program in sorted(pyenv.glob("3.*/bin/python")):
        version = program.parts[-3]
        if version_of(version) >= (3, 6):
            found[version] = program
    return found


def version_of(text: str) -> tuple[int, int]:
    """The two numbers that count."""
    major, minor, *_ = text.split(".")
    return int(major), int(minor)


def failure_text(interpreter: Path, kind: Kind, folder: Path) -> str:
    """What an interpreter prints, with the folder's name taken out."""
    done = subprocess.run(
        [interpreter, "-B", "-c", f"import {kind.module}"],
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.replace(str(folder.resolve()), PROJECT)


def _record() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write_project(folder)
        for version, program in interpreters().items():
            for label, kind in KINDS.items():
                if version_of(version) >= kind.since:
                    text = failure_text(program, kind, folder)
                    (FOLDER / f"{version}-{label}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _record()
