"""Enumerations: what `enum.EnumType` makes of the body of a class.

Source: Lib/enum.py.
"""

from __future__ import annotations

from import_cycles.libraries.facts import Base
from import_cycles.libraries.table import facts
from import_cycles.simulate.attributes import found_in_class, is_data, is_member
from import_cycles.simulate.core import Core
from import_cycles.simulate.marks import IS_ENUM, MEMBERS, OPEN
from import_cycles.simulate.stores import parts
from import_cycles.simulate.unseen import expose_functions
from import_cycles.simulate.values import (
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Instance,
    Maybe,
    Value,
)


def make_members(machine: Core, cls: Class) -> None:
    """`enum.EnumType.__new__`: the values that the body binds become members of the class.

    Source: Lib/enum.py. A value that comes twice gives one member with two names.
    """
    members: dict[object, Instance] = {}
    is_changed = _run_by_members(machine, cls)
    for name, value in list(cls.names.items()):
        value = value.value if isinstance(value, Maybe) else value
        is_private = name.startswith("_") or not is_data(value)
        if is_private or (isinstance(value, Instance) and _is_descriptor(value)):
            continue
        known = members.get(_literal(value))
        if known is None:
            names = {"name": Const(name), "value": UNKNOWN if is_changed else value}
            known = Instance(cls, parts(names))
            if is_changed:
                known.fields[OPEN] = True
            members[_literal(value) or name] = known
        machine.journal.write(cls.names, name, known)
    machine.journal.write(cls.fields, MEMBERS, tuple(members.values()))


def _run_by_members(machine: Core, cls: Class) -> bool:
    """Methods that make the members run; whether they may change values or set attributes."""
    return _expose_hooks(machine, cls, ("__new__", "__init__", "_generate_next_value_"))


def _expose_hooks(machine: Core, cls: Class, names: tuple[str, ...]) -> bool:
    found = [each for name in names if (each := found_in_class(cls, name)) is not None]
    hooks = [each for each in found if isinstance(each, Function)]
    if hooks:
        expose_functions(machine.journal, hooks)
    return bool(found)


def member_of_value(
    machine: Core, cls: Class, members: tuple[Value, ...], arguments: tuple[Value, ...]
) -> Value:
    """`cls(value)` of an enumeration: a look-up."""
    for member in members:
        value = member.names.get("value") if isinstance(member, Instance) else None
        if value is not None and arguments[:1] == (value,) and isinstance(value, Const):
            return member
    machine.may_raise()
    _expose_hooks(machine, cls, ("_missing_",))
    return UNKNOWN


def members_of(machine: Core, cls: Class) -> tuple[Value, ...] | None:
    """The members of an enumeration in their order; None for any other class."""
    members = cls.fields.get(MEMBERS)
    return members if isinstance(members, tuple) else None


def class_item(machine: Core, cls: Class, index: Value) -> Value | None:
    """`cls[name]` of an enumeration; None for any other class."""
    if members_of(machine, cls) is None:
        return None
    if not isinstance(index, Const) or not isinstance(index.value, str):
        return UNKNOWN
    found = cls.names.get(index.value)
    if found is not None and is_member(found, cls):
        return found
    machine.may_raise("KeyError")
    return UNKNOWN


def is_enum(base: Value) -> bool:
    match base:
        case External(dotted=dotted):
            return facts(dotted).base is Base.ENUM
        case Class():
            return IS_ENUM in base.fields
        case _:
            return False


def _is_descriptor(value: Instance) -> bool:
    cls = value.cls
    return isinstance(cls, Class) and any(
        found_in_class(cls, name) is not None for name in ("__get__", "__set__", "__delete__")
    )


def _literal(value: Value) -> object:
    """What two equal values of an enumeration have in common; None for what is no literal."""
    return (type(value.value), value.value) if isinstance(value, Const) else None
