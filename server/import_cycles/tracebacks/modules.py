"""Which modules the frames of a traceback belong to.

A traceback often comes from another machine, where the project lies elsewhere or is installed.
So a frame's path is compared with the files of the project from the end, folder by folder.
Without a project, the module that the message names tells where names start: if `app.users` is
`/srv/x/app/users.py`, then `/srv/x/app/orders.py` is `app.orders`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from import_cycles.base.names import SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.resolve.layout import Layout, ModuleFile
from import_cycles.tracebacks.reading import MODULE_LEVEL, Failure

_INSTALLED = re.compile(r"/(?:site|dist)-packages/|/[Pp]ython3?[.\d]*/(?:[Ll]ib/)?\w")


@record
class FoundModule:
    """A module of a traceback. `file` is None when it is in no project that is known here."""

    name: str
    """Its dotted name."""
    path: SourcePath
    """The project's file, else the path of the traceback."""
    is_package: bool
    file: ModuleFile | None = None

    @property
    def package(self) -> str:
        """Where its relative imports start."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


class ModuleFinder:
    """Finds modules for the paths and names of one failure."""

    def __init__(self, layouts: Sequence[Layout], failure: Failure) -> None:
        self._layouts = layouts
        self._by_file_name = _by_file_name(layouts)
        self._root = None if layouts else _root_of_names(failure)
        self._found: dict[str, FoundModule | None] = {}

    def at(self, path: str) -> FoundModule | None:
        """The module of a frame's path; None for what is not the project's."""
        if path.startswith("<"):
            return None
        if path not in self._found:
            plain = _slashes(path)
            self._found[path] = self._of_project(plain) if self._layouts else self._guess(plain)
        return self._found[path]

    def named(self, dotted: str) -> FoundModule | None:
        """The project's module of a dotted name."""
        for layout in self._layouts:
            file = layout.find(dotted, None)
            if file is not None:
                return _known(file)
        return next((each for each in self._found.values() if each and each.name == dotted), None)

    def _of_project(self, path: str) -> FoundModule | None:
        for layout in self._layouts:
            file = layout.at_path(SourcePath(path))
            if file is not None:
                return _known(file)
        parts = path.lstrip("./").split("/")
        best: tuple[int, ModuleFile] | None = None
        for file in self._by_file_name.get(parts[-1], ()):
            length = _common_tail(parts, file.path.split("/"))
            if _is_enough(length, parts, path, file) and (best is None or length > best[0]):
                best = length, file
        return _known(best[1]) if best else None

    def _guess(self, path: str) -> FoundModule | None:
        is_package = path.endswith("/__init__.py")
        stem = path.removesuffix("/__init__.py").removesuffix(".py")
        if self._root is not None and stem.startswith(self._root):
            name = stem[len(self._root) :].strip("/").replace("/", ".")
        elif _INSTALLED.search(path):
            return None
        else:
            name = stem.rpartition("/")[2]
        return FoundModule(name, SourcePath(path), is_package)


def _known(file: ModuleFile) -> FoundModule:
    return FoundModule(dotted_name(file.name), file.path, file.is_package, file)


def _slashes(path: str) -> str:
    return path.replace("\\", "/")


def _by_file_name(layouts: Sequence[Layout]) -> Mapping[str, list[ModuleFile]]:
    found: dict[str, list[ModuleFile]] = {}
    for layout in layouts:
        for _, file in sorted(layout.modules().items()):
            found.setdefault(file.path.rpartition("/")[2], []).append(file)
    return found


def _common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for part, counterpart in zip(reversed(one), reversed(other), strict=False):
        if part != counterpart:
            break
        length += 1
    return length


def _is_enough(length: int, parts: Sequence[str], path: str, file: ModuleFile) -> bool:
    """Whether paths that agree in their last `length` parts name one file."""
    n_named = len(file.path.removeprefix(file.root).strip("/").split("/"))
    is_whole = length == len(parts)
    if length >= n_named:
        # Many a library has a `utils.py`, too.
        return n_named > 1 or is_whole or not _INSTALLED.search(path)
    return is_whole


def _root_of_names(failure: Failure) -> str | None:
    """The folder where dotted names start, from the one module whose name and path are known."""
    if not failure.module:
        return None
    names = [failure.module, f"{failure.module}.{failure.name}"]
    tails = [
        f"/{name.replace('.', '/')}{ending}" for name in names for ending in (".py", "/__init__.py")
    ]
    paths = [failure.path] if failure.path else []
    paths += [frame.path for frame in failure.frames if frame.function == MODULE_LEVEL]
    for path in map(_slashes, paths):
        for tail in tails:
            if f"/{path}".endswith(tail):
                return path[: len(path) + 1 - len(tail)]
    return None
