"""A text that was edited keeps its numbers, and says with them what it says with fresh ones."""

from __future__ import annotations

import ast
import os
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from programs import random_project
from writer import Flavour

from import_cycles.syntax.numbering import STEP
from import_cycles.syntax.renumbering import renumbered
from import_cycles.syntax.steps import Code, Hints
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

SEEDS = range(int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 40)
TARGET = PythonTarget()

_STATEMENTS = (
    "def {name}(a: int = 1) -> str:\n    def inner():\n        import os\n    return a.x\n",
    "@deco\ndef {name}():\n    @deco\n    def inner(): return lambda: 1\n    return inner\n",
    "{name} = first(second.third)\n",
    "{name} = lambda a=lambda: 1: a\n",
    "class {name}(Base):\n    x: int = 1\n    @property\n    def size(self): return self.x\n",
    "import {name}\n",
    "if {name}:\n    def other(): pass\nelse:\n    other = lambda: f(1)\n",
)
_NAMES = ("new", "other", "f0", "C0")


def _edited(random: Random, text: str) -> str:
    """The text with a statement more, or less, somewhere outside of functions."""
    lines = text.splitlines(keepends=True)
    blocks = [ast.parse(text)]
    blocks += [node for node in ast.walk(blocks[0]) if isinstance(node, ast.ClassDef)]  # type: ignore[misc]
    statements = [each for block in blocks for each in block.body]
    if not statements:
        return random.choice(_STATEMENTS).format(name="new")
    place = random.choice(statements)
    decorators = getattr(place, "decorator_list", ())
    start = min([place.lineno, *(each.lineno for each in decorators)]) - 1
    if random.random() < 0.4 and len(blocks[0].body) > 1 and place in blocks[0].body:
        return "".join((*lines[:start], *lines[place.end_lineno or 0 :]))
    added = random.choice(_STATEMENTS).format(name=random.choice(_NAMES))
    indent = " " * place.col_offset
    new = "".join(indent + line for line in added.splitlines(keepends=True))
    return "".join((*lines[:start], new, *lines[start:]))


def _plain(summarized: Summarized, thing: Any) -> object:
    """Plain data with places in the text for numbers."""

    def told(each: Any, code: int) -> object:
        if isinstance(each, Hints):
            mark = summarized.site(0, each.mark) if each.mark > 0 else each.mark
            texts = [
                (name, text, summarized.site(0, place)) for name, text, place in each.annotations
            ]
            return order[each.code], mark, texts
        if isinstance(each, (tuple, frozenset)):
            parts = [told(part, code) for part in each]
            return parts if isinstance(each, tuple) else sorted(map(repr, parts))
        names = getattr(each, "__match_args__", None)
        if not names:
            return each
        parts = []
        for name in names:
            value = getattr(each, name)
            if name == "mark":
                value = summarized.site(code, value)
            elif name == "decorator_marks":
                value = [summarized.site(code, mark) for mark in value]
            elif name == "code":
                value = order[value]
            elif name == "waiting":
                value = None
            else:
                value = told(value, code)
            parts.append(value)
        return type(each), parts

    order = {number: index for index, (number, _) in enumerate(summarized.summary.numbered())}
    if isinstance(thing, Code):
        number = next(n for n, code in summarized.summary.numbered() if code is thing)
        return told(thing, number)
    return told(thing, 0)


def _says(summarized: Summarized) -> object:
    summary = summarized.summary
    codes = [_plain(summarized, code) for code in summary.codes]
    return codes, _plain(summarized, summary.imports), _plain(summarized, summary.hints)


def _check(old: Summarized, text: str) -> Summarized:
    fresh = summarize(text, TARGET)
    new = renumbered(old, fresh)
    assert _says(new) == _says(fresh), text
    numbers = [number for number, _ in new.summary.numbered()]
    assert numbers[0] == 0
    assert all(one < other for one, other in pairwise(numbers)), text
    assert all(one < other for one, other in pairwise((0, *new.own_marks))), text
    assert renumbered(new, fresh) == new
    return new


@pytest.mark.parametrize("seed", SEEDS)
def test_random_edits(seed: int) -> None:
    random = Random(seed)
    files = random_project(random, random.choice(list(Flavour)))
    for text in files.values():
        old = summarize(text, TARGET)
        versions = [text]
        for _ in range(8):
            after = versions.pop() if len(versions) > 3 else _edited(random, versions[-1])
            if summarize(after, TARGET).exact:
                versions.append(after)
                old = _check(old, after)


_TEXT = """\
import os
def first(a: int) -> str:
    return lambda: a
@deco
class C(Base):
    x: int = f(1)
    def one(self): return g()
    def two(self):
        def inner(): return g()
        return inner
def last(b: "C"): return b.x
K = f(last)
"""


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("import os", "x = f(1)\n"),
        ("def first", "def new(a: int): pass\n"),
        ("@deco", "K1 = 1\nclass D:\n    def m(self): pass\n"),
        ("    def one", "    def new(self): return lambda: 1\n"),
        ("    def two", "    y = f(3)\n"),
        ("def last", "@deco\ndef new(): import os\n"),
        ("K =", "if a.b:\n    f()\n"),
    ],
)
def test_what_stands_around_keeps_its_numbers(before: str, added: str) -> None:
    old, text = summarize(_TEXT, TARGET), _TEXT.replace(before, f"{added}{before}", 1)
    new = _check(old, text)
    numbered = dict(new.summary.numbered())
    kept = {number: code for number, code in old.summary.numbered() if number}
    assert {number: code for number, code in numbered.items() if number in kept} == kept
    end = old.summary.codes[0].body[-1]
    assert new.summary.codes[0].body[-1] == end
    assert renumbered(new, summarize(_TEXT, TARGET)) == old


def test_where_there_is_no_room_all_numbers_are_fresh() -> None:
    text = "def f(): pass\ndef g(): pass\n"
    old = summarize(text, TARGET)
    are_fresh = []
    for count in range(STEP.bit_length() + 2):
        text = text.replace("def g", f"def f{count}(): pass\ndef g")
        old = _check(old, text)
        are_fresh.append(not old.summary.numbers)
    assert are_fresh.index(True) == STEP.bit_length() - 1
    assert not are_fresh[-1]
