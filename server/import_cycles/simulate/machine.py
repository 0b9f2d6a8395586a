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
from functools import partial
from typing import Final

from import_cycles.base.names import ModuleName, ancestors, dotted_name, parent
from import_cycles.simulate import (
    assignment,
    attributes,
    builtin_functions,
    calls,
    classes,
    containers,
    enumerations,
    expressions,
    functions,
    importing,
    laziness,
    loops,
    module_attributes,
    names,
    operations,
)
from import_cycles.simulate.core import Core, do_nothing
from import_cycles.simulate.errors import JUMPS, GiveUp, Raised
from import_cycles.simulate.limits import FRAMES
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Refused, Unsure
from import_cycles.simulate.statements import STATEMENT_HANDLERS
from import_cycles.simulate.values import Frame
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s


class Machine(Core):
    """One run from one entry. Used once.

    Its operations are functions of the modules beside this one; each takes the machine first. They
    call functions of modules further down directly. They call through the machine those further up,
    and those that a survey does in another way.
    """

    assign = assignment.assign
    attribute = attributes.attribute
    attribute_item = attributes.attribute_item
    binary = operations.binary
    call = calls.call
    call_builtin = builtin_functions.call_builtin
    call_builtin_method = containers.call_builtin_method
    call_function = functions.call_function
    class_item = enumerations.class_item
    comparison = operations.comparison
    contains = operations.contains
    decorate = calls.decorate
    evaluate = expressions.evaluate
    extend = containers.extend
    find_attribute = module_attributes.find_attribute
    global_value = names.global_value
    import_call = importing.import_call
    import_dotted = importing.import_dotted
    import_lazy_child = laziness.import_lazy_child
    instantiate = classes.instantiate
    iterate = loops.iterate
    joined = expressions.joined
    load = importing.load
    load_once = importing.load_once
    module_attribute = module_attributes.module_attribute
    module_by_key = operations.module_by_key
    note_lazy = laziness.note_lazy
    run_comprehension = expressions.run_comprehension
    run_function = functions.run_function
    run_import = laziness.run_import
    set_attribute = attributes.set_attribute
    set_item = assignment.set_item
    touch = laziness.touch
    truth_of = operations.truth_of
    special_calls = classes.SPECIAL_CALLS

    def execute(self, block: s.Block, frame: Frame) -> None:
        """Run statements in order.

        Statements after one that may have left the block run as one of two ways.
        """
        handlers = _HANDLERS
        exits, raise_exits = frame.exits, self.raise_exits
        for position, step in enumerate(block):
            if frame.exits != exits or self.raise_exits != raise_exits:
                self.fork(frame, partial(self.execute, block[position:], frame), do_nothing)
                return
            self.count_step()
            handler = handlers.get(type(step))
            if handler is not None:
                handler(self, step, frame)

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

        An import by its own name makes a second copy (Lib/runpy.py, `_run_module_as_main`).
        """
        file = self.world.layout.module(module)
        package = parent(module)
        if package is not None and self.loaded_module(package) is None:
            self.enter(package)
        if file is not None:
            self.load(file, dotted_name(module), run_as="__main__")

    def outcome(self, act: Callable[[], None]) -> Outcome:
        """The outcome of an act. Never raises, not even RecursionError."""
        try:
            act()
        except Raised as raised:
            before = self._perhaps_before(raised)
            if before is not None:
                return Unsure(_if_so(before), before.spot, tuple(self.refused))
            return _crash(raised, tuple(self.refused))
        except GiveUp as given_up:
            return Unsure(given_up.reason, given_up.spot, tuple(self.refused))
        except RecursionError:
            return Unsure("modules nest too deeply to be followed")
        except JUMPS:
            return Unsure("a statement jumps out of what it stands in")
        refused = tuple(self.refused)
        for possible in self.possible_crashes:
            if possible.is_circular:
                return Unsure(_if_so(possible), possible.spot, refused)
        if self.unsure:
            first = self.unsure[0]
            return Unsure(first.reason, first.spot, refused)
        return Loads(tuple(self.loaded), refused)

    def _perhaps_before(self, raised: Raised) -> Raised | None:
        """A circular crash that may come before another one: elsewhere, or on another way."""
        return next(
            (
                possible
                for possible in self.possible_crashes
                if possible.is_circular
                and (possible.spot != raised.spot or _way(possible) != _way(raised))
            ),
            None,
        )


def _run_import(machine: Machine, step: s.Import, frame: Frame) -> None:
    machine.run_import(step, frame)


_HANDLERS: Final[dict[type[s.Step], Callable[..., None]]] = {
    **STATEMENT_HANDLERS,
    s.Import: _run_import,
    s.DefineFunction: classes.define_function,
    s.DefineClass: classes.define_class,
}


def _way(raised: Raised) -> tuple[ModuleName, ...]:
    """The modules that wait for one another when it is raised."""
    return tuple(frame.module for frame in raised.stack)


def _if_so(possible: Raised) -> str:
    return possible.doubt or (
        f"{possible.error}: {possible.message}, if a condition holds that is not known"
        " before the program runs"
    )


@contextmanager
def deep_recursion() -> Iterator[None]:
    """While the block runs, Python allows the machine as many frames as it needs."""
    saved = sys.getrecursionlimit()
    sys.setrecursionlimit(max(saved, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(saved)


def simulate(world: World, entry: ModuleName) -> Outcome:
    """The outcome when `entry` is the first import of a fresh interpreter.

    Cost: the statements of every module that the entry reaches. Never raises.
    """
    machine = Machine(world)
    with deep_recursion():
        return machine.outcome(lambda: machine.enter(entry))


def _crash(raised: Raised, refused: tuple[Refused, ...]) -> Outcome:
    if not raised.error or not raised.certain:
        return Unsure(
            raised.doubt or "it raises an exception that cannot be told before the program runs",
            raised.spot,
            refused,
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
        raised.cause,
        refused,
    )
