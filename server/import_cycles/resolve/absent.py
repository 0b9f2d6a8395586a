"""Dotted names that lead into a package of the project, and to nothing in it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from import_cycles.base.names import dotted_name
from import_cycles.base.record import record
from import_cycles.resolve.claims import prefixes
from import_cycles.resolve.module_file import ModuleFile, ModuleKind

Find = Callable[[str], "ModuleFile | None"]
"""What a dotted name means to an importer: `Layout.find`."""


@record
class Absence:
    """`name` would be a module right in `owner`, and there is none."""

    name: str
    owner: ModuleFile


def absent_on(dotted: str, find: Find) -> Absence | None:
    """The first module on the way to a dotted name that a module of the project lacks.

    None where the way leads to something, or another distribution may have it: where nothing of the
    project has the first part of the name, in namespace packages, and in what is compiled or only
    a stub. Names of the standard library are none of the project's, whatever hides them.
    """
    if dotted.partition(".")[0] in sys.stdlib_module_names:
        return None
    owner: ModuleFile | None = None
    for name in (*prefixes(dotted), dotted):
        file = find(name)
        if file is None:
            return None if owner is None else Absence(name, owner)
        if file.kind is not ModuleKind.SOURCE or file.is_compiled or dotted_name(file.name) != name:
            return None
        owner = file
    return None
