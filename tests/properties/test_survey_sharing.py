"""Surveys that share what calls do find what they find when each call is executed on its own.

Random libraries of decorators and helpers, whose modules call them with texts, functions and
classes of their own. `IMPORT_CYCLES_FUZZ=500` tries that many.
"""

from __future__ import annotations

import gc
import os
import sys
from random import Random
from types import FrameType

import pytest

from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate import machine
from import_cycles.simulate.call_effects import CallEffects
from import_cycles.simulate.journal import Journal
from import_cycles.simulate.machine import Machine
from import_cycles.simulate.outlines import NotAbstractable
from import_cycles.simulate.recorder import Recorder
from import_cycles.simulate.survey import Executed, SurveyMemo, survey
from import_cycles.simulate.world import World
from import_cycles.syntax.target import PythonTarget

SEEDS = range(int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 60)
TARGET = PythonTarget((3, 12), sys.platform)
TEXTS = ("x", "y", "p.x", "", "a.b.c", "x1", "Q")
N_CALLERS = 5


class _Writer:
    """Writes one library and the modules that call it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.n_imports = 0

    def found(self) -> str:
        self.n_imports += 1
        return f"import found{self.n_imports}"

    def text(self) -> str:
        return repr(self.random.choice(TEXTS))

    def expression(self, text: str) -> str:
        """A text that is made of another one."""
        known = self.text()
        return self.random.choice(
            (
                text,
                f"{text}.upper()",
                f"'{{}}.{{n}}'.format({text}, n={known})",
                f"'{{n}}-{{n}}'.format(n={text})",
                f"{known}.replace('x', {text})",
                f"'.'.join([{known}, {text}])",
                f"{text}.join([{known}, 'z'])",
                "'.'.join([])",
                f"{text}.split(sep='.')[0]",
                f"{text}.rsplit('.', maxsplit=1)[-1]",
                f"{text}.replace({text}, {known})",
                f"f'{{{text}}}.q'" if text.isidentifier() else text,
                f"{text} + {known}",
            )
        )

    def test(self, text: str, thing: str) -> str:
        made = self.expression(self.expression(text) if self.random.random() < 0.3 else text)
        reached = eval(made, {"text": self.random.choice(TEXTS)})
        return self.random.choice(
            (
                f"{made} == {reached!r}",
                f"{made} in ({reached!r}, {self.text()})",
                f"{made}.startswith({self.text()})",
                f"{self.text()} in {made}",
                f"{made}.endswith({text})",
                f"len({made}) > {self.random.randrange(8)}",
                f"{made}",
                f"'{{}}.{{}}'.format(os.getpid(), {text}) == {self.text()}",
                f"'.'.join([{text}, os.name]) == {self.text()}",
                f"'.'.join(os.environ) == {text}",
                f"hasattr({thing}, 'marked')",
                f"{thing}.__name__ == 'C'",
            )
        )

    def helper(self, name: str, others: list[str]) -> list[str]:
        lines = [f"def {name}(thing, text=''):"]
        for _ in range(self.random.randint(1, 3)):
            action = self.random.choice(
                (
                    self.found(),
                    "thing.marked = text",
                    "inspect.unwrap(thing)",
                    "inspect.signature(thing)",
                    "thing()",
                    *(f"{other}(thing, {self.expression('text')})" for other in others),
                )
            )
            if self.random.random() < 0.7:
                lines += [f"    if {self.test('text', 'thing')}:", f"        {action}"]
            else:
                lines.append(f"    {action}")
        lines.append(f"    return {self.random.choice(('thing', 'thing', 'text'))}")
        return lines

    def decorator(self, name: str, helper: str) -> list[str]:
        inner = self.random.choice(
            (
                "return thing",
                "def wrapper(*a):\n            return thing(*a)\n        return wrapper",
            )
        )
        return [
            f"def {name}(text=''):",
            "    def deco(thing):",
            f"        {helper}(thing, {self.expression('text')})",
            f"        {inner}",
            "    return deco",
        ]

    def caller(self, helpers: list[str], decorators: list[str]) -> str:
        lines = [f"from lib import {', '.join((*helpers, *decorators))}"]
        for number in range(self.random.randint(1, 3)):
            if self.random.random() < 0.6:
                lines.append(f"@{self.random.choice(decorators)}({self.text()})")
            if self.random.random() < 0.5:
                lines += [f"def f{number}():", f"    {self.found()}"]
                lines += ["    return 'x'"]
            else:
                lines += [f"class {self.random.choice('CD')}:", "    marked = 1"][:2]
            if self.random.random() < 0.4 and lines[-1] == "    return 'x'":
                lines.append(f"f{number}()")
        lines += ["def g():", f"    {self.found()}"]
        lines.append(f"{self.random.choice(helpers)}(g, {self.text()})")
        return "\n".join(lines) + "\n"

    def project(self) -> dict[str, str]:
        helpers: list[str] = []
        library = ["import inspect, os"]
        for number in range(3):
            library += self.helper(f"helper{number}", helpers)
            helpers.append(f"helper{number}")
        decorators = ["one", "two"]
        for decorator in decorators:
            library += self.decorator(decorator, self.random.choice(helpers))
        files = {"lib.py": "\n".join(library) + "\n"}
        for number in range(N_CALLERS):
            files[f"m{number}.py"] = self.caller(helpers, decorators)
        return files


def _surveys(world: World) -> dict[str, tuple[Executed, ...]]:
    memo = SurveyMemo()
    memo.drop(world, (), ())
    names = [f"m{number}" for number in range(N_CALLERS)]
    return {name: survey(world, ModuleName(name), memo).executed for name in names}


def _refuse(*arguments: object) -> None:
    raise NotAbstractable


@pytest.mark.parametrize("seed", SEEDS)
def test_sharing_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = _Writer(Random(seed)).project()
    world = world_of(files)
    shared = _surveys(world)
    with monkeypatch.context() as patch:
        patch.setattr(CallEffects, "run", _refuse)
        alone = _surveys(world)
    assert shared == alone, "\n".join(f"# {name}\n{text}" for name, text in files.items())


def test_machines_do_not_wait_for_the_garbage_collector() -> None:
    """Of a thousand surveys, they were half of the memory that a command took."""
    worlds = [world_of(_Writer(Random(seed)).project()) for seed in range(20)]
    gc.collect()
    gc.disable()
    try:
        for world in worlds:
            _surveys(world)
        left = [each for each in gc.get_objects() if isinstance(each, Machine | Recorder | Journal)]
        frames = [each for each in gc.get_objects() if isinstance(each, FrameType)]
    finally:
        gc.enable()
    assert not left
    # A traceback that an exception keeps holds the frames of the machine.
    assert not [each for each in frames if each.f_code.co_filename == machine.__file__]
