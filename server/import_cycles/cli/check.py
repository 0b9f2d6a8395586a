"""`import-cycles check`: every finding of the projects, for people or for programs."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.cuts import KnotCut, shown_places
from import_cycles.analysis.registry import rules
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.base.words import printable
from import_cycles.cli.command import (
    ExitStatus,
    UsageError,
    add_paths_argument,
    comma_separated,
)
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.cli.projects import Analysis, analyse, chosen_cache
from import_cycles.cli.render import check_report
from import_cycles.cli.report import Knot, Report, finding_order, is_at_least, knot_order, loudest
from import_cycles.findings.rule import WORKS, Severity, Subject
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.remembered_cuts import RememberedCuts

_FORMATS = ("text", "json", "github", "sarif")
_THRESHOLDS = tuple(severity.value for severity in Severity if severity is not Severity.OFF)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `check`."""
    add_paths_argument(parser)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.add_argument("--select", metavar="CODES", action="append", help="only these rules")
    parser.add_argument("--ignore", metavar="CODES", action="append", help="all but these rules")
    parser.add_argument(
        "--fail-on",
        choices=_THRESHOLDS,
        default=Severity.INFORMATION.value,
        help="the least severity that makes the exit status 1 (default: information)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit status 0 with findings too")
    parser.add_argument("--quiet", "-q", action="store_true", help="one line per finding, no more")
    parser.add_argument(
        "--verbose", "-v", action="store_true", help="every import of a cycle, each with its line"
    )
    parser.add_argument("--statistics", action="store_true", help="only count, rule by rule")


def run(options: Namespace, console: Console) -> int:
    """Analyse, print, and tell by the exit status whether anything was found."""
    unwanted = _unwanted(comma_separated(options.select), comma_separated(options.ignore))
    # Off, not filtered out afterwards: what they would have hidden on their lines is shown then.
    settings = {"severity": dict.fromkeys(unwanted, Severity.OFF.value)}
    analysis = analyse(
        options.paths, console, chosen_cache(options), settings if unwanted else None
    )
    report = Report(
        findings=tuple(sorted(analysis.findings, key=finding_order)),
        problems=analysis.problems,
        n_modules=analysis.n_modules,
        n_components=analysis.n_components,
        n_knots=analysis.n_knots,
        knots=tuple(_knots(analysis)) if _shows_knots(options) else (),
    )
    analysis.complain(console)
    console.write(_rendered(options, report, analysis, console))
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    fails = is_at_least(loudest(report.findings), Severity(options.fail_on))
    return ExitStatus.FINDINGS if fails and not options.exit_zero else ExitStatus.CLEAN


def _unwanted(select: Sequence[str], ignore: Sequence[str]) -> list[str]:
    """The codes that were not asked for, sorted. Raises UsageError for one that does not exist."""
    known = {rule.code for rule in rules()}
    unknown = sorted({*select, *ignore} - known)
    if unknown:
        raise UsageError(
            f"there is no rule {', '.join(unknown)}; rules are {', '.join(sorted(known))}"
        )
    return sorted(known - ((set(select) or known) - set(ignore)))


def _shows_knots(options: Namespace) -> bool:
    is_for_people = options.format == "text" and not options.statistics and not options.quiet
    return is_for_people or options.format == "json"


def _knots(analysis: Analysis) -> Iterable[Knot]:
    """What to cut in the components that a finding speaks of."""
    found: set[Knot] = set()
    for project in analysis.projects:
        snapshot = project.snapshot
        cuts = RememberedCuts(project.workspace)
        about: dict[ModuleName, list[ShownFinding]] = {}
        for path, findings in snapshot.findings.items():
            for finding in findings if project.is_shown(path) else ():
                for module in dict.fromkeys(finding.cycle):
                    about.setdefault(module, []).append(finding)
        for component in snapshot.components:
            if len(component.members) > 1 and not about.keys().isdisjoint(component.members):
                cut = cuts.of(component)
                places = tuple(shown_places(snapshot, each) for each in cut.imports)
                found.add(_knot(cut, places, [about.get(each, []) for each in component.members]))
        cuts.remember()
    return sorted(found, key=knot_order)


def _knot(
    cut: KnotCut, places: tuple[tuple[ShownPlace, ...], ...], about: Iterable[list[ShownFinding]]
) -> Knot:
    findings = sorted({each for found in about for each in found}, key=finding_order)
    n_crash_lines = sum(each.subject is Subject.CRASH for each in findings)
    loading = [each for each in findings if each.subject is Subject.CYCLE]
    severity = loudest(loading) if loading else None
    if n_crash_lines or not loading:
        return Knot(cut, places, n_crash_lines, None, severity)
    only = loading[0] if cut.n_cycles == 1 else None
    return Knot(cut, places, 0, only, severity, WORKS in loading[0].notes)


def _rendered(options: Namespace, report: Report, analysis: Analysis, console: Console) -> str:
    places = analysis.places
    match options.format:
        case "json":
            from import_cycles.cli.render import json_report

            return json_report.render(report, places)
        case "github":
            from import_cycles.cli.render import github

            return github.render(report, places)
        case "sarif":
            from import_cycles.cli.render import sarif

            return sarif.render(report, places)
        case _ if options.statistics:
            return check_report.statistics(report)
        case _ if options.quiet:
            return check_report.brief(report, places, console.paint)
        case _:
            return _told(options, report, _readable(places, report, analysis), console)


def _told(options: Namespace, report: Report, places: Places, console: Console) -> str:
    """For people; it says where their paths start if that is not where they stand."""
    if _asks_for_each(options):
        text = check_report.full(report, places, console.paint)
    else:
        arguments = "".join(f" {shlex.quote(path)}" for path in sorted(set(options.paths)))
        text = check_report.overview(report, places, console.paint, arguments)
    if places.folder != as_source_path(Path()):
        return f"Paths are relative to {printable(places.folder)}.\n\n{text}"
    return text


def _readable(places: Places, report: Report, analysis: Analysis) -> Places:
    """The same with paths from the project on, if they lie outside of the working directory."""
    shown = {finding.place.path for finding in report.findings}
    shown.update(each.place.path for finding in report.findings for each in finding.related)
    if len(analysis.projects) != 1 or all(is_within(path, places.folder) for path in shown):
        return places
    return replace(places, folder=as_source_path(analysis.projects[0].workspace.folder))


def _asks_for_each(options: Namespace) -> bool:
    """Whether every finding is to be shown, and not only what people should know first."""
    names_file = any(Path(path).is_file() for path in options.paths)
    return bool(options.verbose or options.select or names_file)
