"""How many members are tried follows from what those tried before have loaded by themselves."""

from __future__ import annotations

import pytest

from import_cycles.analysis import tries
from import_cycles.analysis.tries import Tries
from import_cycles.base.names import ModuleName
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import Loads

MEMBERS = tuple(ModuleName(f"m{number:02}") for number in range(20))
AROUND = frozenset((name, 0) for name in MEMBERS)


@pytest.fixture(autouse=True)
def _few_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MAX_LOADS", 100)
    monkeypatch.setattr(tries, "MAX_KNOT_LOADS", 12)
    monkeypatch.setattr(tries, "MAX_PLAIN_LOADS", 100)


def _tried(n_loads: int, *, is_knot: bool) -> int:
    """How many members are tried if each loads so many by itself, and all of them around it."""
    own = frozenset((name, 0) for name in MEMBERS[:n_loads])
    run = Run(Loads(), (), (), (AROUND, own), n_around=1)
    choice = Tries(MEMBERS, lambda _: False, is_knot=is_knot)
    runs: dict[ModuleName, Run] = {}
    while following := choice.following(runs):
        runs.update(dict.fromkeys(following, run))
    assert [*runs] == choice.tried
    return len(choice.tried)


@pytest.mark.parametrize(
    ("n_loads", "n_tried"), [(0, 20), (1, 20), (4, 20), (5, 17), (10, 9), (20, 5)]
)
def test_members_of_a_component_stay_within_the_limit(n_loads: int, n_tried: int) -> None:
    assert _tried(n_loads, is_knot=False) == n_tried


@pytest.mark.parametrize(("n_loads", "n_tried"), [(0, 20), (1, 15), (2, 10), (3, 5), (20, 5)])
def test_members_of_a_knot_are_tried_while_they_load_little(n_loads: int, n_tried: int) -> None:
    assert _tried(n_loads, is_knot=True) == n_tried


def test_all_are_tried_if_they_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MAX_PLAIN_LOADS", 400)
    assert [*Tries(MEMBERS, lambda _: True).following({})] == [*MEMBERS]
