"""The findings of the two rules about crashes: same place, same words, different certainty."""

from __future__ import annotations

from typing import Final

from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.findings.cycle_path import drawn, path_key
from import_cycles.findings.identity import Identity
from import_cycles.findings.reproduction import Reproduction, reproduction
from import_cycles.findings.rule import (
    ComponentContext,
    Finding,
    Place,
    Related,
    Subject,
)
from import_cycles.findings.verdict import CrashSite, Verdict, listed
from import_cycles.simulate.outcome import Cause, Crashes, Spot

_FIRST_EVENTS: Final = 3
_LAST_EVENTS: Final = 2


def crash_finding(
    code: str, site: CrashSite, verdict: Verdict, context: ComponentContext
) -> Finding:
    """What a rule reports about one place where first imports crash."""
    crash = site.crash
    path = (*site.way, site.way[0])
    what = f"{lacking(crash)}: {drawn(path)}"
    entries = (*site.failing, *site.failing_outsiders)
    if not entries:
        scripts = listed(site.failing_scripts)
        message = f"Fails with {crash.error} when {scripts} is run as a script: {what}"
    elif site.is_certain and len(site.failing) == len(verdict.members):
        message = f"Importing this module fails here with {crash.error}: {what}"
    elif site.never_loads and verdict.working:
        message = f"Importing {listed(entries)} fails here with {crash.error}: {what}"
    elif verdict.working:
        message = (
            f"Fails with {crash.error} when {listed(entries)} is imported first,"
            f" works when {listed(verdict.working)} is: {what}"
        )
    elif verdict.unsure:
        message = f"Fails with {crash.error} when {listed(entries)} is imported first: {what}"
    else:
        message = (
            f"Fails with {crash.error} when {listed(entries)} is imported first, and no other"
            f" module of the cycle can be imported first either: {what}"
        )
    return Finding(
        code=code,
        subject=Subject.CRASH,
        place=crash_place(crash, context),
        message=message,
        key=f"{code}:{site.spot.module}:{crash.name}:{path_key(path)}",
        identity=Identity(site.spot.module, _lacking_module(site), code, crash.name),
        related=_related(site, context),
        cycle=path,
        component_size=len(context.component.members),
        notes=_notes(site, verdict),
        rank=(len(path), site.spot.code, site.spot.mark),
        reproduction=_reproduction(site, verdict, context),
    )


def _lacking_module(site: CrashSite) -> ModuleName:
    """The module that is still loading and lacks the requested name."""
    crash = site.crash
    if crash.of is not None:
        return crash.of
    return crash.cause.of if crash.cause is not None and crash.cause.of else site.way[0]


def _reproduction(
    site: CrashSite, verdict: Verdict, context: ComponentContext
) -> Reproduction | None:
    runs = {**verdict.outsiders, **verdict.members}
    for first in (*site.failing, *site.failing_outsiders):
        return reproduction(first, runs[first], context.root_of)
    for first in site.failing_scripts:
        return reproduction(first, verdict.scripts[first], context.root_of, is_main=True)
    return None


TIMELINE: Final = "What happens when"
"""The beginning of the note with all events one by one; other notes give them in short."""


def crash_place(crash: Crashes, context: ComponentContext) -> Place:
    """The smallest text at fault: the name in the `from` list, else the expression that raises."""
    assert crash.spot is not None, "a circular crash has a place"
    return _place_of(crash, crash.spot, context)


def _place_of(failure: Crashes | Cause, spot: Spot, context: ComponentContext) -> Place:
    if failure.import_id is not None:
        record = context.import_record(spot.module, failure.import_id)
        for name in record.names or ():
            if name.name == failure.name:
                return Place(spot.module, name.site)
        return Place(spot.module, record.site)
    return Place(spot.module, spot.mark, spot.code)


def way_round(crash: Crashes) -> tuple[ModuleName, ...]:
    """The modules on the way from the one that lacks a name back to it."""
    assert crash.spot is not None, "a circular crash has a place"
    way = CrashSite(crash.spot, crash, (), (), (), is_certain=False, never_loads=False).way
    return (*way, way[0])


def lacking(crash: Crashes) -> str:
    """What is missing, as part of a sentence."""
    if crash.cause is not None:
        return f"because {_first_failure(crash.cause)} before"
    if crash.error == "ImportCycleError":
        return f"the lazy import of {crash.name} has not ended yet"
    if crash.of is None:
        return f"{crash.name} is not defined, because a star-import came too early"
    if child(crash.of, crash.name) in (frame.module for frame in crash.stack):
        of, name = dotted_name(crash.of), crash.name
        return f"{of}.{name} is still loading and no attribute of {of} yet"
    return f"{dotted_name(crash.of)} is still loading and has no {crash.name} yet"


def _first_failure(cause: Cause) -> str:
    of = "a module" if cause.of is None else dotted_name(cause.of)
    return f"{of}, still loading, had no {cause.name} yet and an import of it failed"


def _related(site: CrashSite, context: ComponentContext) -> tuple[Related, ...]:
    related = []
    waiting, way = site.waiting, site.way
    loading = {frame.module for frame in waiting}
    for frame, onward in zip(waiting, way[1:], strict=False):
        called = None
        if onward not in loading:
            # `onward` is not loading: the module before it imported it earlier, and calls it now.
            called = _import_of(onward, frame.module, context)
        if called is not None:
            message = f"{frame.module} imports {onward}, and calls a function of it while it loads"
            related.append(Related(called, message, (frame.module, onward)))
        elif frame.spot is not None:
            place = Place(frame.spot.module, frame.spot.mark, frame.spot.code)
            message = f"{frame.module} waits here for {onward}"
            related.append(Related(place, message, (frame.module, onward)))
    last, first = way[-1], way[0]
    name, place = site.crash.name, crash_place(site.crash, context)
    if site.asking != site.spot and site.crash.cause is not None:
        name, place = site.crash.cause.name, _place_of(site.crash.cause, site.asking, context)
    message = f"{last} asks {first} for {name}, which is not there yet"
    related.append(Related(place, message, (last, first)))
    return tuple(related)


def _import_of(
    imported: ModuleName, importer: ModuleName, context: ComponentContext
) -> Place | None:
    """Where a module imports another one of the component, if it does."""
    for edge in context.component.edges:
        if (edge.importer, edge.imported, edge.holder) == (importer, imported, importer):
            return Place(edge.holder, edge.site)
    return None


def _notes(site: CrashSite, verdict: Verdict) -> tuple[str, ...]:
    crash = site.crash
    entries = (*site.failing, *site.failing_outsiders)
    notes = []
    if entries:
        notes.append(f"Fails when imported first: {listed(entries, 10)}.")
    used = sorted(verdict.entry_points.intersection(site.failing))
    if used:
        notes.append(f"A console script of the project imports it first: {listed(tuple(used))}.")
    if site.failing_scripts:
        notes.append(f"Fails when run as a script: {listed(site.failing_scripts, 10)}.")
    if verdict.working:
        notes.append(f"Works when imported first: {listed(verdict.working, 10)}.")
    if entries:
        first = dotted_name(entries[0])
        notes.append(f"{TIMELINE} {first} is imported first: {_timeline(crash)}")
    else:
        first = dotted_name(site.failing_scripts[0])
        notes.append(f"{TIMELINE} {first} is run: {_timeline(crash)}")
    return tuple(notes)


def _timeline(crash: Crashes) -> str:
    events = [f"{dotted_name(frame.module)} starts" for frame in crash.stack]
    left_out = len(events) - _FIRST_EVENTS - _LAST_EVENTS
    if left_out > 1:
        events[_FIRST_EVENTS:-_LAST_EVENTS] = [f"… {left_out} more …"]
    if crash.of is not None:
        events.append(f"{dotted_name(crash.of)} is still loading, {crash.name} not yet bound")
    events.append(crash.error)
    return " → ".join(events)
