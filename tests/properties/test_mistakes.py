"""A text that is said to have no mistake has a summary without a problem.

The texts are real ones, random ones, and ones that do not compile, whole and cut off in the middle.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from random import Random

import pytest

from import_cycles.syntax.left_out import without_bodies
from import_cycles.syntax.long_texts import LONG
from import_cycles.syntax.mistakes import has_no_mistake
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path
from properties.body_texts import ROOT, case_texts
from properties.uncompilable import compiles, texts

TARGET = PythonTarget()


def _check(text: str, where: object = "") -> bool:
    """Compare; gives whether the text is said to have no mistake."""
    said = has_no_mistake(text)
    if said:
        assert not summarize(text, TARGET).problems, f"{where}\n{text[:4000]}"
    if has_no_mistake(text, leaves_out=True) and summarize(text, TARGET, leaves_out=True).problems:
        # Something else made the summary parse all, and there is a mistake in a body that is left out.
        short = without_bodies(text.replace("\r\n", "\n"))
        assert short is not None, where
        assert not compiles(text), where
        assert compiles(short), f"{where}\n{text[:4000]}"
    return said


def test_texts_of_cases() -> None:
    answers = [_check(text, path) for path, text in case_texts()]
    assert sum(answers) > 100


def test_statements_out_of_place() -> None:
    answers = [_check(text) for text, _ in texts()]
    assert answers.count(True) > 700
    assert answers.count(False) > 1500


@pytest.mark.parametrize(
    ("folder", "every"),
    [(ROOT / "server", 9), (Path(sysconfig.get_path("stdlib")), 61)],
    ids=str,
)
def test_real_texts_whole_and_cut_off(folder: Path, every: int) -> None:
    random = Random(folder.name)
    answers: list[bool] = []
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    for path in files[::every]:
        text = read_source(as_source_path(path)) or ""
        assert _check(text, path) == (len(text) <= LONG), path
        answers += [_check(text[: random.randrange(len(text) + 1)], path) for _ in range(6)]
    assert answers.count(True) > 3
    assert answers.count(False) > len(answers) / 2


@pytest.mark.parametrize(
    "text", ["x = '\0'", "(" * 500, "import " + "a." * 3000 + "a", "x" * (LONG + 1)]
)
def test_what_the_summary_has_to_tell(text: str) -> None:
    assert not has_no_mistake(text)
