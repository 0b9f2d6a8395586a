"""A text that is parsed in pieces gives the same result as one that is parsed as a whole.

Real texts are edited at random, in likely and in unlikely ways; random texts are made of pieces
that meet in odd ways.
"""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.syntax.parsing import parse_quietly
from import_cycles.syntax.pieces import PieceParser
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget()


def _check(text: str, parser: PieceParser) -> int:
    """Compare; gives the number of pieces."""
    pieces = parser.parse(text)
    assert summarize(text, TARGET, None, parser) == summarize(text, TARGET), text[:3000]
    if pieces is None:
        return 0
    dumped: list[str] = []
    for placed in pieces:
        if placed.piece.continues:
            last = dumped.pop()
            more = ast.ClassDef("_", [], [], list(placed.piece.statements), [])
            dumped.append(_joined(last, ast.dump(more)))
        else:
            dumped += map(ast.dump, placed.piece.statements)
    assert dumped == [ast.dump(each) for each in parse_quietly(text).body], text[:3000]
    return len(pieces)


def _joined(one: str, other: str) -> str:
    """What `ast.dump` gives for a class with the bodies of two; decorators come after the body."""
    one, found, tail = one.rpartition("], decorator_list=")
    body = other.partition("body=[")[2].rpartition("], decorator_list=")[0]
    return f"{one}, {body}{found}{tail}"


_TYPED = (
    "    x = 1", "", "\n\n", "import a", "        return", "    def f(self):\n        import b", '"""', "(", ")",
    "class C:", "# why", "x = '''", "else:", "\t", "    ", "@a", "try:", "    @property", "\\", "\f",
)  # fmt: skip


def _edited(text: str, random: Random) -> str:
    lines = text.split("\n")
    place = random.randrange(len(lines))
    match random.randrange(6):
        case 0 | 1:
            lines.insert(place, random.choice(_TYPED))
        case 2:
            del lines[place]
        case 3:
            lines[place] = lines[place][: random.randrange(len(lines[place]) + 1)]
        case 4:
            other = random.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        case _:
            lines[place] += random.choice((" ", "x", "(", " # hm", "'", ":"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("folder", "every", "edits"),
    [
        (ROOT / "server", 17, 12),
        (ROOT / "tests", 17, 8),
        (Path(sysconfig.get_path("stdlib")), 193, 12),
    ],
    ids=str,
)
def test_edits_of_real_texts(folder: Path, every: int, edits: int) -> None:
    random = Random(str(folder.name))
    parser = PieceParser()
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    n_pieces = 0
    for path in files[::every]:
        text = read_source(as_source_path(path))
        if text is None or "\0" in text or len(text) > 60_000:
            continue
        n_pieces += _check(text, parser)
        now = text
        for number in range(edits):
            # Every other edit mends what the one before has broken.
            now = _edited(now if number % 3 else text, random)
            n_pieces += _check(now, parser)
    assert n_pieces > 100


_LINE = st.sampled_from(
    [
        "x = 1", "def f():", "class C:", "class D(A):", "    def g(self):", "    x: int = f(lambda: 1)",
        "        import a", "        return 1", "    import b", "    pass", "import c", "@d", "    @d", "", "",
        "", '"""', "    '''", "if x:", "else:", "    else:", "(", ")", "\\", "    \\", "    # why", "# why", "\f",
        "    class E:", "        def h(self):", "            yield", "\tpass", "  pass", "def é(): 'ü'",
        "    async def i(self):", "try:", "except A:", "    x = [", "    ]", "from __future__ import annotations",
        "global y", "__all__ = ['f']", "lazy import z", "     pass", "__all__ += [", "'g',", "]",
        "x = 2 # import-cycles: ignore", "import e # import-cycles: ignore",
    ]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(lines=st.lists(_LINE, max_size=25), filler=st.booleans())
def test_random_texts(lines: list[str], filler: bool) -> None:
    # Classes are cut only when they are long.
    wide = f"class W:\n    '''{'w' * 1300}'''\n" if filler else ""
    _check(wide + "\n".join(lines), PieceParser())


@given(
    bodies=st.lists(st.lists(_LINE, max_size=6), min_size=1, max_size=4),
    changed=st.lists(_LINE, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_random_edits(bodies: list[list[str]], changed: list[str]) -> None:
    parser = PieceParser()
    _check("\n\n".join("\n".join(body) for body in bodies), parser)
    for number in range(len(bodies)):
        edited = [*bodies[:number], changed, *bodies[number + 1 :]]
        _check("\n\n".join("\n".join(body) for body in edited), parser)


def test_only_the_piece_that_is_typed_in_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = "\n".join(
        f"    def m{number}(self):\n        return {number}\n" for number in range(60)
    )
    text = (
        f'"""Says\n\nimport a\n"""\n\nimport b\n\n\nclass C:\n{methods}\n\ndef f():\n    return b\n'
    )
    parser = PieceParser()
    _check(text, parser)
    parsed: list[str] = []

    def parse(piece: str) -> ast.Module:
        parsed.append(piece)
        return parse_quietly(piece)

    monkeypatch.setattr("import_cycles.syntax.pieces.parse_quietly", parse)
    assert parser.parse(text) is not None
    assert not parsed
    edited = text.replace("return b", "return b()")
    assert parser.parse(edited) is not None
    assert parsed == ["def f():\n    return b()\n"]
