"""The parts of steps, expressions, targets and patterns: the one place that knows every kind.

Code that walks a program gets the parts of each kind from here; code that treats only some kinds
gets the parts of the others from here. If `import_cycles.syntax.steps` gets a kind that is
forgotten here, the type checker reports an error (`MissingCaseError`).
`import_cycles.syntax.bound_names` tells what a step binds.

In each `match` the frequent kinds stand first, which saves time. Parts come in the order in which CPython evaluates them (Python/compile.c): of an assignment the
value, then the expressions in its targets. Nothing here looks into the body of a function or
lambda, which is a code of its own. Cost: that of the parts that are given.
Tests: tests/unit/test_walk.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from import_cycles.base.exhaustive import MissingCaseError
from import_cycles.syntax import steps as s

Expressions = tuple[s.Expression, ...]

# --- steps ---------------------------------------------------------------------------------


class Role(Enum):
    """What a block is to its step."""

    BODY = "body"
    """Of a test, a loop, a `with`; of a `try` what is guarded."""
    ORELSE = "orelse"
    HANDLER = "handler"
    FINALLY = "finally"
    CASE = "case"
    CLASS = "class"
    """The body of a class: a scope of its own."""


def blocks(step: s.Step) -> tuple[tuple[Role, s.Block], ...]:
    """The blocks of a step in the order of the text, empty ones too, each with its role."""
    match step:
        case (
            s.Import()
            | s.DefineFunction()
            | s.Assign()
            | s.Evaluate()
            | s.Return()
            | s.AnnotatedAssign()
            | s.AugmentedAssign()
            | s.Delete()
            | s.DefineTypeAlias()
            | s.Raise()
            | s.Assert()
            | s.Break()
            | s.Continue()
        ):
            return ()
        case s.If() | s.While() | s.For():
            return (Role.BODY, step.body), (Role.ORELSE, step.orelse)
        case s.Try():
            handlers = [(Role.HANDLER, handler.body) for handler in step.handlers]
            ends = (Role.ORELSE, step.orelse), (Role.FINALLY, step.finalbody)
            return (Role.BODY, step.body), *handlers, *ends
        case s.With():
            return ((Role.BODY, step.body),)
        case s.Match():
            return tuple([(Role.CASE, case.body) for case in step.cases])
        case s.DefineClass():
            return ((Role.CLASS, step.body),)
        case _:
            raise MissingCaseError(step)


def steps_of_scope(block: s.Block) -> Iterator[s.Step]:
    """The steps of a block and of the blocks in it, classes apart: those of one scope."""
    return _steps(block, into_classes=False)


def every_step(block: s.Block) -> Iterator[s.Step]:
    """The steps of a block and of all blocks in it, those of classes too."""
    return _steps(block, into_classes=True)


def _steps(block: s.Block, *, into_classes: bool) -> Iterator[s.Step]:
    """In the order of the text; a generator that asks itself would take longer."""
    todo = [iter(block)]
    while todo:
        for step in todo[-1]:
            yield step
            inner = blocks(step)
            if inner and (into_classes or inner[0][0] is not Role.CLASS):
                todo += [iter(each) for _, each in reversed(inner)]
                break
        else:
            todo.pop()


def expressions(step: s.Step) -> Expressions:
    """What a step evaluates itself, outside of its blocks and without annotations.

    Of a `try` that is what its handlers catch, which is evaluated after its body.
    """
    match step:
        case s.Import() | s.DefineTypeAlias() | s.Break() | s.Continue():
            return ()
        case s.DefineFunction():
            keyword_defaults = _present(*step.keyword_defaults) if step.keyword_defaults else ()
            return *step.decorators, *step.defaults, *keyword_defaults
        case s.Assign():
            is_plain = len(step.targets) == 1 and isinstance(step.targets[0], s.NameTarget)
            return step.value, *(() if is_plain else _in_targets(step.targets))
        case s.Evaluate():
            return (step.value,)
        case s.AugmentedAssign():
            return *in_target(step.target), step.value
        case s.AnnotatedAssign():
            return *_present(step.value), *in_target(step.target)
        case s.Delete():
            return _in_targets(step.targets)
        case s.DefineClass():
            return *step.decorators, *step.bases, *_values(step.keywords)
        case s.If() | s.While():
            return (step.test,)
        case s.For():
            return step.iterable, *in_target(step.target)
        case s.Try():
            return _present(*[handler.catches for handler in step.handlers])
        case s.With():
            return step.context, *(() if step.target is None else in_target(step.target))
        case s.Match():
            parts: list[s.Expression] = [step.subject]
            for case in step.cases:
                parts += *in_pattern(case.pattern), *_present(case.guard)
            return tuple(parts)
        case s.Raise():
            return _present(step.exception, step.cause)
        case s.Assert():
            return _present(step.test, step.message)
        case s.Return():
            return _present(step.value)
        case _:
            raise MissingCaseError(step)


def evaluated_annotations(step: s.Step) -> Expressions:
    """The annotations that a step evaluates, after the rest; none where the target skips them."""
    match step:
        case s.DefineFunction():
            return step.annotations
        case s.AnnotatedAssign():
            return _present(step.annotation)
        case _:
            return ()


def targets(step: s.Step) -> tuple[s.Target, ...]:
    """What a step binds to, or deletes, in this order; those in its expressions apart."""
    match step:
        case s.Assign() | s.Delete():
            return step.targets
        case s.AugmentedAssign() | s.AnnotatedAssign() | s.For():
            return (step.target,)
        case s.With():
            return () if step.target is None else (step.target,)
        case (
            s.Import()
            | s.Evaluate()
            | s.DefineFunction()
            | s.DefineClass()
            | s.DefineTypeAlias()
            | s.If()
            | s.While()
            | s.Try()
            | s.Match()
            | s.Raise()
            | s.Assert()
            | s.Return()
            | s.Break()
            | s.Continue()
        ):
            return ()
        case _:
            raise MissingCaseError(step)


# --- expressions ---------------------------------------------------------------------------


def parts(expression: s.Expression) -> Expressions:
    """The expressions in an expression, of a comprehension also those in its targets."""
    match expression:
        case s.Call():
            keywords = _values(expression.keywords) if expression.keywords else ()
            return expression.function, *expression.arguments, *keywords
        case s.Constant() | s.Name() | s.TooDeep():
            return ()
        case s.Attribute() | s.Starred() | s.Not() | s.Walrus() | s.Await():
            return (expression.value,)
        case s.Subscript():
            return expression.value, expression.index
        case s.Display():
            return expression.items
        case s.DictDisplay():
            return _present(*[each for item in expression.items for each in item])
        case s.Slice():
            return _present(expression.lower, expression.upper, expression.step)
        case s.BoolOp() | s.Joined():
            return expression.values
        case s.Compare():
            return expression.left, *expression.rights
        case s.Binary():
            return expression.left, expression.right
        case s.Conditional():
            return expression.test, expression.body, expression.orelse
        case s.Lambda():
            return *expression.defaults, *_present(*expression.keyword_defaults)
        case s.Comprehension():
            inside: list[s.Expression] = []
            for generator in expression.generators:
                inside += generator.iterable, *in_target(generator.target), *generator.conditions
            return *inside, *expression.elements
        case s.Yield():
            return _present(expression.value)
        case s.Opaque():
            return expression.parts
        case _:
            raise MissingCaseError(expression)


LEAVES: Final = frozenset({s.Constant, s.Name})
"""Expressions without parts. Most are one of these: to know them saves half of a walk's time."""


def every_expression(roots: Iterable[s.Expression]) -> Iterator[s.Expression]:
    """Expressions and all that is in them, outer ones before inner ones."""
    todo = [*roots]
    todo.reverse()
    while todo:
        expression = todo.pop()
        yield expression
        if expression.__class__ not in LEAVES:
            todo += reversed(parts(expression))


# --- targets and patterns ------------------------------------------------------------------


def in_target(target: s.Target) -> Expressions:
    """The expressions that binding or deleting a target evaluates."""
    match target:
        case s.NameTarget():
            return ()
        case s.AttributeTarget():
            return (target.value,)
        case s.SubscriptTarget():
            return target.value, target.index
        case s.TupleTarget():
            return _in_targets(target.items)
        case _:
            raise MissingCaseError(target)


def in_pattern(pattern: s.Pattern) -> Expressions:
    """The expressions that a pattern evaluates, of patterns inside too."""
    match pattern:
        case s.ValuePattern():
            return (pattern.value,)
        case s.ClassPattern():
            return pattern.cls, *_in_patterns(patterns(pattern))
        case s.MappingPattern():
            return *pattern.keys, *_in_patterns(pattern.patterns)
        case s.CapturePattern() | s.OrPattern() | s.SequencePattern():
            return _in_patterns(patterns(pattern))
        case _:
            raise MissingCaseError(pattern)


def patterns(pattern: s.Pattern) -> tuple[s.Pattern, ...]:
    """The patterns in a pattern."""
    match pattern:
        case s.ValuePattern():
            return ()
        case s.CapturePattern():
            return () if pattern.pattern is None else (pattern.pattern,)
        case s.OrPattern() | s.SequencePattern() | s.MappingPattern():
            return pattern.patterns
        case s.ClassPattern():
            return *pattern.patterns, *[inner for _, inner in pattern.keywords]
        case _:
            raise MissingCaseError(pattern)


# --- tools ---------------------------------------------------------------------------------


def _in_targets(several: Iterable[s.Target]) -> Expressions:
    return tuple([each for target in several for each in in_target(target)])


def _in_patterns(several: Iterable[s.Pattern]) -> Expressions:
    return tuple([each for pattern in several for each in in_pattern(pattern)])


def _present(*perhaps: s.Expression | None) -> Expressions:
    return tuple([each for each in perhaps if each is not None])


def _values(keywords: Iterable[tuple[str | None, s.Expression]]) -> Expressions:
    return tuple([value for _, value in keywords])
