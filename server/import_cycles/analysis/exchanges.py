"""Keeps which imports an import sorter must not exchange.

Modules of a component, the packages around them, and outside importers in verdicts are sorted all
at once, as a sorter does. Then the first imports that load today are simulated. Where some fail
because of a module that is still loading, `analysis.sorting_culprits` finds the exchange: for each
component among its members, and for each outside module by itself.

Where imports are not sorted, this costs about as much as verdicts do; it costs more where an
exchange is found, and nothing where imports are sorted. So it is not on the path of an edit:
`Project.settle_order` comes after everything else. A trial is repeated when its verdict is made
anew, when the imports of a module around it change, or when a code changes that only trials
executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from import_cycles.analysis.import_sorting import SortedOrder, Sorting
from import_cycles.analysis.sorting_culprits import exchanges_in
from import_cycles.analysis.sorting_trials import (
    Cancelled,
    Result,
    Task,
    Trials,
    component_task,
    outside,
    outside_task,
    sorting_of,
)
from import_cycles.base.names import ModuleName, is_ancestor
from import_cycles.base.onlookers import Onlookers
from import_cycles.base.record import record
from import_cycles.findings.exchanges import Exchange
from import_cycles.findings.verdict import Verdict, is_circular
from import_cycles.graph.edges import Component, ComponentDelta
from import_cycles.simulate.entries import Run
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey, Crashes
from import_cycles.simulate.world import World


@record
class _Judged:
    """A component with its verdict, and the outside modules through which it is entered."""

    component: Component
    verdict: Verdict
    outside: frozenset[ModuleName]


class Exchanges:
    """The exchanges found so far. Only the project writes to it.

    A component goes by its first member. A *subject* is such a member, or a module outside of all
    components.
    """

    def __init__(self) -> None:
        self._components: dict[ModuleName, Component] = {}
        """By each of their members."""
        self._judged: dict[ModuleName, _Judged] = {}
        """Components with a verdict."""
        self._entered: Onlookers[ModuleName, ModuleName] = Onlookers()
        """The components that are entered through an outside module."""
        self._stale: set[ModuleName] = set()
        """Subjects still to be tried."""
        self._results: dict[ModuleName, Result] = {}
        """By subject."""
        self._sorted: dict[ModuleName, SortedOrder] = {}
        """How the last sorting changed modules."""
        self._of: dict[ModuleName, Exchange] = {}
        """By the module that the imports stand in."""

    @property
    def is_settled(self) -> bool:
        """Whether no subject is to be tried."""
        return not self._stale

    def of(self, module: ModuleName) -> tuple[Exchange, ...]:
        """The exchange found in a module, perhaps stale."""
        exchange = self._of.get(module)
        return () if exchange is None else (exchange,)

    def is_known_of(self, module: ModuleName) -> bool:
        """Whether that is about the newest revision."""
        own = self._components.get(module)
        if module in self._stale or (own is not None and not self._is_known(own)):
            return False
        return all(
            self._is_known(component)
            for member, component in self._components.items()
            if is_ancestor(module, member)
        )

    def _is_known(self, component: Component) -> bool:
        first = component.members[0]
        return first in self._judged and first not in self._stale

    # --- what changes ------------------------------------------------------------------------

    def note(
        self, delta: ComponentDelta, changed_codes: Set[CodeKey], reordered: Set[ModuleName]
    ) -> set[ModuleName]:
        """Mark what a change makes stale; returns the modules whose exchange has become stale.

        `reordered` are modules with other imports than before, or with other blocks of imports.
        """
        for component in delta.gone:
            self._part_with(component)
        for component in delta.born:
            if len(component.members) > 1:
                self._components.update((member, component) for member in component.members)
                # Modules outside of other components may be in one now.
                self._stale.update(self._results.keys() & component.members)
        if changed_codes:
            self._stale.update(
                subject
                for subject, result in self._results.items()
                if not result.ran.isdisjoint(changed_codes)
            )
        for module in reordered:
            own = self._components.get(module)
            if own is not None and own.members[0] in self._judged:
                self._stale.add(own.members[0])
            elif module in self._entered:
                self._stale.add(module)
        # The exchanges found in them name imports that may have changed.
        return {module for module in reordered if self._of.pop(module, None) is not None}

    def executed(self) -> set[ModuleName]:
        """The modules of which a trial executed code."""
        return {module for result in self._results.values() for module, _ in result.ran}

    def _part_with(self, component: Component) -> None:
        first = component.members[0]
        for member in component.members:
            self._components.pop(member, None)
        self._part_with_outside(first)
        self._judged.pop(first, None)
        # To be forgotten, or to be tried as modules outside of other components now.
        self._stale.update(
            name for name in component.members if name in self._results or name in self._entered
        )

    def _part_with_outside(self, first: ModuleName) -> None:
        judged = self._judged.get(first)
        for module in () if judged is None else judged.outside:
            self._entered.discard(first, (module,))
            self._stale.add(module)

    def renewed(self, component: Component, verdict: Verdict) -> None:
        """Takes in a new verdict on a component."""
        first = component.members[0]
        self._part_with_outside(first)
        judged = self._judged[first] = _Judged(component, verdict, outside(component, verdict))
        self._entered.add(first, judged.outside)
        self._stale.add(first)
        self._stale.update(judged.outside)

    # --- trials ------------------------------------------------------------------------------

    def settle(
        self, world: World, memory: Memory, cancelled: Cancelled | None = None
    ) -> Iterator[ModuleName]:
        """Try what is stale; returns the modules whose exchange has changed.

        `memory` has loads of first imports with the present order.
        Raises `simulate.entries.Cancelled` when `cancelled` returns true; the exchanges found by
        then are kept.
        """
        if not self._stale:
            return
        sortings = self._sortings(world)
        results = {name: sorting.result for name, sorting in sortings.items()}
        names = results.keys() | self._sorted
        self._note_sorted({each for each in names if results.get(each) != self._sorted.get(each)})
        self._sorted = results
        tasks = {subject: self._task(subject) for subject in sorted(self._stale)}
        trials = Trials(world, sortings, memory, cancelled)
        trials.note_known(tasks.values())
        entries = {entry for task in tasks.values() if task is not None for entry in task.entries}
        runs = dict(trials.run_all(entries) if sortings else {})
        outside_runs = self._with_outside_sorted(trials, tasks, runs)
        culprits: set[ModuleName] = set()
        earlier: list[Mapping[ModuleName, Run]] = []
        while tasks:
            subject = _likeliest(tasks, sortings, runs)
            task, result = tasks.pop(subject), Result()
            if task is not None:
                own = {entry: runs[entry] for entry in task.entries if entry in runs}
                known = [of[entry] for of in earlier for entry in task.entries if entry in of]
                if subject in outside_runs:
                    again = {subject: outside_runs[subject]}
                    result = exchanges_in(task, trials, again, [*own.values(), *known])
                else:
                    result = exchanges_in(task, trials, own, known)
            self._stale.discard(subject)
            yield from sorted(self._put(subject, result))
            found = {each.module for each in result.exchanges} - culprits
            if found:
                culprits |= found
                earlier.append(dict(runs))
                runs.update(_without(culprits, trials, tasks.values(), runs))

    def _with_outside_sorted(
        self,
        trials: Trials,
        tasks: Mapping[ModuleName, Task | None],
        runs: Mapping[ModuleName, Run],
    ) -> Mapping[ModuleName, Run]:
        """First imports around components that fail with everything sorted, now with only these sorted.

        Nearly all fail because of a component. To try them together costs little more than one.
        """
        swaps = {
            name: trials.sortings[name].n_swaps
            for name in self._entered
            if name in trials.sortings and name not in self._components
        }
        failing = [
            subject
            for subject, task in tasks.items()
            if task is not None
            and subject in swaps
            and subject in runs
            and is_circular(runs[subject])
        ]
        return trials.run(swaps, failing) if failing else {}

    def _sortings(self, world: World) -> dict[ModuleName, Sorting]:
        """How a sorter changes all modules in and around components, where that can matter."""
        sortings: dict[ModuleName, Sorting] = {}
        members = {
            name: each.component
            for each in self._judged.values()
            for name in each.component.members
        }
        for name in {*members, *self._entered}:
            own = None if name in self._entered else members[name]
            sorting = sorting_of(world, name, own)
            if sorting is not None:
                sortings[name] = sorting
        return dict(sorted(sortings.items()))

    def _task(self, subject: ModuleName) -> Task | None:
        """What to try for a subject; None if it is no subject any more."""
        judged = self._judged.get(subject)
        if judged is not None:
            return component_task(judged.component, judged.verdict)
        if subject not in self._entered or subject in self._components:
            return None
        entered = sorted(self._entered.of(subject))
        return outside_task(subject, (self._judged[first].verdict for first in entered))

    def _note_sorted(self, modules: Set[ModuleName]) -> None:
        """Takes in that sorting changes some modules otherwise than the last time."""
        codes = {(module, 0) for module in modules}
        subjects = {*self._judged, *self._entered} - self._stale if modules else ()
        for subject in subjects:
            task, result = self._task(subject), self._results.get(subject, Result())
            if task is not None and (task.executes(codes) or not result.ran.isdisjoint(codes)):
                self._stale.add(subject)

    def _put(self, subject: ModuleName, result: Result) -> set[ModuleName]:
        before = self._results.pop(subject, Result())
        if result != Result():
            self._results[subject] = result
        known: Mapping[ModuleName, Exchange] = {each.module: each for each in result.exchanges}
        modules = {each.module for each in before.exchanges} | known.keys()
        changed = {name for name in modules if self._of.get(name) != known.get(name)}
        for name in modules:
            self._of.pop(name, None)
        self._of.update(known)
        return changed


def _likeliest(
    tasks: Mapping[ModuleName, Task | None],
    sortings: Mapping[ModuleName, Sorting],
    runs: Mapping[ModuleName, Run],
) -> ModuleName:
    """The first task with a sorted module that was loading when a first import of it failed."""
    likely = (
        subject
        for subject, task in tasks.items()
        if task is not None and _has_suspect(task, sortings, runs)
    )
    return next(likely, next(iter(tasks)))


def _has_suspect(
    task: Task, sortings: Mapping[ModuleName, Sorting], runs: Mapping[ModuleName, Run]
) -> bool:
    suspects = sortings.keys() & task.modules
    outcomes = (runs[entry].outcome for entry in task.entries if entry in runs)
    return any(
        not suspects.isdisjoint((outcome.of, *(frame.module for frame in outcome.stack)))
        for outcome in outcomes
        if isinstance(outcome, Crashes)
    )


def _without(
    culprits: Set[ModuleName],
    trials: Trials,
    tasks: Iterable[Task | None],
    runs: Mapping[ModuleName, Run],
) -> Mapping[ModuleName, Run]:
    """The first imports of some tasks that failed, with all modules sorted but those culprits.

    Most fail because of one culprit: a first import that loads without it needs no search of its
    own.
    """
    swaps = {name: each.n_swaps for name, each in trials.sortings.items() if name not in culprits}
    failing = {
        entry
        for task in tasks
        if task is not None
        for entry in task.entries
        if entry in runs and is_circular(runs[entry])
    }
    return trials.run(swaps, sorted(failing)) if failing else {}
