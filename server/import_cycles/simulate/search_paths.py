"""`__path__` of packages: where their submodules are looked for.

Submodules are found by the layout. A program that changes `__path__` may find others; what the
project does not have is unknown in such a package, never missing.
"""

from __future__ import annotations

from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.core import Core
from import_cycles.simulate.marks import SEARCH_PATH
from import_cycles.simulate.names import implicit_attribute
from import_cycles.simulate.paths import PathText, folder_of, search_path
from import_cycles.simulate.values import Module, Sequence


def give_search_path(machine: Core, package: Module) -> None:
    """A package that starts to load gets its `__path__`: its folder.

    A namespace package gets one folder in each root that has one (PEP 420).
    """
    file = package.file
    folders: list[PathText] = []
    if file.kind is ModuleKind.NAMESPACE:
        layout = machine.world.layout
        inside = package.dotted.replace(".", "/")
        for root in layout.roots:
            top = root.rstrip("/")
            folder = f"{top}/{inside}" if top else inside
            if layout.folders.names(folder) is not None:
                folders.append(PathText(folder, len(top) + bool(top)))
    package.fields[SEARCH_PATH] = search_path((*folders,) or (folder_of(file),))


def search_path_of(package: Module) -> Sequence | None:
    """What `__path__` of a package is now; None where that is not known."""
    path = package.names.get("__path__") or implicit_attribute(package, "__path__")
    return path if isinstance(path, Sequence) and not path.is_open else None


def has_other_search_path(package: Module) -> bool:
    """Whether the program has changed where the submodules of a package are looked for."""
    if "__path__" in package.names:
        return True
    path = package.fields.get(SEARCH_PATH)
    if not isinstance(path, Sequence):
        return False
    is_plain = package.file.kind is not ModuleKind.NAMESPACE
    return path.is_open or (is_plain and path.items != (folder_of(package.file),))
