"""Which imports inside functions run while a module loads, because it calls the functions.

The body of one module is run by the machine; other modules are not. What a name of another
module stands for is read off its summary: the last statement that binds it. So the answer is a
function of summaries alone, whatever is imported first, and an edit invalidates just the surveys
that looked at a changed code. What is called through a value that cannot be read off a summary
(an attribute of an object that another module made, say) is not followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import entity, field, record
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.core import argument_kind
from import_cycles.simulate.errors import GiveUp, Raised
from import_cycles.simulate.expressions import BUILTIN_NAMES, implicit_attribute
from import_cycles.simulate.machine import Machine, deep_recursion
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
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
from import_cycles.syntax.imports import ImportFlag, When

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


@record
class Survey:
    """What one module's loading executes besides its own statements.

    `executed` maps (holder, import id) to whether an undecided test stands over the call.
    `looked_at` has each (module, code number) that the answer depends on.
    """

    executed: tuple[tuple[ModuleName, int, bool], ...] = ()
    looked_at: frozenset[CodeKey] = frozenset()


def survey(world: World, name: ModuleName, bindings: Bindings) -> Survey:
    """The survey of one module. Cost: its statements and those of the functions it calls."""
    file = world.layout.module(name)
    summary = world.summary(name)
    if file is None or summary is None or file.kind is not ModuleKind.SOURCE:
        return Survey()
    surveyor = _Surveyor(world, name, bindings)
    with deep_recursion(), suppress(Raised, GiveUp, RecursionError):
        # What was seen until one of these is true all the same.
        surveyor.run(file)
    executed = tuple(
        (holder, import_id, is_conditional)
        for (holder, import_id), is_conditional in sorted(surveyor.executed.items())
    )
    return Survey(executed, frozenset(surveyor.looked_at | surveyor.ran))


@entity
class Bindings:
    """For each module the statements that bind its names; made once per summary."""

    _known: dict[ModuleName, tuple[s.ModuleSummary, dict[str, s.Step]]] = field(
        default_factory=dict
    )

    def of(self, name: ModuleName, summary: s.ModuleSummary) -> dict[str, s.Step]:
        """Name to the last step that binds it; `*` followed by a number for star-imports."""
        known = self._known.get(name)
        if known is None or known[0] is not summary:
            table: dict[str, s.Step] = {}
            for bound, step in _bindings(summary.codes[0].body, summary):
                table.pop(bound, None)
                table[bound] = step
            known = self._known[name] = (summary, table)
        return known[1]


def _bindings(block: s.Block, summary: s.ModuleSummary) -> Iterator[tuple[str, s.Step]]:
    for step in block:
        match step:
            case s.Import(import_id=import_id):
                record = summary.imports[import_id]
                if record.when is When.TYPING:
                    continue
                if record.names is None:
                    yield record.bound_as or record.module.partition(".")[0], step
                elif record.names and record.names[0].name == "*":
                    yield f"*{import_id}", step
                else:
                    for name in record.names:
                        yield name.bound_as, step
            case s.DefineFunction(name=bound) | s.DefineClass(name=bound):
                yield bound, step
            case s.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, s.NameTarget):
                        yield target.name, step
            case s.AnnotatedAssign(target=s.NameTarget(name=bound), value=value) if value:
                yield bound, step
            case s.If(body=body, orelse=orelse) | s.While(body=body, orelse=orelse):
                yield from _bindings(orelse, summary)
                yield from _bindings(body, summary)
            case s.For(body=body, orelse=orelse):
                yield from _bindings(body, summary)
                yield from _bindings(orelse, summary)
            case s.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                for handler in handlers:
                    yield from _bindings(handler.body, summary)
                yield from _bindings(body, summary)
                yield from _bindings(orelse, summary)
                yield from _bindings(finalbody, summary)
            case s.With(body=body):
                yield from _bindings(body, summary)
            case _:
                pass


class _Surveyor(Machine):
    """The machine with every module but one read off its summary."""

    max_iterations = MAX_ROUNDS

    def __init__(self, world: World, subject: ModuleName, bindings: Bindings) -> None:
        super().__init__(world)
        self._subject = subject
        self._bindings = bindings
        self._read_names: dict[tuple[ModuleName, str], Value | None] = {}
        self._frames: dict[ModuleName, Frame] = {}
        self._results: dict[tuple[object, ...], Value] = {}
        self._runs: Counter[CodeKey] = Counter()
        self._statement_start = 0
        self.executed: dict[tuple[ModuleName, int], bool] = {}
        self.looked_at: set[CodeKey] = {(subject, 0)}

    def run(self, file: ModuleFile) -> None:
        """Run the subject's body, statement by statement, whatever single ones raise."""
        module = Module(file.name, dotted_name(file.name), file)
        self.modules[file.name] = module
        summary = self.world.summary(file.name)
        assert summary is not None
        code = summary.codes[0]
        frame = Frame(module, 0, code, Scope.MODULE, module.names)
        for step in code.body:
            self._one(step, frame)

    def _one(self, step: s.Step, frame: Frame) -> None:
        self._statement_start = self.steps
        try:
            self.execute((step,), frame)
        except Raised:
            # In the real order of loading the name may be there; go on without it.
            return

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
        key = (*code, *((name, argument_kind(value)) for name, value in names.items()))
        is_known = on_yield is None and key in self._results
        is_spent = self.steps - self._statement_start > MAX_STATEMENT_STEPS
        if is_known or is_spent or self._runs[code] >= MAX_RUNS:
            if on_yield is not None:
                # Whoever consumes the generator is another one than before.
                on_yield(UNKNOWN)
            return self._results.get(key, UNKNOWN)
        self._runs[code] += 1
        self._results[key] = UNKNOWN
        result = self._results[key] = super().run_function(function, names, on_yield)
        return result

    def run_import(self, step: s.Import, frame: Frame) -> None:
        """One `ImportRecord`; noted when it stands in a function."""
        if frame.number:
            self._note(frame.module.name, step.import_id)
        super().run_import(step, frame)

    def note_lazy(self, holder: Frame, import_id: int) -> None:
        """A lazy import is carried out now."""
        self._note(holder.module.name, import_id)

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
                    self._note(frame.module.name, import_id)
        return super().import_call(arguments, keywords, frame, mark)

    def _note(self, holder: ModuleName, import_id: int) -> None:
        is_conditional = self.journal.is_forked
        key = (holder, import_id)
        self.executed[key] = is_conditional and self.executed.get(key, True)

    # --- other modules ---------------------------------------------------------------------

    def load(
        self, file: ModuleFile, dotted: str, package: Module | None = None, run_as: str = ""
    ) -> Module:
        """Another module: it is there, and its names are read off its summary."""
        module = Module(file.name, dotted, file)
        module.fields["status"] = Status.DONE
        self.modules[file.name] = module
        return module

    def module_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value:
        """`module.name`."""
        if module.name == self._subject:
            found = module.names.get(name)
            if found is None:
                return self._static_name(module, name) or UNKNOWN
            return super().module_attribute(module, name, frame, mark)
        dotted = f"{module.dotted}.{name}"
        lazy = self.lazy_children.get(dotted)
        if lazy is not None:
            return self.import_lazy_child(lazy, dotted, frame, mark)
        value = implicit_attribute(module, name) or self._static_name(module, name)
        if value is not None:
            return value
        child = self.world.find(f"{module.dotted}.{name}", module.file)
        loaded = None if child is None else self.loaded_module(child.name)
        if loaded is not None:
            return loaded
        if child is None:
            hook = self._static_name(module, "__getattr__")
            if isinstance(hook, Function):
                return self.call(hook, (Const(name),), {}, frame, mark)
            if not self._is_readable(module):
                return UNKNOWN
        raise self.raised("AttributeError", frame, mark, name=name, of=module)

    def _is_readable(self, module: Module) -> bool:
        summary = self.world.summary(module.name)
        return summary is not None and not any(
            name.startswith("*") for name in self._bindings.of(module.name, summary)
        )

    def _global_value(self, name: str, frame: Frame, mark: int) -> Value:
        module = frame.module
        if module.name == self._subject and frame.number == 0:
            return super()._global_value(name, frame, mark)
        found = module.names.get(name)
        if found is not None:
            return super()._global_value(name, frame, mark)
        value = implicit_attribute(module, name) or self._static_name(module, name)
        if value is not None:
            return value
        return Builtin(name) if name in BUILTIN_NAMES else UNKNOWN

    # --- names read off summaries ----------------------------------------------------------

    def _static_name(self, module: Module, name: str) -> Value | None:
        """What a module's name stands for once it has loaded; None when nothing binds it."""
        key = (module.name, name)
        if key in self._read_names:
            return self._read_names[key]
        self._read_names[key] = UNKNOWN
        summary = self.world.summary(module.name)
        if summary is None:
            return UNKNOWN
        self.looked_at.add((module.name, 0))
        table = self._bindings.of(module.name, summary)
        step = table.get(name)
        if step is not None:
            value: Value | None = self._read(step, name, self._static_frame(module, summary))
        else:
            value = self._through_stars(module, summary, table, name)
        self._read_names[key] = value
        return value

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
                value = self._static_name(source, name)
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
        function = Function(frame.module, step.code, summary.codes[step.code], None, owner=owner)
        value: Value = function
        for expression in reversed(step.decorators):
            decorator = self._read_value(expression, frame)
            if isinstance(decorator, (Function, Class, Instance)):
                # A decorator of the project most likely gives something that calls it.
                continue
            wrapped = self.call(decorator, (value,), {}, frame, 0)
            value = wrapped if isinstance(wrapped, Function) else value
        return value

    def _read_class(self, step: s.DefineClass, frame: Frame) -> Value:
        bases = tuple(self._read_value(base, frame) for base in step.bases)
        cls = self._new_class(step.name, bases, frame)
        for keyword, expression in step.keywords:
            if keyword == "metaclass":
                cls.metaclass = self._read_value(expression, frame)
        if any(_is_dataclass(self._read_value(each, frame)) for each in step.decorators):
            cls.fields["dataclass"] = True
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
                    return found.names.get(attribute, UNKNOWN)
                if isinstance(found, (Function, Instance)):
                    return UNKNOWN
                return self.attribute(found, attribute, frame, 0)
            case s.Subscript(value=owner):
                return self._read_value(owner, frame)
            case s.Lambda(code=number):
                summary = self.world.summary(frame.module.name)
                assert summary is not None
                return Function(frame.module, number, summary.codes[number], None)
            case s.Call(function=function):
                called = self._read_value(function, frame)
                return Instance(called) if isinstance(called, Class) else _called(called)
            case _:
                return UNKNOWN


def _called(value: Value) -> Value:
    """What a call of something from outside gives when it is a decorator with options."""
    return value if _is_dataclass(value) else UNKNOWN


def _is_dataclass(value: Value) -> bool:
    return getattr(value, "dotted", "") == "dataclasses.dataclass"
