"""Bodies that wait give the same codes, numbers and places as when nothing waits.

The corpora are the texts of all cases, this program, Python's own library, and random texts made
of pieces that meet in odd ways.
"""

from __future__ import annotations

import pickle
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.reader import load_case
from import_cycles.syntax.lower import Lowering
from import_cycles.syntax.reads import reads_of
from import_cycles.syntax.steps import Code, ModuleSummary
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget()


def _at_once(text: str) -> Summarized:
    """What comes out when no body waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lowering, "_waiting_text", lambda *_: None)
        return summarize(text, TARGET)


def _contents(code: Code) -> tuple[object, ...]:
    """All of a code, so that nothing is taken for equal because its text is."""
    return (
        code.name, code.parameters, code.body, code.local_names, code.global_names,
        code.nonlocal_names, code.is_generator, code.is_async,
    )  # fmt: skip


def _asked_reads(summary: ModuleSummary) -> tuple[object, ...]:
    """What is read of the names that imports bind, and of some others."""
    asked = {"a", "b", "x"}
    for record in summary.imports:
        asked.update(name.bound_as for name in record.names or ())
        asked.add(record.bound_as or record.module)
    reads = reads_of(summary, asked)
    seen = reads.while_loading | reads.later
    return reads.while_loading, reads.later & asked, (reads.annotated - seen) & asked


def _check(text: str, where: object = "") -> int:
    """Compare; gives the number of bodies that waited."""
    expected, actual = _at_once(text), summarize(text, TARGET)
    assert actual.summary.imports == expected.summary.imports, where
    assert actual.sites == expected.sites, where
    assert len(actual.summary.codes) == len(expected.summary.codes), where
    again = pickle.loads(pickle.dumps(actual.summary))
    for number, code in enumerate(expected.summary.codes):
        place = f"{where}: {code.name} ({number}) in\n{text[:3000]}"
        assert _contents(actual.summary.codes[number]) == _contents(code), place
        assert _contents(again.codes[number]) == _contents(code), place
        mark = 0
        while (site := expected.site(number, mark)) is not None:
            assert actual.site(number, mark) == site, place
            mark += 1
        assert actual.site(number, mark) is None, place
    assert expected.wide_lines.items() <= actual.wide_lines.items(), where
    assert _asked_reads(actual.summary) == _asked_reads(expected.summary), where
    return sum(code.waiting is not None for code in actual.summary.codes)


def _case_texts() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "tests/cases").rglob("*.case")):
        for state in load_case(path, path.stem).states:
            for text in state.texts.values():
                yield path, text


def test_texts_of_cases() -> None:
    assert sum(_check(text, path) for path, text in _case_texts()) > 100


@pytest.mark.parametrize(
    ("folder", "every"),
    [(ROOT / "server", 4), (ROOT / "tests", 8), (Path(sysconfig.get_path("stdlib")), 61)],
    ids=str,
)
def test_real_texts(folder: Path, every: int) -> None:
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    waited = 0
    for path in files[::every]:
        text = read_source(as_source_path(path))
        if text is not None:
            waited += _check(text, path)
    assert waited > 50


@pytest.mark.parametrize(
    "text",
    [
        "from importlib import import_module as load\ndef f():\n    load('a')\n    import b\n",
        "import importlib as il\ndef f():\n    il.import_module('a')\n    import b\n",
        "import importlib as il\ndef f():\n    il.import_moduleª('a')\n    import b\n",
        "def f():\n    return a \\\n\n\nb = f()\n",
        "def f():\n    \\\n  import a\n    return a\n",
        "def f():\n    @lambda g: g\n    class C: pass\n    import b\n",
        "def f(): import a; return a\n",
    ],
)
def test_what_shows_only_in_context(text: str) -> None:
    _check(text)


_EXPRESSION = st.sampled_from(
    [
        "1", "a", "f(a, b.c)", "lambda: a", "(lambda x,\n  y: x)", "[x for x in a if x]",
        "(n := a)", "yield", "(yield a)", "import_module('a')", "__import__('a.b')", "load('a')",
        "'''import a\ndef f():\n'''", "'import a'", "f'{a!r} {lambda_}'", "importlib.import_module('b')",
        "importlib.import_moduleª('b')", "ª", "a if b else (lambda: c)", '"ünï" + é', "-1", "global_",
        "{'default ': a}",
    ]
)  # fmt: skip
_SIMPLE = st.one_of(
    st.sampled_from(
        [
            "pass", "import a", "import a.b as c", "from a import b, c", "from . import d",
            "from e import (f,\n  g)", "global x", "x: int = 1", "x: 'int'", "break_ = 1", "del a",
            "return", "raise A from b", "assert a, b", "from importlib import import_module as load",
            "import importlib", '"""Says import a."""', "a.b[c] += d", "async_ = 1",
        ]
    ),
    _EXPRESSION,
    st.builds("x = {}".format, _EXPRESSION),
    st.builds("return {}".format, _EXPRESSION),
    st.builds("{}; {}".format, _EXPRESSION, _EXPRESSION),
    st.builds("a = b + \\\n  {}".format, _EXPRESSION),
)  # fmt: skip
_HEAD = st.sampled_from(
    [
        "def f():", "def g(a, b=lambda: 1, *c, d: 'D' = 2, **e):", "async def h():", "class C:",
        "@a(lambda: 1)\ndef f():", "@b\nclass D(A, metaclass=M):", "@a\n@b\nasync def f():", "if a:",
        "if TYPE_CHECKING:", "for x in (lambda: a)():", "while b:", "with suppress(ImportError) as c:",
        "try:", "def f(\n    a,\n):", "def\\\n f():", "async  def f():", "def f(): # why", "match a:\n case 1:",
    ]
)  # fmt: skip
if sys.version_info >= (3, 12):
    _HEAD |= st.sampled_from(
        ["def f[a](x: a):", "class C[a, b](A[a]):", "async def h[**a, *b]():", "def f[c](a=c):"]
    )
_END = st.sampled_from(["", "", "", " # c", " # import a", ";", " \\\n", " # é", "\n", "\n\f"])


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.split("\n"))


def _compound(head: str, body: list[str], indent: str, after: str) -> str:
    *first, last = head.split("\n")
    lead = " " if last.startswith(" ") else ""
    block = "".join(_indented(each, lead + indent) for each in body)
    tail = "except ImportError:\n  import late\n" if head == "try:" else ""
    return "".join(f"{line}\n" for line in first) + f"{last}{after}\n{block}{tail}".rstrip("\n")


_STATEMENT = st.recursive(
    st.builds("{}{}".format, _SIMPLE, _END),
    lambda inner: st.one_of(
        st.builds(
            _compound,
            _HEAD,
            st.lists(inner, min_size=1, max_size=4),
            st.sampled_from(["    ", "  ", "\t", "\f  ", " \\\n    "]),
            st.sampled_from(["", "", " ", " # c", " pass;"]),
        ),
        st.builds("{} {}".format, _HEAD, _SIMPLE),
    ),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None)
@given(
    statements=st.lists(_STATEMENT, min_size=1, max_size=4),
    line_break=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)
def test_random_texts(statements: list[str], line_break: str) -> None:
    _check("".join(f"{each}\n" for each in statements).replace("\n", line_break))


def _summary(text: str) -> ModuleSummary:
    return summarize(text, TARGET).summary


def test_nothing_is_lowered_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import a\ndef f():\n    import b\n    def g():\n        return b\n    return g\n"
    waiting = "import_cycles.syntax.lower.WaitingBody.lowered"
    with monkeypatch.context() as patch:
        patch.setattr(waiting, lambda *_, **__: pytest.fail("lowered"))
        summary = _summary(text)
        assert [code.name for code in summary.codes] == ["<module>", "f", "g"]
        assert [record.code for record in summary.imports] == [0, 1]
        assert summary == _summary(text)
    assert summary.codes[1].local_names == {"b", "g"}


def test_bodies_that_differ_in_layout_alone_are_equal() -> None:
    one, other = _summary("def f():\n    return g( )\n"), _summary("def f():\n  return g() # hm\n")
    assert one == other
    assert one != _summary("def f():\n    return h()\n")


def test_a_number_matters_only_to_a_body_that_uses_it() -> None:
    plain = "def f():\n    return a\n"
    assert _summary(plain).codes[1] == _summary(f"import x\ng = lambda: 1\n{plain}").codes[2]
    nested = "def f():\n    import a\n    def g(): pass\n"
    assert _summary(nested).codes[1] == _summary(nested + "import x\n").codes[1]
    assert _summary(nested).codes[1] != _summary(f"import x\n{nested}").codes[1]
