"""How first imports of a component end, and where they crash.

A *circular crash* is one that a module still loading causes: it lacks a name, or a star-import took
too few names from it. Other exceptions are not this tool's concern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import Cause, Crashes, Frame, Loads, Spot, Unsure


@record
class Verdict:
    """Runs of a component: its members as first imports, outsiders that import it, scripts.

    `outsiders` are some of the modules that import a member which crashes, and the first imports of
    console scripts. `scripts` are the members that can be the main program, and `__main__` modules
    that load a member, run as such. `entry_points` are the members that console scripts import.
    """

    members: Mapping[ModuleName, Run]
    outsiders: Mapping[ModuleName, Run]
    scripts: Mapping[ModuleName, Run]
    entry_points: frozenset[ModuleName] = frozenset()

    @property
    def working(self) -> tuple[ModuleName, ...]:
        """The members that load when imported first."""
        return tuple(name for name, run in self.members.items() if isinstance(run.outcome, Loads))

    @property
    def unsure(self) -> tuple[tuple[ModuleName, str], ...]:
        """The members whose outcome is not known, with the reason."""
        return tuple(
            (name, run.outcome.reason)
            for name, run in self.members.items()
            if isinstance(run.outcome, Unsure)
        )


@record
class CrashSite:
    """One place where first imports of a component crash.

    `failing` are the members and `failing_outsiders` the outsiders that crash here when they are
    imported first, `failing_scripts` the members that do as the main program; `crash` is what the
    first of them ends in. `is_certain` says that every member crashes, here or elsewhere, or that
    an outsider, a script or what a console script imports does here, or that nothing loads some
    of `failing`.
    """

    spot: Spot
    crash: Crashes
    failing: tuple[ModuleName, ...]
    failing_outsiders: tuple[ModuleName, ...]
    failing_scripts: tuple[ModuleName, ...]
    is_certain: bool
    never_loads: bool
    """Whether `failing` has a module that no other first import loads."""

    @property
    def waiting(self) -> tuple[Frame, ...]:
        """The modules on the way round: from the one that lacks the name to the one that asks."""
        crash = self.crash
        if crash.of is None and crash.cause is not None:
            return (
                _from_lacking(crash.cause.stack, crash.cause)
                or _from_lacking(crash.stack, crash.cause)
                or crash.stack
            )
        return _from_lacking(crash.stack, crash) or crash.stack

    @property
    def asking(self) -> Spot:
        """Where the missing name is asked for.

        That is the place that raises. If a handler went on from an earlier failure, it is the place
        of that failure.
        """
        cause = self.crash.cause
        if self.crash.of is None and cause is not None and cause.spot is not None:
            return cause.spot if _from_lacking(cause.stack, cause) else self.spot
        return self.spot

    @property
    def way(self) -> tuple[ModuleName, ...]:
        """The modules of `waiting`, and the module whose function asks, if another one calls it."""
        modules = tuple(frame.module for frame in self.waiting)
        asking = self.asking.module
        return modules if asking in modules[-1:] else (*modules, asking)


def _from_lacking(stack: tuple[Frame, ...], failure: Crashes | Cause) -> tuple[Frame, ...]:
    """The frames from that of the module that lacks the name on; none without one."""
    if failure.of is not None:
        for module in (child(failure.of, failure.name), failure.of):
            for position, frame in enumerate(stack):
                if frame.module == module:
                    return stack[position:]
    return ()


def is_circular(run: Run) -> bool:
    """Whether a run ends in a circular crash."""
    crash = run.outcome
    if not isinstance(crash, Crashes) or crash.spot is None:
        return False
    return crash.is_circular


def crash_sites(verdict: Verdict) -> tuple[CrashSite, ...]:
    """The places where the component crashes, sorted."""
    members = frozenset(verdict.members)
    inside = dict(circular_crashes(verdict.members, members))
    outside = dict(circular_crashes(verdict.outsiders, members))
    scripts = dict(circular_crashes(verdict.scripts, members))
    everything_fails = len(inside) == len(members)
    crashes: dict[Spot, Crashes] = {}
    for crash in (*inside.values(), *outside.values(), *scripts.values()):
        if crash.spot is not None:
            crashes.setdefault(crash.spot, crash)
    never = _never_loaded(verdict, inside)
    failing_at, outsiders_at, mains_at = map(_by_spot, (inside, outside, scripts))
    sites = []
    for spot in sorted(crashes, key=lambda spot: (spot.module, spot.code, spot.mark)):
        failing, outsiders, mains = (
            at.get(spot, ()) for at in (failing_at, outsiders_at, mains_at)
        )
        used = not verdict.entry_points.isdisjoint(failing)
        never_loads = not never.isdisjoint(failing)
        certain = everything_fails or used or never_loads or bool(outsiders or mains)
        crash = crashes[spot]
        sites.append(CrashSite(spot, crash, failing, outsiders, mains, certain, never_loads))
    return tuple(sites)


def _by_spot(crashes: Mapping[ModuleName, Crashes]) -> dict[Spot | None, tuple[ModuleName, ...]]:
    """The modules that crash at each place, in their order."""
    found: dict[Spot | None, list[ModuleName]] = {}
    for name, crash in crashes.items():
        found.setdefault(crash.spot, []).append(name)
    return {spot: tuple(names) for spot, names in found.items()}


def stray_crashes(verdict: Verdict, told: Set[Spot]) -> Iterator[tuple[CrashSite, Verdict]]:
    """The places where a knot crashes, except those in `told`, with the runs on the way round."""
    for site in crash_sites(verdict):
        if site.spot not in told:
            way = (*site.way, *site.failing)
            members = {name: verdict.members[name] for name in way if name in verdict.members}
            yield site, replace(verdict, members=members)


def _never_loaded(verdict: Verdict, inside: Mapping[ModuleName, Crashes]) -> Set[ModuleName]:
    """The crashing members that no run loads; empty unless every other member loads."""
    if len(inside) + len(verdict.working) < len(verdict.members):
        return frozenset()
    left = set(inside)
    for run in (*verdict.members.values(), *verdict.outsiders.values()):
        if left and isinstance(run.outcome, Loads):
            left.difference_update(run.outcome.loaded)
    return left


def circular_crashes(
    runs: Mapping[ModuleName, Run], members: frozenset[ModuleName]
) -> Iterator[tuple[ModuleName, Crashes]]:
    """The runs that end in a circular crash of a group with these members."""
    for name, run in runs.items():
        crash = run.outcome
        if isinstance(crash, Crashes) and is_circular(run) and _belongs(crash, members):
            yield name, crash


def _belongs(crash: Crashes, members: frozenset[ModuleName]) -> bool:
    """Whether a crash belongs to this component: a component further down may cause it."""
    cause = crash.cause
    if cause is not None and cause.of in members:
        return not members.isdisjoint(frame.module for frame in cause.stack)
    concerned = {crash.of, crash.spot.module if crash.spot is not None else None}
    loading = {frame.module for frame in crash.stack}
    if crash.of is not None and (submodule := child(crash.of, crash.name)) in loading:
        # The package lacks the name because it is still loading.
        concerned.add(submodule)
    return not members.isdisjoint(loading) and not members.isdisjoint(concerned)


def listed(names: tuple[ModuleName, ...], limit: int = 3) -> str:
    """Module names for a sentence: the first few, and how many more there are."""
    shown = ", ".join(dotted_name(name) for name in names[:limit])
    more = len(names) - limit
    return f"{shown} and {more} more" if more > 0 else shown
