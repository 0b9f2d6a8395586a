"""Classes of plain data that cost next to nothing to define: `record` and `entity`.

A *record* is a value: frozen, equal to another of its class when all fields are, hashable,
ordered if asked. An *entity* is a thing with a state: its fields change, and it equals itself
only. To type checkers both are dataclasses (PEP 681), and they are constructed, matched,
printed, pickled and copied like those; both have slots. A record does not build on another,
every annotation in the class body is a field, and no method calls `super()` without arguments:
the class with slots is not the one that the `class` statement made.

Why not `dataclasses`: it composes and compiles half a dozen functions for every class, about a
millisecond each time, and imports `inspect`. This program has nearly two hundred such classes;
making them took longer than checking a small project. Yet the functions of two classes with
equally many fields differ in names alone. So they are compiled once for each number of fields
(the templates at the end of this file), and a class gets copies of the code with its own names
put in (`_with_names`). The copies run as fast as what `dataclasses` compiles; constructing a
record is faster, because the setters of its slots go past the `__setattr__` that forbids
changes, and need not look a name up as `object.__setattr__` does.
Tests: tests/unit/test_record.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from reprlib import recursive_repr
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast, overload

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """What `typing` has from Python 3.11 on; it does nothing at run time."""
        return lambda decorator: decorator


T = TypeVar("T")


class _Factory:
    """The default of a field that is made anew for each object."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """A field whose default is made anew for each object, such as an empty dict."""
    return cast("T", _Factory(default_factory))


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, order: bool) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, /, *, order: bool = False) -> Any:
    """Make a class of frozen values; with `order` they compare by their fields, in order."""

    def decorate(cls: type[T]) -> type[T]:
        templates = (_equality, _reduction, _order) if order else (_equality, _reduction)
        return _made(cls, _FROZEN, templates)

    return decorate if cls is None else decorate(cls)


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def entity(cls: type[T], /) -> type[T]:
    """Make a class of things that can change and that equal only themselves."""
    return _made(cls, _OPEN, ())


def replace(original: T, **changes: object) -> T:
    """A copy with other values for some fields."""
    values = {name: getattr(original, name) for name in _fields(original)}
    return type(original)(**{**values, **changes})


# --- what all classes share ----------------------------------------------------------------


def _fields(data: object) -> tuple[str, ...]:
    names: tuple[str, ...] = type(data).__match_args__  # type: ignore[attr-defined]
    return names


@recursive_repr()
def _repr(self: object) -> str:
    parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in _fields(self))
    return f"{type(self).__qualname__}({parts})"


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise AttributeError(f"cannot set {name!r}: {type(self).__qualname__} is frozen")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise AttributeError(f"cannot delete {name!r}: {type(self).__qualname__} is frozen")


_OPEN: Final[Mapping[str, object]] = {"__repr__": _repr}
_FROZEN: Final[Mapping[str, object]] = {
    "__repr__": _repr,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}

# --- what a class has of its own -----------------------------------------------------------

_Template = Callable[[int], Mapping[str, CodeType]]

_MISSING: Final = object()
_NOT_WITH_SLOTS: Final = frozenset({"__dict__", "__weakref__"})


def _made(cls: type[T], shared: Mapping[str, object], templates: Sequence[_Template]) -> type[T]:
    """The class with slots. What its body defines wins over what is made here."""
    if any(hasattr(base, "__match_args__") for base in cls.__bases__):
        raise TypeError(f"{cls.__qualname__} builds on a class that has fields already")
    names = tuple(cls.__annotations__)
    body = {name: value for name, value in vars(cls).items() if name not in _NOT_WITH_SLOTS}
    defaults = {name: body.pop(name) for name in names if name in body}
    if tuple(defaults) != names[len(names) - len(defaults) :]:
        raise TypeError(f"{cls.__qualname__}: a field with a default stands before one without")
    is_frozen = shared is _FROZEN
    new_names = {f"field_{number}": name for number, name in enumerate(names)}
    methods = {"__init__": _initializer(cls, new_names, defaults, is_frozen=is_frozen)}
    for template in templates:
        for name, code in template(len(names)).items():
            methods[name] = FunctionType(_with_names(code, new_names), globals())
    fixed = {"__slots__": names, "__match_args__": names, "__qualname__": cls.__qualname__}
    make: Callable[..., type[T]] = type(cls)
    made = make(cls.__name__, cls.__bases__, {**shared, **methods, **fixed, **body})
    if is_frozen:
        setters = {f"set_{place}": vars(made)[name].__set__ for place, name in new_names.items()}
        methods["__init__"].__globals__.update(setters)
    return made


def _initializer(
    cls: type, new_names: Mapping[str, str], defaults: Mapping[str, object], *, is_frozen: bool
) -> FunctionType:
    makes = {
        place: default.make
        for place, name in new_names.items()
        if isinstance(default := defaults.get(name), _Factory)
    }
    code = _initializer_code(len(new_names), tuple(makes), is_frozen=is_frozen)
    known = {f"make_{place}": make for place, make in makes.items()}
    shown = (_MISSING if isinstance(each, _Factory) else each for each in defaults.values())
    function = FunctionType(
        _with_names(code, new_names), {**known, "_MISSING": _MISSING}, "__init__", tuple(shown)
    )
    function.__module__, function.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    return function


def _with_names(code: CodeType, new_names: Mapping[str, str]) -> CodeType:
    """A copy of a template's code that speaks of a class's fields."""
    # Two arguments for each call of `get`: a name that is not replaced is its own default.
    return code.replace(
        co_names=tuple(map(new_names.get, code.co_names, code.co_names)),
        co_varnames=tuple(map(new_names.get, code.co_varnames, code.co_varnames)),
    )


# --- templates -----------------------------------------------------------------------------


@cache
def _initializer_code(n_fields: int, made: tuple[str, ...], *, is_frozen: bool) -> CodeType:
    """`__init__` for classes with so many fields; the defaults of those in `made` are made."""
    places = [f"field_{number}" for number in range(n_fields)]
    lines = [f"def __init__({', '.join(['self', *places])}):", " pass"]
    for place in made:
        lines += [f" if {place} is _MISSING:", f"  {place} = make_{place}()"]
    for place in places:
        lines.append(f" set_{place}(self, {place})" if is_frozen else f" self.{place} = {place}")
    return _functions("\n".join(lines))["__init__"]


@cache
def _equality(n_fields: int) -> Mapping[str, CodeType]:
    """`__eq__` and `__hash__` for classes with so many fields."""
    hashing = f"def __hash__(self):\n return hash({_values('self', n_fields)})\n"
    return _functions(hashing + _comparison("__eq__", "==", n_fields))


@cache
def _reduction(n_fields: int) -> Mapping[str, CodeType]:
    """`__reduce__` for classes with so many fields.

    What `object` does would set the fields one by one, which is forbidden.
    """
    return _functions(f"def __reduce__(self):\n return self.__class__, {_values('self', n_fields)}")


@cache
def _order(n_fields: int) -> Mapping[str, CodeType]:
    """The other comparisons for classes with so many fields."""
    operators = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
    return _functions("".join(_comparison(*each, n_fields) for each in operators.items()))


def _comparison(name: str, operator: str, n_fields: int) -> str:
    ours, theirs = _values("self", n_fields), _values("other", n_fields)
    return (
        f"def {name}(self, other):\n"
        f" if other.__class__ is self.__class__:\n"
        f"  return {ours} {operator} {theirs}\n"
        f" return NotImplemented\n"
    )


def _values(owner: str, n_fields: int) -> str:
    return f"({''.join(f'{owner}.field_{number}, ' for number in range(n_fields))})"


def _functions(source: str) -> Mapping[str, CodeType]:
    """The code of the functions that `source` defines, by their names."""
    constants = compile(source, f"<{__name__}>", "exec").co_consts
    return {code.co_name: code for code in constants if isinstance(code, CodeType)}
