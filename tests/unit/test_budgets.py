"""Where a budget of the import machine ends, it stops working; what it leaves out may have happened."""

from __future__ import annotations

import pytest

from harness.worlds import world_of
from import_cycles.base.names import ModuleName
from import_cycles.base.record import replace
from import_cycles.simulate import core
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.machine import Machine

WORK = "def work():\n    y = 1\n    y = 2\n"
LOOP = """
    for x in items:
        work()
        last = x
"""
ROUNDS = {
    "of the main program": f"{WORK}items = range(100)\nif __name__ == '__main__':{LOOP}",
    "in a function": f"{WORK}def run(items):{LOOP}run(range(100))\n",
    "over a dict": f"{WORK}def run(items):{LOOP}run({{each: each for each in range(100)}})\n",
    "of a module": "import other\n",
}
OTHER = f"{WORK}items = range(100)\nif True:{LOOP}"


@pytest.mark.parametrize("name", list(ROUNDS))
def test_rounds_of_a_loop_behind_the_budget_of_calls(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "LIMITS", replace(LIMITS, call_steps=30))
    machine = Machine(world_of({"main.py": ROUNDS[name], "other.py": OTHER}))
    machine.run_script(ModuleName("main"))
    # Other modules ask for the names that a loop of a module defines.
    assert (machine.steps < 150) is (name != "of a module")
