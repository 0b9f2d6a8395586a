"""No rule is forgotten: what stands in the folder of rules is what runs."""

from __future__ import annotations

from pathlib import Path

import import_cycles.rules
from import_cycles.analysis.registry import rule_codes, rules


def test_every_file_of_the_rules_is_a_rule() -> None:
    folder = Path(import_cycles.rules.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {rule.code.replace("-", "_") for rule in rules()} == files


def test_rules_are_sorted_and_have_different_codes() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(rule_codes())
