"""Code that an operation runs may have changed what decides about a crash; CPython is the judge.

Each program imports a module that crashes, unless a method or function that an operation calls has
noted its call before. Where it has in CPython, the crash must not be called certain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path

from operations import GIVEN, HEAD, LOST, OPERATIONS, RESULTS, SHAPES, SPECIAL, THINGS, USES

from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate.machine import simulate
from import_cycles.simulate.outcome import Crashes

_DRIVER = """
import contextlib, importlib, io, json, logging, sys, warnings
logging.raiseExceptions = False
warnings.simplefilter("ignore")
found = {}
for name in json.load(sys.stdin):
    sys.modules.pop("late_" + name, None)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            module = importlib.import_module(name)
            found[name] = getattr(module, "hits", [])
        except BaseException as error:
            found[name] = None
json.dump(found, sys.__stdout__)
"""


def _run(
    folder: Path, files: Mapping[str, str], names: Iterable[str]
) -> dict[str, list[str] | None]:
    """What each module has noted while CPython loaded it; None if it failed."""
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        input=json.dumps(list(names)),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, list[str] | None] = json.loads(done.stdout)
    return found


def _class(methods: Iterable[str]) -> str:
    text = "hits = []\ndef note(name):\n    hits.append(name)\nclass F:\n    x = 1\n"
    for each in methods:
        result = RESULTS.get(each, "1")
        text += f"    def {each}(self, *a, **k):\n        note({each!r})\n        return {result}\n"
    return text


def _false_certainties(folder: Path, programs: Mapping[str, str]) -> tuple[int, list[str]]:
    """How many programs load in CPython, and those of them of which the crash is called certain."""
    files: dict[str, str] = {}
    for name, text in programs.items():
        files[f"{name}.py"] = f"{text}\nif not hits:\n    import late_{name}\nlate = 1\n"
        files[f"late_{name}.py"] = f"from {name} import late\n"
    loaded = [name for name, noted in _run(folder, files, programs).items() if noted is not None]
    world = world_of(files, sys.version_info[:2])
    wrong = [
        files[f"{name}.py"]
        for name in loaded
        if isinstance(simulate(world, ModuleName(name)), Crashes)
    ]
    return len(loaded), wrong


def test_methods_that_operations_run(tmp_path: Path) -> None:
    pairs = list(product(SHAPES.values(), OPERATIONS))
    every = _class(SPECIAL)
    probes = {
        f"probe{number}.py": f"{HEAD}{every}X = {shape}\nX2 = {shape}\nhits.clear()\n{operation}\n"
        for number, (shape, operation) in enumerate(pairs)
    }
    called = _run(tmp_path, probes, [path.removesuffix(".py") for path in probes])
    programs: dict[str, str] = {}
    for number, (shape, operation) in enumerate(pairs):
        noted = list(dict.fromkeys(called[f"probe{number}"] or ()))
        for some in dict.fromkeys((tuple(noted), tuple(noted[-1:]))) if noted else ():
            text = f"{HEAD}{_class(some)}X = {shape}\nX2 = {shape}\n{operation}"
            programs[f"m{len(programs)}"] = text
    n_loaded, wrong = _false_certainties(tmp_path, programs)
    assert n_loaded > 500
    assert wrong == []


def test_what_an_unknown_value_may_be(tmp_path: Path) -> None:
    programs: dict[str, str] = {}
    for (thing, other), lost, use in product(THINGS.values(), LOST.values(), USES):
        made = lost.replace("THING", thing).replace("OTHER", other)
        head = f"import os\n{_class(('hit', *SPECIAL))}def f(*a):\n    note('f')\n    return a\n"
        programs[f"m{len(programs)}"] = f"{head}{made}\n{use}"
    n_loaded, wrong = _false_certainties(tmp_path, programs)
    assert n_loaded > 500
    assert wrong == []


def test_what_code_outside_has_got(tmp_path: Path) -> None:
    head = (
        "class F: pass\ndef f(*a):\n    hits.append(1)\ndef g():\n    hits.append(1)\n    yield 1\n"
    )
    programs = {f"m{number}": f"{head}{text}" for number, text in enumerate(GIVEN)}
    n_loaded, wrong = _false_certainties(tmp_path, programs)
    assert n_loaded > 10
    assert wrong == []
