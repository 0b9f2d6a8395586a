"""What a ring of modules costs follows its size, not the square of it.

Counted are calls of Python functions, so that a busy machine does not matter.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout
from workspace.test_function_calls import calls_of

TOP = SourcePath("/p")
FEW, MANY = 60, 240
AT_MOST = 1.3 * MANY / FEW
"""The square of the size would be 16 times as much."""


def _path(number: int) -> SourcePath:
    return SourcePath(f"{TOP}/m{number:03}.py")


def _ring(n_modules: int) -> Change:
    texts = {
        _path(number): f"import m{(number + 1) % n_modules:03}\nx = 1\n"
        for number in range(n_modules)
    }
    return Change(texts, build_layout([TOP], texts))


def _indexed(n_modules: int) -> Project:
    project = Project()
    project.apply(_ring(n_modules))
    return project


def _index(n_modules: int) -> int:
    change = _ring(n_modules)
    return calls_of(lambda: Project().apply(change))


def _cut(n_modules: int) -> int:
    snapshot = _indexed(n_modules).snapshot
    (component,) = snapshot.components
    return calls_of(lambda: Cuts().of(snapshot, component))


@pytest.mark.parametrize("cost", [_index, _cut])
def test_a_ring_costs_what_its_modules_cost(cost: Callable[[int], int]) -> None:
    cost(FEW)  # What is worked out once for all is not counted.
    assert cost(MANY) < AT_MOST * cost(FEW)
