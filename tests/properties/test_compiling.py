"""What parses and does not compile is a syntax error, whatever it is and wherever it stands.

CPython is the judge: `compile`, which importing a module asks as well. A run survives them even if
nothing is known of that.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.syntax import summarize as summarize_module
from import_cycles.syntax.parsing import parse
from import_cycles.syntax.pieces import PieceParser
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path
from properties.uncompilable import STATEMENTS, compiles, texts

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget()


def _check(text: str, parser: PieceParser, *, is_seen: bool = True) -> bool:
    """Compare; gives whether the text compiles."""
    expected = compiles(text)
    summarized = summarize(text, TARGET)
    assert summarized.exact == expected or not (expected or is_seen), text[-3000:]
    assert summarize(text, TARGET, None, parser) == summarized, text[-3000:]
    return expected


def test_statements_out_of_place() -> None:
    parser = PieceParser()
    answers = [(_check(text, parser, is_seen=is_seen), is_seen) for text, is_seen in texts()]
    assert answers.count((True, True)) > 700
    assert answers.count((False, True)) > 1500


@pytest.mark.parametrize(
    ("folder", "every", "edits"),
    [(ROOT / "server", 11, 12), (Path(sysconfig.get_path("stdlib")), 97, 12)],
    ids=str,
)
def test_statements_put_into_real_texts(folder: Path, every: int, edits: int) -> None:
    random = Random(folder.name)
    parser = PieceParser()
    answers: list[bool] = []
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    for path in files[::every]:
        text = read_source(as_source_path(path))
        if text is None or len(text) > 60_000 or not _is_parsed(text):
            continue
        _check(text, parser)
        lines = text.split("\n")
        for _ in range(edits):
            line = random.randrange(len(lines))
            blanks = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
            statement = random.choice(STATEMENTS).replace("\n", f"\n{blanks}")
            edited = "\n".join([*lines[:line], blanks + statement, *lines[line:]])
            if _is_parsed(edited):
                answers.append(_check(edited, parser))
    assert answers.count(True) > 30
    assert answers.count(False) > 30


def _projects(texts: Iterable[str]) -> None:
    """What `check` and the worker of the server do, with each text as a module of a cycle."""
    a, b = SourcePath("/p/a.py"), SourcePath("/p/b.py")
    layout = build_layout([SourcePath("/p")], [a, b])
    edited = Project()
    edited.apply(Change({a: "import b\n", b: "import a\n"}, layout=layout))
    edited.settle()
    for text in texts:
        project = Project()
        project.apply(Change({a: text, b: "import a\nprint(a.x)\n"}, layout=layout))
        project.settle()
        edited.apply(Change({a: text}))
        edited.settle()
        assert edited.snapshot.revision


def test_projects_with_such_a_module() -> None:
    _projects([text for text, _ in texts()][::7])


def test_nothing_leaves_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summarize_module, "may_not_compile", lambda pieces, **_: False)
    _projects(text for text, _ in list(texts())[::3] if not compiles(text))


def _is_parsed(text: str) -> bool:
    """Whether the running Python parses a text, which it is then asked to compile."""
    try:
        return parse(text).text == text
    except (SyntaxError, ValueError):
        return False
