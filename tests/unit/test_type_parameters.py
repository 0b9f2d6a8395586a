"""Type parameters (PEP 695) are names of the function or class that has them, and of nothing else."""

from __future__ import annotations

import sys

import pytest

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.machine import simulate
from import_cycles.simulate.outcome import Crashes, Loads, Outcome
from import_cycles.simulate.world import World
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is newer")


def _outcome(text: str) -> Outcome:
    target = PythonTarget((3, 12), sys.platform)
    path = SourcePath("/p/a.py")
    layout = build_layout((SourcePath("/p"),), (path,))
    name = ModuleName("a")
    return simulate(World(layout, {name: summarize(text, target)}, target), name)


GENERIC = """\
def deco(f): return f
@deco
def f[T: int, *Ts, **P](x: T, *y: *Ts, z: list[T] = []) -> P:
    def inner(T):
        return T
    return [T for _ in (inner(x), Ts)]
f(1)
class C[T](list[T]):
    x: T
    y = T
    def m[U](self, u: U) -> T:
        return T, U, lambda: (T, U)
C().m(1)[2]()
async def g[T](): return T
type A[T] = dict[T, A]
"""


def test_they_are_known_inside() -> None:
    exec(compile(GENERIC, "a.py", "exec"), {"__name__": "a"})
    assert isinstance(_outcome(GENERIC), Loads)


@pytest.mark.parametrize(
    "text",
    [
        "def f[T](): pass\nT\n",
        "def f[T](x=T): pass\n",
        "class C[T]: pass\nT\n",
        "@T\nclass C[T]: pass\n",
        "class C:\n    def m[T](self): pass\n    T\n",
        "def f[T](): return g()\ndef g(): return T\nf()\n",
    ],
)
def test_they_are_not_known_outside(text: str) -> None:
    with pytest.raises(NameError, match="'T'"):
        exec(compile(text, "a.py", "exec", dont_inherit=True), {"__name__": "a"})
    outcome = _outcome(text)
    assert isinstance(outcome, Crashes)
    assert (outcome.error, outcome.name) == ("NameError", "T")
