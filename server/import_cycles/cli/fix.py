"""`import-cycles fix`: end cycles by quick fixes, each verified before it is applied.

The fixes are applied one by one to the project in memory, and verified anew after each. Files are
written at the end, one after another. With `--diff` nothing is written. With `--plan` the command
carries out exactly what `plan` lists.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from import_cycles.analysis.registry import rule_codes
from import_cycles.base.names import SourcePath
from import_cycles.cli.command import (
    ExitStatus,
    UsageError,
    add_paths_argument,
    comma_separated,
)
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.cli.plan import plan_of
from import_cycles.cli.projects import AnalysedProject, Analysis, analyse, chosen_cache
from import_cycles.cli.render import fix_report, plan_report
from import_cycles.cli.render.plan_report import PlannedProject
from import_cycles.proposals.fix import FixKind
from import_cycles.repair.applying import Repair, Repaired, Wish, repairing
from import_cycles.repair.fix_registry import fix_codes, fixes
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.writing import (
    create_source,
    why_not_creatable,
    why_not_writable,
    write_source,
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `fix`."""
    add_paths_argument(parser)
    parser.add_argument(
        "--rule", metavar="CODES", action="append", help="only findings of these rules"
    )
    parser.add_argument("--fix", metavar="CODES", action="append", help="only these fixes")
    parser.add_argument(
        "--diff", action="store_true", help="show what would be changed, and change nothing"
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="also apply fixes that may change behaviour"
    )
    parser.add_argument(
        "--plan", action="store_true", help="carry out what `plan` lists, which ends crashes only"
    )
    parser.add_argument(
        "--all", action="store_true", help="with --plan: what `plan --all` lists, which ends cycles"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit status 0 with findings too")


def run(options: Namespace, console: Console) -> int:
    """Fix, write, and report what was done, and what is left and why."""
    if options.all and not options.plan:
        raise UsageError("--all goes with --plan")
    if options.plan and (options.fix or options.rule):
        raise UsageError("--fix and --rule do not go with --plan")
    kinds = _kinds(comma_separated(options.fix))
    rules = _known(comma_separated(options.rule), rule_codes(), "rule")
    analysis = analyse(options.paths, console, chosen_cache(options), reads_all=True)
    analysis.complain(console)
    if options.plan:
        return _planned(analysis, options, console)
    is_broken = analysis.is_misconfigured
    n_left = 0
    for project in analysis.projects:
        repaired = _repair(project, kinds, rules, takes_unsafe=options.unsafe)
        if options.diff:
            console.write(fix_report.diff(repaired, analysis.places))
            if not repaired.steps:
                # A run without a change needs an answer as well; the reasons are no part of the
                # diff.
                for line in fix_report.why_nothing(repaired, analysis.places):
                    console.complain(line)
                continue
        else:
            if not _written(project, repaired.before, repaired.texts, analysis.places, console):
                is_broken = True
                continue
            console.write(fix_report.text(repaired, analysis.places, console.paint))
        n_left += repaired.n_left
    if is_broken:
        return ExitStatus.BROKEN
    return ExitStatus.FINDINGS if n_left and not options.exit_zero else ExitStatus.CLEAN


def _planned(analysis: Analysis, options: Namespace, console: Console) -> int:
    """Carry out a plan, and report it as `plan` does."""
    is_broken = analysis.is_misconfigured
    done: list[PlannedProject] = []
    for project in analysis.projects:
        planned, repair = plan_of(
            project, console, ends_all=options.all, takes_unsafe=options.unsafe
        )
        if options.diff:
            console.write(fix_report.unified(repair.before, repair.texts, analysis.places))
        elif not _written(project, repair.before, repair.texts, analysis.places, console):
            is_broken = True
            continue
        done.append(planned)
    if not options.diff:
        console.write(
            plan_report.text(
                done, analysis.places, console.paint, ends_all=options.all, is_done=True
            )
        )
    if is_broken:
        return ExitStatus.BROKEN
    is_complete = all(each.plan.is_complete for each in done)
    return ExitStatus.CLEAN if is_complete or options.exit_zero else ExitStatus.FINDINGS


def _kinds(codes: Sequence[str]) -> tuple[FixKind, ...]:
    wanted = _known(codes, fix_codes(), "fix")
    chosen = repairing(fixes())
    return tuple(kind for kind in chosen if not wanted or kind.code in wanted)


def _known(codes: Sequence[str], known: Iterable[str], what: str) -> frozenset[str]:
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise UsageError(
            f"there is no {what} {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    return frozenset(codes)


def _repair(
    project: AnalysedProject,
    kinds: tuple[FixKind, ...],
    rules: frozenset[str],
    *,
    takes_unsafe: bool,
) -> Repaired:
    workspace = project.workspace
    fixable = {subject for kind in kinds for subject in kind.subjects}
    wish = Wish(
        kinds=kinds,
        is_wanted=lambda finding: (
            project.is_shown(finding.place.path)
            and finding.subject in fixable
            and (not rules or finding.code in rules)
        ),
        may_change=project.is_shown,
        takes_unsafe=takes_unsafe,
    )
    settings = load_fix_settings(workspace.folder)
    return Repair(workspace.project, workspace, settings).run(wish)


def _written(
    project: AnalysedProject,
    before: Mapping[SourcePath, str],
    texts: Mapping[SourcePath, str],
    places: Places,
    console: Console,
) -> bool:
    """Write what was changed; whether all of it could be written.

    Fixes change several files together, so either all are written or, when one is known to be
    refused, none.
    """
    folder = project.workspace.folder
    checked, done = list[SourcePath](), list[SourcePath]()
    problems = _carried_out(before, texts, folder, why_not_creatable, why_not_writable, checked)
    if problems:
        for problem in problems:
            console.complain(problem)
        console.complain("no file was changed, for fixes belong together")
        return False
    try:
        problems = _carried_out(before, texts, folder, create_source, write_source, done)
    except KeyboardInterrupt:
        _tell_done(texts, done, places, console)
        raise
    for problem in problems:
        console.complain(problem)
    if problems:
        _tell_done(texts, done, places, console)
    return not problems


def _carried_out(
    before: Mapping[SourcePath, str],
    texts: Mapping[SourcePath, str],
    folder: Path,
    create: Callable[[SourcePath, str, SourcePath, Path], str | None],
    write: Callable[[SourcePath, str, str, Path], str | None],
    done: list[SourcePath],
) -> list[str]:
    """Why files were not written; the written ones are added to `done`, one after another."""
    problems: list[str] = []

    def note(path: SourcePath, problem: str | None) -> None:
        if problem is None:
            done.append(path)
        else:
            problems.append(problem)

    like = min(before, default=None)
    for path, text in sorted(texts.items()):
        if path not in before and like is not None:
            note(path, create(path, text, like, folder))
    if problems:
        # Changed files import the new ones.
        return problems
    for path, text in sorted(texts.items()):
        if path in before:
            note(path, write(path, before[path], text, folder))
    return problems


def _tell_done(
    texts: Iterable[SourcePath], done: Collection[SourcePath], places: Places, console: Console
) -> None:
    """Report which files are changed if some are not; each of them is whole."""
    for word, paths in (
        ("changed", [path for path in sorted(texts) if path in done]),
        ("not changed", [path for path in sorted(texts) if path not in done]),
    ):
        shown = ", ".join(map(places.path, paths)) or "no file"
        console.complain(f"{word}: {shown}")
