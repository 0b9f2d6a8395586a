"""A walk misses no part of a program, and goes in the order in which CPython evaluates."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from import_cycles.base.exhaustive import MissingCaseError
from import_cycles.syntax import steps as s
from import_cycles.syntax import walk
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget(min(sys.version_info[:2], (3, 13)), sys.platform)


def _everything(part: object) -> Iterator[object]:
    """All that is in a part, by the fields of the classes: knows no kind by name."""
    if isinstance(part, tuple):
        for each in part:
            yield from _everything(each)
    elif hasattr(part, "__match_args__"):
        yield part
        for name in part.__match_args__:
            yield from _everything(getattr(part, name))


def _walked(block: s.Block) -> Iterator[object]:
    for step in walk.every_step(block):
        yield step
        yield from walk.every_expression(walk.expressions(step))
        yield from walk.every_expression(walk.evaluated_annotations(step))


def _texts() -> Iterator[str]:
    folders = ((ROOT / "server", 5), (ROOT / "tests", 9), (Path(sysconfig.get_path("stdlib")), 61))
    for folder, every in folders:
        files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
        yield from (read_source(as_source_path(path)) or "" for path in files[::every])
    yield EVERY_KIND


EVERY_KIND = """\
import a
from b import *
x = y, *z = [*p, {1}, {2: 3, **q}, (4,)]
x += 1
x.y: "T" = x[1:2:3]
z[0]: int
del x, (y.z, w[1])
@deco(k=1, **kw)
def f(a=1, *, b=2, c, d: "D" = lambda e=3, *, f=4: e) -> int: ...
@deco
class C(Base, metaclass=Meta):
    async def m(self):
        async for i in self: await i
        async with i as j, k: yield j
        [n async for n in m if n if not m for m[o] in n]
    def n(self):
        yield from k
        return k
if a and b or not c: pass
elif a < b < c: pass
else: (w := f"{a!r} {b:>{c}} {d}")
while a if b else c:
    break
else: pass
for i, *j in k:
    continue
else: pass
try: g()
except (E, F) as e: raise
except G: raise H from e
else: assert a, b
finally: {k: v for k, v in l}
with a as (b, c), d: {r for r in s}; (t for t in u); ~v; a @ b
match a:
    case 1 | None | b.c: pass
    case [d, *e] as f if g: pass
    case {1: h, "k": 2, **i}: pass
    case K(j, l=[m, _]): pass
"""
EVERY_KIND += f"x = {'not ' * 300}y\n"


def test_every_kind_is_in_the_text_below() -> None:
    seen = {type(each) for each in _everything(summarize(EVERY_KIND, TARGET).summary.codes)}
    for kinds in (s.Step, s.Expression, s.Target, s.Pattern):
        missing = {kind.__name__ for kind in get_args(kinds) if kind not in seen}
        assert missing <= {"DefineTypeAlias"}


def test_nothing_is_missed() -> None:
    kinds = (*get_args(s.Step), *get_args(s.Expression))
    n_parts = 0
    for text in _texts():
        for code in summarize(text, TARGET).summary.codes:
            expected = [each for each in _everything(code.body) if isinstance(each, kinds)]
            found = list(_walked(code.body))
            assert sorted(map(id, found)) == sorted(map(id, expected)), text[:2000]
            n_parts += len(found)
    assert n_parts > 20_000


def test_blocks_know_their_role() -> None:
    text = (
        "class C:\n 1; a\nif b: c\nelse: d\ntry: e\nexcept E: f\nexcept F: g\nelse: h\nfinally: i\n"
        "with j: k\nwhile l: m\nelse: n\nfor o in p: q\nelse: r\nmatch s:\n case 1: t\n case _: u\n"
    )
    roles = [
        f"{role.value} {''.join(each.value.name for each in block)}"  # type: ignore[union-attr]
        for step in summarize(text, TARGET).summary.codes[0].body
        for role, block in walk.blocks(step)
    ]
    assert roles == [
        "class a", "body c", "orelse d", "body e", "handler f", "handler g", "orelse h",
        "finally i", "body k", "body m", "orelse n", "body q", "orelse r", "case t", "case u",
    ]  # fmt: skip


def test_scopes_end_at_classes() -> None:
    text = "if a:\n  x\n  class C:\n    y\n    if b: z\n  w\n"
    body = summarize(text, TARGET).summary.codes[0].body

    def evaluated(steps: Iterator[s.Step]) -> str:
        names = (each.value for each in steps if isinstance(each, s.Evaluate))
        return "".join(name.name for name in names if isinstance(name, s.Name))

    assert evaluated(walk.steps_of_scope(body)) == "xw"
    assert evaluated(walk.every_step(body)) == "xyzw"


# --- the order of evaluation ---------------------------------------------------------------

ORDERED = [
    "t(1)[t(2)] = t(0)", "t(1).a = t(2).b, t(3)[t(4)] = t(0), 1", "t(0).a += t(1)", "t(0)[t(1)] += t(2)",
    "t(1).a: t(2) = t(0)", "t(0)[t(1)]: t(2)", "x: t(1) = t(0)", "del t(0).a, (t(1)[t(2)], t(3).b)",
    "@t(0)\n@t(1)\ndef f(a: t(4)=t(2), *b: t(5), c: t(6)=t(3)) -> t(7): t(9)",
    "@t(0)\n@t(1)\nclass C(t(2).__class__, k=t(3)): t(4)", "for t(1)[t(2)] in t(0): t(3)",
    "with t(0) as t(1).a, t(2) as t(3)[t(4)]: t(5)", "assert t(0) is None, t(1)", "t(0)(t(1), *t(2), a=t(3), **t(4))",
    "t(0)[t(1):t(2):t(3)]", "t(0) and t(1) and t(2)", "t(1) if t(0) else t(9)", "t(0) < t(1) < t(2)", "t(0) + t(1) * t(2)",
    "{t(0): t(1), **t(2)}", "[t(0), *t(1), (t(2),), {t(3)}]", "f'{t(0)}{t(1):{t(2)}}'", "lambda a=t(0), *, b=t(1): t(9)",
    "[t(2) for t(1).a in t(0)]", "{t(4): t(5) for x in t(0) if t(1) for y in t(2) if t(3)}", "raise t(0).e from t(1).e",
    "match t(0):\n case t.no | t.no: pass\n case {t.no: 1}: pass\n case t.kind(a=1): pass\n case _ if t(1): t(2)",
    "t(2)[(y := t(3))] = (x := t(0)), t(1)",
    "try: raise LookupError\nexcept t(0).Never: pass\nexcept t(1).Error: t(2)\nelse: t(9)\nfinally: t(3)",
    "if t(0): t(1)\nelse: t(9)", "while t(0):\n  t(1)\n  break",
]  # fmt: skip


class _Flexible(dict):  # type: ignore[type-arg]
    """Allows everything that the texts do with it, and runs each loop once."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def __init_subclass__(cls, **_: object) -> None:
        return

    def __getattr__(self, name: str) -> object:
        return {"Error": LookupError, "Never": KeyboardInterrupt, "e": LookupError()}.get(name, 1)

    def __setattr__(self, name: str, value: object) -> None:
        return

    def __delattr__(self, name: str) -> None:
        return

    def __getitem__(self, key: object) -> object:
        return _Flexible()

    def __delitem__(self, key: object) -> None:
        return

    def __iter__(self) -> Iterator[object]:
        return iter([_Flexible()])

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)

    def __enter__(self) -> object:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, *arguments: object, **_: object) -> object:
        return arguments[0] if arguments else self

    def __format__(self, spec: str) -> str:
        return ""

    def __lt__(self, other: object) -> bool:
        return True

    def __add__(self, other: object) -> object:
        return self

    __iadd__ = __radd__ = __mul__ = __add__


@pytest.mark.parametrize("text", ORDERED)
def test_the_order_is_that_of_cpython(text: str) -> None:
    evaluated: list[int] = []

    class Trace:
        no = kind = int

        def __call__(self, number: int) -> object:
            evaluated.append(number)
            return _Flexible()

    with suppress(LookupError, AssertionError):
        exec(compile(text, "text", "exec", dont_inherit=True), {"t": Trace()})
    walked = [
        each.arguments[0].value
        for each in _walked(summarize(text, TARGET).summary.codes[0].body)
        if isinstance(each, s.Call)
        and isinstance(each.function, s.Name)
        and isinstance(each.arguments[0], s.Constant)
    ]
    # Numbers from 9 on stand where nothing is evaluated.
    assert sorted(evaluated) == list(range(len(evaluated))), "the text says the order"
    assert [number for number in walked if number in evaluated] == evaluated


def test_a_kind_that_is_left_out_is_told() -> None:
    with pytest.raises(MissingCaseError, match="no case for 'nothing'"):
        walk.blocks("nothing")  # type: ignore[arg-type]
