"""`import-cycles entries`: which modules and programs can come first, and which crash then.

Nothing is executed: the answers are those of `import_cycles.simulate`.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence

from import_cycles.analysis.first_imports import (
    FirstImport,
    entries,
    first_imports,
    program_starts,
    programs,
)
from import_cycles.base.names import ModuleName
from import_cycles.cli.command import ExitStatus, add_paths_argument
from import_cycles.cli.console import Console
from import_cycles.cli.projects import AnalysedProject, Analysis, Depth, analyse, chosen_cache
from import_cycles.cli.render import entries_report
from import_cycles.cli.render.entries_report import OUTCOMES, Entries, outcome_word
from import_cycles.simulate.memory import Memory


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `entries`."""
    add_paths_argument(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--type-checking",
        action="store_true",
        help="as if `typing.TYPE_CHECKING` were true, as documentation builds set it",
    )
    parser.add_argument("--only", choices=OUTCOMES, help="only modules with this outcome")


def run(options: Namespace, console: Console) -> int:
    """Predict and print; the exit status tells whether a cycle makes some module crash."""
    settings = {"type-checking": True} if options.type_checking else None
    analysis = analyse(
        options.paths, console, chosen_cache(options), settings, verdicts=False, depth=Depth.TEXTS
    )
    memories = [Memory(is_brief=True) for _ in analysis.projects]
    found = _predicted(analysis, memories, console)
    started = _programs(analysis, memories)
    analysis.complain(console)

    def chosen(several: list[FirstImport]) -> tuple[FirstImport, ...]:
        return tuple(each for each in several if options.only in (None, outcome_word(each.outcome)))

    report = Entries(
        shown=chosen(found),
        programs=chosen(started),
        counts=_counted(found),
        program_counts=_counted(started),
        n_circular=sum(each.is_circular for each in found),
        n_circular_programs=sum(each.is_circular for each in started),
        problems=analysis.problems,
    )
    if options.format == "json":
        console.write(entries_report.json(report, analysis.places))
    else:
        console.write(
            entries_report.text(
                report, analysis.places, console.paint, lists_all=options.only is not None
            )
        )
    if analysis.is_misconfigured:
        return ExitStatus.BROKEN
    is_circular = report.n_circular or report.n_circular_programs
    return ExitStatus.FINDINGS if is_circular else ExitStatus.CLEAN


def _counted(found: list[FirstImport]) -> tuple[tuple[str, int], ...]:
    counts = Counter(outcome_word(each.outcome) for each in found)
    return tuple((outcome, counts[outcome]) for outcome in OUTCOMES)


def _programs(analysis: Analysis, memories: Sequence[Memory]) -> list[FirstImport]:
    """The outcomes of the programs that were asked for, project by project."""
    found: list[FirstImport] = []
    for project, memory in zip(analysis.projects, memories, strict=True):
        snapshot = project.snapshot
        modules = snapshot.layout.modules()
        wanted = [
            each for each in programs(snapshot) if project.is_shown(modules[each.module].path)
        ]
        found += program_starts(snapshot, wanted, memory)
    return found


def _predicted(
    analysis: Analysis, memories: Sequence[Memory], console: Console
) -> list[FirstImport]:
    """The outcome of each module that was asked for, sorted by module, project by project."""
    wanted = [(project, shown_entries(project)) for project in analysis.projects]
    total = sum(len(names) for _, names in wanted)
    found: list[FirstImport] = []
    for (project, names), memory in zip(wanted, memories, strict=True):
        before = len(found)

        def progress(done: int, before: int = before) -> None:
            console.progress(before + done, total, "simulating", "first imports")

        found += first_imports(project.snapshot, names, progress, memory)
    console.progress(total, total, "simulating", "first imports")
    return sorted(dict.fromkeys(found), key=lambda each: (each.entry, each.path or ""))


def shown_entries(project: AnalysedProject) -> list[ModuleName]:
    """The modules of a project that can be a first import and were asked for."""
    modules = project.snapshot.layout.modules()
    return [name for name in entries(project.snapshot) if project.is_shown(modules[name].path)]
