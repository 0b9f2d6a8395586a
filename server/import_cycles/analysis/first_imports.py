"""How the first import of each module ends, with places that users can go to.

The same for the project's own programs: what `python -m` runs, scripts, and console scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, SourcePath, ancestors, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.findings.reproduction import Reproduction, reproduction
from import_cycles.findings.verdict import is_circular
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.entries import (
    Run,
    Runs,
    is_script,
    simulate_entries,
    simulate_into,
)
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot
from import_cycles.simulate.world import World


class How(Enum):
    """How a program starts with a module."""

    IMPORT = "import"
    MAIN = "-m"
    """`python -m module`, where the module is in a package."""
    SCRIPT = "script"
    """`python file.py`, where the file is in no package."""
    CONSOLE_SCRIPT = "console script"
    """An import, by a program that the project's metadata declare."""


@record(order=True)
class Program:
    """A module that one of the project's own programs starts with."""

    module: ModuleName
    how: str
    """The value of a `How`."""


@record
class FirstImport:
    """The outcome for one entry. `path` and `line` (from 0) are those of its spot, if it has one.

    `chain` has the modules that were being executed when it failed, outermost first.
    """

    entry: ModuleName
    outcome: Outcome
    is_circular: bool = False
    """Whether it fails, and because of a cycle."""
    path: SourcePath | None = None
    line: int | None = None
    chain: tuple[ModuleName, ...] = ()
    how: How = How.IMPORT
    reproduction: Reproduction | None = None
    """How to reproduce the failure."""


def entries(snapshot: Snapshot) -> tuple[ModuleName, ...]:
    """The modules that can be a first import: those with Python source, sorted."""
    modules = snapshot.layout.modules()
    return tuple(sorted(name for name in modules if modules[name].kind is ModuleKind.SOURCE))


def programs(snapshot: Snapshot) -> tuple[Program, ...]:
    """The project's own programs, sorted.

    A `__main__` module, and one with a block that asks for `__name__ == "__main__"`, is run by its
    name or by its path; console scripts import the modules that the metadata name.
    """
    found: set[Program] = set()
    layout = snapshot.layout
    for name in entries(snapshot):
        summarized = snapshot.summaries.get(name)
        is_main = dotted_name(name).rpartition(".")[2] == "__main__"
        if is_main or (summarized is not None and is_script(summarized.summary)):
            around = [layout.module(each) for each in ancestors(name)]
            is_inside = any(each is not None and each.kind in _PACKAGES for each in around)
            found.add(Program(name, (How.MAIN if is_inside else How.SCRIPT).value))
    for dotted in snapshot.settings.entry_points:
        file = layout.find(dotted, None)
        if file is not None and file.kind is ModuleKind.SOURCE:
            found.add(Program(file.name, How.CONSOLE_SCRIPT.value))
    return tuple(sorted(found))


_PACKAGES: Final = (ModuleKind.SOURCE, ModuleKind.EXTENSION)


def program_starts(
    snapshot: Snapshot, chosen: Sequence[Program], memory: Memory | None = None
) -> tuple[FirstImport, ...]:
    """How programs end, in their order; one that exits has not crashed. Cost: as below."""
    runs = Runs()
    imported = [each.module for each in chosen if each.how == How.CONSOLE_SCRIPT.value]
    run = [each.module for each in chosen if each.how != How.CONSOLE_SCRIPT.value]
    simulate_into(runs, world_of(snapshot), imported, run, memory=memory)
    return tuple(
        replace(_located(snapshot, each.module, _unless_exit(kind[each.module])), how=How(each.how))
        for each in chosen
        for kind in [runs.entries if each.how == How.CONSOLE_SCRIPT.value else runs.scripts]
    )


def _unless_exit(run: Run) -> Run:
    outcome = run.outcome
    if isinstance(outcome, Crashes) and outcome.error == "SystemExit" and not outcome.is_circular:
        return replace(run, outcome=Loads())
    return run


def first_imports(
    snapshot: Snapshot,
    names: Sequence[ModuleName],
    progress: Callable[[int], None] | None = None,
    memory: Memory | None = None,
) -> tuple[FirstImport, ...]:
    """The outcomes of some entries, in their order; `progress` gets the approximate number done.

    Cost: the statements of every module that an entry reaches; packages that entries have around
    them are run once for all. Several questions about one snapshot can share a `memory`.
    """
    world = world_of(snapshot)
    visited = 0

    def visit() -> bool:
        # Called before each module or package: the nearest thing to a count.
        nonlocal visited
        visited += 1
        if progress is not None:
            progress(min(visited, len(names)))
        return False

    runs = simulate_entries(world, names, visit, memory)
    return tuple(_located(snapshot, name, runs[name]) for name in names)


def world_of(snapshot: Snapshot) -> World:
    """What the machine runs, at one revision."""
    settings = snapshot.settings
    return World(snapshot.layout, snapshot.summaries, settings.target, settings.declared)


def _located(snapshot: Snapshot, entry: ModuleName, run: Run) -> FirstImport:
    outcome = run.outcome
    if isinstance(outcome, Loads):
        return FirstImport(entry, outcome)
    path, line = _place(snapshot, outcome.spot)
    stack = outcome.stack if isinstance(outcome, Crashes) else ()
    chain = tuple(frame.module for frame in stack)
    shown = None
    if isinstance(outcome, Crashes):
        shown = reproduction(entry, run, lambda name: _root_of(snapshot, name))
    return FirstImport(entry, outcome, is_circular(run), path, line, chain, reproduction=shown)


def _root_of(snapshot: Snapshot, module: ModuleName) -> SourcePath | None:
    file = snapshot.layout.module(module)
    return None if file is None else file.root


def stack_places(snapshot: Snapshot, crash: Crashes) -> tuple[tuple[SourcePath, int], ...]:
    """File and line (from 0) of each module that was being executed at a predicted crash."""
    places = [_place(snapshot, frame.spot) for frame in crash.stack]
    # The innermost module raises, unless a function that it calls raises.
    if crash.spot is not None and crash.stack and crash.spot.module == crash.stack[-1].module:
        places[-1] = _place(snapshot, crash.spot)
    return tuple((path, line) for path, line in places if path is not None and line is not None)


def _place(snapshot: Snapshot, spot: Spot | None) -> tuple[SourcePath | None, int | None]:
    if spot is None:
        return None, None
    file = snapshot.layout.module(spot.module)
    summarized = snapshot.summaries.get(spot.module)
    if file is None or summarized is None:
        return None, None
    return file.path, summarized.mark_site(spot.code, spot.mark).line
