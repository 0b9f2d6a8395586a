"""Trials: how first imports end after an import sorter has sorted the modules of a component."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from import_cycles.analysis.import_sorting import Sorting
from import_cycles.analysis.known_trials import KnownTrials, differing
from import_cycles.base.names import ModuleName, ancestors
from import_cycles.base.record import entity, record, replace
from import_cycles.findings.exchanges import Exchange
from import_cycles.findings.verdict import Verdict, is_circular
from import_cycles.graph.edges import Component
from import_cycles.resolve.targets import asked_module
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.loads import Load, Remembered
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey, Loads
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import ImportedName, ImportRecord, When
from import_cycles.syntax.summarize import Summarized

Cancelled = Callable[[], bool]

MAX_LOADS: Final = 10_000
"""Of one component, by all first imports that are tried at once, each of which can load every member."""

_FEW: Final = 30
"""Loads with the present order are of use for a trial with all modules sorted if no more than one of so
many modules is sorted: it executes half as many bodies then."""

_MOST_SHARED: Final = 3
"""Loads of so many of the latest trials are kept: each can hold what a whole project made."""


@record
class Result:
    """The result of trials; `ran` are codes that were executed, and by no run of the verdict."""

    exchanges: tuple[Exchange, ...] = ()
    ran: frozenset[CodeKey] = frozenset()


@record
class Task:
    """Modules to be sorted together, and first imports that load today: the question is which fail.

    `verdicts` are those on the components that it is about.
    """

    modules: tuple[ModuleName, ...]
    entries: tuple[ModuleName, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def known_runs(self) -> Iterator[Run]:
        """First imports with the present order."""
        for verdict in self.verdicts:
            yield from verdict.members.values()
            yield from verdict.outsiders.values()

    def executes(self, codes: Set[CodeKey]) -> bool:
        """Whether the present first imports execute one of these codes."""
        layers = {id(layer): layer for run in self.known_runs for layer in run.ran}
        return not all(layer.isdisjoint(codes) for layer in layers.values())


def component_task(component: Component, verdict: Verdict) -> Task:
    """The members of a component: all are sorted, and as many imported first as time allows."""
    members = component.members
    loading = [name for name in members if isinstance(verdict.members[name].outcome, Loads)]
    return Task(members, tuple(loading[: MAX_LOADS // len(members) or 1]), (verdict,))


def outside_task(module: ModuleName, verdicts: Iterable[Verdict]) -> Task:
    """One module around components that loads: a package of members, or a module that imports them."""
    return Task((module,), (module,), tuple(verdicts))


def outside(component: Component, verdict: Verdict) -> frozenset[ModuleName]:
    """The modules around a component that load today, and through which it is entered."""
    members = {name for name, run in verdict.members.items() if isinstance(run.outcome, Loads)}
    found = {name for name, run in verdict.outsiders.items() if isinstance(run.outcome, Loads)}
    # A package executes before the modules below it.
    found.update(name for member in members for name in ancestors(member))
    return frozenset(found.difference(component.members))


@entity
class _Shared:
    """What modules did that were loaded after so many swaps."""

    swaps: Mapping[ModuleName, int]
    loads: list[Remembered]


class _TrialMemory(Memory):
    """A memory that counts how often the body of a module is executed."""

    def __init__(self, other: Memory, loads: Sequence[Remembered]) -> None:
        super().__init__(other, loads)
        self._times: dict[ModuleName, int] = {}

    def begin(self, load: Load) -> None:
        super().begin(load)
        self._times[load.name] = self._times.get(load.name, 0) + 1

    @property
    def executed_once(self) -> frozenset[ModuleName]:
        """The modules whose bodies were executed once in all first imports together."""
        if self.is_forgotten:
            return frozenset()
        return frozenset(name for name, times in self._times.items() if times == 1)


class Trials:
    """First imports in one state of a project, with some modules sorted.

    Trials share what they have in common. An outcome that an earlier one has decided needs no first
    import (`analysis.known_trials`). Loads are replayed from the present first imports and from the
    latest trials, if the modules that take part stood in the same order there.
    """

    def __init__(
        self,
        world: World,
        sortings: Mapping[ModuleName, Sorting],
        memory: Memory,
        cancelled: Cancelled | None,
    ) -> None:
        """`memory` has loads of first imports with the present order; it stays as it is."""
        self.world = world
        self.sortings = sortings
        self._cancelled = cancelled
        self._memory = memory
        self._present = _Shared({}, memory.remembered)
        self._n_present = len({each.name for each in memory.remembered})
        self._latest: deque[_Shared] = deque(maxlen=_MOST_SHARED)
        self.known = KnownTrials(world, sortings)
        self.failing: tuple[ModuleName, ...] = ()
        """The first imports that fail with all modules sorted."""
        self.bodies = 0
        """How many module bodies trials have executed so far."""
        self.replays = 0
        """How many they replayed instead."""

    def note_known(self, tasks: Iterable[Task | None]) -> None:
        """Take in the first imports of some tasks that are known, with the present order."""
        verdicts = {id(each): each for task in tasks if task is not None for each in task.verdicts}
        for verdict in verdicts.values():
            runs = {**verdict.members, **verdict.outsiders}
            self.known.add(
                {}, {name: run for name, run in runs.items() if isinstance(run.outcome, Loads)}
            )

    def run(
        self,
        swaps: Mapping[ModuleName, int],
        entries: Iterable[ModuleName],
        likely: Iterable[ModuleName] = (),
    ) -> Mapping[ModuleName, Run]:
        """First imports after so many swaps in some modules.

        If one has to be made, `likely` ones, which may be asked for later, are made beside it: the
        packages around are executed once for all.
        """
        entries = tuple(entries)
        both = (*entries, *likely)
        found = self.known.find(both, swaps)
        if not found.keys() >= {*entries}:
            found.update(self._executed(swaps, [each for each in both if each not in found]))
        return {entry: found[entry] for entry in entries}

    def _executed(
        self, swaps: Mapping[ModuleName, int], entries: Iterable[ModuleName]
    ) -> Mapping[ModuleName, Run]:
        sorted_ones = {
            name: replace(self.world.summaries[name], summary=self.sortings[name].after(n_swaps))
            for name, n_swaps in swaps.items()
        }
        summaries = _Changed(self.world.summaries, sorted_ones)
        world = World(self.world.layout, summaries, self.world.target, self.world.entry_points)
        runs = Runs()
        shared = [*self._shared_with(swaps)]
        memory = _TrialMemory(self._memory, shared)
        try:
            simulate_into(runs, world, entries, (), self._cancelled, memory)
        finally:
            self.bodies += memory.bodies
            self.replays += memory.replays
        before = set(map(id, shared))
        new = [each for each in memory.remembered if id(each) not in before]
        self._latest.append(_Shared(swaps, new))
        self.known.add(swaps, runs.entries, memory.executed_once)
        return runs.entries

    def _shared_with(self, swaps: Mapping[ModuleName, int]) -> Iterator[Remembered]:
        """The loads that are the same after so many swaps.

        With all modules sorted, and many of them, so few are that they only bring further groupings of
        knots, which do not go together with what the trial loads itself.
        """
        if len(swaps) == len(self.sortings) and len(swaps) * _FEW > self._n_present:
            return
        groups = (self._present, *self._latest)
        everything = [each for group in groups for each in group.loads]
        for group in groups:
            changed = {(name, 0) for name in differing(group.swaps, swaps)}
            yield from self._memory.untouched(group.loads, changed, everything)

    def run_all(self, entries: Iterable[ModuleName]) -> Mapping[ModuleName, Run]:
        """First imports with all modules sorted."""
        runs = self.run({name: each.n_swaps for name, each in self.sortings.items()}, entries)
        self.failing = tuple(sorted(entry for entry, run in runs.items() if is_circular(run)))
        return runs


def sorting_of(world: World, module: ModuleName, own: Component | None) -> Sorting | None:
    """How a sorter changes a module; None if that makes no difference to first imports.

    `own` is its component, if only that matters.
    """
    summarized = world.summaries.get(module)
    file = world.layout.module(module)
    if summarized is None or file is None or not summarized.exact:
        return None

    def is_of_project(record: ImportRecord) -> bool:
        return world.find(record.module.partition(".")[0], file) is not None

    def is_module(record: ImportRecord, name: ImportedName) -> bool:
        package = asked_module(record, file)
        return package is not None and world.find(f"{package}.{name.name}", file) is not None

    def only_binds(record: ImportRecord) -> bool:
        top = record.module.partition(".")[0]
        return not record.level and top in sys.stdlib_module_names and not is_of_project(record)

    sorting = Sorting(summarized.summary, is_of_project, is_module)
    if sorting.moves_nothing_but(only_binds):
        # Imports of Python's own library run nothing of the project: names are bound earlier, and nothing fails for it.
        return None
    risen = sorting.risen
    if not risen or own is None:
        return sorting if risen else None
    # An import that moves up must lead back to the module.
    leads_back = any(
        edge.importer == edge.holder == module and edge.site in risen and edge.when is When.RUNTIME
        for edge in own.edges
    )
    return sorting if leads_back else None


class _Changed(Mapping[ModuleName, Summarized]):
    """Summaries of which some are replaced."""

    def __init__(
        self,
        summaries: Mapping[ModuleName, Summarized],
        changed: Mapping[ModuleName, Summarized],
    ) -> None:
        self._summaries = summaries
        self._changed = changed

    def __getitem__(self, name: ModuleName) -> Summarized:
        return self._changed.get(name) or self._summaries[name]

    def get(self, name: ModuleName, default: object = None) -> Summarized | None:  # type: ignore[override]
        """As the original does it, which may have to read the text."""
        return self._changed.get(name) or self._summaries.get(name)

    def __iter__(self) -> Iterator[ModuleName]:
        return iter(self._summaries)

    def __len__(self) -> int:
        return len(self._summaries)
