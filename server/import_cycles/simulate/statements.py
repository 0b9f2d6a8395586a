"""Statements by kind, and those that choose between blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from import_cycles.simulate.assignment import (
    run_annotated,
    run_assign,
    run_augmented,
    run_delete,
    stood_in,
)
from import_cycles.simulate.core import Core, do_nothing
from import_cycles.simulate.errors import Broke, Continued, Returned
from import_cycles.simulate.expressions import evaluate
from import_cycles.simulate.handlers import run_assert, run_raise, run_try, run_with
from import_cycles.simulate.loops import run_for, run_while
from import_cycles.simulate.names import bind
from import_cycles.simulate.outcome import Cause
from import_cycles.simulate.patterns import matches
from import_cycles.simulate.values import NONE, UNKNOWN, Const, Frame, Value
from import_cycles.syntax import steps as s


def _evaluate(machine: Core, step: s.Evaluate, frame: Frame) -> None:
    evaluate(machine, step.value, frame)


def _type_alias(machine: Core, step: s.DefineTypeAlias, frame: Frame) -> None:
    bind(machine, step.name, UNKNOWN, frame)


def _if(machine: Core, step: s.If, frame: Frame) -> None:
    machine.reason_seen = None
    known = machine.truth_of(evaluate(machine, step.test, frame), frame, 0)
    if known is None:
        machine.fork(
            frame,
            lambda: machine.execute(step.body, frame),
            (lambda: machine.execute(step.orelse, frame)) if step.orelse else do_nothing,
        )
        return
    reason, machine.reason_seen = machine.reason_seen, None
    block = step.body if known else step.orelse
    if reason is None:
        machine.execute(block, frame)
        return
    machine.controls.append(reason)
    if isinstance(reason, Cause) and machine.stack:
        machine.put_up_with.append(machine.stack[-1].module.name)
    try:
        machine.execute(block, frame)
    finally:
        machine.controls.pop()


def _match(machine: Core, step: s.Match, frame: Frame) -> None:
    _cases(machine, evaluate(machine, step.subject, frame), step.cases, frame)


def _cases(machine: Core, subject: Value, cases: tuple[s.Case, ...], frame: Frame) -> None:
    if not cases:
        return
    case, rest = cases[0], cases[1:]
    known = matches(machine, case.pattern, subject, frame)
    if known is not False and case.guard is not None:
        guard = machine.truth_of(evaluate(machine, case.guard, frame), frame, 0)
        known = guard if known is True else (False if guard is False else None)
    if known is True:
        machine.execute(case.body, frame)
    elif known is False:
        _cases(machine, subject, rest, frame)
    else:
        machine.fork(
            frame,
            lambda: machine.execute(case.body, frame),
            lambda: _cases(machine, subject, rest, frame),
        )


def _return(machine: Core, step: s.Return, frame: Frame) -> None:
    value = NONE if step.value is None else evaluate(machine, step.value, frame)
    raise Returned(stood_in(machine, value) if type(value) is Const else value)


def _break(machine: Core, step: s.Break, frame: Frame) -> None:
    raise Broke


def _continue(machine: Core, step: s.Continue, frame: Frame) -> None:
    raise Continued


STATEMENT_HANDLERS: Final[dict[type[s.Step], Callable[..., None]]] = {
    s.Evaluate: _evaluate,
    s.Assign: run_assign,
    s.AugmentedAssign: run_augmented,
    s.AnnotatedAssign: run_annotated,
    s.Delete: run_delete,
    s.If: _if,
    s.While: run_while,
    s.For: run_for,
    s.Try: run_try,
    s.With: run_with,
    s.Match: _match,
    s.Raise: run_raise,
    s.Assert: run_assert,
    s.Return: _return,
    s.Break: _break,
    s.Continue: _continue,
    s.DefineTypeAlias: _type_alias,
}
