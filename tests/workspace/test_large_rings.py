"""What rings and knots of modules cost follows their size, not the square of it.

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


def _knot(n_modules: int, spelling: str = "import {0}") -> Change:
    """Each imports the next one and two others; the spelling has the module and its number."""
    texts = {
        _path(number): "".join(
            spelling.format(f"m{other:03}", other) + "\n"
            for other in sorted({(number + step) % n_modules for step in (1, 2, 7)})
        )
        + f"class C{number}: pass\n"
        for number in range(n_modules)
    }
    return Change(texts, build_layout([TOP], texts))


def _index_knot(n_modules: int) -> int:
    change = _knot(n_modules)
    return calls_of(lambda: Project().apply(change))


@pytest.mark.parametrize("cost", [_index, _index_knot, _cut])
def test_a_ring_costs_what_its_modules_cost(cost: Callable[[int], int]) -> None:
    cost(FEW)  # What is worked out once for all is not counted.
    assert cost(MANY) < AT_MOST * cost(FEW)


def test_findings_of_a_knot_share_their_hops() -> None:
    project = Project()
    project.apply(_knot(MANY))
    (component,) = project.snapshot.components
    findings = project.findings_about(component)
    hops = [related for finding in findings for related in finding.related]
    assert len(hops) > 10 * len(findings)
    # One for each edge, and one for each long way, which says how much of it is left out.
    assert len({id(hop) for hop in hops}) <= len(component.edges) + len(findings)


@pytest.mark.parametrize(
    "spelling",
    [
        "import {0}",
        "import {0} as x",
        "from {0} import C{1}",
        "import logging, {0}\nlogger = logging.getLogger(__name__)",
        "from {0} import C{1}\nclass D{1}(C{1}):\n    y: int = 1",
        "import {0}\nfrom dataclasses import dataclass\n@dataclass(frozen=True)\nclass E:\n    x: int = 1",
        "from typing import TYPE_CHECKING\nimport {0}\nif TYPE_CHECKING:\n    from {0} import C{1}",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {0} import C{1}\nelse:\n    import {0}",
        "try:\n    import {0}\nexcept ImportError:\n    x = None\nelse:\n    x = 1",
    ],
)
def test_no_body_of_a_plain_knot_is_executed(spelling: str) -> None:
    assert not _bodies(spelling)
    assert _bodies(spelling + "\nx = len('ab')")


def _bodies(spelling: str) -> int:
    """How many module bodies the verdict on a knot executes."""
    project = Project()
    project.apply(_knot(FEW, spelling))
    update = project.settle()
    assert update.work.simulations == 1
    return update.work.bodies
