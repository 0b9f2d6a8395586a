"""Which names a module reads while it loads, and which only later: a cheap look at its summary.

Functions that the module's own body calls by name, or decorates with, are followed, and so are
the constructors of classes that it calls; nothing else is. For certainty, ask the
simulation. Cost: one walk over the summary, about a microsecond for each expression, cut short
when every name that is asked about has been seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import accumulate
from typing import Final

from import_cycles.base.record import entity, field, record
from import_cycles.syntax import steps as s
from import_cycles.syntax.walk import (
    evaluated_annotations,
    every_step,
    expressions,
    parts,
    steps_of_scope,
)

_CONSTRUCTING: Final = frozenset({"__init__", "__new__", "__post_init__", "__call__"})


@record
class Reads:
    """Names, dotted as far as they are read, and what they begin with: of `shop.users.User`
    also `shop.users` and `shop`.

    `while_loading` and `later` may lack names that were not asked about. `annotated` are those
    read in annotations that the target Python evaluates; it may lack names that are in one of the
    others, and names that were not asked about.
    """

    while_loading: frozenset[str]
    later: frozenset[str]
    annotated: frozenset[str]
    class_imports: frozenset[int]
    """The import ids of statements in class bodies: what they bind is an attribute."""


def reads_of(summary: s.ModuleSummary, asked: AbstractSet[str]) -> Reads:
    """What the codes of a module read of the names in `asked`."""
    module = _scan(summary.codes[0].body)
    read, annotated = set(module.names), set(module.annotated)
    calls = dict.fromkeys(module.called)
    run = {0}
    while calls:
        called, _ = calls.popitem()
        for number in module.functions.get(called, ()):
            if number not in run:
                run.add(number)
                scanned = _scan(summary.code(number).body)
                read |= _visible(scanned.names, summary.code(number))
                calls.update(dict.fromkeys(scanned.called))
    later: set[str] = set()
    unseen = asked - read
    for number, code in summary.numbered():
        if not unseen:
            break
        if number not in run and (code.waiting is None or code.waiting.mentions(_roots(unseen))):
            scanned = _scan(code.body)
            later |= _visible(scanned.names, code)
            annotated |= scanned.annotated
            unseen -= later
    return Reads(
        frozenset(read),
        frozenset(later - read),
        frozenset(annotated),
        frozenset(module.class_imports),
    )


def _visible(names: AbstractSet[str], code: s.Code) -> set[str]:
    """The names without those that are the function's own."""
    return {name for name in names if _root(name) not in code.local_names}


def _roots(dotted_names: Iterable[str]) -> set[str]:
    return set(map(_root, dotted_names))


def _root(dotted: str) -> str:
    return dotted.partition(".")[0]


@entity
class _Scanned:
    """What one code reads; `functions` are those that it defines, by the name that runs them."""

    names: set[str] = field(default_factory=set)
    annotated: set[str] = field(default_factory=set)
    called: list[str] = field(default_factory=list)
    functions: dict[str, list[int]] = field(default_factory=dict)
    class_imports: set[int] = field(default_factory=set)


def _scan(block: s.Block) -> _Scanned:
    found = _Scanned()
    read: list[s.Expression] = []
    annotations: list[s.Expression] = []
    for step in every_step(block):
        read += expressions(step)
        annotations += evaluated_annotations(step)
        if isinstance(step, s.DefineFunction):
            found.functions.setdefault(step.name, []).append(step.code)
            _note_decorators(step.decorators, found)
        elif isinstance(step, s.DefineClass):
            _note_decorators(step.decorators, found)
            _note_class(step, found)
    _note_names(read, found.names, found.called)
    _note_names(annotations, found.annotated, [])
    return found


def _note_names(todo: list[s.Expression], names: set[str], called: list[str]) -> None:
    """Add the names that expressions read, and those of the functions that they call."""
    while todo:
        part = todo.pop()
        kind = part.__class__
        if kind is s.Constant:
            continue
        if isinstance(part, s.Name):
            names.add(part.name)
        elif isinstance(part, s.Attribute):
            dotted = _dotted(part)
            if not dotted:
                todo.append(part.value)
            names.update(dotted)
        else:
            if isinstance(part, s.Call) and isinstance(part.function, s.Name):
                called.append(part.function.name)
            todo += parts(part)


def _note_decorators(decorators: Iterable[s.Expression], found: _Scanned) -> None:
    found.called += [each.name for each in decorators if isinstance(each, s.Name)]


def _note_class(step: s.DefineClass, found: _Scanned) -> None:
    for inner in steps_of_scope(step.body):
        if isinstance(inner, s.Import):
            found.class_imports.add(inner.import_id)
        elif isinstance(inner, s.DefineFunction) and inner.name in _CONSTRUCTING:
            found.functions.setdefault(step.name, []).append(inner.code)


def _dotted(attribute: s.Attribute) -> list[str]:
    """The name and everything that it begins with; nothing for an attribute of something else."""
    parts = [attribute.attribute]
    value = attribute.value
    while isinstance(value, s.Attribute):
        parts.append(value.attribute)
        value = value.value
    if not isinstance(value, s.Name):
        return []
    return list(accumulate([value.name, *reversed(parts)], "{}.{}".format))
