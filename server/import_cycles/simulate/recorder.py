"""Remembers what loading a module did, so that the next first import replays it without running it.

First imports load the same modules again and again. Loading one is *clean* when it depends on
nothing but what it imports. Every module that it met was loaded cleanly before, was absent and then
loaded by it, or lies wholly within it. It raised no exception, changed nothing older than itself,
and asked no handler around it. What a clean load did holds in every run in which its module is
absent, and each module that it needs is loaded the same way or absent too.

So the recorder stores a load as a list of *events*: modules put into `sys.modules`, modules needed
(which are replayed in turn where they are absent), modules seen to be absent, entries of the logs.
It plans a replay first, and begins it only if every event can happen as it did. Then it puts the
module object of the first load, with everything that hangs on it, into `sys.modules` once more. No
run sees that object changed by another one: when a run ends, the changes that other loads made to
the object are undone.

A load that met a module still loading outside of it cannot be remembered alone. Its events become
those of the load around it, which *absorbs* it. The outermost module of a knot ends up with all of
them and is remembered as a whole. A load is *spoilt* if it cannot be remembered at all (it took a module
out of `sys.modules`, ended with an exception, …), and so is every load that meets a spoilt one.

A load may happen on one of several ways through the load around it, or with it under an undecided
test. It is remembered for other places under as many tests. The load around *copies* its events instead of
needing it: where the ways meet, changes are recorded as what they amount to.

A load may change values of modules that were loaded before, and read values that others change.
These are events as well: reads of a value are recorded from its first change by another load on. Of
earlier reads only the object and the key are noted (`import_cycles.simulate.stores.PartStore`). Reads
of the names of modules, classes and functions are not noted, so each load that met the owner may
have read them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from import_cycles.base.names import ModuleName
from import_cycles.simulate.errors import Unwinding
from import_cycles.simulate.journal import MISSING, Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.loads import (
    Absent,
    Asked,
    Bound,
    Copied,
    Counted,
    Doubtful,
    Event,
    Executed,
    Load,
    Logged,
    Needed,
    Put,
    Read,
    Remembered,
    Unmentioned,
    Wrote,
    told_apart,
)
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.replay import ChangedValues, ReplayPlan, State, after
from import_cycles.simulate.stores import (
    EVERYTHING,
    Kinds,
    Store,
    note_reads,
    tick,
)
from import_cycles.simulate.values import Maybe, Module, Value


class Forgotten(Unwinding):
    """A run depends on a state that is not remembered; it must run without replays."""


class Recorder:
    """Records the loads of one machine, and replays what is remembered."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.memory: Memory | None = None
        self.is_off = False
        """Whether the program changed state that remembering relies on: off until the run ends."""
        self.run_start = 0
        self.tampered = 0
        """Closure bits of modules that were changed in ways which no event records."""
        self.changed = ChangedValues()
        self._active: list[Load] = []
        state.journal.is_outside = self.writes

    # --- recording -------------------------------------------------------------------------

    def begin(
        self,
        module: Module,
        package: Module | None,
        start: int,
        *,
        n_catchers: int,
        n_handled: int,
        is_main: bool,
    ) -> Load | None:
        """Begin to record a module's body; None if it is not recorded."""
        if self.memory is None or self.is_off:
            return None
        state = self._state
        around = self._active[-1] if self._active else None
        if around is not None:
            self._flush(around)
        depth = len(self._active)
        packages: tuple[ModuleName, ...] = ()
        if package is not None:
            above = self.memory.homes.get(package)
            packages = (package.name, *(() if above is None else above.packages))
        load = Load(
            module.name,
            module,
            packages,
            depth,
            start,
            state.journal.since,
            (state.steps, state.call_steps, state.doubtful_steps),
            n_catchers,
            n_handled,
            state.outer_calls + state.calls,
            state.doubt,
            state.journal.forks,
            [len(log) for log in state.logs],
            depth,
            around,
            is_spoilt=is_main,
        )
        load.events.append(Put(module.name, module))
        state.journal.since = start
        state.journal.names = module.names
        state.journal.level = load.level
        note_reads(start, load.parts_read)
        self._active.append(load)
        self.memory.begin(load)
        return load

    def end(self, load: Load, ran: set[CodeKey], *, is_raised: bool) -> bool:
        """A body has been executed; returns whether its load is remembered on its own."""
        memory = self.memory
        assert memory is not None and self._active[-1] is load
        self._active.pop()
        state = self._state
        load.end = tick()
        load.is_active = False
        self._flush(load)
        around = self._active[-1] if self._active else None
        journal = state.journal
        if around is None:
            journal.since, journal.names, journal.level = load.before, {}, 0
            note_reads(0, set())
        else:
            # Older values may belong to a module that is remembered by now.
            journal.since, journal.names = load.end, around.module.names
            journal.level = around.level
            note_reads(load.end, around.parts_read)
        events: Sequence[Event | Executed] = ()
        if around is not None and (around.level or around.doubt or self._is_on_one_way(around)):
            events = list(_copied(load.events))
        if not load.is_spoilt and load.lowest >= load.depth and not is_raised:
            self._remember(load, ran)
        if around is not None:
            self._go_on(around)
            around.height = max(around.height, load.height + 1)
            around.deepest = max(around.deepest, load.deepest)
            around.is_cut = around.is_cut or load.is_cut
        if load.remembered is not None:
            if around is not None:
                around.seen.add(load.module)
                self._need_loaded(around, load.remembered, (_executed(load.remembered), *events))
            return True
        if around is None or load.is_spoilt:
            load.is_spoilt = True
            if around is not None:
                around.is_spoilt = True
            return False
        load.into = around
        around.absorbed.append(load)
        if self._is_on_one_way(around):
            self._copy(around, events)
        else:
            around.events.append(load)
        if len(load.made) > len(around.made):
            around.made, load.made = load.made, around.made
        around.made |= load.made
        around.closure |= load.closure
        around.parts_read |= load.parts_read
        around.asks = around.asks or load.asks
        around.lowest = min(around.lowest, load.lowest)
        return False

    def _go_on(self, load: Load) -> None:
        """Skip the log entries and counts up to now: they belong to another load."""
        state = self._state
        load.marks = [len(log) for log in state.logs]
        load.counted = (state.steps, state.call_steps, state.doubtful_steps)
        load.facts.clear()

    def _flush(self, load: Load) -> None:
        """Turn the log entries and counts since the last event into events of this load."""
        if load.is_spoilt:
            return
        state, before = self._state, load.counted
        now = (state.steps, state.call_steps, state.doubtful_steps)
        if now != before:
            (room, doubtful), (no_room, no_doubtful) = load.room, load.no_room
            counts = (now[0] - before[0], now[1] - before[1], now[2] - before[2])
            load.events.append(Counted(counts, (room, doubtful), (no_room, no_doubtful)))
            load.counted = now
            load.room, load.no_room = [None, None], [None, None]
        self._flush_logs(load)

    def _flush_logs(self, load: Load) -> None:
        logs = self._state.logs
        ends = [len(log) for log in logs]
        if ends != load.marks:
            entries = tuple([tuple(log[mark:]) for log, mark in zip(logs, load.marks, strict=True)])
            load.events.append(Logged(entries))
            load.marks = ends

    def _remember(self, load: Load, ran: set[CodeKey]) -> None:
        memory = self.memory
        assert memory is not None
        parts = [*_all_parts(load)]
        events = self._settled(load.events)
        if events is None:
            load.is_spoilt = True
            return
        load.remembered = Remembered(
            load.name,
            load.module,
            load.packages[0] if load.packages else None,
            load.start,
            events,
            frozenset(ran),
            load.closure | memory.bit(load.name),
            load.asks,
            load.height,
            load.n_calls,
            max(load.deepest - load.n_calls, 0),
            load.is_cut,
            told_apart(load.doubt),
            frozenset(load.parts_read),
            parts,
        )
        memory.add(load.remembered)
        # Free what only recording needs.
        for each in load.remembered.loads:
            each.events, each.seen, each.made, each.absorbed = [], set(), set(), []
            each.facts.clear()

    def _settled(self, events: Sequence[Event | Load | Copied]) -> tuple[Event, ...] | None:
        """The events, with the final entries of `sys.modules` and of the doubtful results."""
        state = self._state
        settled: list[Event] = []
        put: dict[ModuleName, list[Value]] = {}
        seen: set[ModuleName] = set()
        for event in _flat(events):
            if isinstance(event, Put):
                put.setdefault(event.name, []).append(event.value)
        for event in _flat(events):
            if isinstance(event, Put):
                seen.add(event.name)
                values = put.pop(event.name, None)
                if values is None:
                    # Its last entry stands where the first one was.
                    continue
                value: Value | None = state.modules.get(event.name)
                held = value.value if isinstance(value, Maybe) else value
                if held is None:
                    settled.append(Absent(event.name))
                elif value is not None and any(held is each for each in values):
                    settled.append(Put(event.name, value))
                else:
                    return None
            elif isinstance(event, Absent) and event.name in seen:
                # The load itself has put it there and taken it away, or did so on one of several ways.
                continue
            elif isinstance(event, Doubtful) and event.is_new:
                settled.append(Doubtful(event.key, state.doubtful_results[event.key], True))
            else:
                settled.append(event)
        return tuple(settled)

    # --- what a load depends on ------------------------------------------------------------

    def meet(self, module: Module, *, is_imported: bool = False) -> None:
        """Record that the current load meets a module in `sys.modules`."""
        if not self._active:
            return
        load = self._active[-1]
        if load.is_spoilt or module in load.seen:
            return
        load.seen.add(module)
        home = self._home(module)
        if home is None or (home.is_spoilt and not home.is_active):
            load.is_spoilt = True
        elif home.is_active:
            load.lowest = min(load.lowest, home.depth)
        elif home.remembered is not None:
            self._need(load, home.remembered, module, is_imported=is_imported)

    def step_through(self, package: Module) -> None:
        """Record that an import passes through a package in `sys.modules`, without reading its names.

        The packages around the loading module are always there, whatever their state.
        """
        if self._active and package.name not in self._active[-1].packages:
            self.meet(package, is_imported=True)

    def miss(self, name: ModuleName) -> None:
        """Record that the current load sees that a module is not in `sys.modules`."""
        if self._active and not self._active[-1].is_spoilt:
            self._active[-1].events.append(Absent(name))

    def replace(self, name: ModuleName, value: Module) -> None:
        """Record that the program is about to put another module into `sys.modules` under a name.

        No load is remembered any more in this run if the present entry is not the current load's own.
        """
        if not self._active:
            return
        load = self._active[-1]
        present = self._module(name)
        if present is not None and self._home(present) is not load:
            self.turn_off()
            return
        self.meet(value)
        load.events.append(Put(name, value))

    def look_through(self, module: Module) -> None:
        """Record a read of all names of a module; for a package they tell which submodules are loaded.

        While the package itself is loading, the load becomes part of the package's (`meet`).
        """
        if not self._active or not module.file.is_package:
            return
        self.meet(module)
        load = self._active[-1]
        home = self._home(module)
        if load.is_spoilt or home is None or home.is_active:
            return
        names = module.names
        assert isinstance(names, Store)
        load.events.append(Read(names, EVERYTHING, self._state.journal.items_before_forks(names)))

    def is_own(self, module: Module) -> bool:
        """Whether reads in a module need no record, because the current load is the module's own."""
        return not self._active or self._active[-1].module is module

    def bind(self, package: Module, name: str, module: Module) -> bool:
        """Record that a submodule becomes an attribute of its package; whether the load owns the change."""
        if not self._active:
            return False
        load = self._active[-1]
        home = self._home(package)
        if home is load:
            return True
        if home is None or (home.is_spoilt and not home.is_active):
            load.is_spoilt = True
            return False
        if not home.is_active and dict.get(package.names, name, module) is not module:
            # Another value had that name.
            self._write(load, home, package.names, name, module)
            return False
        if home.is_active and package.name not in load.packages:
            load.lowest = min(load.lowest, home.depth)
        made = self._home(module)
        if made is None or made.remembered is None:
            load.events.append(Bound(package.name, module))
        return home.is_active

    def writes(self, where: dict[Any, Any], key: Hashable, value: object) -> bool:
        """Record a change of a value; whether the value belongs to no load under way."""
        if not self._active or where is self._state.modules:
            return True
        load = self._active[-1]
        memory = self.memory
        assert memory is not None
        home = memory.maker(where.made) if isinstance(where, Store) else None
        if home is load:
            return False
        if home is not None and home.is_active:
            # The outer load keeps the value, or drops it with itself.
            load.lowest = min(load.lowest, home.depth)
            return False
        if home is None:
            load.is_spoilt = True
        else:
            self._write(load, home, where, key, value)
        return True

    def _write(
        self, load: Load, home: Load, where: dict[Any, Any], key: Hashable, value: object
    ) -> None:
        """Record that a load changes a value of another one that is over."""
        memory = self.memory
        assert memory is not None
        if home.remembered is None or not memory.shares(where):
            self._tamper(home)
            return
        assert isinstance(where, Store)
        owner = memory.bit(home.name)
        self.changed.add(where, key, owner)
        load.closure |= home.remembered.closure
        if key is OPEN:
            # Nothing closes what is open.
            if id(where) in load.opened:
                return
            load.opened.add(id(where))
        load.events.append(Wrote(where, key, value, owner))

    def reads(self, where: Store, key: object) -> None:
        """Record a read of a value that others change."""
        if not self._active:
            return
        load = self._active[-1]
        if load.is_spoilt or (where is load.module.names and key is not EVERYTHING):
            return
        memory = self.memory
        assert memory is not None
        home = memory.maker(where.made)
        if home is load:
            return
        if home is None or home.is_active:
            load.is_spoilt = load.is_spoilt or home is None
            load.lowest = min(load.lowest, load.depth if home is None else home.depth)
            return
        is_changed = id(where) in self.changed
        if (id(where), key) in load.looked_at and not is_changed:
            return
        load.looked_at.add((id(where), key))
        # Changes on one of several ways follow from the state before them, so the record has that
        # state.
        journal = self._state.journal
        load.events.append(Read(where, key, _before_forks(journal, where, key)))

    def _tamper(self, home: Load) -> None:
        if self._active:
            self._active[-1].is_spoilt = True
        if home.remembered is not None and self.memory is not None:
            self.tampered |= self.memory.bit(home.name)

    def ask(self, position: int | None) -> None:
        """Record that an exception is offered to the handlers around, one of which may catch it.

        `position` is its place among the handlers; None when none of them does.
        """
        for load in reversed(self._active):
            if position is not None and load.n_catchers <= position:
                top = self._active[-1]
                top.lowest = min(top.lowest, load.depth)
                return
            load.asks = True
        if position is not None and self._active:
            self._active[-1].is_spoilt = True

    def ask_fact(self, fact: object, *, is_so: bool) -> None:
        """Record a question whether a fact holds for the rest of the run."""
        if not self._active or self._active[-1].is_spoilt:
            return
        load = self._active[-1]
        if (fact, is_so) not in load.facts:
            # In order: the load itself, or one that it needs, may have made it true.
            load.facts.add((fact, is_so))
            self._flush_logs(load)
            load.events.append(Asked(fact, is_so))

    def ask_for_mention(self, module: Module, *, is_found: bool) -> None:
        """Record a question whether a waiting module is still to mention a text."""
        if not self._active or self._active[-1].is_spoilt:
            return
        load, home = self._active[-1], self._home(module)
        if home is load:
            return
        if home is None or not home.is_active:
            load.is_spoilt = True
        elif is_found:
            load.lowest = min(load.lowest, home.depth)

    def unmentioned(self, text: str) -> None:
        """Record that no waiting module is still to mention a text, perhaps because none waits."""
        if self._active and not self._active[-1].is_spoilt:
            self._active[-1].events.append(Unmentioned(text))

    def reraise(self, n_handled: int) -> None:
        """Record that a bare `raise` looks for the exception that is being handled."""
        if self._active and n_handled <= self._active[-1].n_handled:
            self._active[-1].is_spoilt = True

    def ask_room(self) -> None:
        """Record a question whether the budgets have room for a call."""
        if not self._active or self._active[-1].is_spoilt:
            return
        load, state = self._active[-1], self._state
        depth = state.outer_calls + state.calls
        load.deepest = max(load.deepest, depth + 1)
        load.is_cut = load.is_cut or depth >= LIMITS.calls
        _asked(load, 0, state.call_steps - load.counted[1], state.call_steps > LIMITS.call_steps)
        if state.doubt:
            is_full = state.doubtful_steps > LIMITS.doubtful_steps
            _asked(load, 1, state.doubtful_steps - load.counted[2], is_full)

    def doubtful(self, key: tuple[object, ...], *, is_new: bool) -> None:
        """Record that the result of a doubtful call was made, or was there already."""
        if not self._active or self._active[-1].is_spoilt:
            return
        load = self._active[-1]
        if is_new:
            load.made.add(key)
        elif key in load.made:
            return
        load.events.append(Doubtful(key, self._state.doubtful_results[key], is_new))

    def turn_off(self) -> None:
        """Stop recording: the program changes state that remembering relies on."""
        self.is_off = True
        for load in self._active:
            load.is_spoilt = True

    def stored_exception(self, made: int) -> None:
        """Checks an exception that is raised again: its traceback is true only of the run that made it."""
        if self.memory is not None and made < self.run_start:
            self.memory.is_forgotten = True
            raise Forgotten

    def _home(self, module: Module) -> Load | None:
        return None if self.memory is None else self.memory.home(module)

    def _need(
        self, load: Load, remembered: Remembered, module: Module, *, is_imported: bool
    ) -> None:
        if not self._rests_on(load, remembered):
            return
        if is_imported:
            self._flush(load)
        if is_imported and not self._is_on_one_way(load):
            is_imported = self._has_packages(load, module) and module is remembered.module
        else:
            is_imported = False
        depth = self._state.outer_calls + self._state.calls
        load.events.append(Needed(remembered, module, is_imported, depth))

    def _rests_on(self, load: Load, remembered: Remembered) -> bool:
        """Record that a load depends on all that another one does; whether that one is still true."""
        if remembered.closure & self.tampered:
            load.is_spoilt = True
            return False
        load.closure |= remembered.closure
        load.asks = load.asks or remembered.asks
        return True

    def _is_on_one_way(self, load: Load) -> bool:
        """Whether the machine follows one of several ways through the body of a load under way."""
        return self._state.journal.forks > load.level or self._state.doubt > load.doubt

    def _need_loaded(
        self, load: Load, remembered: Remembered, events: Sequence[Event | Executed]
    ) -> None:
        """Record that a load has loaded an absent module, with these events.

        On one of several ways through its body the events become its own: what is true after all
        ways is not what is true after this one.
        """
        if self._is_on_one_way(load):
            if self._rests_on(load, remembered):
                self._copy(load, events)
            return
        self._need(load, remembered, remembered.module, is_imported=True)
        if (load.level or load.doubt) and load.events and isinstance(load.events[-1], Needed):
            load.events[-1] = Copied(load.events[-1], events)

    def _copy(self, load: Load, events: Iterable[Event | Executed]) -> None:
        """Make events that happened on one way through a load's body its own.

        Changes are left out: what they amount to after all ways is recorded when the ways meet.
        """
        journal = self._state.journal
        for event in events:
            match event:
                case Executed(ran=ran, parts_read=parts_read):
                    self._state.ran |= ran
                    load.parts_read |= parts_read
                case Wrote() | Bound():
                    pass
                case Needed(by=by, module=module, depth=depth):
                    load.events.append(Needed(by, module, False, depth))
                case Read(where=where, key=key):
                    load.events.append(Read(where, key, _before_forks(journal, where, key)))
                case _:
                    load.events.append(event)

    def _has_packages(self, load: Load, module: Module) -> bool:
        """Whether a module can be loaded where it is absent: its packages come before it."""
        memory = self.memory
        assert memory is not None
        packages = memory.homes[module].packages
        if not packages:
            return True
        package = self._module(packages[0])
        if package is None:
            return False
        self.step_through(package)
        home = self._home(package)
        return (
            home is load
            or package.name in load.packages
            or (home is not None and home.remembered is not None)
        )

    def _module(self, name: ModuleName) -> Module | None:
        found = self._state.modules.get(name)
        if isinstance(found, Maybe):
            found = found.value
        return found if isinstance(found, Module) else None

    # --- replaying -------------------------------------------------------------------------

    def replay(self, name: ModuleName, n_catchers: int, n_waiting: int) -> Module | None:
        """Replay the load of an absent module; None if no remembered load can be replayed."""
        state = self._state
        if self.memory is None or self.is_off:
            return None
        for remembered in self.memory.of(name):
            if (
                remembered.closure & self.tampered
                or (remembered.asks and n_catchers)
                or n_waiting + remembered.height > LIMITS.nesting
            ):
                continue
            plan = ReplayPlan(state, self.memory, self.changed)
            if plan.add(remembered, state.outer_calls + state.calls):
                self._carry_out(remembered, plan)
                return remembered.module
        return None

    def _carry_out(self, remembered: Remembered, plan: ReplayPlan) -> None:
        state = self._state
        around = self._active[-1] if self._active else None
        if around is not None:
            self._flush(around)
        logs = state.logs
        journal = state.journal
        for step in plan.steps:
            match step:
                case Put(name=name, value=value):
                    journal.put(state.modules, name, value)
                case Wrote(where=where, key=key, value=value, owner=owner):
                    self.changed.add(where, key, owner)
                    if value is MISSING:
                        journal.take_out(where, key)
                    else:
                        journal.put(where, key, after(value, dict.get(where, key, MISSING)))
                case Logged(entries=entries):
                    for log, added in zip(logs, entries, strict=True):
                        log.extend(added)
                case Doubtful(key=key, value=result):
                    state.doubtful_results[key] = result
                case Bound(package=package, module=module):
                    holder = self._module(package)
                    assert holder is not None, "planned"
                    home = self._home(holder)
                    child = module.dotted.rpartition(".")[2]
                    is_own = home is not None and home.is_active
                    journal.put(holder.names, child, module, is_own=is_own)
                case _:
                    pass
        now = tick()
        for each in plan.loaded:
            state.layers.append(each.ran)
            each.used = now
        if self.memory is not None:
            self.memory.replays += len(plan.loaded)
        state.steps, state.call_steps, state.doubtful_steps = plan.counts
        if around is not None:
            self._go_on(around)
            around.height = max(around.height, remembered.height + 1)
            around.deepest = max(around.deepest, plan.deepest)
            around.is_cut = around.is_cut or plan.is_cut
            around.seen.add(remembered.module)
            events = [*map(_executed, plan.loaded), *plan.events]
            self._need_loaded(around, remembered, events)


def _executed(remembered: Remembered) -> Executed:
    return Executed(remembered.ran, remembered.parts_read)


def _before_forks(journal: Journal, where: Store, key: object) -> object:
    """What a read sees of the state before the stretch's outermost fork."""
    if key is EVERYTHING:
        return journal.items_before_forks(where)
    if isinstance(key, Kinds):
        return key.among(journal.items_before_forks(where))
    assert isinstance(key, Hashable)
    return journal.item_before_forks(where, key)


def _asked(load: Load, position: int, count: int, is_full: bool) -> None:
    if not is_full:
        load.room[position] = count
    elif load.no_room[position] is None:
        load.no_room[position] = count


def _all_parts(load: Load) -> Iterator[Load]:
    pending = [load]
    while pending:
        each = pending.pop()
        yield each
        pending += each.absorbed


def _flat(events: Sequence[Event | Load | Copied]) -> Iterator[Event]:
    """Events, with those of absorbed loads in their places."""
    pending = [iter(events)]
    while pending:
        for event in pending[-1]:
            if isinstance(event, Load):
                pending.append(iter(event.events))
                break
            yield event.need if isinstance(event, Copied) else event
        else:
            pending.pop()


def _copied(events: Sequence[Event | Load | Copied]) -> Iterator[Event | Executed]:
    """Events, with those of all loads in their places."""
    pending: list[Iterator[Event | Load | Copied | Executed]] = [iter(events)]
    while pending:
        for event in pending[-1]:
            if isinstance(event, (Load, Copied)):
                pending.append(iter(event.events))
                break
            yield event
        else:
            pending.pop()
