"""Keeps the verdicts on components and knots: how their first imports end.

The project runs a first import anew when a code that its run executed has changed, or when an
import of a module that took part leads elsewhere. Other changes do not make it stale, in particular
typing in a function that is not called while modules load. It makes a verdict anew when its
component is new, or when one of its runs is.

The graph tells whether a cycle is walked while modules load; an import in a function counts there
once a survey has seen the call. First imports also follow calls that surveys do not. So the members
of a *knot* are run as well: the modules that all lead to one another by imports that can execute at
all. Its verdict has the crashes that no component inside it has.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from heapq import merge
from itertools import chain, groupby, islice
from typing import Final

from import_cycles.analysis.tries import NOT_TRIED, Tries
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.findings.verdict import (
    CrashSite,
    Verdict,
    circular_crashes,
    crash_sites,
    is_circular,
    stray_crashes,
)
from import_cycles.graph.edges import Component, ComponentDelta, ImportEdge
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.entries import Run, Runs, is_script, simulate_into
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey, Spot, what_modules_hold
from import_cycles.simulate.plain_modules import PlainModules
from import_cycles.simulate.world import World
from import_cycles.syntax.imports import When
from import_cycles.syntax.target import PythonTarget

Cancelled = Callable[[], bool]

ComponentsIn = Callable[[Component], Iterable[Component]]
"""The components inside a knot."""

ImportersOf = Callable[[ModuleName], Iterable[ModuleName]]
"""Modules that import another one by a statement of their own while they load, sorted."""


MAX_OUTSIDERS: Final = 25
"""Importers of a component's failing members to run: all fail in the members, so a few are enough."""


MAX_FOLLOWERS: Final = 500
"""Modules outside of one component to run because its members went on without a name: each may fail
at a line of its own. Each costs a summary and a first import, most of which is remembered."""


MAX_PROGRAMS: Final = 25
"""Modules named `__main__` that are run to see whether they crash."""


@record
class Group:
    """The subject of a verdict: a component, or a knot."""

    component: Component
    is_knot: bool = False

    @property
    def key(self) -> _Key:
        """The key of all groups of its kind with the same first member."""
        return self.is_knot, self.component.members[0]

    def __hash__(self) -> int:
        return hash(self.key)


_Key = tuple[bool, ModuleName]


class Verdicts:
    """Verdicts by component and knot. Only the project writes to it."""

    def __init__(self) -> None:
        self._groups: dict[_Key, Group] = {}
        self._verdicts: dict[_Key, Verdict] = {}
        self._runs = Runs()
        """Runs that are true of the newest revision; those of a cancelled `settle` as well."""
        self._memory = Memory()
        self._unforgotten: set[CodeKey] = set()
        """Changed codes of which the memory has to learn before its next use."""
        self._bodies = 0
        self._target: PythonTarget | None = None
        self._stale: set[_Key] = set()
        self._kept: set[_Key] = set()
        """Verdicts older than the text, because the text does not parse."""

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without the caches.
        left = ("_memory", "_unforgotten", "_bodies", "_target")
        return Verdicts, (), {name: part for name, part in vars(self).items() if name not in left}

    def of(self, component: Component, *, is_knot: bool = False) -> Verdict | None:
        """The last verdict on these members, perhaps stale; None before the first."""
        verdict = self._verdicts.get((is_knot, component.members[0]))
        if verdict is None or tuple(verdict.members) != component.members:
            return None
        return verdict

    def is_settled_for(self, component: Component) -> bool:
        """Whether the verdict on these members is about the present text."""
        key = Group(component).key
        return key not in self._stale and key not in self._kept

    def note(
        self,
        delta: ComponentDelta,
        resolved: Iterable[ModuleName],
        changed_codes: Iterable[CodeKey],
        changed_edges: Iterable[ImportEdge],
    ) -> None:
        """Mark what a change makes stale."""
        gone = [*map(Group, delta.gone), *(Group(each, is_knot=True) for each in delta.knots_gone)]
        born = [*map(Group, delta.born), *(Group(each, is_knot=True) for each in delta.knots_born)]
        kept = {group.key for group in born}
        members = {name for group in born for name in group.component.members}
        for group in gone:
            if group.key not in kept:
                self._forget(group.key, members)
        for group in born:
            if group.is_knot or len(group.component.members) > 1:
                self._groups[group.key] = group
                self._stale.add(group.key)
            else:
                self._forget(group.key, members)
        self._stale |= self._kept
        self._kept.clear()
        changed = {*changed_codes, *((module, 0) for module in resolved)}
        self._unforgotten |= what_modules_hold(changed)
        if changed and self._drop_runs(changed):
            for key, verdict in self._verdicts.items():
                if not self._is_current(verdict):
                    self._stale.add(key)
        for edge in changed_edges:
            if edge.when is When.RUNTIME:
                self._stale.update(self._entered_by(edge))
        self._stale &= self._groups.keys()

    def disown(self, modules: Set[ModuleName]) -> None:
        """Make the verdicts anew in which these modules are members, even if they do not parse."""
        for key, group in self._groups.items():
            if not modules.isdisjoint(group.component.members):
                self._verdicts.pop(key, None)
                self._kept.discard(key)
                self._stale.add(key)

    def note_importers(self, may_be_new: Callable[[ModuleName], bool]) -> None:
        """Mark what these importers, whose edges are not known, make stale by what they import."""
        for key, verdict in self._verdicts.items():
            runs = chain(verdict.members.items(), verdict.outsiders.items())
            if any(_may_harm(name, run, verdict) and may_be_new(name) for name, run in runs):
                self._stale.add(key)

    def _entered_by(self, edge: ImportEdge) -> Iterator[_Key]:
        """The groups whose crashes an outside importer would meet through an edge."""
        for key, verdict in self._verdicts.items():
            run = verdict.members.get(edge.imported) or verdict.outsiders.get(edge.imported)
            if (
                run is not None
                and edge.importer not in verdict.members
                and _may_harm(edge.imported, run, verdict)
            ):
                yield key

    def executed(self) -> set[ModuleName]:
        """The modules of which a known first import executed code."""
        runs = chain(self._runs.entries.values(), self._runs.scripts.values())
        layers = {id(layer): layer for run in runs for layer in run.ran}
        return {module for layer in layers.values() for module, _ in layer}

    def forget(self, codes: Set[CodeKey]) -> None:
        """Forget loads that executed codes of which no change will be told any more."""
        self._unforgotten |= codes

    def _drop_runs(self, changed: set[CodeKey]) -> bool:
        """Forget the runs that executed a changed code; whether there are any."""
        judged: dict[int, bool] = {}

        def is_touched(layer: Set[CodeKey]) -> bool:
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
            all(
                entries.get(name) is run or run == NOT_TRIED
                for name, run in verdict.members.items()
            )
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
        """Make all verdicts anew at the next `settle`; runs are kept."""
        self._stale |= self._groups.keys()

    def settle(
        self,
        world: World,
        importers_of: ImportersOf,
        components_in: ComponentsIn,
        entry_points: Iterable[str] = (),
        cancelled: Cancelled | None = None,
        recalled: Container[ModuleName] = (),
    ) -> Iterator[Group]:
        """Make stale verdicts anew; `entry_points` are what console scripts import first.

        Those with members that are `recalled` stay: their texts do not parse, and did before.

        All of them at once, because first imports share the packages around them. Knots come after
        components, whose verdicts say which crashes are reported already. Raises
        `simulate.entries.Cancelled` when `cancelled` returns true; the runs made by then are kept.
        """
        stale = []
        for key in sorted(self._stale):
            group = self._groups[key]
            is_known = self.of(group.component, is_knot=group.is_knot) is not None
            if is_known and any(member in recalled for member in group.component.members):
                # A statement is half typed: the last verdict stays until the text parses.
                self._stale.discard(key)
                self._kept.add(key)
            else:
                stale.append(group)
        scripts = {group: _scripts(group.component, world) for group in stale}
        all_scripts = [script for names in scripts.values() for script in names]
        tried = self._try_members(world, stale, all_scripts, components_in, cancelled)
        for is_knot in (False, True):
            groups = [group for group in stale if group.is_knot is is_knot]
            failing = {
                group: self._failing(group, tried[group], self._told(group, components_in))
                for group in groups
            }
            programs = _programs(world, entry_points) if any(failing.values()) else Programs()
            importers = {
                group: _importers(failing[group], group.component, importers_of) for group in groups
            }
            self._run(
                world,
                (*programs.entries, *(name for names in importers.values() for name in names)),
                programs.scripts,
                cancelled,
            )
            for group in groups:
                asked = (*tried[group], *importers[group])
                importers[group] += self._all_importers(asked, group.component, importers_of)
            further = (name for names in importers.values() for name in names)
            self._run(world, further, (), cancelled)
            for group in groups:
                self._verdicts[group.key] = self._verdict(
                    group.component, tried[group], importers[group], scripts[group], programs
                )
                self._stale.discard(group.key)
                yield group

    def _try_members(
        self,
        world: World,
        groups: Iterable[Group],
        scripts: Iterable[ModuleName],
        components_in: ComponentsIn,
        cancelled: Cancelled | None,
    ) -> dict[Group, tuple[ModuleName, ...]]:
        """Run members of groups, and scripts; gives the members of each group that are tried."""
        plain = PlainModules(world)
        tries = {
            group: Tries(group.component.members, plain.are_plain, is_knot=group.is_knot)
            for group in groups
        }
        while True:
            following = [
                name for each in tries.values() for name in each.following(self._runs.entries)
            ]
            self._run(world, following, scripts, cancelled, plain)
            if not following:
                break
        tried = {group: {*each.tried} for group, each in tries.items()}
        for group, each in tries.items():
            if group.is_knot and not each.is_all:
                # Members of the components inside a knot are among those that are tried.
                for inside in components_in(group.component):
                    tried[group] |= self._tried_of(inside, tried)
                self._run(world, sorted(tried[group]), (), cancelled, plain)
        return {group: tuple(sorted(names)) for group, names in tried.items()}

    def _tried_of(
        self, component: Component, tried: Mapping[Group, Set[ModuleName]]
    ) -> Set[ModuleName]:
        """The members of a component that are tried, now or for its present verdict."""
        verdict = self.of(component)
        if Group(component) in tried:
            return tried[Group(component)]
        if verdict is None:
            return frozenset(component.members[:1])
        return {name for name, run in verdict.members.items() if run.outcome != NOT_TRIED.outcome}

    def _told(self, group: Group, components_in: ComponentsIn) -> Set[Spot]:
        """The places of crashes in a knot that components inside it report."""
        if not group.is_knot:
            return frozenset()
        verdicts = map(self.of, components_in(group.component))
        return {
            site.spot
            for verdict in verdicts
            if verdict is not None
            for site in crash_sites(verdict)
        }

    def strays(
        self, knot: Component, components_in: ComponentsIn
    ) -> tuple[tuple[CrashSite, Verdict], ...]:
        """The crashes in a knot that no component reports, each with the runs on its way round."""
        verdict = self.of(knot, is_knot=True)
        if verdict is None:
            return ()
        told = self._told(Group(knot, is_knot=True), components_in)
        return tuple(stray_crashes(verdict, told))

    @property
    def crashing(self) -> Runs:
        """The first imports and scripts that are known to end in a circular crash."""
        entries, scripts = self._runs.entries, self._runs.scripts
        return Runs(
            {name: run for name, run in sorted(entries.items()) if is_circular(run)},
            {name: run for name, run in sorted(scripts.items()) if is_circular(run)},
        )

    def _verdict(
        self,
        component: Component,
        tried: tuple[ModuleName, ...],
        importers: list[ModuleName],
        scripts: list[ModuleName],
        programs: Programs,
    ) -> Verdict:
        entries, mains = self._runs.entries, self._runs.scripts
        members = frozenset(component.members)
        outside = dict.fromkeys((*importers, *(programs.entries - members)))
        main = dict.fromkeys((*scripts, *(programs.scripts - frozenset(scripts))))
        inside = frozenset(tried)

        def takes_part(run: Run) -> bool:
            return any(code == 0 and module in members for module, code in run.codes)

        return Verdict(
            {name: entries[name] if name in inside else NOT_TRIED for name in component.members},
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
        plain: PlainModules | None = None,
    ) -> None:
        runs = self._runs
        wanted = [name for name in entries if name not in runs.entries]
        mains = [name for name in scripts if name not in runs.scripts]
        if wanted or mains:
            memory = self.memory(world.target)
            simulate_into(runs, world, wanted, mains, cancelled, memory, plain)

    def memory(self, target: PythonTarget) -> Memory:
        """The loads of first imports that are true of the newest revision."""
        if target != self._target:
            self._bodies += self._memory.bodies
            self._memory, self._target = Memory(), target
        self._memory.forget(self._unforgotten)
        self._unforgotten = set()
        return self._memory

    def _failing(
        self, group: Group, tried: Iterable[ModuleName], told: Set[Spot]
    ) -> list[ModuleName]:
        runs = {name: self._runs.entries[name] for name in tried}
        if not group.is_knot:
            return [name for name, run in runs.items() if is_circular(run)]
        crashes = circular_crashes(runs, frozenset(group.component.members))
        return [name for name, crash in crashes if crash.spot not in told]

    def _all_importers(
        self, asked: Iterable[ModuleName], component: Component, importers_of: ImportersOf
    ) -> list[ModuleName]:
        """Modules outside a component that may fail because its members went on without a name.

        `asked` are modules that import members, and may have gone on without a name, too. Nearest
        first: the modules that import one which bound something other than it asked for, then those
        that import these.
        """
        asked = tuple(asked)
        known = {*component.members, *asked}
        level: list[ModuleName] = sorted(
            {each for name in asked for each in self._runs.entries[name].put_up_with & known}
        )
        seen = set(component.members)
        found: list[ModuleName] = []
        while level and len(found) < MAX_FOLLOWERS:
            importers = (name for name, _ in groupby(merge(*map(importers_of, level))))
            wanted = MAX_FOLLOWERS - len(found)
            level = list(islice((name for name in importers if name not in seen), wanted))
            seen.update(level)
            found += level
        return found

    def _forget(self, key: _Key, needed: Set[ModuleName]) -> None:
        self._groups.pop(key, None)
        self._stale.discard(key)
        verdict = self._verdicts.pop(key, None)
        if verdict is not None and key[0]:
            # The members of a component are in a knot, too.
            for name in (*verdict.members.keys() - needed, *verdict.outsiders):
                self._runs.entries.pop(name, None)
            for name in verdict.scripts.keys() - needed:
                self._runs.scripts.pop(name, None)


def _may_harm(name: ModuleName, run: Run, verdict: Verdict) -> bool:
    """Whether modules outside a component may fail because they load this one.

    It fails, or it bound something other than it asked for, or it took such a thing from others.
    """
    is_outside = name in verdict.outsiders
    return is_circular(run) or (bool(run.put_up_with) if is_outside else name in run.put_up_with)


@record
class Programs:
    """The modules that the project's programs start with: console scripts, and `python -m package`."""

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
    """The members that run code as the main program."""
    return [
        name
        for name in component.members
        if (summary := world.summary(name)) is not None and is_script(summary)
    ]


def _importers(
    failing: list[ModuleName], component: Component, importers_of: ImportersOf
) -> list[ModuleName]:
    """Modules outside a component that import one of its failing members while they load.

    A first import outside that crashes in the component enters it there. Of many importers only the
    first few are run: one crash is enough to show that the cycle can be entered there.
    """
    members = set(component.members)
    # In order, and no further than needed: each importer costs a summary.
    in_order = (name for name, _ in groupby(merge(*map(importers_of, failing))))
    return list(islice((name for name in in_order if name not in members), MAX_OUTSIDERS))
