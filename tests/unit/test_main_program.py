"""Which tests ask whether a module is the main program."""

from __future__ import annotations

import pytest

from import_cycles.simulate.entries import is_script
from import_cycles.syntax import steps as s
from import_cycles.syntax.main_program import asks_for_main, holds_only_for_main
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget


@pytest.mark.parametrize(
    ("test", "asks", "only"),
    [
        ("__name__ == '__main__'", True, True),
        ("'__main__' == __name__", True, True),
        ("x and (y and __name__ == '__main__')", True, True),
        ("x or __name__ == '__main__'", True, False),
        ("__name__ != '__main__'", True, False),
        ("not __name__ == '__main__'", True, False),
        ("__name__ in ('__main__', 'x')", True, False),
        ("__name__ == 'x'", True, False),
        ("f(__name__)", False, False),
        ("name == '__main__'", False, False),
    ],
)
def test_tests(test: str, *, asks: bool, only: bool) -> None:
    step = summarize(f"if {test}: x", PythonTarget()).summary.codes[0].body[0]
    assert isinstance(step, s.If)
    assert (asks_for_main(step.test), holds_only_for_main(step.test)) == (asks, only)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if __name__ == '__main__': f()", True),
        ("try:\n  with x:\n    if __name__ == '__main__': f()\nfinally: g()", True),
        ("if x: y\nelif __name__ == '__main__': f()", True),
        ("def f():\n  if __name__ == '__main__': g()", False),
        ("class C:\n  if __name__ == '__main__': g()", False),
        ("x = __name__ == '__main__'", False),
    ],
)
def test_scripts(text: str, *, expected: bool) -> None:
    assert is_script(summarize(text, PythonTarget()).summary) is expected
