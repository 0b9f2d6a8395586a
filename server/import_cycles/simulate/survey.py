"""Which imports run while a module loads because it calls something: functions with imports
in them, and `import_module` with a name that is computed.

The machine runs the body of one module, and no other module. It reads names of other modules off
their summaries (`import_cycles.simulate.statics`). The effect of calling a function of another
module is worked out once for all modules that call it (`import_cycles.simulate.call_effects`). So
the answer depends on summaries alone, not on the first import, and an edit invalidates only the
surveys that looked at a changed code. A call through a value that cannot be read off a summary (an
attribute of an object that another module made, say) is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.simulate.call_effects import CallEffects
from import_cycles.simulate.core import without_traceback
from import_cycles.simulate.errors import Raised, Unwinding
from import_cycles.simulate.machine import deep_recursion
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.outlines import NotAbstractable
from import_cycles.simulate.statics import UNKNOWN_IMPORT, Reader, StaticMachine, Statics
from import_cycles.simulate.values import Frame, Function, Module, Scope, Value
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s
from import_cycles.syntax.target import PythonTarget


@record
class Executed:
    """An import that runs while a module loads: in a function, or of a computed name.

    `computed` is that name, with all its parts, and empty for an import that spells out its own.
    """

    holder: ModuleName
    import_id: int
    computed: str
    is_conditional: bool
    """Whether an undecided test stands over it."""


@record
class Survey:
    """What one module's loading executes besides its own statements.

    `looked_at` has each (module, code number) that the answer depends on. `computes` tells that it
    computes names of modules, so that it may import others than those listed.
    """

    executed: tuple[Executed, ...] = ()
    computes: bool = False
    looked_at: frozenset[CodeKey] = frozenset()


class SurveyMemo:
    """The shared part of surveys: values read off summaries, and effects of calls."""

    def __init__(self) -> None:
        self.statics = Statics()
        self.effects = CallEffects()
        self._made_for: tuple[Layout, PythonTarget] | None = None

    def drop(self, world: World, codes: Iterable[CodeKey], modules: Iterable[ModuleName]) -> None:
        """Forget the values and effects that depend on these codes, or on any code of these modules."""
        made_for = self._made_for
        if made_for is None or made_for[0] is not world.layout or made_for[1] != world.target:
            # Names can mean other modules now.
            self._made_for = (world.layout, world.target)
            self.statics.clear()
            self.effects.clear()
            return
        codes, modules = tuple(codes), tuple(modules)
        self.statics.drop(codes, modules)
        self.effects.drop(codes, modules)


def survey(world: World, name: ModuleName, memo: SurveyMemo) -> Survey:
    """The survey of one module. Cost: its statements, and calls whose effect is not known yet."""
    file = world.layout.module(name)
    summary = world.summary(name)
    if file is None or summary is None or file.kind is not ModuleKind.SOURCE:
        return Survey()
    reader = Reader(world, memo.statics)
    surveyor = _Surveyor(reader, name, memo)
    computes = True
    with deep_recursion(), suppress(Unwinding, RecursionError):
        # What the run read before one of these is true whatever follows.
        surveyor.run(file)
        computes = UNKNOWN_IMPORT in surveyor.executed
    surveyor.kept_journal.swap()
    surveyor.executed.pop(UNKNOWN_IMPORT, None)
    executed = tuple(
        Executed(*key, is_conditional) for key, is_conditional in sorted(surveyor.executed.items())
    )
    looked_at = frozenset(surveyor.looked_at | surveyor.ran)
    surveyor.let_go()
    reader.let_go()
    return Survey(executed, computes, looked_at)


class _Surveyor(StaticMachine):
    """Runs the body of one module."""

    def __init__(self, reader: Reader, subject: ModuleName, memo: SurveyMemo) -> None:
        super().__init__(reader.world, reader, subject)
        self._effects = memo.effects
        self._subject_name = subject
        self.looked_at.add((subject, 0))

    def run(self, file: ModuleFile) -> None:
        """Run the subject's body, statement by statement, even after one that raises."""
        module = Module(file.name, dotted_name(file.name), file)
        self.modules[file.name] = module
        summary = self.world.summary(file.name)
        assert summary is not None
        code = summary.codes[0]
        frame = Frame(module, 0, code, Scope.MODULE, module.names)
        for step in code.body:
            self._one(step, frame)

    def _one(self, step: s.Step, frame: Frame) -> None:
        self.statement_start = self.steps
        try:
            self.execute((step,), frame)
        except Raised as raised:
            # In the real order of loading the name may be there; go on without it.
            without_traceback(raised)

    def carry_out(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Execute a function; for one of another module, carry out its shared effect.

        While an exception is being handled, or would be caught, the function runs here instead: its
        own exceptions, certain or possible, must reach those handlers.
        """
        is_own = function.module.name == self._subject_name
        if is_own and self.is_decorating:
            # What a decorator of its own does is asked by no other module.
            self.is_decorating = False
            try:
                return super().carry_out(function, names, on_yield)
            finally:
                self.is_decorating = True
        if is_own or on_yield is not None or self.handling or self.catchers:
            return super().carry_out(function, names, on_yield)
        with suppress(NotAbstractable):
            return self._effects.run(self, function, names)
        return super().carry_out(function, names, on_yield)
