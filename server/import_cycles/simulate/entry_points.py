"""Entry points that a program loads while it loads: `importlib.metadata`, `pkg_resources`.

Those that the project declares itself are known; it is taken for granted that the project is
installed, so that they are found. Their order is not known. Other distributions may have more of
the same group: one stands for all of those, of which nothing is known.

Source: Lib/importlib/metadata.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.record import record
from import_cycles.simulate.core import Core
from import_cycles.simulate.library_objects import LibraryObject, any_order, method
from import_cycles.simulate.outcome import ENTRY_POINTS
from import_cycles.simulate.path_calls import Act
from import_cycles.simulate.paths import OTHER_TEXT
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Const,
    Frame,
    SequenceKind,
    Value,
    sequence,
)

_CLASS: Final = "importlib.metadata.EntryPoint"


@record
class EntryPoint(LibraryObject):
    """One that the project declares."""

    group: str
    name: str
    target: str

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.target.partition("[")[0].partition(":")[0].strip()

    @property
    def attributes(self) -> list[str]:
        """The way from the module to the object."""
        rest = self.target.partition("[")[0].partition(":")[2].strip()
        return rest.split(".") if rest else []

    def attribute(self, name: str) -> Value:
        """A part of it, or a method."""
        match name:
            case "name":
                return Const(self.name)
            case "group":
                return Const(self.group)
            case "value":
                return Const(self.target)
            case "module" | "module_name":
                return Const(self.module)
            case "attr":
                return Const(".".join(self.attributes))
            case _:
                return method(_CLASS, name, self)


@record
class _Others(LibraryObject):
    """Those of other distributions, if there are any."""

    @property
    def is_other(self) -> bool:
        """That is what it is for."""
        return True

    def attribute(self, name: str) -> Value:
        """Of names it is known only that they are no names of modules."""
        return OTHER_TEXT if name == "name" else UNKNOWN


@record
class _Every(LibraryObject):
    """`entry_points()`: those of all groups."""

    declared: tuple[EntryPoint, ...]

    def attribute(self, name: str) -> Value:
        """A way to choose some."""
        return method("importlib.metadata.EntryPoints", name, self)

    def item(self, index: Value) -> Value:
        """Those of a group."""
        return _chosen(self.declared, index)


def _chosen(declared: tuple[EntryPoint, ...], group: Value, name: Value = NONE) -> Value:
    """The entry points of a group, or the one of them with a name."""
    if not isinstance(group, Const):
        return UNKNOWN
    found = [each for each in declared if each.group == group.value]
    if name != NONE:
        if not isinstance(name, Const):
            return UNKNOWN
        found = [each for each in found if each.name == name.value]
    if not found:
        return sequence(SequenceKind.LIST, (), is_open=True)
    return any_order((*found, _Others()))


def _all_of(machine: Core) -> tuple[EntryPoint, ...]:
    machine.ran.add(ENTRY_POINTS)
    return tuple(EntryPoint(*each) for each in machine.world.entry_points)


def _entry_points(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.metadata.entry_points(group=…, name=…)`."""
    declared = _all_of(machine)
    if not keywords:
        return _Every(declared)
    return _chosen(declared, keywords.get("group", UNKNOWN), keywords.get("name", NONE))


def _select(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`entry_points().select(group=…, name=…)`, and `get(group, default)`."""
    match arguments:
        case (_Every(declared=declared),):
            return _chosen(declared, keywords.get("group", UNKNOWN), keywords.get("name", NONE))
        case (_Every(declared=declared), group, *_):
            return _chosen(declared, group)
        case _:
            return UNKNOWN


def _iterate(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`pkg_resources.iter_entry_points(group, name=None)`."""
    named = dict(zip(("group", "name"), arguments, strict=False)) | keywords
    return _chosen(_all_of(machine), named.get("group", UNKNOWN), named.get("name", NONE))


def _load(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`entry_point.load()`: imports the module, and asks it for the object."""
    point = arguments[0] if arguments else UNKNOWN
    if not isinstance(point, EntryPoint):
        machine.note_unknown_import()
        return UNKNOWN
    spot = machine.spot(frame, mark)
    if machine.stack:
        machine.stack[-1].spot = spot
    machine.note_loading(spot, point.module)
    value = machine.import_dotted(point.module, frame, mark, None)
    for part in point.attributes:
        value = machine.attribute(value, part, frame, mark)
    return value


CALLS: Final[dict[str, Act]] = {
    **dict.fromkeys(
        ("importlib.metadata.entry_points", "importlib_metadata.entry_points"), _entry_points
    ),
    **dict.fromkeys(
        ("importlib.metadata.EntryPoints.get", "importlib.metadata.EntryPoints.select"), _select
    ),
    **dict.fromkeys((f"{_CLASS}.load", f"{_CLASS}.resolve"), _load),
    "pkg_resources.iter_entry_points": _iterate,
}
"""Functions of the library, and methods of its entry points, by their dotted names."""
