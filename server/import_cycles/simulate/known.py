"""The values of things outside the project by which programs decide imports.

What calling them, decorating with them and deriving from them does is in `libraries.table`.
"""

from __future__ import annotations

from import_cycles.simulate.values import Const, External, Value
from import_cycles.syntax.target import PythonTarget


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
