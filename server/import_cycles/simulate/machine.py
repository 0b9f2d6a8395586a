"""The abstract import machine: runs module summaries against a pretend `sys.modules`.

Import is deterministic: with a given first import, CPython walks the modules in one order, and
whether a cycle crashes depends on that order alone. The machine walks the same way. What it
cannot decide it tries both ways (`import_cycles.simulate.core`), and it raises only what CPython
raises for certain. What it does not model is listed in docs/simulation.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from import_cycles.base.names import ModuleName, ancestors, dotted_name, parent
from import_cycles.simulate.classes import Classes
from import_cycles.simulate.errors import JUMPS, GiveUp, Raised
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Unsure
from import_cycles.simulate.statements import STATEMENT_HANDLERS
from import_cycles.simulate.values import Frame
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s

RECURSION: Final = 30_000
"""Frames of the machine itself: some thirty for each module that waits for another."""


class Machine(Classes):
    """One run from one entry. Used once."""

    def execute(self, block: s.Block, frame: Frame) -> None:
        """Run statements in order."""
        handlers = STATEMENT_HANDLERS
        for step in block:
            self.count_step()
            kind = type(step)
            handler = handlers.get(kind)
            if handler is not None:
                handler(self, step, frame)
            elif isinstance(step, s.Import):
                self.run_import(step, frame)
            elif isinstance(step, s.DefineFunction):
                self.define_function(step, frame)
            elif isinstance(step, s.DefineClass):
                self.define_class(step, frame)

    def enter(self, entry: ModuleName) -> None:
        """Import a module the way `import a.b.c` does: its packages first."""
        package = None
        for name in (*ancestors(entry), entry):
            file = self.world.layout.module(name)
            if file is None:
                continue
            dotted = dotted_name(name)
            package = self.load_once(file, dotted, package, dotted.rpartition(".")[2])

    def run_script(self, module: ModuleName) -> None:
        """Run a module as `python -m` does: its packages first, then itself as `__main__`.

        Whoever imports it by its own name gets a second copy (Lib/runpy.py, `_run_module_as_main`).
        """
        file = self.world.layout.module(module)
        package = parent(module)
        if package is not None and self.loaded_module(package) is None:
            self.enter(package)
        if file is not None:
            self.load(file, dotted_name(module), run_as="__main__")

    def outcome(self, act: Callable[[], None]) -> Outcome:
        """What becomes of an act. Never raises; RecursionError included."""
        try:
            act()
        except Raised as raised:
            return _crash(raised)
        except GiveUp as given_up:
            return Unsure(given_up.reason, given_up.spot)
        except RecursionError:
            return Unsure("modules nest too deeply to be followed")
        except JUMPS:
            return Unsure("a statement jumps out of what it stands in")
        for possible in self.possible_crashes:
            if possible.partial:
                return Unsure(
                    f"{possible.error}: {possible.message}, if a condition holds that is not known"
                    " before the program runs",
                    possible.spot,
                )
        return Loads(tuple(self.loaded))


@contextmanager
def deep_recursion() -> Iterator[None]:
    """While the block runs, Python allows the machine as many frames as it needs."""
    saved = sys.getrecursionlimit()
    sys.setrecursionlimit(max(saved, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(saved)


def simulate(world: World, entry: ModuleName) -> Outcome:
    """What happens when `entry` is the first import of a fresh interpreter.

    Cost: the statements of every module that the entry reaches. Never raises.
    """
    machine = Machine(world)
    with deep_recursion():
        return machine.outcome(lambda: machine.enter(entry))


def _crash(raised: Raised) -> Outcome:
    if not raised.error or not raised.certain:
        return Unsure(
            "it raises an exception that cannot be told before the program runs", raised.spot
        )
    return Crashes(
        raised.error,
        raised.spot,
        raised.name,
        raised.of,
        raised.message,
        raised.partial,
        raised.stack,
        raised.import_id,
    )
