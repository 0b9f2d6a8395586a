"""Texts that were made to be slow cost as much as others of their size.

None of these asks for a time: where a cost is a power of the size, the test does not end.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.syntax.scan import Scanner
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

_TOP, _FILE = SourcePath("/p"), SourcePath("/p/a.py")
_BLANKS = " " * 400_000


def _calls_of(act: Callable[[], object]) -> int:
    calls = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "text",
    [
        f"import a  # import-cycles:{_BLANKS}",
        f"import a  # import-cycles: ignore{_BLANKS}x",
        f"import a{_BLANKS}# import-cycles: ignore",
        f"import a  #{_BLANKS}import-cycles: ignore[cycle{_BLANKS}]",
        f"from{_BLANKS}.{_BLANKS}b{_BLANKS}import{_BLANKS}a",
        "import a  " + "# import-cycles:" * 20_000,
        "import a; " * 20_000,
    ],
    ids=range(7),
)
def test_blanks_and_repetitions(text: str) -> None:
    Scanner().scan(text)
    assert summarize(f"{text}\n", PythonTarget()).summary.imports


@pytest.mark.parametrize(
    "form",
    [
        "import {}", "import a.{}", "import x, {} as b", "from {} import x", "import a\na.{}", "from . import a\na.{}.x",
        "import importlib\nimportlib.import_module('{}')", "import importlib\nx = 'a.{}'\nimportlib.import_module(x)",
    ],
)  # fmt: skip
def test_a_name_of_many_parts(form: str) -> None:
    """In time and in memory, it costs what its length does: a text of 70 kB might fill the machine."""
    text = form.format(".".join(f"part{number}" for number in range(8000)))
    project = Project()
    tracemalloc.start()
    try:
        project.apply(Change({_FILE: text}, layout=build_layout([_TOP], [_FILE])))
        project.settle()
        scan = Scanner().scan(text)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert scan.stretches
    assert {each.code for each in project.snapshot.findings.get(_FILE, ())} <= {"self-import"}


def test_a_chain_of_branches_in_a_broken_text() -> None:
    def chain(length: int) -> str:
        branches = (f"elif a == {number}:\n    import m{number}\n" for number in range(length))
        return f"if a:\n    import m\n{''.join(branches)}else:\n    import n\n("

    def recover(length: int) -> None:
        assert len(summarize(chain(length), PythonTarget()).summary.imports) == length + 2

    recover(2)
    few, many = (_calls_of(lambda length=length: recover(length)) for length in (200, 800))  # type: ignore[misc]
    assert many < 5 * few


def _chain(length: int) -> str:
    branches = (f"elif n == {number}:\n    n = f({number})\n" for number in range(length))
    return f"import os, b\nn = os.getpid()\nif n:\n    import b\n{''.join(branches)}"


@pytest.mark.parametrize("form", ["{}", "import b\ndef f(n):\n    {}", "class C:\n    {}"])
def test_a_chain_of_branches_is_no_syntax_error(form: str) -> None:
    text = form.format(_chain(1000).replace("\n", "\n    " if "\n" in form else "\n"))
    is_exact = [summarize(each, PythonTarget()).exact for each in (text, f"{text}break\n")]
    assert is_exact == [True, False]
    _in_a_cycle(text)


def test_a_chain_of_branches_costs_what_its_branches_cost() -> None:
    _in_a_cycle(_chain(10))
    few, many = (
        _calls_of(lambda length=length: _in_a_cycle(_chain(length))) for length in (200, 800)
    )  # type: ignore[misc]
    assert many < 5 * few


_DEEP = {
    "sum": " + ".join(["'a'"] * 600),
    "attributes": f"b{'.a' * 600}",
    "calls": f"b{'()' * 600}",
    "items": f"b{'[0]' * 600}",
    "not": f"{'not ' * 600}b",
    "minus": f"{'-' * 600}b",
    "choices": f"{'1 if b else ' * 600}2",
    "lambdas": f"{'lambda: ' * 400}b",
    "brackets": f"{'[' * 190}b{'.a]' * 190}",
}


@pytest.mark.parametrize("deep", _DEEP.values(), ids=_DEEP)
@pytest.mark.parametrize(
    "form",
    [
        "import b\nx = {}\n", "import b\ndef f():\n    {}\nf()\n", "import b\ndef f(x={}): pass\n",
        'import b\nx: "{}" = 1\n', "import b\nclass C:\n    def f(self):\n        {}\nC().f()\n",
        "import b\n__all__ = {}\n", "import b\n@{}\ndef f(): pass\n",
    ],
)  # fmt: skip
def test_what_is_nested_deeply(deep: str, form: str) -> None:
    text = form.format(deep)
    assert summarize(text, PythonTarget()).exact
    found = _in_a_cycle(text, text.replace("b", "b ", 1), f"{text}x = 1\n")
    assert found


def test_what_python_itself_cannot_read_is_said_to_be_deep() -> None:
    project = _in_a_cycle(f"import b\nx = b{'.a' * 90_000}\n")
    (problem,) = project.snapshot.problems[_FILE]
    assert "nested too deeply" in problem.message
    assert "syntax error" not in problem.message
    assert project.snapshot.findings


def _in_a_cycle(*texts: str) -> Project:
    """A module with these texts, one after another, imports one that imports it."""
    other = SourcePath("/p/b.py")
    project = Project()
    project.apply(Change({other: "import a\n"}, layout=build_layout([_TOP], [_FILE, other])))
    for text in texts:
        project.apply(Change({_FILE: text}))
        project.settle()
    assert project.snapshot.findings
    return project


@pytest.mark.parametrize(
    "line",
    [
        "import .",
        "import .x",
        "import ..a.b as c",
        "import a as .",
        "import ,",
        "import a.",
        "import . as b",
    ],
)
def test_an_import_that_is_half_typed(line: str) -> None:
    """In a text, and at the start of a line of its documentation."""
    for text in (f"import p\n{line}\np.a.f()\n", f'"""Words.\n\n{line}\n"""\nimport p\np.a.f()\n'):
        scan = Scanner().scan(text)
        assert "p.a" in scan.chains, scan
        summarize(text, PythonTarget())


def test_many_plain_imports_of_a_long_text() -> None:
    """What is read behind their names is found in one search, and is what many searches find."""
    names = [f"m{number}" for number in range(4_000)]
    text = "".join(f"import {name}\n" for name in names) + "x = [1, 2, 3]\n" * 100_000
    text += "m1.a.b(m3999.c, other.d, k.m2.e)\n"
    assert set(Scanner().scan(text).chains) == {"m1.a", "m1.a.b", "m3999.c"}
