"""The rules that there are, and what the rest of the program derives from them.

Each file of `import_cycles.rules` is one rule, and stands in the list below; a test reports a
missing one. The list is written out, not collected by walking the package, so that static import
graphs see what it imports. Also, `pkgutil` would load `inspect` at every start to look into a
folder.
"""

from __future__ import annotations

from typing import Final

from import_cycles.findings.rule import CYCLE_SUBJECTS, Rule, Subject
from import_cycles.resolve.targets import Accepting
from import_cycles.rules import (
    cycle,
    cycle_crash,
    cycle_fallback,
    cycle_hidden_by_lazy,
    cycle_in_threads,
    cycle_order_dependent,
    deferred_runs_at_import,
    order_matters,
    self_import,
    shadows_module,
    star_import_in_cycle,
    unresolved_import,
    unused_suppression,
)

_RULES: Final = (
    cycle.RULE,
    cycle_crash.RULE,
    cycle_fallback.RULE,
    cycle_hidden_by_lazy.RULE,
    cycle_in_threads.RULE,
    cycle_order_dependent.RULE,
    deferred_runs_at_import.RULE,
    order_matters.RULE,
    self_import.RULE,
    shadows_module.RULE,
    star_import_in_cycle.RULE,
    unresolved_import.RULE,
    unused_suppression.RULE,
)


_CODES: Final = frozenset(rule.code for rule in _RULES)

_ACCEPTING: Final = Accepting(
    cycles=frozenset(rule.code for rule in _RULES if rule.subject in CYCLE_SUBJECTS),
    self_imports=frozenset(rule.code for rule in _RULES if rule.subject is Subject.SELF_IMPORT),
)

_HIDDEN_CODES: Final = frozenset(rule.code for rule in _RULES if rule.subject is Subject.HIDDEN)
_ORDER_CODES: Final = frozenset(rule.code for rule in _RULES if rule.subject is Subject.ORDER)

_WORSE: Final = {
    rule.code: frozenset(
        other.code
        for other in _RULES
        if rule.precedence is not None
        and other.precedence is not None
        and other.precedence < rule.precedence
    )
    for rule in _RULES
}


_WORSE_OF_KIND: Final = {
    rule.code: tuple(
        other.code
        for other in _RULES
        if other.subject is rule.subject and other.code in _WORSE[rule.code]
    )
    for rule in _RULES
}


def rules() -> tuple[Rule, ...]:
    """All rules, sorted by code."""
    return _RULES


def rules_by_precedence() -> tuple[Rule, ...]:
    """All rules, the worst first; those without a precedence come last."""
    return tuple(sorted(_RULES, key=lambda rule: (rule.precedence is None, rule.precedence or 0)))


def rule_codes() -> frozenset[str]:
    """The codes that configuration and comments may name."""
    return _CODES


def worse_than(code: str) -> frozenset[str]:
    """The codes that hide this one on their line, since they say more about the same import."""
    return _WORSE[code]


def worse_of_its_kind(code: str) -> tuple[str, ...]:
    """The codes that report the same as this one, but worse: a crash from all sides, not from some."""
    return _WORSE_OF_KIND[code]


def hidden_codes() -> frozenset[str]:
    """The codes with which a comment accepts a cycle that a lazy import hides."""
    return _HIDDEN_CODES


def order_codes() -> frozenset[str]:
    """The codes with which comments accept that the order of imports matters."""
    return _ORDER_CODES


def accepting() -> Accepting:
    """The codes with which comments accept imports."""
    return _ACCEPTING
