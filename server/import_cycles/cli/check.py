"""`import-cycles check`: every finding of the projects, for people or for programs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence

from import_cycles.analysis.cuts import shown_places
from import_cycles.analysis.registry import rules
from import_cycles.cli.command import (
    ExitStatus,
    UsageError,
    add_paths_argument,
    comma_separated,
)
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.cli.projects import Analysis, analyse, chosen_cache
from import_cycles.cli.render import text
from import_cycles.cli.report import Knot, Report, finding_order, is_at_least, knot_order, loudest
from import_cycles.findings.rule import Severity
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
        knots=tuple(_knots(analysis)) if _shows_knots(options) else (),
    )
    analysis.complain(console)
    console.write(_rendered(options, report, analysis.places, console))
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
        spoken_of = {
            module
            for path, findings in snapshot.findings.items()
            if project.is_shown(path)
            for finding in findings
            for module in finding.cycle
        }
        for component in snapshot.components:
            if len(component.members) > 1 and spoken_of.intersection(component.members):
                cut = cuts.of(component)
                places = tuple(shown_places(snapshot, each) for each in cut.imports)
                found.add(Knot(cut, places))
        cuts.remember()
    return sorted(found, key=knot_order)


def _rendered(options: Namespace, report: Report, places: Places, console: Console) -> str:
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
            return text.statistics(report)
        case _ if options.quiet:
            return text.brief(report, places, console.paint)
        case _:
            return text.full(report, places, console.paint)
