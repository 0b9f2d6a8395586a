"""Calls find room in one piece of memory, however deep they begin."""

from __future__ import annotations

import pytest

from import_cycles.base.frames import with_room

resource = pytest.importorskip("resource", reason="Windows does not count page faults")

CALLS = 2_000


def _page_faults(depth: int) -> int:
    """How many pages the process gets while it calls a function again and again at a depth."""
    if depth:
        return _page_faults(depth - 1)
    before: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for number in range(CALLS):
        _calls_nothing(number, number, number)
    after: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    return after - before


def _calls_nothing(first: int, second: int, third: int) -> int:
    total = first + second
    return total + third


def test_calls_at_any_depth_get_no_new_memory() -> None:
    with_room(lambda: _page_faults(600))
    assert (
        max(with_room(lambda depth=depth: _page_faults(depth)) for depth in range(100, 500))
        < CALLS // 10
    )


def test_what_the_act_gives_and_raises_is_passed_on() -> None:
    assert with_room(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        with_room(lambda: 1 // 0)
