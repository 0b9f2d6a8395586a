"""`match`: whether a pattern matches a value, and what it binds on the way.

Source: PEP 634, and Python/ceval.c (`match_keys`, `match_class`).
"""

from __future__ import annotations

from typing import Final

from import_cycles.simulate.core import Core
from import_cycles.simulate.expressions import evaluate
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.names import bind
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    UNKNOWN,
    Builtin,
    Class,
    Const,
    Frame,
    Function,
    Instance,
    Mapping,
    Module,
    Sequence,
    SequenceKind,
    Value,
    sequence,
)
from import_cycles.syntax import steps as s

_SELF_MATCHING: Final = frozenset(
    [
        "bool",
        "bytearray",
        "bytes",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "set",
        "str",
        "tuple",
    ]
)
"""Builtin classes of which the one positional pattern gets the value itself."""


def matches(machine: Core, pattern: s.Pattern, subject: Value, frame: Frame) -> bool | None:
    """Whether a pattern matches; None when that cannot be told. Binds what it captures."""
    match pattern:
        case s.CapturePattern(name=name, pattern=inner):
            known = True if inner is None else matches(machine, inner, subject, frame)
            if name is not None and known is not False:
                bind(machine, name, subject, frame)
            return known
        case s.ValuePattern(value=expression):
            value = evaluate(machine, expression, frame)
            # `case None:`, `case True:` and `case False:` ask for identity.
            is_one = isinstance(expression, s.Constant) and (
                expression.value is None or isinstance(expression.value, bool)
            )
            operator = "is" if is_one else "=="
            return machine.comparison(subject, operator, value, frame)
        case s.OrPattern(patterns=patterns):
            answers = []
            for each in patterns:
                answers.append(matches(machine, each, subject, frame))
                if answers[-1] is True:
                    return True
            return None if None in answers else False
        case s.SequencePattern():
            return _matches_sequence(machine, pattern, subject, frame)
        case s.MappingPattern():
            return _matches_mapping(machine, pattern, subject, frame)
        case s.ClassPattern():
            return _matches_class(machine, pattern, subject, frame)


def _matches_sequence(
    machine: Core, pattern: s.SequencePattern, subject: Value, frame: Frame
) -> bool | None:
    if isinstance(subject, Const):
        return False
    known = isinstance(subject, Sequence) and not subject.fields.get(OPEN)
    if isinstance(subject, (Mapping, Function, Class, Module)):
        return False
    if isinstance(subject, Sequence) and subject.kind is SequenceKind.SET:
        return False
    if known and pattern.starred >= 0 and isinstance(subject, Sequence):
        return _matches_starred(machine, pattern, subject.items, frame)
    if not known:
        for each in pattern.patterns:
            matches(machine, each, UNKNOWN, frame)
        return None
    items = subject.items if isinstance(subject, Sequence) else ()
    if len(items) != len(pattern.patterns):
        return False
    return _all_match(machine, pattern.patterns, items, frame)


def _matches_starred(
    machine: Core, pattern: s.SequencePattern, items: tuple[Value, ...], frame: Frame
) -> bool | None:
    after = len(pattern.patterns) - pattern.starred - 1
    if len(items) < pattern.starred + after:
        return False
    end = len(items) - after
    middle = sequence(SequenceKind.LIST, items[pattern.starred : end])
    spread = (*items[: pattern.starred], middle, *items[end:])
    return _all_match(machine, pattern.patterns, spread, frame)


def _all_match(
    machine: Core, patterns: tuple[s.Pattern, ...], items: tuple[Value, ...], frame: Frame
) -> bool | None:
    answers: list[bool | None] = []
    for each, item in zip(patterns, items, strict=True):
        answers.append(matches(machine, each, item, frame))
        if answers[-1] is False:
            return False
    return None if None in answers else True


def _matches_mapping(
    machine: Core, pattern: s.MappingPattern, subject: Value, frame: Frame
) -> bool | None:
    if isinstance(subject, (Const, Sequence, Function, Class, Module)):
        return False
    keys = [evaluate(machine, key, frame) for key in pattern.keys]
    items = dict(subject.items) if isinstance(subject, Mapping) else {}
    is_whole = isinstance(subject, Mapping) and not subject.is_open
    answers: list[bool | None] = [] if isinstance(subject, Mapping) else [None]
    for key, inner in zip(keys, pattern.patterns, strict=True):
        if isinstance(key, Const) and key.value in items:
            answers.append(matches(machine, inner, items.pop(key.value), frame))
        elif isinstance(key, Const) and is_whole:
            answers.append(False)
        else:
            answers += [None, matches(machine, inner, UNKNOWN, frame)]
        if answers[-1] is False:
            return False
    if pattern.rest is not None:
        rest = Mapping(parts(items), parts({} if is_whole else {OPEN: True}))
        bind(machine, pattern.rest, rest, frame)
    return None if None in answers else True


def _matches_class(
    machine: Core, pattern: s.ClassPattern, subject: Value, frame: Frame
) -> bool | None:
    cls = evaluate(machine, pattern.cls, frame)
    given = machine.call(Builtin("isinstance"), (subject, cls), {}, frame, 0)
    known = bool(given.value) if isinstance(given, Const) else None
    if known is False:
        return False
    answers: list[bool | None] = [known]
    for position, inner in enumerate(pattern.patterns):
        if isinstance(cls, Builtin) and cls.name in _SELF_MATCHING:
            part = subject
        else:
            part = _positional(machine, cls, subject, position, frame)
        answers.append(matches(machine, inner, part, frame))
        if answers[-1] is False:
            return False
    for name, inner in pattern.keywords:
        part = machine.attribute(subject, name, frame, 0)
        is_there = isinstance(subject, Instance) and name in subject.names
        answers += [known if is_there else None, matches(machine, inner, part, frame)]
        if answers[-1] is False:
            return False
    return None if None in answers else True


def _positional(machine: Core, cls: Value, subject: Value, position: int, frame: Frame) -> Value:
    """The attribute that `__match_args__` names for a positional pattern."""
    if not isinstance(cls, Class):
        return UNKNOWN
    listed = machine.attribute(cls, "__match_args__", frame, 0)
    if not isinstance(listed, Sequence) or position >= len(listed.items):
        return UNKNOWN
    name = listed.items[position]
    if not isinstance(name, Const):
        return UNKNOWN
    return machine.attribute(subject, str(name.value), frame, 0)
