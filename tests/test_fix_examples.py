"""The example in the documentation of each quick fix is a case, and holds like any other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.case import Case
from harness.cpython import InterpreterProcess
from harness.fixes import run_fixes, run_fixes_cpython
from harness.interpreters import Interpreter
from harness.project import setup_of
from harness.runners import run_cold, run_cpython
from import_cycles.proposals.fix import FixKind
from import_cycles.repair.fix_registry import fixes
from test_rule_examples import example_in

every_fix = pytest.mark.parametrize("fix", fixes(), ids=lambda fix: fix.code)


def example_of(fix: FixKind) -> Case:
    """The case that a fix's docstring shows."""
    return example_in(fix.docs, fix.code)


@every_fix
def test_example_shows_the_fix(fix: FixKind) -> None:
    case = example_of(fix)
    run_cold(case)
    run_fixes(case)
    assert {state.fix.code for state in case.states if state.fix is not None} == {fix.code}


@pytest.mark.cpython
@every_fix
def test_example_is_true(fix: FixKind, tmp_path: Path) -> None:
    case = example_of(fix)
    setup = setup_of(case.states[0].texts)
    wanted = setup.settings.target.version
    if setup.names_target and wanted > sys.version_info[:2]:
        pytest.skip(f"the example is for Python {wanted[0]}.{wanted[1]}")
    with InterpreterProcess(Interpreter(sys.version_info[:2], sys.executable)) as python:
        run_cpython(case, python, tmp_path)
        run_fixes_cpython(case, python, tmp_path)
