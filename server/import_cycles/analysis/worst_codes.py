"""For each import on a cycle, the rule with the worst finding; for pictures of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from import_cycles.analysis.registry import rules_by_precedence
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName
from import_cycles.findings.rule import Severity

_LOUDNESS: Final = tuple(Severity)
_CODES: Final = tuple(rule.code for rule in rules_by_precedence())


def worst_codes(snapshot: Snapshot) -> Mapping[tuple[ModuleName, ModuleName], str]:
    """For each pair that a finding's cycle goes along, the code of the worst finding."""
    worst: dict[tuple[ModuleName, ModuleName], tuple[int, int]] = {}
    for findings in snapshot.findings.values():
        for finding in findings:
            rank = _LOUDNESS.index(finding.severity), _CODES.index(finding.code)
            for pair in pairwise(finding.cycle):
                worst[pair] = min(rank, worst.get(pair, rank))
    return {pair: _CODES[number] for pair, (_, number) in worst.items()}
