"""The Python and the platform that the analysed program is meant for."""

from __future__ import annotations

from enum import Enum

from import_cycles.base.record import record


class LazyMode(Enum):
    """Which imports are lazy (PEP 810, "Global lazy imports control")."""

    NORMAL = "normal"
    """Those that say so, or that `__lazy_modules__` lists."""
    ALL = "all"
    """All that may be."""


@record
class PythonTarget:
    """Decides `sys.version_info`, `sys.platform` and `os.name` tests, and annotation semantics.

    `type_checking` is what `typing.TYPE_CHECKING` is when the program runs: tools for documentation
    set it true, so that annotations can be read.
    """

    version: tuple[int, int] = (3, 13)
    platform: str = "linux"
    """As in `sys.platform`: `linux`, `darwin`, `win32`, …"""
    type_checking: bool = False
    lazy_imports: LazyMode = LazyMode.NORMAL
    """The mode of the process that runs the program, as `-X lazy_imports` sets it."""

    @property
    def os_name(self) -> str:
        """What `os.name` is there."""
        return "nt" if self.platform == "win32" else "posix"

    def constant(self, dotted: str) -> str | int | bool | None:
        """What `sys.platform` and the like are there, by dotted name; None if that is not decided."""
        match dotted:
            case "typing.TYPE_CHECKING" | "typing_extensions.TYPE_CHECKING":
                return self.type_checking
            case "sys.platform":
                return self.platform
            case "os.name":
                return self.os_name
            case "os.sep" | "os.path.sep":
                return "\\" if self.os_name == "nt" else "/"
            case "sys.version_info.major":
                return self.version[0]
            case "sys.version_info.minor":
                return self.version[1]
            case "sys.implementation.name":
                return "cpython"
            case _:
                return None


def compare_version(
    version: tuple[int, int], operator: str, other: tuple[int | str, ...]
) -> bool | None:
    """`sys.version_info <operator> other` for a target of which only major and minor are known.

    None when the answer hangs on the patch release. `sys.version_info` has five items, so against
    a shorter tuple that it starts with it is the greater one.
    """
    if not all(isinstance(item, int) for item in other[:2]):
        return None
    head = tuple(item for item in other[:2] if isinstance(item, int))
    ours = version[: len(head)]
    if ours != head:
        order = -1 if ours < head else 1
    elif len(other) <= 2:
        order = 1
    else:
        return None
    return decide_order(order, operator)


def decide_order(order: int, operator: str) -> bool | None:
    """What a comparison operator says of two values; `order` is negative, zero or positive."""
    match operator:
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
        case ">=":
            return order >= 0
        case "==":
            return order == 0
        case "!=":
            return order != 0
        case _:
            return None
