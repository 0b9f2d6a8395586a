"""Exceptions: `try`, `raise`, `assert` and `with`.

A body may raise an exception on some ways only, or because an operation on an unknown value may
raise any. Its handler is then one more way through the program.
Source: Python/compile.c and the language reference; PEP 654 for groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from import_cycles.simulate.absences import explained
from import_cycles.simulate.assignment import assign
from import_cycles.simulate.bindings import bound_in
from import_cycles.simulate.core import Catcher, Core, Jump, Reason, without_traceback
from import_cycles.simulate.errors import (
    Broke,
    Continued,
    Raised,
    Returned,
    exception_of,
    takes_from_values,
)
from import_cycles.simulate.expressions import awaited, evaluate
from import_cycles.simulate.marks import MISSED
from import_cycles.simulate.names import bind, namespace
from import_cycles.simulate.outcome import Cause
from import_cycles.simulate.stores import now, parts
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Class,
    Const,
    Frame,
    Function,
    Instance,
    Module,
    Scope,
    Sequence,
    SequenceKind,
    Suppress,
    Suspended,
    Value,
    Wrapping,
    sequence,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.walk import steps_of_scope

_NO_CONTEXT: Final = "object does not support the context manager protocol"


_JUMPS: Final = (s.Return, s.Break, s.Continue)


def run_raise(machine: Core, step: s.Raise, frame: Frame) -> None:
    if step.exception is None:
        machine.recorder.reraise(len(machine.handling))
        if machine.handling:
            raise machine.handling[-1]
        machine.refuse(
            machine.raised(
                "RuntimeError", frame, step.mark, message="No active exception to reraise"
            )
        )
        return
    value = evaluate(machine, step.exception, frame)
    given = None if step.cause is None else evaluate(machine, step.cause, frame)
    if isinstance(value, (Class, Builtin)):
        value = machine.call(value, (), {}, frame, step.mark)
    original = value.names.get("raised") if isinstance(value, Instance) else None
    if isinstance(original, _Held):
        # The traceback continues from the place where the exception was first raised.
        machine.recorder.stored_exception(original.made)
        raise original.raised
    if isinstance(value, (Const, Module)):
        failure = machine.raised(
            "TypeError", frame, step.mark, message="exceptions must derive from BaseException"
        )
        machine.refuse(explained(machine, failure, value))
    cls = exception_of(value)
    raise Raised(
        cls,
        machine.spot(frame, step.mark),
        message=_message(value),
        stack=machine.chain(),
        value=value,
        certain=not machine.handling or machine.handling[-1].certain,
        doubt=machine.handling[-1].doubt if machine.handling else "",
        cause=_cause_held(value) or _cause_held(given) or cause_now(machine),
    )


def cause_now(machine: Core) -> Cause | None:
    """The circular failure that leads to the present statement; None without one."""
    if machine.handling and machine.handling[-1].is_circular:
        return machine.handling[-1].as_cause()
    return next((cause for each in machine.controls if (cause := _found_out(each))), None)


def run_assert(machine: Core, step: s.Assert, frame: Frame) -> None:
    machine.reason_seen = None
    known = machine.truth_of(evaluate(machine, step.test, frame), frame, step.mark)
    if known is True:
        return
    cause = _found_out(machine.reason_seen) or cause_now(machine)

    def fail() -> None:
        if step.message is not None:
            evaluate(machine, step.message, frame)
        failure = machine.raised("AssertionError", frame, step.mark)
        failure.cause = cause
        raise failure

    if known is False:
        fail()


def run_try(machine: Core, step: s.Try, frame: Frame) -> None:
    if any(isinstance(inner, _JUMPS) for inner in steps_of_scope(step.finalbody)):
        # A `return` there ends any exception or jump on its way.
        with catching(machine, Catcher(_perhaps_any, frame.module)):
            ended = ending(machine, lambda: _guarded(machine, step, frame))
    else:
        ended = ending(machine, lambda: _guarded(machine, step, frame))
    if isinstance(ended, Raised):
        if ended.is_circular and frame.scope is Scope.MODULE:
            _note_missed(machine, step.body, ended.as_cause(), frame)
        with being_handled(machine, ended):
            machine.execute(step.finalbody, frame)
    else:
        machine.execute(step.finalbody, frame)
    if ended is not None:
        raise ended


def ending(machine: Core, act: Callable[[], None]) -> Jump | None:
    """Run an act; the jump that ends it early, if one does."""
    try:
        act()
    except (Raised, Returned, Broke, Continued) as jump:
        return without_traceback(jump)
    return None


def _guarded(machine: Core, step: s.Try, frame: Frame) -> None:
    catcher = Catcher(
        lambda raised: _handler_for(machine, step, raised, frame)[1],
        frame.module,
        lambda: (_caught_by(machine, handler, frame) for handler in step.handlers),
    )
    with catching(machine, catcher):
        ended = ending(machine, lambda: machine.execute(step.body, frame))
    pending = _distinct(catcher.pending)
    if catcher.is_doubted:
        pending += _unknown_failures(machine, step, frame)
    _one_of(machine, pending, step, ended, frame)


def _unknown_failures(machine: Core, step: s.Try, frame: Frame) -> list[Raised]:
    """Exceptions that an operation on an unknown value may raise: one for each handler."""
    return [
        _UnknownFailure(handler)
        for handler in step.handlers
        if takes_from_values(_caught_by(machine, handler, frame), "")
    ]


def _caught_by(machine: Core, handler: s.Handler, frame: Frame) -> Value:
    """The class that a handler names."""
    if handler.catches is None:
        return Builtin("Exception")
    return evaluate(machine, handler.catches, frame)


def _one_of(
    machine: Core, pending: list[Raised], step: s.Try, ended: Jump | None, frame: Frame
) -> None:
    """Go on after the body: run the handlers of its possible exceptions, or go on as it ended."""
    if not pending:
        _after_body(machine, step, ended, frame)
        return
    failure = pending[0]
    if isinstance(failure, _UnknownFailure):
        handler: s.Handler | None = failure.handler
    else:
        handler, _ = _handler_for(machine, step, failure, frame)
    if handler is None:
        _one_of(machine, pending[1:], step, ended, frame)
        return
    machine.fork(
        frame,
        lambda: _handle(machine, handler, failure, step, frame),
        lambda: _one_of(machine, pending[1:], step, ended, frame),
    )


def _after_body(machine: Core, step: s.Try, ended: Jump | None, frame: Frame) -> None:
    if ended is None:
        machine.execute(step.orelse, frame)
        return
    if not isinstance(ended, Raised):
        raise ended
    members = _members_of_group(ended.value) if step.is_group else None
    if members is not None:
        _handle_group(machine, step, ended, members, frame)
        return
    with being_handled(machine, ended):
        handler, caught = _handler_for(machine, step, ended, frame)
    if handler is None or caught is False:
        raise ended
    if caught is None:
        # It is not known whether the handler catches it.
        machine.fork(
            frame,
            lambda: _handle(machine, handler, ended, step, frame),
            partial(_raise_again, ended),
        )
        return
    _handle(machine, handler, ended, step, frame)


def _handle_group(
    machine: Core, step: s.Try, ended: Raised, members: tuple[Value, ...], frame: Frame
) -> None:
    """`except*`: each handler gets the members that it catches; the rest is raised again.

    Source: PEP 654, and Objects/exceptions.c, `_PyExc_PrepReraiseStar`.
    """
    left, raised = list(members), list[Raised]()
    for handler in step.handlers:
        caught: list[Value] = []
        for member in left:
            assert handler.catches is not None, "except* names what it catches"
            one = Raised(exception_of(member), ended.spot, value=member)
            answer = machine.caught_by(one, evaluate(machine, handler.catches, frame))
            if answer is None:
                ended.certain = False
                raise ended
            if answer:
                caught.append(member)
        if not caught:
            continue
        left = [member for member in left if member not in caught]
        part = _group(ended, caught)
        jump = ending(machine, partial(partial(_handle, machine), handler, part, step, frame))
        if jump is part:
            left += caught
        elif isinstance(jump, Raised):
            raised.append(jump)
        elif jump is not None:
            raise jump
    if len(raised) == 1 and not left:
        raise raised[0]
    if raised:
        # A new group of these. Limit: where its traceback starts is not known.
        again = _group(ended, [_as_value(each) for each in raised])
        again.certain = False
        raise again
    if left:
        raise _group(ended, left)


@contextmanager
def catching(machine: Core, catcher: Catcher) -> Iterator[None]:
    """While the block runs, possible exceptions that `catcher` catches go to it."""
    exits, outer = machine.raise_exits, sum(each.n_exits for each in machine.catchers)
    machine.catchers.append(catcher)
    try:
        yield
    finally:
        machine.catchers.pop()
        # After it, only exceptions that handlers further out may have caught matter.
        machine.raise_exits = exits + sum(each.n_exits for each in machine.catchers) - outer


@contextmanager
def being_handled(machine: Core, raised: Raised) -> Iterator[None]:
    """While the block runs, a bare `raise` raises this."""
    machine.handling.append(raised)
    try:
        yield
    finally:
        machine.handling.pop()


def _handler_for(
    machine: Core, step: s.Try, raised: Raised, frame: Frame
) -> tuple[s.Handler | None, bool | None]:
    """The first handler that catches an exception, or may; and whether it is known to."""
    for handler in step.handlers:
        if handler.catches is None:
            return handler, True
        caught = machine.caught_by(raised, evaluate(machine, handler.catches, frame))
        if caught is not False:
            return handler, caught
    return None, False


def _handle(machine: Core, handler: s.Handler, raised: Raised, step: s.Try, frame: Frame) -> None:
    note_handled(machine, raised)
    if raised.is_circular and frame.scope is Scope.MODULE:
        _note_missed(machine, step.body, raised.as_cause(), frame)
    try:
        with being_handled(machine, raised):
            if handler.name is not None:
                bind(machine, handler.name, _as_value(raised), frame)
            machine.execute(handler.body, frame)
    finally:
        if handler.name is not None:
            machine.journal.erase(namespace(machine, handler.name, frame), handler.name)


def _note_missed(machine: Core, body: s.Block, cause: Cause, frame: Frame) -> None:
    """The names that a body has not bound because a circular failure ended it."""
    summary = machine.world.summary(frame.module.name)
    assert summary is not None, "a module that runs has a summary"
    for name, _ in bound_in(body, summary):
        if name not in frame.names:
            machine.journal.write(frame.module.fields, (MISSED, name), cause)


def run_with(machine: Core, step: s.With, frame: Frame) -> None:
    context = evaluate(machine, step.context, frame)
    match context:
        case Suppress(caught=caught):
            _suppressing(machine, step, caught, frame)
        case Suspended(body=Function(wrapping=Wrapping.CONTEXT_MANAGER) as function):
            _in_generator(machine, step, function, context.arguments, frame)
        case Instance(cls=Class()):
            _in_object(machine, step, context, frame)
        case _:
            enter = "__aenter__" if step.is_async else "__enter__"
            if isinstance(context, (Const, Module)):
                # Until Python 3.11 the message names the method that is looked up first.
                is_told = machine.world.target.version >= (3, 11)
                error, message = (
                    ("TypeError", _NO_CONTEXT) if is_told else ("AttributeError", enter)
                )
                failure = machine.raised(error, frame, step.mark, message=message)
                machine.refuse(explained(machine, failure, context))
            machine.may_raise()
            if step.target is not None:
                assign(machine, step.target, UNKNOWN, frame)
            machine.execute(step.body, frame)
            # Its `__exit__` may call what it got in the block.
            machine.run_lost()


def _suppressing(machine: Core, step: s.With, caught: tuple[Value, ...], frame: Frame) -> None:
    def catches(raised: Raised) -> bool | None:
        answers = [machine.caught_by(raised, each) for each in caught]
        return True if True in answers else (None if None in answers else False)

    if step.target is not None:
        assign(machine, step.target, UNKNOWN, frame)
    try:
        with catching(machine, Catcher(catches, frame.module, lambda: caught)):
            machine.execute(step.body, frame)
    except Raised as raised:
        if not catches(raised):
            raise
        note_handled(machine, without_traceback(raised))
        if raised.is_circular and frame.scope is Scope.MODULE:
            _note_missed(machine, step.body, raised.as_cause(), frame)


def note_handled(machine: Core, raised: Raised) -> None:
    """A handler catches an exception: a circular one ends the import that it guards."""
    if raised.partial and machine.stack and machine.stack[-1].importing is not None:
        machine.fallbacks.append(machine.stack[-1].importing)
    if raised.is_circular and machine.stack:
        machine.put_up_with.append(machine.stack[-1].module.name)


def _in_generator(
    machine: Core, step: s.With, function: Function, arguments: dict[str, Value], frame: Frame
) -> None:
    """A `with` on a `@contextmanager`: its body runs where the generator yields."""
    jumps: list[Jump] = []

    def on_yield(value: Value) -> Value:
        if step.target is not None:
            assign(machine, step.target, value, frame)
        with catching(machine, Catcher(_perhaps_any, frame.module)):
            jump = ending(machine, lambda: machine.execute(step.body, frame))
        if isinstance(jump, Raised):
            raise jump
        if jump is not None:
            jumps.append(jump)
        return NONE

    machine.run_function(function, dict(arguments), on_yield)
    if jumps:
        raise jumps[0]


def _in_object(machine: Core, step: s.With, context: Instance, frame: Frame) -> None:
    enter, leave = ("__aenter__", "__aexit__") if step.is_async else ("__enter__", "__exit__")
    entered = machine.call(
        machine.attribute(context, enter, frame, step.mark), (), {}, frame, step.mark
    )
    if step.is_async:
        entered = awaited(machine, entered)
    if step.target is not None:
        assign(machine, step.target, entered, frame)
    with catching(machine, Catcher(_perhaps_any, frame.module)):
        jump = ending(machine, lambda: machine.execute(step.body, frame))
    method = machine.attribute(context, leave, frame, step.mark)
    if not isinstance(jump, Raised):
        left = machine.call(method, (NONE, NONE, NONE), {}, frame, step.mark)
        if step.is_async:
            awaited(machine, left)
        if jump is not None:
            raise jump
        return
    with being_handled(machine, jump):
        arguments = (jump.cls, _as_value(jump), UNKNOWN)
        swallowed = machine.call(method, arguments, {}, frame, step.mark)
        if step.is_async:
            swallowed = awaited(machine, swallowed)
    known = machine.truth_of(swallowed, frame, step.mark)
    if known is not True:
        jump.certain = jump.certain and known is False
        raise jump


class _UnknownFailure(Raised):
    """An exception that only its handler is known to catch."""

    def __init__(self, handler: s.Handler) -> None:
        super().__init__(UNKNOWN, None, certain=False)
        self.handler = handler


def _perhaps_any(raised: Raised) -> None:
    """For a context manager, or a `finally` that returns: it may end any exception."""
    del raised


def _raise_again(raised: Raised) -> None:
    raise raised


class _Held(Value):
    """The machine's exception inside the value that the program sees."""

    __slots__ = ("made", "raised")

    def __init__(self, raised: Raised) -> None:
        self.raised = raised
        self.made = now()


def _as_value(raised: Raised) -> Value:
    """The value that `except … as name` binds."""
    if isinstance(raised.value, Instance):
        raised.value.names["raised"] = _Held(raised)
        return raised.value
    if isinstance(raised.cls, (Builtin, Class)):
        known: dict[str, Value] = {"raised": _Held(raised)}
        if raised.error in ("ImportError", "ModuleNotFoundError"):
            known["name"] = Const(raised.name if raised.of is None else str(raised.of))
        return Instance(raised.cls, parts(known))
    return UNKNOWN


def _cause_held(value: Value | None) -> Cause | None:
    """The circular failure that an exception object is, or that a group holds."""
    if not isinstance(value, Instance):
        return None
    held = value.names.get("raised")
    if isinstance(held, _Held) and held.raised.is_circular:
        return held.raised.as_cause()
    members = _members_of_group(value) or ()
    return next((cause for each in members if (cause := _cause_held(each))), None)


def _found_out(reason: Reason | None) -> Cause | None:
    return reason() if callable(reason) else reason


def _members_of_group(value: Value | None) -> tuple[Value, ...] | None:
    """The members of an exception group, groups in it spread out; None for what is no group."""
    if not isinstance(value, Instance):
        return None
    exceptions = value.names.get("exceptions")
    if not isinstance(exceptions, Sequence) or exceptions.is_open:
        return None
    members: list[Value] = []
    for member in exceptions.items:
        members += _members_of_group(member) or (member,)
    return tuple(members)


def _group(of: Raised, members: list[Value]) -> Raised:
    """A part of an exception group; its traceback continues where the whole group was raised."""
    names: dict[str, Value] = {"exceptions": sequence(SequenceKind.TUPLE, tuple(members))}
    value = Instance(of.cls, parts(names)) if isinstance(of.cls, (Builtin, Class)) else None
    return Raised(of.cls, of.spot, message=of.message, stack=of.stack, value=value)


def _message(value: Value) -> str:
    if isinstance(value, Instance):
        message = value.names.get("message")
        if isinstance(message, Const):
            return str(message.value)
    return ""


def _distinct(pending: list[Raised]) -> list[Raised]:
    by_error = {(raised.error, raised.is_circular): raised for raised in pending}
    return list(by_error.values())
