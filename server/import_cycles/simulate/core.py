"""The state of the machine, and the acts that its parts share.

The parts (expressions, statements, imports, calls, classes) are classes that build on this one
and call one another through the methods declared here; `import_cycles.simulate.machine` puts
them together.

Terms. A *fork* tries both ways of an undecided test. What is raised on one way only is a
*possible* exception: it goes to the handler that would catch it, as a further way through the
program, or is remembered as a possible crash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field
from import_cycles.simulate.errors import Broke, Continued, GiveUp, Raised, Returned, is_caught
from import_cycles.simulate.journal import Changes, Journal
from import_cycles.simulate.memory import MAX_STEPS, Recorder
from import_cycles.simulate.outcome import CodeKey, Spot
from import_cycles.simulate.outcome import Frame as StackFrame
from import_cycles.simulate.stores import Store, store
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    Frame,
    Function,
    Instance,
    Lazy,
    Maybe,
    Method,
    Module,
    Partial,
    Sequence,
    Suspended,
    Value,
    join,
)
from import_cycles.simulate.world import World
from import_cycles.syntax.steps import Block, Expression, Target

MAX_CALLS = 40
"""Nesting of followed calls; deeper ones do nothing."""

MAX_DOUBT_IN_CALLS = 1
"""Undecided tests around each other, in functions, of which a possible crash is still believed.

Code that is called with unknown values has dozens of ways through it, most of which no program
takes: what raises under several such tests says nothing.
"""

Jump = Raised | Returned | Broke | Continued


@entity
class Active:
    """A module that is being executed, and where it is."""

    module: Module
    spot: Spot | None = None
    importing: tuple[ModuleName, int] | None = None
    """The import record that it carried out last, and the module whose text has it."""


@entity
class Catcher:
    """A `try` or `suppress` that is being executed, with what it may have to catch."""

    catches: Callable[[Raised], bool | None]
    pending: list[Raised] = field(default_factory=list)


class Core(ABC):
    """State of one run. The fields that change with the program are changed through `journal`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.journal = Journal()
        self.modules: Store = store()
        self.stack: list[Active] = []
        self.catchers: list[Catcher] = []
        self.handling: list[Raised] = []
        self.possible_crashes: list[Raised] = []
        self.lazy_children: dict[str, Lazy] = {}
        self.loaded: list[ModuleName] = []
        self.fallbacks: list[tuple[ModuleName, int]] = []
        self.short_stars: list[tuple[ModuleName, int, Module, frozenset[str]]] = []
        self.ran: set[CodeKey] = set()
        self.layers: list[frozenset[CodeKey]] = []
        """What remembered loads ran."""
        self.doubtful_results: dict[tuple[object, ...], Value] = {}
        self.steps = 0
        self.calls = 0
        self.call_steps = 0
        self.doubtful_steps = 0
        self.doubt = 0
        self.logs: tuple[list[Any], ...] = (
            self.loaded,
            self.fallbacks,
            self.short_stars,
            self.possible_crashes,
        )
        self.recorder = Recorder(self)

    # --- acts that the parts provide for each other ----------------------------------------

    @abstractmethod
    def evaluate(self, expression: Expression, frame: Frame) -> Value:
        """The value of an expression."""

    @abstractmethod
    def execute(self, block: Block, frame: Frame) -> None:
        """Run statements."""

    @abstractmethod
    def assign(self, target: Target, value: Value, frame: Frame) -> None:
        """Bind a target."""

    @abstractmethod
    def call(
        self,
        function: Value,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """Call a value."""

    @abstractmethod
    def run_function(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None = None,
    ) -> Value:
        """Execute the body of a function with its parameters bound."""

    @abstractmethod
    def attribute(self, owner: Value, name: str, frame: Frame, mark: int) -> Value:
        """`owner.name`."""

    @abstractmethod
    def module_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value:
        """`module.name`."""

    @abstractmethod
    def import_dotted(
        self,
        dotted: str,
        frame: Frame,
        mark: int,
        import_id: int | None,
        *,
        is_step: bool = False,
    ) -> Value:
        """Import a dotted name, parents first; its last part is the value."""

    @abstractmethod
    def touch(
        self, value: Value, names: dict[str, Value], name: str, mark: int, frame: Frame
    ) -> Value:
        """What a name is bound to once a lazy import behind it has been carried out."""

    @abstractmethod
    def iterate(self, iterable: Value, body: Callable[[Value], None], frame: Frame) -> None:
        """Run `body` for each item; a Broke from it passes through."""

    def loaded_module(self, name: ModuleName) -> Module | None:
        """What the program finds in `sys.modules`; one that is perhaps there is taken to be."""
        found = self.in_modules(name)
        if found is None:
            self.recorder.miss(name)
        else:
            self.recorder.meet(found)
        return found

    def is_readable(self, name: ModuleName) -> bool:
        """Whether the text of a module parses, if it has one."""
        summarized = self.world.summaries.get(name)
        return summarized is None or summarized.exact

    def in_modules(self, name: ModuleName) -> Module | None:
        """The same for importing itself, which loads what it does not find."""
        found: object = self.modules.get(name)
        if isinstance(found, Maybe):
            found = found.value
        return found if isinstance(found, Module) else None

    # --- raising ---------------------------------------------------------------------------

    def spot(self, frame: Frame, mark: int) -> Spot:
        """A mark of the code that a frame executes."""
        return Spot(frame.module.name, frame.number, mark)

    def chain(self) -> tuple[StackFrame, ...]:
        """The modules that are being executed, outermost first."""
        return tuple(StackFrame(active.module.name, active.spot) for active in self.stack)

    def raised(
        self,
        error: str,
        frame: Frame,
        mark: int,
        *,
        name: str = "",
        of: Module | None = None,
        message: str = "",
        partial: bool = False,
        import_id: int | None = None,
    ) -> Raised:
        """An exception of a builtin class that starts at a mark."""
        return Raised(
            Builtin(error),
            self.spot(frame, mark),
            name,
            None if of is None else of.name,
            message,
            partial,
            self.chain(),
            import_id,
        )

    # --- forks -----------------------------------------------------------------------------

    def try_out(self, act: Callable[[], None]) -> tuple[Jump | None, Changes]:
        """Run an act, take its changes back; how it ended, and what it changed."""
        ended: Jump | None = None

        def attempt() -> None:
            nonlocal ended
            try:
                act()
            except (Raised, Returned, Broke, Continued) as jump:
                ended = without_traceback(jump)

        changes = self.journal.attempt(attempt)
        return ended, changes

    def fork(self, frame: Frame, first: Callable[[], None], second: Callable[[], None]) -> None:
        """Go both ways, and on from where they meet again."""
        self.doubt += 1
        try:
            ended, changes = self.try_out(first)
            other_ended, other_changes = self.try_out(second)
        finally:
            self.doubt -= 1
        if isinstance(ended, Raised) and not isinstance(other_ended, Raised):
            ended, other_ended = other_ended, ended
            changes, other_changes = other_changes, changes
        if isinstance(other_ended, Raised):
            # Only one way goes on, or none: what the other did is lost with it.
            self.journal.adopt(changes)
            if isinstance(ended, Raised):
                same = ended.spot == other_ended.spot and ended.error == other_ended.error
                ended.certain = ended.certain and other_ended.certain and same
            else:
                self.possible(other_ended)
            if ended is not None:
                raise ended
            return
        self.journal.merge(changes, other_changes)
        jump = _meeting(ended, other_ended, frame)
        if jump is not None:
            raise jump

    def possible(self, raised: Raised) -> None:
        """An exception that is raised on some ways only."""
        for position in range(len(self.catchers) - 1, -1, -1):
            catcher = self.catchers[position]
            if catcher.catches(raised):
                self.recorder.ask(position)
                catcher.pending.append(raised)
                return
        self.recorder.ask(None)
        if not self.calls or self.doubt <= MAX_DOUBT_IN_CALLS:
            self.possible_crashes.append(raised)

    def fork_value(
        self, frame: Frame, first: Callable[[], Value], second: Callable[[], Value]
    ) -> Value:
        """The value of an expression that goes one of two ways."""
        values: list[Value] = []
        self.fork(
            frame,
            lambda: values.append(first()),
            lambda: values.append(second()),
        )
        if len(values) == 2:
            return join(*values)
        return values[0] if values else UNKNOWN

    def count_step(self) -> None:
        """One more statement; GiveUp when there were too many."""
        self.steps += 1
        if self.calls:
            self.call_steps += 1
            if self.doubt:
                self.doubtful_steps += 1
        if self.steps > MAX_STEPS:
            raise GiveUp("more code runs while importing than is followed")

    def caught_by(self, raised: Raised, caught: Value) -> bool | None:
        """Whether the value of an `except` clause, perhaps a tuple, catches an exception."""
        if isinstance(caught, Sequence):
            answers = [self.caught_by(raised, item) for item in caught.items]
            if True in answers:
                return True
            return None if None in answers else False
        return is_caught(raised, caught)


def without_traceback(jump: Jump) -> Jump:
    """The jump, its hold on the machine's own frames let go: those hold the jump in turn."""
    jump.__traceback__ = None
    jump.__context__ = None
    return jump


def _meeting(first: Jump | None, second: Jump | None, frame: Frame) -> Jump | None:
    """How a fork ends of which neither way raises."""
    match first, second:
        case Returned(value=one), Returned(value=other):
            return Returned(join(one, other))
        case (Returned(value=value), rest) | (rest, Returned(value=value)):
            # The frame may have been left here; `run_function` takes that into account.
            frame.returns.append(value)
            return rest
        case (None, _) | (_, None):
            return None
        case _:
            return first


def argument_kind(value: Value) -> object:
    """What of an argument can decide about imports; equal kinds are taken for the same call."""
    match value:
        case Const(value=constant):
            return constant
        case Function(module=module, number=number):
            return module.name, number
        case Instance(cls=cls):
            return id(cls)
        case Class() | Module():
            return id(value)
        case _:
            return None


def truth(value: Value) -> bool | None:
    """Whether a value is true; None when that cannot be told."""
    match value:
        case Const(value=constant):
            return bool(constant)
        case Sequence(fields=fields):
            return bool(value.items) or (None if fields.get("open") else False)
        case Function() | Module() | Class() | Method() | Builtin() | Suspended() | Partial():
            return True
        case _:
            return None


def strings(values: Iterable[Value]) -> list[str] | None:
    """The texts of literals; None unless all are."""
    found = []
    for value in values:
        if not (isinstance(value, Const) and isinstance(value.value, str)):
            return None
        found.append(value.value)
    return found
