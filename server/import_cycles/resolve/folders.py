"""The modules in the folders of a project.

A program can list a folder and import the modules that it finds there (`pkgutil`, `os.listdir`,
`glob`). The layout has the files of modules and the folders with modules in them; it does not have
the other files beside them (data, `__pycache__`).
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.resolve.module_file import ModuleFile, ModuleKind


class Folders:
    """The names in each folder that holds modules, at whatever depth. Frozen."""

    __slots__ = ("_names",)

    def __init__(self, modules: Iterable[ModuleFile]) -> None:
        found: dict[str, set[str]] = {}
        for module in modules:
            if module.kind is ModuleKind.NAMESPACE:
                continue
            root = module.root.rstrip("/")
            folder, _, name = module.path.rpartition("/")
            while True:
                is_new = folder not in found
                found.setdefault(folder, set()).add(name)
                if not is_new or len(folder) <= len(root):
                    break
                folder, _, name = folder.rpartition("/")
        self._names = {folder: tuple(sorted(names)) for folder, names in found.items()}

    def names(self, folder: str) -> tuple[str, ...] | None:
        """The files of modules and the folders with modules in a folder, sorted.

        None for a folder in which there are none.
        """
        return self._names.get(folder)

    def below(self, folder: str) -> Iterable[str]:
        """All paths below a folder, relative to it: those in it, then those in each of its folders."""
        for name in self._names.get(folder, ()):
            yield name
            inside = f"{folder}/{name}" if folder else name
            for deeper in self.below(inside):
                yield f"{name}/{deeper}"


def folders_around(module: ModuleFile) -> Iterable[str]:
    """The folder of a module's file and those around it, up to its root: they change with it."""
    top = module.root.rstrip("/")
    folder = module.path.rpartition("/")[0]
    while True:
        yield folder
        if len(folder) <= len(top):
            return
        folder = folder.rpartition("/")[0]
