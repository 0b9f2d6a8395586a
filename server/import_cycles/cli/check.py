"""`import-cycles check`: every finding of the projects, for users or for programs."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.cuts import KnotCut, shown_places
from import_cycles.analysis.registry import rules
from import_cycles.analysis.root_causes import root_cause
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.base.words import counted, printable
from import_cycles.cli.check_formats import FORMATS, rendered
from import_cycles.cli.command import (
    ExitStatus,
    UsageError,
    add_paths_argument,
    comma_separated,
)
from import_cycles.cli.console import Console, Paint
from import_cycles.cli.outputs import Output, add_output_arguments, outputs_of, write_outputs
from import_cycles.cli.places import Places
from import_cycles.cli.projects import Analysis, Depth, analyse, chosen_cache
from import_cycles.cli.render import check_report
from import_cycles.cli.report import (
    Gone,
    Knot,
    Report,
    finding_order,
    is_at_least,
    knot_order,
    loudest,
)
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import NOT_DECIDED, WORKS, Severity, Subject
from import_cycles.graph.cut import Pair
from import_cycles.rules.cycle import CODE as CYCLE
from import_cycles.workspace.baseline import BASELINE, baseline_path
from import_cycles.workspace.known import compared
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.remembered_cuts import RememberedCuts

if TYPE_CHECKING:
    from import_cycles.cli.since import Since
    from import_cycles.repair.verify import VerifiedFix

_THRESHOLDS = tuple(severity.value for severity in Severity if severity is not Severity.OFF)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `check`."""
    add_paths_argument(parser)
    add_output_arguments(parser, FORMATS, "text")
    parser.add_argument("--select", metavar="CODES", action="append", help="only these rules")
    parser.add_argument("--ignore", metavar="CODES", action="append", help="all but these rules")
    parser.add_argument(
        "--fail-on",
        choices=_THRESHOLDS,
        default=Severity.INFORMATION.value,
        help="the least severity that makes the exit status 1 (default: information)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit status 0 with findings too")
    parser.add_argument("--no-baseline", action="store_true", help=f"also what {BASELINE} knows of")
    parser.add_argument(
        "--since",
        metavar="REV",
        help="what this branch did: tell only what is new since it left this git revision",
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C"
    )
    parser.add_argument(
        "--open", action="store_true", help="draw the cycles, and open the picture in a browser"
    )
    parser.add_argument(
        "--fixes", action="store_true", help="try quick fixes, and put the safe ones into SARIF"
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="one line per finding, no more")
    parser.add_argument(
        "--verbose", "-v", action="store_true", help="every import of a cycle, each with its line"
    )
    parser.add_argument("--statistics", action="store_true", help="only count, rule by rule")


def run(options: Namespace, console: Console) -> int:
    """Analyse and print; the exit status tells whether there are findings."""
    outputs = outputs_of(options, "text")
    unwanted = _unwanted(comma_separated(options.select), comma_separated(options.ignore))
    if options.watch and options.since is not None:
        raise UsageError("--watch and --since do not go together")
    # Off, not filtered out afterwards: this shows findings that they would have hidden on their
    # lines.
    settings: dict[str, object] = {}
    if unwanted:
        settings["severity"] = dict.fromkeys(unwanted, Severity.OFF.value)
    if options.no_baseline:
        settings["baseline"] = False
    depth = Depth.CYCLES if options.since is None else Depth.TEXTS
    cache = chosen_cache(options)
    analysis = analyse(options.paths, console, cache, settings or None, depth=depth)
    since = None if options.since is None else _compared(analysis, options.since)
    tell = partial(_tell, options, outputs, frozenset(unwanted), analysis, since, console)
    status = tell()
    if options.open:
        _open_picture(analysis, console)
    if options.watch:
        from import_cycles.cli.watch import watch

        watch(analysis, tell, console)
    return status


def _tell(
    options: Namespace,
    outputs: Sequence[Output],
    unwanted: frozenset[str],
    analysis: Analysis,
    since: Since | None,
    console: Console,
) -> ExitStatus:
    """Print the present findings; returns the exit status."""
    report = _report(options, outputs, unwanted, analysis, since)
    analysis.complain(console)
    if not any(each.format in ("text", "markdown") for each in outputs):
        _complain_of_gone(report, analysis.places, console)
    write_outputs(outputs, partial(_rendered, options, report, analysis, console), console)
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    is_loud = is_at_least(loudest(report.findings), Severity(options.fail_on))
    crashes = since.crashes if since is not None else ()
    fails = bool(is_loud or report.gone or crashes)
    return ExitStatus.FINDINGS if fails and not options.exit_zero else ExitStatus.CLEAN


def _report(
    options: Namespace,
    outputs: Sequence[Output],
    unwanted: frozenset[str],
    analysis: Analysis,
    since: Since | None,
) -> Report:
    found = sorted(analysis.findings, key=finding_order)
    new = tuple(each for each in found if not each.is_known)
    return Report(
        findings=new,
        problems=analysis.problems,
        n_modules=analysis.n_modules,
        n_components=analysis.n_components,
        n_knots=analysis.n_knots if len(new) == len(found) else _n_knots_of(new, analysis),
        knots=tuple(_knots(analysis)) if _shows_knots(options, outputs) else (),
        known=tuple(each for each in found if each.is_known),
        gone=tuple(_gone(analysis, unwanted)),
        fixes=_fixes(new, analysis) if options.fixes else (),
        since=since,
    )


def _open_picture(analysis: Analysis, console: Console) -> None:
    """Write the picture into a file of its own and have a browser show it."""
    import tempfile
    import webbrowser

    from import_cycles.cli.graph import page_of_cycles

    folder = Path(tempfile.mkdtemp(prefix="import-cycles-"))
    page = folder / "cycles.html"
    page.write_text(page_of_cycles(analysis), encoding="utf-8", errors="backslashreplace")
    webbrowser.open(page.as_uri())
    console.complain(f"the picture is {page}")


def _compared(analysis: Analysis, revision: str) -> Since:
    # Imported only now: reading revisions runs git.
    from import_cycles.cli.since import compare

    return compare(analysis, revision)


def _unwanted(select: Sequence[str], ignore: Sequence[str]) -> list[str]:
    """The codes that the user did not ask for, sorted. Raises UsageError for an unknown one."""
    known = {rule.code for rule in rules()}
    unknown = sorted({*select, *ignore} - known)
    if unknown:
        raise UsageError(
            f"there is no rule {', '.join(unknown)}; rules are {', '.join(sorted(known))}"
        )
    return sorted(known - ((set(select) or known) - set(ignore)))


def _fixes(
    findings: Iterable[ShownFinding], analysis: Analysis
) -> tuple[tuple[ShownFinding, VerifiedFix], ...]:
    """The first safe quick fix of each finding that has one."""
    # Imported only now: it brings in the part of the program that changes files.
    from import_cycles.workspace.fixing import first_safe_fixes

    wanted = frozenset(findings)
    return tuple(
        pair
        for project in analysis.projects
        for pair in first_safe_fixes(project.workspace, wanted)
    )


def _n_knots_of(findings: Iterable[ShownFinding], analysis: Analysis) -> int:
    """How many components of more than one module these findings speak of."""
    named = {module for finding in findings for module in finding.cycle}
    return len(
        {
            component
            for project in analysis.projects
            for component in project.components
            if len(component.members) > 1 and not named.isdisjoint(component.members)
        }
    )


def _gone(analysis: Analysis, unwanted: frozenset[str]) -> Iterable[Gone]:
    """Obsolete entries of the baselines, of projects that were analysed whole."""
    found: set[Gone] = set()
    for project in analysis.projects:
        workspace = project.workspace
        if not workspace.is_part:
            path = as_source_path(baseline_path(workspace.folder))
            gone = compared(project.snapshot, workspace.config.settings.known).gone
            found.update(Gone(path, each) for each in gone if each.code not in unwanted)
    return sorted(found)


def _complain_of_gone(report: Report, places: Places, console: Console) -> None:
    for path in sorted({each.path for each in report.gone}):
        n_gone = sum(each.path == path for each in report.gone)
        console.complain(
            f"{places.path(path)}: {counted(n_gone, 'entry', 'entries')} that"
            f" {'holds' if n_gone == 1 else 'hold'} no more;"
            " `import-cycles baseline --update` takes them out"
        )


def _shows_knots(options: Namespace, outputs: Sequence[Output]) -> bool:
    is_short = options.statistics or options.quiet
    return any(
        each.format in ("json", "markdown") or (each.format == "text" and not is_short)
        for each in outputs
    )


def _knots(analysis: Analysis) -> Iterable[Knot]:
    """What to cut in the components that have a finding which the baseline lacks."""
    found: set[Knot] = set()
    for project in analysis.projects:
        snapshot = project.snapshot
        cuts = RememberedCuts(project.workspace)
        known = _known_pairs(project.snapshot.settings.known)
        about: dict[ModuleName, list[ShownFinding]] = {}
        for path, findings in snapshot.findings.items():
            for finding in findings if project.is_shown(path) else ():
                for module in dict.fromkeys(finding.cycle if not finding.is_known else ()):
                    about.setdefault(module, []).append(finding)
        for component in snapshot.components:
            if len(component.members) > 1 and not about.keys().isdisjoint(component.members):
                cut = cuts.of(component, known)
                places = tuple(shown_places(snapshot, each) for each in cut.imports)
                knot = _knot(cut, places, [about.get(each, []) for each in component.members])
                found.add(replace(knot, cause=root_cause(snapshot, component, cut)))
        cuts.remember()
    return sorted(found, key=knot_order)


def _known_pairs(known: Iterable[Identity]) -> frozenset[Pair]:
    """The imports whose cycles the baseline knows of."""
    return frozenset(
        (ModuleName(each.importer), ModuleName(each.imported))
        for each in known
        if each.code == CYCLE
    )


def _knot(
    cut: KnotCut, places: tuple[tuple[ShownPlace, ...], ...], about: Iterable[list[ShownFinding]]
) -> Knot:
    # By identity: to hash a finding costs as much as its cycle is long.
    unique = {id(each): each for found in about for each in found}
    findings = sorted(unique.values(), key=finding_order)
    n_crash_lines = sum(each.subject is Subject.CRASH for each in findings)
    loading = [each for each in findings if each.subject is Subject.CYCLE]
    severity = loudest(loading) if loading else None
    if n_crash_lines or not loading:
        return Knot(cut, places, n_crash_lines, None, severity)
    only = loading[0] if cut.n_cycles == 1 else None
    told = (note for note in loading[0].notes if note.startswith((WORKS, NOT_DECIDED)))
    return Knot(cut, places, 0, only, severity, next(told, ""))


def _rendered(
    options: Namespace, report: Report, analysis: Analysis, console: Console, output: Output
) -> str:
    places = analysis.places
    if output.format != "text":
        return rendered(output.format, report, places)
    paint = console.paint if output.file is None else Paint()
    if options.statistics:
        return check_report.statistics(report)
    if options.quiet:
        return check_report.brief(report, places, paint)
    return _told(options, report, _readable(places, report, analysis), paint)


def _told(options: Namespace, report: Report, places: Places, paint: Paint) -> str:
    """For users; says where the paths start if that is not the working directory."""
    if _asks_for_each(options):
        text = check_report.full(report, places, paint)
    else:
        arguments = "".join(f" {shlex.quote(path)}" for path in sorted(set(options.paths)))
        text = check_report.overview(report, places, paint, arguments)
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
    """Whether to show every finding, and not only the overview."""
    names_file = any(Path(path).is_file() for path in options.paths)
    return bool(options.verbose or options.select or names_file)
