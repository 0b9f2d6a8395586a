"""Every case file, on every runner; see docs/cases.md.

A case is one parameter even if its file does not parse: that is a failing test and not a broken
collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.case import Case
from harness.commands import run_check, run_command
from harness.cpython import InterpreterProcess
from harness.fixes import run_fixes, run_fixes_cpython
from harness.interpreters import Interpreter, chosen_interpreters
from harness.reader import CaseError, load_case
from harness.runners import (
    run_cold,
    run_cpython,
    run_incremental,
    run_on_demand,
    run_urgent,
    with_histories,
    write_files,
)
from harness.sessions import run_session
from harness.truth import run_truth
from harness.update import update_case
from harness.warm import run_warm
from import_cycles.analysis.intake import SMALL_KNOT

CASES = Path(__file__).parent / "cases"


def _loaded(path: Path) -> Case | CaseError:
    try:
        return load_case(path, path.relative_to(CASES).with_suffix("").as_posix())
    except CaseError as problem:
        return problem


_EVERY = {
    path.relative_to(CASES).with_suffix("").as_posix(): _loaded(path)
    for path in sorted(CASES.rglob("*.case"))
}
_READABLE = {name: case for name, case in _EVERY.items() if isinstance(case, Case)}


def _some(has: Callable[[Case], bool]) -> pytest.MarkDecorator:
    chosen = {name: case for name, case in _READABLE.items() if has(case)}
    return pytest.mark.parametrize("case", list(chosen.values()), ids=list(chosen))


every_case = _some(lambda case: True)
runtime_cases = _some(lambda case: any(state.runtime_skip is None for state in case.track))
session_cases = _some(lambda case: any(state.session is not None for state in case.states))
fix_cases = _some(lambda case: any(state.fix is not None for state in case.states))
command_cases = _some(lambda case: any(state.commands for state in case.states))


@pytest.fixture(scope="session")
def tracers() -> Iterator[Callable[[Interpreter], InterpreterProcess]]:
    """One running tracer for each interpreter, started when it is first asked for."""
    running: dict[Interpreter, InterpreterProcess] = {}
    with ExitStack() as stack:

        def tracer(interpreter: Interpreter) -> InterpreterProcess:
            if interpreter not in running:
                running[interpreter] = stack.enter_context(InterpreterProcess(interpreter))
            return running[interpreter]

        yield tracer


@pytest.mark.parametrize("name", list(_EVERY))
def test_parses(name: str) -> None:
    problem = _EVERY[name]
    assert isinstance(problem, Case), str(problem)


@every_case
def test_cold(case: Case) -> None:
    run_cold(case)


@every_case
def test_on_demand(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a large project.
    monkeypatch.setattr("import_cycles.analysis.summaries.MOST_WITH_BODIES", 0)
    monkeypatch.setattr("import_cycles.syntax.left_out._SHORTEST", 1)
    run_on_demand(case)


@every_case
@pytest.mark.parametrize("small_knot", [0, SMALL_KNOT])
def test_urgent(case: Case, small_knot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("import_cycles.analysis.intake.SMALL_KNOT", small_knot)
    run_urgent(case)


@every_case
def test_incremental(case: Case) -> None:
    run_incremental(case)


@every_case
def test_truth(case: Case) -> None:
    run_truth(case)


@pytest.mark.cpython
@pytest.mark.parametrize("interpreter", chosen_interpreters(), ids=str)
@runtime_cases
def test_cpython(
    case: Case,
    interpreter: Interpreter,
    tracers: Callable[[Interpreter], InterpreterProcess],
    tmp_path: Path,
) -> None:
    run_cpython(case, tracers(interpreter), tmp_path)


@fix_cases
def test_fixes(case: Case) -> None:
    run_fixes(case)


@pytest.mark.cpython
@pytest.mark.parametrize("interpreter", chosen_interpreters(), ids=str)
@fix_cases
def test_fixes_in_cpython(
    case: Case,
    interpreter: Interpreter,
    tracers: Callable[[Interpreter], InterpreterProcess],
    tmp_path: Path,
) -> None:
    run_fixes_cpython(case, tracers(interpreter), tmp_path)


@session_cases
def test_session(case: Case, tmp_path: Path) -> None:
    for number, state in enumerate(case.states):
        if state.session is not None:
            run_session(state, tmp_path / str(number))


@command_cases
def test_cli(case: Case, tmp_path: Path) -> None:
    for number, state in enumerate(case.states):
        folder = tmp_path / str(number)
        write_files(state.texts, folder)
        for command in state.commands:
            run_command(command, folder)


@every_case
def test_check(case: Case, tmp_path: Path) -> None:
    for number, (state, histories) in enumerate(with_histories(case)):
        if all(len(history) == 1 for history in histories.values()):
            folder = tmp_path / str(number)
            folder.mkdir()
            write_files(state.texts, folder)
            run_check(state, folder)


@every_case
def test_warm(case: Case, tmp_path: Path) -> None:
    run_warm(case, tmp_path / "project", tmp_path / "cache")


@every_case
def test_update(
    case: Case, tracers: Callable[[Interpreter], InterpreterProcess], tmp_path: Path
) -> None:
    """Runs only with --update-cases, and then alone."""
    pythons = [tracers(interpreter) for interpreter in chosen_interpreters()]
    if update_case(case, pythons, tmp_path):
        print(f"rewrote {case.path}")
