"""Annotations that a program evaluates while it loads: `typing.get_type_hints` and its kin.

Annotations that are postponed or in quotes are evaluated in the present namespace of their module.
An exception is reported at the call that asks for them. If the annotation is code, which CPython
keeps in an `__annotate__` function from 3.14 on (PEP 649), it is reported at the annotation.

Source: Lib/typing.py, `get_type_hints` and `_eval_type`; Lib/inspect.py, `get_annotations` and
`signature`; Lib/functools.py, `singledispatch`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.marks import DEFINED_BY, OPEN
from import_cycles.simulate.outcome import Spot, hints_of
from import_cycles.simulate.path_calls import Act
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    External,
    Frame,
    Function,
    Mapping,
    Method,
    Partial,
    Scope,
    Value,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.lower import hint

_CODE_SINCE: Final = (3, 14)
"""The first Python that keeps annotations as code until they are requested (PEP 649)."""

_DEPTH: Final = 4
"""Texts inside one another."""


def _of(machine: Core, owner: Function | Class) -> tuple[tuple[str, str, int], ...]:
    """The annotations of a function or class that are kept as texts, each with its mark."""
    name = owner.module.name
    machine.ran.add(hints_of(name))
    summary = machine.world.summary(name)
    defined = _definition(owner)
    for each in () if summary is None else summary.hints:
        if (each.code, each.mark) == defined:
            return each.annotations
    return ()


def _definition(owner: Function | Class) -> tuple[int, int]:
    if isinstance(owner, Function):
        return owner.number, -1
    defined = owner.fields.get(DEFINED_BY)
    return defined if isinstance(defined, tuple) else (-1, -1)


def _is_postponed(machine: Core, owner: Function | Class) -> bool:
    summary = machine.world.summary(owner.module.name)
    return summary is not None and summary.future_annotations


def _has_own_code(machine: Core, owner: Function | Class, text: str) -> bool:
    """Whether an annotation is code of the module, which asking for the values runs (PEP 649)."""
    if machine.world.target.version < _CODE_SINCE or _is_postponed(machine, owner):
        return False
    expression = hint(text)
    return not (isinstance(expression, s.Constant) and isinstance(expression.value, str))


def _namespace(machine: Core, owner: Function | Class, spot: Spot) -> Frame:
    """A frame in which annotations are evaluated; their exceptions are reported at `spot`."""
    module = owner.module
    summary = machine.world.summary(module.name)
    assert summary is not None, "a module that runs has a summary"
    frame = Frame(module, 0, summary.codes[0], Scope.MODULE, module.names, told_at=spot)
    if isinstance(owner, Class):
        frame.scope, frame.names, frame.owner = Scope.CLASS, owner.names, owner
    return frame


# --- evaluating ------------------------------------------------------------------------------


def _evaluated(
    machine: Core, owner: Function | Class, frame: Frame, mark: int
) -> Iterator[tuple[str, Callable[[], Value]]]:
    """The annotations of a function or class, each with what evaluates it.

    Texts inside an annotation are evaluated as well (`ForwardRef`).
    """
    for name, text, place in _of(machine, owner):
        around = inner = _namespace(machine, owner, machine.spot(frame, mark))
        if _has_own_code(machine, owner, text):
            inner = _namespace(machine, owner, Spot(owner.module.name, 0, place))
        yield name, partial(_value, machine, text, inner, _DEPTH, around)


def _evaluate_once(
    machine: Core, owner: Function | Class, frame: Frame, mark: int, *, texts: bool
) -> None:
    """Evaluate annotations, but no texts in them: those that are `texts` as a whole, or the others."""
    called = _namespace(machine, owner, machine.spot(frame, mark))
    for _, text, place in _of(machine, owner):
        expression = hint(text)
        quoted = expression.value if isinstance(expression, s.Constant) else None
        if _has_own_code(machine, owner, text):
            spot = Spot(owner.module.name, 0, place)
            _value(machine, text, _namespace(machine, owner, spot), 1)
        elif texts and _is_postponed(machine, owner):
            _value(machine, text, called, 1)
        elif texts and isinstance(quoted, str):
            _value(machine, quoted, called, 1)


def _value(
    machine: Core, text: str, frame: Frame, depth: int, around: Frame | None = None
) -> Value:
    """The value of an annotation. Texts in it, if `depth` allows, are evaluated in `around`."""
    expression = hint(text)
    if expression is None:
        # Python does not accept it as an annotation, and raises SyntaxError.
        return UNKNOWN
    value = machine.evaluate(expression, frame)
    if depth > 1:
        around = around or frame
        for inner in _texts(machine, expression, frame):
            _value(machine, inner, around, depth - 1)
        if isinstance(expression, s.Constant) and isinstance(expression.value, str):
            return _value(machine, expression.value, around, depth - 1)
    return value


def _texts(machine: Core, expression: s.Expression, frame: Frame) -> Iterator[str]:
    """The texts in the brackets of an annotation that are annotations themselves."""
    match expression:
        case s.Subscript(value=generic, index=index):
            form = machine.evaluate(generic, frame)
            name = form.dotted.rpartition(".")[2] if isinstance(form, External) else ""
            arguments = index.items if isinstance(index, s.Display) else (index,)
            if name == "Literal":
                return
            for argument in arguments[: 1 if name == "Annotated" else None]:
                if isinstance(argument, s.Constant) and isinstance(argument.value, str):
                    yield argument.value
                else:
                    yield from _texts(machine, argument, frame)
        case s.Display(items=items):
            # `Callable[["A"], "B"]`
            for item in items:
                if isinstance(item, s.Constant) and isinstance(item.value, str):
                    yield item.value
        case s.Binary(left=left, right=right):
            yield from _texts(machine, left, frame)
            yield from _texts(machine, right, frame)
        case _:
            return


# --- who asks --------------------------------------------------------------------------------


def _asked_about(value: Value) -> Value:
    return value.function if isinstance(value, Method) else value


def _get_type_hints(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`typing.get_type_hints(obj)`: of a class those of its bases, too."""
    named = dict(zip(("obj", "globalns", "localns"), arguments, strict=False)) | keywords
    owner = _asked_about(named.get("obj", UNKNOWN))
    has_own_names = any(named.get(each, NONE) != NONE for each in ("globalns", "localns"))
    if machine.is_survey or has_own_names or not isinstance(owner, (Function, Class)):
        machine.may_raise()
        return UNKNOWN
    found: dict[str, Value] = {}
    for each in reversed(owner.mro) if isinstance(owner, Class) else (owner,):
        for name, evaluate in _evaluated(machine, each, frame, mark):
            found[name] = evaluate()
    return Mapping(parts(found), parts({OPEN: True}))


def _annotations(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`inspect.signature(f)` and `inspect.get_annotations(obj)`, with `eval_str=True` or without.

    From 3.14 on, they ask for the values of annotations that are not texts, unless `format` says
    otherwise (PEP 749).
    """
    owner = _asked_about(arguments[0]) if arguments else UNKNOWN
    wanted = keywords.get("format", keywords.get("annotation_format"))
    if wanted is not None and _format(wanted) != "VALUE":
        return UNKNOWN
    if machine.is_survey or not isinstance(owner, (Function, Class)):
        machine.may_raise()
        return UNKNOWN
    evaluates = keywords.get("eval_str", Const(False)) == Const(True)
    _evaluate_once(machine, owner, frame, mark, texts=evaluates)
    return UNKNOWN


def _format(wanted: Value) -> str:
    """The name of a member of `annotationlib.Format`, empty where that is not known."""
    return wanted.dotted.rpartition(".")[2] if isinstance(wanted, External) else ""


def annotations_attribute(machine: Core, owner: Function | Class, frame: Frame, mark: int) -> Value:
    """`owner.__annotations__`, which runs the code of the annotations from Python 3.14 on."""
    if not machine.is_survey:
        _evaluate_once(machine, owner, frame, mark, texts=False)
    return UNKNOWN


def _resolve_types(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`attrs.resolve_types(cls)`, which is a decorator, too."""
    _get_type_hints(machine, arguments, keywords, frame, mark)
    return arguments[0] if arguments else UNKNOWN


def _register(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`dispatcher.register(cls, func)`; a function alone tells the class by its annotations."""
    match arguments:
        case (_, Function() as function):
            _dispatched_on(machine, function, frame, mark)
        case (_, _, function):
            pass
        case (dispatcher, cls):
            return Partial(External("functools.singledispatch().register"), (dispatcher, cls))
        case _:
            return UNKNOWN
    # The dispatcher may call it.
    machine.hand_over((function,))
    return function


def _dispatched_on(machine: Core, function: Function, frame: Frame, mark: int) -> None:
    """The class that a function is registered for: its first annotation.

    From 3.14 on, annotations that cannot be evaluated are forward references, and the first one
    must be none (Lib/functools.py, `singledispatch`).
    """
    if machine.is_survey or machine.world.target.version < _CODE_SINCE:
        _get_type_hints(machine, (function,), {}, frame, mark)
        return
    failed: list[Raised | None] = []
    for _, evaluate in _evaluated(machine, function, frame, mark):
        failed.append(_failure_of(evaluate))
    if failed and failed[0] is not None:
        message = "Invalid annotation: it is an unresolved forward reference."
        failure = machine.raised("TypeError", frame, mark, message=message)
        failure.cause = failed[0].as_cause() if failed[0].is_circular else None
        failure.certain, failure.doubt = failed[0].certain, failed[0].doubt
        machine.refuse(failure)


def _failure_of(act: Callable[[], Value]) -> Raised | None:
    try:
        act()
    except Raised as raised:
        return raised
    return None


CALLS: Final[dict[str, Act]] = {
    "annotationlib.get_annotations": _annotations,
    "attr.resolve_types": _resolve_types,
    "attrs.resolve_types": _resolve_types,
    "functools.singledispatch().register": _register,
    "inspect.get_annotations": _annotations,
    "inspect.signature": _annotations,
    "typing.get_type_hints": _get_type_hints,
    "typing_extensions.get_type_hints": _get_type_hints,
}
"""Functions of the library, by their dotted names."""
