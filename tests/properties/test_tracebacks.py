"""Whatever people paste, reading and understanding it raises nothing, and prefixes change nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.tracebacks.diagnosis import Files
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.reading import read_failures
from import_cycles.tracebacks.remedies import advice
from import_cycles.tracebacks.what_happened import remarks

SAMPLES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[1] / "cli" / "tracebacks").glob("*.txt"))
}
TEXTS = {
    SourcePath("/project/from_a.py"): "from from_b import b\n\na = 1\n",
    SourcePath("/project/from_b.py"): "from from_a import a\n\nb = a\n",
    SourcePath("/project/pkg/__init__.py"): "def __getattr__(name): ...\n",
    SourcePath("/project/pkg/one.py"): "import pkg.two\n",
    SourcePath("/project/attr_a.py"): "def (:\n",
}


def _garbled(text: str, chance: random.Random) -> str:
    """A text as a clumsy hand copies it: lines lost, doubled, cut, joined, of another text."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(lines) + 1)
        match chance.randrange(6):
            case 0:
                del lines[at : at + chance.randrange(1, 3)]
            case 1:
                lines[at:at] = lines[max(0, at - 2) : at]
            case 2 if at < len(lines):
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case 3 if at < len(lines):
                lines[at] = lines[at].rstrip("\n")
            case 4:
                other = chance.choice(list(SAMPLES.values())).splitlines(keepends=True)
                lines[at:at] = other[: chance.randrange(len(other))]
            case _:
                lines.insert(
                    at, chance.choice(['  File "x", line 0, in\n', "{}\n", "E\n", "\x1b[", ">\n"])
                )
    return "".join(lines)


@pytest.mark.parametrize("with_project", [True, False])
def test_nothing_raises(with_project: bool) -> None:
    layout = build_layout([SourcePath("/project")], TEXTS)
    diagnostician = Diagnostician([layout] if with_project else [], Files(TEXTS.get))
    chance = random.Random(with_project)
    for text in SAMPLES.values():
        for _ in range(6):
            for failed in read_failures(_garbled(text, chance)):
                diagnosis = diagnostician.diagnose(failed)
                assert all(remarks(diagnosis))
                assert all(advice(diagnosis, diagnostician.names_of))


@pytest.mark.parametrize("prefix", ["2024-05-21 10:00:00 host app[7]: ", "> ", "web-1  | ", "\t"])
def test_a_prefix_changes_nothing(prefix: str) -> None:
    plain = {name: text for name, text in SAMPLES.items() if name[0].isdigit()}
    for name, text in plain.items():
        lines = "".join(f"{prefix}{line}\n" for line in text.splitlines())
        assert read_failures(lines) == read_failures(text), name
