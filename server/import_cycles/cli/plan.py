"""`import-cycles plan`: which quick fixes, in which order, end the crashing cycles, or all.

Each fix is verified on the result of those before it. No file is changed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from import_cycles.cli.command import ExitStatus, add_paths_argument, at_least_one
from import_cycles.cli.console import Console
from import_cycles.cli.projects import AnalysedProject, analyse, chosen_cache
from import_cycles.cli.render import plan_report
from import_cycles.cli.render.plan_report import PlannedProject
from import_cycles.repair.applying import MAX_STEPS, Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.planning import Planner, Step
from import_cycles.workspace.fix_settings import load_fix_settings


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `plan`."""
    add_paths_argument(parser)
    parser.add_argument(
        "--all", action="store_true", help="end all cycles, not only those that crash"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--unsafe", action="store_true", help="also plan fixes that may change behaviour"
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=at_least_one,
        help="stop after so many fixes (default: no limit)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit status 0 whatever is left")


def run(options: Namespace, console: Console) -> int:
    """Plan and print; fails if a finding remains that no fix ends."""
    analysis = analyse(options.paths, console, chosen_cache(options), reads_all=True)
    analysis.complain(console)
    planned = [
        plan_of(
            project,
            console,
            ends_all=options.all,
            takes_unsafe=options.unsafe,
            most_steps=options.steps or MAX_STEPS,
        )[0]
        for project in analysis.projects
    ]
    if options.format == "json":
        told = plan_report.json_text(
            planned, analysis.problems, analysis.places, ends_all=options.all
        )
    else:
        told = plan_report.text(planned, analysis.places, console.paint, ends_all=options.all)
    console.write(told)
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    is_complete = all(each.plan.is_complete for each in planned)
    return ExitStatus.CLEAN if is_complete or options.exit_zero else ExitStatus.FINDINGS


def plan_of(
    project: AnalysedProject,
    console: Console,
    *,
    ends_all: bool,
    takes_unsafe: bool,
    most_steps: int = MAX_STEPS,
) -> tuple[PlannedProject, Repair]:
    """The plan of a project, and the repair that has carried it out in memory."""
    workspace = project.workspace
    wish = Wish(
        kinds=repairing(fixes()),
        is_wanted=lambda finding: project.is_shown(finding.place.path),
        may_change=project.is_shown,
        takes_unsafe=takes_unsafe,
    )
    settings = load_fix_settings(workspace.folder)
    repair = Repair(workspace.project, workspace, settings)
    planner = Planner(workspace.project, repair, wish, most_steps)
    make = planner.for_everything if ends_all else planner.for_crashes
    n_steps = 0

    def count(step: Step) -> None:
        nonlocal n_steps
        n_steps += 1
        console.progress(n_steps, n_steps + 1, "planning", "fixes")

    plan = make(count)
    console.progress(n_steps, n_steps, "planning", "fixes")
    return PlannedProject(project.snapshot, plan), repair
