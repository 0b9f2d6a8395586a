"""Keeps the verdicts on components: what their first imports end in.

A first import is run anew when a code that its run executed has changed, or an import of a
module that took part leads elsewhere; everything else leaves it as it is, in particular typing in
a function that nobody calls while loading. A verdict is made anew when its component is new, or
one of its runs is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from heapq import merge
from itertools import groupby, islice
from typing import Final
from zlib import crc32

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.findings.verdict import Verdict, is_circular
from import_cycles.graph.edges import Component, ComponentDelta, ImportEdge
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.entries import Run, Runs, is_script, simulate_into
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey, Unsure
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import When
from import_cycles.syntax.target import PythonTarget

Cancelled = Callable[[], bool]

ImportersOf = Callable[[ModuleName], Iterable[ModuleName]]
"""Modules that import another one by a statement of their own while they load, sorted."""


MAX_OUTSIDERS: Final = 25
"""Of one component, that are run to see whether they crash."""


MAX_PROGRAMS: Final = 25
"""Modules named `__main__` that are run to see whether they crash."""


MAX_LOADS: Final = 100_000
"""Of one component, by all first imports together, each of which can load every member.

Of a component with more members than the root of this, only some are tried.
"""

_NOT_TRIED: Final = Run(
    Unsure("its cycle has so many members that only some of them were tried"), (), (), ()
)


class Verdicts:
    """Verdicts by component. Only the project writes to it."""

    def __init__(self) -> None:
        self._components: dict[ModuleName, Component] = {}
        self._verdicts: dict[ModuleName, Verdict] = {}
        self._runs = Runs()
        """Runs that are true of the newest revision; those of a cancelled `settle` as well."""
        self._memory = Memory()
        self._unforgotten: set[CodeKey] = set()
        """Changed codes that the memory is told of when it is used next: it is looked through."""
        self._bodies = 0
        self._target: PythonTarget | None = None
        self._stale: set[ModuleName] = set()
        self._kept: set[ModuleName] = set()
        """Verdicts older than the text, because that does not parse."""

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without what is remembered for speed.
        left = ("_memory", "_unforgotten", "_bodies", "_target")
        return Verdicts, (), {name: part for name, part in vars(self).items() if name not in left}

    def of(self, component: Component) -> Verdict | None:
        """The last verdict on these members, perhaps stale; None before the first."""
        verdict = self._verdicts.get(component.members[0])
        if verdict is None or tuple(verdict.members) != component.members:
            return None
        return verdict

    def is_settled_for(self, component: Component) -> bool:
        """Whether the verdict on these members is that of the text as it is now."""
        first = component.members[0]
        return first not in self._stale and first not in self._kept

    def note(
        self,
        delta: ComponentDelta,
        resolved: Iterable[ModuleName],
        changed_codes: Iterable[CodeKey],
        changed_edges: Iterable[ImportEdge],
    ) -> None:
        """Remember what a change makes stale."""
        born = {component.members[0] for component in delta.born}
        for component in delta.gone:
            if component.members[0] not in born:
                self._forget(component.members[0])
        for component in delta.born:
            if len(component.members) > 1:
                self._components[component.members[0]] = component
                self._stale.add(component.members[0])
            else:
                self._forget(component.members[0])
        self._stale |= self._kept
        self._kept.clear()
        changed = {*changed_codes, *((module, 0) for module in resolved)}
        self._unforgotten |= changed
        if changed and self._drop_runs(changed):
            for first, verdict in self._verdicts.items():
                if not self._is_current(verdict):
                    self._stale.add(first)
        for edge in changed_edges:
            if edge.when is When.RUNTIME:
                self._stale.update(self._entered_by(edge))
        self._stale &= self._components.keys()

    def disown(self, modules: Set[ModuleName]) -> None:
        """Make the verdicts anew in which these modules are members, even if they do not parse."""
        for first, component in self._components.items():
            if not modules.isdisjoint(component.members):
                self._verdicts.pop(first, None)
                self._kept.discard(first)
                self._stale.add(first)

    def note_importers(self, may_be_new: Callable[[ModuleName], bool]) -> None:
        """Remember what importers make stale whose edges are not known, by what they import."""
        for first, verdict in self._verdicts.items():
            runs = verdict.members.items()
            if any(is_circular(run) and may_be_new(name) for name, run in runs):
                self._stale.add(first)

    def _entered_by(self, edge: ImportEdge) -> Iterator[ModuleName]:
        """The components whose crashes an importer from outside would meet through an edge."""
        for first, verdict in self._verdicts.items():
            run = verdict.members.get(edge.imported)
            if run is not None and edge.importer not in verdict.members and is_circular(run):
                yield first

    def _drop_runs(self, changed: set[CodeKey]) -> bool:
        """Forget the runs that executed a code which is another now; whether there are any."""
        judged: dict[int, bool] = {}

        def is_touched(layer: frozenset[CodeKey]) -> bool:
            known = judged.get(id(layer))
            if known is None:
                known = judged[id(layer)] = not layer.isdisjoint(changed)
            return known

        found = False
        for runs in (self._runs.entries, self._runs.scripts):
            for name in [name for name, run in runs.items() if any(map(is_touched, run.ran))]:
                del runs[name]
                found = True
        return found

    def _is_current(self, verdict: Verdict) -> bool:
        entries, scripts = self._runs.entries, self._runs.scripts
        return (
            all(entries.get(name) is run for name, run in verdict.members.items())
            and all(entries.get(name) is run for name, run in verdict.outsiders.items())
            and all(scripts.get(name) is run for name, run in verdict.scripts.items())
        )

    @property
    def bodies(self) -> int:
        """How many module bodies first imports have executed so far."""
        return self._bodies + self._memory.bodies

    @property
    def is_settled(self) -> bool:
        """Whether no verdict is stale."""
        return not self._stale

    def everything_stale(self) -> None:
        """Make all verdicts anew the next time; runs are kept."""
        self._stale |= self._components.keys()

    def settle(
        self,
        world: World,
        importers_of: ImportersOf,
        entry_points: Iterable[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Component]:
        """Make stale verdicts anew; `entry_points` are what console scripts import first.

        All of them at once, because first imports share the packages around them. Raises
        `simulate.entries.Cancelled` when `cancelled` says so; the runs made by then are kept.
        """
        stale = []
        for first in sorted(self._stale):
            component = self._components[first]
            if self.of(component) is not None and not _is_readable(component, world):
                # Half a statement is being typed: what is known stays until it is whole.
                self._stale.discard(first)
                self._kept.add(first)
            else:
                stale.append(component)
        scripts = {component: _scripts(component, world) for component in stale}
        self._run(
            world,
            (member for component in stale for member in _tried(component)),
            (script for names in scripts.values() for script in names),
            cancelled,
        )
        for component in stale:
            for member in component.members:
                self._runs.entries.setdefault(member, _NOT_TRIED)
        failing = {component: self._failing(component) for component in stale}
        programs = _programs(world, entry_points) if any(failing.values()) else Programs()
        importers = {
            component: _importers(failing[component], component, importers_of)
            for component in stale
        }
        self._run(
            world,
            (*programs.entries, *(name for names in importers.values() for name in names)),
            programs.scripts,
            cancelled,
        )
        for component in stale:
            first = component.members[0]
            self._verdicts[first] = self._verdict(
                component, importers[component], scripts[component], programs
            )
            self._stale.discard(first)
            yield component

    def _verdict(
        self,
        component: Component,
        importers: list[ModuleName],
        scripts: list[ModuleName],
        programs: Programs,
    ) -> Verdict:
        entries, mains = self._runs.entries, self._runs.scripts
        members = frozenset(component.members)
        outside = dict.fromkeys((*importers, *(programs.entries - members)))
        main = dict.fromkeys((*scripts, *(programs.scripts - frozenset(scripts))))

        def takes_part(run: Run) -> bool:
            return any(code == 0 and module in members for module, code in run.codes)

        return Verdict(
            {name: entries[name] for name in component.members},
            {name: run for name in sorted(outside) if takes_part(run := entries[name])},
            {name: run for name in sorted(main) if takes_part(run := mains[name])},
            members & programs.entries,
        )

    def _run(
        self,
        world: World,
        entries: Iterable[ModuleName],
        scripts: Iterable[ModuleName],
        cancelled: Cancelled | None,
    ) -> None:
        runs = self._runs
        wanted = [name for name in entries if runs.entries.get(name, _NOT_TRIED) == _NOT_TRIED]
        mains = [name for name in scripts if name not in runs.scripts]
        if wanted or mains:
            if world.target != self._target:
                self._bodies += self._memory.bodies
                self._memory, self._target = Memory(), world.target
            self._memory.forget(self._unforgotten)
            self._unforgotten = set()
            simulate_into(runs, world, wanted, mains, cancelled, self._memory)

    def _failing(self, component: Component) -> list[ModuleName]:
        entries: dict[ModuleName, Run] = self._runs.entries
        return [name for name in component.members if is_circular(entries[name])]

    def _forget(self, first: ModuleName) -> None:
        self._components.pop(first, None)
        self._stale.discard(first)
        verdict = self._verdicts.pop(first, None)
        if verdict is not None:
            for name in (*verdict.members, *verdict.outsiders):
                self._runs.entries.pop(name, None)
            for name in verdict.scripts:
                self._runs.scripts.pop(name, None)


@record
class Programs:
    """What the project's own programs start with: console scripts, and `python -m package`."""

    entries: frozenset[ModuleName] = frozenset()
    scripts: frozenset[ModuleName] = frozenset()


def _programs(world: World, entry_points: Iterable[str]) -> Programs:
    found = (world.find(dotted, None) for dotted in entry_points)
    modules = world.layout.modules()
    mains = sorted(
        name
        for name, file in modules.items()
        if file.kind is ModuleKind.SOURCE and dotted_name(name).rpartition(".")[2] == "__main__"
    )
    return Programs(
        frozenset(file.name for file in found if file and file.kind is ModuleKind.SOURCE),
        frozenset(mains[:MAX_PROGRAMS]),
    )


def _scripts(component: Component, world: World) -> list[ModuleName]:
    """The members that have something to do as the main program."""
    return [
        name
        for name in component.members
        if (summary := world.summary(name)) is not None and is_script(summary)
    ]


def _tried(component: Component) -> Iterable[ModuleName]:
    """The members whose first imports are run: all of them, or as many as there is time for.

    Which ones hangs on their names alone, so that those of a growing component stay the same.
    """
    members = component.members
    if len(members) ** 2 <= MAX_LOADS:
        return members
    ranked = sorted(members, key=lambda name: (crc32(name.encode()), name))
    return ranked[: max(1, MAX_LOADS // len(members))]


def _is_readable(component: Component, world: World) -> bool:
    """Whether every member's text parses."""
    return all(
        summarized.exact
        for member in component.members
        if (summarized := world.summaries.get(member)) is not None
    )


def _importers(
    failing: list[ModuleName], component: Component, importers_of: ImportersOf
) -> list[ModuleName]:
    """Modules outside a component that import one of its failing members while they load.

    Whoever crashes in the component from outside enters it there. Of many importers the first
    few are asked: one that crashes is enough to know that the cycle is entered from that side.
    """
    members = set(component.members)
    # In order, and no further than needed: to know an importer costs a summary.
    in_order = (name for name, _ in groupby(merge(*map(importers_of, failing))))
    return list(islice((name for name in in_order if name not in members), MAX_OUTSIDERS))
