"""A plan: its steps with what each ends, then what is left and why; for users or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from import_cycles.analysis.change import Problem
from import_cycles.analysis.cuts import shown_places
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.check_report import MOST_CUTS
from import_cycles.cli.render.fix_report import still_crashing
from import_cycles.cli.render.json_report import VERSION, dumps, place_keys, problem
from import_cycles.cli.render.text import headline, line_at
from import_cycles.findings.verdict import listed
from import_cycles.repair.fixing import Refused
from import_cycles.repair.planning import LeftCrash, LeftImport, LeftKnot, Plan, Step


@record
class PlannedProject:
    """The plan of one project, and what the project is like once it is carried out."""

    project: Snapshot
    plan: Plan


# --- for people ------------------------------------------------------------------------------


def text(
    planned: Sequence[PlannedProject],
    places: Places,
    paint: Paint,
    *,
    ends_all: bool,
    is_done: bool = False,
) -> str:
    """Numbered steps, what is left, and a summary; `is_done`: the steps were carried out."""
    steps = [step for each in planned for step in each.plan.steps]
    lines = [_step(number, step, places, paint) for number, step in enumerate(steps, 1)]
    left = [line for each in planned for line in _left(each, places, paint)]
    for block in (left, [_summary(planned, ends_all=ends_all, is_done=is_done)]):
        if lines and block:
            lines.append("")
        lines += block
    return "".join(f"{line}\n" for line in lines)


def _step(number: int, step: Step, places: Places, paint: Paint) -> str:
    files = ", ".join(printable(places.path(path)) for path in sorted(step.fix.after))
    caution = step.fix.proposal.caution
    unsafe = f" (unsafe: {printable(caution)})" if caution else ""
    fix = paint.faint(f"[{step.fix.kind.code}]")
    return f"{number:3}. {paint.strong(files)}: {printable(step.fix.title_in_file)}{unsafe} {fix}"


def _left(planned: PlannedProject, places: Places, paint: Paint) -> Iterator[str]:
    knots = [set(left.members) for left in planned.plan.knots]
    for crash in planned.plan.crashes:
        yield headline(crash.finding, places, paint)
        if not any(members.issuperset(crash.finding.cycle) for members in knots):
            # Otherwise the reasons stand with the imports of the knot.
            yield from _reasons(crash.refused, crash.finding.module, paint)
    for left in planned.plan.knots:
        yield from _left_knot(left, planned.project, places, paint)
    yield from still_crashing(planned.plan.still_crashing, places)


def _left_knot(left: LeftKnot, project: Snapshot, places: Places, paint: Paint) -> Iterator[str]:
    members = left.members
    yield f"{len(members)} modules still import one another: {printable(listed(members))}"
    for each in left.imports[:MOST_CUTS]:
        there = shown_places(project, each.cut)
        where = f"{line_at(there[0], places)}: " if there else ""
        yield f"  {where}{printable(each.cut.told)} ({each.cut.cost.effort.told})"
        for reason in _reasons(each.refused, each.cut.importer, paint):
            yield f"  {reason}"
    more = len(left.imports) - MOST_CUTS
    if more > 0:
        yield f"  and {more} more; `--format json` has them all"


def _reasons(refused: Iterable[Refused], at: ModuleName, paint: Paint) -> Iterable[str]:
    # The whole import and one name of it can be refused for the same reason.
    told: dict[str, None] = {}
    for each in refused:
        hop = "" if each.hop.importer == at else f" in {printable(dotted_name(each.hop.importer))}"
        told[f"  {paint.faint(f'not {each.kind.code}{hop}:')} {printable(each.reason)}"] = None
    return told


def _summary(planned: Sequence[PlannedProject], *, ends_all: bool, is_done: bool) -> str:
    steps, files, cycles, crashes = _counts(planned)
    left_crashes = sum(len(each.plan.crashes) for each in planned)
    left_knots = sum(len(each.plan.knots) for each in planned)
    n_unshown = sum(len(each.plan.still_crashing) for each in planned)
    if not (steps or left_crashes or left_knots):
        return "nothing to do: " + ("there is no import cycle" if ends_all else "no cycle crashes")
    ended = [counted(cycles, "cycle")] if cycles else []
    ended += [f"{counted(crashes, 'first import')} that crashed"] if crashes else []
    done = f"{counted(steps, 'fix', 'fixes')} in {counted(files, 'file')}"
    if ended:
        done += f" {'ended' if is_done else 'would end'} {' and '.join(ended)}"
    left = [counted(left_crashes, "crash", "crashes")] if left_crashes else []
    left += [counted(left_knots, "component")] if left_knots else []
    left += [f"{counted(n_unshown, 'first import')} still crashing"] if n_unshown else []
    return f"{done}; left: {', '.join(left) or 'nothing'}"


def _counts(planned: Sequence[PlannedProject]) -> tuple[int, int, int, int]:
    """How many steps, changed files and ended cycles, and how many first imports then work."""
    steps = [step for each in planned for step in each.plan.steps]
    files = {path for step in steps for path in step.fix.after}
    cycles = {cycle for step in steps for cycle in step.fix.ended.cycles}
    crashes = {name for step in steps for name in step.fix.ended.crashes}
    return len(steps), len(files), len(cycles), len(crashes)


# --- for programs ----------------------------------------------------------------------------


def json_text(
    planned: Sequence[PlannedProject],
    problems: Sequence[Problem],
    places: Places,
    *,
    ends_all: bool,
) -> str:
    """The whole document of `plan --format json`; see docs/cli.md."""
    steps, files, cycles, crashes = _counts(planned)
    return dumps(
        {
            "version": VERSION,
            "goal": "cycles" if ends_all else "crashes",
            "steps": [_step_keys(step, places) for each in planned for step in each.plan.steps],
            "left": {
                "crashes": [
                    _crash(crash, places) for each in planned for crash in each.plan.crashes
                ],
                "knots": [
                    _knot(left, each.project, places)
                    for each in planned
                    for left in each.plan.knots
                ],
                "first_imports": [
                    {
                        "module": left.module,
                        "error": left.crash.error,
                        "path": places.path(left.path),
                        "line": left.line + 1,
                    }
                    for each in planned
                    for left in each.plan.still_crashing
                ],
            },
            "problems": [problem(each, places) for each in problems],
            "summary": {
                "steps": steps,
                "files": files,
                "cycles_ended": cycles,
                "crashes_ended": crashes,
                "crashes_left": sum(len(each.plan.crashes) for each in planned),
                "knots_left": sum(len(each.plan.knots) for each in planned),
            },
        }
    )


def _step_keys(step: Step, places: Places) -> dict[str, object]:
    return {
        "importer": step.importer,
        "imported": step.imported,
        "fix": step.fix.kind.code,
        "title": step.fix.title_in_file,
        "safety": step.fix.proposal.safety.value,
        "caution": step.fix.proposal.caution,
        "files": [places.path(path) for path in sorted(step.fix.after)],
        "ends": {
            "cycles": [list(cycle) for cycle in step.fix.ended.cycles],
            "crashes": list(step.fix.ended.crashes),
        },
    }


def _crash(crash: LeftCrash, places: Places) -> dict[str, object]:
    finding = crash.finding
    return {
        "code": finding.code,
        "message": finding.message,
        "module": finding.module,
        **place_keys(finding.place, places),
        "cycle": list(finding.path),
        "reasons": _reason_keys(crash.refused),
    }


def _knot(left: LeftKnot, project: Snapshot, places: Places) -> dict[str, object]:
    return {
        "members": list(left.members),
        "imports": [_left_import(each, project, places) for each in left.imports],
    }


def _left_import(each: LeftImport, project: Snapshot, places: Places) -> dict[str, object]:
    return {
        "importer": each.cut.importer,
        "imported": each.cut.imported,
        "ends": each.cut.n_ended,
        "effort": each.cut.cost.effort.value,
        "places": [place_keys(place, places) for place in shown_places(project, each.cut)],
        "reasons": _reason_keys(each.refused),
    }


def _reason_keys(refused: Iterable[Refused]) -> list[dict[str, object]]:
    reasons = dict.fromkeys(
        (each.kind.code, each.hop.importer, each.hop.imported, each.reason) for each in refused
    )
    keys = ("fix", "importer", "imported", "reason")
    return [dict(zip(keys, reason, strict=True)) for reason in reasons]
