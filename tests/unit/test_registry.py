"""No rule and no fix is forgotten: everything in their folders is registered."""

from __future__ import annotations

from pathlib import Path

import import_cycles.fixes
import import_cycles.rules
from import_cycles.analysis.registry import (
    accepting,
    rule_codes,
    rules,
    rules_by_precedence,
    worse_than,
)
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.repair.fix_registry import fixes


def test_every_file_of_the_rules_is_a_rule() -> None:
    folder = Path(import_cycles.rules.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {rule.code.replace("-", "_") for rule in rules()} == files


def test_rules_are_sorted_and_have_different_codes() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(rule_codes())


def test_rules_about_cycles_have_different_precedences() -> None:
    """Of several on one line, it is always clear which one is shown."""
    known = [rule.precedence for rule in rules() if rule.subject in CYCLE_SUBJECTS]
    assert None not in known
    assert len(set(known)) == len(known)
    order = [rule.code for rule in rules_by_precedence()]
    assert sorted(order) == sorted(rule_codes())
    assert all(worse_than(code).issubset(order[:place]) for place, code in enumerate(order))
    assert worse_than("cycle") == {
        rule.code for rule in rules() if rule.subject in CYCLE_SUBJECTS
    } - {"cycle"}
    assert worse_than("self-import") == set()


def test_every_fix_is_for_findings_that_there_are() -> None:
    subjects = {rule.subject for rule in rules()}
    assert all(fix.subjects and fix.subjects <= subjects for fix in fixes())


def test_comments_accept_imports_by_the_subjects_of_rules() -> None:
    codes = accepting()
    assert codes.accepts((), is_self=False)
    assert codes.accepts((), is_self=True)
    for rule in rules():
        assert codes.accepts((rule.code,), is_self=False) == (rule.subject in CYCLE_SUBJECTS)
        assert codes.accepts((rule.code,), is_self=True) == (rule.subject is Subject.SELF_IMPORT)


def test_every_file_of_the_fixes_is_a_fix() -> None:
    folder = Path(import_cycles.fixes.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {fix.code.replace("-", "_") for fix in fixes()} == files


def test_fixes_are_in_order_and_have_different_codes_and_ranks() -> None:
    ranks = [fix.rank for fix in fixes()]
    assert ranks == sorted(set(ranks))
    assert len({fix.code for fix in fixes()}) == len(ranks)
