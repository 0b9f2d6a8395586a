"""Loops, and functions that run a body for each item.

A loop over items that are not known runs its body once, as one of two ways; so does every round
behind a `break` that perhaps was executed.
"""

from __future__ import annotations

from collections.abc import Callable

from import_cycles.simulate.absences import explained
from import_cycles.simulate.assignment import assign
from import_cycles.simulate.core import Catcher, Core, Jump, do_nothing, mark_of, without_traceback
from import_cycles.simulate.errors import Broke, Continued, Raised, is_caught
from import_cycles.simulate.expressions import evaluate, ignore, run_comprehension
from import_cycles.simulate.handlers import catching, ending
from import_cycles.simulate.library_objects import is_in_any_order
from import_cycles.simulate.marks import CONSUMED, MEMBERS, OPEN, RUN_AS
from import_cycles.simulate.operations import names_of
from import_cycles.simulate.orders import in_any_order
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Module,
    Namespace,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
)
from import_cycles.syntax import steps as s


def ends_early(machine: Core) -> bool:
    """Whether a loop goes no further because no call is followed any more.

    A loop that defines names of a module goes on: other modules ask for them. One in a function, or in
    the main program, whose names hardly any module asks for, does not.
    """
    if not machine.calls and not (machine.stack and RUN_AS in machine.stack[-1].module.fields):
        return False
    return not machine.has_room()


def run_while(machine: Core, step: s.While, frame: Frame) -> None:
    loop = _Loop(frame)
    for _ in range(machine.max_iterations):
        known = machine.truth_of(evaluate(machine, step.test, frame), frame, 0)
        if known is None:
            _perhaps(machine, lambda _: _round(machine, step.body, frame, loop), frame)
            break
        if known is False:
            break
        if loop.is_perhaps_left or ends_early(machine):
            _perhaps(machine, lambda _: _round(machine, step.body, frame, loop), frame)
            if ends_early(machine):
                break
            continue
        if not _round(machine, step.body, frame, loop):
            loop.end()
            return
    else:
        # The effects of further rounds are not known.
        _perhaps(machine, lambda _: _round(machine, step.body, frame, loop), frame)
    _after_loop(machine, step.orelse, frame, loop)


def _round(machine: Core, body: s.Block, frame: Frame, loop: _Loop) -> bool:
    """Run the body of a loop once; False after a `break`."""
    continues = frame.continues
    try:
        machine.execute(body, frame)
    except Broke as jump:
        without_traceback(jump)
        loop.is_broken = True
        return False
    except Continued as jump:
        without_traceback(jump)
        return True
    finally:
        frame.exits -= frame.continues - continues
        frame.continues = continues
    return True


def _after_loop(machine: Core, orelse: s.Block, frame: Frame, loop: _Loop) -> None:
    """The `else` of a loop that no `break` has left for certain."""
    is_left = loop.is_perhaps_left
    loop.end()
    if not orelse:
        return
    if is_left:
        machine.fork(frame, lambda: machine.execute(orelse, frame), do_nothing)
    else:
        machine.execute(orelse, frame)


def run_for(machine: Core, step: s.For, frame: Frame) -> None:
    iterable = evaluate(machine, step.iterable, frame)
    loop = _Loop(frame)

    def once(item: Value) -> None:
        assign(machine, step.target, item, frame)
        if not _round(machine, step.body, frame, loop):
            raise Broke

    def body(item: Value) -> None:
        if loop.is_perhaps_left:
            machine.fork(frame, lambda: once(item), do_nothing)
        else:
            once(item)

    try:
        iterate(machine, iterable, body, frame, mark_of(step.iterable))
    except Broke as jump:
        without_traceback(jump)
        loop.end()
        return
    _after_loop(machine, step.orelse, frame, loop)


def iterate(
    machine: Core, iterable: Value, body: Callable[[Value], None], frame: Frame, mark: int = 0
) -> None:
    """Run `body` for each item; a Broke from it passes through."""
    match iterable:
        case Sequence(kind=SequenceKind.SET) if len(iterable.items) > 1:
            _in_any_order(machine, iterable, body, frame)
        case Sequence() if is_in_any_order(iterable):
            _in_any_order(machine, iterable, body, frame)
        case Sequence():
            _one_by_one(machine, iterable.items, body, frame)
            if iterable.is_open:
                _perhaps(machine, body, frame)
        case Mapping(items=items):
            for position, (key, value) in enumerate(list(items.items())):
                if _is_cut(machine, position):
                    break
                if isinstance(value, Maybe):
                    _perhaps(machine, body, frame, Const(key))
                else:
                    body(Const(key))
            else:
                if not iterable.is_open:
                    return
            _perhaps(machine, body, frame)
        case Namespace() | Attributes():
            names = names_of(machine, iterable)
            if names is None:
                _perhaps(machine, body, frame)
            else:
                _one_by_one(machine, names, body, frame)
        case Suspended(is_coroutine=False):
            _drive(machine, iterable, body, frame, mark)
        case Class() if (members := iterable.fields.get(MEMBERS)) is not None:
            assert isinstance(members, tuple)
            _one_by_one(machine, members, body, frame)
        case Instance(cls=Class()):
            iterator = machine.call(
                machine.attribute(iterable, "__iter__", frame, 0), (), {}, frame, 0
            )
            if isinstance(iterator, (Sequence, Mapping, Suspended)):
                iterate(machine, iterator, body, frame)
            elif isinstance(iterator, Instance) and isinstance(iterator.cls, Class):
                _step_through(machine, iterator, body, frame)
            else:
                machine.expose((iterable,), is_operation=True)
                _perhaps(machine, body, frame)
        case Const(value=str(text)):
            _one_by_one(machine, tuple(map(Const, text)), body, frame)
        case Const() | Module():
            kind = "module" if isinstance(iterable, Module) else type(iterable.value).__name__
            message = f"'{kind}' object is not iterable"
            failure = machine.raised("TypeError", frame, mark, message=message)
            machine.refuse(explained(machine, failure, iterable))
            _perhaps(machine, body, frame)
        case _:
            machine.may_raise()
            machine.expose((iterable,), is_operation=True)
            _perhaps(machine, body, frame)


def _one_by_one(
    machine: Core, items: tuple[Value, ...], body: Callable[[Value], None], frame: Frame
) -> None:
    for position, item in enumerate(items):
        if _is_cut(machine, position):
            _perhaps(machine, body, frame)
            return
        body(item)


def _is_cut(machine: Core, position: int) -> bool:
    """Whether the round at a position and those behind it are not run; what they do is not known."""
    return position >= machine.max_iterations or (position > 0 and ends_early(machine))


def _in_any_order(
    machine: Core, iterable: Sequence, body: Callable[[Value], None], frame: Frame
) -> None:
    """The items of a set: results that depend on their order are not known."""
    items = iterable.items

    def rounds(ordered: tuple[Value, ...]) -> None:
        _one_by_one(machine, ordered, body, frame)
        if iterable.fields.get(OPEN) is True:
            _perhaps(machine, body, frame)

    in_any_order(machine, items, rounds, frame)


def _step_through(
    machine: Core, iterator: Instance, body: Callable[[Value], None], frame: Frame
) -> None:
    """Call `__next__` of a project's class until it raises StopIteration."""

    def is_end(raised: Raised) -> bool | None:
        return is_caught(raised, Builtin("StopIteration"))

    for _ in range(machine.max_iterations):
        method = machine.attribute(iterator, "__next__", frame, 0)
        catcher = Catcher(is_end, frame.module)
        try:
            with catching(machine, catcher):
                item = machine.call(method, (), {}, frame, 0)
        except Raised as raised:
            if is_end(raised):
                return
            raise
        if catcher.pending or item is UNKNOWN:
            _perhaps(machine, body, frame)
            return
        body(item)


def _perhaps(
    machine: Core, body: Callable[[Value], object], frame: Frame, item: Value = UNKNOWN
) -> None:
    def once() -> None:
        # A jump out of the loop leaves only this way through the program.
        try:
            body(item)
        except (Broke, Continued) as jump:
            without_traceback(jump)

    machine.fork(frame, once, do_nothing)


def _drive(
    machine: Core, suspended: Suspended, body: Callable[[Value], None], frame: Frame, mark: int
) -> None:
    """Run a generator and `body` for what it yields.

    A jump out of the body does not go through the generator. CPython closes the generator, which
    raises GeneratorExit where it stands (Objects/genobject.c, `gen_close`), and forgets it.
    """
    if suspended.fields.get(CONSUMED):
        return
    machine.journal.write(suspended.fields, CONSUMED, True)
    left: list[Jump] = []

    def on_yield(value: Value) -> Value:
        if not left:
            jump = ending(machine, lambda: body(value))
            if jump is None:
                return NONE
            left.append(jump)
        raise machine.raised("GeneratorExit", frame, 0)

    def run() -> None:
        if isinstance(suspended.body, Function):
            machine.run_function(suspended.body, dict(suspended.arguments), on_yield)
        elif callable(suspended.body):
            suspended.body(on_yield)
        else:
            node, around, first = suspended.body
            run_comprehension(machine, node, around, first, lambda each: ignore(on_yield(each[0])))

    ended = ending(machine, run)
    if left:
        raise left[0]
    if isinstance(ended, Raised) and isinstance(suspended.body, Function):
        raise _out_of_generator(machine, ended, frame, mark)
    if ended is not None:
        raise ended


def _out_of_generator(machine: Core, raised: Raised, frame: Frame, mark: int) -> Raised:
    """The exception that leaves a generator; StopIteration becomes another one (PEP 479)."""
    if not is_caught(raised, Builtin("StopIteration")):
        return raised
    failure = machine.raised("RuntimeError", frame, mark, message="generator raised StopIteration")
    failure.cause = raised.as_cause() if raised.is_circular else None
    failure.certain, failure.doubt = raised.certain, raised.doubt
    return failure


class _Loop:
    """A loop that is being executed: whether a jump may have left it before its end."""

    __slots__ = ("_exits", "_frame", "_returns", "is_broken")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._exits = frame.exits
        self._returns = frame.return_exits
        self.is_broken = False
        """Whether a `break` was executed, on one way through the program at least."""

    @property
    def is_perhaps_left(self) -> bool:
        """Whether on some way no further round is run."""
        return self.is_broken or self._frame.exits != self._exits

    def end(self) -> None:
        """After the loop: exits that left only the loop no longer matter."""
        frame = self._frame
        frame.exits = self._exits + frame.return_exits - self._returns
