"""What happens when a module is the first import, with places that people can go to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.machine import simulate
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot
from import_cycles.simulate.world import World


@record
class FirstImport:
    """The outcome for one entry. `path` and `line` (from 0) are those of its spot, if it has one.

    `chain` has the modules that were being executed when it failed, outermost first.
    """

    entry: ModuleName
    outcome: Outcome
    path: SourcePath | None = None
    line: int | None = None
    chain: tuple[ModuleName, ...] = ()

    @property
    def is_circular(self) -> bool:
        """Whether it fails, and because of a cycle."""
        return isinstance(self.outcome, Crashes) and self.outcome.partial


def entries(snapshot: Snapshot) -> tuple[ModuleName, ...]:
    """The modules that can be a first import: those with Python source, sorted."""
    modules = snapshot.layout.modules()
    return tuple(sorted(name for name in modules if modules[name].kind is ModuleKind.SOURCE))


def first_imports(
    snapshot: Snapshot,
    names: Iterable[ModuleName],
    progress: Callable[[int], None] | None = None,
) -> Iterator[FirstImport]:
    """The outcomes of some entries, in their order; `progress` is told how many are done.

    Cost: the statements of every module that an entry reaches, entry by entry.
    """
    world = World(snapshot.layout, snapshot.summaries, snapshot.settings.target)
    for done, name in enumerate(names):
        if progress is not None:
            progress(done)
        yield _located(snapshot, name, simulate(world, name))


def _located(snapshot: Snapshot, entry: ModuleName, outcome: Outcome) -> FirstImport:
    if isinstance(outcome, Loads):
        return FirstImport(entry, outcome)
    path, line = _place(snapshot, outcome.spot)
    stack = outcome.stack if isinstance(outcome, Crashes) else ()
    return FirstImport(entry, outcome, path, line, tuple(frame.module for frame in stack))


def _place(snapshot: Snapshot, spot: Spot | None) -> tuple[SourcePath | None, int | None]:
    if spot is None:
        return None, None
    file = snapshot.layout.module(spot.module)
    summarized = snapshot.summaries.get(spot.module)
    if file is None or summarized is None:
        return None, None
    return file.path, summarized.mark_site(spot.code, spot.mark).line
