"""What may come out of a cache folder that others can write to."""

from __future__ import annotations

import os
import pickle
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from import_cycles.analysis.project import Project
from import_cycles.base.text import Site
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace import pickling
from import_cycles.workspace.pickling import UnreadableError, is_whole, packed, unpacked

TEXT = """\
import os, sys as s
from app import b as c, *
if TYPE_CHECKING:
    import é
class K(metaclass=M):
    x: int = s.version
    def method(self, *args: 'str') -> None:
        from . import late
        return [y for y in args if (z := y)]
@decorated
async def f(a=1, /, *, b=2):
    async with a as b: yield await c
def g(): return lambda: f()
"""


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.call


def _forged(thing: object) -> bytes:
    body = b"=" + pickle.dumps(thing)
    return zlib.crc32(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("is_small", [False, True])
def test_what_goes_in_comes_out(is_small: bool) -> None:
    summarized = summarize(TEXT, PythonTarget())
    assert unpacked(packed(summarized, is_small=is_small)) == summarized
    edge = ImportEdge("a", "b", "a", 3, When.RUNTIME, ImportFlag.STAR | ImportFlag.GUARDED)  # type: ignore[arg-type]
    things = [edge, {edge}, frozenset({Site(1, 2, 3, 4)}), MappingProxyType({1: "x"}), None, b"", 1]
    assert unpacked(packed(things, is_small=is_small)) == things


def test_objects_stay_the_same_object() -> None:
    edge = ImportEdge("a", "b", "a", 3, When.RUNTIME)  # type: ignore[arg-type]
    one, other, when = unpacked(packed((edge, edge, When.RUNTIME)))
    assert one is other
    assert when is one.when is When.RUNTIME


def test_deep_nesting() -> None:
    summarized = summarize("x = " + "(" * 80 + "1" + ",)" * 80 + "\n", PythonTarget())
    assert unpacked(packed(summarized)) == summarized
    nested: tuple[object, ...] = ()
    for _ in range(3000):
        nested = (nested,)
    assert unpacked(packed(nested)) is not None


@pytest.mark.parametrize(
    "thing",
    [
        Call(os.system, "echo no"),
        Call(subprocess.Popen, ["echo", "no"]),
        Call(eval, "1"),
        Call(getattr, "x", "upper"),
        Call(__import__, "os"),
        os.getcwd,
        Call,
        Call(pickle.loads, b"N."),
        Call(summarize, "import a", PythonTarget()),
    ],
    ids=lambda thing: getattr(getattr(thing, "call", (thing,))[0], "__name__", "?"),
)
def test_nothing_is_called(thing: object, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableError):
        unpacked(_forged(thing))
    assert capfd.readouterr().out == ""


def test_only_classes_that_the_core_defines() -> None:
    for name in (
        b"import_cycles.workspace.writing\nwrite_source",
        b"import_cycles.workspace.workspace\nWorkspace",
        b"import_cycles.analysis.project\nsuppress",
        b"import_cycles.analysis.project\n__builtins__",
        b"import_cycles.base.record\nrecord",
        b"import_cycles.base.record\nFunctionType",
        b"import_cycles.no_such\nThing",
        b"import_cycles.base.text\nSite.__init__",
        b"builtins\nobject",
    ):
        body = b"=c" + name + b"\n."
        with pytest.raises(UnreadableError):
            unpacked(zlib.crc32(body).to_bytes(4, "big") + body)


def _building_on(thing: object, attributes: dict[str, object]) -> bytes:
    """A pickle that sets attributes of a thing: pickle.py, `load_build`, "slotstate"."""
    named, state = pickle.dumps(thing), pickle.dumps((None, attributes))
    return named[:-1] + state[2:-1] + b"b."


@pytest.mark.parametrize(
    ("thing", "attributes"),
    [
        (Site, {"line": Site}),
        (Site, {"__init__": frozenset}),
        (Site, {"new": 1}),
        (Project, {"apply": Site}),
        (When, {"new": 1}),
        (When.RUNTIME, {"_value_": "typing"}),
        (When.RUNTIME, {"new": 1}),
        (ImportFlag.STAR, {"new": 1}),
        (ImportFlag.STAR | ImportFlag.BACK | ImportFlag.LAZY, {"new": 1}),
    ],
)
def test_nothing_is_set_on_what_the_process_shares(
    thing: object, attributes: dict[str, object]
) -> None:
    before = dict(vars(thing))
    for body in (_building_on(thing, attributes), _building_on(thing, attributes)[:-1]):
        whole = b"=" + body
        with pytest.raises(UnreadableError):
            unpacked(zlib.crc32(whole).to_bytes(4, "big") + whole)
        assert dict(vars(thing)) == before
    assert Site(1, 2, 3, 4) == unpacked(packed(Site(1, 2, 3, 4)))


def test_no_more_is_unpacked_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickling, "MAX_BYTES", 1_000_000)
    body = b"z" + zlib.compress(pickle.dumps(b" " * 200_000_000), 1)
    bomb = zlib.crc32(body).to_bytes(4, "big") + body
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="more than"):
        unpacked(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000
    with pytest.raises(UnreadableError, match="more than"):
        packed(b" " * 1_000_001)
    assert unpacked(packed(b" " * 900_000)) == b" " * 900_000


def test_what_cannot_be_kept_is_said() -> None:
    with pytest.raises(UnreadableError):
        packed(lambda: 1)


@pytest.mark.parametrize("damaged", [b"", b"1234", b"12345", packed(1)[:-1], packed(1) + b"x"])
def test_damage_is_noticed(damaged: bytes) -> None:
    assert not is_whole(damaged)
    with pytest.raises(UnreadableError):
        unpacked(damaged)
