"""Many first imports at once: each from a fresh interpreter, with what they share run once.

`import a.b.c` runs `a` and `a.b` first, whatever comes then; so entries form a tree along their
packages, and a package is run once for all entries below it. What an entry changes is taken
back before the next one starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from import_cycles.base.names import ModuleName, ancestors, dotted_name
from import_cycles.base.record import record
from import_cycles.simulate.machine import Machine, deep_recursion
from import_cycles.simulate.outcome import Crashes, Loads, Outcome
from import_cycles.simulate.values import Module
from import_cycles.simulate.world import World
from import_cycles.syntax.steps import Compare, If, ModuleSummary, Name


@record
class Fallback:
    """A guarded import that fails, here or further in, because a module is still loading."""

    holder: ModuleName
    import_id: int


@record
class ShortStar:
    """A star-import from a module still loading, and the public names that it misses."""

    holder: ModuleName
    import_id: int
    source: ModuleName
    missing: tuple[str, ...]


@record
class Run:
    """One first import: what becomes of it, and what happens on the way.

    `ran` has every (module, code number) that was executed: the outcome depends on these, and on
    where their imports lead.
    """

    outcome: Outcome
    fallbacks: tuple[Fallback, ...]
    short_stars: tuple[ShortStar, ...]
    ran: frozenset[tuple[ModuleName, int]]


class Cancelled(Exception):  # noqa: N818 - an event, not an error
    """The caller does not want the answer any more."""


def simulate_entries(
    world: World,
    entries: Iterable[ModuleName],
    cancelled: Callable[[], bool] | None = None,
) -> dict[ModuleName, Run]:
    """A run of each entry. Raises Cancelled between two entries when `cancelled` says so."""
    tree: _Tree = {}
    for entry in entries:
        node = tree
        for name in (*ancestors(entry), entry):
            node = node.setdefault(name, ({}, []))[0]
        _wanted(tree, entry).append(entry)
    runner = _Runner(world, cancelled)
    with deep_recursion():
        runner.visit(tree, None)
    return {entry: runner.runs[entry] for entry in sorted(runner.runs)}


def simulate_script(world: World, script: ModuleName) -> Run:
    """The run of a module as the main program, `python -m script`."""
    runner = _Runner(world, None)
    with deep_recursion():
        return runner.script(script)


def is_script(summary: ModuleSummary) -> bool:
    """Whether a module has a block that runs when it is the main program."""
    return any(
        isinstance(step, If)
        and isinstance(step.test, Compare)
        and any(
            isinstance(side, Name) and side.name == "__name__"
            for side in (step.test.left, *step.test.rights)
        )
        for step in summary.codes[0].body
    )


_Tree = dict[ModuleName, "tuple[_Tree, list[ModuleName]]"]
"""Modules by name, each with those below it and, if it is an entry, itself."""


def _wanted(tree: _Tree, entry: ModuleName) -> list[ModuleName]:
    node = tree
    for name in ancestors(entry):
        node = node[name][0]
    return node[entry][1]


class _Runner:
    def __init__(self, world: World, cancelled: Callable[[], bool] | None) -> None:
        self._machine = Machine(world)
        self._layout = world.layout
        self._cancelled = cancelled
        self.runs: dict[ModuleName, Run] = {}

    def script(self, name: ModuleName) -> Run:
        """The run of a module as the main program."""
        machine = self._machine
        return self._run(machine.outcome(lambda: machine.run_script(name)))

    def visit(self, tree: _Tree, parent: Module | None) -> None:
        """Run every module of a tree after its package."""
        for name in sorted(tree):
            if self._cancelled is not None and self._cancelled():
                raise Cancelled
            below, wanted = tree[name]
            self._alone(partial(self._enter, name, below, wanted, parent))

    def _alone(self, act: Callable[[], None]) -> None:
        """Run an act and take everything back that it changed."""
        machine = self._machine
        logs: tuple[list[Any], ...] = (
            machine.loaded,
            machine.fallbacks,
            machine.short_stars,
            machine.possible_crashes,
        )
        marks = [len(log) for log in logs]
        counts = machine.steps, machine.call_steps, machine.doubtful_steps
        ran = set(machine.ran)
        doubtful_results = dict(machine.doubtful_results)
        machine.journal.attempt(act)
        machine.doubtful_results = doubtful_results
        for log, mark in zip(logs, marks, strict=True):
            del log[mark:]
        machine.steps, machine.call_steps, machine.doubtful_steps = counts
        machine.ran = ran

    def _enter(
        self, name: ModuleName, below: _Tree, wanted: list[ModuleName], parent: Module | None
    ) -> None:
        machine = self._machine
        file = self._layout.module(name)
        found: list[Module] = []

        def load() -> None:
            if file is not None:
                dotted = dotted_name(name)
                child = dotted.rpartition(".")[2]
                found.append(machine.load_once(file, dotted, parent, child))

        outcome = machine.outcome(load)
        run = self._run(outcome)
        for entry in wanted:
            self.runs[entry] = run
        if isinstance(outcome, Loads) or (found and not isinstance(outcome, Crashes)):
            self.visit(below, found[0] if found else parent)
        else:
            for entry in _entries(below):
                self.runs[entry] = run

    def _run(self, outcome: Outcome) -> Run:
        machine = self._machine
        return Run(
            outcome,
            tuple(Fallback(*each) for each in sorted(set(machine.fallbacks))),
            tuple(self._short_stars()),
            frozenset(machine.ran),
        )

    def _short_stars(self) -> Iterator[ShortStar]:
        for holder, import_id, source, taken in self._machine.short_stars:
            bound = _public_names(self._machine.world.summary(source.name))
            own = _public_names(self._machine.world.summary(holder))
            missing = sorted(bound - own - taken)
            if missing:
                yield ShortStar(holder, import_id, source.name, tuple(missing))


def _entries(tree: _Tree) -> Iterator[ModuleName]:
    for below, wanted in tree.values():
        yield from wanted
        yield from _entries(below)


def _public_names(summary: ModuleSummary | None) -> frozenset[str]:
    """What a star-import of a module brings once that is loaded, packages of its imports left out."""
    if summary is None:
        return frozenset()
    packages = {
        record.module.partition(".")[0]
        for record in summary.imports
        if record.names is None and record.bound_as is None
    }
    names = summary.codes[0].local_names - packages
    return frozenset(name for name in names if not name.startswith("_"))
