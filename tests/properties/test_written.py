"""Small programs written by hand, one for each construct: predicted and carried out.

The files in `written/` hold programs of two or three modules: `=== name`, then `--- path` before
each text; ` py311` behind a name says from which version on it can be compiled. Every module of
each is imported first by every interpreter that is chosen, as in `test_differential`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from first_imports import ImportServer, agrees

from harness.interpreters import Interpreter, chosen_interpreters
from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate.machine import simulate

_FOLDER = Path(__file__).with_name("written")
_Programs = dict[str, dict[str, str]]


def _programs(path: Path) -> _Programs:
    programs: _Programs = {}
    for part in path.read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, rest = part.partition("\n")
        texts = (text.partition("\n") for text in f"\n{rest}".split("\n--- ")[1:])
        programs[name] = {file: f"{text}\n" for file, _, text in texts}
    return programs


def _first_version(name: str) -> tuple[int, int]:
    _, _, version = name.partition(" py3")
    return (3, int(version or 0))


@pytest.mark.cpython
@pytest.mark.parametrize("interpreter", chosen_interpreters(), ids=str)
@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_written_programs_end_as_predicted(path: Path, interpreter: Interpreter) -> None:
    report: list[str] = []
    with ImportServer(interpreter) as server:
        for name, files in _programs(path).items():
            if interpreter.version < _first_version(name):
                continue
            world = world_of(files, interpreter.version)
            report += [
                f"{name}, {entry} first:\n  CPython    {seen.told} ({seen.message})\n  predicted  {told}"
                for entry, seen in server.observe(files).items()
                if not agrees(world, told := simulate(world, ModuleName(entry)), seen)
            ]
    assert not report, "\n".join(report)
