"""Failures that are no plain cycle: each kind as CPython words it, and what must be said of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]


@dataclass(frozen=True)
class Case:
    """A program, how it is run, and the explanation of its failure."""

    files: Mapping[str, str]
    arguments: tuple[str, ...]
    says: tuple[str, ...]
    not_said: tuple[str, ...] = ()
    path: str = ""
    """For PYTHONPATH."""


MISSING = "nothing of that name is there: not a circular import\n"
CLASH = "name clash, not a circular import\n"

CASES: Mapping[str, Case] = {
    "submodule-absent": Case(
        {"storm/__init__.py": "from . import const\n", "storm/consts.py": ""},
        ("-c", "import storm"),
        (
            MISSING,
            "storm has no submodule const",
            "The nearest names that it has: consts.\n",
            "  - Correct the name.\n",
        ),
        ("imports itself", "circular import:"),
    ),
    "submodule-not-compiled": Case(
        {
            "storm/__init__.py": "from storm.graph import Graph\n",
            "storm/graph.py": "from . import _graph\nGraph = _graph.Graph\n",
            "storm/_graph.pyx": "",
        },
        ("-c", "import storm"),
        (MISSING, "In its folder lies _graph.pyx.\n", "  - It is not compiled: "),
        ("circular import:",),
    ),
    "submodule-for-another-python": Case(
        {
            "storm/__init__.py": "from storm import _graph\n",
            "storm/_graph.cpython-35m-x86_64-linux-gnu.so.txt": "",
        },
        ("-c", "import storm"),
        (MISSING, "In its folder lies _graph.cpython-35m-x86_64-linux-gnu.so.txt.\n"),
    ),
    "submodule-in-other-case": Case(
        {"storm/__init__.py": "from . import const\n", "storm/Const.py": ""},
        ("-c", "import storm"),
        (MISSING, "In its folder lies Const.py.\n", "upper and lower case differ"),
    ),
    "submodule-elsewhere": Case(
        {
            "storm/__init__.py": "from . import const\n",
            "storm/sub/__init__.py": "",
            "rain/__init__.py": "",
            "rain/const.py": "",
        },
        ("-c", "import storm"),
        (MISSING, "Elsewhere there is rain.const.\n"),
    ),
    "name-absent-from-loading-module": Case(
        {"a.py": "import b\nlimit = 1\n", "b.py": "from a import limits\n"},
        ("-c", "import a"),
        (MISSING, "No line of a binds limits", "The nearest names that it has: limit.\n"),
    ),
    "submodule-not-found": Case(
        {"storm/__init__.py": "import storm.const\n", "storm/consts.py": ""},
        ("-c", "import storm"),
        (MISSING, "The nearest names that it has: consts.\n"),
    ),
    "implicit-relative": Case(
        {"storm/__init__.py": "import const\n", "storm/const.py": ""},
        ("-c", "import storm"),
        (MISSING, "there is storm.const, in the package of storm", "`from . import const`"),
    ),
    "not-on-path": Case(
        {"flow/__init__.py": "", "flow/base.py": "", "flow/op.py": "import flow.base\n"},
        ("flow/op.py",),
        ("Not a circular import: flow is ", "  - Run the program as `python -m flow.op` in "),
    ),
    "standard-module-hidden-from-library": Case(
        {
            "main.py": "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor()\n",
            "queue.py": "jobs = []\n",
        },
        ("main.py",),
        (
            CLASH,
            "/queue.py hides the standard module queue",
            "has no SimpleQueue",
            "concurrent/futures/thread.py:",
            "/queue.py.\n",
        ),
        ("spelled otherwise", "circular import:"),
    ),
    "standard-module-hides-itself": Case(
        {"colorsys.py": "import colorsys\nprint(colorsys.rgb_to_hsv(1, 1, 1))\n"},
        ("colorsys.py",),
        (CLASH, "/colorsys.py hides the standard module colorsys", "  - Rename "),
        ("circular import:",),
    ),
    "standard-module-hidden-in-package": Case(
        {
            "flow/__init__.py": "",
            "flow/base.py": "class Op: ...\n",
            "flow/ops/__init__.py": "",
            "flow/ops/datetime.py": "import datetime\nfrom flow.base import Op\n\nclass DateOp(Op):\n"
            "    at: datetime.date = datetime.date(2020, 1, 1)\n",
        },
        ("flow/ops/datetime.py",),
        (
            CLASH,
            "hides the standard module datetime",
            "  - Or run the program as `python -m flow.ops.datetime`",
        ),
        ("circular import:",),
        path=".",
    ),
    "standard-package-hidden": Case(
        {"email.py": "", "main.py": "import email.message\n"},
        ("main.py",),
        (CLASH, "/email.py hides the standard module email", "no email.message can be in it"),
    ),
    "library-perhaps-hidden": Case(
        {"discord.py": "x = 1\n", "main.py": "import discord\ndiscord.Client()\n"},
        ("main.py",),
        ("Not a circular import: discord was not loading", "the file hides it"),
    ),
    "submodule-in-place-of-function": Case(
        {
            "pkg/__init__.py": "from pkg.jobs import run\nfrom pkg.load import load\n",
            "pkg/jobs.py": "from pkg import load\n\nCONFIG = load('a')\nrun = 1\n",
            "pkg/load.py": "def load(path): ...\n",
        },
        ("-c", "import pkg.load"),
        ("circular import: pkg → pkg.jobs → pkg\n", "pkg.load is the module pkg.load here: line 2"),
        ("Not a circular import",),
        path=".",
    ),
    "submodule-in-place-of-object": Case(
        {
            "conf/__init__.py": "from conf.app import App\nfrom conf.config import config\n",
            "conf/app.py": "from conf import config\nDEBUG = config.debug\nclass App: ...\n",
            "conf/config.py": "class Config:\n    debug = False\nconfig = Config()\n",
        },
        ("-c", "import conf"),
        ("circular import: conf → conf.app → conf\n", "conf.config is the module conf.config here"),
        ("Not a circular import",),
    ),
    "set-from-elsewhere": Case(
        {
            "a.py": "import state\nimport b\nstate.ready = True\n",
            "b.py": "import a\nimport state\nprint(state.ready)\n",
            "state.py": "",
        },
        ("-c", "import a"),
        ("something that was still loading was to set it",),
        ("Not a circular import",),
    ),
    "bound-in-other-ways": Case(
        {
            "p/__init__.py": "import p.early\nfor each in ((SIZE := 3),): pass\nmatch 1:\n    case KIND: pass\n",
            "p/early.py": "from p import KIND\n",
        },
        ("-c", "import p"),
        ("circular import: p → p.early → p\n", "line 3 would bind it"),
        ("nothing of that name",),
    ),
    "set-by-a-library": Case(
        {
            "p/__init__.py": "from filling import fill\nimport p.use\nfill(__name__)\n",
            "p/use.py": "from p import filled\n",
            "filling.py": "import sys\ndef fill(name): setattr(sys.modules[name], 'filled', 1)\n",
        },
        ("-c", "import p"),
        ("circular import: p → p.use → p\n",),
        ("nothing of that name",),
    ),
    "submodule-after-function": Case(
        {
            "pkg/__init__.py": "def load(path): ...\n",
            "pkg/load.py": "",
            "main.py": "import pkg.load\nfrom pkg import load\nload('a')\n",
        },
        ("main.py",),
        ("Not a circular import: pkg.load is the module pkg.load here.",),
    ),
    "module-in-place-of-its-class": Case(
        {"thing.py": "class thing: ...\n", "main.py": "import thing\nthing()\n"},
        ("main.py",),
        ("Not a circular import: thing is the module itself", "`from thing import thing`"),
    ),
    "through-getattr": Case(
        {
            "fury/__init__.py": "def __getattr__(name):\n    from importlib import import_module\n"
            "    try:\n        return getattr(import_module('fury.actor'), name)\n"
            "    except AttributeError as error:\n        raise AttributeError(name) from error\n",
            "fury/actor.py": "from fury import window\ndef sphere(): ...\n",
            "fury/window.py": "from fury import sphere\n",
        },
        ("-c", "import fury.actor"),
        (
            "circular import: fury.actor → fury.window → fury.actor\n",
            "whose `__getattr__` (line 1) has it from fury.actor",
        ),
        ("Not a circular import",),
    ),
    "getattr-without-end": Case(
        {
            "djx/__init__.py": "",
            "djx/parts/__init__.py": "def __getattr__(name):\n    from . import parts\n"
            "    return getattr(parts, name)\n",
            "djx/parts/parts.py": "def div(): ...\n",
            "djx/page.py": "from djx.parts import div\n",
        },
        ("-c", "import djx.page"),
        ("The `__getattr__` of djx.parts calls itself: `from . import parts` (line 2)",),
        ("Not a circular import",),
    ),
    "function-of-a-loading-module": Case(
        {
            "a.py": "def size():\n    return LIMIT\n\nimport b\nLIMIT = 1\n",
            "b.py": "import a\nSIZE = a.size()\n",
        },
        ("-c", "import a"),
        ("circular import: a → b → a\n", "size of a needs LIMIT", "line 5 would bind it"),
    ),
    "own-order": Case(
        {"a.py": "print(LIMIT)\nLIMIT = 1\n"},
        ("-c", "import a"),
        ("Not a circular import: line 2 of a binds LIMIT, below line 1",),
    ),
    "annotation-for-type-checkers": Case(
        {
            "a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import B\n"
            "from typing import get_type_hints\ndef f(x: 'B'): ...\nget_type_hints(f)\n",
            "b.py": "class B: ...\n",
        },
        ("-c", "import a"),
        ("Line 3 of a imports B for type checkers only",),
    ),
    "registry": Case(
        {
            "app/__init__.py": "",
            "app/a.py": "import app.b\nfrom app.reg import KINDS\nKINDS['a'] = 1\n",
            "app/b.py": "import app.a\nfrom app.reg import KINDS\nA = KINDS['a']\n",
            "app/reg.py": "KINDS = {}\n",
        },
        ("-c", "import app.a"),
        ("app.a",),
        ("Not a circular import",),
    ),
    "no-cycle": Case(
        {"a.py": "import b\n", "b.py": "1 / 0\n"},
        ("-c", "import a"),
        ("Not a circular import: of the modules that were loading (a → b), none is in an",),
    ),
    "raised-anew": Case(
        {
            "main.py": "try:\n    import a\nexcept ImportError as error:\n"
            "    raise RuntimeError(f'cannot load: {error}') from None\n",
            "a.py": "import b\nx = 1\n",
            "b.py": "from a import x\n",
        },
        ("main.py",),
        ("circular import: a → b → a\n",),
    ),
    "type-checking-set": Case(
        {
            "conf.py": "import typing\ntyping.TYPE_CHECKING = True\nimport a\n",
            "a.py": "import b\nclass A: ...\n",
            "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import A\n",
        },
        ("conf.py",),
        (
            "Line 3 of b stands under `if TYPE_CHECKING:` and ran all the same: line 2 of conf sets",
            "  - Leave `typing.TYPE_CHECKING` as it is.",
        ),
        ("put the import under",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_story(project: Write, run: Any, name: str) -> None:
    case = CASES[name]
    folder = project({"pyproject.toml": "", **case.files})
    done = subprocess.run(
        [sys.executable, "-B", *case.arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": case.path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, "the program has to fail"
    (folder / "log.txt").write_text(done.stderr, encoding="utf-8")
    out = run("explain", "log.txt").out
    for said in case.says:
        assert said in out
    for not_said in case.not_said:
        assert not_said not in out
