"""Expressions, in CPython's order of evaluation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from import_cycles.simulate import orders
from import_cycles.simulate.core import Core, do_nothing, mark_of, without_traceback
from import_cycles.simulate.errors import GiveUp, Raised
from import_cycles.simulate.exposure import forget, lose_sight
from import_cycles.simulate.failing import is_iterable, note_hashed
from import_cycles.simulate.library_objects import LibraryObject, is_in_any_order
from import_cycles.simulate.marks import OPEN
from import_cycles.simulate.names import name_value
from import_cycles.simulate.operations import item, items_of, update_mapping
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.paths import joined_texts
from import_cycles.simulate.stores import parts, store
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Function,
    Mapping,
    Maybe,
    Scope,
    Sequence,
    SequenceKind,
    StandIn,
    Suspended,
    Value,
    sequence,
)
from import_cycles.syntax import steps as s

_DISPLAY_KINDS: Final = {
    s.DisplayKind.TUPLE: SequenceKind.TUPLE,
    s.DisplayKind.LIST: SequenceKind.LIST,
    s.DisplayKind.SET: SequenceKind.SET,
}


_MODULE: Final = Scope.MODULE
_CLASS: Final = Scope.CLASS


def evaluate(machine: Core, expression: s.Expression, frame: Frame) -> Value:
    """The value of an expression."""
    return _HANDLERS[type(expression)](machine, expression, frame)


def _name_expression(machine: Core, node: s.Name, frame: Frame) -> Value:
    name = node.name
    if frame.scope is not _MODULE:
        found = frame.names.get(name)
        if found is not None and type(found) is not Maybe:
            if type(found) is StandIn:
                machine.reason_seen = found.cause
            return found
    value = name_value(machine, name, frame, node.mark)
    if type(value) is StandIn:
        machine.reason_seen = value.cause
    return value


def _constant(machine: Core, node: s.Constant, frame: Frame) -> Value:
    return Const(node.value)


def _attribute_expression(machine: Core, node: s.Attribute, frame: Frame) -> Value:
    inner = node.value
    owner = _HANDLERS[type(inner)](machine, inner, frame)
    value = machine.attribute(owner, node.attribute, frame, node.mark)
    if type(value) is StandIn:
        machine.reason_seen = value.cause
    return value


def _display(machine: Core, node: s.Display, frame: Frame) -> Value:
    items, is_whole = expand(machine, node.items, frame)
    if node.kind is s.DisplayKind.SET:
        note_hashed(machine, items)
    result = sequence(_DISPLAY_KINDS[node.kind], tuple(items))
    if not is_whole:
        result.fields[OPEN] = True
    return result


def expand(
    machine: Core, expressions: tuple[s.Expression, ...], frame: Frame
) -> tuple[list[Value], bool]:
    """The values of items or arguments with `*` spread out, and whether all are known."""
    values: list[Value] = []
    is_whole = True
    for expression in expressions:
        kind = type(expression)
        if kind is not s.Starred:
            values.append(_HANDLERS[kind](machine, expression, frame))
        elif isinstance(expression, s.Starred):
            given = evaluate(machine, expression.value, frame)
            spread = items_of(machine, given, frame)
            if spread is None:
                is_whole = False
                if not is_iterable(given):
                    machine.may_raise()
            else:
                values.extend(spread)
    return values, is_whole


def _dict(machine: Core, node: s.DictDisplay, frame: Frame) -> Value:
    result = Mapping(parts())
    for key_expression, value_expression in node.items:
        if key_expression is None:
            merged = evaluate(machine, value_expression, frame)
            update_mapping(machine, result, merged)
            continue
        key = evaluate(machine, key_expression, frame)
        value = evaluate(machine, value_expression, frame)
        if isinstance(key, Const):
            result.items[key.value] = value
        else:
            note_hashed(machine, (key,))
            forget(machine.journal, result)
            lose_sight(machine.journal, (value,))
    return result


def _subscript(machine: Core, node: s.Subscript, frame: Frame) -> Value:
    owner = evaluate(machine, node.value, frame)
    if isinstance(node.index, s.Slice):
        return _sliced(machine, owner, node.index, frame)
    index = evaluate(machine, node.index, frame)
    return item(machine, owner, index, frame, node.mark)


def _sliced(machine: Core, owner: Value, node: s.Slice, frame: Frame) -> Value:
    bounds = [
        None if part is None else evaluate(machine, part, frame)
        for part in (node.lower, node.upper, node.step)
    ]
    known: list[int | None] = []
    for bound in bounds:
        if bound is None:
            known.append(None)
        elif isinstance(bound, Const) and isinstance(bound.value, int):
            known.append(bound.value)
        else:
            machine.may_raise()
            # Its `__index__` is asked for.
            machine.expose((bound,), is_operation=True)
            return UNKNOWN
    window = slice(*known)
    match owner:
        case External(dotted="sys.version_info") if window == slice(None, 2, None):
            version = machine.world.target.version
            return sequence(SequenceKind.TUPLE, tuple(Const(part) for part in version))
        case Sequence(kind=SequenceKind.TUPLE | SequenceKind.LIST as kind) if (
            not owner.is_open and window.step != 0
        ):
            return sequence(kind, owner.items[window])
        case Const(value=str(text)) if is_whole_text(text) and window.step != 0:
            return Const(text[window])
        case LibraryObject():
            return owner.sliced(window)
        case _:
            if not isinstance(owner, Sequence):
                machine.may_raise()
            return UNKNOWN


def _bool_op(machine: Core, node: s.BoolOp, frame: Frame) -> Value:
    return _junction(machine, node.values, 0, node.is_and, frame)


def _junction(
    machine: Core, values: tuple[s.Expression, ...], position: int, is_and: bool, frame: Frame
) -> Value:
    value = evaluate(machine, values[position], frame)
    if position == len(values) - 1:
        return value
    known = machine.truth_of(value, frame, 0)

    def rest() -> Value:
        return _junction(machine, values, position + 1, is_and, frame)

    if known is None:
        if all(_is_simple(each) for each in values[position + 1 :]):
            try:
                rest()
            except Raised as raised:
                machine.possible(without_traceback(raised))
            return UNKNOWN
        return machine.fork_value(frame, rest, lambda: value)
    return rest() if known is is_and else value


def _not(machine: Core, node: s.Not, frame: Frame) -> Value:
    known = machine.truth_of(evaluate(machine, node.value, frame), frame, 0)
    return UNKNOWN if known is None else Const(not known)


def _compare(machine: Core, node: s.Compare, frame: Frame) -> Value:
    left = evaluate(machine, node.left, frame)
    results: list[bool | None] = []
    for operator, expression in zip(node.operators, node.rights, strict=True):
        right = evaluate(machine, expression, frame)
        results.append(machine.comparison(left, operator, right, frame))
        if results[-1] is False:
            return Const(False)
        left = right
    return UNKNOWN if None in results else Const(True)


def _binary(machine: Core, node: s.Binary, frame: Frame) -> Value:
    left, right = evaluate(machine, node.left, frame), evaluate(machine, node.right, frame)
    return machine.binary(left, node.operator, right, frame, node.mark)


def _conditional(machine: Core, node: s.Conditional, frame: Frame) -> Value:
    known = machine.truth_of(evaluate(machine, node.test, frame), frame, 0)
    if known is None:
        return machine.fork_value(
            frame,
            lambda: evaluate(machine, node.body, frame),
            lambda: evaluate(machine, node.orelse, frame),
        )
    return evaluate(machine, node.body if known else node.orelse, frame)


def _lambda(machine: Core, node: s.Lambda, frame: Frame) -> Value:
    return make_function(machine, node.code, node.defaults, node.keyword_defaults, frame)


def make_function(
    machine: Core,
    number: int,
    defaults: tuple[s.Expression, ...],
    keyword_defaults: tuple[s.Expression | None, ...],
    frame: Frame,
) -> Function:
    """A new function object; its defaults are evaluated now."""
    values: tuple[Value, ...] = ()
    if defaults:
        values = tuple([evaluate(machine, default, frame) for default in defaults])
    keyword_values: tuple[Value | None, ...] = ()
    if keyword_defaults:
        keyword_values = tuple(
            None if default is None else evaluate(machine, default, frame)
            for default in keyword_defaults
        )
    summary = machine.world.summary(frame.module.name)
    assert summary is not None, "a module that runs has a summary"
    outer: Frame | None = frame
    while outer is not None and outer.scope is _CLASS:
        outer = outer.outer
    if outer is not None and outer.scope is _MODULE:
        outer = None
    owner = frame.owner if frame.scope is _CLASS else None
    return Function(
        frame.module, number, summary.code(number), outer, values, keyword_values, owner=owner
    )


def _comprehension(machine: Core, node: s.Comprehension, frame: Frame) -> Value:
    # Only the first iterable is evaluated outside the comprehension's own scope.
    first = evaluate(machine, node.generators[0].iterable, frame)
    if node.kind is s.ComprehensionKind.GENERATOR:
        return Suspended((node, frame, first))
    if isinstance(first, Sequence) and is_in_any_order(first):
        return orders.comprehension(machine, node, frame, first)
    if node.kind is s.ComprehensionKind.DICT:
        mapping = Mapping(parts())
        if not run_comprehension(machine, node, frame, first, partial(_put, mapping)):
            mapping.fields[OPEN] = True
        return mapping
    gathered: list[Value] = []
    is_whole = run_comprehension(
        machine, node, frame, first, lambda values: gathered.append(values[0])
    )
    is_list = node.kind is s.ComprehensionKind.LIST
    result = sequence(SequenceKind.LIST if is_list else SequenceKind.SET, tuple(gathered))
    if not is_whole:
        result.fields[OPEN] = True
    return result


_HASHING: Final = frozenset({s.ComprehensionKind.SET, s.ComprehensionKind.DICT})


def run_comprehension(
    machine: Core,
    node: s.Comprehension,
    frame: Frame,
    first: Value,
    each: Callable[[list[Value]], None],
) -> bool:
    """Run a comprehension; whether every item is known.

    `each` gets the items that are certain. A part that may be skipped runs as one of two ways. A
    generator's consumer gets the items of that part too, and sees that `doubt` has grown.
    """
    is_lazy = node.kind is s.ComprehensionKind.GENERATOR
    doubt = machine.doubt
    outer: Frame | None = frame
    while outer is not None and outer.scope is Scope.CLASS:
        outer = outer.outer
    inner = Frame(
        frame.module, frame.number, frame.code, Scope.COMPREHENSION, store(), outer,
        owner=frame.owner, arguments=frame.arguments,
        is_inlined=machine.world.target.version >= (3, 12)
        and node.kind is not s.ComprehensionKind.GENERATOR,
    )  # fmt: skip
    is_whole = True

    # It is handed itself: a function that refers to itself waits for the garbage collector, with all it holds.
    def level(itself: Callable[..., None], position: int, iterable: Value) -> None:
        generator = node.generators[position]
        nonlocal is_whole
        is_whole = is_whole and _is_exact(iterable)

        def item(value: Value) -> None:
            nonlocal is_whole
            machine.assign(generator.target, value, inner)
            is_certain = True
            for condition in generator.conditions:
                known = machine.truth_of(evaluate(machine, condition, inner), inner, 0)
                if known is False:
                    return
                is_certain = is_certain and (known is True or _is_other(value))
            if is_certain:
                inside(position)
            else:
                is_whole = False
                machine.fork(inner, lambda: inside(position), do_nothing)

        def inside(position: int) -> None:
            nonlocal is_whole
            if position + 1 < len(node.generators):
                onward = node.generators[position + 1].iterable
                itself(itself, position + 1, evaluate(machine, onward, inner))
                return
            values = [evaluate(machine, element, inner) for element in node.elements]
            if node.kind in _HASHING:
                note_hashed(machine, values[:1])
            if is_lazy or machine.doubt == doubt:
                each(values)
            else:
                is_whole = False

        machine.iterate(iterable, item, inner, mark_of(generator.iterable))

    level(level, 0, first)
    return is_whole


def _walrus(machine: Core, node: s.Walrus, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    scope = frame
    while scope.scope is Scope.COMPREHENSION and scope.outer is not None:
        scope = scope.outer
    machine.assign(s.NameTarget(node.name, 0), value, scope)
    return value


def _joined(machine: Core, node: s.Joined, frame: Frame) -> Value:
    return machine.joined([evaluate(machine, value, frame) for value in node.values], frame)


def joined(machine: Core, values: list[Value], frame: Frame) -> Value:
    """An f-string with these values in it."""
    if all(isinstance(value, Const) for value in values):
        return Const("".join(str(value.value) for value in values if isinstance(value, Const)))
    if any(isinstance(value, LibraryObject) for value in values):
        return joined_texts(values)
    for value in values:
        machine.call(Builtin("format"), (value, Const("")), {}, frame, 0)
    return UNKNOWN


def _yield(machine: Core, node: s.Yield, frame: Frame) -> Value:
    value = NONE if node.value is None else evaluate(machine, node.value, frame)
    scope: Frame | None = frame
    while scope is not None and scope.on_yield is None:
        scope = scope.outer
    if scope is None or scope.on_yield is None:
        return UNKNOWN
    if not node.is_from:
        return scope.on_yield(value)
    on_yield = scope.on_yield
    machine.iterate(value, lambda item: ignore(on_yield(item)), frame)
    return UNKNOWN


def _await(machine: Core, node: s.Await, frame: Frame) -> Value:
    return awaited(machine, evaluate(machine, node.value, frame))


def awaited(machine: Core, value: Value) -> Value:
    """The result of `await value`."""
    if isinstance(value, Suspended) and isinstance(value.body, Function):
        return machine.run_function(value.body, dict(value.arguments))
    return UNKNOWN


def _starred(machine: Core, node: s.Starred, frame: Frame) -> Value:
    evaluate(machine, node.value, frame)
    return UNKNOWN


def _call_expression(machine: Core, node: s.Call, frame: Frame) -> Value:
    raise_exits = machine.raise_exits
    called = node.function
    function = _HANDLERS[type(called)](machine, called, frame)
    arguments, is_whole = expand(machine, node.arguments, frame)
    keywords: dict[str, Value] = {}
    for name, expression in node.keywords:
        value = evaluate(machine, expression, frame)
        if name is not None:
            keywords[name] = value
        elif isinstance(value, Mapping):
            keywords.update((str(key), each) for key, each in value.items.items())
    if not is_whole:
        arguments.append(UNKNOWN)
    if machine.raise_exits != raise_exits:
        # Its arguments may have raised an exception that a handler expects.
        return machine.fork_value(
            frame,
            lambda: machine.call(function, tuple(arguments), keywords, frame, node.mark),
            lambda: UNKNOWN,
        )
    return machine.call(function, tuple(arguments), keywords, frame, node.mark)


def _slice(machine: Core, node: s.Slice, frame: Frame) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            evaluate(machine, part, frame)
    return UNKNOWN


def _opaque(machine: Core, node: s.Opaque, frame: Frame) -> Value:
    machine.expose([evaluate(machine, part, frame) for part in node.parts], is_operation=True)
    return UNKNOWN


def _too_deep(machine: Core, node: s.TooDeep, frame: Frame) -> Value:
    raise GiveUp("an expression is nested too deeply to be followed")


def _is_simple(expression: s.Expression) -> bool:
    """Whether evaluating it can only fail with a NameError, and changes nothing."""
    return isinstance(expression, (s.Name, s.Constant))


def _is_other(value: Value) -> bool:
    """Whether it stands for any number of things: some of them are there behind a condition."""
    return isinstance(value, LibraryObject) and value.is_other


def _is_exact(iterable: Value) -> bool:
    match iterable:
        case Sequence(fields=fields):
            return OPEN not in fields
        case Mapping():
            return not iterable.is_open
        case Const(value=str()) | Suspended(is_coroutine=False):
            return True
        case _:
            return False


def _put(mapping: Mapping, values: list[Value]) -> None:
    key, value = values
    if isinstance(key, Const):
        mapping.items[key.value] = value
    else:
        mapping.items.clear()
        mapping.fields[OPEN] = True


def ignore(value: Value) -> None:
    del value


_HANDLERS: dict[type[s.Expression], Callable[..., Value]] = {
    s.Constant: _constant,
    s.Name: _name_expression,
    s.Attribute: _attribute_expression,
    s.Subscript: _subscript,
    s.Slice: _slice,
    s.Call: _call_expression,
    s.Starred: _starred,
    s.Display: _display,
    s.DictDisplay: _dict,
    s.BoolOp: _bool_op,
    s.Not: _not,
    s.Compare: _compare,
    s.Binary: _binary,
    s.Conditional: _conditional,
    s.Lambda: _lambda,
    s.Comprehension: _comprehension,
    s.Walrus: _walrus,
    s.Joined: _joined,
    s.Yield: _yield,
    s.Await: _await,
    s.Opaque: _opaque,
    s.TooDeep: _too_deep,
}
