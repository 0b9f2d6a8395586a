"""What happens when a module is the first import, with places that people can go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.traceback_reading import MODULE_LEVEL, TracebackFrame
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.findings.verdict import is_circular
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.entries import Run, simulate_entries
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot
from import_cycles.simulate.world import World


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


def entries(snapshot: Snapshot) -> tuple[ModuleName, ...]:
    """The modules that can be a first import: those with Python source, sorted."""
    modules = snapshot.layout.modules()
    return tuple(sorted(name for name in modules if modules[name].kind is ModuleKind.SOURCE))


def first_imports(
    snapshot: Snapshot,
    names: Sequence[ModuleName],
    progress: Callable[[int], None] | None = None,
) -> tuple[FirstImport, ...]:
    """The outcomes of some entries, in their order; `progress` is told how many are done, roughly.

    Cost: the statements of every module that an entry reaches; packages that entries have around
    them are run once for all.
    """
    world = World(snapshot.layout, snapshot.summaries, snapshot.settings.target)
    visited = 0

    def visit() -> bool:
        # Asked before each module or package: the nearest thing to a count that there is.
        nonlocal visited
        visited += 1
        if progress is not None:
            progress(min(visited, len(names)))
        return False

    runs = simulate_entries(world, names, visit)
    return tuple(_located(snapshot, name, runs[name]) for name in names)


def _located(snapshot: Snapshot, entry: ModuleName, run: Run) -> FirstImport:
    outcome = run.outcome
    if isinstance(outcome, Loads):
        return FirstImport(entry, outcome)
    path, line = _place(snapshot, outcome.spot)
    stack = outcome.stack if isinstance(outcome, Crashes) else ()
    chain = tuple(frame.module for frame in stack)
    return FirstImport(entry, outcome, is_circular(run), path, line, chain)


def frames(snapshot: Snapshot, crash: Crashes) -> tuple[TracebackFrame, ...]:
    """The traceback that a predicted crash would have, as far as the project's modules go."""
    places = [_place(snapshot, frame.spot) for frame in crash.stack]
    # The innermost module is where it is raised, unless a function that it calls raises.
    if crash.spot is not None and crash.stack and crash.spot.module == crash.stack[-1].module:
        places[-1] = _place(snapshot, crash.spot)
    return tuple(
        TracebackFrame(path, line + 1, MODULE_LEVEL)
        for path, line in places
        if path is not None and line is not None
    )


def _place(snapshot: Snapshot, spot: Spot | None) -> tuple[SourcePath | None, int | None]:
    if spot is None:
        return None, None
    file = snapshot.layout.module(spot.module)
    summarized = snapshot.summaries.get(spot.module)
    if file is None or summarized is None:
        return None, None
    return file.path, summarized.mark_site(spot.code, spot.mark).line
