"""The state of the machine, and the operations that its parts share.

The parts (expressions, statements, imports, calls, classes) are classes that build on this one
and call one another through the methods declared here; `import_cycles.simulate.machine` puts
them together.

Terms. A *fork* tries both ways of an undecided test. An exception that is raised on one way only is
a *possible* exception. It goes to the handler that would catch it, as a further way through the
program, or is recorded as a possible crash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from collections.abc import Mapping as AbstractMapping
from functools import partial
from typing import Any, TypeVar

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field
from import_cycles.resolve.layout import ModuleFile
from import_cycles.simulate.bindings import mentions
from import_cycles.simulate.errors import (
    Broke,
    Continued,
    GiveUp,
    Raised,
    Returned,
    is_caught,
    takes_from_values,
)
from import_cycles.simulate.exposure import lose_sight, open_containers, open_up
from import_cycles.simulate.journal import Changes, Journal
from import_cycles.simulate.library_objects import LibraryObject
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.lost import LostValues
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.operators import may_be_program
from import_cycles.simulate.outcome import Cause, CodeKey, Refused, Spot, Unsure, namespace_of
from import_cycles.simulate.outcome import Frame as StackFrame
from import_cycles.simulate.recorder import Recorder
from import_cycles.simulate.stores import Store, store
from import_cycles.simulate.unseen import expose_objects, hand_over, may_reach_lost
from import_cycles.simulate.values import (
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    Frame,
    Function,
    Instance,
    Lazy,
    Mapping,
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
from import_cycles.syntax.steps import Block, Comprehension, Expression, Import, Target

Reason = Cause | Callable[[], Cause | None]
"""A circular failure, or a function that searches for one: the search may walk over texts."""

Jump = Raised | Returned | Broke | Continued


Answer = TypeVar("Answer")
AnyJump = TypeVar("AnyJump", bound=Jump)

SpecialCall = Callable[..., Value]
"""Called with the machine, the value, the arguments, the keywords, the frame and the mark."""


@entity
class Active:
    """A module that is being executed, and where it is."""

    module: Module
    position: int = 0
    """The position of the statement of its body that is being executed."""
    spot: Spot | None = None
    importing: tuple[ModuleName, int] | None = None
    """The import record that it executed last, and the module whose text has it."""


@entity
class Catcher:
    """A `try` or `suppress` of a module that is being executed, with what it may have to catch."""

    catches: Callable[[Raised], bool | None]
    module: Module
    classes: Callable[[], Iterable[Value]] = tuple
    """The classes that it names; `Exception` for a bare `except`."""
    pending: list[Raised] = field(default_factory=list)
    is_doubted: bool = False
    """Whether an operation on an unknown value was executed, which may raise any exception."""

    @property
    def n_exits(self) -> int:
        """How often an exception may have been raised that it catches."""
        return len(self.pending) + self.is_doubted


class Core(ABC):
    """State of one run. The fields that change with the program are changed through `journal`."""

    is_survey = False
    """Whether only one module is run, to find the imports in functions that it executes."""
    max_iterations = LIMITS.iterations
    special_calls: AbstractMapping[type[Value], SpecialCall]
    """By class, the functions that call values which stand for an act of the interpreter."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.journal = Journal()
        self.lost = LostValues(self.journal)
        if not self.is_survey:
            self.journal.lose = self.lost.add
            self.journal.give_away = self.lost.keep
        self.modules: Store = store()
        self.stack: list[Active] = []
        self.catchers: list[Catcher] = []
        self.raise_exits = 0
        """Counts the times when an exception may have been raised that a `try` around catches. The
        rest of that `try` then runs perhaps."""
        self.handling: list[Raised] = []
        self.possible_crashes: list[Raised] = []
        self.refused: list[Refused] = []
        self.unsure: list[Unsure] = []
        """Why the outcome is not known, if no exception decides it."""
        self.controls: list[Reason] = []
        """Circular failures that decided the tests around the statement that is executed."""
        self.reason_seen: Reason | None = None
        """Why the latest value that was read, or the latest absence, results from a circular
        import; see `StandIn`."""
        self.facts: list[object] = []
        """Facts for the rest of the run, set by the program: marks, alone or with a name."""
        self.unknown_imports: list[ModuleName] = []
        """Each import of an unknown name, by the module that had started last at that time."""
        self.classes_in_the_making: list[Class] = []
        """Those of which a metaclass of the project is making a class, innermost last."""
        self.lazy_children: dict[str, Lazy] = {}
        self.lazy_mode: Store = store()
        """The setting of `sys.set_lazy_imports` and its filter in the program."""
        self.resolving: list[Lazy] = []
        """Placeholders of lazy imports that are being resolved, outermost first."""
        self.thread_waits: list[ModuleName] | None = None
        """While a thread is tried out: the modules for which it waits, since they are loading."""
        self.loaded: list[ModuleName] = []
        self.fallbacks: list[tuple[ModuleName, int]] = []
        self.short_stars: list[tuple[ModuleName, int, Module, frozenset[str]]] = []
        self.put_up_with: list[ModuleName] = []
        """The modules that went on although a module still loading lacked what they asked it for."""
        self.ran: set[CodeKey] = set()
        self.layers: list[frozenset[CodeKey]] = []
        """What remembered loads ran."""
        self.doubtful_generators: set[tuple[object, ...]] = set()
        """Those that are being run on one of several ways, with the kinds of their arguments."""
        self.doubtful_results: dict[tuple[object, ...], Value] = {}
        self.steps = 0
        self.calls = 0
        """Calls inside one another, in the module that is being executed."""
        self.outer_calls = 0
        """Those of the modules that wait for it."""
        self.call_steps = 0
        self.doubtful_steps = 0
        self.doubt = 0
        self.logs: tuple[list[Any], ...] = (
            self.loaded,
            self.fallbacks,
            self.short_stars,
            self.put_up_with,
            self.possible_crashes,
            self.refused,
            self.unsure,
            self.facts,
            self.unknown_imports,
        )
        self.recorder = Recorder(self)

    # --- acts that the parts provide for each other ----------------------------------------

    @abstractmethod
    def decorate(self, decorator: Value, value: Value, frame: Frame, mark: int) -> Value:
        """The value that `@decorator` puts in place of another one."""

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
        """The value of a name once a lazy import behind it has been carried out."""

    @abstractmethod
    def attribute_item(self, holder: Class | Instance, name: str) -> Value | None:
        """`vars(x)[name]`; None for what is not there."""

    @abstractmethod
    def class_item(self, cls: Class, index: Value) -> Value | None:
        """`cls[name]` of an enumeration; None for any other class."""

    @abstractmethod
    def extend(self, owner: Sequence, added: Value, frame: Frame) -> None:
        """`owner.extend(added)`, `owner.update(added)`, `owner += added`."""

    @abstractmethod
    def iterate(
        self, iterable: Value, body: Callable[[Value], None], frame: Frame, mark: int = 0
    ) -> None:
        """Run `body` for each item; a Broke from it passes through."""

    @abstractmethod
    def binary(self, left: Value, operator: str, right: Value, frame: Frame, mark: int) -> Value:
        """`left operator right`."""

    @abstractmethod
    def call_builtin(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """Call something of `builtins`."""

    @abstractmethod
    def call_builtin_method(
        self,
        owner: Value,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """Call a method of a literal, a container or a namespace."""

    @abstractmethod
    def call_function(
        self, function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Run a function, or suspend it when it is a generator or a coroutine."""

    @abstractmethod
    def comparison(self, left: Value, operator: str, right: Value, frame: Frame) -> bool | None:
        """A comparison by one operator; None when the result is not known."""

    @abstractmethod
    def contains(self, container: Value, item: Const, frame: Frame) -> bool | None:
        """`item in container`; None when the result is not known."""

    @abstractmethod
    def find_attribute(self, module: Module, name: str, frame: Frame, mark: int) -> Value | None:
        """`module.name`, None if the module surely has no such attribute now."""

    @abstractmethod
    def global_value(self, name: str, frame: Frame, mark: int) -> Value:
        """What a global name is bound to, or a builtin of that name."""

    @abstractmethod
    def import_call(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`importlib.import_module(name, package)`."""

    @abstractmethod
    def import_lazy_child(self, proxy: Lazy, dotted: str, frame: Frame, mark: int) -> Value:
        """Carry out `lazy import a.b` when `b` is asked of `a`."""

    @abstractmethod
    def instantiate(
        self,
        cls: Class,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """`cls(…)`: the metaclass's `__call__`, or `__new__` and `__init__`."""

    @abstractmethod
    def joined(self, values: list[Value], frame: Frame) -> Value:
        """An f-string with these values in it."""

    @abstractmethod
    def load(
        self, file: ModuleFile, dotted: str, package: Module | None = None, run_as: str = ""
    ) -> Module:
        """Run a module that is not loaded."""

    @abstractmethod
    def load_once(
        self,
        file: ModuleFile,
        dotted: str,
        parent: Module | None,
        child: str,
        spot: Spot | None = None,
    ) -> Module:
        """The module of a file; run, and set on its package, if it is not loaded."""

    @abstractmethod
    def module_by_key(self, dotted: str, frame: Frame, mark: int) -> Value:
        """`sys.modules[dotted]`; raises the program's KeyError for a project module not loaded."""

    @abstractmethod
    def note_lazy(self, holder: Frame, import_id: int) -> None:
        """A lazy import is carried out now; a hook for `import_cycles.simulate.survey`."""

    @abstractmethod
    def run_comprehension(
        self,
        node: Comprehension,
        frame: Frame,
        first: Value,
        each: Callable[[list[Value]], None],
    ) -> bool:
        """Run a comprehension; whether every item is known."""

    @abstractmethod
    def run_import(self, step: Import, frame: Frame) -> None:
        """One `ImportRecord`."""

    @abstractmethod
    def set_attribute(
        self, owner: Value, attribute: str, value: Value, frame: Frame, mark: int
    ) -> None:
        """`owner.attribute = value`."""

    @abstractmethod
    def set_item(self, owner: Value, index: Value, value: Value, frame: Frame) -> None:
        """`owner[index] = value`."""

    @abstractmethod
    def truth_of(self, value: Value, frame: Frame, mark: int) -> bool | None:
        """Whether a value is true, `__bool__` and `__len__` called."""

    def note_loading(self, spot: Spot, dotted: str) -> None:
        """A call at a spot is about to load a module; for `import_cycles.simulate.survey`."""
        del spot, dotted

    def note_starred(self, frame: Frame, import_id: int, package: Module, name: str) -> None:
        """A star-import is about to load a submodule; for `import_cycles.simulate.survey`."""
        del frame, import_id, package, name

    def loaded_module(self, name: ModuleName) -> Module | None:
        """The program's view of `sys.modules`; a module that is perhaps there counts as there."""
        found = self.in_modules(name)
        if found is None:
            self.recorder.miss(name)
        else:
            self.recorder.meet(found)
        return found

    def is_in_modules(self, name: ModuleName) -> bool | None:
        """`name in sys.modules`; None where that is not known."""
        return self.loaded_module(name) is not None

    def still_to_mention(self, waiting: Iterable[Active], text: str) -> Active | None:
        """The first of some waiting modules, the rest of whose body contains this literal or name."""
        for active in waiting:
            found = self.mentions(active.module.name, text, active.position + 1)
            self.recorder.ask_for_mention(active.module, is_found=found)
            if found:
                return active
        self.recorder.unmentioned(text)
        return None

    def mentions(self, name: ModuleName, text: str, start: int = 0) -> bool:
        """Whether a module's body contains this literal or name, from a statement on."""
        summary = self.world.summary(name)
        return summary is not None and mentions(summary.codes[0].body[start:], text)

    def is_mentioned_around(self, text: str) -> bool:
        """Whether the rest of a module that is being executed contains this literal or name."""
        return any(
            self.mentions(active.module.name, text, active.position + 1) for active in self.stack
        )

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

    def named_module(self, value: Const, frame: Frame) -> ModuleName | None:
        """The module that a text names, perhaps with an object behind a colon; None if it names none."""
        if not isinstance(value.value, str):
            return None
        file = self.world.named_by(value.value, frame.module.file)
        return None if file is None else file.name

    def may_be_program(self, value: Value) -> bool:
        """Whether a value is a text that may be statements that bind names."""
        return isinstance(value, Const) and may_be_program(value.value)

    # --- raising ---------------------------------------------------------------------------

    def spot(self, frame: Frame, mark: int) -> Spot:
        """A mark of the code that a frame executes."""
        return frame.told_at or Spot(frame.module.name, frame.number, mark)

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
        """An exception of a builtin class that is raised at a mark."""
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

    def refuse(self, raised: Raised) -> Value:
        """An operation that raises in CPython, if the model's values are right.

        The exception is certain if a circular failure explains it. Otherwise released code is taken
        to be right and the model wrong (docs/simulation.md, "What is certain"): the value is
        unknown and the run goes on. If a handler of the program expects the exception, the handler
        is tried as a further way.
        """
        if raised.is_circular:
            raise raised
        if self.is_awaited(raised):
            self.possible(raised)
        else:
            self.refused.append(Refused(raised.error, raised.spot, raised.message))
        return UNKNOWN

    def lacking(self, raised: Raised, reason: str) -> Value:
        """A name or module that the project does not have anywhere.

        Code that is not followed may have put it there. So the outcome is unknown, and reported as
        such.
        """
        if self.is_awaited(raised):
            raised.certain, raised.doubt = False, reason
            raise raised
        self.refused.append(Refused(raised.error, raised.spot, raised.message))
        if not self.doubt:
            self.unsure.append(Unsure(reason, raised.spot))
        return UNKNOWN

    def may_raise(self, error: str = "", *, is_rare: bool = False) -> None:
        """An operation on an unknown value: it may raise an exception that a handler here catches.

        `error` is the class of the exception, where it is known. A rare one concerns only handlers
        that name just this class.
        """
        self.run_lost()
        if not self.catchers or self.catchers[-1].is_doubted:
            return
        module = self.stack[-1].module if self.stack else None
        for position in range(len(self.catchers) - 1, -1, -1):
            catcher = self.catchers[position]
            if catcher.is_doubted or catcher.module is not module:
                return
            if any(
                caught == Builtin(error) if is_rare else takes_from_values(caught, error)
                for caught in self._outside(position, partial(_classes_of, catcher)) or ()
            ):
                catcher.is_doubted = True
                self.raise_exits += 1

    def run_lost(self) -> None:
        """An operation on an unknown value: it may run any code that the program can still reach.

        Cost: as of `hand_over` when the module that is executed has got further containers.
        """
        if self.lost.may_have_grown and self.stack:
            self.lost.open_further(self.stack[-1].module)

    def is_awaited(self, raised: Raised) -> bool:
        """Whether a handler of the program around this may catch an exception."""
        for position in range(len(self.catchers) - 1, -1, -1):
            if self._does_catch(position, raised) is not False:
                self.recorder.ask(position)
                return True
        self.recorder.ask(None)
        return False

    def _does_catch(self, position: int, raised: Raised) -> bool | None:
        """Whether a handler catches an exception."""
        catcher = self.catchers[position]
        return self._outside(position, lambda: catcher.catches(raised))

    def _outside(self, position: int, act: Callable[[], Answer]) -> Answer | None:
        """Evaluate the classes that a handler names; None if that raises, which the handler does not catch."""
        catchers = self.catchers
        self.catchers = catchers[:position]
        try:
            return act()
        except Raised:
            return None
        finally:
            self.catchers = catchers

    def unless_raised(self, before: int, frame: Frame, act: Callable[[], None]) -> None:
        """Carry out the rest of a statement; only perhaps, if its start may have raised an exception.

        `before` is what `raise_exits` was when the statement began.
        """
        if self.raise_exits == before:
            act()
        else:
            self.fork(frame, act, do_nothing)

    # --- what is not followed --------------------------------------------------------------

    def hand_over(self, values: Iterable[Value]) -> None:
        """Code that is not followed gets these values; see `import_cycles.simulate.unseen`."""
        hand_over(self.journal, values, is_survey=self.is_survey)

    def expose(self, values: Iterable[Value], *, is_operation: bool = False) -> None:
        """Code that is not followed calls methods of objects; see `import_cycles.simulate.unseen`.

        Costs nothing for values that are neither containers nor objects.
        """
        if not self.is_survey:
            given = tuple(values)
            asked = [value for value in given if type(value) in _ASKED]
            if asked:
                expose_objects(self.journal, asked, is_operation=is_operation)
            if self.lost.may_have_grown and may_reach_lost(given):
                self.run_lost()

    def open_module(self, module: Module) -> None:
        """From now on a module may have names that the model does not see."""
        open_up(self.journal, module)

    def look_through(self, module: Module) -> None:
        """The run depends on all names that a module has."""
        self.ran.add(namespace_of(module.name))
        self.recorder.look_through(module)

    def note_unknown_import(self) -> None:
        """Any module of the project may be loaded now: an import of a name that is not known."""
        if self.loaded and self.loaded[-1] not in self.unknown_imports:
            self.unknown_imports.append(self.loaded[-1])
        for module in list(self.modules.values()):
            if isinstance(module, Module):
                open_containers(self.journal, module.names.values())

    def note_fact(self, fact: object) -> None:
        """Record a fact for the rest of the run."""
        if fact in self.facts:
            self.recorder.ask_fact(fact, is_so=True)
        else:
            self.facts.append(fact)

    def is_fact(self, fact: object) -> bool:
        """Whether a fact for the rest of the run was recorded."""
        is_so = fact in self.facts
        self.recorder.ask_fact(fact, is_so=is_so)
        return is_so

    # --- forks -----------------------------------------------------------------------------

    def try_out(self, act: Callable[[], None]) -> tuple[Jump | None, Changes]:
        """Run an act and undo its changes; returns how it ended, and the changes."""
        if act is do_nothing:
            self.journal.skip()
            return None, {}
        ended: Jump | None = None
        journal = self.journal
        begun = journal.begin()
        try:
            act()
        except (Raised, Returned, Broke, Continued) as jump:
            ended = without_traceback(jump)
        finally:
            changes = journal.end(begun)
            self.lost.may_have_grown = True
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
            # Only one way goes on, or none: the changes of the other are lost with it, unless a
            # handler catches its exception and the program goes on from there.
            if isinstance(ended, Raised) or not self._is_taken(other_ended):
                self.journal.adopt(changes)
            else:
                lose_sight(self.journal, self.journal.merge(changes, other_changes))
            if isinstance(ended, Raised):
                same = ended.spot == other_ended.spot and ended.error == other_ended.error
                ended.certain = ended.certain and other_ended.certain and same
                ended.partial = ended.partial or other_ended.partial
                ended.cause = ended.cause or other_ended.cause
            else:
                self.possible(other_ended)
            if ended is not None:
                raise ended
            return
        lost = self.journal.merge(changes, other_changes)
        if lost:
            lose_sight(self.journal, lost)
        if ended is not None or other_ended is not None:
            jump = meeting(ended, other_ended, frame)
            if jump is not None:
                raise jump

    def _is_taken(self, raised: Raised) -> bool:
        """Whether a handler of the program takes an exception for certain."""
        return any(self._does_catch(position, raised) for position in range(len(self.catchers)))

    def possible(self, raised: Raised) -> None:
        """An exception that is raised on some ways only."""
        for position in range(len(self.catchers) - 1, -1, -1):
            catcher = self.catchers[position]
            if self._does_catch(position, raised):
                self.recorder.ask(position)
                catcher.pending.append(raised)
                self.raise_exits += 1
                return
        self.recorder.ask(None)
        if not self.calls or self.doubt <= LIMITS.doubt_in_calls:
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
            return self.joined_value(*values)
        return values[0] if values else UNKNOWN

    def joined_value(self, first: Value, second: Value) -> Value:
        """The common part of two possible values."""
        met = join(first, second)
        if met is UNKNOWN and first is not second:
            lose_sight(self.journal, (first, second))
        return met

    def has_room(self) -> bool:
        """Whether the budgets have room for the statements of a call."""
        self.recorder.ask_room()
        return self.call_steps <= LIMITS.call_steps and not (
            self.doubt and self.doubtful_steps > LIMITS.doubtful_steps
        )

    def count_step(self) -> None:
        """Count one more statement; raises GiveUp when there were too many."""
        self.steps += 1
        if self.calls:
            self.call_steps += 1
            if self.doubt:
                self.doubtful_steps += 1
        if self.steps > LIMITS.steps:
            raise GiveUp("more code runs while importing than is followed")

    def caught_by(self, raised: Raised, caught: Value) -> bool | None:
        """Whether the value of an `except` clause, perhaps a tuple, catches an exception."""
        if isinstance(caught, Sequence):
            answers = [self.caught_by(raised, item) for item in caught.items]
            if True in answers:
                return True
            return None if None in answers else False
        return is_caught(raised, caught)


_ASKED = frozenset({Attributes, Method, Partial, Instance, Class, Mapping, Sequence, Suspended})


def _classes_of(catcher: Catcher) -> tuple[Value, ...]:
    return tuple(catcher.classes())


def do_nothing() -> None:
    """The way on which nothing happens."""


def without_traceback(jump: AnyJump) -> AnyJump:
    """The jump, without its references to the machine's own frames, which refer to it in turn."""
    jump.__traceback__ = None
    jump.__context__ = None
    return jump


def meeting(first: Jump | None, second: Jump | None, frame: Frame) -> Jump | None:
    """The end of a fork if neither way raises.

    Where one way leaves the block that the frame executes and the other does not, the rest of the
    block runs perhaps; the frame is told by `exits`.
    """
    match first, second:
        case Returned(value=one), Returned(value=other):
            return Returned(join(one, other))
        case (Returned(value=value), rest) | (rest, Returned(value=value)):
            # The frame may have been left here; `run_function` takes that into account.
            frame.returns.append(value)
            frame.exits += 1
            frame.return_exits += 1
            return rest
        case None, None:
            return None
        case (None, Continued()) | (Continued(), None):
            frame.exits += 1
            frame.continues += 1
            return None
        case (None, _) | (_, None):
            frame.exits += 1
            return None
        case (Broke(), Continued()) | (Continued(), Broke()):
            frame.exits += 1
            return Continued()
        case _:
            return first


def argument_kind(value: Value) -> object:
    """The part of an argument that can decide about imports; equal kinds count as the same call."""
    match value:
        case Const(value=constant):
            return constant
        case Function(module=module, number=number):
            return module.name, number
        case Instance(cls=cls):
            return id(cls)
        case Class() | Module():
            return id(value)
        case LibraryObject():
            return value
        case _:
            return None


def truth(value: Value) -> bool | None:
    """Whether a value is true; None when that is not known."""
    match value:
        case Const(value=constant):
            return bool(constant)
        case Sequence(fields=fields):
            return bool(value.items) or (None if OPEN in fields else False)
        case Function() | Module() | Class() | Method() | Builtin() | Suspended() | Partial():
            return True
        case LibraryObject():
            return True
        case _:
            return None


def mark_of(expression: Expression) -> int:
    """The mark that an exception of an operation on the value of an expression gets."""
    mark = getattr(expression, "mark", 0)
    assert isinstance(mark, int)
    return mark


def strings(values: Iterable[Value]) -> list[str] | None:
    """The texts of literals; None unless all are."""
    found = []
    for value in values:
        if not (isinstance(value, Const) and isinstance(value.value, str)):
            return None
        found.append(value.value)
    return found
