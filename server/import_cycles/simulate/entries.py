"""Many first imports at once: each from a fresh interpreter, with the shared part run once.

`import a.b.c` runs `a` and `a.b` first, whatever follows, and so does `python -m a.b.c`. So entries
form a tree along their packages, and a package is run once for all entries below it. The changes of
an entry are undone before the next one starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from functools import partial
from itertools import chain
from typing import Any, Final

from import_cycles.base.names import ModuleName, ancestors, dotted_name
from import_cycles.base.record import entity, field, record
from import_cycles.simulate.machine import Machine, deep_recursion
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey, Crashes, Loads, Outcome, Unsure
from import_cycles.simulate.plain_modules import PlainModules
from import_cycles.simulate.recorder import Forgotten
from import_cycles.simulate.stores import tick
from import_cycles.simulate.values import Module
from import_cycles.simulate.world import World
from import_cycles.syntax.main_program import asks_for_main
from import_cycles.syntax.steps import If, ModuleSummary
from import_cycles.syntax.walk import steps_of_scope


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
    """One first import: how it ends, and what happens on the way.

    `ran` has every code that was executed: the outcome depends on these, and on where their
    imports lead. It comes in layers, one for each package around the entry and one for itself,
    because all entries of a package share the codes that the package executes.
    """

    outcome: Outcome
    fallbacks: tuple[Fallback, ...]
    short_stars: tuple[ShortStar, ...]
    ran: tuple[Set[CodeKey], ...]
    put_up_with: frozenset[ModuleName] = frozenset()
    """The modules that went on although a module still loading lacked what they asked for. The
    value that they have instead may make their importers fail."""
    n_around: int = 0
    """The number of layers that the packages around the entry have executed."""

    @property
    def own_codes(self) -> Iterator[CodeKey]:
        """The codes that were executed after the packages around the entry, in no particular order."""
        return chain.from_iterable(self.ran[self.n_around :])

    @property
    def codes(self) -> Iterator[CodeKey]:
        """Every code that was executed, in no particular order."""
        return chain.from_iterable(self.ran)


@entity
class Runs:
    """Runs of modules as the first import, and of modules as the main program."""

    entries: dict[ModuleName, Run] = field(default_factory=dict)
    scripts: dict[ModuleName, Run] = field(default_factory=dict)


class Cancelled(Exception):  # noqa: N818 - an event, not an error
    """The caller does not want the answer any more."""


def simulate_entries(
    world: World,
    entries: Iterable[ModuleName],
    cancelled: Callable[[], bool] | None = None,
    memory: Memory | None = None,
) -> dict[ModuleName, Run]:
    """A run of each entry. Raises Cancelled between two entries when `cancelled` says so.

    What `memory` has is not run again; see `simulate_into`.
    """
    runs = Runs()
    simulate_into(runs, world, entries, (), cancelled, memory)
    return {entry: runs.entries[entry] for entry in sorted(runs.entries)}


def simulate_into(
    runs: Runs,
    world: World,
    entries: Iterable[ModuleName],
    scripts: Iterable[ModuleName],
    cancelled: Callable[[], bool] | None = None,
    memory: Memory | None = None,
    plain: PlainModules | None = None,
) -> None:
    """Add the run of each entry, and of each script as `python -m` runs it, to `runs`.

    Raises Cancelled between two of them when `cancelled` returns true; earlier runs are kept.
    `memory` has what loading modules did before, in runs of the same code and target; `plain` is what
    is known of the plain modules of this very world.
    """
    plain = plain or PlainModules(world)
    tree = _Node()
    for entry in entries:
        tree.at((*ancestors(entry), entry)).is_wanted = True
    for script in scripts:
        tree.at(ancestors(script)).scripts.append(script)
    with deep_recursion():
        try:
            _Runner(world, runs, cancelled, memory or Memory(), plain).visit(tree, None)
        except Forgotten:
            _Runner(world, runs, cancelled, None, plain).visit(tree, None)


def is_script(summary: ModuleSummary) -> bool:
    """Whether a module has a block that runs when it is the main program."""
    return any(
        isinstance(step, If) and asks_for_main(step.test)
        for step in steps_of_scope(summary.codes[0].body)
    )


_COMPILED: Final = "Python loads an extension module in place of this source"


@entity
class _Node:
    """A module, and those below it; wanted itself as an entry, or modules of it as scripts."""

    below: dict[ModuleName, _Node] = field(default_factory=dict)
    is_wanted: bool = False
    scripts: list[ModuleName] = field(default_factory=list)

    def at(self, path: Iterable[ModuleName]) -> _Node:
        node = self
        for name in path:
            node = node.below.setdefault(name, _Node())
        return node


class _Runner:
    def __init__(
        self,
        world: World,
        runs: Runs,
        cancelled: Callable[[], bool] | None,
        memory: Memory | None,
        plain: PlainModules,
    ) -> None:
        self._machine = Machine(world)
        self._machine.recorder.memory = memory
        if memory is not None:
            memory.recorder = self._machine.recorder
        self._memory = memory
        self._layout = world.layout
        self._runs = runs
        self._cancelled = cancelled
        self._layers: tuple[Set[CodeKey], ...] = ()
        self._n_layers = 0
        self._plain = plain

    def visit(self, node: _Node, package: Module | None) -> None:
        """Run everything below a package that has been run."""
        for name in sorted(node.below):
            below = node.below[name]
            if below.below or below.scripts or not self._is_plain(name):
                self._alone(partial(self._enter, name, below, package))
        for script in sorted(node.scripts):
            self._alone(partial(self._as_main, script))

    def _is_plain(self, name: ModuleName) -> bool:
        """Whether the entry's outcome was known without running it."""
        self._ask_cancelled()
        found = self._plain.run(name, self._machine)
        if found is None:
            return False
        ran = (*self._layers, found.ran)
        self._runs.entries[name] = Run(found.outcome, (), (), ran, n_around=len(self._layers))
        return True

    def _ask_cancelled(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    def _alone(self, act: Callable[[], None]) -> None:
        """Run an act and undo all its changes."""
        self._ask_cancelled()
        machine = self._machine
        recorder = machine.recorder
        logs: tuple[list[Any], ...] = (*machine.logs, machine.layers)
        marks = [len(log) for log in logs]
        counts = machine.steps, machine.call_steps, machine.doubtful_steps
        layers, n_layers, ran = self._layers, self._n_layers, machine.ran
        self._n_layers = len(machine.layers)
        machine.ran = set()
        doubtful_results = dict(machine.doubtful_results)
        tampered, is_off, run_start = recorder.tampered, recorder.is_off, recorder.run_start
        changed = recorder.changed.copy()
        recorder.run_start = run_start or tick()
        newest = 0 if self._memory is None else self._memory.newest
        try:
            machine.journal.undone(act)
        finally:
            if self._memory is not None:
                self._memory.let_go(newest)
                self._memory.stay_small(machine.modules.values())
        recorder.tampered, recorder.is_off, recorder.run_start = tampered, is_off, run_start
        recorder.changed = changed
        machine.doubtful_results = doubtful_results
        for log, mark in zip(logs, marks, strict=True):
            del log[mark:]
        machine.steps, machine.call_steps, machine.doubtful_steps = counts
        self._layers, self._n_layers, machine.ran = layers, n_layers, ran

    def _enter(self, name: ModuleName, node: _Node, package: Module | None) -> None:
        machine = self._machine
        file = self._layout.module(name)
        found: list[Module] = []

        def load() -> None:
            if file is not None:
                dotted = dotted_name(name)
                child = dotted.rpartition(".")[2]
                found.append(machine.load_once(file, dotted, package, child))

        outcome = machine.outcome(load)
        if file is not None and file.is_compiled and isinstance(outcome, Loads):
            outcome = Unsure(_COMPILED, refused=outcome.refused)
        run = self._run(outcome)
        if node.is_wanted:
            self._runs.entries[name] = run
        if isinstance(outcome, Loads) or (found and not isinstance(outcome, Crashes)):
            self._layers = run.ran
            self.visit(node, found[0] if found else package)
        else:
            self._fail_below(node, run)

    def _fail_below(self, node: _Node, run: Run) -> None:
        """A module below a package that fails ends as the package does."""
        self._runs.scripts.update((script, run) for script in node.scripts)
        for name, inner in node.below.items():
            if inner.is_wanted:
                self._runs.entries[name] = run
            self._fail_below(inner, run)

    def _as_main(self, script: ModuleName) -> None:
        machine = self._machine
        self._runs.scripts[script] = self._run(machine.outcome(lambda: machine.run_script(script)))

    def _run(self, outcome: Outcome) -> Run:
        machine = self._machine
        return Run(
            outcome,
            tuple(Fallback(*each) for each in sorted(set(machine.fallbacks))),
            tuple(self._short_stars()),
            (*self._layers, *machine.layers[self._n_layers :], frozenset(machine.ran)),
            frozenset((*machine.put_up_with, *(star[0] for star in machine.short_stars))),
            len(self._layers),
        )

    def _short_stars(self) -> Iterator[ShortStar]:
        for holder, import_id, source, taken in self._machine.short_stars:
            bound = _public_names(self._machine.world.summary(source.name))
            own = _public_names(self._machine.world.summary(holder))
            missing = sorted(bound - own - taken)
            if missing:
                yield ShortStar(holder, import_id, source.name, tuple(missing))


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
