"""Bodies that wait give the same codes, numbers and places as when nothing waits.

The corpora are the texts of all cases, this program, Python's own library, and random texts made
of pieces that meet in odd ways.
"""

from __future__ import annotations

import pickle
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.syntax.lower import Lowering
from import_cycles.syntax.numbering import STEP
from import_cycles.syntax.reads import reads_of
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path
from properties.body_texts import ROOT, STATEMENT, case_texts, contents

TARGET = PythonTarget()


def _at_once(text: str) -> Summarized:
    """What comes out when no body waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lowering, "_waiting_text", lambda *_: None)
        return summarize(text, TARGET)


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
    for number, code in expected.summary.numbered():
        place = f"{where}: {code.name} ({number}) in\n{text[:3000]}"
        assert contents(actual.summary.code(number)) == contents(code), place
        assert contents(again.code(number)) == contents(code), place
        mark = STEP
        while (site := expected.site(number, mark)) is not None:
            assert actual.site(number, mark) == site, place
            mark += STEP
        assert actual.site(number, mark) is None, place
    assert expected.wide_lines.items() <= actual.wide_lines.items(), where
    assert _asked_reads(actual.summary) == _asked_reads(expected.summary), where
    return sum(code.waiting is not None for code in actual.summary.codes)


def test_texts_of_cases() -> None:
    assert sum(_check(text, path) for path, text in case_texts()) > 100


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


@settings(max_examples=600, deadline=None)
@given(
    statements=st.lists(STATEMENT, min_size=1, max_size=4),
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
        assert [record.code for record in summary.imports] == [0, STEP]
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
