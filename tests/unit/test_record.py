"""`record` and `entity` behave as `dataclasses` for the same class: the tests compare twins."""

from __future__ import annotations

import copy
import inspect
import itertools
import operator
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass
from dataclasses import field as dataclass_field
from typing import Any

import pytest

from import_cycles.base.record import entity, field, record, replace


class Empty:
    """No field at all."""


class Point:
    """Fields without defaults, and a method."""

    x: int
    y: object

    def moved(self, by: int) -> Point:
        return type(self)(self.x + by, self.y)


class Defaults:
    """Fields with defaults after one without."""

    first: int
    second: str = "b"
    third: tuple[int, ...] = ()


class Words:
    """Fields called what the code of records calls its own."""

    field_1: int
    field_0: int
    hash: int
    other: int
    set_field_0: int = 0


class Wide:
    """More fields than most."""

    a: int
    b: int
    c: int = 0
    d: int = 0
    e: int = 0
    f: int = 0
    g: int = 0
    h: int = 0
    i: int = 0
    j: int = 0
    k: int = 0
    l: int = 0  # noqa: E741
    m: int = 0


CALLS: dict[type, list[tuple[object, ...]]] = {
    Empty: [()],
    Point: [(1, 2), (1, 3), (2, 1), (1, "2"), (1.0, 2), (1, (2, [3]))],
    Defaults: [(1,), (1, "b"), (1, "c"), (1, "b", (1,)), (0, "z")],
    Words: [(1, 2, 3, 4), (2, 1, 3, 4), (1, 2, 3, 4, 5)],
    Wide: [tuple(range(13)), (0, 1), (0, 1, 2), (1, 0)],
}
WRONG_CALLS: list[tuple[tuple[object, ...], dict[str, object]]] = [
    ((), {}),
    ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), {}),
    ((1, 2), {"nothing": 1}),
    ((1,), {"x": 1, "first": 1, "a": 1, "field_1": 1}),
]
NOT_COPIED = ("dict", "weakref")
kinds = pytest.mark.parametrize("plain", CALLS, ids=lambda plain: plain.__name__)


def twins(plain: type) -> tuple[Any, Any]:
    # `dataclass` changes the class that it is given before it makes another.
    body = {name: value for name, value in vars(plain).items() if name[2:-2] not in NOT_COPIED}
    given = type(plain.__name__, (), {**body, "__qualname__": plain.__qualname__})
    return record(order=True)(plain), dataclass(frozen=True, slots=True, order=True)(given)


def outcome(act: Callable[..., object], *arguments: object, **keywords: object) -> object:
    try:
        return act(*arguments, **keywords)
    except TypeError as error:
        return str(error)


@kinds
def test_construction_is_that_of_a_dataclass(plain: type) -> None:
    ours, theirs = twins(plain)
    assert ours.__match_args__ == theirs.__match_args__
    parameters = inspect.signature(ours).parameters.values()
    expected = inspect.signature(theirs).parameters.values()
    assert [(each.name, each.default, each.kind) for each in parameters] == [
        (each.name, each.default, each.kind) for each in expected
    ]
    for call in CALLS[plain]:
        positional, named = ours(*call), ours(**dict(zip(ours.__match_args__, call, strict=False)))
        twin = theirs(*call)
        for name in theirs.__match_args__:
            assert getattr(positional, name) is getattr(named, name) is getattr(twin, name)


@kinds
def test_wrong_calls_are_told_in_the_same_words(plain: type) -> None:
    ours, theirs = twins(plain)
    for arguments, keywords in WRONG_CALLS:
        told = outcome(theirs, *arguments, **keywords)
        if isinstance(told, str):
            assert outcome(ours, *arguments, **keywords) == told


@kinds
def test_equality_order_and_hash_are_those_of_a_dataclass(plain: type) -> None:
    ours, theirs = twins(plain)
    operators = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
    for first, second in itertools.product(CALLS[plain], repeat=2):
        for compare in operators:
            found = outcome(compare, ours(*first), ours(*second))
            assert found == outcome(compare, theirs(*first), theirs(*second)), compare
    for call in CALLS[plain]:
        assert outcome(hash, ours(*call)) == outcome(hash, theirs(*call))
        assert ours(*call) != theirs(*call)
        assert ours(*call) != call


@kinds
def test_looks_are_those_of_a_dataclass(plain: type) -> None:
    ours, theirs = twins(plain)
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    for call in CALLS[plain]:
        assert repr(ours(*call)) == repr(theirs(*call))


@kinds
def test_nothing_can_be_changed(plain: type) -> None:
    ours, theirs = twins(plain)
    made, twin = ours(*CALLS[plain][0]), theirs(*CALLS[plain][0])
    for name in (*ours.__match_args__, "other_name", "__class__"):
        for act in (
            lambda it, name=name: setattr(it, name, 1),
            lambda it, name=name: delattr(it, name),
        ):
            with pytest.raises((FrozenInstanceError, TypeError)):
                act(twin)
            with pytest.raises(AttributeError, match="is frozen"):
                act(made)
    assert made == ours(*CALLS[plain][0])


@kinds
def test_there_is_no_room_but_for_the_fields(plain: type) -> None:
    for made in (record(plain), entity(plain)):
        assert made.__slots__ == tuple(plain.__annotations__)
        assert not hasattr(made(*CALLS[plain][0]), "__dict__")
        assert not hasattr(made(*CALLS[plain][0]), "__weakref__")


def test_methods_stay() -> None:
    made: Any = record(Point)
    assert made(1, 2).moved(3) == made(4, 2)


def test_without_order_there_is_none() -> None:
    made: Any = record(Point)
    with pytest.raises(TypeError, match="not supported"):
        assert made(1, 2) < made(1, 3)


def test_patterns_match_by_position_and_name() -> None:
    made: Any = record(Defaults)
    match made(1, "c"):
        case made(first, "c", third=()):
            assert first == 1
        case _:
            pytest.fail("does not match")


@record
class Made:
    """Fields of which some are made anew each time."""

    name: str
    items: list[int] = field(default_factory=list)
    size: int = 3
    table: dict[str, int] = field(default_factory=lambda: {"a": 1})


@entity
class Thing:
    """The same as an entity."""

    name: str
    items: list[int] = field(default_factory=list)
    size: int = 3
    table: dict[str, int] = field(default_factory=lambda: {"a": 1})


@dataclass(slots=True, eq=False)
class ThingTwin:
    """The same as a dataclass."""

    name: str
    items: list[int] = dataclass_field(default_factory=list)
    size: int = 3
    table: dict[str, int] = dataclass_field(default_factory=lambda: {"a": 1})


@pytest.mark.parametrize("cls", [Made, Thing])
def test_factories_make_a_new_value_for_each_object(cls: Any) -> None:
    first, second = cls("a"), cls("a")
    assert (first.items, first.size, first.table) == ([], 3, {"a": 1})
    assert first.items is not second.items
    assert first.table is not second.table
    given = [1]
    assert cls("a", given).items is cls("a", items=given).items is given
    assert cls("a", given, 4, {}).table == {}
    assert repr(cls("a")) == repr(ThingTwin("a")).replace("ThingTwin", cls.__name__)
    assert list(inspect.signature(cls).parameters) == list(inspect.signature(ThingTwin).parameters)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    made = Made("a", [1], 2, {})
    assert pickle.loads(pickle.dumps(made, protocol)) == made
    thing = pickle.loads(pickle.dumps(Thing("a", [1], 2, {}), protocol))
    assert repr(thing) == repr(Thing("a", [1], 2, {}))


def test_copies() -> None:
    made = Made("a", [1])
    assert copy.copy(made) == copy.deepcopy(made) == made
    assert copy.copy(made).items is made.items
    assert copy.deepcopy(made).items is not made.items
    thing = copy.copy(Thing("a", [1]))
    thing.size = 4
    assert repr(thing) == repr(Thing("a", [1], 4))


def test_replace_changes_some_fields_of_a_copy() -> None:
    made = Made("a", [1], 2, {})
    changed = replace(made, size=5, name="b")
    assert changed == Made("b", [1], 5, {})
    assert changed.items is made.items
    assert made == Made("a", [1], 2, {})
    with pytest.raises(TypeError, match="nothing"):
        replace(made, nothing=1)


def test_entities_change_and_equal_only_themselves() -> None:
    thing, other = Thing("a"), Thing("a")
    assert thing == thing
    assert thing != other
    assert len({thing, other}) == 2
    thing.name = "b"
    assert thing.name == "b"
    with pytest.raises(AttributeError):
        thing.unheard_of = 1  # type: ignore[attr-defined]


def test_an_entity_that_holds_itself_can_be_shown() -> None:
    thing: Any = Thing("a")
    thing.items.append(thing)
    assert repr(thing) == "Thing(name='a', items=[...], size=3, table={'a': 1})"


def test_an_exception_can_be_an_entity() -> None:
    @entity
    class Stopped(BaseException):
        reason: str
        notes: list[str] = field(default_factory=list)

    with pytest.raises(Stopped) as caught:
        raise Stopped("tired")
    caught.value.notes.append("very")
    assert (caught.value.reason, caught.value.notes) == ("tired", ["very"])


class Value:
    """A base without fields, as `import_cycles.simulate.values` has one."""

    __slots__ = ()

    def name(self) -> str:
        return type(self).__name__


def test_a_base_without_fields_passes_on_what_it_has() -> None:
    @record
    class Const(Value):
        value: int

    @record
    class Other(Value):
        value: int

    assert isinstance(Const(1), Value)
    assert Const(1).name() == "Const"
    assert not hasattr(Const(1), "__dict__")
    assert Const(1) == Const(1) != Other(1)


def test_what_the_class_defines_itself_counts() -> None:
    @record
    class Named:
        name: str
        size: int

        def __hash__(self) -> int:
            return hash(self.name)

        def __repr__(self) -> str:
            return self.name

    assert hash(Named("a", 1)) == hash("a")
    assert repr(Named("a", 1)) == "a"
    assert Named("a", 1) != Named("a", 2)


def test_a_record_does_not_build_on_another() -> None:
    with pytest.raises(TypeError, match=r"Further builds on a class that has fields"):

        @record
        class Further(Made):
            more: int


def test_fields_without_a_default_come_first() -> None:
    with pytest.raises(TypeError, match="a field with a default stands before one without"):

        @record
        class Late:
            first: int = 1
            second: int
