"""One module of the project: its name, its file, and what kind of thing Python makes of it."""

from __future__ import annotations

from enum import Enum

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record


class ModuleKind(Enum):
    """What stands behind a module name."""

    SOURCE = "source"
    STUB = "stub"
    """Only a `.pyi`: known by name, loads nothing, imports nothing at run time."""
    EXTENSION = "extension"
    """Compiled code without a `.py` beside it; what it imports cannot be seen."""
    NAMESPACE = "namespace"
    """A folder, perhaps in several roots, without `__init__`: loads nothing (PEP 420)."""


@record
class ModuleFile:
    """One module of the project and the file that it is loaded from."""

    name: ModuleName
    path: SourcePath
    """The file; for a namespace package its folder in the first root that has one."""
    kind: ModuleKind
    is_package: bool
    root: SourcePath
    is_compiled: bool = False
    """Whether Python loads an extension module that lies beside this source."""
