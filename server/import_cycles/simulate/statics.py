"""What names of modules stand for once those have loaded, read off summaries.

A survey (`import_cycles.simulate.survey`) runs one module. Of all the others it takes what their
names stand for from the last statements that bind them. Such a *static* value is a function of
summaries alone. So it is made once, kept with the codes that it was read off, shared by all
surveys, and dropped when one of those codes changes.

Whoever runs code can write to a shared value (an attribute of a class, the memory of a cache).
Their parts are dicts of the class `Shared`, and the journal of a survey takes such writes back
when it ends: `KeepingJournal`.

Names that need one another to be read (`x = a.y` here, `y = b.x` there) would depend on which of
them is asked for first. What was read off a name that was not ready is kept for nobody but the
one who asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.bindings import Bindings
from import_cycles.simulate.core import MAX_CALLS, argument_kind
from import_cycles.simulate.errors import JUMPS, GiveUp, Raised
from import_cycles.simulate.expressions import BUILTIN_NAMES, implicit_attribute
from import_cycles.simulate.journal import MISSING, Journal
from import_cycles.simulate.machine import Machine
from import_cycles.simulate.outcome import CodeKey
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
    Value,
)
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag

MAX_SURVEY_STEPS: Final = 12_000
"""Statements that one survey runs; what comes after them is not looked at."""

MAX_STATEMENT_STEPS: Final = 1_000
"""Statements that run in functions for one statement of the module.

So a call into deep code, which could go on for ever, leaves something for those behind it.
"""

MAX_RUNS: Final = 8
"""Of one function in one survey, with different arguments."""

MAX_ROUNDS: Final = 12
"""Of one loop: a survey asks which imports run, not how often."""

NameKey = tuple[ModuleName, str]


class Kept(dict[Any, Any]):
    """Parts of a value, of which a `KeepingJournal` notes the changes."""

    __slots__ = ()


class Shared(Kept):
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


def _never(where: dict[Any, Any], key: Hashable, value: object) -> bool:
    del where, key, value
    return False


class KeepingJournal(Journal):
    """A journal that can take back all that was ever written to parts of shared values."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        super().__init__()
        self.is_outside = _never
        self.kept: dict[tuple[int, Hashable], tuple[Kept, object]] = {}
        """What each changed key of shared parts was at first."""

    def write(self, where: dict[Any, Any], key: Hashable, value: object) -> None:
        """`where[key] = value`."""
        if isinstance(where, Kept):
            self._keep(where, key)
        super().write(where, key, value)

    def erase(self, where: dict[Any, Any], key: Hashable) -> None:
        """Delete a key that may be there."""
        if isinstance(where, Kept):
            if key not in where:
                return
            self._keep(where, key)
        super().erase(where, key)

    def _keep(self, where: Kept, key: Hashable) -> None:
        if (id(where), key) not in self.kept:
            if self.is_forked:
                # A stand-in's part has to be there before one of several ways changes it.
                where.get(key)
            self.kept[id(where), key] = (where, dict.get(where, key, MISSING))

    def swap(self) -> list[tuple[Kept, Hashable, object]]:
        """Put shared parts into the state before; gives that of now, for `put`."""
        changed: list[tuple[Kept, Hashable, object]] = []
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


def put(state: Iterable[tuple[Kept, Hashable, object]]) -> None:
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
    """A name that is being read. `lowest` is the outermost reading that it was found to need."""

    key: NameKey
    lowest: int
    deps: set[CodeKey]
    value: Value = UNKNOWN


class Statics:
    """The static values of one project. Kept between surveys and edits."""

    def __init__(self) -> None:
        self.bindings = Bindings()
        self.known: dict[NameKey, _Known] = {}
        self._modules: dict[ModuleName, Module] = {}
        self._readers: dict[ModuleName, dict[int, set[NameKey]]] = {}

    def module(self, file: ModuleFile, dotted: str) -> Module:
        """The module object that all surveys share."""
        module = self._modules.get(file.name)
        if module is None:
            names, fields = Shared(), Shared()
            fields["status"] = Status.DONE
            module = fields.of = Module(file.name, dotted, file, names, fields)
            self._modules[file.name] = module
        return module

    def keep(self, key: NameKey, known: _Known) -> None:
        """Remember what a name stands for."""
        self.known[key] = known
        for module, number in known.deps:
            self._readers.setdefault(module, {}).setdefault(number, set()).add(key)

    def drop(self, codes: Iterable[CodeKey], modules: Iterable[ModuleName]) -> None:
        """Forget what was read off these codes, and off any code of these modules."""
        for module, number in codes:
            for key in self._readers.get(module, {}).pop(number, ()):
                self.known.pop(key, None)
        for module in modules:
            for keys in self._readers.pop(module, {}).values():
                for key in keys:
                    self.known.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self.known.clear()
        self._modules.clear()
        self._readers.clear()


class StaticMachine(Machine):
    """A machine to which every module that is not its `subject` has loaded already.

    It records the imports in functions that run, and the codes that it looked at.
    """

    max_iterations = MAX_ROUNDS
    max_statement_steps = MAX_STATEMENT_STEPS

    def __init__(self, world: World, reader: Reader | None, subject: ModuleName | None) -> None:
        super().__init__(world)
        self.kept_journal = KeepingJournal()
        self.journal = self.kept_journal
        self.subject = subject
        self.reader = reader
        self._seen: dict[NameKey, Value | None] = {}
        self._results: dict[tuple[object, ...], Value] = {}
        self._runs: Counter[CodeKey] = Counter()
        self.statement_start = 0
        self.around: frozenset[CodeKey] = frozenset()
        """Functions whose effects are being worked out further out."""
        self.executed: dict[tuple[ModuleName, int], bool] = {}
        self.looked_at: set[CodeKey] = set()

    def count_step(self) -> None:
        """One more statement; GiveUp when there were too many."""
        self.steps += 1
        if self.steps > MAX_SURVEY_STEPS:
            raise GiveUp("")

    # --- what is recorded ------------------------------------------------------------------

    def run_function(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None = None,
    ) -> Value:
        """Execute a function once for each kind of arguments: which imports it runs is asked."""
        code = (function.module.name, function.number)
        key = (*code, *((name, self.kind(value)) for name, value in names.items()))
        is_known = on_yield is None and key in self._results
        is_spent = self.steps - self.statement_start > self.max_statement_steps
        if is_known or is_spent or self._runs[code] >= MAX_RUNS or self.calls >= MAX_CALLS:
            if on_yield is not None:
                # Whoever consumes the generator is another one than before.
                on_yield(UNKNOWN)
            return self._results.get(key, UNKNOWN)
        self._runs[code] += 1
        self._results[key] = UNKNOWN
        result = self._results[key] = self.carry_out(function, names, on_yield)
        return result

    def carry_out(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Execute a function."""
        return self._run_body(function, names, on_yield)

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
        """`importlib.import_module`; noted when it stands in a function."""
        if frame.number:
            summarized = self.world.summaries[frame.module.name]
            here = summarized.mark_site(frame.number, mark)
            for import_id, record in enumerate(summarized.summary.imports):
                is_call = ImportFlag.DYNAMIC in record.flags and record.code == frame.number
                if is_call and summarized.sites[record.statement] == here:
                    self.note(frame.module.name, import_id)
        return super().import_call(arguments, keywords, frame, mark)

    def note(self, holder: ModuleName, import_id: int, *, is_conditional: bool = False) -> None:
        """An import in a function runs."""
        is_conditional = is_conditional or self.journal.is_forked
        key = (holder, import_id)
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

    @property
    def the_reader(self) -> Reader:
        """Who reads names."""
        assert self.reader is not None
        return self.reader

    def module_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value:
        """`module.name`."""
        if module.name == self.subject:
            found = module.names.get(name)
            if found is None:
                return self.static_name(module, name) or UNKNOWN
            return super().module_attribute(module, name, frame, mark)
        dotted = f"{module.dotted}.{name}"
        lazy = self.lazy_children.get(dotted)
        if lazy is not None:
            return self.import_lazy_child(lazy, dotted, frame, mark)
        value = implicit_attribute(module, name) or self.static_name(module, name)
        if value is not None:
            return value
        child = self.world.find(dotted, module.file)
        if child is not None:
            # Somebody will have loaded it, or else the program could not ask for it.
            return self.load(child, dotted) if child.kind is ModuleKind.SOURCE else UNKNOWN
        hook = self.static_name(module, "__getattr__")
        if isinstance(hook, Function):
            return self.call(hook, (Const(name),), {}, frame, mark)
        if not self._is_readable(module):
            return UNKNOWN
        raise self.raised("AttributeError", frame, mark, name=name, of=module)

    def _is_readable(self, module: Module) -> bool:
        summary = self.world.summary(module.name)
        return summary is not None and not any(
            name.startswith("*")
            for name in self.the_reader.statics.bindings.of(module.name, summary)
        )

    def _global_value(self, name: str, frame: Frame, mark: int) -> Value:
        module = frame.module
        if module.name == self.subject and frame.number == 0:
            return super()._global_value(name, frame, mark)
        found = module.names.get(name)
        if found is not None:
            return super()._global_value(name, frame, mark)
        value = implicit_attribute(module, name) or self.static_name(module, name)
        if value is not None:
            return value
        return Builtin(name) if name in BUILTIN_NAMES else UNKNOWN

    def static_name(self, module: Module, name: str) -> Value | None:
        """What a module's name stands for once it has loaded; None when nothing binds it."""
        key = (module.name, name)
        if key in self._seen:
            return self._seen[key]
        with self.kept_journal.untouched():
            value, deps = self.the_reader.read(module, name)
        self.looked_at |= deps
        self._seen[key] = value
        return value


class Reader(StaticMachine):
    """Reads names off summaries. Runs no code of the project; used for one revision of it."""

    def __init__(self, world: World, statics: Statics) -> None:
        super().__init__(world, None, None)
        self.reader = self
        self.statics = statics
        self._frames: dict[ModuleName, Frame] = {}
        self._readings: list[_Reading] = []
        self._depths: dict[NameKey, int] = {}

    def read(self, module: Module, name: str) -> tuple[Value | None, frozenset[CodeKey]]:
        """What a name stands for, None when nothing binds it, and the codes that say so."""
        key = (module.name, name)
        depth = self._depths.get(key)
        if depth is not None:
            value: Value | None = self._readings[depth].value
            if not isinstance(value, Class):
                self._need(depth)
            return value, frozenset()
        known = self.statics.known.get(key)
        if known is None:
            value, deps = self._read_name(module, name)
        else:
            value, deps = known.value, known.deps
        if self._readings:
            self._readings[-1].deps.update(deps)
        return value, deps

    def static_name(self, module: Module, name: str) -> Value | None:
        """What a name stands for, asked while another one is being read."""
        return self.read(module, name)[0]

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
        """What is read now needs a name that is not read to the end."""
        around = self._readings[-1]
        around.lowest = min(around.lowest, depth)

    def _read_name(self, module: Module, name: str) -> tuple[Value | None, frozenset[CodeKey]]:
        key = (module.name, name)
        depth = self._depths[key] = len(self._readings)
        reading = _Reading(key, depth, {(module.name, 0)})
        self._readings.append(reading)
        try:
            value = self._bound_value(module, name)
        finally:
            self._readings.pop()
            del self._depths[key]
        deps = frozenset(reading.deps)
        if reading.lowest >= depth:
            self.statics.keep(key, _Known(value, deps))
        else:
            self._need(reading.lowest)
        return value, deps

    def _bound_value(self, module: Module, name: str) -> Value | None:
        summary = self.world.summary(module.name)
        if summary is None:
            return UNKNOWN
        table = self.statics.bindings.of(module.name, summary)
        step = table.get(name)
        if step is not None:
            return self._read(step, name, self._static_frame(module, summary))
        return self._through_stars(module, summary, table, name)

    def _static_frame(self, module: Module, summary: s.ModuleSummary) -> Frame:
        frame = self._frames.get(module.name)
        if frame is None:
            frame = Frame(module, 0, summary.codes[0], Scope.MODULE, {})
            self._frames[module.name] = frame
        return frame

    def _through_stars(
        self, module: Module, summary: s.ModuleSummary, table: dict[str, s.Step], name: str
    ) -> Value | None:
        if name.startswith("_"):
            return None
        for bound, step in reversed(table.items()):
            if bound.startswith("*") and isinstance(step, s.Import):
                record = summary.imports[step.import_id]
                frame = self._static_frame(module, summary)
                try:
                    source = self.import_dotted(self.absolute(record, frame, 0), frame, 0, None)
                except Raised:
                    continue
                if not isinstance(source, Module):
                    return UNKNOWN
                value = self.static_name(source, name)
                if value is not None:
                    return value
        return None

    def _read(self, step: s.Step, name: str, frame: Frame) -> Value:
        try:
            match step:
                case s.Import(import_id=import_id):
                    return self._read_import(import_id, name, frame)
                case s.DefineFunction():
                    return self._read_function(step, frame)
                case s.DefineClass():
                    return self._read_class(step, frame)
                case s.Assign(value=value):
                    return self._read_value(value, frame)
                case s.AnnotatedAssign(value=value) if value is not None:
                    return self._read_value(value, frame)
                case _:
                    return UNKNOWN
        except Raised:
            return UNKNOWN

    def _read_import(self, import_id: int, name: str, frame: Frame) -> Value:
        summary = self.world.summary(frame.module.name)
        assert summary is not None
        record = summary.imports[import_id]
        found = self.import_dotted(self.absolute(record, frame, 0), frame, 0, None)
        if record.names is None:
            if record.bound_as is not None:
                return found
            return self._top_level(record.module.partition(".")[0], found, frame, 0)
        asked = next(each.name for each in record.names if each.bound_as == name)
        step = s.Import(import_id, 0)
        if isinstance(found, Module) and found.file.is_package:
            self._from_list(found, asked, frame, step)
        return self._imported_name(found, asked, frame, step)

    def _read_function(self, step: s.DefineFunction, frame: Frame) -> Value:
        summary = self.world.summary(frame.module.name)
        assert summary is not None
        owner = frame.owner if frame.scope is Scope.CLASS else None
        function = Function(
            frame.module, step.code, summary.codes[step.code], None, owner=owner,
            fields=self._parts(),
        )  # fmt: skip
        value: Value = function
        for expression in reversed(step.decorators):
            decorator = self._read_value(expression, frame)
            if isinstance(decorator, (Function, Class, Instance)):
                # A decorator of the project most likely gives something that calls it.
                continue
            wrapped = self.call(decorator, (value,), {}, frame, 0)
            value = wrapped if isinstance(wrapped, Function) else value
        return _own(value)

    def _parts(self) -> Shared:
        return Shared(self._readings[-1].deps)

    def _read_class(self, step: s.DefineClass, frame: Frame) -> Value:
        bases = tuple(self._read_value(base, frame) for base in step.bases)
        cls = self._new_class(step.name, bases, frame)
        cls.names, cls.fields = self._parts(), self._parts()
        _own(cls)
        for keyword, expression in step.keywords:
            if keyword == "metaclass":
                cls.metaclass = self._read_value(expression, frame)
        if any(_is_dataclass(self._read_value(each, frame)) for each in step.decorators):
            cls.fields["dataclass"] = True
        if frame.scope is Scope.MODULE:
            # From here on it is known to those whom its body names.
            self._readings[-1].value = cls
        body = Frame(frame.module, 0, frame.code, Scope.CLASS, cls.names, owner=cls)
        for inner in step.body:
            match inner:
                case s.DefineFunction(name=bound):
                    cls.names[bound] = self._read_function(inner, body)
                case s.Assign(targets=(s.NameTarget(name=bound),), value=value):
                    cls.names[bound] = self._read_value(value, body)
                case _:
                    pass
        return cls

    def _read_value(self, expression: s.Expression, frame: Frame) -> Value:
        """The value of an expression without running anything for it."""
        match expression:
            case s.Constant(value=value):
                return Const(value)
            case s.Name(name=name):
                own = frame.names.get(name)
                return own if own is not None else self._global_value(name, frame, 0)
            case s.Attribute(value=owner, attribute=attribute):
                found = self._read_value(owner, frame)
                if isinstance(found, Class):
                    return self._class_part(found, attribute)
                if isinstance(found, (Function, Instance)):
                    return UNKNOWN
                return self.attribute(found, attribute, frame, 0)
            case s.Subscript(value=owner):
                return self._read_value(owner, frame)
            case s.Lambda(code=number):
                summary = self.world.summary(frame.module.name)
                assert summary is not None
                code = summary.codes[number]
                return _own(Function(frame.module, number, code, None, fields=self._parts()))
            case s.Call(function=function):
                called = self._read_value(function, frame)
                if isinstance(called, Class):
                    return _own(Instance(called, self._parts()))
                return _called(called)
            case _:
                return UNKNOWN

    def _class_part(self, cls: Class, name: str) -> Value:
        found = cls.names.get(name)
        if found is not None:
            return found if isinstance(found, Value) else UNKNOWN
        for depth, reading in enumerate(self._readings):
            if reading.value is cls:
                # Its body is not read to the end.
                self._need(depth)
        return UNKNOWN


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
