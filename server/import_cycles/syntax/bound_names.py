"""Which names steps bind, and what they stand for then, as far as the text of one step tells.

Every part of the program that needs to know what a statement binds asks here. Every form counts:
assignments of every kind with
unpacking and stars, `for`, `with`, captures of `match`, `except … as`, `:=` wherever it stands,
imports, definitions. A comprehension's variables stay in it, a `:=` in it binds outside. An
annotation without a value binds nothing; `del` unbinds. A step binds in the scope that it stands
in, which `global` and `nonlocal` can send elsewhere: see `Code.global_names`.
Tests: tests/unit/test_bound_names.py, tests/properties/test_bound_names.py (against `symtable`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from import_cycles.base.exhaustive import MissingCaseError
from import_cycles.base.record import record
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag, ImportRecord
from import_cycles.syntax.walk import (
    LEAVES,
    evaluated_annotations,
    every_expression,
    every_step,
    expressions,
    patterns,
    steps_of_scope,
)

Imports = Sequence[ImportRecord]
"""Those of the summary that the steps belong to, by import id."""

STAR: Final = "*"
"""What a star-import binds: any name."""

_MAX_ROUNDS: Final = 8
"""Of a loop over items that are written out: its target gets one of them, in turn."""


@record
class Binding:
    """A name gets a value."""

    name: str
    value: s.Expression | None
    """The expression that gives it; None where it is the step itself, or not written out."""
    is_sure: bool
    """Whether this happens whenever the step ends as it should, and nothing in it comes after."""


def bindings(step: s.Step, imports: Imports) -> list[Binding]:
    """What a step binds itself, outside of its blocks, in the order in which it happens."""
    evaluated = (*expressions(step), *evaluated_annotations(step))
    found = assigned_inside(evaluated) if evaluated else []
    match step:
        case s.Import():
            found += [Binding(name, None, True) for name in imported_names(imports[step.import_id])]
        case s.DefineFunction() | s.DefineClass() | s.DefineTypeAlias():
            found.append(Binding(step.name, None, True))
        case s.Assign():
            for target in step.targets:
                found += unpacked(target, step.value)
        case s.AnnotatedAssign():
            if step.value is not None:
                found += unpacked(step.target, step.value)
        case s.AugmentedAssign():
            found += unpacked(step.target, None)
        case s.For():
            found += _rounds(step)
        case s.With():
            if step.target is not None:
                found += unpacked(step.target, None)
        case s.Try():
            names = [handler.name for handler in step.handlers]
            found += [Binding(name, None, False) for name in names if name is not None]
        case s.Match():
            for case in step.cases:
                found += captured(case.pattern, step.subject)
        case (
            s.Evaluate()
            | s.Delete()
            | s.If()
            | s.While()
            | s.Raise()
            | s.Assert()
            | s.Return()
            | s.Break()
            | s.Continue()
        ):
            pass
        case _:
            raise MissingCaseError(step)
    return found


def unbound(step: s.Step) -> list[str]:
    """The names that a step unbinds: those in `del`, and of a `try` those that `as` has bound."""
    match step:
        case s.Delete():
            return [each.name for target in step.targets for each in unpacked(target, None)]
        case s.Try():
            return [handler.name for handler in step.handlers if handler.name is not None]
        case _:
            return []


def names_bound_in(block: s.Block, imports: Imports) -> frozenset[str]:
    """The names that a block binds in its scope, in whatever block of it; `*` for any name."""
    return frozenset(
        binding.name for step in steps_of_scope(block) for binding in bindings(step, imports)
    )


Binder = tuple[s.Step, s.Expression | None]
"""A step that binds or unbinds a name, and the expression that gives its value, if one does."""


def binders(block: s.Block, imports: Imports) -> dict[str, list[Binder]]:
    """For each name of a scope the steps that bind or unbind it, in the order of the text."""
    found: dict[str, list[Binder]] = {}
    for step in steps_of_scope(block):
        for binding in bindings(step, imports):
            found.setdefault(binding.name, []).append((step, binding.value))
        if isinstance(step, s.Delete):
            for name in unbound(step):
                found.setdefault(name, []).append((step, None))
    return found


def globals_bound_by(code: s.Code, imports: Imports) -> frozenset[str]:
    """The names of the module that the body of a function binds. Cost: a walk over it."""
    if not code.global_names:
        return frozenset()
    every = every_step(code.body)
    return code.global_names & {each.name for step in every for each in bindings(step, imports)}


def imported_names(imported: ImportRecord) -> tuple[str, ...]:
    """The names that an import binds; `*` of a star-import, none of a call of `import_module`."""
    if imported.names is not None:
        return tuple([name.bound_as for name in imported.names])
    if imported.bound_as is not None:
        return (imported.bound_as,)
    return () if ImportFlag.DYNAMIC in imported.flags else (imported.module.partition(".")[0],)


def assigned_inside(roots: Iterable[s.Expression]) -> list[Binding]:
    """What `:=` binds in expressions, in the order of the text."""
    compound = [each for each in roots if each.__class__ not in LEAVES]
    if not compound:
        return []
    return [
        Binding(each.name, each.value, False)
        for each in every_expression(compound)
        if isinstance(each, s.Walrus)
    ]


# --- targets -------------------------------------------------------------------------------


def unpacked(
    target: s.Target, value: s.Expression | None, *, is_sure: bool = True
) -> Iterator[Binding]:
    """The names of a target, each with what it gets of a value that is written out."""
    match target:
        case s.NameTarget():
            yield Binding(target.name, value, is_sure)
        case s.TupleTarget():
            found = _elements(value, len(target.items), target.starred)
            for item, element in zip(target.items, found, strict=True):
                yield from unpacked(item, element, is_sure=is_sure)
        case s.AttributeTarget() | s.SubscriptTarget():
            return
        case _:
            raise MissingCaseError(target)


def _elements(
    value: s.Expression | None, n_items: int, starred: int
) -> Sequence[s.Expression | None]:
    """What each item of a target gets of a display; None where that is not written out.

    `starred` is the index of the item with a star, -1 without one.
    """
    found: list[s.Expression | None] = [None] * n_items
    if not isinstance(value, s.Display) or value.kind is s.DisplayKind.SET:
        return found
    items = value.items
    spread = [place for place, each in enumerate(items) if isinstance(each, s.Starred)]
    n_before = n_items if starred < 0 else starred
    n_after = n_items if starred < 0 else n_items - starred - 1
    if spread:
        front, back = items[: spread[0]], items[spread[-1] + 1 :]
    elif len(items) == n_items if starred < 0 else len(items) >= n_before + n_after:
        front, back = items, items
    else:
        # That raises ValueError.
        return found
    found[:n_before] = [*front[:n_before], *found[len(front) : n_before]]
    for place in range(1, min(n_after, len(back)) + 1):
        found[-place] = back[-place]
    if starred >= 0 and not spread:
        rest = items[n_before : len(items) - n_after]
        found[starred] = s.Display(s.DisplayKind.LIST, rest)
    return found


def _rounds(step: s.For) -> Iterator[Binding]:
    """What the target of a loop gets in each round."""
    match step.iterable:
        case s.Display(items=items) if len(items) <= _MAX_ROUNDS and not any(
            isinstance(each, s.Starred) for each in items
        ):
            may_break = any(isinstance(each, s.Break) for each in steps_of_scope(step.body))
            for number, item in enumerate(items):
                yield from unpacked(step.target, item, is_sure=not (number and may_break))
        case _:
            yield from unpacked(step.target, None, is_sure=False)


# --- patterns ------------------------------------------------------------------------------


def captured(pattern: s.Pattern, subject: s.Expression | None) -> Iterator[Binding]:
    """The names that a pattern binds; `subject` is what it is held against, if that is known."""
    match pattern:
        case s.CapturePattern():
            if pattern.name is not None:
                yield Binding(pattern.name, subject, False)
            for inner in patterns(pattern):
                yield from captured(inner, subject)
        case s.OrPattern():
            for inner in pattern.patterns:
                yield from captured(inner, subject)
        case s.MappingPattern():
            if pattern.rest is not None:
                yield Binding(pattern.rest, None, False)
            yield from _captured_apart(pattern)
        case s.SequencePattern():
            found = _elements(subject, len(pattern.patterns), pattern.starred)
            for inner, element in zip(pattern.patterns, found, strict=True):
                yield from captured(inner, element)
        case s.ClassPattern() | s.ValuePattern():
            yield from _captured_apart(pattern)
        case _:
            raise MissingCaseError(pattern)


def _captured_apart(pattern: s.Pattern) -> Iterator[Binding]:
    for inner in patterns(pattern):
        yield from captured(inner, None)
