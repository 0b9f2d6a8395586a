"""What a scan finds holds all that a summary finds, whatever the text.

The corpora are the texts of all cases, this program, Python's own library, and random texts made
of pieces that meet in odd ways. What is compared is what the imports ask for, before anything is
resolved; imports for type checkers may be missing from a scan.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.reader import load_case
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.scan import Scanner
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget()

_Asked = tuple[int, str, str | None]


def _scanned(text: str) -> set[_Asked] | None:
    scanner = Scanner()
    scan = scanner.scan(text)
    if scan.needs_summary:
        return None
    asked: set[_Asked] = set()
    for stretch in scan.stretches:
        for request in scanner.requests(stretch) or ():
            asked.add((request.level, request.module, None))
            asked.update((request.level, request.module, name) for name in request.names or ())
    return asked


def _summarized(text: str) -> set[_Asked]:
    asked: set[_Asked] = set()
    for record in summarize(text, TARGET).summary.imports:
        if record.when is not When.TYPING:
            asked.add((record.level, record.module, None))
            asked.update((record.level, record.module, name.name) for name in record.names or ())
    return asked


def _check(text: str, where: object = "") -> None:
    scanned = _scanned(text)
    if scanned is None:
        return
    missing = _summarized(text) - scanned
    assert not missing, f"{where}: the scan misses {sorted(missing, key=str)} in\n{text[:2000]}"
    summary = summarize(text, TARGET).summary
    assert not summary.suppressions, f"{where}: comments need a summary"
    assert not any(ImportFlag.DYNAMIC in record.flags for record in summary.imports), where


def _case_texts() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "tests/cases").rglob("*.case")):
        for state in load_case(path, path.stem).states:
            for text in state.texts.values():
                yield path, text


def test_texts_of_cases() -> None:
    for path, text in _case_texts():
        _check(text, path)


@pytest.mark.parametrize(
    "folder", [ROOT / "server", ROOT / "tests", Path(sysconfig.get_path("stdlib"))], ids=str
)
def test_real_texts(folder: Path) -> None:
    files = sorted(folder.rglob("*.py"))
    # Every fifth file of what is not ours; those are many, and they change with the interpreter.
    for path in files if folder.is_relative_to(ROOT) else files[::5]:
        text = read_source(as_source_path(path))
        if text is not None:
            _check(text, path)


_NAME = st.sampled_from(["a", "b", "a.b", "os", "x1", "µ", "import_", "fromage", "a . b"])
_GAP = st.sampled_from([" ", "  ", "\t", " \\\n ", "\f", " \\\r\n"])
_FROM = st.builds(
    "from{0}{1}{2}{3}import{4}{5}".format,
    st.sampled_from(["", " ", " \\\n"]),
    st.sampled_from([".", "..", "...", " .", ". "]),
    st.one_of(_NAME, st.just("")),
    _GAP,
    st.sampled_from(["", " ", "\\\n"]),
    st.sampled_from(
        ["*", "(a)", "(a,\n b)", "(a, # (x) it's\n b as c)", "(\n#)\na,)", "( a\n,b,\n)"]
    ),
)
_PLAIN_FROM = st.builds(
    "from{0}{1}{2}import{3}{4}".format,
    _GAP,
    _NAME,
    _GAP,
    _GAP,
    st.sampled_from(["a", "a, b", "a as b, c", "*", "(a)", "(a,\n b)", "a, \\\n b", "(a # )\n)"]),
)
_IMPORT = st.builds(
    "import{0}{1}{2}".format,
    _GAP,
    _NAME,
    st.sampled_from(["", " as c", ", b.c", ", \\\n x", " . y"]),
)
_LINE = st.one_of(
    _FROM,
    _PLAIN_FROM,
    _IMPORT,
    st.sampled_from(
        [
            "pass", "x = '''", "'''", '"""', "# import a", "x = 1 # from a import b", "if x:",
            "if TYPE_CHECKING:", "if not TYPE_CHECKING:", "else:", "def f():", "class C:",
            "from typing import TYPE_CHECKING", "TYPE_CHECKING = True", "import typing",
            "if typing.TYPE_CHECKING: # why", "(", ")", "x = [", "]", "lazy import a", "\\",
            "lazy from a import b", ">>> import a", "raise X from import", "yield import",
        ]
    ),
)  # fmt: skip
_JOINED = st.lists(
    st.tuples(
        st.sampled_from(["", "    ", "        ", "\t", "x = 1; ", "if x: ", "'' ; ", "# "]),
        _LINE,
        st.sampled_from(["\n", "\n", "\r\n", "\r", "; ", " # c\n", " # it's\n", ":\n", ""]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=1500, deadline=None)
@given(parts=_JOINED)
def test_random_texts(parts: list[tuple[str, str, str]]) -> None:
    _check("".join("".join(part) for part in parts))


def test_text_right_under_type_checking_is_left_out() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nimport b\n"
    scan = Scanner().scan(text)
    assert scan.stretches == ("from typing import TYPE_CHECKING", "import b")
    assert scan.typing == ("import a",)
    assert "import a" in Scanner().scan(f"TYPE_CHECKING = True\n{text}").stretches
