"""Texts that were made to be slow cost as much as others of their size.

None of these asks for a time: where a cost is a power of the size, the test does not end.
"""

from __future__ import annotations

import sys
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


def test_an_import_of_many_parts() -> None:
    text = "import " + ".".join(f"part{number}" for number in range(8000))
    project = Project()
    project.apply(Change({_FILE: text}, layout=build_layout([_TOP], [_FILE])))
    project.settle()
    assert not project.snapshot.findings


def test_a_chain_of_branches_in_a_broken_text() -> None:
    def chain(length: int) -> str:
        branches = (f"elif a == {number}:\n    import m{number}\n" for number in range(length))
        return f"if a:\n    import m\n{''.join(branches)}else:\n    import n\n("

    def recover(length: int) -> None:
        assert len(summarize(chain(length), PythonTarget()).summary.imports) == length + 2

    recover(2)
    few, many = (_calls_of(lambda length=length: recover(length)) for length in (200, 800))  # type: ignore[misc]
    assert many < 5 * few
