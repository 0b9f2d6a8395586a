"""Assignments and `del`: their effects on known and on unknown values."""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.libraries.table import facts
from import_cycles.simulate.absences import missing_name, not_loaded, refuse_key
from import_cycles.simulate.core import Core
from import_cycles.simulate.exposure import forget, lose_sight, open_up
from import_cycles.simulate.expressions import evaluate
from import_cycles.simulate.failing import note_hashed, note_set
from import_cycles.simulate.marks import (
    ANNOTATED,
    BUILTIN,
    CLASS_NAME,
    FINDERS,
    ITEMS,
    UNKNOWN_ATTRIBUTE,
)
from import_cycles.simulate.messages import cannot_delete
from import_cycles.simulate.names import bind, name_value, unbind
from import_cycles.simulate.operations import item, items_of
from import_cycles.simulate.values import (
    UNKNOWN,
    Attributes,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Mapping,
    Module,
    Namespace,
    Scope,
    Sequence,
    SequenceKind,
    StandIn,
    Value,
    Wrapping,
    sequence,
)
from import_cycles.syntax import steps as s


def assign(machine: Core, target: s.Target, value: Value, frame: Frame) -> None:
    """Bind a target."""
    if machine.handling and type(value) is Const:
        value = stood_in(machine, value)
    if type(target) is s.NameTarget:
        bind(machine, target.name, value, frame)
        return
    match target:
        case s.NameTarget(name=name):
            bind(machine, name, value, frame)
        case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
            machine.set_attribute(evaluate(machine, owner, frame), attribute, value, frame, mark)
        case s.SubscriptTarget(value=owner, index=index):
            machine.set_item(
                evaluate(machine, owner, frame), evaluate(machine, index, frame), value, frame
            )
        case s.TupleTarget(items=items, starred=starred):
            for item, part in zip(
                items, _unpacked(machine, value, items, starred, frame), strict=True
            ):
                assign(machine, item, part, frame)


def stood_in(machine: Core, value: Const) -> Const:
    """A literal; in a handler of a circular failure it stands in for what was to be imported."""
    handled = machine.handling[-1] if machine.handling else None
    if handled is None or not handled.is_circular:
        return value
    return StandIn(value.value, handled.as_cause())


def _unpacked(
    machine: Core, value: Value, items: tuple[s.Target, ...], starred: int, frame: Frame
) -> Iterable[Value]:
    parts = items_of(machine, value, frame)
    after = len(items) - starred - 1
    if parts is None:
        machine.may_raise()
        return [UNKNOWN] * len(items)
    if starred < 0:
        if len(parts) == len(items):
            return parts
        machine.may_raise("ValueError")
        return [UNKNOWN] * len(items)
    if len(parts) < starred + after:
        machine.may_raise("ValueError")
        return [UNKNOWN] * len(items)
    middle = sequence(SequenceKind.LIST, parts[starred : len(parts) - after])
    return [*parts[:starred], middle, *parts[len(parts) - after :]]


def set_plain_attribute(
    machine: Core, owner: Value, attribute: str, value: Value, frame: Frame, mark: int
) -> None:
    """`owner.attribute = value`; see `import_cycles.simulate.classes` for instances."""
    match owner:
        case Module(names=names) | Instance(names=names) | Class(names=names):
            note_set(machine, owner)
            if isinstance(owner, Class) and _sees_attributes_set(owner.metaclass):
                machine.hand_over((owner,))
            machine.journal.write(names, attribute, value)
            if isinstance(owner, Module) and attribute == "__path__":
                machine.open_module(owner)
            elif isinstance(owner, Module) and attribute == "__class__":
                _change_class(machine, owner, value)
        case Function(fields=fields):
            machine.journal.write(fields, attribute, value)
        case External(dotted="builtins"):
            machine.note_fact((BUILTIN, attribute))
            machine.hand_over((value,))
        case External(dotted=dotted):
            if facts(f"{dotted}.{attribute}.append").hooks_imports:
                machine.note_fact(FINDERS)
            machine.hand_over((value,))
        case _:
            if owner is UNKNOWN:
                machine.note_fact((UNKNOWN_ATTRIBUTE, attribute))
            machine.may_raise("AttributeError")
            lose_sight(machine.journal, (value,))


def _sees_attributes_set(metaclass: Value | None) -> bool:
    """Whether a metaclass of the project is asked when an attribute of a class is set."""
    return isinstance(metaclass, Class) and any(
        "__setattr__" in each.names for each in metaclass.mro
    )


def _change_class(machine: Core, module: Module, cls: Value) -> None:
    """`module.__class__ = cls`: attributes of the class count as the module's."""
    hooks = ("__getattr__", "__getattribute__")
    if not isinstance(cls, Class) or any(name in each.names for each in cls.mro for name in hooks):
        machine.open_module(module)
        return
    for each in reversed(cls.mro):
        for name, value in list(each.names.items()):
            if name not in module.names:
                # A property runs when it is read; see `find_attribute`.
                machine.journal.write(module.fields, (CLASS_NAME, name), value)


def set_item(machine: Core, owner: Value, index: Value, value: Value, frame: Frame) -> None:
    match owner, index:
        case Mapping(items=items), Const(value=key):
            machine.journal.write(items, key, value)
        case Sequence(kind=SequenceKind.LIST, items=items), Const(value=int(position)) if (
            not owner.is_open and -len(items) <= position < len(items)
        ):
            changed = list(items)
            changed[position] = value
            machine.journal.write(owner.fields, ITEMS, tuple(changed))
        case ((Mapping() | Sequence()), _):
            if isinstance(owner, Mapping):
                note_hashed(machine, (index,))
            else:
                machine.may_raise()
            forget(machine.journal, owner)
            lose_sight(machine.journal, (value,))
        case Namespace(module=module), Const(value=str(name)):
            machine.journal.write(module.names, name, value)
        case Namespace(module=module), _:
            machine.open_module(module)
            lose_sight(machine.journal, (value,))
        case Attributes(owner=holder), Const(value=str(name)):
            machine.journal.write(holder.names, name, value)
        case Attributes(owner=holder), _:
            machine.hand_over((holder, value))
        case External(dotted="sys.modules"), Const(value=str(dotted)):
            _replace_module(machine, dotted, value, frame)
        case External(dotted="sys.modules"), _:
            machine.note_fact(FINDERS)
        case External(dotted="builtins.__dict__"), Const(value=str(name)):
            machine.note_fact((BUILTIN, name))
        case Instance(cls=Class()), _:
            method = machine.attribute(owner, "__setitem__", frame, 0)
            machine.call(method, (index, value), {}, frame, 0)
        case _:
            machine.may_raise()
            lose_sight(machine.journal, (value,))


def _replace_module(machine: Core, dotted: str, value: Value, frame: Frame) -> None:
    """`sys.modules[dotted] = value`: the names of the new entry are not known."""
    file = machine.world.find(dotted, frame.module.file)
    if file is None:
        machine.note_fact(FINDERS)
        return
    if isinstance(value, Module):
        machine.recorder.replace(file.name, value)
        machine.journal.write(machine.modules, file.name, value)
        return
    loaded = machine.loaded_module(file.name)
    if loaded is not None:
        machine.open_module(loaded)


def run_assign(machine: Core, step: s.Assign, frame: Frame) -> None:
    raise_exits = machine.raise_exits
    value = evaluate(machine, step.value, frame)
    if machine.raise_exits == raise_exits:
        for target in step.targets:
            assign(machine, target, value, frame)
        return

    def bind() -> None:
        for target in step.targets:
            assign(machine, target, value, frame)

    machine.unless_raised(raise_exits, frame, bind)


def run_augmented(machine: Core, step: s.AugmentedAssign, frame: Frame) -> None:
    before = _target_value(machine, step.target, frame)
    value = evaluate(machine, step.value, frame)
    if isinstance(before, Instance):
        # `__iadd__` and the like; the summary does not tell which.
        machine.expose((before,), is_operation=True)
    after = machine.binary(before, step.operator, value, frame, step.mark)
    if isinstance(before, Sequence) and isinstance(after, Sequence) and step.operator == "+":
        # `list +=` changes the list, which other code may hold.
        if before.kind is not SequenceKind.TUPLE:
            machine.journal.write(before.fields, ITEMS, after.items)
            if after.is_open:
                open_up(machine.journal, before)
            after = before
    elif isinstance(before, Sequence) and before.kind is not SequenceKind.TUPLE:
        if step.operator == "+":
            machine.extend(before, value, frame)
        else:
            forget(machine.journal, before)
        after = before
    elif isinstance(before, Mapping):
        forget(machine.journal, before)
        after = before
    elif isinstance(before, (Namespace, Attributes)):
        machine.call_builtin_method(before, "update", (value,), {}, frame, step.mark)
        after = before
    if isinstance(step.target, s.NameTarget):
        assign(machine, step.target, after, frame)
    else:
        _set_again(machine, step.target, after, frame)


def _target_value(machine: Core, target: s.Target, frame: Frame) -> Value:
    match target:
        case s.NameTarget(name=name, mark=mark):
            return name_value(machine, name, frame, mark)
        case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
            return machine.attribute(evaluate(machine, owner, frame), attribute, frame, mark)
        case s.SubscriptTarget(value=owner, index=index, mark=mark):
            return item(
                machine,
                evaluate(machine, owner, frame),
                evaluate(machine, index, frame),
                frame,
                mark,
            )
        case s.TupleTarget():
            return UNKNOWN


def _set_again(machine: Core, target: s.Target, value: Value, frame: Frame) -> None:
    if isinstance(target, s.AttributeTarget):
        owner = evaluate(machine, target.value, frame)
        machine.set_attribute(owner, target.attribute, value, frame, target.mark)
    elif isinstance(target, s.SubscriptTarget):
        owner = evaluate(machine, target.value, frame)
        machine.set_item(owner, evaluate(machine, target.index, frame), value, frame)


def run_annotated(machine: Core, step: s.AnnotatedAssign, frame: Frame) -> None:
    if frame.scope is Scope.CLASS and isinstance(step.target, s.NameTarget) and frame.owner:
        fields = frame.owner.fields
        annotated = fields.get(ANNOTATED, ())
        assert isinstance(annotated, tuple)
        machine.journal.write(fields, ANNOTATED, (*annotated, step.target.name))
    if step.value is not None:
        assign(machine, step.target, evaluate(machine, step.value, frame), frame)
    if step.annotation is not None:
        evaluate(machine, step.annotation, frame)


def run_delete(machine: Core, step: s.Delete, frame: Frame) -> None:
    for target in step.targets:
        _delete_target(machine, target, frame)


def _delete_target(machine: Core, target: s.Target, frame: Frame) -> None:
    match target:
        case s.NameTarget(name=name, mark=mark):
            unbind(machine, name, frame, mark)
        case s.AttributeTarget(value=owner, attribute=attribute, mark=mark):
            delete_attribute(machine, evaluate(machine, owner, frame), attribute, frame, mark)
        case s.SubscriptTarget(value=owner, index=index, mark=mark):
            holder = evaluate(machine, owner, frame)
            _delete_item(machine, holder, evaluate(machine, index, frame), frame, mark)
        case s.TupleTarget(items=items):
            for item in items:
                _delete_target(machine, item, frame)


def delete_attribute(machine: Core, owner: Value, attribute: str, frame: Frame, mark: int) -> None:
    match owner:
        case Module(names=names):
            if attribute in names:
                machine.journal.erase(names, attribute)
            elif not owner.is_open:
                is_told = machine.world.target.version >= (3, 13)
                failure = machine.raised(
                    "AttributeError",
                    frame,
                    mark,
                    name=attribute if is_told else "",
                    of=owner,
                    message=cannot_delete(machine.world.target, attribute),
                )
                missing_name(machine, failure, owner, attribute)
        case Instance(cls=Class(mro=mro)) if (prop := _property_of(mro, attribute)) is not None:
            deleter = prop.fields.get("deleter")
            if isinstance(deleter, Function):
                machine.call_function(deleter, (owner,), {})
            else:
                machine.may_raise("AttributeError")
        case Instance(names=names) | Class(names=names):
            machine.expose((owner,), is_operation=True)
            if isinstance(owner, Instance) and isinstance(owner.cls, Class):
                machine.expose(
                    [each.names[attribute] for each in owner.cls.mro if attribute in each.names],
                    is_operation=True,
                )
            if not isinstance(names.get(attribute), Value) or attribute not in names:
                machine.may_raise("AttributeError")
            machine.journal.erase(names, attribute)
        case _:
            machine.may_raise("AttributeError")


def _property_of(mro: tuple[Class, ...], name: str) -> Function | None:
    """The property of that name, if the first class of an order that has the name has one."""
    found = next((cls.names[name] for cls in mro if name in cls.names), None)
    if isinstance(found, Function) and found.wrapping is Wrapping.PROPERTY:
        return found
    return None


def _delete_item(machine: Core, owner: Value, index: Value, frame: Frame, mark: int) -> None:
    match owner, index:
        case Mapping(items=items), Const(value=key):
            if key not in items and not owner.is_open:
                refuse_key(machine, key, frame, mark)
            machine.journal.erase(items, key)
        case ((Mapping() | Sequence()), _):
            machine.may_raise()
            forget(machine.journal, owner)
        case Attributes(owner=holder), Const(value=str(name)):
            if name not in holder.names:
                machine.may_raise("KeyError")
            machine.journal.erase(holder.names, name)
        case Namespace(module=module), Const(value=str(name)):
            if name not in module.names and not module.is_open:
                refuse_key(machine, name, frame, mark)
            machine.journal.erase(module.names, name)
        case External(dotted="sys.modules"), Const(value=str(dotted)):
            file = machine.world.find(dotted, frame.module.file)
            if file is not None:
                if machine.loaded_module(file.name) is None:
                    not_loaded(machine, dotted, frame, mark)
                machine.recorder.turn_off()
                machine.journal.erase(machine.modules, file.name)
            else:
                machine.may_raise("KeyError")
        case _:
            machine.expose((owner, index), is_operation=True)
            machine.may_raise()
