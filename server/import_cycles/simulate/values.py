"""The values of names in a simulated program, as far as they matter to imports.

`UNKNOWN` is the value of everything that the model does not follow: every operation on it gives
`UNKNOWN` and raises nothing. Values that a program can change keep their parts in dicts, because
the machine's journal records changes of dicts (`import_cycles.simulate.journal`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field, record
from import_cycles.resolve.layout import ModuleFile
from import_cycles.simulate.marks import ALTERED, ITEMS, OPEN, STATUS, Mark
from import_cycles.simulate.outcome import Cause, Spot
from import_cycles.simulate.stores import parts, store
from import_cycles.syntax.steps import Code, Comprehension


class Value:
    """Base of all values."""

    __slots__ = ()


class Unknown(Value):
    """Any value at all."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@record
class Const(Value):
    """A number, string, bool or None."""

    value: str | int | float | bool | None


NONE: Final = Const(None)


class StandIn(Const):
    """A literal that a handler bound because a circular import had failed: `A = None`.

    It is that literal in every way; an operation that it refuses fails because of `cause`.
    """

    __slots__ = ("cause",)

    def __init__(self, value: str | int | float | bool | None, cause: Cause) -> None:
        super().__init__(value)
        object.__setattr__(self, "cause", cause)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.value,))

    cause: Cause


@record
class Maybe(Value):
    """In a namespace: bound to `value` on some ways through the program, unbound on others."""

    value: Value


@record
class External(Value):
    """A module outside the project, or something in one, by its dotted name."""

    dotted: str


@record
class Builtin(Value):
    """A name of `builtins`."""

    name: str


class Status(Enum):
    """How far the loading of a module has come."""

    RUNNING = auto()
    DONE = auto()
    FAILED = auto()


@entity
class Module(Value):
    """A module object of the project.

    `names` is its namespace. The module is open once it may have names that the model does not see
    (a star-import from outside, `exec`, code from outside that gets the module or its `globals()`).
    """

    name: ModuleName
    dotted: str
    file: ModuleFile
    names: dict[str, Value] = field(default_factory=store)
    fields: dict[Hashable, object] = field(default_factory=parts)

    @property
    def status(self) -> Status:
        """How far it is."""
        status = self.fields.get(STATUS, Status.RUNNING)
        assert isinstance(status, Status)
        return status

    @property
    def is_open(self) -> bool:
        """Whether it may have names that the model does not see."""
        return OPEN in self.fields


class Scope(Enum):
    """The owner of a frame's names."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    COMPREHENSION = auto()


@entity
class Frame:
    """A running body: the module that it belongs to, its code, its names.

    `outer` is the frame in which names are looked up next: that of the enclosing function, never
    a class. `on_yield` is what a `yield` does. `returns` holds values that it may have returned.
    """

    module: Module
    number: int
    code: Code
    scope: Scope
    names: dict[str, Value]
    outer: Frame | None = None
    on_yield: Callable[[Value], Value] | None = None
    returns: list[Value] = field(default_factory=list)
    owner: Class | None = None
    """The class whose body, or whose method, this is."""
    arguments: tuple[Value, ...] = ()
    exits: int = 0
    """Counts the ways through the program on which a `return`, `break` or `continue` has left the
    current block. What follows in that block may then not run."""
    continues: int = 0
    """How many of these exits go on with the next round of a loop."""
    return_exits: int = 0
    """How many of these exits leave the frame."""
    told_at: Spot | None = None
    """Where exceptions are reported if the code is evaluated on another's behalf, as an annotation is."""
    is_inlined: bool = False
    """A comprehension whose variables live in the frame around it (PEP 709, from 3.12 on)."""


class Wrapping(Enum):
    """How a function is wrapped by a decorator that the model knows."""

    NONE = auto()
    STATIC = auto()
    CLASS = auto()
    PROPERTY = auto()
    CACHED_PROPERTY = auto()
    CONTEXT_MANAGER = auto()
    CACHED = auto()


@entity
class Function(Value):
    """A function or lambda of the project."""

    module: Module
    number: int
    code: Code
    outer: Frame | None
    defaults: tuple[Value, ...] = ()
    keyword_defaults: tuple[Value | None, ...] = ()
    wrapping: Wrapping = Wrapping.NONE
    owner: Class | None = None
    fields: dict[Hashable, object] = field(default_factory=parts)
    """Marks, and attributes by their names."""


@entity
class Class(Value):
    """A class of the project.

    `mro` starts with itself and has only classes of the project. `is_open` says that the class has
    other ancestors, of which nothing is known. `builtin_bases` are names of builtin classes among
    the ancestors (`Exception`, `dict`). `names` is what the body bound. The class is *altered* when
    code that is not followed (a metaclass, a base, a decorator) may have changed attributes that
    the body bound.
    """

    name: str
    module: Module
    bases: tuple[Value, ...]
    names: dict[str, Value]
    mro: tuple[Class, ...] = ()
    is_open: bool = False
    builtin_bases: tuple[str, ...] = ()
    metaclass: Value | None = None
    fields: dict[Mark, object] = field(default_factory=parts)

    @property
    def is_altered(self) -> bool:
        """Whether its attributes may have other values than its body gave them."""
        return ALTERED in self.fields


@entity
class Instance(Value):
    """An object of a project's class, or an exception of a builtin class.

    It is open once code that is not followed may have set attributes of it.
    """

    cls: Class | Builtin
    names: dict[str, Value] = field(default_factory=parts)
    fields: dict[Mark, object] = field(default_factory=parts)

    @property
    def is_open(self) -> bool:
        """Whether it may have other attributes than the model sees."""
        return OPEN in self.fields


@entity
class Method(Value):
    """A function bound to its first argument."""

    function: Function
    owner: Value


class BuiltinMethod(Value):
    """A method of a builtin value, bound to it."""

    __match_args__ = ("owner", "name")
    __slots__ = ("name", "owner")

    def __init__(self, owner: Value, name: str) -> None:
        self.owner = owner
        self.name = name


@entity
class Super(Value):
    """`super()`: looks beyond `start` in the method resolution order of `owner`."""

    start: Class
    owner: Value


class SequenceKind(Enum):
    """Which builtin container. A view is what `dict.keys`, `values` and `items` give."""

    TUPLE = auto()
    LIST = auto()
    SET = auto()
    VIEW = auto()


@entity
class Sequence(Value):
    """A tuple, list, set or view. Each of `items` is in it; while it is closed, nothing else is.

    The items of a set have no meaningful order; each is there once as far as that is known.
    """

    kind: SequenceKind
    fields: dict[Mark, object]

    @property
    def items(self) -> tuple[Value, ...]:
        """The items now."""
        items = self.fields[ITEMS]
        assert isinstance(items, tuple)
        return items

    @property
    def is_open(self) -> bool:
        """Whether it may have items that the model does not see."""
        return OPEN in self.fields


def sequence(kind: SequenceKind, items: tuple[Value, ...], *, is_open: bool = False) -> Sequence:
    """A new sequence. Of equal literals a set keeps the first."""
    if kind is SequenceKind.SET:
        items = distinct(items)
    return Sequence(kind, parts({ITEMS: items, OPEN: True} if is_open else {ITEMS: items}))


def distinct(items: tuple[Value, ...]) -> tuple[Value, ...]:
    """Items without those that are surely equal to an earlier one."""
    kept: dict[object, Value] = {}
    for item in items:
        # Equal in Python: 1, 1.0 and True are one item of a set.
        key = ("literal", item.value) if isinstance(item, Const) else id(item)
        kept.setdefault(key, item)
    return tuple(kept.values())


@entity
class Mapping(Value):
    """A dict: the known values by literal key; `Maybe` for a key that may be missing."""

    items: dict[str | int | float | bool | None, Value]
    fields: dict[Mark, object] = field(default_factory=parts)

    @property
    def is_open(self) -> bool:
        """Whether it may have items that the model does not see."""
        return OPEN in self.fields


@entity
class Namespace(Value):
    """`globals()`, `vars(module)` or `module.__dict__`."""

    module: Module


@entity
class Attributes(Value):
    """`vars(x)` or `x.__dict__` of a class or of an object of a project's class."""

    owner: Class | Instance


@entity
class Suspended(Value):
    """A generator or coroutine that has not started: a function call, or a comprehension.

    Third, a call of an iterator of `builtins` that calls a function with each item.
    """

    body: Function | tuple[Comprehension, Frame, Value] | Callable[[Callable[[Value], Value]], None]
    arguments: dict[str, Value] = field(default_factory=dict)
    is_coroutine: bool = False
    fields: dict[Mark, object] = field(default_factory=parts)


@entity
class Partial(Value):
    """`functools.partial`, or a known decorator waiting for its function."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)


@entity
class Suppress(Value):
    """`contextlib.suppress(…)`."""

    caught: tuple[Value, ...]


@entity
class Lazy(Value):
    """A PEP 810 placeholder: the first use imports. `dotted` is what it stands for."""

    import_id: int
    name: str | None
    """The name of a `from` import; None for a plain one."""
    frame: Frame
    mark: int
    dotted: str = ""
    fields: dict[str, object] = field(default_factory=parts)


if TYPE_CHECKING:
    Namespaced: TypeAlias = Module | Class | Instance


def join(first: Value, second: Value) -> Value:
    """The value of a name where two ways through the program meet."""
    if first is second:
        return first
    if isinstance(first, Maybe) or isinstance(second, Maybe):
        left = first.value if isinstance(first, Maybe) else first
        right = second.value if isinstance(second, Maybe) else second
        return Maybe(join(left, right))
    match first, second:
        case Const(value=left_value), Const(value=right_value):
            same = type(left_value) is type(right_value) and left_value == right_value
            return first if same else UNKNOWN
        case (External(), External()) | (Builtin(), Builtin()):
            return first if first == second else UNKNOWN
        case Module(name=name), Module(name=other_name):
            # Loaded on both ways: each has made an object of its own for the one module.
            return first if name == other_name else UNKNOWN
        case Function(), Function():
            same = (
                first.code is second.code
                and first.module is second.module
                and first.outer is second.outer
            )
            return first if same else UNKNOWN
        case _:
            return first if first == second else UNKNOWN
