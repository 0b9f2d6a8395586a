"""`import-cycles baseline`: records the present findings, so that `check` reports only new ones.

The debt only falls: `--update` removes obsolete entries, and only `--grow` adds new ones.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from import_cycles.analysis.change import Problem
from import_cycles.base.words import counted, printable
from import_cycles.cli.command import ExitStatus, UsageError, add_paths_argument
from import_cycles.cli.console import Console
from import_cycles.cli.projects import AnalysedProject, Analysis, analyse, chosen_cache
from import_cycles.workspace.baseline import baseline_path, read_baseline, write_baseline
from import_cycles.workspace.known import Comparison, compared
from import_cycles.workspace.paths import as_source_path


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `baseline`."""
    add_paths_argument(parser)
    parser.add_argument(
        "--update", action="store_true", help="take out entries that hold no more; add none"
    )
    parser.add_argument(
        "--grow", action="store_true", help="the same, and add what is new; also over a broken file"
    )


def run(options: Namespace, console: Console) -> int:
    """Compare, write if asked to, and report; 1 when the file differs from the findings."""
    analysis = analyse(options.paths, console, chosen_cache(options))
    analysis.complain(console)
    for project in analysis.projects:
        if project.workspace.is_part or project.shown:
            raise UsageError(
                f"a baseline is of a whole project: name its folder {project.workspace.folder}"
            )
    if any(map(_concerns_other_settings, analysis.problems)):
        return ExitStatus.BROKEN
    statuses = [_treat(options, project, analysis, console) for project in analysis.projects]
    return max(statuses, default=ExitStatus.CLEAN)


def _concerns_other_settings(problem: Problem) -> bool:
    return problem.path.endswith("/pyproject.toml")


def _treat(
    options: Namespace, project: AnalysedProject, analysis: Analysis, console: Console
) -> ExitStatus:
    folder = project.workspace.folder
    there = read_baseline(folder)
    if there.problems and not options.grow:
        return ExitStatus.BROKEN
    found = compared(project.snapshot, there.known)
    where = printable(analysis.places.path(as_source_path(baseline_path(folder))))
    grows = options.grow or not there.is_there
    if not (grows or options.update):
        return _told_only(found, where, console)
    after = found.known | found.new if grows else found.known
    if after != there.known or not there.is_there or there.problems:
        try:
            write_baseline(folder, after)
        except OSError as error:
            console.complain(f"{where}: cannot be written ({error.strerror or error})")
            return ExitStatus.BROKEN
    added = len(after - there.known - found.known)
    parts = [counted(len(after), "entry", "entries")]
    if there.is_there:
        parts += [f"{added} added", f"{len(found.gone)} taken out"]
    console.write(f"{where}: {', '.join(parts)}\n")
    if grows or not found.new:
        return ExitStatus.CLEAN
    console.write(
        f"{counted(len(found.new), 'finding')} more that it does not have; `--grow` adds them\n"
    )
    return ExitStatus.FINDINGS


def _told_only(found: Comparison, where: str, console: Console) -> ExitStatus:
    """The changes that would be made to an existing file."""
    told = f"{where}: {counted(len(found.known), 'entry', 'entries')}"
    if not (found.new or found.gone):
        console.write(f"{told}, as it should be\n")
        return ExitStatus.CLEAN
    console.write(
        f"{told}, {len(found.new)} new (`--grow` adds them),"
        f" {len(found.gone)} gone (`--update` takes them out); nothing was written\n"
    )
    return ExitStatus.FINDINGS
