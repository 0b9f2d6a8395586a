"""What each runner asks of a case; every failure is an AssertionError that lists differences.

- cold: the project of each state, built at once, shows what the case says;
- incremental: the same states reached by changes, and each state reached file by file in
  shuffled orders and taken apart again, equal cold builds after every step;
- CPython: harness/cpython.py.

A file that does not parse keeps what its last good text said, so a "cold" build of it takes
every text since then, oldest first: its *history*.
"""

from __future__ import annotations

import os
import random
import re
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from harness.case import Case, State, WorkLine
from harness.cpython import InterpreterProcess, Observation, Statements, StaticEdge, differences
from harness.interpreters import NEWEST, OLDEST
from harness.markers import Version
from harness.outcomes import (
    outcome_differences,
    outcome_lines,
    recorded_differences,
    shown_differences,
)
from harness.project import (
    LIBRARIES,
    Setup,
    apply_settled,
    build,
    case_path,
    edge_line,
    edge_lines,
    findings_of,
    flag_words,
    is_module,
    layout_of,
    list_differences,
    marker_differences,
    setup_of,
    source_path,
    texts_of,
)
from import_cycles.analysis.change import Change, Update
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import Layout
from import_cycles.syntax.imports import ImportFlag

_LATE_KNOWN = ImportFlag.CALLED | ImportFlag.DYNAMIC
"""Flags of edges that are not known before all files are read."""

_INDENTED = re.compile(r"^\s+(?:from|import)\b", re.MULTILINE)
"""The same for import statements."""

History = tuple[str, ...]
"""Texts of one file, oldest first: the last good one and the broken ones after it."""


# --- cold -----------------------------------------------------------------------------------


def run_cold(case: Case) -> None:
    """Every state, built at once, for every target version that it speaks of."""
    __tracebackhide__ = True
    for state, histories in with_histories(case):
        setup = setup_of(state.texts)
        for version in _versions(state, setup):
            project = cold_project(histories, setup.for_target(version))
            report = [
                *marker_report(state, project, version),
                *edge_report(state, project, version),
                *outcome_report(state, project, version),
            ]
            assert not report, _told(state, version, report)
        for recorded in state.recorded:
            project = cold_project(histories, setup.for_target(recorded.version))
            report = recorded_differences(project, recorded.lines)
            assert not report, _told(state, recorded.version, report)


def run_on_demand(case: Case) -> None:
    """Every state, in a project that scans texts first and summarizes what it needs.

    The project is made at once, and kept from state to state. A state is left out where a text does
    not parse: the project knows its last good text only if it had to read it.
    """
    __tracebackhide__ = True
    texts: dict[SourcePath, str | None] = {}
    kept = Project(texts.get)
    is_clean = True
    for state, histories in with_histories(case):
        setup = setup_of(state.texts)
        eager = cold_project(histories, setup)
        is_first = all(len(history) == 1 for history in histories.values())
        is_clean = is_clean and not eager.snapshot.problems
        before = dict(texts)
        texts.clear()
        texts.update(texts_of(state.texts))
        layout = layout_of(state.texts, setup.roots)
        changed = {path for path, text in texts.items() if before.get(path) != text}
        gone = dict.fromkeys(before.keys() - texts.keys())
        change = Change(gone, layout, setup.settings, frozenset(texts))
        if is_first:
            fresh = Project(texts.get)
            apply_settled(fresh, change)
            report = _on_demand_differences(fresh, eager)
            assert not report, _told(state, None, ["at once:", *report])
        if is_clean:
            new_target = kept.snapshot.settings.target != setup.settings.target
            unread = frozenset(texts if new_target else changed)
            apply_settled(kept, Change(gone, layout, setup.settings, unread))
            report = _on_demand_differences(kept, eager, complete=state is case.track[-1])
            assert not report, _told(state, None, ["step by step:", *report])


def run_urgent(case: Case) -> None:
    """The first state, read around one file before the rest: the file's cycles are known at once.

    Those, that is, whose imports are not indented, if they are other modules'.

    Verdicts are left out at first: they hang on who imports a cycle from outside.
    """
    __tracebackhide__ = True
    state, histories = next(with_histories(case))
    setup = setup_of(state.texts)
    texts = texts_of(state.texts)
    layout = layout_of(state.texts, setup.roots)
    unsettled = Project()
    unsettled.apply(Change(texts, layout, setup.settings))
    settled = cold_project(histories, setup)
    is_plain = not (
        any(edge.flags & _LATE_KNOWN for edge in unsettled.graph.edges())
        or any(text and _INDENTED.search(text) for text in texts.values())
    )
    for path, text in texts.items():
        if layout.at_path(path) is None or path in settled.snapshot.problems:
            continue
        project = Project(texts.get)
        rest = frozenset(texts.keys() - {path})
        change = Change({path: text}, layout, setup.settings, rest, is_urgent=True)
        project.apply(change)
        early, late = _lines_of(project, path), _lines_of(unsettled, path)
        assert early <= late, f"{path}: {early - late} too much at first"
        assert not is_plain or early == late, f"{path}: {late - early} not known at first"
        if is_plain:
            assert _ways_of(project, path) == _ways_of(unsettled, path), path
        project.finish()
        project.settle()
        project.settle_order()
        assert project.is_whole
        report = _on_demand_differences(project, settled)
        assert not report, _told(state, None, [f"around {path}:", *report])


def _lines_of(project: Project, path: SourcePath) -> set[tuple[str, int]]:
    found = project.snapshot.findings.get(path, ())
    return {(finding.code, finding.place.range.start.line) for finding in found}


def _ways_of(project: Project, path: SourcePath) -> list[object]:
    found = project.snapshot.findings.get(path, ())
    return [(finding.code, finding.place, finding.cycle) for finding in found]


def _on_demand_differences(ours: Project, eager: Project, *, complete: bool = True) -> list[str]:
    report = []
    told, all_told = ours.snapshot, eager.snapshot
    if findings_of(ours) != findings_of(eager):
        missing, surplus = set(findings_of(eager)), set(findings_of(ours))
        report += [f"missing  {each}" for each in sorted(map(str, missing - surplus))]
        report += [f"surplus  {each}" for each in sorted(map(str, surplus - missing))]
    if told.components != all_told.components:
        report.append(f"components {told.components}, eager {all_told.components}")
    if not told.problems.items() <= all_told.problems.items():
        report.append(f"problems {told.problems}, eager {all_told.problems}")
    if complete and not report:
        ours.complete()
        if ours.graph.edges() != eager.graph.edges():
            report += list_differences(edge_lines(eager), edge_lines(ours))[0]
            report.append("edges differ")
        if dict(ours.snapshot.problems) != dict(eager.snapshot.problems):
            report.append(f"all problems {ours.snapshot.problems}, eager {eager.snapshot.problems}")
        report += _on_demand_differences(ours, eager, complete=False)
    return report


def _versions(state: State, setup: Setup) -> list[Version]:
    if state.speaks_of_versions and not setup.names_target:
        return [(3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)]
    return [setup.settings.target.version]


def cold_project(histories: Mapping[str, History], setup: Setup) -> Project:
    """The project of a state, built at once from its files' histories."""
    project, _ = build({path: history[0] for path, history in histories.items()}, setup)
    for texts in zip_longest(*(history[1:] for history in histories.values())):
        later = {p: text for p, text in zip(histories, texts, strict=True) if text is not None}
        apply_settled(project, Change(texts_of(later)))
    return project


def with_histories(case: Case) -> Iterator[tuple[State, dict[str, History]]]:
    """The states that follow one another, each with the histories of its files."""
    project = Project()
    histories: dict[str, History] = {}
    for state in case.track:
        setup = setup_of(state.texts)
        replay(project, state, setup)
        broken = {case_path(path) for path in project.snapshot.problems}
        grown: dict[str, History] = {}
        for path, text in state.texts.items():
            before = histories.get(path, ())
            if path not in broken:
                grown[path] = (text,)
            else:
                grown[path] = before if before[-1:] == (text,) else (*before, text)
        histories = grown
        yield state, histories


def marker_report(state: State, project: Project, version: Version) -> list[str]:
    """Diagnostics missing and surplus, as lines of text."""
    missing, surplus = marker_differences(state.expected(version), findings_of(project))
    return [f"missing  {m}" for m in missing] + [f"surplus  {s}" for s in surplus]


def edge_report(state: State, project: Project, version: Version) -> list[str]:
    """Edges missing and surplus, as lines of text."""
    if state.edges is None:
        return []
    wanted = [e.text for e in state.edges if e.when is None or e.when.holds(version)]
    missing, surplus = list_differences(wanted, edge_lines(project))
    return [f"missing edge  {m}" for m in missing] + [f"surplus edge  {s}" for s in surplus]


def outcome_report(state: State, project: Project, version: Version) -> list[str]:
    """Outcomes missing and surplus, as lines of text."""
    if state.outcomes is None:
        return []
    wanted = [o.text for o in state.outcomes if o.when is None or o.when.holds(version)]
    missing, surplus = list_differences(wanted, outcome_lines(project))
    return [f"outcome expected  {m}" for m in missing] + [f"outcome found  {s}" for s in surplus]


def work_line(update: Update) -> WorkLine:
    """How much an `apply` recomputed, in the words of a `--- work` section."""
    work = update.work
    return WorkLine(work.summaries, work.components, work.simulations)


def _work_report(state: State, update: Update) -> list[str]:
    done = work_line(update)
    return [] if done == state.work else [f"work expected  {state.work}", f"work done  {done}"]


def _told(state: State, version: Version | None, report: Sequence[str]) -> str:
    where = f"line {state.line}" + (f", {state.title}" if state.title else "")
    target = f", target {version[0]}.{version[1]}" if version else ""
    return f"state at {where}{target}:\n  " + "\n  ".join(report)


# --- incremental ----------------------------------------------------------------------------


def run_incremental(case: Case) -> None:
    """Replay the steps; then reach every state file by file, twice, in shuffled orders."""
    __tracebackhide__ = True
    _run_replay(case)
    for number, state in enumerate(case.track):
        _run_shuffled(case, number, state)


def _run_replay(case: Case) -> None:
    __tracebackhide__ = True
    project = Project()
    for state, histories in with_histories(case):
        setup = setup_of(state.texts)
        update = replay(project, state, setup)
        report = equality_report(project, cold_project(histories, setup))
        if state.work is not None:
            report += _work_report(state, update)
        assert not report, _told(state, None, report)


def replay(project: Project, state: State, setup: Setup) -> Update:
    """Carry out the change that leads to `state`; a new configuration needs every text again."""
    is_fresh = project.snapshot.revision == 0
    settings_changed = setup.settings != project.snapshot.settings
    roots = layout_of((), setup.roots).roots
    files = dict(state.change)
    if is_fresh or settings_changed:
        files |= state.texts
    before = project.snapshot.layout
    if is_fresh or roots != before.roots:
        layout = layout_of(state.files, setup.roots)
    else:
        layout = _layout_after(before, files)
    files |= _woken(before, layout, state.texts)
    return apply_settled(
        project,
        Change(
            texts_of(files),
            None if layout is before else layout,
            setup.settings if is_fresh or settings_changed else None,
        ),
    )


def _layout_after(layout: Layout, change: Mapping[str, str | None]) -> Layout:
    modules = {source_path(path): text for path, text in change.items() if is_module(path)}
    return layout.with_files(
        [path for path, text in modules.items() if text is not None],
        [path for path, text in modules.items() if text is None],
    )


def _woken(before: Layout, after: Layout, files: Mapping[str, str]) -> dict[str, str]:
    """The files whose module is another one now; a file that was hidden must be read at last."""
    return {
        path: text
        for path, text in files.items()
        if after.at_path(source_path(path)) != before.at_path(source_path(path))
    }


def _run_shuffled(case: Case, number: int, state: State) -> None:
    __tracebackhide__ = True
    seed = os.environ.get("IMPORT_CYCLES_SEED") or str(zlib.crc32(f"{case.name}{number}".encode()))
    shuffle = random.Random(int(seed))
    setup = setup_of(state.texts)
    arriving = [path for path in state.files if is_module(path)]
    shuffle.shuffle(arriving)
    leaving = list(arriving)
    shuffle.shuffle(leaving)
    feeding = _Feeding(setup)
    for path in arriving:
        feeding.add(path, state.texts[path])
        report = feeding.report()
        assert not report, _shuffled_told(state, seed, f"after {path} came", report)
    for path in leaving[:-1]:
        feeding.remove(path)
        report = feeding.report()
        assert not report, _shuffled_told(state, seed, f"after {path} went", report)


def _shuffled_told(state: State, seed: str, moment: str, report: Sequence[str]) -> str:
    return f"IMPORT_CYCLES_SEED={seed}, {moment}, " + _told(state, None, report)


@dataclass(slots=True)
class _Feeding:
    """A project that gets and loses its files one at a time."""

    setup: Setup
    project: Project = field(default_factory=Project)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, text: str) -> None:
        self.files[path] = text
        self._apply({path: text})

    def remove(self, path: str) -> None:
        del self.files[path]
        self._apply({path: None})

    def _apply(self, change: Mapping[str, str | None]) -> None:
        before = self.project.snapshot.layout
        if self.project.snapshot.revision == 0:
            layout, settings = layout_of(self.files, self.setup.roots), self.setup.settings
        else:
            layout, settings = _layout_after(before, change), None
        files = {**_woken(before, layout, self.files), **change}
        apply_settled(self.project, Change(texts_of(files), layout, settings))

    def report(self) -> list[str]:
        return equality_report(self.project, build(self.files, self.setup)[0])


def equality_report(project: Project, cold: Project) -> list[str]:
    """In what a project that came about by changes differs from one that was built at once."""
    report: list[str] = []
    ours, theirs = project.snapshot, cold.snapshot
    if ours.layout != theirs.layout:
        report.append("the layouts differ")
    if project.graph.modules() != cold.graph.modules():
        report.append(f"modules {project.graph.modules()}, cold {cold.graph.modules()}")
    if project.graph.edges() != cold.graph.edges():
        missing, surplus = list_differences(edge_lines(cold), edge_lines(project))
        report += [f"edge only when cold  {m}" for m in missing]
        report += [f"edge that stayed  {s}" for s in surplus]
        report += [] if missing or surplus else ["the edges differ in their sites"]
    if project.graph.components() != cold.graph.components():
        report.append(f"components {project.graph.components()}, cold {cold.graph.components()}")
    if ours.components != cold.graph.components():
        report.append("the snapshot's components are not those of the graph")
    if dict(ours.findings) != dict(theirs.findings):
        report.append("the findings differ:")
        missing, surplus = list_differences(
            map(str, findings_of(cold)), map(str, findings_of(project))
        )
        report += [f"only when cold  {m}" for m in missing]
        report += [f"stayed behind  {s}" for s in surplus]
        if not missing and not surplus:
            report += [f"cold {theirs.findings}", f"ours {ours.findings}"]
    if dict(ours.problems) != dict(theirs.problems):
        report.append(f"problems {ours.problems}, cold {theirs.problems}")
    return report


# --- CPython --------------------------------------------------------------------------------


def run_cpython(case: Case, python: InterpreterProcess, folder: Path) -> None:
    """Every state on one interpreter, analysed for the version of that interpreter."""
    __tracebackhide__ = True
    for number, state in enumerate(case.track):
        if state.runtime_skip is not None:
            continue
        setup = setup_of(state.texts).for_target(python.interpreter.version, sys.platform)
        project, _ = build(state.texts, setup)
        observations = observe_state(state, setup, python, folder / f"state{number}")
        statements = _statements(project, state)
        is_newer = setup_of(state.texts).settings.target.version > python.interpreter.version
        if is_newer and any(map(_is_syntax_error, observations)):
            # Its syntax is one that this Python does not know.
            continue
        report = [
            *differences(static_edges(project), observations, statements),
            *outcome_differences(project, observations),
            *shown_differences(project, observations, statements),
        ]
        assert not report, f"Python {python.interpreter}, " + _told(state, None, report)


def _is_syntax_error(observation: Observation) -> bool:
    return observation.failure is not None and observation.failure.type == "SyntaxError"


def observe_state(
    state: State, setup: Setup, python: InterpreterProcess, folder: Path
) -> tuple[Observation, ...]:
    """Write a state to `folder` and import each of its entries first."""
    write_files(state.texts, folder)
    entries = state.entries or tuple(
        sorted(
            file.name
            for file in layout_of(state.files, setup.roots).modules().values()
            if file.path.endswith(".py") and "@" not in file.name
        )
    )
    return python.observe(folder, setup.roots, entries, LIBRARIES)


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write a project to disk, line ends as they are in the text.

    What is installed gets the file by which a virtual environment is known.
    """
    if any(path.startswith(f"{LIBRARIES}/") for path in files):
        files = {f"{LIBRARIES}/pyvenv.cfg": "", **files}
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def static_edges(project: Project) -> tuple[StaticEdge, ...]:
    """The edges in the form that is compared with an interpreter."""
    return tuple(
        StaticEdge(
            holder=edge.holder,
            line=edge_line(project, edge),
            imported=edge.imported,
            when=edge.when.value,
            flags=frozenset(flag_words(edge.flags)),
            importer=edge.importer,
        )
        for edge in project.graph.edges()
    )


def _statements(project: Project, state: State) -> dict[str, Statements]:
    return {
        module.name: Statements.of(state.texts[case_path(module.path)])
        for module in project.snapshot.layout.modules().values()
        if case_path(module.path) in state.texts
    }
