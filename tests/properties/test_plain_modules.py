"""The shortcut for plain modules gives the same answer as the machine.

Random projects of modules that import one another in every spelling, now and then with something
else in them, are run with and without `simulate.plain_modules`.
"""

from __future__ import annotations

import os
from random import Random

import loading
import pytest

from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.plain_modules import PlainModules
from import_cycles.simulate.world import World

_N_PROJECTS = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 150


def random_project(random: Random) -> dict[str, str]:
    """The texts of a project by path."""
    packages = ["app", "app.sub", "app.space"][: random.randint(1, 3)]
    modules = [f"{random.choice(packages)}.m{number}" for number in range(random.randint(2, 7))]
    files = {
        f"{package.replace('.', '/')}/__init__.py": _text(random, package, True, modules, packages)
        for package in packages
        if package != "app.space"
    }
    for module in modules:
        files[f"{module.replace('.', '/')}.py"] = _text(random, module, False, modules, packages)
    return files


def _text(
    random: Random, name: str, is_package: bool, modules: list[str], packages: list[str]
) -> str:
    lines = [
        _definition(random, name, modules)
        if random.random() < 0.5
        else _import(random, name, is_package, random.choice([*modules, *modules, *packages]))
        for _ in range(random.randint(0, 1 if is_package else 5))
    ]
    if not is_package and random.random() < 0.8:
        # So that names that are asked for exist, sooner or later.
        lines += [f"def {name}(): pass" for name in ("f", "g", "K", "LIMIT")]
    if random.random() < 0.3:
        lines.insert(0, "from __future__ import annotations")
    return "\n".join(lines) + "\n"


def _import(random: Random, name: str, is_package: bool, target: str) -> str:
    package, _, leaf = target.rpartition(".")
    names = ["f", "g", "K", "LIMIT", leaf, "m0", "missing"]
    asked = random.choice(names[:5] if random.random() < 0.9 else names)
    here = name if is_package else name.rpartition(".")[0]
    match random.randrange(9):
        case 0:
            return f"import {target}"
        case 1:
            return f"import {target} as {random.choice(['f', 'other'])}"
        case 2 | 3 if package:
            return f"from {package} import {leaf}"
        case 4 if package == here:
            return f"from . import {leaf}"
        case 5 if package == here:
            return f"from .{leaf} import {asked}"
        case 6:
            return f"import os, {target}"
        case _:
            return f"from {target} import {asked} as {random.choice([asked, asked, 'h'])}"


def _definition(random: Random, name: str, modules: list[str]) -> str:
    bound, other = (random.choice(["f", "g", "K", "LIMIT", "m0"]) for _ in range(2))
    if random.random() < 0.5:
        return _richer_definition(random, bound, other, random.choice(modules))
    match random.randrange(60):
        case 0:
            return f"{bound} = len('ab')"
        case 1:
            return f"if {bound}:\n    import {random.choice(modules)}"
        case 2:
            return "def __getattr__(name):\n    return name"
        case 3:
            return f"from {random.choice(modules)} import *"
        case 4:
            return f"del {bound}"
        case 5:
            return "import collections.abc, numpy"
        case 6:
            return f"def {bound}():\n    import {random.choice(modules)}\n{bound}()"
        case 7:
            return f"class {bound}(LIMIT):\n    pass"
        case 8:
            return f"try:\n    import {random.choice(modules)}.g\nexcept ImportError:\n    pass"
        case 15 | 16 | 17 | 18:
            return _guarded(random, bound, random.choice(modules), random.choice(modules))
        case 9:
            return f"class {bound}(Exception):\n    x = 1\n    def __init__(self): pass"
        case 14:
            return f"class Holder:\n    global {bound}\n    {bound} = 1"
        case 10 | 11:
            return f"{bound} = ['a', 1]"
        case 12 | 13:
            return f"class {bound}:\n    'Text.'\n    def m(self): pass"
        case _:
            return f"def {bound}(x=None):\n    return 1"


def _guarded(random: Random, bound: str, module: str, other: str) -> str:
    caught = random.choice(
        ["ImportError", "ImportError", "Exception", "(ImportError, AttributeError)"]
    )
    body = random.choice(
        [
            f"import {module}",
            f"from {module} import {bound}",
            f"import {module}\n    from {other} import {bound}",
            f"{bound} = 1\n    import {module}",
            f"import {module}, numpy",
            f"import os\n    import {module} as {bound}",
        ]
    )
    otherwise = random.choice(["", "", f"else:\n    import {other}\n", f"else:\n    {bound} = 2\n"])
    if random.random() < 0.3:
        return f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {bound}: int\nelse:\n    {body}"
    return f"try:\n    {body}\nexcept {caught}:\n    {bound} = None\n{otherwise}"


def _richer_definition(random: Random, bound: str, other: str, module: str) -> str:
    match random.randrange(36):
        case 0 | 1:
            return f"{bound}: int = 1"
        case 2 | 3:
            return f"class {bound}(Exception):\n    x: int = 1\n    @property\n    def p(self): return {other}"
        case 4 | 5:
            return (
                "from dataclasses import dataclass\n@dataclass(frozen=True)\n"
                f"class {bound}:\n    x: int = 1\n    y: str\n    def m(self): return {other}, app"
            )
        case 6 | 7:
            return f"import logging\n{bound} = logging.getLogger(__name__)"
        case 8 | 9:
            return f"import typing as t\nif t.TYPE_CHECKING:\n    from {module} import {bound}"
        case 10 | 11:
            return "__all__ = ['f', 'K']\n__version__ = '1'"
        case 12 | 13:
            return f"{bound} = 1\n{other} = {bound}"
        case 14 | 15 | 16 | 17:
            return f"from {module} import K\nclass {bound}(K):\n    def m(self): return {other}"
        case 18 | 19 | 20:
            return f"class K:\n    x = 1\n    @classmethod\n    def m(cls): return {module}"
        case 21:
            return f"class K:\n    def __init_subclass__(cls):\n        import {module}"
        case 22:
            return f"class K({random.choice(['LIMIT', 'object', 'f', 'int'])}):\n    pass"
        case 23:
            return (
                f"import re, os\n{bound} = re.compile('a', flags=0)\n{other} = os.environ.get('x')"
            )
        case 24:
            return f"from importlib import import_module\n{bound} = import_module('{module}')"
        case 25:
            return f"import sys\n{bound} = sys.modules.pop('{module}', None)"
        case 26:
            return f"from collections import namedtuple\n{bound} = namedtuple('a', 'b c')"
        case 27:
            return f"def {bound}(x: int = 1, *, y: 'str' = str) -> dict: pass"
        case 28:
            return f"{random.choice(['property', 'int', 'object'])} = {random.choice(['1', bound])}"
        case 29:
            return f"class {bound}:\n    K = 1\n    LIMIT = K\n    g = {other}"
        case 30:
            return f"import collections\n{bound}: collections.abc.Iterable = ()"
        case 31:
            return f"from functools import lru_cache\n@lru_cache(maxsize=None)\ndef {bound}(): pass"
        case 32:
            return f"{bound}: {other} = 1"
        case 33:
            return f"class K:\n    pass\nclass {bound}(K):\n    pass\nclass K({bound}):\n    pass"
        case 34:
            return f"import abc\nclass {bound}(abc.ABC):\n    @abc.abstractmethod\n    def m(self): pass"
        case _:
            return f"{bound} = [1, (2, None)]\n{other} = {{'a': 1}}"


def _runs(world: World) -> dict[ModuleName, Run]:
    runs = Runs()
    simulate_into(runs, world, sorted(world.summaries), (), memory=Memory())
    return runs.entries


def _told(run: Run) -> object:
    return run.outcome, run.fallbacks, run.short_stars, frozenset(run.codes), run.put_up_with


@pytest.mark.parametrize("make", [random_project, loading.random_project], ids=["plain", "loading"])
def test_it_is_what_the_machine_finds(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    ask = PlainModules.run
    for seed in range(_N_PROJECTS):
        world = world_of(make(Random(seed)), (3, 12))  # type: ignore[operator]
        answers: dict[ModuleName, object] = {}

        def run(
            self: PlainModules,
            entry: ModuleName,
            machine: object,
            answers: dict[ModuleName, object] = answers,
        ) -> object:
            found = ask(self, entry, machine)  # type: ignore[arg-type]
            if found is not None:
                answers[entry] = found.outcome
            return found

        monkeypatch.setattr(PlainModules, "run", run)
        seen = _runs(world)
        monkeypatch.setattr(PlainModules, "run", lambda *_: None)
        wanted = _runs(world)
        for name, outcome in wanted.items():
            assert _told(seen[name]) == _told(outcome), f"seed {seed}: {name}"
        told += [type(each).__name__ for each in answers.values()]
    if make is random_project:
        # Otherwise the comparison would prove little.
        assert told.count("Loads") > _N_PROJECTS / 2
        assert told.count("Crashes") > _N_PROJECTS / 30
