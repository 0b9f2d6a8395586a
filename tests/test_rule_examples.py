"""The example in the documentation of each rule is a case, and holds like any other."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from harness.case import Case
from harness.cpython import InterpreterProcess
from harness.interpreters import Interpreter
from harness.project import build, findings_of, setup_of
from harness.reader import parse_case
from harness.runners import run_cold, run_cpython
from import_cycles.analysis.registry import rules
from import_cycles.findings.rule import Rule

_FENCED = re.compile(r"^Example:\n\n```\n(.*?)^```$", re.DOTALL | re.MULTILINE)

every_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)


def example_in(docs: str, code: str) -> Case:
    """The case that a docstring shows; there is exactly one."""
    (text,) = _FENCED.findall(docs)
    return parse_case(f"The example of {code}.\n\n{text}", Path(code), code)


def example_of(rule: Rule) -> Case:
    """The case that a rule's docstring shows."""
    return example_in(rule.docs, rule.code)


@every_rule
def test_example_shows_the_rule(rule: Rule) -> None:
    case = example_of(rule)
    run_cold(case)
    (state,) = case.track
    project, _ = build(state.texts, setup_of(state.texts))
    assert rule.code in {found.code for found in findings_of(project)}


@pytest.mark.cpython
@every_rule
def test_example_is_true(rule: Rule, tmp_path: Path) -> None:
    with InterpreterProcess(Interpreter(sys.version_info[:2], sys.executable)) as python:
        run_cpython(example_of(rule), python, tmp_path)
