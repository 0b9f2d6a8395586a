"""The predictions for all first imports of a project, and the results of real interpreters.

Both as `Told`: the parts of an outcome that must agree. A traceback names the file and line that
raise; the modules being executed are its `<module>` frames, of which an exception that is raised
again (`raise error`) leaves one more for the same module.
"""

from __future__ import annotations

import builtins
import marshal
import re
import subprocess
import symtable
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random

from harness.interpreters import Interpreter
from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.simulate.machine import simulate
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot, Unsure
from import_cycles.simulate.world import World
from import_cycles.syntax.parsing import parse

_NAMED = frozenset({"ImportError", "AttributeError", "ModuleNotFoundError", "NameError"})
_ENDLESS = frozenset({"RecursionError", "Died"})
"""Ends of programs that the model does not follow: a stack that is too deep, a program that hangs."""

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
    is_circular: bool = False
    """Whether the exception itself says that a module was still loading, which was to bind a name."""
    comes_of_a_cycle: bool = False
    """Whether that is so of it, or of one that is its reason or was being handled."""
    behind: tuple[tuple[str, str, int], ...] = ()
    """Class, path and line of it and of the exceptions that it was raised from or over."""


def carried_on(files: dict[str, str], version: tuple[int, int], random: Random) -> dict[str, str]:
    """The project with most of the lines that end its first imports taken out.

    Without it most random programs would end at their third line.
    """
    for _ in range(random.randrange(20)):
        world = world_of(files, version)
        entry = random.choice(sorted(world.summaries))
        path, number = _end(world, simulate(world, ModuleName(entry)))
        if not path:
            continue
        lines = files[path].splitlines(keepends=True)
        line = lines[number - 1]
        if (
            line.rstrip().endswith((":", "(", ","))
            or line.lstrip().startswith("@")
            # Python 3.10 tells of a decorator where the function or class begins.
            or (number > 1 and lines[number - 2].lstrip().startswith("@"))
            or "raise AttributeError" in line
            or random.random() < 0.1
        ):
            continue
        lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass\n"
        files = {**files, path: "".join(lines)}
    return files


def _end(world: World, outcome: Outcome) -> tuple[str, int]:
    """Where a first import ends, in an operation that is not believed to fail or in a crash."""
    if outcome.refused:
        return _place(world, outcome.refused[0].spot)
    return _place(world, outcome.spot) if isinstance(outcome, Crashes) else ("", 0)


def predicted(world: World, entry: str) -> Told | Unsure:
    """What the machine says of one first import."""
    return told(world, simulate(world, ModuleName(entry)))


def is_beyond(seen: Seen) -> bool:
    """Whether the end of a program is a known limit of the machine; tests/cases/simulate/limits."""
    error, message = seen.told.error, seen.message
    if error in _ENDLESS or (error == "TypeError" and "argument" in message):
        return True
    if "(unknown location)" in message:
        # Another distribution may hold what a namespace package lacks.
        return True
    lacks = re.match(r"(?:type object )?'(\w+)'(?: object)? has no attribute", message)
    return lacks is not None and not hasattr(builtins, lacks[1]) and lacks[1] != "NoneType"


def agrees(
    world: World,
    outcome: Outcome,
    seen: Seen,
    *,
    may_be_unsure: bool = False,
    is_open: bool = False,
) -> bool:
    """Whether an outcome fits what an interpreter did.

    What is certain must be so: a crash, with all that is told of it, and whether a circular import
    is to blame where CPython says so. An operation that the machine sees fail without a circular
    import is taken for its own mistake, so it goes on (docs/simulation.md, "What is certain"); it
    has to have seen it, though.

    A program is *open* if something in it cannot be known before it runs. If CPython ends it in an
    exception that no circular import explains, anything but that it loads in spite of one may be
    said: such failures are not predicted, and what the machine sees comes behind them.
    """
    if any(
        (refused.error, *_place(world, refused.spot)) in seen.behind for refused in outcome.refused
    ):
        return True
    if told(world, outcome) == seen.told:
        return not seen.is_circular or (isinstance(outcome, Crashes) and outcome.is_circular)
    if isinstance(outcome, Unsure):
        return may_be_unsure or is_open
    is_plain_failure = bool(seen.told.error) and not seen.is_circular
    return (
        is_open and is_plain_failure and not (isinstance(outcome, Loads) and seen.comes_of_a_cycle)
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
        return {entry: _seen(failure, files) for entry, failure in answer.items()}


_Failure = tuple[str, str, int, str, str, list[str], list[str], list[tuple[str, str, int]]]
"""As `import_server.failure` tells it."""


def _seen(failure: _Failure | None, files: Mapping[str, str]) -> Seen:
    if failure is None:
        return Seen(Told())
    error, path, line, name, message, chain, messages, places = failure
    kept = name if error in _NAMED else ""
    ended = Told(error, path, line, kept, _once(tuple(chain)))
    blaming = [_blames_a_cycle(each, files) for each in messages]
    return Seen(ended, message, blaming[0], any(blaming), tuple(places))


_CIRCULAR = (
    re.compile(
        r"cannot import name '(?P<name>\w+)' from partially initialized module '(?P<of>.+?)'"
    ),
    re.compile(r"partially initialized module '(?P<of>.+?)' has no attribute '(?P<name>\w+)'"),
    re.compile(r"cannot access submodule '(?P<name>\w+)' of module '(?P<of>.+?)'"),
)


def _blames_a_cycle(message: str, files: Mapping[str, str]) -> bool:
    """Whether CPython says that a module was still loading, which really was to bind the name.

    CPython says so of every module that is loading, of those too whose text binds no such name.
    """
    for pattern in _CIRCULAR:
        found = pattern.match(message)
        if found is not None:
            stem = found["of"].replace(".", "/")
            children = (f"{stem}/{found['name']}.py", f"{stem}/{found['name']}/__init__.py")
            text = files.get(f"{stem}.py", files.get(f"{stem}/__init__.py", ""))
            return any(child in files for child in children) or _binds(text, found["name"])
    return False


def _binds(text: str, name: str) -> bool:
    """Whether a module's text binds a name; what star-imports bring does not count."""
    top = symtable.symtable(parse(text).text, "<program>", "exec")
    pending = [top]
    while pending:
        table = pending.pop()
        pending += table.get_children()
        if name in table.get_identifiers():
            symbol = table.lookup(name)
            is_here = table is top or symbol.is_declared_global()
            if is_here and (symbol.is_assigned() or symbol.is_imported()):
                return True
    return False


def _once(chain: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(module for module, _ in groupby(chain))
