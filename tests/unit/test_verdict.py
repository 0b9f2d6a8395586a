"""Words about verdicts."""

from __future__ import annotations

import pytest

from import_cycles.base.names import ModuleName
from import_cycles.findings.verdict import listed


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "a"),
        ("a b c", "a, b, c"),
        ("a b c d", "a, b, c and 1 more"),
        ("a b c d e", "a, b, c and 2 more"),
    ],
)
def test_a_few_modules_are_named(names: str, told: str) -> None:
    assert listed(tuple(map(ModuleName, names.split()))) == told
