"""One truth: all commands report the same outcome of a first import.

- Every circular crash of a first import, or of a module run as the main program, is shown at the
line that raises, by a rule about crashes. These rules show nothing else.
- A hover over that line, and `explain`, report it.
- `plan` and `fix` have a step for it, or say why there is none.

Left out are crashes that users have switched off (severities, comments that accept an import).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.case import Case
from harness.fixes import CaseTexts
from harness.outcomes import accepts_cycles
from harness.project import FOLDER, Setup, build, case_path, setup_of
from harness.runners import with_histories
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.explain import explain_at
from import_cycles.analysis.first_imports import world_of
from import_cycles.analysis.project import Project
from import_cycles.analysis.registry import rules
from import_cycles.base.names import SourcePath, dotted_name
from import_cycles.base.text import Encoding
from import_cycles.findings.rule import Severity, Subject
from import_cycles.findings.verdict import is_circular
from import_cycles.lsp.hover import markdown_hover, plain_hover
from import_cycles.proposals.fix import FixSettings
from import_cycles.repair.applying import Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.planning import Planner
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.entries import Runs, is_script, simulate_into
from import_cycles.simulate.outcome import Crashes

Line = tuple[SourcePath, int]
"""A path, and a line that counts from 0."""


def run_truth(case: Case) -> None:
    """Every state."""
    __tracebackhide__ = True
    for state, _ in with_histories(case):
        setup = setup_of(state.texts)
        report = truth_report(state.texts, setup)
        assert not report, f"state at line {state.line}:\n  " + "\n  ".join(report)


def truth_report(files: dict[str, str], setup: Setup) -> list[str]:
    """Everything in which a project contradicts itself."""
    project, _ = build(files, setup)
    severities = setup.settings.severity
    if any(severities.get(r.code) is Severity.OFF for r in rules() if r.subject is Subject.CRASH):
        return []
    crashing = list(crash_lines(project))
    shown = shown_lines(project)
    surplus = shown - {each for each, _ in crashing}
    report = [f"shown, but no first import fails there: {_told(each)}" for each in surplus]
    if not accepts_cycles(project):
        report += [
            f"not shown: {_told(each)} ({way})" for each, way in crashing if each not in shown
        ]
    home = SourcePath(FOLDER)
    for path, line in sorted(shown):
        explained = explain_at(project.snapshot, Cuts(), home, path, line, 0, Encoding.UTF16)
        told = [each for each in explained if each.finding.subject is Subject.CRASH]
        hovers = plain_hover(told, path), markdown_hover(told, path)
        if not told or not all(each.finding.code in hover for each in told for hover in hovers):
            report.append(f"not explained: {_told((path, line))}")
    if shown:
        report += _silence_about_what_to_do(files, setup)
    return report


def crash_lines(project: Project) -> Iterator[tuple[Line, str]]:
    """Every first import that ends in a circular crash: at which line, and which one."""
    snapshot = project.snapshot
    world = world_of(snapshot)
    modules = snapshot.layout.modules()
    entries = [name for name, file in modules.items() if file.kind is ModuleKind.SOURCE]
    scripts = [
        name
        for name in entries
        if (summary := world.summary(name)) is not None
        and (is_script(summary) or dotted_name(name).endswith("__main__"))
    ]
    runs = Runs()
    simulate_into(runs, world, entries, scripts)
    for way, found in (("first", runs.entries), ("as a script", runs.scripts)):
        for name, run in sorted(found.items()):
            crash = run.outcome
            if isinstance(crash, Crashes) and is_circular(run):
                assert crash.spot is not None
                place = snapshot.summaries[crash.spot.module].mark_site(
                    crash.spot.code, crash.spot.mark
                )
                yield (modules[crash.spot.module].path, place.line), f"{name} {way}"


def shown_lines(project: Project) -> set[Line]:
    """The lines whose statements a rule about crashes names."""
    return {
        (path, (finding.statement or finding.place).range.start.line)
        for path, findings in project.snapshot.findings.items()
        for finding in findings
        if finding.subject is Subject.CRASH
    }


def _silence_about_what_to_do(files: dict[str, str], setup: Setup) -> Iterator[str]:
    kinds = repairing(fixes())
    wish = Wish(kinds, lambda finding: finding.subject is Subject.CRASH, lambda path: True)
    project, _ = build(files, setup)
    plan = Planner(project, Repair(project, CaseTexts(files), FixSettings()), wish).for_crashes()
    if not plan.steps and not plan.crashes:
        yield "the plan has nothing to do"
    project, _ = build(files, setup)
    repaired = Repair(project, CaseTexts(files), FixSettings()).run(wish)
    if not repaired.steps and not repaired.left:
        yield "there is nothing to fix"


def _told(line: Line) -> str:
    return f"{case_path(line[0])}:{line[1] + 1}"
