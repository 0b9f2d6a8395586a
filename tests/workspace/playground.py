"""What can happen to a project: files, texts, edits and settings to draw from.

Few names and short texts, so that what happens to one file is often about another: everything
imports everything, in every spelling that is analysed in a way of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

FILES: Final = (
    "a.py", "b.py", "c.py", "p/__init__.py", "p/a.py", "p/b.py", "p/q/__init__.py", "p/q/a.py",
    "src/a.py", "src/r.py", "src/p/__init__.py", "src/p/b.py", "n/a.py", "n/x.py", "random.py",
    "b.pyi",
)  # fmt: skip
FOLDERS: Final = ("p", "p/q", "src", "n", "src/p")
MODULES: Final = ("a", "b", "c", "p", "p.a", "p.b", "p.q", "p.q.a", "r", "n.a", "n.x", "random")

_FORMS: Final = (
    "import {0}", "import {0}", "import {0} as {2}", "from {0} import {2}", "from {0} import {2}",
    "from {0} import *", "from . import {2}", "from .{2} import v", "from .. import {2}",
    "import {0}  # import-cycles: ignore", "from {0} import {2}  # import-cycles: ignore[cycle]",
    "if TYPE_CHECKING:\n    import {0}", "if len('x'):\n    import {0}", "lazy import {0}",
    "try:\n    import {0}\nexcept ImportError:\n    {2} = None",
    "try:\n    from {0} import {2}\nexcept (ImportError, AttributeError):\n    pass",
    "def f():\n    import {0}", "def f():\n    from {0} import {2}\n    {2}.v", "f()", "g('{0}')",
    "def f():\n    g('{0}')", "{1}.f()", "import {0}\n{0}.f()", "from {0} import f\nf()",
    "def g(name):\n    importlib.import_module(name)", "from {0} import g\ng('{1}')",
    "import importlib\nimportlib.import_module('{0}')", "NAMES = ['{0}', '{1}']",
    "for name in NAMES:\n    importlib.import_module(name)", "v = 1", "v = {0}.v", "{2} = v",
    "class C:\n    import {0}", "class D(C):\n    v = f()", "__all__ = ['{2}', 'v']",
    "def __getattr__(name):\n    import {0}\n    return {0}", "del v", "import sys\nsys.modules['{0}']",
    "import pkgutil\nfor each in pkgutil.iter_modules(__path__):\n    __import__(each.name)",
    "from importlib.metadata import entry_points\nfor each in entry_points(group='x'):\n    each.load()",
    "@f\ndef h(): ...", "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
)  # fmt: skip
_ODD: Final = (
    "\N{GRINNING FACE} = 1", "s = '\N{GRINNING FACE}\N{MATHEMATICAL BOLD CAPITAL A}'; import {0}",
    "\f", "\f\nimport {0}", "import {0}\r", "x = 1\r\nimport {0}\r\n", "\N{ZERO WIDTH NO-BREAK SPACE}",
    "import (", "'''", "x = (", "    import {0}", "return", "def", "\0", "elif:", "f(", "\\", "\t",
    "\u2028import {0}", "# -*- coding: latin-1 -*-", "é = '\N{LATIN SMALL LETTER E WITH ACUTE}'",
)  # fmt: skip


def _filled(form: str) -> st.SearchStrategy[str]:
    modules = st.sampled_from(MODULES)
    return st.tuples(modules, modules, st.sampled_from("abpqvx")).map(
        lambda names: form.format(*names)
    )


LINES = st.sampled_from(_FORMS).flatmap(_filled)
PIECES = st.one_of(LINES.map("{}\n".format), LINES, st.sampled_from(_ODD).flatmap(_filled))
"""What is typed into a text: whole lines, or anything that breaks it."""
TEXTS = st.lists(LINES, max_size=5).map(lambda lines: "".join(f"{line}\n" for line in lines))
DISK_TEXTS = st.one_of(
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS.map("\N{ZERO WIDTH NO-BREAK SPACE}{}".format),
    TEXTS.map(lambda text: text.replace("\n", "\r\n")),
    st.lists(PIECES, max_size=4).map("".join),
)
SHAPES: Final = {
    ".gitignore": ("", "b.py\n", "/p\n", "!b.py\nq/\n", "src/*.py\n"),
    "p/pyproject.toml": ("", "[tool.setuptools]\npackage-dir = {'' = 'q'}"),
    "pyproject.toml": (
        "",
        "[tool.import-cycles]\nroots = ['src', '.']",
        "[tool.import-cycles]\nexclude = ['n']",
        "[tool.import-cycles]\ntarget-version = '3.9'",
        "[tool.import-cycles]\ntype-checking = true",
        "[tool.import-cycles.severity]\ncycle = 'off'\nself-import = 'error'",
        "[tool.import-cycles.severity]\ncycle-hidden-by-lazy = 'hint'\ncycle-in-threads = 'warning'",
        "[tool.import-cycles]\nlazy-imports = 'all'\ntarget-version = '3.15'",
        "[project.scripts]\nx = 'a:f'\n[project.entry-points.x]\ny = 'p.b:f'",
        "][",
        "tool.pytest.ini_options.pythonpath='n'",
    ),
}
SHAPING = st.sampled_from(sorted(SHAPES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(SHAPES[name]))
)
CLIENT_SETTINGS: Final = (
    None,
    {},
    {"severity": {"cycle": "off"}},
    {"exclude": ["p/q"]},
    {"roots": ["src"]},
    {"targetVersion": "3.15"},
    {"no": "such"},
)
BRANCH = st.dictionaries(
    st.sampled_from(FILES), st.one_of(st.none(), DISK_TEXTS), min_size=4, max_size=len(FILES)
)
"""Another branch: texts by file, None where there is none."""


def edited(text: str, start: float, end: float, piece: str) -> str:
    """A text with a part of it, given by fractions of its length, replaced."""
    first, last = sorted((round(start * len(text)), round(end * len(text))))
    return text[:first] + piece + text[last:]


def write(top: Path, name: str, text: str) -> list[Path]:
    """Write a file; the paths that a watcher would tell of."""
    place = top / name
    if place.is_dir() or any(each.is_file() for each in place.parents):
        return []
    told = [each for each in place.parents if not each.exists()][-1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode())
    return [*told, place]


def delete(top: Path, name: str) -> list[Path]:
    """Delete a file or a folder, if it is there; the paths that a watcher would tell of."""
    place = top / name
    if not place.exists():
        return []
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    return [place]


def move(top: Path, name: str, target: str) -> list[Path]:
    """Rename a file or a folder, if that can be; the paths that a watcher would tell of."""
    place, there = top / name, top / target
    if not place.exists() or there.exists() or not there.parent.is_dir() or place in there.parents:
        return []
    place.rename(there)
    return [place, there]


def switch(top: Path, branch: Mapping[str, str | None]) -> list[Path]:
    """Check out another branch; the paths that a watcher would tell of."""
    told: list[Path] = []
    for name, text in branch.items():
        told += delete(top, name) if text is None else write(top, name, text)
    return told


def without_empty_folders(top: Path) -> None:
    """Delete folders without anything in them, as git does."""
    for folder in sorted(_folders(top), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _folders(top: Path) -> Iterable[Path]:
    return (each for each in top.rglob("*") if each.is_dir())
