"""`match`: whether a pattern matches a value, and what it binds on the way.

Source: PEP 634, and Python/ceval.c (`match_keys`, `match_class`).
"""

from __future__ import annotations

from typing import Final

from import_cycles.simulate.expressions import Expressions
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.operators import compare_values
from import_cycles.simulate.stores import store
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
    Scope,
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


class Patterns(Expressions):
    """Binds names and matches patterns."""

    def bind(self, name: str, value: Value, frame: Frame) -> None:
        """Bind a name in the scope that a frame binds names in."""
        if frame.scope is not Scope.FUNCTION:
            self.journal.write(frame.names, name, value)
        else:
            self.journal.write(self.namespace(name, frame), name, value)

    def namespace(self, name: str, frame: Frame) -> dict[str, Value]:
        """The names among which a frame binds this one."""
        if frame.scope is Scope.FUNCTION:
            if name in frame.code.global_names:
                return frame.module.names
            if name in frame.code.nonlocal_names:
                outer = frame.outer
                while outer is not None:
                    if outer.scope is Scope.FUNCTION and name in outer.code.local_names:
                        return outer.names
                    outer = outer.outer
        return frame.names

    def matches(self, pattern: s.Pattern, subject: Value, frame: Frame) -> bool | None:
        """Whether a pattern matches; None when that cannot be told. Binds what it captures."""
        match pattern:
            case s.CapturePattern(name=name, pattern=inner):
                known = True if inner is None else self.matches(inner, subject, frame)
                if name is not None and known is not False:
                    self.bind(name, subject, frame)
                return known
            case s.ValuePattern(value=expression):
                value = self.evaluate(expression, frame)
                # `case None:`, `case True:` and `case False:` ask for identity.
                is_one = isinstance(expression, s.Constant) and (
                    expression.value is None or isinstance(expression.value, bool)
                )
                operator = "is" if is_one else "=="
                return compare_values(subject, operator, value, self.world.target)
            case s.OrPattern(patterns=patterns):
                answers = []
                for each in patterns:
                    answers.append(self.matches(each, subject, frame))
                    if answers[-1] is True:
                        return True
                return None if None in answers else False
            case s.SequencePattern():
                return self._matches_sequence(pattern, subject, frame)
            case s.MappingPattern():
                return self._matches_mapping(pattern, subject, frame)
            case s.ClassPattern():
                return self._matches_class(pattern, subject, frame)

    def _matches_sequence(
        self, pattern: s.SequencePattern, subject: Value, frame: Frame
    ) -> bool | None:
        if isinstance(subject, Const):
            return False
        known = isinstance(subject, Sequence) and not subject.fields.get(OPEN)
        if isinstance(subject, (Mapping, Function, Class, Module)):
            return False
        if isinstance(subject, Sequence) and subject.kind is SequenceKind.SET:
            return False
        if known and pattern.starred >= 0 and isinstance(subject, Sequence):
            return self._matches_starred(pattern, subject.items, frame)
        if not known:
            for each in pattern.patterns:
                self.matches(each, UNKNOWN, frame)
            return None
        items = subject.items if isinstance(subject, Sequence) else ()
        if len(items) != len(pattern.patterns):
            return False
        return self._all_match(pattern.patterns, items, frame)

    def _matches_starred(
        self, pattern: s.SequencePattern, items: tuple[Value, ...], frame: Frame
    ) -> bool | None:
        after = len(pattern.patterns) - pattern.starred - 1
        if len(items) < pattern.starred + after:
            return False
        end = len(items) - after
        middle = sequence(SequenceKind.LIST, items[pattern.starred : end])
        spread = (*items[: pattern.starred], middle, *items[end:])
        return self._all_match(pattern.patterns, spread, frame)

    def _all_match(
        self, patterns: tuple[s.Pattern, ...], items: tuple[Value, ...], frame: Frame
    ) -> bool | None:
        answers: list[bool | None] = []
        for each, item in zip(patterns, items, strict=True):
            answers.append(self.matches(each, item, frame))
            if answers[-1] is False:
                return False
        return None if None in answers else True

    def _matches_mapping(
        self, pattern: s.MappingPattern, subject: Value, frame: Frame
    ) -> bool | None:
        if isinstance(subject, (Const, Sequence, Function, Class, Module)):
            return False
        keys = [self.evaluate(key, frame) for key in pattern.keys]
        items = dict(subject.items) if isinstance(subject, Mapping) else {}
        is_whole = isinstance(subject, Mapping) and not subject.is_open
        answers: list[bool | None] = [] if isinstance(subject, Mapping) else [None]
        for key, inner in zip(keys, pattern.patterns, strict=True):
            if isinstance(key, Const) and key.value in items:
                answers.append(self.matches(inner, items.pop(key.value), frame))
            elif isinstance(key, Const) and is_whole:
                answers.append(False)
            else:
                answers += [None, self.matches(inner, UNKNOWN, frame)]
            if answers[-1] is False:
                return False
        if pattern.rest is not None:
            rest = Mapping(store(items), store({} if is_whole else {OPEN: True}))
            self.bind(pattern.rest, rest, frame)
        return None if None in answers else True

    def _matches_class(self, pattern: s.ClassPattern, subject: Value, frame: Frame) -> bool | None:
        cls = self.evaluate(pattern.cls, frame)
        given = self.call(Builtin("isinstance"), (subject, cls), {}, frame, 0)
        known = bool(given.value) if isinstance(given, Const) else None
        if known is False:
            return False
        answers: list[bool | None] = [known]
        for position, inner in enumerate(pattern.patterns):
            if isinstance(cls, Builtin) and cls.name in _SELF_MATCHING:
                part = subject
            else:
                part = self._positional(cls, subject, position, frame)
            answers.append(self.matches(inner, part, frame))
            if answers[-1] is False:
                return False
        for name, inner in pattern.keywords:
            part = self.attribute(subject, name, frame, 0)
            is_there = isinstance(subject, Instance) and name in subject.names
            answers += [known if is_there else None, self.matches(inner, part, frame)]
            if answers[-1] is False:
                return False
        return None if None in answers else True

    def _positional(self, cls: Value, subject: Value, position: int, frame: Frame) -> Value:
        """The attribute that `__match_args__` names for a positional pattern."""
        if not isinstance(cls, Class):
            return UNKNOWN
        listed = self.attribute(cls, "__match_args__", frame, 0)
        if not isinstance(listed, Sequence) or position >= len(listed.items):
            return UNKNOWN
        name = listed.items[position]
        if not isinstance(name, Const):
            return UNKNOWN
        return self.attribute(subject, str(name.value), frame, 0)
