"""Who uses a name: every kind of place, and everything that makes the answer unknown."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from import_cycles.source.file import SourceFile, read_source
from import_cycles.source.statements import import_statements
from import_cycles.source.uses import FileUses, Moment, moment

LOADING, LATER, NEVER, ANNOTATION = (
    Moment.LOADING,
    Moment.LATER,
    Moment.NEVER,
    Moment.ANNOTATION,
)

PLACES = {
    "module level": ("X.a\n", [LOADING]),
    "class body": ("class A:\n    b = X\n", [LOADING]),
    "base": ("class A(X): pass\n", [LOADING]),
    "decorator": ("@X\ndef f(): pass\n", [LOADING]),
    "default": ("def f(a=X, *, b=X): pass\n", [LOADING, LOADING]),
    "comprehension": ("[X for a in b]\n", [LOADING]),
    "body": ("def f(): return X\n", [LATER]),
    "method": ("class A:\n    def f(self): return X\n", [LATER]),
    "lambda": ("a = lambda: X\n", [LATER]),
    "lambda default": ("a = lambda b=X: b\n", [LOADING]),
    "class in a function": ("def f():\n    class A(X): pass\n", [LATER]),
    "default in a function": ("def f():\n    def g(a=X): pass\n", [LATER]),
    "isinstance": ("def f(a): return isinstance(a, X)\n", [LATER]),
    "parameter": ("def f(a: X, *b: X, c: X = 1, **d: X) -> X: pass\n", [ANNOTATION] * 5),
    "module variable": ("a: X = 1\n", [ANNOTATION]),
    "class variable": ("class A:\n    a: X\n", [ANNOTATION]),
    "local variable": ("def f():\n    a: X = 1\n", [NEVER]),
    "attribute in a function": ("def f(self):\n    self.a: X = 1\n", [NEVER]),
    "attribute outside": ("a.b: X = 1\n", [ANNOTATION]),
    "quoted": ('def f(a: "X") -> Optional["list[X]"]: pass\n', [NEVER, NEVER]),
    "quoted in quotes": ("a: \"List['X']\"\n", [NEVER]),
    "literal": ('a: Literal["X"]\nb: "Literal[\'X\']"\n', []),
    "metadata": ('a: Annotated[int, "X", X]\n', [ANNOTATION]),
    "cast": ("def f(): return cast(X, cast('X', 1))\n", [LATER, NEVER]),
    "type variable": ('T = TypeVar("T", bound="X")\n', [NEVER]),
    "subscript outside of annotations": ('A = List["X"]\n', [NEVER]),
    "for type checkers": ("if TYPE_CHECKING:\n    Y = X\nelse:\n    Z = X\n", [NEVER, LOADING]),
    "match": ("match a:\n    case X.B: pass\n    case X(): pass\n", [LOADING, LOADING]),
    "exception": ("def f():\n    try: pass\n    except X: pass\n", [LATER]),
    "f-string": ("def f(): return f'{X}'\n", [LATER]),
    "generator": ("def f(): return (X for X2 in X)\n", [LATER, LATER]),
    "parameter of the same name": ("def f(X): return X\n", []),
    "local of the same name": ("def f():\n    return X\n    X = 1\n", []),
    "local import": ("def f():\n    from n import X\n    return X\n", []),
    "loop variable": ("def f():\n    for X in a: X\n", []),
    "closure": ("def f(X):\n    def g(): return X\n", []),
    "class scope is not seen by methods": (
        "class A:\n    X = 1\n    def f(self): return X\n",
        [LATER],
    ),
    "global": ("def f():\n    global X\n    return X\n", [LATER]),
    "attribute of the same name": ("a.X\nf(X=1)\n", []),
}


@pytest.mark.parametrize("case", PLACES)
def test_places(case: str) -> None:
    body, expected = PLACES[case]
    uses = FileUses(SourceFile(f"from typing import TYPE_CHECKING\nfrom m import X\n{body}")).of(
        "X"
    )
    assert not uses.unknown
    assert [moment(read) for read in uses.reads] == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 is for Python 3.12 and later")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("type A = X\n", [NEVER]),
        ("def f[T: X](a: X, b=X): pass\n", [LOADING, NEVER, ANNOTATION]),
        ("class A[T](X): pass\n", [LOADING]),
        ("class A[T]:\n    def f(self) -> X: return X\n", [ANNOTATION, LATER]),
    ],
)
def test_type_parameters(body: str, expected: list[Moment]) -> None:
    uses = FileUses(SourceFile(f"from m import X\n{body}")).of("X")
    assert not uses.unknown
    assert [moment(read) for read in uses.reads] == expected


UNKNOWN = {
    "globals": ("def f(): globals()['X']\n", "globals"),
    "eval": ("eval('X')\n", "eval"),
    "exec": ("def f(): exec('X')\n", "exec"),
    "locals of the module": ("locals()['X']\n", "locals"),
    "its own module": ("sys.modules[__name__]\n", "sys.modules"),
    "star-import": ("from n import *\n", "star-import"),
    "class reads and binds": ("class A:\n    X: X = None\n", "class"),
    "comprehension": ("[X for X in a]\n", "comprehension"),
    "odd annotation": ("a: 'X Y'\n", "no expression"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown(case: str) -> None:
    body, reason = UNKNOWN[case]
    assert reason in FileUses(SourceFile(f"from m import X\n{body}")).of("X").unknown


def test_locals_of_a_function_do_not_see_the_module() -> None:
    assert not FileUses(SourceFile("from m import X\ndef f(): locals()\n")).of("X").unknown


def test_other_mentions() -> None:
    text = (
        'from m import X, Y\n__all__ = ["X"]\n__all__ += ["Z"]\n'
        'def f():\n    """Doc.\n\n    >>> Y(1)\n    """\n'
        "a = []  # type: list[X]\nb = 1  # type: ignore[X]\nX = 2\ndel Y\n"
    )
    uses = FileUses(SourceFile(text))
    assert uses.exported == {"X", "Z"}
    assert uses.of("X").in_all
    assert not uses.of("Y").in_all
    assert uses.of("Y").doctests == (6,)
    assert uses.of("X").type_comments == (8,)
    assert len(uses.of("X").bindings) == 2
    assert len(uses.of("Y").bindings) == 2


def test_what_cannot_be_pointed_at_has_no_span() -> None:
    text = "from m import X\na: 'X\\x20'\nb: 'X' ' | X'\nc: \"List['X']\"\n"
    uses = FileUses(SourceFile(text)).of("X")
    assert not uses.unknown
    assert [read.span for read in uses.reads] == [None] * 4


def test_spans_and_attributes() -> None:
    text = "\ufeffimport m.n\r\n\fé = 1; m . n.x()\r\ndef f(a: 'm.n.Y'): f'{m.n.z}'\r\n"
    file = SourceFile(text)
    reads = FileUses(file).of("m").reads
    assert [read.attributes for read in reads] == [("n", "x"), ("n", "Y"), ("n", "z")]
    assert [read.span and file.slice(read.span) for read in reads[:2]] == ["m", "m"]
    assert [read.chain and file.slice(read.chain) for read in reads[:2]] == ["m . n.x", "m.n.Y"]
    assert reads[2].in_f_string


def _standard_library() -> list[Path]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    return sorted(folder.glob("[a-h]*.py")) + sorted((folder / "asyncio").glob("*.py"))


def test_symtable_agrees_on_the_standard_library() -> None:
    """Both analyses say the same of every imported name of a hundred real files."""
    names = 0
    for path in _standard_library():
        file = read_source(path.read_text("utf-8"))
        assert file is not None
        uses = FileUses(file)
        for statement in import_statements(file):
            if not statement.is_top_level:
                continue
            for name in statement.bound_names():
                names += 1
                assert "not clear" not in uses.of(name).unknown, f"{name} in {path}"
    assert names > 400
