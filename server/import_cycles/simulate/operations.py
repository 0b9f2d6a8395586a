"""Operations on values: items, truth, comparisons and operators, with the methods that they call."""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.table import is_preloaded
from import_cycles.simulate.absences import explained, is_absent, not_loaded, refuse_key
from import_cycles.simulate.core import Core, truth
from import_cycles.simulate.errors import Broke
from import_cycles.simulate.exposure import forget, lose_parts, lose_sight
from import_cycles.simulate.library_objects import LibraryObject
from import_cycles.simulate.names import MODULE_NAMES, implicit_attribute
from import_cycles.simulate.operators import binary_constant, compare_values, is_whole_text
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Module,
    Namespace,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
    sequence,
)

_OPERATOR_METHODS: Final = {
    "+": "__add__",
    "-": "__sub__",
    "*": "__mul__",
    "|": "__or__",
    "&": "__and__",
    "/": "__truediv__",
    "//": "__floordiv__",
    "%": "__mod__",
}


_COMPARISONS: Final = {
    "==": ("__eq__", "__eq__"),
    "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"),
    "<=": ("__le__", "__ge__"),
    ">": ("__gt__", "__lt__"),
    ">=": ("__ge__", "__le__"),
}
"""The method of each comparison, and that of the other side."""


_ORDERED: Final = frozenset({"<", "<=", ">", ">=", "in", "not in"})
"""The comparisons that raise where they mean nothing."""


def items_of(machine: Core, value: Value, frame: Frame) -> tuple[Value, ...] | None:
    """The items of an iterable, if all are known; runs generators for that."""
    match value:
        case Sequence(kind=SequenceKind.SET) if len(value.items) > 1:
            # Each of them is there, in an unknown order.
            return None
        case Sequence():
            return None if value.is_open else value.items
        case Mapping(items=items):
            if value.is_open or any(isinstance(each, Maybe) for each in items.values()):
                return None
            return tuple(Const(key) for key in items)
        case Namespace() | Attributes():
            return names_of(machine, value)
        case Suspended(is_coroutine=False) | Instance(cls=Class()):
            return drained(machine, value, frame)
        case Const(value=str(text)):
            return tuple(Const(character) for character in text)
        case _:
            return None


def names_of(machine: Core, value: Namespace | Attributes) -> tuple[Value, ...] | None:
    """The keys of `globals()` or of an object's `__dict__`; None if not all are known."""
    if isinstance(value, Namespace):
        module = value.module
        machine.look_through(module)
        names, is_whole = module.names, not module.is_open
        first: tuple[str, ...] = MODULE_NAMES
    else:
        owner = value.owner
        names, first = owner.names, ()
        is_whole = isinstance(owner, Instance) and not owner.is_open
    if not is_whole or any(isinstance(each, Maybe) for each in names.values()):
        return None
    return tuple(Const(name) for name in (*first, *(n for n in names if n not in first)))


def drained(machine: Core, iterable: Value, frame: Frame) -> tuple[Value, ...] | None:
    """All items of a generator, run to its end; None if that is not certain."""
    gathered: list[Value] = []
    doubt, is_certain = machine.doubt, isinstance(iterable, Suspended)

    def gather(value: Value) -> None:
        nonlocal is_certain
        is_certain = is_certain and machine.doubt == doubt
        gathered.append(value)

    machine.iterate(iterable, gather, frame)
    return tuple(gathered) if is_certain else None


def gather(machine: Core, iterable: Value, frame: Frame) -> tuple[Value, ...] | None:
    """The items of an iterable, generators run to their end; None if not all are known."""
    match iterable:
        case Suspended(is_coroutine=False):
            return drained(machine, iterable, frame)
        case _:
            return items_of(machine, iterable, frame)


def take_pairs(machine: Core, given: Value, frame: Frame) -> None:
    """`dict(given)`, where it is no dict: an iterable of pairs, or an object with `keys`."""
    gather(machine, given, frame)
    machine.expose((given,), is_operation=not isinstance(given, Instance))
    lose_sight(machine.journal, (given,))


def update_mapping(machine: Core, owner: Mapping, added: Value) -> None:
    """`owner.update(added)`, `{**added}`."""
    if not isinstance(added, Mapping):
        forget(machine.journal, owner)
        return
    if added.is_open:
        # Its unknown items may replace any others.
        forget(machine.journal, owner)
    for key, value in added.items.items():
        if isinstance(value, Maybe) and key in owner.items:
            value = machine.joined_value(owner.items[key], value.value)
        machine.journal.write(owner.items, key, value)


def item(machine: Core, owner: Value, index: Value, frame: Frame, mark: int) -> Value:
    """`owner[index]`."""
    match owner, index:
        case External(dotted="sys.modules"), Const(value=str(dotted)):
            return machine.module_by_key(dotted, frame, mark)
        case External(dotted="sys.version_info"), Const(value=int(position)):
            if position in (0, 1):
                return Const(machine.world.target.version[position])
            return UNKNOWN
        case Mapping(items=items), Const(value=key):
            found = items.get(key)
            if found is not None and not isinstance(found, Maybe):
                return found
            if found is not None or owner.is_open:
                machine.may_raise("KeyError")
                return UNKNOWN
            return refuse_key(machine, key, frame, mark)
        case Namespace(module=module), Const(value=str(name)):
            return _namespace_item(machine, module, name, frame, mark)
        case Attributes(owner=holder), Const(value=str(name)):
            found = machine.attribute_item(holder, name)
            if found is None or isinstance(holder.names.get(name), Maybe):
                machine.may_raise("KeyError")
            return found or UNKNOWN
        case Sequence(kind=SequenceKind.TUPLE | SequenceKind.LIST as kind), Const(
            value=int(position)
        ):
            if owner.is_open:
                machine.may_raise("IndexError")
                return UNKNOWN
            if -len(owner.items) <= position < len(owner.items):
                return owner.items[position]
            message = f"{kind.name.lower()} index out of range"
            return machine.refuse(machine.raised("IndexError", frame, mark, message=message))
        case Const(value=str(text)), Const(value=int(position)) if is_whole_text(text) and -len(
            text
        ) <= position < len(text):
            return Const(text[position])
        case LibraryObject(), _:
            return owner.item(index)
        case Instance(cls=Class()), _:
            return call_special(machine, owner, "__getitem__", (index,), frame, mark)
        case Class(), _:
            found = machine.class_item(owner, index)
            if found is not None:
                return found
            machine.expose((owner,), is_operation=True)
            call_special(machine, owner, "__class_getitem__", (index,), frame, mark)
            return owner
        case ((Builtin() | External()), _):
            # `list[int]`, `Generic[T]`: they count as the class.
            machine.may_raise("KeyError")
            return owner
        case ((Const(value=None | bool() | int() | float()) | Module()), _):
            failure = machine.raised(
                "TypeError", frame, mark, message="object is not subscriptable"
            )
            return machine.refuse(explained(machine, failure, owner))
        case _:
            machine.may_raise()
            machine.expose((owner, index), is_operation=True)
            lose_parts(machine.journal, owner)
            return UNKNOWN


def _namespace_item(machine: Core, module: Module, name: str, frame: Frame, mark: int) -> Value:
    """`globals()[name]`."""
    machine.look_through(module)
    found = module.names.get(name)
    if isinstance(found, Maybe):
        machine.may_raise("KeyError")
        return found.value
    found = found or implicit_attribute(module, name)
    if found is not None:
        return found
    if module.is_open:
        machine.may_raise("KeyError")
        return UNKNOWN
    return refuse_key(machine, name, frame, mark)


def module_by_key(machine: Core, dotted: str, frame: Frame, mark: int) -> Value:
    """`sys.modules[dotted]`; raises the program's KeyError for a project module not loaded."""
    if dotted == "__main__":
        return UNKNOWN
    file = machine.world.find(dotted, frame.module.file)
    if file is None:
        if not is_preloaded(dotted):
            machine.may_raise("KeyError")
        return UNKNOWN
    module = machine.loaded_module(file.name)
    if module is None:
        return not_loaded(machine, dotted, frame, mark)
    return module


def call_special(
    machine: Core, owner: Value, name: str, arguments: tuple[Value, ...], frame: Frame, mark: int
) -> Value:
    method = machine.attribute(owner, name, frame, mark)
    if method is UNKNOWN:
        machine.expose((owner,), is_operation=True)
    return machine.call(method, arguments, {}, frame, mark)


def special_method(machine: Core, owner: Value, name: str, frame: Frame, mark: int) -> Value | None:
    """A method that an operator calls, if the class of `owner` is of the project and has it."""
    if not isinstance(owner, Instance) or not isinstance(owner.cls, Class):
        return None
    if not any(name in cls.names for cls in owner.cls.mro):
        return None
    return machine.attribute(owner, name, frame, mark)


def truth_of(machine: Core, value: Value, frame: Frame, mark: int) -> bool | None:
    """Whether a value is true, `__bool__` and `__len__` called."""
    if value is UNKNOWN:
        machine.run_lost()
        return None
    if type(value) is Const:
        return bool(value.value)
    match value:
        case Instance(cls=Class(mro=mro, is_open=False)):
            for method in ("__bool__", "__len__"):
                if any(method in cls.names for cls in mro):
                    return truth(call_special(machine, value, method, (), frame, mark))
            is_plain = not any(cls.is_altered or cls.builtin_bases for cls in mro)
            return True if is_plain else None
        case Mapping(items=items):
            if any(not isinstance(each, Maybe) for each in items.values()):
                return True
            return None if items or value.is_open else False
        case Namespace():
            return True
        case Class(metaclass=Class() as metaclass) if any(
            name in each.names for each in metaclass.mro for name in ("__bool__", "__len__")
        ):
            machine.expose((value,), is_operation=True)
            return None
        case _:
            return truth(value)


def comparison(
    machine: Core, left: Value, operator: str, right: Value, frame: Frame
) -> bool | None:
    if operator in ("in", "not in") and isinstance(left, Const):
        found = machine.contains(right, left, frame)
        if found is None:
            machine.expose((right,), is_operation=True)
        return found if found is None or operator == "in" else not found
    if operator in ("in", "not in") and isinstance(left, LibraryObject):
        found = left.is_in(right)
        return found if found is None or operator == "in" else not found
    is_turned = operator in ("not in", "!=")
    asked = _asked(machine, left, operator, right, frame)
    if asked is None and operator == "!=":
        asked = _asked(machine, left, "==", right, frame)
    elif operator == "!=":
        is_turned = False
    if asked is not None:
        known = machine.truth_of(asked, frame, 0)
        return known if known is None or not is_turned else not known
    known = compare_values(left, operator, right, machine.world.target)
    if known is None:
        if operator in _ORDERED:
            machine.may_raise("TypeError")
        if operator not in ("is", "is not"):
            machine.expose((left, right), is_operation=True)
    return known


def _asked(machine: Core, left: Value, operator: str, right: Value, frame: Frame) -> Value | None:
    """The answer of a project class's comparison method; None without one."""
    if not (isinstance(left, Instance) or isinstance(right, Instance)):
        return None
    if operator in ("in", "not in"):
        method = special_method(machine, right, "__contains__", frame, 0)
        return None if method is None else machine.call(method, (left,), {}, frame, 0)
    name, reflected = _COMPARISONS.get(operator, ("", ""))
    for owner, other, called in ((left, right, name), (right, left, reflected)):
        method = special_method(machine, owner, called, frame, 0)
        if method is not None:
            answer = machine.call(method, (other,), {}, frame, 0)
            if answer != Builtin("NotImplemented"):
                return answer
    return None


def contains(machine: Core, container: Value, item: Const, frame: Frame) -> bool | None:
    match container, item.value:
        case External(dotted="sys.modules"), str(dotted):
            file = machine.world.find(dotted, frame.module.file)
            return None if file is None else machine.is_in_modules(file.name)
        case Namespace(module=module), str(name):
            machine.look_through(module)
            if isinstance(module.names.get(name), Maybe):
                return None
            if name in module.names or implicit_attribute(module, name) is not None:
                return True
            return None if module.is_open else False
        case Attributes(owner=holder), str(name):
            if name in holder.names:
                return None if isinstance(holder.names[name], Maybe) else True
            return False if names_of(machine, container) is not None else None
        case Mapping(items=items), key:
            if key in items:
                return None if isinstance(items[key], Maybe) else True
            return None if container.is_open else is_absent(machine, item, frame)
        case Sequence(), _:
            if any(isinstance(each, Const) and each == item for each in container.items):
                return True
            is_exact = all(isinstance(each, Const) for each in container.items)
            if not is_exact or container.is_open:
                return None
            return is_absent(machine, item, frame)
        case Suspended(is_coroutine=False), _:
            return _is_given(machine, container, item, frame)
        case Const(value=str(text)), str(part):
            return part in text or (None if not is_whole_text(text) else False)
        case Instance(cls=Class()), _:
            method = special_method(machine, container, "__contains__", frame, 0)
            if method is None:
                return None
            return machine.truth_of(machine.call(method, (item,), {}, frame, 0), frame, 0)
        case _:
            return None


def _is_given(machine: Core, suspended: Suspended, item: Const, frame: Frame) -> bool | None:
    """`item in generator`: it runs until it gives the item."""
    doubt, answers = machine.doubt, list[bool | None]()

    def compare(given: Value) -> None:
        known = machine.comparison(given, "==", item, frame)
        answers.append(known if machine.doubt == doubt else None)
        if known is True:
            raise Broke

    exits = frame.exits
    try:
        machine.iterate(suspended, compare, frame)
    except Broke:
        return True if None not in answers else None
    finally:
        frame.exits = exits
    return False if None not in answers else None


def binary(
    machine: Core, left: Value, operator: str, right: Value, frame: Frame, mark: int
) -> Value:
    """`left operator right`."""
    name = _OPERATOR_METHODS.get(operator, "")
    if name and not isinstance(left, Instance):
        method = special_method(machine, right, name.replace("__", "__r", 1), frame, mark)
        if method is not None:
            return machine.call(method, (left,), {}, frame, mark)
    match left, right:
        case LibraryObject(), _:
            return left.combined(operator, right, is_left=True)
        case _, LibraryObject():
            return right.combined(operator, left, is_left=False)
        case Const(), _:
            try:
                result = binary_constant(left, operator, right)
                if result is UNKNOWN:
                    machine.may_raise()
                    machine.expose((right,), is_operation=True)
                    lose_sight(machine.journal, (right,))
                return result
            except TypeError as error:
                failure = machine.raised("TypeError", frame, mark, message=str(error))
                return machine.refuse(explained(machine, failure, left, right))
        case Sequence(kind=kind), Sequence() if kind is right.kind and operator == (
            "|" if kind is SequenceKind.SET else "+"
        ):
            is_open = left.is_open or right.is_open
            items = left.items if left.is_open else left.items + right.items
            return sequence(kind, items, is_open=is_open)
        case Mapping(), Mapping() if operator == "|":
            merged = Mapping(parts(left.items), parts(left.fields))
            update_mapping(machine, merged, right)
            return merged
        case Instance(cls=Class()), _ if operator in _OPERATOR_METHODS:
            return call_special(machine, left, _OPERATOR_METHODS[operator], (right,), frame, mark)
        case ((Module() | Function()), Const()):
            failure = machine.raised(
                "TypeError", frame, mark, message="unsupported operand type(s)"
            )
            return machine.refuse(explained(machine, failure, left, right))
        case _:
            machine.may_raise()
            machine.expose((left, right), is_operation=True)
            # `[names] * 2`: the result holds the same items.
            lose_sight(machine.journal, (left, right))
            return UNKNOWN
