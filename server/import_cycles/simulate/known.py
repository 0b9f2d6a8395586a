"""What the model knows of modules outside the project.

Kept small: a thing is here because programs decide imports by it, or wrap with it what runs
while they load. Anything else from outside is unknown and does nothing when called.
"""

from __future__ import annotations

from typing import Final

from import_cycles.simulate.values import Const, External, Value
from import_cycles.syntax.target import PythonTarget

IDENTITY_DECORATORS: Final = frozenset(
    {
        "abc.abstractmethod",
        "atexit.register",
        "enum.unique",
        "functools.singledispatch",
        "functools.total_ordering",
        "typing.final",
        "typing.no_type_check",
        "typing.overload",
        "typing.override",
        "typing.runtime_checkable",
        "typing_extensions.final",
        "typing_extensions.override",
        "typing_extensions.runtime_checkable",
    }
)
"""Decorators that give back what they get, or something that calls it."""

DECORATOR_FACTORIES: Final = frozenset(
    {
        "dataclasses.dataclass",
        "functools.wraps",
        "typing.dataclass_transform",
        "typing_extensions.dataclass_transform",
    }
)
"""Callables that give such a decorator when called with options."""

INERT_BASES: Final = frozenset(
    {
        "abc.ABC",
        "collections.abc.Hashable",
        "collections.abc.Callable",
        "collections.abc.Mapping",
        "collections.abc.Iterable",
        "collections.abc.Iterator",
        "collections.abc.Sequence",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Protocol",
        "typing_extensions.Generic",
    }
)
"""Base classes that add nothing that runs when a class is made or called."""


def external_value(dotted: str, target: PythonTarget) -> Value:
    """The value of something outside the project, by its dotted name."""
    match dotted:
        case "typing.TYPE_CHECKING" | "typing_extensions.TYPE_CHECKING":
            return Const(False)
        case "sys.platform":
            return Const(target.platform)
        case "os.name":
            return Const(target.os_name)
        case "sys.version_info.major":
            return Const(target.version[0])
        case "sys.version_info.minor":
            return Const(target.version[1])
        case "sys.implementation.name":
            return Const("cpython")
        case "sys.dont_write_bytecode" | "sys.flags.optimize":
            return External(dotted)
        case _:
            return External(dotted)
