"""The rules that there are.

Each file of `import_cycles.rules` is one, and stands in the list below; a test says which one is
missing. The list is written out, and not found by walking the package, so that static import
graphs see what it imports, and because `pkgutil` loads `inspect` to look into a folder, at
every start.
"""

from __future__ import annotations

from typing import Final

from import_cycles.findings.rule import Rule
from import_cycles.rules import (
    cycle,
    cycle_crash,
    cycle_fallback,
    cycle_order_dependent,
    deferred_runs_at_import,
    self_import,
    star_import_in_cycle,
    unused_suppression,
)

_RULES: Final = (
    cycle.RULE,
    cycle_crash.RULE,
    cycle_fallback.RULE,
    cycle_order_dependent.RULE,
    deferred_runs_at_import.RULE,
    self_import.RULE,
    star_import_in_cycle.RULE,
    unused_suppression.RULE,
)


def rules() -> tuple[Rule, ...]:
    """All rules, sorted by code."""
    return _RULES


def rule_codes() -> frozenset[str]:
    """The codes that configuration may name."""
    return frozenset(rule.code for rule in _RULES)
