"""The values of module names after loading, read off summaries.

A survey (`import_cycles.simulate.survey`) runs one module. For all other modules it reads the
values of their names off the statements that bind them (`import_cycles.simulate.bindings`). If
these differ, and it is not known which of them runs last, the name is *one of* several values
(`OneOf`). Such a *static* value depends on summaries alone. So it is made once, kept with the codes
that it was read off, shared by all surveys, and dropped when one of those codes changes.

Running code can write to a shared value (an attribute of a class, the memory of a cache). The parts
of shared values are dicts of the class `Shared`, and the journal of a survey (`KeepingJournal`)
undoes such writes when the survey ends.

Names can need one another to be read (`x = a.y` here, `y = b.x` there). Their values would depend
on which of them is read first. So a value that was read off an unfinished name is returned to the
caller and not kept.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.onlookers import CodeOnlookers
from import_cycles.base.record import entity, record
from import_cycles.libraries.builtin_names import is_builtin
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.bindings import Bindings, Way
from import_cycles.simulate.classes import new_class
from import_cycles.simulate.core import argument_kind, truth
from import_cycles.simulate.errors import JUMPS, GiveUp, Raised
from import_cycles.simulate.functions import run_body
from import_cycles.simulate.importing import absolute, import_from_list, imported_name, top_level_of
from import_cycles.simulate.journal import MISSING, Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.machine import Machine
from import_cycles.simulate.marks import IS_DATACLASS, STATUS
from import_cycles.simulate.names import implicit_attribute
from import_cycles.simulate.outcome import CodeKey, Spot
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Module,
    Scope,
    Status,
    Unknown,
    Value,
    join,
)
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import STAR, bindings, globals_bound_by, unbound
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.walk import blocks, evaluated_annotations, every_expression, expressions

NameKey = tuple[ModuleName, str, bool]
"""Of a name of a module: whether at any time while that loads, not just when it has loaded."""

ImportKey = tuple[ModuleName, int, str]
UNKNOWN_IMPORT: Final[ImportKey] = (ModuleName(""), -1, "")
"""Stands for an import of which a survey cannot tell what it imports."""
"""Holder and id of an import; the dotted name that it came to, if that is computed, else empty."""


class JournaledParts(dict[Any, Any]):
    """Parts of a value, of which a `KeepingJournal` notes the changes."""

    __slots__ = ()


class Shared(JournaledParts):
    """Parts of the static value `of`, which was read off the codes `deps`."""

    __slots__ = ("deps", "of")

    def __init__(self, deps: Iterable[CodeKey] = (), of: Value | None = None) -> None:
        super().__init__()
        self.deps = deps
        self.of = of


def shared_part(value: Value) -> Shared | None:
    """The parts of a static value that know what it was read off; None for any other value."""
    match value:
        case Function(fields=parts) | Class(fields=parts) | Module(fields=parts):
            pass
        case Instance(names=parts):
            pass
        case _:
            return None
    return parts if isinstance(parts, Shared) and parts.of is value else None


class OneOf(Unknown):
    """One of several values, it is not known which."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Value, ...]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"OneOf{self.values}"


def one_of(values: Iterable[Value]) -> Value:
    """The one value that all of these are, or one of them; UNKNOWN where that says nothing."""
    kept: list[Value] = []
    for value in values:
        for each in value.values if isinstance(value, OneOf) else (value,):
            if all(each is not other and join(each, other) is UNKNOWN for other in kept):
                kept.append(each)
    if len(kept) == 1:
        return kept[0]
    is_vague = all(isinstance(each, (Const, Unknown)) for each in kept)
    return UNKNOWN if is_vague or len(kept) > LIMITS.alternatives else OneOf(tuple(kept))


def _never(where: dict[Any, Any], key: Hashable, value: object) -> bool:
    del where, key, value
    return False


class KeepingJournal(Journal):
    """A journal that can undo everything that was ever written to parts of shared values."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        super().__init__()
        self.is_outside = _never
        self.kept: dict[tuple[int, Hashable], tuple[JournaledParts, object]] = {}
        """What each changed key of shared parts was at first."""

    def write(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        """`where[key] = value`."""
        if isinstance(where, JournaledParts):
            self._keep(where, key)
        super().write(where, key, value)

    def erase(self, where: dict[Any, Any], key: Hashable) -> None:
        """Delete a key that may be there."""
        if isinstance(where, JournaledParts):
            if key not in where:
                return
            self._keep(where, key)
        super().erase(where, key)

    def _keep(self, where: JournaledParts, key: Hashable) -> None:
        if (id(where), key) not in self.kept:
            if self.is_forked:
                # A stand-in's part has to be there before one of several ways changes it.
                where.get(key)
            self.kept[id(where), key] = (where, dict.get(where, key, MISSING))

    def swap(self) -> list[tuple[JournaledParts, Hashable, object]]:
        """Put shared parts into the state before; gives that of now, for `put`."""
        changed: list[tuple[JournaledParts, Hashable, object]] = []
        for (_, key), (where, old) in self.kept.items():
            if isinstance(where, Shared):
                changed.append((where, key, dict.get(where, key, MISSING)))
                put(((where, key, old),))
        return changed

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """In the `with` block, shared parts are as they were at first."""
        if not self.kept:
            yield
            return
        changed = self.swap()
        try:
            yield
        finally:
            put(changed)


def put(state: Iterable[tuple[JournaledParts, Hashable, object]]) -> None:
    """Bring parts into a state, past all journals."""
    for where, key, value in state:
        if value is MISSING:
            where.pop(key, None)
        else:
            dict.__setitem__(where, key, value)


@entity
class _Known:
    """A name that has been read."""

    value: Value | None
    deps: frozenset[CodeKey]


@entity
class _Reading:
    """A name that is being read. `lowest` is the outermost unfinished reading that it needs."""

    key: NameKey
    lowest: int
    deps: set[CodeKey]
    value: Value = UNKNOWN


class Statics:
    """The static values of one project. JournaledParts between surveys and edits."""

    def __init__(self) -> None:
        self.bindings = Bindings()
        self.known: dict[NameKey, _Known] = {}
        self._modules: dict[ModuleName, Module] = {}
        self._readers: CodeOnlookers[NameKey] = CodeOnlookers()

    def module(self, file: ModuleFile, dotted: str) -> Module:
        """The module object that all surveys share."""
        module = self._modules.get(file.name)
        if module is None:
            names, fields = Shared(), Shared()
            fields[STATUS] = Status.DONE
            module = fields.of = Module(file.name, dotted, file, names, fields)
            self._modules[file.name] = module
        return module

    def keep(self, key: NameKey, known: _Known) -> None:
        """Remember what a name stands for."""
        before = self.known.get(key)
        if before is not None:
            self._readers.discard(key, before.deps)
        self.known[key] = known
        self._readers.add(key, known.deps)

    def drop(self, codes: Iterable[CodeKey], modules: Iterable[ModuleName]) -> None:
        """Forget the values read off these codes, and off any code of these modules."""
        for key in self._readers.of_any(codes, modules):
            self._readers.discard(key, self.known.pop(key).deps)

    def clear(self) -> None:
        """Forget all."""
        self.known.clear()
        self._modules.clear()
        self._readers.clear()


class StaticMachine(Machine):
    """A machine to which every module that is not its `subject` has loaded already.

    It records the imports in functions that run, and the codes that it looked at.
    """

    is_survey = True
    max_iterations = LIMITS.rounds
    max_statement_steps = LIMITS.statement_steps

    def __init__(self, world: World, reader: Reader | None, subject: ModuleName | None) -> None:
        super().__init__(world)
        self.kept_journal = KeepingJournal()
        self.journal = self.kept_journal
        self.subject = subject
        self.reader = reader
        self._seen: dict[NameKey, Value | None] = {}
        self._results: dict[tuple[object, ...], Value] = {}
        self._runs: Counter[CodeKey] = Counter()
        self._importing: set[CodeKey] = set()
        """Functions that import something, themselves or by what they call."""
        self._n_noted = 0
        self.statement_start = 0
        self.around: frozenset[CodeKey] = frozenset()
        """Functions whose effects are being worked out further out."""
        self.is_decorating = False
        """Whether a decorator is being called; what it does is followed farther."""
        self.executed: dict[ImportKey, bool] = {}
        self._calling: tuple[ModuleName, int, bool] | None = None
        """Holder and id of the import that a call is about to make; whether its name is computed."""
        self.looked_at: set[CodeKey] = set()

    def let_go(self) -> None:
        """Give up all that it holds, when nothing is asked of it any more.

        It and its recorder refer to each other: else what it made would wait for the garbage collector.
        """
        vars(self).clear()

    def count_step(self) -> None:
        """One more statement; GiveUp when there were too many."""
        self.steps += 1
        if self.steps > LIMITS.survey_steps:
            raise GiveUp("")

    # --- what is recorded ------------------------------------------------------------------

    def run_function(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None = None,
    ) -> Value:
        """Execute a function once for each kind of arguments: a survey asks only which imports run."""
        code = (function.module.name, function.number)
        key = (*code, *((name, self.kind(value)) for name, value in names.items()))
        is_known = on_yield is None and key in self._results
        is_spent = self.steps - self.statement_start > self.max_statement_steps
        is_left_out = is_spent or self._runs[code] >= LIMITS.runs or self.calls >= LIMITS.calls
        if is_known or is_left_out:
            if not is_known and (code in self._importing or self._runs[code] < LIMITS.runs):
                self.note_unknown_import()
            if on_yield is not None:
                # Each call may have another consumer of the generator.
                on_yield(UNKNOWN)
            return self._results.get(key, UNKNOWN)
        self._runs[code] += 1
        self._results[key] = UNKNOWN
        before = self._n_noted
        try:
            result = self._results[key] = self.carry_out(function, names, on_yield)
        finally:
            if self._n_noted > before:
                self._importing.add(code)
        return result

    def carry_out(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Execute a function."""
        return run_body(self, function, names, on_yield)

    def kind(self, value: Value) -> object:
        """What of an argument can decide about imports."""
        return argument_kind(value)

    def run_import(self, step: s.Import, frame: Frame) -> None:
        """One `ImportRecord`; noted when it stands in a function."""
        if frame.number:
            self.note(frame.module.name, step.import_id)
        super().run_import(step, frame)

    def note_lazy(self, holder: Frame, import_id: int) -> None:
        """A lazy import is carried out now."""
        self.note(holder.module.name, import_id)

    def import_call(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`importlib.import_module`; noted if it stands in a function, or its name is computed."""
        self._calling = self._record_at(self.spot(frame, mark))
        try:
            return super().import_call(arguments, keywords, frame, mark)
        finally:
            self._calling = None

    def note_unknown_import(self) -> None:
        """A call may import a module, and it is not known which."""
        self.note(*UNKNOWN_IMPORT)

    def note_loading(self, spot: Spot, dotted: str) -> None:
        """A call is about to load a module whose name it does not spell out."""
        calling = self._record_at(spot)
        if calling is not None:
            holder, number, _ = calling
            self.note(holder, number, dotted)

    def note_starred(self, frame: Frame, import_id: int, package: Module, name: str) -> None:
        """A star-import is about to load a submodule; one that is written out is known anyway."""
        summary = self.world.summary(package.name)
        file = self.world.find(f"{package.dotted}.{name}", package.file)
        is_written = summary is not None and name in (summary.all_names or ())
        if file is not None and not is_written:
            self.note(frame.module.name, import_id, dotted_name(file.name))

    def _record_at(self, spot: Spot) -> tuple[ModuleName, int, bool] | None:
        """The import record of the call at a spot; whether its name is computed."""
        summarized = self.world.summaries[spot.module]
        here = summarized.mark_site(spot.code, spot.mark)
        for import_id, each in enumerate(summarized.summary.imports):
            is_call = ImportFlag.DYNAMIC in each.flags and each.code == spot.code
            if is_call and summarized.sites[each.statement] == here:
                return spot.module, import_id, each.is_computed
        return None

    def import_dotted(
        self,
        dotted: str,
        frame: Frame,
        mark: int,
        import_id: int | None,
        *,
        is_step: bool = False,
    ) -> Value:
        """A module by its dotted name; noted when a call asks for it."""
        calling, self._calling = self._calling, None
        if calling is not None:
            holder, number, is_computed = calling
            if is_computed:
                self.note(holder, number, dotted)
            elif frame.number:
                self.note(holder, number)
        return super().import_dotted(dotted, frame, mark, import_id, is_step=is_step)

    def note(
        self,
        holder: ModuleName,
        import_id: int,
        computed: str = "",
        *,
        is_conditional: bool = False,
    ) -> None:
        """An import runs: one in a function, or one of a name that is `computed`."""
        is_conditional = is_conditional or self.journal.is_forked
        key = (holder, import_id, computed)
        self._n_noted += 1
        self.executed[key] = is_conditional and self.executed.get(key, True)

    # --- other modules ---------------------------------------------------------------------

    def load(
        self, file: ModuleFile, dotted: str, package: Module | None = None, run_as: str = ""
    ) -> Module:
        """Another module: it is there, and its names are read off its summary."""
        module = self.the_reader.statics.module(file, dotted)
        self.modules[file.name] = module
        return module

    def load_once(
        self,
        file: ModuleFile,
        dotted: str,
        parent: Module | None,
        child: str,
        spot: object = None,
    ) -> Module:
        """The module of a file. On its package it is found without being set there."""
        known = self.in_modules(file.name)
        return self.load(file, dotted) if known is None else known

    def is_in_modules(self, name: ModuleName) -> bool | None:
        """That depends on the first import; only the surveyed module is surely there."""
        return True if name == self.subject else None

    @property
    def the_reader(self) -> Reader:
        """The reader of names."""
        assert self.reader is not None
        return self.reader

    def find_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value | None:
        """`module.name`; None for what the module does not have."""
        if module.name == self.subject:
            found = module.names.get(name)
            if found is None:
                return self.static_name(module, name) or UNKNOWN
            return super().find_attribute(module, name, frame, mark)
        dotted = f"{module.dotted}.{name}"
        lazy = self.lazy_children.get(dotted)
        if lazy is not None:
            return self.import_lazy_child(lazy, dotted, frame, mark)
        value = implicit_attribute(module, name) or self.static_name(module, name)
        if value is not None:
            return value
        child = self.world.find(dotted, module.file)
        if child is not None:
            # Another module must have loaded it, or else the program could not ask for it.
            return self.load(child, dotted) if child.kind is ModuleKind.SOURCE else UNKNOWN
        hook = self.static_name(module, "__getattr__")
        if isinstance(hook, Function):
            return self.call(hook, (Const(name),), {}, frame, mark)
        return None if self._is_readable(module) else UNKNOWN

    def _is_readable(self, module: Module) -> bool:
        summary = self.world.summary(module.name)
        if summary is None:
            return False
        return not self.the_reader.statics.bindings.of(module.name, summary).has_stars

    def global_value(self, name: str, frame: Frame, mark: int) -> Value:
        module = frame.module
        if module.name == self.subject and frame.number == 0:
            return super().global_value(name, frame, mark)
        found = module.names.get(name)
        if found is not None:
            return super().global_value(name, frame, mark)
        value = implicit_attribute(module, name) or self.global_name(module, name)
        if value is not None:
            return value
        return Builtin(name) if is_builtin(name, self.world.target.version) else UNKNOWN

    def global_name(self, module: Module, name: str) -> Value | None:
        """The value of a name for running code of its module; None when nothing binds it."""
        return self.static_name(module, name)

    def static_name(self, module: Module, name: str) -> Value | None:
        """The value of a module's name once the module has loaded; None when nothing binds it."""
        key = (module.name, name, False)
        if key in self._seen:
            return self._seen[key]
        with self.kept_journal.untouched():
            value, deps = self.the_reader.read(module, name)
        self.looked_at |= deps
        self._seen[key] = value
        return value

    # --- one of several values -------------------------------------------------------------

    def call(
        self,
        function: Value,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """The result of calling a value; a program calls nothing that is not callable."""
        call = super().call
        if type(function) is not OneOf:
            return call(function, arguments, keywords, frame, mark)
        callable_ones = [each for each in function.values if not isinstance(each, (Const, Module))]
        return self._on_each(
            callable_ones, lambda each: call(each, arguments, keywords, frame, mark), frame
        )

    def decorate(self, decorator: Value, value: Value, frame: Frame, mark: int) -> Value:
        """The value that `@decorator` puts in place of `value`."""
        outer, self.is_decorating = self.is_decorating, True
        try:
            return super().decorate(decorator, value, frame, mark)
        finally:
            self.is_decorating = outer

    def attribute(self, owner: Value, name: str, frame: Frame, mark: int) -> Value:
        """`owner.name`; a program reads no attribute of a literal that lacks it."""
        get = super().attribute
        if type(owner) is not OneOf:
            return get(owner, name, frame, mark)
        owners = [each for each in owner.values if not isinstance(each, Const)]
        return self._on_each(owners, lambda each: get(each, name, frame, mark), frame)

    def _on_each(
        self, values: Iterable[Value], act: Callable[[Value], Value], frame: Frame
    ) -> Value:
        """Run an act on each of several values, as a way of its own."""
        found: list[Value] = []

        def go(first: Value, *others: Value) -> None:
            def alone() -> None:
                found.append(act(first))

            if others:
                self.fork(frame, alone, lambda: go(*others))
            else:
                alone()

        go(*values)
        return one_of(found) if found else UNKNOWN


class Reader(StaticMachine):
    """Reads names off summaries. Runs no code of the project; used for one revision of it."""

    def __init__(self, world: World, statics: Statics) -> None:
        super().__init__(world, None, None)
        self.reader = self
        self.statics = statics
        self._frames: dict[ModuleName, Frame] = {}
        self._readings: list[_Reading] = []
        self._depths: dict[NameKey, int] = {}

    def read(
        self, module: Module, name: str, *, at_any_time: bool = False
    ) -> tuple[Value | None, frozenset[CodeKey]]:
        """The value of a name, None when nothing binds it, and the codes that it depends on."""
        key = (module.name, name, at_any_time)
        depth = self._depths.get(key)
        if depth is not None:
            value: Value | None = self._readings[depth].value
            if not isinstance(value, Class):
                self._need(depth)
            return value, frozenset()
        known = self.statics.known.get(key)
        if known is None:
            value, deps = self._read_name(module, key)
        else:
            value, deps = known.value, known.deps
        if self._readings:
            self._readings[-1].deps.update(deps)
        return value, deps

    def static_name(self, module: Module, name: str) -> Value | None:
        """What a name stands for, asked while another one is being read."""
        return self.read(module, name)[0]

    def global_name(self, module: Module, name: str) -> Value | None:
        """What a name stands for where it is read while its module loads."""
        summary = self.world.summary(module.name)
        may_change = summary is not None and self.statics.bindings.of(
            module.name, summary
        ).may_change(name)
        return self.read(module, name, at_any_time=may_change)[0]

    def run_function(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None = None,
    ) -> Value:
        """The `__getattr__` of a module, asked for a name: what it imports is another's matter."""
        if on_yield is not None or not self._readings:
            return UNKNOWN
        runner = StaticMachine(self.world, self, None)
        result: Value = UNKNOWN
        try:
            result = runner.run_function(function, names)
        except (GiveUp, RecursionError, *JUMPS):
            # Then it is not known.
            pass
        finally:
            runner.kept_journal.swap()
            self._readings[-1].deps.update(runner.ran, runner.looked_at)
        is_lasting = isinstance(result, (Const, External, Builtin)) or shared_part(result)
        return result if is_lasting else UNKNOWN

    def _need(self, depth: int) -> None:
        """The present reading needs a name that is not completely read."""
        around = self._readings[-1]
        around.lowest = min(around.lowest, depth)

    def _read_name(self, module: Module, key: NameKey) -> tuple[Value | None, frozenset[CodeKey]]:
        depth = self._depths[key] = len(self._readings)
        reading = _Reading(key, depth, {(module.name, 0)})
        self._readings.append(reading)
        try:
            value = self._bound_value(module, key)
        finally:
            self._readings.pop()
            del self._depths[key]
        deps = frozenset(reading.deps)
        if reading.lowest >= depth:
            self.statics.keep(key, _Known(value, deps))
        else:
            self._need(reading.lowest)
        return value, deps

    def _bound_value(self, module: Module, key: NameKey) -> Value | None:
        _, name, at_any_time = key
        summary = self.world.summary(module.name)
        if summary is None:
            return UNKNOWN
        bound = self.statics.bindings.of(module.name, summary)
        frame = self._static_frame(module, summary)
        judge = _Judge(self, frame)
        ways = bound.reaching(name, judge)
        values: list[Value] = []
        if at_any_time:
            # What it stands for in the end, too, and as the same object.
            last = self.static_name(module, name)
            values += () if last is None else (last,)
            every = bound.reaching(name, judge, at_any_time=True)
            ways = [way for way in every if way not in ways]
        values += self._read_ways(ways, name, frame)
        for number in bound.setters(name):
            self._readings[-1].deps.add((module.name, number))
            if name in globals_bound_by(summary.code(number), summary.imports):
                values.append(UNKNOWN)
        return one_of(values) if values else None

    def _static_frame(self, module: Module, summary: s.ModuleSummary) -> Frame:
        frame = self._frames.get(module.name)
        if frame is None:
            frame = Frame(module, 0, summary.codes[0], Scope.MODULE, {})
            self._frames[module.name] = frame
        return frame

    def through_star(self, step: s.Import, name: str, frame: Frame) -> tuple[Value | None, bool]:
        """What a star-import binds a name to, None for nothing; and whether it surely does."""
        record = self._record(step, frame)
        try:
            source = self.import_dotted(absolute(self, record, frame, 0), frame, 0, None)
        except Raised:
            return None, False
        summary = self.world.summary(source.name) if isinstance(source, Module) else None
        if not isinstance(source, Module) or summary is None:
            return (None if name.startswith("_") else UNKNOWN), False
        self._readings[-1].deps.add((source.name, 0))
        if not summary.may_bind(name):
            return None, False
        listed = summary.all_names
        is_listed = listed is not None and name in listed
        if name.startswith("_") and not is_listed:
            return None, False
        # Names written into `__all__` may not be all of its names.
        is_sure = is_listed or (listed is None and not summary.may_bind("__all__"))
        return self.static_name(source, name), is_sure

    def _record(self, step: s.Import, frame: Frame) -> ImportRecord:
        summary = self.world.summary(frame.module.name)
        assert summary is not None
        return summary.imports[step.import_id]

    def _read_ways(self, ways: Iterable[Way], name: str, frame: Frame) -> list[Value]:
        values: list[Value | None] = []
        for way in ways:
            if frame.scope is Scope.MODULE:
                # The value from another step is not known in this one.
                self._readings[-1].value = UNKNOWN
            values.append(self._read(way, name, frame))
        known = [value for value in values if value is not None]
        return known or ([UNKNOWN] if values else [])

    def _read(self, way: Way, name: str, frame: Frame) -> Value | None:
        """What a step gives a name; None for an import that fails, so that another one counts."""
        try:
            match way.step:
                case s.Import() as step:
                    return self._read_import(step, name, frame)
                case s.DefineFunction() as step if way.value is None:
                    return self._read_function(step, frame)
                case s.DefineClass() as step if way.value is None and step.name == name:
                    return self._read_class(step, frame)
                case _:
                    return UNKNOWN if way.value is None else self._read_value(way.value, frame)
        except Raised:
            return None if isinstance(way.step, s.Import) else UNKNOWN

    def _read_import(self, step: s.Import, name: str, frame: Frame) -> Value:
        record = self._record(step, frame)
        if ImportFlag.STAR in record.flags:
            return self.through_star(step, name, frame)[0] or UNKNOWN
        found = self.import_dotted(absolute(self, record, frame, 0), frame, 0, None)
        if record.names is None:
            if record.bound_as is not None:
                return found
            return top_level_of(self, record.module.partition(".")[0], found, frame, 0)
        asked = [each.name for each in record.names if each.bound_as == name][-1]
        if isinstance(found, Module) and found.file.is_package:
            import_from_list(self, found, asked, frame, step)
        return imported_name(self, found, asked, frame, step)

    def _read_function(self, step: s.DefineFunction, frame: Frame) -> Value:
        summary = self.world.summary(frame.module.name)
        assert summary is not None
        owner = frame.owner if frame.scope is Scope.CLASS else None
        function = Function(
            frame.module, step.code, summary.code(step.code), None, owner=owner,
            fields=self._parts(),
        )  # fmt: skip
        value: Value = function
        for expression in reversed(step.decorators):
            decorator = self._read_value(expression, frame)
            if isinstance(decorator, (Function, Class, Instance, OneOf)):
                # A decorator of the project most likely returns a function that calls this one.
                continue
            wrapped = self.call(decorator, (value,), {}, frame, 0)
            value = wrapped if isinstance(wrapped, Function) else value
        return _own(value)

    def _parts(self) -> Shared:
        return Shared(self._readings[-1].deps)

    def _read_class(self, step: s.DefineClass, frame: Frame) -> Value:
        bases = tuple(self._read_value(base, frame) for base in step.bases)
        cls = new_class(self, step.name, bases, frame)
        cls.names, cls.fields = self._parts(), self._parts()
        _own(cls)
        for keyword, expression in step.keywords:
            if keyword == "metaclass":
                cls.metaclass = self._read_value(expression, frame)
        if any(_is_dataclass(self._read_value(each, frame)) for each in step.decorators):
            cls.fields[IS_DATACLASS] = True
        if frame.scope is Scope.MODULE:
            # From here on the code that its body names can reach it.
            self._readings[-1].value = cls
        body = Frame(frame.module, 0, frame.code, Scope.CLASS, cls.names, owner=cls)
        for inner in step.body:
            self._read_in_class(inner, body)
        return cls

    def _read_in_class(self, step: s.Step, body: Frame) -> None:
        """What the names of a class stand for after one more step of its body."""
        summary = self.world.summary(body.module.name)
        assert summary is not None
        if not blocks(step):
            for binding in bindings(step, summary.imports):
                value = self._read(Way(step, binding.value), binding.name, body) or UNKNOWN
                self._bind_in_class(binding.name, [value], body, is_sure=binding.is_sure)
            if isinstance(step, s.Delete):
                for name in unbound(step):
                    self._bind_in_class(name, [], body, is_sure=True)
            return
        module = self.statics.bindings.of(body.module.name, summary)
        for name in module.names(step):
            ways, is_sure = module.reaching_through(step, name, _Judge(self, body))
            values = self._read_ways(ways, name, body)
            self._bind_in_class(name, values, body, is_sure=is_sure)

    def _bind_in_class(self, name: str, values: list[Value], body: Frame, *, is_sure: bool) -> None:
        """Bind a name to one of some values, or unbind it; unless that is sure, it may keep its own."""
        before = body.names.get(name)
        if not is_sure and before is not None:
            values.append(before)
        if values:
            value = values[0] if len(values) == 1 else one_of(values)
            # Only what is surely a function is bound to its object.
            body.names[name] = UNKNOWN if isinstance(value, OneOf) else value
        elif before is not None:
            del body.names[name]

    def _read_value(self, expression: s.Expression, frame: Frame) -> Value:
        """The value of an expression, found without running code."""
        match expression:
            case s.Constant(value=value):
                return Const(value)
            case s.Name(name=name):
                own = frame.names.get(name)
                return own if own is not None else self.global_value(name, frame, 0)
            case s.Attribute(value=owner, attribute=attribute):
                found = self._read_value(owner, frame)
                return self._of_each(found, lambda each: self._part(each, attribute, frame))
            case s.Subscript(value=owner) | s.Walrus(value=owner):
                return self._read_value(owner, frame)
            case s.Lambda(code=number):
                summary = self.world.summary(frame.module.name)
                assert summary is not None
                code = summary.code(number)
                return _own(Function(frame.module, number, code, None, fields=self._parts()))
            case s.Call(function=function):
                called = self._read_value(function, frame)
                return self._of_each(called, self._made_by)
            case s.Conditional(test=test, body=body, orelse=orelse):
                known = self.decided(test, frame)
                branches = (body, orelse) if known is None else (body if known else orelse,)
                return one_of(self._read_value(each, frame) for each in branches)
            case s.BoolOp(values=values):
                return one_of(self._read_value(each, frame) for each in values)
            case _:
                return UNKNOWN

    def _of_each(self, value: Value, act: Callable[[Value], Value]) -> Value:
        if not isinstance(value, OneOf):
            return act(value)
        return one_of([act(each) for each in value.values if not isinstance(each, Const)])

    def _part(self, owner: Value, attribute: str, frame: Frame) -> Value:
        if isinstance(owner, Class):
            return self._class_part(owner, attribute)
        if isinstance(owner, (Function, Instance)):
            return UNKNOWN
        return self.attribute(owner, attribute, frame, 0)

    def _made_by(self, called: Value) -> Value:
        if isinstance(called, Class):
            return _own(Instance(called, self._parts()))
        return _called(called)

    def _class_part(self, cls: Class, name: str) -> Value:
        found = cls.names.get(name)
        if found is not None:
            return found if isinstance(found, Value) else UNKNOWN
        for depth, reading in enumerate(self._readings):
            if reading.value is cls:
                # Its body is not read to the end.
                self._need(depth)
        return UNKNOWN

    # --- what decides between several statements -------------------------------------------

    def decided(self, test: s.Expression, frame: Frame) -> bool | None:
        """Whether a test holds; None when that needs running code, or is not known."""
        if not all(isinstance(each, _QUIET) for each in every_expression([test])):
            return None
        try:
            return truth(self.evaluate(test, frame))
        except Raised:
            return None

    def is_sure(self, step: s.Step, frame: Frame) -> bool:
        """Whether a step raises nothing, provided that all other modules load.

        As when a program runs, modules of Python's own library have what is imported from them.
        """
        match step:
            case s.Import():
                record = self._record(step, frame)
                return record.when is When.TYPING or self._is_there(record, frame)
            case s.DefineFunction():
                return not expressions(step) and not evaluated_annotations(step)
            case s.Assign(value=s.Constant()):
                return all(isinstance(each, s.NameTarget) for each in step.targets)
            case s.DefineTypeAlias():
                return True
            case _:
                return False

    def _is_there(self, record: ImportRecord, frame: Frame) -> bool:
        try:
            found = self.import_dotted(absolute(self, record, frame, 0), frame, 0, None)
        except Raised:
            return False
        if isinstance(found, External):
            return found.dotted.partition(".")[0] in sys.stdlib_module_names
        if not isinstance(found, Module):
            return False
        self._readings[-1].deps.add((found.name, 0))
        summary = self.world.summary(found.name)
        return summary is None or all(
            name.name == STAR
            or summary.may_bind(name.name)
            or self.world.find(f"{found.dotted}.{name.name}", found.file) is not None
            for name in record.names or ()
        )


_QUIET: Final = (
    s.Constant, s.Name, s.Attribute, s.Subscript, s.Slice, s.Display, s.Compare, s.BoolOp, s.Not,
)  # fmt: skip
"""What is evaluated to decide a test."""


@record
class _Judge:
    """What the reader tells `ModuleBindings` about the steps of one scope."""

    reader: Reader
    frame: Frame

    def truth(self, test: s.Expression) -> bool | None:
        """Whether a test holds; None when that cannot be told."""
        return self.reader.decided(test, self.frame)

    def may_fail(self, block: s.Block) -> bool:
        """Whether a step of a block may raise what a handler catches."""
        return not all(self.reader.is_sure(step, self.frame) for step in block)

    def brings(self, star: s.Import, name: str) -> bool | None:
        """Whether a star-import binds a name; None when that cannot be told."""
        value, is_sure = self.reader.through_star(star, name, self.frame)
        return False if value is None else (is_sure or None)


def _own(value: Value) -> Value:
    """The value, noted as the one that its parts are of."""
    match value:
        case Function(fields=Shared() as parts) | Instance(names=Shared() as parts):
            parts.of = value
        case Class(fields=Shared() as parts):
            parts.of = value
        case _:
            pass
    return value


def _called(value: Value) -> Value:
    """What a call of something from outside gives when it is a decorator with options."""
    return value if _is_dataclass(value) else UNKNOWN


def _is_dataclass(value: Value) -> bool:
    return getattr(value, "dotted", "") == "dataclasses.dataclass"
