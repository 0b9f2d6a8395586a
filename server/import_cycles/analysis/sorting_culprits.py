"""Finds the two imports whose exchange makes first imports fail, after sorting made some fail.

The suspects are the modules that were loading at the failure. The module that lacks the name comes
first: it is most often a package that had not reached the import of that name. A suspect counts
only if the first import fails with that module sorted alone. The pair then comes from the crash, or
from a search by halves: sorting is a series of swaps of neighbours, of which the first k are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from import_cycles.analysis.import_sorting import Sorting, Swap
from import_cycles.analysis.sorting_trials import Result, Task, Trials
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.findings.exchanges import Exchange, ImportPlace
from import_cycles.findings.verdict import is_circular
from import_cycles.resolve.layout import ModuleFile
from import_cycles.resolve.targets import asked_module
from import_cycles.simulate.absences import star_source, text_binds
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import CodeKey, Crashes
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.steps import Import, ModuleSummary

MAX_FOUND: Final = 10
"""Modules of one task that the search examines."""

MAX_LOADS: Final = 2_000
"""After so many loads in the trials of one task, the search examines no further module."""

_MOST_SUSPECTS: Final = 3


def exchanges_in(
    task: Task, trials: Trials, runs: Mapping[ModuleName, Run], known: Iterable[Run] = ()
) -> Result:
    """What an import sorter must not exchange in some modules.

    `runs` are first imports with these and other modules sorted; `known` are further ones that were
    made to find out which of these fail.
    """
    search = _Search(task, trials)
    search.note(runs.values())
    search.note(known)
    failing = [entry for entry in task.entries if entry in runs and is_circular(runs[entry])]
    exchanges = tuple(search.exchanges(failing)) if failing else ()
    return Result(exchanges, search.ran_beside_verdict())


class _Search:
    """Searches the modules of a task that are still sorted, and records which codes it executes."""

    def __init__(self, task: Task, trials: Trials) -> None:
        inside = frozenset(task.modules)
        self._task = task
        self._trials = trials
        self._sortings = {name: each for name, each in trials.sortings.items() if name in inside}
        self._layers: dict[int, Set[CodeKey]] = {}
        self._counted: set[Set[CodeKey]] = set()
        self._n_loads = 0
        """By all trials, and by those that a search by halves would have made."""
        self._n_latest = 0
        """By the latest trial."""

    def exchanges(self, failing: Sequence[ModuleName]) -> Iterator[Exchange]:
        """Undoes the sorting of one module after the other until no first import fails any more."""
        for n_unsorted in range(MAX_FOUND):
            if not self._sortings or self._n_loads > MAX_LOADS:
                return
            # With one module unsorted, the other subjects will be tried if nothing fails any more.
            is_all_but_one = len(self._trials.sortings) == len(self._sortings) + 1
            likely = self._trials.failing if n_unsorted == 1 and is_all_but_one else ()
            crashes = self._crashes(failing, self._all(self._sortings), likely)
            if not crashes:
                return
            failing = list(crashes)
            module, found = self._culprit(crashes)
            if found is not None:
                yield self._exchange(module, *found)
            del self._sortings[module]

    def _culprit(
        self, crashes: Mapping[ModuleName, Crashes]
    ) -> tuple[ModuleName, tuple[ModuleName, Crashes] | None]:
        """A module to leave unsorted, and what fails with it alone sorted, if anything does."""
        entry, crash = next(iter(crashes.items()))
        suspects = self._suspects(crash)
        for module in suspects[:_MOST_SUSPECTS]:
            found = self._alone(module, crashes)
            if found is not None:
                return module, found
        module = self._first_of_all(entry)
        return module, None if module in suspects[:_MOST_SUSPECTS] else self._alone(module, crashes)

    def _suspects(self, crash: Crashes) -> list[ModuleName]:
        """The sorted modules among those that were loading, the likeliest first."""
        loading = [frame.module for frame in reversed(crash.stack)]
        ranked = [crash.of, *loading] if crash.of in loading else loading
        return [name for name in dict.fromkeys(ranked) if name in self._sortings]

    def _alone(
        self, module: ModuleName, crashes: Mapping[ModuleName, Crashes]
    ) -> tuple[ModuleName, Crashes] | None:
        """A first import that fails with only one module sorted, and its crash."""
        own = [module] if module in crashes else []
        entries = [*dict.fromkeys([*own, next(iter(crashes))])]
        found = self._crashes(entries, self._all([module]))
        return next(iter(found.items()), None)

    def _first_of_all(self, entry: ModuleName) -> ModuleName:
        """The module with which a first import starts to fail, as one module after the other is sorted."""
        modules = list(self._sortings)
        fewest, most = 0, len(modules)
        while most - fewest > 1:
            middle = (fewest + most) // 2
            if self._crashes([entry], self._all(modules[:middle])):
                most = middle
            else:
                fewest = middle
        return modules[most - 1]

    # --- the pair ----------------------------------------------------------------------------

    def _exchange(self, module: ModuleName, entry: ModuleName, crash: Crashes) -> Exchange:
        sorting = self._sortings[module]
        summary = self._trials.world.summaries[module].summary
        swap = _read_off(summary, sorting, module, crash)
        if swap is None:
            swap, crash = self._narrowed(module, sorting, entry, crash)
        first, second = _places(self._trials.world, module, summary, swap)
        return Exchange(module, first, second, entry, crash)

    def _narrowed(
        self, module: ModuleName, sorting: Sorting, entry: ModuleName, crash: Crashes
    ) -> tuple[Swap, Crashes]:
        """The swap from which on a first import fails, and its crash then."""
        fewest, most = 0, sorting.n_swaps
        n_trials = most.bit_length() - 1
        while most - fewest > 1:
            n_trials -= 1
            likely = _likely_swap(self._trials.world, sorting, module, crash)
            if likely is None or not fewest < likely <= most:
                middle = (fewest + most) // 2
            else:
                # First that it fails from there on, then that it does not before.
                middle = min(likely, most - 1)
            found = self._crashes([entry], {module: middle})
            if found:
                most, crash = middle, found[entry]
            else:
                fewest = middle
        # What is found must not depend on how good the guesses were.
        self._n_loads += max(0, n_trials) * self._n_latest
        return sorting.swap(most), crash

    # --- trials ------------------------------------------------------------------------------

    def _all(self, modules: Iterable[ModuleName]) -> dict[ModuleName, int]:
        return {name: self._sortings[name].n_swaps for name in modules}

    def _crashes(
        self,
        entries: Iterable[ModuleName],
        swaps: Mapping[ModuleName, int],
        likely: Iterable[ModuleName] = (),
    ) -> dict[ModuleName, Crashes]:
        """The circular crashes of first imports after so many swaps in some modules."""
        runs = self._trials.run(swaps, entries, likely)
        self.note(runs.values(), swaps)
        return {
            entry: crash
            for entry in entries
            if is_circular(run := runs[entry]) and isinstance(crash := run.outcome, Crashes)
        }

    def note(self, runs: Iterable[Run], swaps: Iterable[ModuleName] = ()) -> None:
        """Record what one trial executed, or would have if no other had told how it ends.

        What was loaded before, without any of the modules that it changes, does not count again.
        """
        layers = {id(layer): layer for run in runs for layer in run.ran}
        self._layers.update(layers)
        changed = {(name, 0) for name in swaps}
        loaded = {
            module
            for layer in layers.values()
            if layer not in self._counted or not layer.isdisjoint(changed)
            for module, code in layer
            if not code
        }
        self._counted.update(layers.values())
        self._n_latest = len(loaded)
        self._n_loads += self._n_latest

    def ran_beside_verdict(self) -> frozenset[CodeKey]:
        """The codes that were executed, and by no run of the verdict."""
        ran = frozenset[CodeKey]().union(*self._layers.values())
        if not ran:
            return ran
        layers = {id(layer): layer for run in self._task.known_runs for layer in run.ran}
        return ran.difference(*layers.values())


def _read_off(
    summary: ModuleSummary, sorting: Sorting, module: ModuleName, crash: Crashes
) -> Swap | None:
    """The import of the name that a module lacks, and the one below it that it is executing instead."""
    if crash.of != module:
        return None
    loading = _executed_imports(summary, module, crash)
    binding = [
        number
        for number, each in enumerate(summary.imports)
        if any(name.bound_as == crash.name for name in each.names or ())
    ]
    if len(loading) == len(binding) == 1 and sorting.exchanges(binding[0], loading[0]):
        return Swap(binding[0], loading[0])
    return None


def _executed_imports(summary: ModuleSummary, module: ModuleName, crash: Crashes) -> list[int]:
    """The imports of a module, one as a rule, that it was executing at a crash."""
    at = next((frame.spot for frame in crash.stack if frame.module == module), None)
    if at is None or at.code:
        return []
    return [
        step.import_id
        for step in summary.codes[0].body
        if isinstance(step, Import) and step.mark == at.mark
    ]


def _likely_swap(world: World, sorting: Sorting, module: ModuleName, crash: Crashes) -> int | None:
    """The number of the swap that a crash points to; None if it points to none.

    It exchanged the import that the module was executing with the one that would have bound the name.
    """
    summary, file = world.summaries[module].summary, world.layout.module(module)
    if crash.of != module or file is None:
        return None
    binding = (
        number
        for number, each in enumerate(summary.imports)
        if any(name.bound_as == crash.name for name in each.names or ())
        or (
            (source := star_source(world, each, file)) is not None
            and text_binds(world, source, crash.name)
        )
    )
    loading = _executed_imports(summary, module, crash)
    numbers = (sorting.number(first, second) for first in binding for second in loading)
    return max((number for number in numbers if number is not None), default=None)


def _places(
    world: World, module: ModuleName, summary: ModuleSummary, swap: Swap
) -> tuple[ImportPlace, ImportPlace]:
    file = world.layout.module(module)
    assert file is not None, f"{module} was sorted and has no file"
    if swap.of is None:
        first, second = summary.imports[swap.first], summary.imports[swap.second]
        return _place(world, first, file), _place(world, second, file)
    names = summary.imports[swap.of]
    return _name_place(names, swap.first, file), _name_place(names, swap.second, file)


def _place(world: World, record: ImportRecord, file: ModuleFile) -> ImportPlace:
    if record.names is not None and len(record.names) == 1:
        name = _name_place(record, 0, file)
        if world.find(name.asks_for, file) is not None:
            return replace(name, site=record.site)
    return ImportPlace(record.site, asked_module(record, file) or record.module)


def _name_place(record: ImportRecord, place: int, file: ModuleFile) -> ImportPlace:
    name = (record.names or ())[place]
    return ImportPlace(name.site, f"{asked_module(record, file)}.{name.name}")
