"""What things cost, in calls of Python functions: a clock that is the same on every machine.

The budgets are a quarter above what was counted when they were set. Who needs more for a reason
raises one; who finds that he needs less by far lowers it. Newer interpreters call less (from 3.12
on, comprehensions are no calls).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout

TOP = SourcePath("/p")

_BODY = '''

def work_{number}(value, scale=1):
    """Something to read over."""
    total = 0
    for item in range(value):
        if item % 3:
            total += item * scale
        else:
            total -= len(str(item))
    return {{"total": total, "name": __name__}}


class Part{number}:
    size = {number}

    def grow(self, by):
        self.size += by
        return work_{number}(self.size)


PART = Part{number}()
'''

_RING_EVERY = 100

CALLS_OF_A_MODULE = 120
CALLS_OF_A_COMMENT = 1_100
CALLS_OF_AN_IMPORT = 9_300
CALLS_OF_A_LOAD = 320


def _path(number: int) -> SourcePath:
    return SourcePath(f"{TOP}/m{number}.py")


def _layered(n_modules: int) -> dict[SourcePath, str]:
    """Each module imports five before it; in each hundred, three make a ring."""
    texts = {}
    for number in range(n_modules):
        wanted = {number - step for step in (1, 2, 3, 5, 8) if number >= step}
        if number % _RING_EVERY == 0:
            wanted = {min(number + 2, n_modules - 1)}
        lines = "".join(f"import m{other}\n" for other in sorted(wanted - {number}))
        texts[_path(number)] = lines + _BODY.format(number=number)
    return texts


def _knot(n_modules: int) -> dict[SourcePath, str]:
    """All modules in one component."""
    texts = {}
    for number in range(n_modules):
        wanted = {(number + step) % n_modules for step in (1, 2, 7)}
        lines = "".join(f"import m{other}\n" for other in sorted(wanted))
        texts[_path(number)] = lines + _BODY.format(number=number)
    return texts


def calls_of(act: Callable[[], object]) -> int:
    """The number of calls of Python functions that an act makes."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event == "call":
            count += 1

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def _cold(texts: dict[SourcePath, str]) -> tuple[Project, int]:
    project = Project(texts.get)
    layout = build_layout([TOP], texts)
    change = Change(layout=layout, unread=frozenset(texts))
    return project, calls_of(lambda: project.apply(change))


def test_a_module_that_is_in_no_cycle_costs_so_much() -> None:
    few, many = _cold(_layered(300))[1], _cold(_layered(900))[1]
    assert (many - few) / 600 < CALLS_OF_A_MODULE


def _edit(project: Project, path: SourcePath, text: str) -> int:
    change = Change({path: text})
    return calls_of(lambda: project.apply(change))


def test_an_edit_costs_so_much_in_a_project_of_any_size() -> None:
    for n_modules in (300, 900):
        texts = _layered(n_modules)
        project, _ = _cold(texts)
        project.settle()
        path = _path(101)
        # The first change of a file has nothing to compare with.
        _edit(project, path, texts[path])
        assert _edit(project, path, f"# a comment\n{texts[path]}") < CALLS_OF_A_COMMENT
        assert _edit(project, path, f"import m105\n{texts[path]}") < CALLS_OF_AN_IMPORT


def test_the_verdicts_on_a_knot_cost_so_much() -> None:
    few, many = _knot(40), _knot(80)
    costs = []
    for texts in (few, many):
        project, _ = _cold(texts)
        costs.append(calls_of(project.settle) / len(texts) ** 2)
    # Each of the first imports loads every module.
    assert max(costs) < CALLS_OF_A_LOAD
