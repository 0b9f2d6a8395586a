"""A long text says what it would say if it were short, but for the values of its data.

What it says hangs on the text alone, not on what was read before. Few of the texts here are really
long: `LONG` is set to less.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from random import Random

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.syntax import long_texts, pieces, recover, summarize
from import_cycles.syntax.parsing import parse_quietly
from import_cycles.syntax.pieces import PieceParser
from import_cycles.syntax.target import PythonTarget

TARGET = PythonTarget()
_A, _B = SourcePath("/p/a.py"), SourcePath("/p/b.py")

_STATEMENTS = (
    "x{0} = [1, 2, {0}]", "x{0} = y{0} = 'a'", "x{0} = {{'a': -1, 'b': (1, [{0}])}}", "import b", "import m{0}",
    "from a import (\n    x{0},\n    y,\n)", "def f{0}():\n    import m{0}\n\n    return x{0}",
    "if TYPE_CHECKING:\n    import t{0}\nelif f(y):\n    import u{0}\nelse:\n    import v{0}",
    "try:\n    import m{0}\nexcept ImportError:\n    m{0} = None",
    "class C{0}:\n    a = 1\n\n    def f(self):\n        from . import n{0}", "x{0} = f(1)", "@d\ndef g{0}(): ...",
    '"""\nimport words\n\nx = 1\n"""', "x{0} = (\n1,\n2)", "# import c", "", "", "T{0} = [\n" + "    1,\n" * 40 + "]",
    "é{0} = 'ü'", "x{0} = 1; import m{0}",
)  # fmt: skip
_BROKEN = (
    "(",
    "'''",
    "def f(:",
    "x = [",
    "import",
    "  x",
    "else:",
    '"',
    "return",
    "\\",
    "lazy import q",
)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pieces, recover, summarize):
        monkeypatch.setattr(module, "LONG", 3_000)
    monkeypatch.setattr(long_texts, "_LEAST", 200)
    monkeypatch.setattr(long_texts, "_MOST", 2_000)
    monkeypatch.setattr(long_texts, "_ONE_IN", 8)
    monkeypatch.setattr(long_texts, "_LONG_STATEMENT", 1_000)


def _lines(random: Random, count: int) -> list[str]:
    lines: list[str] = []
    for number in range(count):
        if random.random() < 0.7:
            lines += (f"x{each} = {each}" for each in range(number, number + random.randrange(60)))
        else:
            lines.append(random.choice(_STATEMENTS).format(number))
    return lines


def _as_short(text: str) -> summarize.Summarized:
    with pytest.MonkeyPatch.context() as patch:
        for module in (pieces, recover, summarize):
            patch.setattr(module, "LONG", 10_000_000)
        return summarize.summarize(text, TARGET)


def _histories(random: Random) -> Iterator[str]:
    """Texts, each an edit of the one before or of the first."""
    first = _lines(random, 60)
    yield "\n".join(first)
    now = first
    for number in range(12):
        now = list(now if number % 3 else first)
        place = random.randrange(len(now))
        match random.randrange(4):
            case 0:
                now.insert(place, random.choice(_BROKEN))
            case 1:
                now[place : place + random.randrange(9)] = _lines(random, 2)
            case 2:
                now[place] = now[place][: random.randrange(len(now[place]) + 1)]
            case _:
                now.insert(place, random.choice(_STATEMENTS).format(number))
        ends = "\r\n" if random.random() < 0.2 else "\n"
        yield "\n".join(now).replace("\n", ends)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("seed", range(10))
def test_what_a_long_text_says(seed: int) -> None:
    parser = PieceParser()
    for text in _histories(Random(seed)):
        found = summarize.summarize(text, TARGET, None, parser)
        assert found == summarize.summarize(text, TARGET), text
        whole = _as_short(text)
        assert found.exact == whole.exact, text
        if not found.exact:
            # The recovery of a whole text is not better than that of its statements.
            continue
        mine, its = found.summary, whole.summary
        assert mine.imports == its.imports, text
        assert found.sites == whole.sites
        assert mine.blocks == its.blocks
        assert mine.suppressions == its.suppressions
        assert mine.all_names == its.all_names
        assert [each.local_names for each in mine.codes] == [each.local_names for each in its.codes]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("seed", range(10))
def test_the_outline_of_a_long_text_has_its_imports(seed: int) -> None:
    random = Random(f"outline {seed}")
    lines = _lines(random, 60)
    text = "\n".join(lines)
    records, sites = recover.recover_imports(text, text.split("\n"), TARGET)
    found = {(each.module, sites[each.statement].line) for each in records}
    expected = set()
    for node in ast.walk(parse_quietly(text)):
        if isinstance(node, ast.Import):
            expected.add((node.names[0].name, node.lineno - 1))
        elif isinstance(node, ast.ImportFrom):
            expected.add((node.module or "", node.lineno - 1))
    assert found >= expected


@pytest.mark.usefixtures("short")
def test_a_long_statement_in_an_outline() -> None:
    methods = "".join(f"    def f{n}(self):\n        import m{n}\n" for n in range(200))
    rest = "x = 1\n" * 500
    text = f"import a\nclass C:\n{methods}{rest}import b\n"
    records, sites = recover.recover_imports(text, text.split("\n"), TARGET)
    assert [each.module for each in records] == ["a", *(f"m{n}" for n in range(200)), "b"]
    lines = text.split("\n")
    assert all(f"import {each.module}" in lines[sites[each.statement].line] for each in records)


_BIG = "import b\n" + "x = [1, 2, 3]\n" * 20_000


@pytest.mark.parametrize(
    "text",
    [
        _BIG,
        "import b\n" + "".join(f"NAME_{n} = {n * 7919 % 1000}\n" for n in range(20_000)),
        "import b\n" + "".join(f"def f{n}(a):\n    return a + {n}\n\n" for n in range(8_000)),
    ],
    ids=["equal lines", "constants", "functions"],
)
def test_an_edit_parses_what_it_touches(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = PieceParser()
    summarize.summarize(text, TARGET, None, parser)
    parsed: list[int] = []

    def parse(part: str) -> ast.Module:
        parsed.append(len(part))
        return parse_quietly(part)

    monkeypatch.setattr("import_cycles.syntax.pieces.parse_quietly", parse)
    middle = text.index("\n", len(text) // 2) + 1
    while text[middle] == " " or text[middle] == "\n":
        middle = text.index("\n", middle) + 1
    for edit in ("y = 1\n", "y = 12\n", "import c\n", ""):
        edited = text[:middle] + edit + text[middle:]
        found = summarize.summarize(edited, TARGET, None, parser)
        assert found.exact
        assert (edit == "import c\n") == ("c" in [each.module for each in found.summary.imports])
    assert sum(parsed) < len(text) / 5


def test_a_long_text_keeps_few_trees() -> None:
    parser = PieceParser()
    placed = parser.parse(_BIG)
    assert placed is not None
    assert sum(len(each.piece.statements) for each in placed) < 200


def test_values_of_data_are_not_known() -> None:
    """Whatever the data says, a test of it may come out one way or the other."""
    data = "".join(f"N{n} = {n}\n" for n in range(30_000))
    found = summarize.summarize(f"{data}if N0:\n    import b\n", TARGET)
    (record,) = found.summary.imports
    assert record.when.name == "RUNTIME"
    assert "CONDITIONAL" in str(record.flags)
    short = summarize.summarize("N0 = 0\nif N0:\n    import b\n", TARGET)
    assert short.summary.imports[0].when.name == "TYPING"


def test_a_text_that_is_too_long_says_so_and_what_it_imports() -> None:
    text = "import b\n" + "x = [1, 2, 3]\n" * 150_000 + "def f():\n    import c\n"
    assert len(text) > long_texts.LONGEST
    project = Project()
    layout = build_layout([SourcePath("/p")], [_A, _B])
    project.apply(Change({_A: text, _B: "import a\n"}, layout=layout))
    project.settle()
    (problem,) = project.snapshot.problems[_A]
    assert problem.message == "it has more than 2,000,000 characters, so only its imports are known"
    assert {each.code for each in project.snapshot.findings[_A]} == {"cycle"}
    assert [each.module for each in summarize.summarize(text, TARGET).summary.imports] == ["b", "c"]
