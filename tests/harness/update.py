"""`pytest --update-cases`: writes what is found now into the case files, for review in the diff.

Rewritten are `--- edges`, `--- work`, `--- cli` and the markers. Markers go under the lines of
the files that a state spells out; for the other files, and where no comment can stand, they go
into the state's `--- expect`. Whatever holds for some versions only is left as it is. Nothing is
written when CPython contradicts the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.case import Block, Case, State
from harness.commands import print_command
from harness.cpython import InterpreterProcess
from harness.markers import Expected, is_caret_line, without_line_markers
from harness.outcomes import observed_lines, outcome_lines
from harness.project import Actual, edge_lines, findings_of, marker_differences, setup_of
from harness.reader import parse_case
from harness.runners import (
    cold_project,
    observe_state,
    replay,
    run_cpython,
    with_histories,
    work_line,
    write_files,
)
from import_cycles.analysis.change import Update
from import_cycles.analysis.project import Project

_ROUNDS = 4


def update_case(case: Case, pythons: Sequence[InterpreterProcess], folder: Path) -> bool:
    """Rewrite one case file; whether anything changed. AssertionError when CPython disagrees."""
    for python in pythons:
        run_cpython(case, python, folder / str(python.interpreter))
    text = updated_text(case, case.path.read_text(encoding="utf-8"), folder, pythons)
    changed = text != case.path.read_text(encoding="utf-8")
    if changed:
        case.path.write_text(text, encoding="utf-8")
    return changed


def updated_text(
    case: Case, text: str, folder: Path, pythons: Sequence[InterpreterProcess] = ()
) -> str:
    """The text of a case with everything rewritten that differs.

    Takes several rounds: a marker that is new in one state holds in the later ones too, until
    they say otherwise.
    """
    for number in range(_ROUNDS):
        updated = _one_round(case, text, folder / f"round{number}", pythons)
        if updated == text:
            return text
        text, case = updated, parse_case(updated, case.path, case.name)
    return text


def _one_round(case: Case, text: str, folder: Path, pythons: Sequence[InterpreterProcess]) -> str:
    edits = _Edits(text.split("\n"))
    project = Project()
    for number, (state, histories) in enumerate(with_histories(case)):
        setup = setup_of(state.texts)
        update = replay(project, state, setup)
        cold = cold_project(histories, setup)
        _update_sections(edits, state, cold, update)
        _record(edits, state, folder / f"recorded{number}", pythons)
        _update_markers(edits, state, findings_of(cold))
        if state.commands:
            write_files(state.texts, folder / f"cli{number}")
        for command in state.commands:
            printed = print_command(command, folder / f"cli{number}")
            edits.replace(command.block, printed.section.split("\n"))
    return edits.text()


@dataclass(slots=True)
class _Edits:
    """New bodies of blocks, and blocks to insert, gathered before any line number moves."""

    lines: list[str]
    bodies: dict[int, tuple[int, list[str]]] = field(default_factory=dict)
    inserted: dict[int, list[str]] = field(default_factory=dict)

    def replace(self, block: Block, body: Sequence[str]) -> None:
        escaped = [f"\\{line}" if line.startswith(("--- ", "=== ")) else line for line in body]
        self.bodies[block.line] = (len(block.body), escaped)

    def insert_after(self, block: Block, lines: Sequence[str]) -> None:
        self.inserted[block.line] = list(lines)

    def text(self) -> str:
        written: list[str] = []
        number = 0
        while number < len(self.lines):
            header = number + 1
            length, body = self.bodies.get(header, (0, []))
            written.append(self.lines[number])
            written += body
            number += 1 + length
            if header in self.inserted:
                if header not in self.bodies:
                    kept = self._body_length(header)
                    written += self.lines[number : number + kept]
                    number += kept
                written += self.inserted[header]
        return "\n".join(written)

    def _body_length(self, header: int) -> int:
        end = header
        while end < len(self.lines) and not self.lines[end].startswith(("--- ", "=== ")):
            end += 1
        while end > header and not self.lines[end - 1].strip():
            end -= 1
        return end - header


def _update_sections(edits: _Edits, state: State, project: Project, update: Update) -> None:
    for block in state.blocks:
        if block.sign != "---":
            continue
        if block.header == "edges" and not any(edge.when for edge in state.edges or ()):
            edits.replace(block, edge_lines(project))
        elif block.header == "outcomes" and not any(fact.when for fact in state.outcomes or ()):
            edits.replace(block, outcome_lines(project))
        elif block.header == "work":
            edits.replace(block, [str(work_line(update))])


def _record(
    edits: _Edits, state: State, folder: Path, pythons: Sequence[InterpreterProcess]
) -> None:
    """What interpreters do, in the sections for their versions; others stay as they are."""
    setup = setup_of(state.texts)
    for recorded in state.recorded:
        for python in pythons:
            if python.interpreter.version == recorded.version:
                observations = observe_state(state, setup, python, folder)
                edits.replace(recorded.block, observed_lines(observations))


def _update_markers(edits: _Edits, state: State, findings: Sequence[Actual]) -> None:
    version = setup_of(state.texts).settings.target.version
    missing, surplus = marker_differences(state.expected(version), findings)
    stale = {marker.path for marker in missing} | {found.path for found in surplus}
    spoken = _expect_block(state)
    listed = {path for path in state.listed if spoken is not None and _speaks_of(spoken, path)}
    for block in state.blocks:
        path = block.header.split(" ")[0]
        if block.sign != "---" or path not in stale or path not in state.files:
            continue
        stale.discard(path)
        if path in listed or any(marker.when for marker in state.files[path].expected):
            continue
        here = [found for found in findings if found.path == path]
        if all(_can_be_drawn(block.body, found) for found in here):
            edits.replace(block, list(_marked(block, state, here)))
        else:
            listed.add(path)
    listed |= stale
    if listed:
        lines = list(_expect_lines(state, sorted(listed), findings))
        if spoken is not None:
            edits.replace(spoken, lines)
        else:
            edits.insert_after(state.blocks[-1], ["--- expect", *lines])


def _expect_block(state: State) -> Block | None:
    return next((block for block in state.blocks if block.header == "expect"), None)


def _speaks_of(block: Block, path: str) -> bool:
    return any(line.startswith((f"{path}:", f"{path} ")) for line in block.body)


def _expect_lines(state: State, paths: Sequence[str], findings: Sequence[Actual]) -> Iterator[str]:
    for path in paths:
        parts = _kept_parts(state.listed.get(path, ()))
        here = [found for found in findings if found.path == path]
        if not here:
            yield f"{path} clean"
        for found in here:
            part = parts.get((found.stretch.line, found.code), "")
            yield f"{path}:{found.stretch} {found.severity}[{found.code}]{part}"


def _can_be_drawn(body: Sequence[str], found: Actual) -> bool:
    line = body[found.stretch.line - 1]
    is_one_line = found.stretch.line == found.stretch.end_line
    return is_one_line and found.stretch.start > 0 and not line.rstrip().endswith("\\")


def _marked(block: Block, state: State, findings: Sequence[Actual]) -> Iterator[str]:
    parts = _kept_parts(state.files[block.header.split(" ")[0]].expected)
    for number, line in enumerate(block.body, start=1):
        if is_caret_line(line):
            continue
        yield without_line_markers(line)
        for found in findings:
            if found.stretch.line == number:
                yield _carets(line, found) + parts.get((number, found.code), "")


def _kept_parts(expected: Sequence[Expected]) -> Mapping[tuple[int, str], str]:
    return {
        (marker.line, marker.code): f': "{marker.part}"'
        for marker in expected
        if marker.part is not None
    }


def _carets(line: str, found: Actual) -> str:
    indent = len(line) - len(line.lstrip())
    start = found.stretch.start
    sign = indent if indent < start else 0
    before = "".join("\t" if char == "\t" else " " for char in line[:start])
    marker = "^" * (found.stretch.end - start)
    return f"{before[:sign]}#{before[sign + 1 :]}{marker} {found.severity}[{found.code}]"
