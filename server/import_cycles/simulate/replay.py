"""Whether what loading a module did can happen once more as it did (`import_cycles.simulate.recorder`)."""

from __future__ import annotations

from typing import Any, Protocol

from import_cycles.base.names import ModuleName
from import_cycles.simulate.journal import MISSING, Added, Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.loads import (
    Absent,
    Asked,
    Bound,
    Counted,
    Counts,
    Doubtful,
    Event,
    Logged,
    Needed,
    Put,
    Read,
    Remembered,
    Unmentioned,
    Wrote,
    told_apart,
)
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.stores import (
    EVERYTHING,
    Kinds,
    Store,
)
from import_cycles.simulate.values import Builtin, Const, External, Maybe, Module, Value


class State(Protocol):
    """The state of a machine that loading changes."""

    journal: Journal
    modules: Store
    calls: int
    outer_calls: int
    doubt: int
    steps: int
    call_steps: int
    doubtful_steps: int
    doubtful_results: dict[tuple[object, ...], Value]
    layers: list[frozenset[CodeKey]]
    ran: set[CodeKey]

    logs: tuple[list[Any], ...]
    facts: list[object]

    def is_readable(self, name: ModuleName) -> bool:
        """Whether the text of a module parses, if it has one."""

    def mentions(self, name: ModuleName, text: str) -> bool:
        """Whether a module's body contains this literal or name."""

    def is_mentioned_around(self, text: str) -> bool:
        """Whether the rest of a module that is being executed contains this literal or name."""


class ChangedValues:
    """Values that other loads than their own have changed in a run."""

    __slots__ = ("_newest", "_noted", "_owners", "_values")

    def __init__(self) -> None:
        self._values: dict[int, tuple[Store, int, set[object]]] = {}
        """By identity, with the closure bit of the load that owns it, and what was changed."""
        self._newest = 0
        """The latest time at which reads of one of them began to be recorded."""
        self._noted: set[tuple[int, object]] = set()
        """Reads that would be noted of those of which earlier reads were noted."""
        self._owners = 0
        """The bits of all owners of others."""

    def __contains__(self, identity: int) -> bool:
        return identity in self._values

    def copy(self) -> ChangedValues:
        """The same values; more can be added to either."""
        copy = ChangedValues()
        copy._values = {
            identity: (where, owner, set(keys))
            for identity, (where, owner, keys) in self._values.items()
        }
        copy._noted = set(self._noted)
        copy._newest, copy._owners = self._newest, self._owners
        return copy

    def add(self, where: Store, key: object, owner: int) -> None:
        """Add a value, of which reads are recorded by now, and what was changed in it."""
        keys = self._values.setdefault(id(where), (where, owner, {EVERYTHING}))[2]
        keys.add(key)
        self._newest = max(self._newest, where.shared)
        if where.is_noted:
            self._noted |= {(id(where), key), (id(where), EVERYTHING)}
        else:
            self._owners |= owner

    def may_be_read_by(self, remembered: Remembered) -> bool:
        """Whether a load may have read one of them without a record.

        Reads of a value are recorded only after another load has changed it for the first time. A
        load that ran before that may have read the value: if it read parts of the object, or, of
        names, if it met their owner.
        """
        if self._newest <= remembered.start:
            return False
        closure, parts_read = remembered.closure, remembered.parts_read
        if not self._owners & closure and self._noted.isdisjoint(parts_read):
            return False
        return any(
            where.shared > remembered.start
            and (
                any((identity, key) in parts_read for key in keys)
                if where.is_noted
                else owner & closure
            )
            for identity, (where, owner, keys) in self._values.items()
        )


class ReplayPlan:
    """Plans a replay, step by step, without carrying it out."""

    def __init__(self, state: State, memory: Memory, changed: ChangedValues) -> None:
        self._state = state
        self._memory = memory
        self._changed_before = changed
        self._put: dict[ModuleName, Value] = {}
        self._results: dict[tuple[object, ...], Value] = {}
        self._open: list[Remembered] = []
        self._facts = set(state.facts)
        self._facts_at = next(n for n, log in enumerate(state.logs) if log is state.facts)
        self._written: dict[tuple[int, object], object] = {}
        self._changed = ChangedValues()
        self.steps: list[Event] = []
        self.events: list[Event] = []
        """The events of all loads that the plan has, in order."""
        self.loaded: list[Remembered] = []
        self.counts: Counts = (state.steps, state.call_steps, state.doubtful_steps)
        """The counts after the planned steps."""
        self.deepest = 0
        self.is_cut = False

    def add(self, remembered: Remembered, n_calls: int) -> bool:
        """Plan a load and all that it needs, inside so many calls; whether every event can happen as it did."""
        if remembered.doubt != told_apart(self._state.doubt):
            return False
        deeper = n_calls - remembered.n_calls
        if deeper and (remembered.is_cut or n_calls + remembered.depth > LIMITS.calls):
            return False
        if self._changed_before.may_be_read_by(remembered) or self._changed.may_be_read_by(
            remembered
        ):
            return False
        self.deepest = max(self.deepest, n_calls + remembered.depth)
        self.is_cut = self.is_cut or remembered.is_cut
        self._open.append(remembered)
        self.loaded.append(remembered)
        modules = self._state.modules
        for event in remembered.events:
            if not isinstance(event, Needed):
                self.events.append(event)
            match event:
                case Logged(entries=entries):
                    self.steps.append(event)
                    self._facts.update(entries[self._facts_at])
                case Asked(fact=fact, is_so=is_so):
                    if (fact in self._facts) is not is_so:
                        return False
                case Counted():
                    if not self._count(event):
                        return False
                case Needed(by=needed, module=module, depth=depth):
                    present = self._present(module.name)
                    if present is None and event.is_imported:
                        if not self.add(needed, depth + deeper) or not self._bind(
                            needed.package, module
                        ):
                            return False
                    elif present is not module:
                        return False
                    else:
                        self.events.append(event)
                case Put(name=name, value=value):
                    if name in self._put or name in modules:
                        return False
                    if not self._state.is_readable(name):
                        return False
                    self._put[name] = value
                    self.steps.append(event)
                case Absent(name=name):
                    if name in self._put or name in modules:
                        return False
                case Bound(package=package, module=module):
                    if not self._bind(package, module):
                        return False
                case Wrote(where=where, key=key, value=value):
                    if isinstance(value, Added) and not isinstance(self._item(where, key), tuple):
                        return False
                    self._write(event)
                case Read():
                    if not self._is_as_then(event):
                        return False
                case Unmentioned(text=text):
                    if self._is_mentioned(text):
                        return False
                case Doubtful(key=key, value=value, is_new=is_new):
                    known = self._results.get(key)
                    if known is None:
                        known = self._state.doubtful_results.get(key)
                    if known is not (None if is_new else value):
                        return False
                    if is_new:
                        self._results[key] = value
                        self.steps.append(event)
        self._open.pop()
        return True

    def _is_mentioned(self, text: str) -> bool:
        """Whether a module around the innermost load may still mention a text."""
        state = self._state
        return state.is_mentioned_around(text) or any(
            state.mentions(each.name, text) for each in self._open[:-1]
        )

    def _item(self, where: Store, key: object) -> object:
        found = self._written.get((id(where), key))
        return dict.get(where, key, MISSING) if found is None else found

    def _is_as_then(self, look: Read) -> bool:
        """Whether a read of a value that others change gives the same value as then."""
        where = look.where
        if look.key is not EVERYTHING and not isinstance(look.key, Kinds):
            return _is_same(self._item(where, look.key), look.value)
        assert isinstance(look.value, dict)
        now = dict(dict.items(where))
        for (identity, key), value in self._written.items():
            if identity == id(where):
                if value is MISSING:
                    now.pop(key, None)
                else:
                    now[key] = value
        if isinstance(look.key, Kinds):
            now = look.key.among(now)
        return list(now) == list(look.value) and all(
            _is_same(now[key], value) for key, value in look.value.items()
        )

    def _present(self, name: ModuleName) -> Module | None:
        found = self._put.get(name)
        if found is None:
            found = self._state.modules.get(name)
        if isinstance(found, Maybe):
            found = found.value
        return found if isinstance(found, Module) else None

    def _bind(self, package: ModuleName | None, module: Module) -> bool:
        if package is None:
            return True
        holder = self._present(package)
        if holder is None:
            return False
        for each in self._open:
            if any(load.module is holder for load in each.loads):
                # Its names are already those that it has at its end.
                return True
        memory = self._memory
        home = memory.home(holder)
        child = module.dotted.rpartition(".")[2]
        bound = self._item(holder.names, child)  # type: ignore[arg-type]
        if bound is module:
            return True
        if bound is MISSING:
            bound = None
        if bound is None or (home is not None and home.is_active):
            self._written[id(holder.names), child] = module
            self.steps.append(Bound(package, module))
            return True
        # Another value had that name.
        if home is None or home.remembered is None:
            return False
        if not memory.shares(holder.names):
            return False
        assert isinstance(holder.names, Store)
        self._write(Wrote(holder.names, child, module, memory.bit(home.name)))
        return True

    def _write(self, wrote: Wrote) -> None:
        where, key = wrote.where, wrote.key
        self._written[id(where), key] = after(wrote.value, self._item(where, key))
        self._changed.add(where, key, wrote.owner)
        self.steps.append(wrote)

    def _count(self, counted: Counted) -> bool:
        """Count further statements; whether each question about room gets the answer that it got then."""
        before = self.counts
        for position in (0, 1):
            first = before[position + 1]
            limit = (LIMITS.call_steps, LIMITS.doubtful_steps)[position]
            room, no_room = counted.room[position], counted.no_room[position]
            if room is not None and first + room > limit:
                return False
            if no_room is not None and first + no_room <= limit:
                return False
        added = counted.counts
        self.counts = (before[0] + added[0], before[1] + added[1], before[2] + added[2])
        return self.counts[0] <= LIMITS.steps


def after(value: object, before: object) -> object:
    """The value of an item after a change."""
    if isinstance(value, Added):
        assert isinstance(before, tuple)
        return (*before, *value.items)
    return value


def _is_same(ours: object, theirs: object) -> bool:
    if ours is theirs:
        return True
    if isinstance(ours, Const) and isinstance(theirs, Const):
        return type(ours.value) is type(theirs.value) and ours.value == theirs.value
    if isinstance(ours, (Builtin, External)):
        return ours == theirs
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))
    return isinstance(ours, bool) and ours == theirs
