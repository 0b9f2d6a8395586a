"""No rule and no fix is forgotten: what stands in their folders is what runs."""

from __future__ import annotations

from pathlib import Path

import import_cycles.fixes
import import_cycles.rules
from import_cycles.analysis.fix_registry import fixes
from import_cycles.analysis.registry import rule_codes, rules


def test_every_file_of_the_rules_is_a_rule() -> None:
    folder = Path(import_cycles.rules.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {rule.code.replace("-", "_") for rule in rules()} == files


def test_rules_are_sorted_and_have_different_codes() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(rule_codes())


def test_every_file_of_the_fixes_is_a_fix() -> None:
    folder = Path(import_cycles.fixes.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {fix.code.replace("-", "_") for fix in fixes()} == files


def test_fixes_are_in_order_and_have_different_codes_and_ranks() -> None:
    ranks = [fix.rank for fix in fixes()]
    assert ranks == sorted(set(ranks))
    assert len({fix.code for fix in fixes()}) == len(ranks)
