"""Which modules the frames of a traceback belong to.

A traceback often comes from another machine, where the project lies elsewhere or is installed.
So a frame's path is compared with the files of the project from the end, folder by folder.
Without a project, the module that the message names tells where names start: if `app.users` is
`/srv/x/app/users.py`, then `/srv/x/app/orders.py` is `app.orders`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from import_cycles.base.names import SourcePath, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.tracebacks.wordings import MODULE_LEVEL, Failure

_INSTALLED = re.compile(
    r"(?:^|/)(?:site|dist)-packages/|(?:^|/)[Pp]ython3?[.\d]*/(?:[Ll]ib/)?\w|/[Ll]ib/python3|^<frozen "
)


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


def is_installed(path: str) -> bool:
    """Whether a path of a traceback looks like that of a library or of Python itself."""
    return _INSTALLED.search(with_slashes(path)) is not None


class KnownFiles:
    """The files of the projects at hand, for the failures of one text."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layouts = layouts

    @cached_property
    def by_file_name(self) -> Mapping[str, Sequence[ModuleFile]]:
        """The files of each name, those of the first project first. Cost: a look at every file."""
        found: dict[str, list[ModuleFile]] = {}
        for layout in self.layouts:
            for _, file in sorted(layout.modules().items()):
                found.setdefault(file.path.rpartition("/")[2], []).append(file)
        return found

    @cached_property
    def by_last_name(self) -> Mapping[str, Sequence[str]]:
        """The dotted names of modules by their last part, sorted."""
        found: dict[str, set[str]] = {}
        for layout in self.layouts:
            for name in map(dotted_name, layout.modules()):
                found.setdefault(name.rpartition(".")[2], set()).add(name)
        return {last: sorted(names) for last, names in found.items()}


class ModuleFinder:
    """Finds modules for the paths and names of one failure.

    Names are those that the program used: if the message says `conftest` for a file that the
    project calls `tests.conftest`, its neighbours are named from there, too.
    """

    def __init__(self, known: KnownFiles, failure: Failure) -> None:
        self._layouts = known.layouts
        self._by_file_name = known.by_file_name
        self._by_last_name = known.by_last_name
        self._found: dict[str, FoundModule | None] = {}
        self._top = failure.module.partition(".")[0]
        self._root = _root_of_names(failure, self._path_here)

    def at(self, path: str) -> FoundModule | None:
        """The module of a frame's path; None for what is not the project's."""
        if path.startswith("<"):
            return None
        if path not in self._found:
            plain = with_slashes(path)
            found = self._of_project(plain) if self._layouts else self._guess(plain)
            if found is None:
                found = self._of_library(plain)
            elif found.file is not None:
                found = replace(found, name=self._name_used(found.path) or found.name)
            self._found[path] = found
        return self._found[path]

    def _of_library(self, path: str) -> FoundModule | None:
        """A module of the library that the message speaks of."""
        name = self._name_used(path) if is_installed(path) else None
        if name is None or name.partition(".")[0] != self._top:
            return None
        return FoundModule(name, SourcePath(path), path.endswith("/__init__.py"))

    def _path_here(self, path: str) -> str:
        found = self._of_project(path) if self._layouts else None
        return path if found is None else found.path

    def in_project(self, path: str) -> FoundModule | None:
        """The same under the project's name for it."""
        return self._of_project(with_slashes(path)) if self._layouts else None

    def named(self, dotted: str) -> FoundModule | None:
        """The project's module of a dotted name."""
        known = next((each for each in self._found.values() if each and each.name == dotted), None)
        if known is not None:
            return known
        for layout in self._layouts:
            file = layout.find(dotted, None)
            if file is not None and file.kind is not ModuleKind.STUB:
                return _known(file)
        return self._under_root_of_names(dotted)

    def _under_root_of_names(self, dotted: str) -> FoundModule | None:
        if self._root is None or not self._layouts:
            return None
        stem = f"{self._root}{dotted.replace('.', '/')}"
        found = self.at(f"{stem}.py") or self.at(f"{stem}/__init__.py")
        return found if found is not None and found.name == dotted else None

    def called(self, name: str) -> list[str]:
        """The project's modules whose name ends in this one, sorted."""
        return [*self._by_last_name.get(name, ())]

    def _name_used(self, path: str) -> str | None:
        """How the program called a file, if it lies where names are known to start."""
        if self._root is None or not _starts_with(path, self._root):
            return None
        stem = path.removesuffix("/__init__.py").removesuffix(".py")
        parts = stem[len(self._root) :].strip("/").split("/")
        return ".".join(parts) if all(part.isidentifier() for part in parts) else None

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
        if self._root is not None and _starts_with(stem, self._root):
            name = stem[len(self._root) :].strip("/").replace("/", ".")
        elif _INSTALLED.search(path):
            return None
        else:
            name = stem.rpartition("/")[2]
        return FoundModule(name, SourcePath(path), is_package)


def _starts_with(path: str, start: str) -> bool:
    if path[1:3] == ":/":
        # Windows takes upper and lower case for the same, and Python shows both.
        return path.casefold().startswith(start.casefold())
    return path.startswith(start)


def _known(file: ModuleFile) -> FoundModule:
    return FoundModule(dotted_name(file.name), file.path, file.is_package, file)


def with_slashes(path: str) -> str:
    """A path as written on any system, with forward slashes."""
    return path.replace("\\", "/")


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


def _root_of_names(failure: Failure, path_here: Callable[[str], str]) -> str | None:
    """The folder where dotted names start, from the one module whose name and path are known.

    It ends in a slash, unless it is the folder from which relative paths start.
    `path_here` gives a path of the traceback as the project has it.
    """
    if not failure.module:
        return None
    names = [failure.module, f"{failure.module}.{failure.name}"]
    tails = [
        f"/{name.replace('.', '/')}{ending}" for name in names for ending in (".py", "/__init__.py")
    ]
    paths = [failure.path] if failure.path else []
    paths += [frame.path for frame in failure.frames if frame.function == MODULE_LEVEL]
    for path in (path_here(with_slashes(each)) for each in paths):
        for tail in tails:
            if f"/{path}".endswith(tail):
                return path[: len(path) + 1 - len(tail)]
    return None
