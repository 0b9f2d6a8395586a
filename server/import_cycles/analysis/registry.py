"""Finds the rules: every file of `import_cycles.rules` is one, and a bad file fails loudly.

The walk is invisible to static import graphs; it is the only dynamic import in the program.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import import_cycles.rules as rules_package
from import_cycles.findings.rule import Rule


class BadRuleError(Exception):
    """A file in `rules` that does not keep the registry's terms."""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, sorted by code."""
    found = []
    for info in iter_modules(rules_package.__path__):
        module = import_module(f"{rules_package.__name__}.{info.name}")
        rule = getattr(module, "RULE", None)
        if not isinstance(rule, Rule):
            raise BadRuleError(f"{module.__name__} has no RULE")
        if rule.code.replace("-", "_") != info.name:
            raise BadRuleError(f"{module.__name__} holds the rule {rule.code}")
        found.append(rule)
    return tuple(sorted(found, key=lambda rule: rule.code))


def rule_codes() -> frozenset[str]:
    """The codes that configuration may name."""
    return frozenset(rule.code for rule in rules())
