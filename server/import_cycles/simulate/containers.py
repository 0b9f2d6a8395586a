"""Methods of builtin values: texts, lists, sets, dicts, and the namespaces of modules and objects.

A method that may change a value in an unknown way opens it (`import_cycles.simulate.exposure`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from import_cycles.simulate.absences import refuse_key
from import_cycles.simulate.core import Core, strings
from import_cycles.simulate.exposure import forget, lose_sight, open_up
from import_cycles.simulate.failing import is_iterable, note_hashed
from import_cycles.simulate.marks import ITEMS, OPEN
from import_cycles.simulate.names import MODULE_NAMES
from import_cycles.simulate.operations import gather, names_of, take_pairs, update_mapping
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.orders import items_without_order, sorted_items
from import_cycles.simulate.paths import OTHER_TEXT
from import_cycles.simulate.stores import parts
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    BuiltinMethod,
    Class,
    Const,
    Frame,
    Instance,
    Mapping,
    Maybe,
    Module,
    Namespace,
    Sequence,
    SequenceKind,
    Value,
    sequence,
)


def builtin_attribute(machine: Core, owner: Value, name: str) -> Value:
    """A method of a literal or container."""
    return BuiltinMethod(owner, name)


def call_builtin_method(
    machine: Core,
    owner: Value,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    if name not in _ADDING:
        # They hash, compare and write what they get, and use it in no other way.
        machine.expose((*arguments, *keywords.values()), is_operation=True)
        if name in _COMPARING and isinstance(owner, Sequence):
            machine.expose((owner,), is_operation=True)
    match owner:
        case Const(value=str(text)):
            return _text_method(machine, text, name, arguments, keywords, frame)
        case Sequence():
            return _sequence_method(machine, owner, name, arguments, keywords, frame, mark)
        case Mapping():
            return _mapping_method(machine, owner, name, arguments, keywords, frame)
        case Attributes(owner=holder):
            return _attributes_method(machine, holder, name, arguments, frame)
        case Namespace(module=module):
            return _namespace_method(machine, module, name, arguments, keywords, frame, mark)
        case _:
            machine.may_raise()
            return UNKNOWN


def _text_method(
    machine: Core,
    text: str,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
) -> Value:
    if name == "join" and arguments:
        items = gather(machine, arguments[0], frame)
        texts = strings(items or ())
        if items is None or texts is None:
            machine.may_raise()
            return UNKNOWN
        return Const(text.join(texts))
    if OTHER_TEXT in arguments:
        return OTHER_TEXT
    values = [each.value for each in arguments if isinstance(each, Const)]
    named = {key: each.value for key, each in keywords.items() if isinstance(each, Const)}
    is_known = len(values) + len(named) == len(arguments) + len(keywords)
    if name not in TEXT_METHODS or not is_known:
        machine.may_raise()
        return UNKNOWN
    try:
        result = getattr(text, name)(*values, **named)
    except (TypeError, ValueError, LookupError, AttributeError):
        machine.may_raise()
        return UNKNOWN
    if isinstance(result, bytes) or (not is_whole_text(text) and name != "startswith"):
        return UNKNOWN
    if isinstance(result, (list, tuple)):
        kind = SequenceKind.LIST if isinstance(result, list) else SequenceKind.TUPLE
        return sequence(kind, tuple(Const(part) for part in result))
    return Const(result)


def _sequence_method(
    machine: Core,
    owner: Sequence,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """A method of a list, tuple, set or view; an unknown change opens it."""
    match name, arguments:
        case "append", (item, *_):
            _append(machine, owner, item)
        case "add", (item, *_):
            note_hashed(machine, (item,))
            if item not in owner.items:
                _append(machine, owner, item)
        case (("extend" | "update"), _):
            for argument in arguments:
                extend(machine, owner, argument, frame)
        case ("insert", (Const(value=int(position)), item)) if not owner.is_open:
            items = list(owner.items)
            items.insert(position, item)
            machine.journal.write(owner.fields, ITEMS, tuple(items))
        case ("sort", ()) if (known := items_without_order(machine, owner, frame)) and (
            ordered := sorted_items(machine, known, keywords, frame, mark)
        ):
            machine.journal.write(owner.fields, ITEMS, ordered)
            machine.journal.erase(owner.fields, OPEN)
        case ("pop", ()) if owner.kind is SequenceKind.LIST and owner.items:
            if owner.is_open:
                forget(machine.journal, owner)
                return UNKNOWN
            last = owner.items[-1]
            machine.journal.write(owner.fields, ITEMS, owner.items[:-1])
            return last
        case ("discard", (Const() as item,)) if _is_exact(owner):
            kept = tuple(each for each in owner.items if each != item)
            machine.journal.write(owner.fields, ITEMS, kept)
        case ("remove", (Const() as item,)) if item in owner.items and _is_exact(owner):
            position = owner.items.index(item)
            kept = owner.items[:position] + owner.items[position + 1 :]
            machine.journal.write(owner.fields, ITEMS, kept)
        case ("clear", ()) if not owner.is_open:
            machine.journal.write(owner.fields, ITEMS, ())
        case ("reverse", ()) if not owner.is_open:
            machine.journal.write(owner.fields, ITEMS, owner.items[::-1])
        case "copy", _:
            return sequence(owner.kind, owner.items, is_open=owner.is_open)
        case (("sort" | "insert" | "remove" | "discard" | "pop" | "clear" | "reverse"), _):
            if name not in ("discard", "clear", "reverse", "insert"):
                machine.may_raise()
            if name == "sort":
                machine.expose((owner,), is_operation=True)
                machine.hand_over(keywords.values())
            lose_sight(machine.journal, arguments)
            forget(machine.journal, owner)
            return UNKNOWN if name == "pop" else NONE
        case _ if name in _READING_METHODS:
            if not (name == "count" or all(isinstance(each, Sequence) for each in arguments)):
                machine.may_raise()
            lose_sight(machine.journal, owner.items)
            return UNKNOWN
        case _:
            machine.may_raise()
            lose_sight(machine.journal, arguments)
            forget(machine.journal, owner)
            return UNKNOWN
    return NONE


def _is_exact(owner: Sequence) -> bool:
    """Whether it is known which of its items are equal to a literal."""
    return not owner.is_open and all(isinstance(each, Const) for each in owner.items)


def _append(machine: Core, owner: Sequence, item: Value) -> None:
    if owner.is_open:
        # The position of the item is neither known nor needed.
        lose_sight(machine.journal, (item,))
    machine.journal.extend(owner.fields, (item,))


def extend(machine: Core, owner: Sequence, added: Value, frame: Frame) -> None:
    """`owner.extend(added)`, `owner.update(added)`, `owner += added`."""
    if owner.kind is SequenceKind.SET and isinstance(added, Sequence):
        items: tuple[Value, ...] | None = tuple(
            item for item in added.items if item not in owner.items
        )
        is_whole = not added.is_open
    else:
        items = gather(machine, added, frame)
        is_whole = items is not None
        if not is_whole and not is_iterable(added):
            machine.may_raise()
    machine.journal.extend(owner.fields, items or ())
    if not is_whole:
        open_up(machine.journal, owner)


def _mapping_method(
    machine: Core,
    owner: Mapping,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
) -> Value:
    """A method of a dict; an unknown change opens it."""
    is_whole = not owner.is_open and not any(
        isinstance(each, Maybe) for each in owner.items.values()
    )

    def view(items: Iterable[Value]) -> Value:
        return sequence(SequenceKind.VIEW, tuple(items), is_open=not is_whole)

    certain = {key: v for key, v in owner.items.items() if not isinstance(v, Maybe)}
    match name, arguments:
        case "get", (Const(value=key), *rest):
            if key in certain:
                return certain[key]
            if key in owner.items or owner.is_open:
                lose_sight(machine.journal, rest)
                return UNKNOWN
            return rest[0] if rest else NONE
        case "items", _:
            pairs = ((Const(key), value) for key, value in certain.items())
            return view(sequence(SequenceKind.TUPLE, pair) for pair in pairs)
        case "keys", _:
            return view(Const(key) for key in certain)
        case "values", _:
            return view(certain.values())
        case "copy", _:
            return Mapping(parts(owner.items), parts(owner.fields))
        case "setdefault", (Const(value=key), *rest):
            default = rest[0] if rest else NONE
            if key in certain:
                return certain[key]
            if key in owner.items or owner.is_open:
                lose_sight(machine.journal, (default,))
                machine.journal.write(owner.items, key, UNKNOWN)
                return UNKNOWN
            machine.journal.write(owner.items, key, default)
            return default
        case "update", _:
            for argument in arguments:
                if not isinstance(argument, Mapping):
                    take_pairs(machine, argument, frame)
                update_mapping(machine, owner, argument)
            for keyword, each in keywords.items():
                machine.journal.write(owner.items, keyword, each)
            return NONE
        case "pop", (Const(value=key), *rest):
            found = certain.get(key)
            if found is None and not rest:
                machine.may_raise("KeyError")
            if found is None and key not in owner.items and not owner.is_open:
                return rest[0] if rest else UNKNOWN
            machine.journal.erase(owner.items, key)
            return found or UNKNOWN
        case ("clear", ()) if not owner.is_open:
            forget(machine.journal, owner)
            machine.journal.erase(owner.fields, OPEN)
            return NONE
        case "get" | "__contains__" | "__len__", _:
            lose_sight(machine.journal, (*owner.items.values(), *arguments))
            return UNKNOWN
        case _:
            # `setdefault`, `pop`, … of a key that is not known.
            machine.may_raise()
            lose_sight(machine.journal, (*owner.items.values(), *arguments))
            forget(machine.journal, owner)
            return UNKNOWN


def _attributes_method(
    machine: Core, holder: Class | Instance, name: str, arguments: tuple[Value, ...], frame: Frame
) -> Value:
    """A method of `vars(x)` of a class or object."""
    names = holder.names
    match name, arguments:
        case (("items" | "keys" | "values" | "copy"), _):
            return _all_attributes(machine, holder, name)
        case "get", (Const(value=str(key)), *rest):
            found = machine.attribute_item(holder, key) if key in names else None
            if found is not None:
                return found
            return UNKNOWN if _is_partly_known(machine, holder) else (rest[0] if rest else NONE)
        case (("setdefault" | "__setitem__"), (Const(value=str(key)), value, *_)):
            if name == "__setitem__" or (
                key not in names and not _is_partly_known(machine, holder)
            ):
                machine.journal.write(names, key, value)
            return machine.attribute_item(holder, key) or UNKNOWN
        case "update", (Mapping() as added,) if not added.is_open:
            for added_name, value in added.items.items():
                machine.journal.write(names, str(added_name), value)
            return NONE
        case (("pop" | "__delitem__"), (Const(value=str(key)), *rest)):
            if not rest and (key not in names or isinstance(names[key], Maybe)):
                machine.may_raise("KeyError")
            if key not in names and not _is_partly_known(machine, holder):
                return rest[0] if rest else UNKNOWN
            found = machine.attribute_item(holder, key) if key in names else None
            machine.journal.erase(names, key)
            return found or UNKNOWN
        case ("clear", ()) if isinstance(holder, Instance) and not holder.is_open:
            for each in list(names):
                machine.journal.erase(names, each)
            return NONE
        case "__contains__", _:
            return UNKNOWN
        case _:
            machine.hand_over((holder, *arguments))
            return UNKNOWN


def _is_partly_known(machine: Core, holder: Class | Instance) -> bool:
    """Whether a class or object may have other attributes than the model sees."""
    return names_of(machine, Attributes(holder)) is None


def _all_attributes(machine: Core, holder: Class | Instance, name: str) -> Value:
    """`vars(x).items()`, `keys`, `values` and `copy`."""
    is_partly_known = _is_partly_known(machine, holder)
    known = {
        key: each
        for key in list(holder.names)
        if (each := machine.attribute_item(holder, key)) is not None
    }
    if name == "copy":
        return Mapping(parts(known), parts({OPEN: True} if is_partly_known else {}))
    items: Iterable[Value] = known.values()
    if name == "items":
        pairs = ((Const(key), value) for key, value in known.items())
        items = (sequence(SequenceKind.TUPLE, pair) for pair in pairs)
    elif name == "keys":
        items = map(Const, known)
    return sequence(SequenceKind.VIEW, tuple(items), is_open=is_partly_known)


def _namespace_method(
    machine: Core,
    module: Module,
    name: str,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    machine.look_through(module)
    match name, arguments:
        case "get", (Const(value=str(key)), *rest):
            found = module.names.get(key)
            if isinstance(found, Maybe):
                return UNKNOWN
            default = rest[0] if rest else NONE
            return found or (UNKNOWN if module.is_open else default)
        case "update", ():
            # Its keywords are bound below.
            pass
        case "update", (Mapping() as added,):
            for added_name, value in added.items.items():
                machine.journal.write(module.names, str(added_name), value)
            if added.is_open:
                machine.open_module(module)
        case "update", (Namespace(module=source),) if not source.is_open:
            for added_name, value in list(source.names.items()):
                machine.journal.write(module.names, added_name, value)
        case "__setitem__", (Const(value=str(key)), value, *_):
            machine.journal.write(module.names, key, value)
        case "setdefault", (Const(value=str(key)), value, *_):
            if key not in module.names:
                machine.journal.write(module.names, key, value)
            return module.names[key]
        case "pop" | "__delitem__", (Const(value=str(key)), *rest):
            popped = module.names.get(key)
            if popped is None and not rest and not module.is_open:
                return refuse_key(machine, key, frame, mark)
            if not rest and (popped is None or isinstance(popped, Maybe)):
                machine.may_raise("KeyError")
            machine.journal.erase(module.names, key)
            return popped or (rest[0] if rest else UNKNOWN)
        case "keys", _ if (keys := names_of(machine, Namespace(module))) is not None:
            return sequence(SequenceKind.VIEW, keys)
        case (("items" | "copy"), _) if names_of(machine, Namespace(module)) is not None:
            known = {**dict.fromkeys(MODULE_NAMES, UNKNOWN), **module.names}
            if name == "copy":
                return Mapping(parts(known))
            pairs = ((Const(key), value) for key, value in known.items())
            return sequence(
                SequenceKind.VIEW, tuple(sequence(SequenceKind.TUPLE, pair) for pair in pairs)
            )
        case (("items" | "keys" | "values" | "copy" | "__contains__"), _):
            return UNKNOWN
        case _:
            lose_sight(machine.journal, arguments)
            machine.open_module(module)
    for keyword, value in keywords.items():
        machine.journal.write(module.names, keyword, value)
    return UNKNOWN


_ADDING: Final = frozenset({"append", "insert", "extend"})
"""Methods that do not look at the items that they add."""

_COMPARING: Final = frozenset({"__contains__", "count", "index", "remove"})
"""Methods that ask the items of a list or tuple whether they are equal to something."""

TEXT_METHODS: Final = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "encode",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isprintable",
        "isspace",
        "istitle",
        "isupper",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
    ]
)


_READING_METHODS: Final = frozenset(
    [
        "__contains__", "__iter__", "__len__", "count", "difference", "index", "intersection",
        "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union",
    ]
)  # fmt: skip
"""Methods of lists, tuples and sets that change nothing."""
