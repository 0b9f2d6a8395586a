"""What is predicted for every first import of a project, and what interpreters really do.

Both as `Told`: the parts of an outcome that must agree. A traceback names the file and line that
raise; the modules being executed are its `<module>` frames, of which an exception that is raised
again (`raise error`) leaves one more for the same module.
"""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from random import Random

from harness.interpreters import Interpreter
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.machine import simulate
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot, Unsure
from import_cycles.simulate.world import World
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

_NAMED = frozenset({"ImportError", "AttributeError", "ModuleNotFoundError", "NameError"})
_SERVER = Path(__file__).with_name("import_server.py")


@dataclass(frozen=True, slots=True)
class Told:
    """How a first import ends: empty `error` when it loads."""

    error: str = ""
    path: str = ""
    line: int = 0
    name: str = ""
    chain: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.error:
            return "loads"
        return f"{self.error}({self.name}) at {self.path}:{self.line} in {' > '.join(self.chain)}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an interpreter did; versions word the message in their own ways."""

    told: Told
    message: str = ""


def world_of(files: Mapping[str, str], version: tuple[int, int]) -> World:
    """A project in memory, for one version of Python."""
    target = PythonTarget(version, sys.platform)
    texts = {SourcePath(f"/project/{path}"): text for path, text in files.items()}
    layout = build_layout([SourcePath("/project")], texts)
    summaries = {
        name: _summary(texts[file.path], target)
        for name, file in layout.modules().items()
        if file.path in texts
    }
    return World(layout, summaries, target)


@lru_cache(maxsize=512)
def _summary(text: str, target: PythonTarget) -> Summarized:
    return summarize(text, target)


def carried_on(files: dict[str, str], version: tuple[int, int], random: Random) -> dict[str, str]:
    """The project with most of the lines that end its first imports taken out.

    Without it most random programs would end at their third line.
    """
    for _ in range(random.randrange(20)):
        world = world_of(files, version)
        entry = random.choice(sorted(world.summaries))
        ended = predicted(world, entry)
        if not isinstance(ended, Told) or not ended.path:
            continue
        lines = files[ended.path].splitlines(keepends=True)
        line = lines[ended.line - 1]
        if (
            line.rstrip().endswith((":", "(", ","))
            or "raise AttributeError" in line
            or random.random() < 0.1
        ):
            continue
        lines[ended.line - 1] = line[: len(line) - len(line.lstrip())] + "pass\n"
        files = {**files, ended.path: "".join(lines)}
    return files


def predicted(world: World, entry: str) -> Told | Unsure:
    """What the machine says of one first import."""
    return told(world, simulate(world, ModuleName(entry)))


def agrees(world: World, outcome: Outcome, seen: Told) -> bool:
    """Whether an outcome fits what an interpreter did.

    An operation that the machine sees fail without a circular import is taken for its own mistake,
    so it goes on (docs/simulation.md, "What is certain"). It has to have seen it, though.
    """
    return told(world, outcome) == seen or any(
        refused.error == seen.error and _place(world, refused.spot) == (seen.path, seen.line)
        for refused in outcome.refused
    )


def _place(world: World, spot: Spot | None) -> tuple[str, int]:
    """The file and line of a spot; an empty path for none."""
    if spot is None:
        return "", 0
    module = world.layout.module(spot.module)
    assert module is not None
    line = world.summaries[spot.module].mark_site(spot.code, spot.mark).line + 1
    return module.path.removeprefix("/project/"), line


def told(world: World, outcome: Outcome) -> Told | Unsure:
    """An outcome, as it is compared."""
    match outcome:
        case Loads():
            return Told()
        case Unsure():
            return outcome
        case Crashes():
            path, line = _place(world, outcome.spot)
            name = outcome.name if outcome.error in _NAMED else ""
            chain = tuple(frame.module for frame in outcome.stack)
            return Told(outcome.error, path, line, name, _once(chain))


class ImportServer:
    """A running interpreter that imports the modules of projects first. A context manager."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self._process = subprocess.Popen(
            [interpreter.path, "-I", "-B", str(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
        )

    def __enter__(self) -> ImportServer:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def observe(self, files: Mapping[str, str]) -> dict[str, Seen]:
        """What happens with each module as the first import."""
        assert self._process.stdin is not None and self._process.stdout is not None
        request = marshal.dumps(dict(files), 2)
        self._process.stdin.write(len(request).to_bytes(8, "little") + request)
        self._process.stdin.flush()
        head = self._process.stdout.read(8)
        assert len(head) == 8, f"the server of Python {self.interpreter} died"
        answer = marshal.loads(self._process.stdout.read(int.from_bytes(head, "little")))
        return {entry: _seen(failure) for entry, failure in answer.items()}


def _seen(failure: tuple[str, str, int, str, str, list[str]] | None) -> Seen:
    if failure is None:
        return Seen(Told())
    error, path, line, name, message, chain = failure
    kept = name if error in _NAMED else ""
    return Seen(Told(error, path, line, kept, _once(tuple(chain))), message)


def _once(chain: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(module for module, _ in groupby(chain))
