"""Attributes of objects, classes and functions: lookups, descriptors, assignment.

Source: Objects/object.c, Objects/typeobject.c.
"""

from __future__ import annotations

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.libraries.table import is_in_every_python, is_standard
from import_cycles.simulate.absences import explained
from import_cycles.simulate.assignment import set_plain_attribute
from import_cycles.simulate.containers import builtin_attribute
from import_cycles.simulate.core import Core
from import_cycles.simulate.failing import missed_attribute, missed_of_function, note_method
from import_cycles.simulate.known import external_value
from import_cycles.simulate.library_objects import LibraryObject, NamedItems, method
from import_cycles.simulate.marks import ANNOTATED, IS_DATACLASS, IS_ENUM, OPEN, UNKNOWN_ATTRIBUTE
from import_cycles.simulate.module_attributes import module_attribute
from import_cycles.simulate.outside import Dispatcher
from import_cycles.simulate.stores import parts
from import_cycles.simulate.type_hints import annotations_attribute
from import_cycles.simulate.values import (
    NONE,
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
    Method,
    Module,
    Namespace,
    Partial,
    Sequence,
    SequenceKind,
    Super,
    Value,
    Wrapping,
    join,
    sequence,
)


def found_in_class(cls: Class, name: str) -> Value | None:
    """A name of a class or of its ancestors in the project."""
    for candidate in cls.mro:
        value = candidate.names.get(name)
        if value is not None:
            return value.value if isinstance(value, Maybe) else value
    return None


def certain_value(value: Value | None) -> Value | None:
    return value.value if isinstance(value, Maybe) else value


def is_data(value: Value) -> bool:
    """Whether a metaclass or a library would replace it: neither function, class nor module."""
    return not isinstance(value, (Function, Class, Module, Method, Builtin, External))


def is_member(value: Value, cls: Class) -> bool:
    """Whether it is a member of the enumeration `cls`, as the class itself has made it."""
    return isinstance(value, Instance) and value.cls is cls and IS_ENUM in cls.fields


def dataclass_fields(cls: Class) -> list[tuple[str, Value | None]]:
    """The fields of a dataclass in the order of its `__init__`, with what stands behind the `=`."""
    found: dict[str, Value | None] = {}
    for base in reversed(cls.mro):
        if base.fields.get(IS_DATACLASS):
            annotated = base.fields.get(ANNOTATED, ())
            assert isinstance(annotated, tuple)
            found.update((name, certain_value(base.names.get(name))) for name in annotated)
    return list(found.items())


def attribute(machine: Core, owner: Value, name: str, frame: Frame, mark: int) -> Value:
    """`owner.name`. Only modules raise; on other values a missing name gives an unknown value."""
    if owner is UNKNOWN:
        machine.may_raise("AttributeError")
        return UNKNOWN
    match owner:
        case Module():
            if name in _OBJECT_METHODS and name not in owner.names:
                return Partial(ObjectMethod(name), (owner,))
            return module_attribute(machine, owner, name, frame, mark)
        case External(dotted=dotted):
            asked = f"{dotted}.{name}"
            value = external_value(asked, machine.world.target)
            if type(value) is External and not is_in_every_python(asked):
                machine.may_raise("AttributeError", is_rare=is_standard(dotted))
            return value
        case Instance(cls=Class()):
            return _instance_attribute(machine, owner, name, frame, mark)
        case Instance(cls=Builtin(name=kind)):
            own = own_attribute(machine, owner, name)
            return missed_attribute(machine, (kind,), name) if own is None else own
        case Class():
            return _class_attribute(machine, owner, name, frame, mark)
        case Builtin(name="type" | "object" as base) if name == "__new__":
            return ObjectNew(is_type=base == "type")
        case Builtin(name="object") if name in _OBJECT_METHODS:
            return ObjectMethod(name)
        case Dispatcher(fields=fields) if name == "register":
            machine.journal.write(fields, OPEN, True)
            return method("functools.singledispatch()", name, owner)
        case Super(start=start, owner=inner):
            return _super_attribute(machine, start, inner, name, frame, mark)
        case Function(fields=fields):
            if name in ("setter", "getter", "deleter") and owner.wrapping is Wrapping.PROPERTY:
                return PropertyPart(owner, name)
            found = fields.get(name)
            if found is None and name == "__module__":
                return Const(owner.module.dotted)
            if found is None and name == "__annotations__":
                return annotations_attribute(machine, owner, frame, mark)
            if name == "__globals__":
                return Namespace(owner.module)
            return found if isinstance(found, Value) else missed_of_function(machine, name)
        case Method(function=inner):
            return inner if name == "__func__" else attribute(machine, inner, name, frame, mark)
        case Const(value=value) if not hasattr(value, name):
            kind = type(value).__name__
            message = f"'{kind}' object has no attribute '{name}'"
            failure = machine.raised("AttributeError", frame, mark, name=name, message=message)
            return machine.refuse(explained(machine, failure, owner))
        case LibraryObject():
            return owner.attribute(name)
        case NamedItems() if (item := owner.named(name)) is not None:
            return item
        case Sequence() | Mapping() | Namespace() | Attributes() | Const(value=str()):
            note_method(machine, owner, name)
            return builtin_attribute(machine, owner, name)
        case _:
            machine.may_raise("AttributeError")
            machine.expose((owner,))
            return UNKNOWN


def has_outside_methods(cls: Class) -> bool:
    """Whether it has methods from outside the project, which may call those of the project."""
    return any(
        isinstance(base, External) or (isinstance(base, Builtin) and not _is_plain(base.name))
        for each in cls.mro
        for base in each.bases
    )


def _is_plain(base: str) -> bool:
    return base in ("object", "type") or builtin_class(base) is not None


def _instance_attribute(
    machine: Core, owner: Instance, name: str, frame: Frame, mark: int
) -> Value:
    cls = owner.cls
    assert isinstance(cls, Class)
    getter = found_in_class(cls, "__getattribute__")
    if isinstance(getter, Function):
        return machine.call_function(getter, (owner, Const(name)), {})
    return plain_attribute(machine, owner, name, frame, mark)


def plain_attribute(machine: Core, owner: Instance, name: str, frame: Frame, mark: int) -> Value:
    """`object.__getattribute__`, and `__getattr__` for names that it does not find."""
    cls = owner.cls
    assert isinstance(cls, Class)
    found = class_member(machine, cls, name)
    if isinstance(found, Function) and found.wrapping is Wrapping.PROPERTY:
        return machine.call_function(found, (owner,), {})
    own = own_attribute(machine, owner, name)
    if own is not None and isinstance(owner.names.get(name), Maybe):
        if found is not None:
            return join(own, bound_to(machine, found, owner, cls, frame, mark))
        if found_in_class(cls, "__getattr__") is not None:
            return UNKNOWN
    if own is not None:
        return own
    if isinstance(found, Function) and found.wrapping is Wrapping.CACHED_PROPERTY:
        value = machine.call_function(found, (owner,), {})
        machine.journal.write(owner.names, name, value)
        return value
    if name == "__class__":
        return cls
    if name == "__dict__":
        return Attributes(owner)
    if found is not None and owner.is_open and is_data(found):
        return UNKNOWN
    if found is None:
        hook = found_in_class(cls, "__getattr__")
        if isinstance(hook, Function) and not name.startswith("__"):
            if (owner.is_open or cls.is_open) and not machine.is_survey:
                return machine.fork_value(
                    frame,
                    lambda: machine.call_function(hook, (owner, Const(name)), {}),
                    lambda: UNKNOWN,
                )
            return machine.call_function(hook, (owner, Const(name)), {})
        if has_outside_methods(cls) and not hasattr(object, name):
            # Code of a base from outside may call the methods of the class.
            machine.expose((owner,))
        return missed_attribute(machine, ("object", *cls.builtin_bases), name)
    return bound_to(machine, found, owner, cls, frame, mark)


def own_attribute(machine: Core, owner: Instance, name: str) -> Value | None:
    """An object's own attribute; None if it certainly or possibly has none of that name."""
    value = certain_value(owner.names.get(name))
    if value is None or not is_data(value):
        return value
    if owner.is_open or machine.is_fact((UNKNOWN_ATTRIBUTE, name)):
        return UNKNOWN
    return value


def class_member(machine: Core, cls: Class, name: str) -> Value | None:
    """A name of a class or of its ancestors in the project, as far as its value is known.

    A value other than a function or class may differ from the one that the body bound, if a
    metaclass, a base or a decorator that is not followed has changed the class. A value that is
    perhaps there hides an ancestor's, or does not.
    """
    is_altered = False
    perhaps: Value | None = None
    for candidate in cls.mro:
        is_altered = is_altered or candidate.is_altered
        found = candidate.names.get(name)
        if found is None:
            continue
        value = found.value if isinstance(found, Maybe) else found
        is_in_doubt = is_data(value) and not is_member(value, candidate)
        if is_in_doubt and (is_altered or machine.is_fact((UNKNOWN_ATTRIBUTE, name))):
            return UNKNOWN
        value = value if perhaps is None else join(perhaps, value)
        if not isinstance(found, Maybe):
            return value
        perhaps = value
    return perhaps


def attribute_item(machine: Core, holder: Class | Instance, name: str) -> Value | None:
    """`vars(x)[name]`; None if there is none."""
    if isinstance(holder, Instance):
        return own_attribute(machine, holder, name)
    return None if name not in holder.names else class_member(machine, holder, name)


def members_by_name(machine: Core, cls: Class) -> Value:
    """`cls.__members__`."""
    items = {name: value for name, value in cls.names.items() if is_member(value, cls)}
    return Mapping(parts(items))


def _class_attribute(machine: Core, owner: Class, name: str, frame: Frame, mark: int) -> Value:
    found = class_member(machine, owner, name)
    if found is None:
        if name == "__name__":
            return Const(owner.name)
        if name == "__dict__":
            return Attributes(owner)
        if name == "__bases__" and not owner.is_altered and UNKNOWN not in owner.bases:
            return sequence(SequenceKind.TUPLE, owner.bases or (Builtin("object"),))
        if name == "__module__":
            return Const(owner.module.dotted)
        if name == "__annotations__":
            return annotations_attribute(machine, owner, frame, mark)
        if name == "__members__" and owner.fields.get(IS_ENUM):
            return members_by_name(machine, owner)
        if name == "__match_args__" and owner.fields.get(IS_DATACLASS):
            names = tuple(Const(name) for name, _ in dataclass_fields(owner))
            return sequence(SequenceKind.TUPLE, names)
        if isinstance(owner.metaclass, Class):
            inherited = found_in_class(owner.metaclass, name)
            if inherited is not None:
                return bound_to(machine, inherited, owner, owner.metaclass, frame, mark)
            hook = found_in_class(owner.metaclass, "__getattr__")
            if isinstance(hook, Function) and not name.startswith("__"):
                return machine.call_function(hook, (owner, Const(name)), {})
        if has_outside_methods(owner) and not hasattr(type, name):
            machine.expose((owner,))
        return missed_attribute(machine, ("type", *owner.builtin_bases), name)
    if isinstance(found, Function):
        return Method(found, owner) if found.wrapping is Wrapping.CLASS else found
    return _described(machine, found, NONE, owner, frame, mark)


def _super_attribute(
    machine: Core, start: Class, owner: Value, name: str, frame: Frame, mark: int
) -> Value:
    cls = owner.cls if isinstance(owner, Instance) else owner
    if not isinstance(cls, Class):
        return UNKNOWN
    order = cls.mro if start in cls.mro else start.mro
    for candidate in order[order.index(start) + 1 :] if start in order else ():
        found = certain_value(candidate.names.get(name))
        if found is not None:
            if name == "__new__":
                return found
            if candidate.is_altered and is_data(found):
                return UNKNOWN
            return bound_to(machine, found, owner, cls, frame, mark)
    if name == "__new__":
        return ObjectNew(is_type="type" in start.builtin_bases)
    if name in _OBJECT_METHODS and isinstance(owner, Instance):
        return Partial(ObjectMethod(name), (owner,))
    if name == "__call__" and "type" in start.builtin_bases and isinstance(owner, Class):
        return TypeCall(owner)
    return missed_attribute(machine, ("object", *start.builtin_bases), name)


def bound_to(
    machine: Core, found: Value, owner: Value, cls: Class, frame: Frame, mark: int
) -> Value:
    if isinstance(found, Function):
        match found.wrapping:
            case Wrapping.STATIC:
                return found
            case Wrapping.CLASS:
                return Method(found, cls)
            case Wrapping.PROPERTY | Wrapping.CACHED_PROPERTY:
                return machine.call_function(found, (owner,), {})
            case _:
                if found.code.name in ("__init_subclass__", "__class_getitem__"):
                    return Method(found, cls)
                return Method(found, owner)
    return _described(machine, found, owner, cls, frame, mark)


def _described(
    machine: Core, found: Value, owner: Value, cls: Class, frame: Frame, mark: int
) -> Value:
    """The descriptor protocol: `__get__` of an instance of a project's class."""
    if isinstance(found, Instance) and isinstance(found.cls, Class):
        getter = found_in_class(found.cls, "__get__")
        if isinstance(getter, Function):
            return machine.call_function(getter, (found, owner, cls), {})
    return found


def set_attribute(
    machine: Core, owner: Value, attribute: str, value: Value, frame: Frame, mark: int
) -> None:
    """`owner.attribute = value`."""
    if not isinstance(owner, Instance) or not isinstance(owner.cls, Class):
        set_plain_attribute(machine, owner, attribute, value, frame, mark)
        return
    setter = found_in_class(owner.cls, "__setattr__")
    if isinstance(setter, Function):
        machine.call_function(setter, (owner, Const(attribute), value), {})
        return
    found = found_in_class(owner.cls, attribute)
    if isinstance(found, Function) and found.wrapping is Wrapping.PROPERTY:
        part = found.fields.get("setter")
        if isinstance(part, Function):
            machine.call_function(part, (owner, value), {})
            return
        machine.may_raise("AttributeError")
    if isinstance(found, Instance) and isinstance(found.cls, Class):
        hook = found_in_class(found.cls, "__set__")
        if isinstance(hook, Function):
            machine.call_function(hook, (found, owner, value), {})
            return
    set_plain_attribute(machine, owner, attribute, value, frame, mark)


def call_property_part(
    machine: Core,
    waiting: PropertyPart,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`@prop.setter` and the like: a property with one more function."""
    prop, part = waiting.value, waiting.part
    return Function(
        prop.module, prop.number, prop.code, prop.outer, prop.defaults,
        prop.keyword_defaults, prop.wrapping, prop.owner,
        parts({**prop.fields, part: arguments[0] if arguments else UNKNOWN}),
    )  # fmt: skip


def call_object_method(
    machine: Core,
    method: ObjectMethod,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """What `object` does when an attribute is read, set or deleted."""
    match method.name, arguments:
        case "__setattr__", (Module() as owner, Const(value=str(asked)), value):
            machine.set_attribute(owner, asked, value, frame, mark)
            return NONE
        case "__getattribute__", (Instance(cls=Class()) as owner, Const(value=str(asked))):
            return plain_attribute(machine, owner, asked, frame, mark)
        case "__setattr__", (Instance(names=names), Const(value=str(asked)), value):
            machine.journal.write(names, asked, value)
            return NONE
        case "__delattr__", (Instance(names=names), Const(value=str(asked))):
            machine.journal.erase(names, asked)
            return NONE
        case _:
            return UNKNOWN


class ObjectNew(Value):
    """`super().__new__` where no class of the project has one."""

    __slots__ = ("is_type",)

    def __init__(self, *, is_type: bool) -> None:
        self.is_type = is_type


class TypeCall(Value):
    """`super().__call__` in a metaclass."""

    __match_args__ = ("cls",)
    __slots__ = ("cls",)

    def __init__(self, cls: Class) -> None:
        self.cls = cls


class PropertyPart(Value):
    """`prop.setter`, `prop.getter` or `prop.deleter`, waiting for a function."""

    __match_args__ = ("value", "part")
    __slots__ = ("part", "value")

    def __init__(self, value: Function, part: str) -> None:
        self.value = value
        self.part = part


class ObjectMethod(Value):
    """A method of `object` that reads, sets or deletes attributes."""

    __match_args__ = ("name",)
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


_OBJECT_METHODS = frozenset({"__getattribute__", "__setattr__", "__delattr__"})
