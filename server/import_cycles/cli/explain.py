"""`import-cycles explain`: all about the cycles of one module, of one import line, or a traceback.

For a line it prints what an editor shows when the pointer rests there.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.explain import Explanation, explain, explain_at, explain_module
from import_cycles.base.names import dotted_name
from import_cycles.base.record import replace
from import_cycles.base.text import Encoding
from import_cycles.base.words import printable
from import_cycles.cli import tracebacks
from import_cycles.cli.command import ExitStatus, UsageError, add_paths_argument
from import_cycles.cli.console import Console
from import_cycles.cli.projects import AnalysedProject, Analysis, analyse, chosen_cache
from import_cycles.cli.render import text
from import_cycles.repair.outlook import outlook
from import_cycles.workspace.fixing import fixer_of
from import_cycles.workspace.paths import as_source_path

_FILE_AND_LINE = re.compile(r"(?P<path>.+?)(?::(?P<line>[1-9]\d*)(?::(?P<column>[1-9]\d*))?)?:?")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `explain`."""
    parser.add_argument(
        "subject",
        metavar="SUBJECT",
        nargs="?",
        help="a module's dotted name; a file, perhaps with a line as printed by `check`"
        " (FILE:LINE:COLUMN); or a file that holds a traceback, `-` for standard input",
    )
    parser.add_argument(
        "--traceback", metavar="FILE", help="explain the traceback in FILE, `-` for standard input"
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="of a traceback: show what the first quick fix would change",
    )
    add_paths_argument(parser)


def run(options: Namespace, console: Console) -> int:
    """Analyse and print; fails for an unknown module, not for cycles."""
    cache = chosen_cache(options)
    if options.traceback is not None:
        # With the option, everything else is a path.
        paths = [options.subject, *options.paths] if options.subject else options.paths
        return tracebacks.run(options.traceback, paths, console, cache, shows_diff=options.diff)
    if options.subject is None:
        raise UsageError("say which module, file or traceback is to be explained")
    if tracebacks.is_traceback_file(options.subject):
        return tracebacks.run(
            options.subject, options.paths, console, cache, shows_diff=options.diff
        )
    subject = _FILE_AND_LINE.fullmatch(options.subject)
    file = Path(subject["path"]) if subject and Path(subject["path"]).is_file() else None
    analysis = analyse(
        options.paths or ([str(file)] if file else []), console, cache, reads_all=True
    )
    if subject is None or file is None:
        explanations = _of_module(analysis, options.subject)
    else:
        explanations = _of_file(analysis, file, subject["line"], subject["column"])
    analysis.complain(console)
    console.write(_rendered(explanations, options.subject, analysis, console))
    return ExitStatus.BROKEN if analysis.is_misconfigured else ExitStatus.CLEAN


def _of_file(
    analysis: Analysis, file: Path, line: str | None, column: str | None
) -> list[Explanation]:
    path = as_source_path(file)
    owners = [each for each in analysis.projects if each.snapshot.layout.at_path(path) is not None]
    if not owners:
        raise UsageError(f"{file} is in none of the projects that were analysed")
    found: list[Explanation] = []
    cuts, folder = Cuts(), analysis.places.folder
    for owner in owners:
        snapshot = owner.snapshot
        if line is None:
            there = snapshot.findings.get(path, ())
            here = tuple(explain(snapshot, cuts, finding, folder) for finding in there)
        else:
            at = int(line) - 1, int(column or 1) - 1
            here = explain_at(snapshot, cuts, folder, path, *at, Encoding.UTF32)
        found += _with_outlook(owner, here)
    return found


def _of_module(analysis: Analysis, name: str) -> list[Explanation]:
    found: list[Explanation] = []
    cuts, folder = Cuts(), analysis.places.folder
    is_known = False
    for project in analysis.projects:
        for module in sorted(project.snapshot.layout.modules()):
            if name in (module, dotted_name(module)):
                is_known = True
                found += _with_outlook(
                    project, explain_module(project.snapshot, cuts, folder, module)
                )
    if not is_known:
        raise UsageError(f"there is no module or file {name}{_hint(analysis, name)}")
    return found


def _with_outlook(
    project: AnalysedProject, explanations: Iterable[Explanation]
) -> Iterator[Explanation]:
    """The explanations with the fixes for them."""
    fixer, cuts = fixer_of(project.workspace), Cuts()
    for each in explanations:
        remarks = outlook(project.workspace.project, fixer, cuts, each.finding)
        yield replace(each, remarks=(*each.remarks, *remarks))


def _hint(analysis: Analysis, name: str) -> str:
    known = {
        module for project in analysis.projects for module in project.snapshot.layout.modules()
    }
    ending = sorted(module for module in known if module.endswith(f".{name}"))
    close = ending or get_close_matches(name, sorted(known))
    return f"; is it {' or '.join(close[:3])}?" if close else ""


def _rendered(
    explanations: Sequence[Explanation], subject: str, analysis: Analysis, console: Console
) -> str:
    if not explanations:
        return f"{printable(subject)}: nothing to tell, no import cycle was found there\n"
    blocks = [text.explanation(each, analysis.places, console.paint) for each in explanations]
    return "\n".join(blocks)
