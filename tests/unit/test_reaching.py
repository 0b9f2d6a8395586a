"""From which statements a name has its value in the end: never fewer than CPython finds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random
from types import CodeType
from typing import Any

import pytest

from import_cycles.simulate.bindings import ModuleBindings, Way
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import bindings
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.syntax.walk import every_step

TARGET = PythonTarget(sys.version_info[:2], sys.platform)
ANYTHING = -1


class _Judge:
    """Knows literals; a block of nothing but assignments of literals cannot fail."""

    def __init__(self, brings: bool | None = None) -> None:
        self._brings = brings

    def truth(self, test: s.Expression) -> bool | None:
        return bool(test.value) if isinstance(test, s.Constant) else None

    def may_fail(self, block: s.Block) -> bool:
        return not all(
            isinstance(each, s.Assign) and isinstance(each.value, s.Constant) for each in block
        )

    def brings(self, star: s.Import, name: str) -> bool | None:
        return self._brings


def _label(way: Way) -> object:
    """The number in a way; its kind where it has none."""
    if isinstance(way.value, s.Constant):
        return way.value.value
    if isinstance(way.step, s.DefineClass):
        inner = way.step.body[0]
        assert isinstance(inner, s.Assign) and isinstance(inner.value, s.Constant)
        return inner.value.value
    return type(way.step).__name__


def _reaching(text: str, *, judge: _Judge | None = None, at_any_time: bool = False) -> list[object]:
    module = ModuleBindings(summarize(text, TARGET).summary)
    ways = module.reaching("x", judge or _Judge(), at_any_time=at_any_time)
    return sorted({_label(way) for way in ways}, key=str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", [1]),
        ("x = 1\nx = 2", [2]),
        ("y = 1", []),
        ("x: int", []),
        ("x = 1\nx: int", [1]),
        ("x = 1\ndel x", []),
        ("x = 1\ndel x\nx = 2", [2]),
        ("x = 1\nif a: del x", [1]),
        ("x = 1\nif a: x = 2", [1, 2]),
        ("x = 1\nif a: x = 2\nelse: x = 3", [2, 3]),
        ("x = 1\nif a: x = 2\nelse: raise E", [2]),
        ("x = 1\nif a: raise E\nif b: x = 2", [1, 2]),
        ("x = 1\nif True: x = 2\nelse: x = 3", [2]),
        ("x = 1\nif 0: x = 2", [1]),
        ("x = 1\nif a:\n if b: x = 2\n else: raise E\nelse: raise E", [2]),
        ("x = 1\nfor a in b: x = 2", [1, 2]),
        ("x = 1\nfor a in b:\n x = 2\n if c: break\n x = 3", [1, 2, 3]),
        ("x = 1\nfor x in b: pass", [1, "For"]),
        ("x = 1\nfor x in (2, 3): pass", [3]),
        ("x = 1\nfor x in (2, 3):\n if a: break", [2, 3]),
        ("x = 1\nfor y, x in [(0, 2)]: pass", [2]),
        ("x = 1\nwhile a: x = 2\nelse: x = 3", [1, 2, 3]),
        ("x = 1\nwith a: x = 2", [1, 2]),
        ("x = 1\nwith a as x: pass", ["With"]),
        ("try: x = 1\nexcept E: x = 2", [1]),
        ("try: x = f()\nexcept E: x = 2", [2, "Assign"]),
        ("x = 1\ntry: f()\nexcept E: x = 2", [1, 2]),
        ("x = 1\ntry:\n x = 2\n f()\nexcept E: pass", [1, 2]),
        ("x = 1\ntry:\n x = 2\n f()\n x = 3\nexcept E: pass", [1, 2, 3]),
        ("x = 1\ntry:\n f()\n x = 2\nexcept E: raise", [2]),
        ("x = 1\ntry: f()\nexcept E: x = 2\nelse: x = 3", [2, 3]),
        ("x = 1\ntry: f()\nexcept E: x = 2\nfinally: x = 3", [3]),
        ("x = 1\ntry: x = 2\nfinally: f()", [2]),
        ("x = 1\ntry: f()\nexcept E as x: pass", [1]),
        ("try: f()\nexcept E as x: x = 1", []),
        ("try: f()\nexcept (x := E): pass", ["Try"]),
        ("x = 1\nmatch a:\n case 1: x = 2\n case _: x = 3", [2, 3]),
        ("x = 1\nmatch a:\n case 1: x = 2", [1, 2]),
        ("x = 1\nmatch 5:\n case [x]: pass\n case x: pass", [1, 5, "Match"]),
        ("x = 1\nx += 1", ["AugmentedAssign"]),
        ("x = 1\nif (x := 2): pass", [1, 2]),
        ("x = 1\n[(x := 2) for a in b]", [1, 2]),
        ("x = 1\n[x for x in b]", [1]),
        ("x = 1\ndef f(): x = 2", [1]),
        ("x = 1\nclass C: x = 2", [1]),
        ("x = 1\nclass C:\n global x\n x = 2", [1, 2]),
        ("x = 1\nclass x: n = 2", [2]),
        ("y, x = 1, 2", [2]),
        ("(y, [x, *z]), w = (1, (2, 3)), 4", [2]),
        ("*y, x = a, 1, 2", [2]),
        ("x, y = 1, *a", [1]),
        ("x, y = *a, 1", ["Assign"]),
        ("x, y = 1, 2, 3", ["Assign"]),
        ("x, y = {1, 2}", ["Assign"]),
        ("import a.b as x", ["Import"]),
        ("x = 1\nimport x.y", ["Import"]),
        ("from typing import TYPE_CHECKING\nx = 1\nif TYPE_CHECKING: import x", [1]),
        ("import importlib\nx = 1\nimportlib.import_module('x')", [1]),
    ],
)
def test_which_statements_reach_the_end(text: str, expected: list[object]) -> None:
    assert _reaching(text) == expected


@pytest.mark.parametrize(
    ("brings", "expected"), [(True, ["Import"]), (None, [1, "Import"]), (False, [1])]
)
def test_star_imports(brings: bool | None, expected: list[object]) -> None:
    assert _reaching("x = 1\nfrom a import *", judge=_Judge(brings)) == expected
    assert _reaching("from a import *\nx = 1", judge=_Judge(brings)) == [1]


def test_at_any_time_nothing_is_replaced() -> None:
    text = "x = 1\nx = 2\ntry: f()\nexcept E as x: raise\nif 0: x = 3\ndel x\nclass x: n = 4\n"
    assert _reaching(text) == [4]
    assert _reaching(text, at_any_time=True) == [1, 2, 4, "Try"]


def test_functions_that_declare_a_name_global() -> None:
    text = "x = 1\ndef f():\n def g():\n  global x, y\n  x = 2\n"
    summary = summarize(text, TARGET).summary
    module = ModuleBindings(summary)
    (inner,) = (number for number, code in summary.numbered() if code.name == "g")
    assert (module.setters("x"), module.setters("z")) == ([inner], [])
    assert module.may_change("x")


def test_names_that_may_change() -> None:
    text = "a = 1\nb = 1\nb = 2\nif a: c = 1\nimport d\nfrom e import *\n"
    module = ModuleBindings(summarize(text, TARGET).summary)
    assert {name for name in "abcdxyz" if module.may_change(name)} == {"b", "c"}


# --- random programs -----------------------------------------------------------------------


class Boom(Exception):  # noqa: N818 - an event, not an error
    pass


class Swallow:
    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, value: object, _: object) -> bool:
        return isinstance(value, Boom)


class _Writer:
    """Writes a module that binds `x` to another number in each place."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._number = 0

    def _fresh(self) -> int:
        self._number += 1
        return self._number

    def block(self, depth: int, *, in_loop: bool = False, in_handler: bool = False) -> list[str]:
        lines: list[str] = []
        for _ in range(self._random.randint(1, 3)):
            lines += self._statement(depth, in_loop=in_loop, in_handler=in_handler)
        return lines

    def _statement(self, depth: int, *, in_loop: bool, in_handler: bool) -> list[str]:
        if depth and self._random.random() < 0.6:
            return self._compound(depth - 1, in_loop=in_loop, in_handler=in_handler)
        simple: list[str] = [
            "x = {}", "x = {}", "y, x = 0, {}", "y = x = {}", "x: int = {}", "(x := {})", "*y, (x, z) = 0, ({}, 0)",
            "for x in ({},): pass", "class x: n = {}", "o() and (x := {})", "[(x := {}) for y in r()]",
            "for x in ({}, 0): o()", "boom()", "raise Boom", "try: del x\nexcept NameError: pass", "y = f(x := {})",
            "for x in ({},):\n  if o(): break", "match {}:\n  case x if o(): pass",
        ]  # fmt: skip
        if in_loop:
            simple += ["break", "continue"]
        if in_handler:
            simple.append("raise")
        return self._random.choice(simple).format(self._fresh()).split("\n")

    def _compound(self, depth: int, *, in_loop: bool, in_handler: bool) -> list[str]:
        def inner(**inside: bool) -> list[str]:
            known = {"in_loop": in_loop, "in_handler": in_handler}
            return [f"  {line}" for line in self.block(depth, **{**known, **inside})]

        match self._random.randrange(9):
            case 0 | 1:
                orelse = ["else:", *inner()] if self._random.random() < 0.6 else []
                test = self._random.choice(["o()", "o()", "o()", "True", "0"])
                return [f"if {test}:", *inner(), *orelse]
            case 2:
                return ["while o():", *inner(in_loop=True), "else:", *inner()]
            case 3:
                head = self._random.choice(["for y in r():", f"for x in ({self._fresh()}, 0):"])
                return [head, *inner(in_loop=True), "else:", *inner()]
            case 4:
                return ["with Swallow():", *inner()]
            case 5:
                number = self._fresh()
                last = self._random.choice(["_", f"{number}", "x", "z if o()"])
                return [
                    f"match {number}:", " case 0:", *inner(), f" case {number} if o():", *inner(),
                    f" case {last}:", *inner(),
                ]  # fmt: skip
            case 6:
                # Newer compilers warn of `break` and `continue` in `finally`.
                return ["try:", *inner(), "finally:", *inner(in_loop=False)]
            case _:
                name = self._random.choice(["", " as x", " as e"])
                orelse = ["else:", *inner()] if self._random.random() < 0.4 else []
                final = ["finally:", *inner(in_loop=False)] if self._random.random() < 0.3 else []
                return ["try:", *inner(), f"except Boom{name}:", *inner(in_handler=True), *orelse, *final]  # fmt: skip


class _Run:
    """One run of a program; `seen` has the numbers that `x` had on the way."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._fuel = 60
        self.seen: set[object] = set()
        self.names: dict[str, Any] = {
            "o": self._chance, "boom": self._boom, "r": lambda: range(random.randrange(3)),
            "f": lambda x: x, "Boom": Boom, "Swallow": Swallow,
            # Python 3.10 does not make it for annotations in a `match`.
            "__annotations__": {},
        }  # fmt: skip

    def _chance(self) -> bool:
        self._fuel -= 1
        return self._fuel > 0 and self._random.random() < 0.5

    def _boom(self) -> None:
        if self._chance():
            raise Boom

    def ends_well(self, code: CodeType) -> bool:
        sys.settrace(lambda frame, *_: self._trace if frame.f_code is code else None)
        try:
            exec(code, self.names)
        except Boom:
            return False
        finally:
            sys.settrace(None)
        self._note()
        return True

    def _trace(self, *_: object) -> Callable[..., Any]:
        self._note()
        return self._trace

    def _note(self) -> None:
        if "x" in self.names:
            value = self.names["x"]
            self.seen.add(getattr(value, "n", value if isinstance(value, int) else ANYTHING))


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed: int) -> None:
    random = Random(seed)
    n_runs = 0
    for _ in range(12):
        text = "".join(f"{line}\n" for line in _Writer(random).block(3))
        reaching, ever = _reaching(text), _reaching(text, at_any_time=True)
        code = compile(text, "text", "exec")
        for _ in range(12):
            run = _Run(random)
            if run.ends_well(code):
                n_runs += 1
                last = {getattr(run.names[x], "n", run.names[x]) for x in ("x",) if x in run.names}
                assert last <= {*reaching}, f"{last} not in {reaching}\n{text}"
            exceptions = [ANYTHING] if "Try" in ever else []
            assert run.seen <= {*ever, *exceptions}, f"{run.seen} {ever}\n{text}"
    assert n_runs > 10


def test_every_form_is_found_in_its_block() -> None:
    """The index of a module agrees with the module's steps."""
    random = Random(1)
    for _ in range(30):
        text = "".join(f"{line}\n" for line in _Writer(random).block(3))
        summary = summarize(text, TARGET).summary
        named = {b.name for step in every_step(summary.codes[0].body) for b in bindings(step, ())}
        found = ModuleBindings(summary).places(summary.codes[0].body).keys()
        assert named - {"n"} <= found
