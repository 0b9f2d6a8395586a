"""What a folder without a declaration is, as the imports of the files in it show.

A folder without `__init__.py` may be a package (PEP 420) or stand on `sys.path`. Only its use
decides:

- Files in `tests` that say `import helpers`, and mean `tests/helpers.py`, run with `tests` on
  `sys.path`: so do scripts (https://docs.python.org/3/library/sys_path_init.html), and pytest's test
  modules in its "prepend" mode. The folder is a *private* root then: for files in it alone.
- Where an import says `tests.helpers`, or a file in it `from .helpers import x`, it is a package.
  Names in it are not seen without its own then. With both, its files keep the long name, and see their neighbours all the same
  (`import_cycles.resolve.layout`, loose roots).
- A folder that is analysed by itself, with no sign of a project in or around it, is part of the names
  that its own files use: `openfeature/api.py` that imports `openfeature.client` is no source root,
  but the folder around it is. So is `custom_components/echo`, a package, whose files import
  `custom_components.echo.const`.

mypy asks for `--namespace-packages` with `--explicit-package-bases` here, pyright and ruff for `src`
settings; an explicit `roots` setting overrides all this, too.

The result depends only on names on the disk and on the saved texts of these files. An unsaved
import counts once it is saved.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.resolve.filenames import read_file_name
from import_cycles.syntax.scan import Request, Scanner
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import join, parent
from import_cycles.workspace.walk import Walked

Requests = Mapping[SourcePath, frozenset[Request]]
"""The imports of files, by path."""

_MAX_UP = 3
"""Folders around the one that is analysed that can be part of the names in it."""


class ImportReader:
    """Reads the imports of files, each file once."""

    def __init__(self) -> None:
        self._scanner = Scanner()
        self.read: dict[SourcePath, frozenset[Request]] = {}

    def of(self, path: SourcePath) -> frozenset[Request]:
        """The imports in the saved text of a file, wherever they stand; none of one that is not there.

        Cost: reading and scanning it.
        """
        known = self.read.get(path)
        if known is None:
            known = self.read[path] = self._imports(path)
        return known

    def _imports(self, path: SourcePath) -> frozenset[Request]:
        text = read_source(path) if path.endswith(".py") else None
        if text is None:
            return frozenset()
        scan = self._scanner.scan(text)
        return frozenset(
            each
            for stretch in (*scan.stretches, *scan.typing)
            for each in self._scanner.requests(stretch) or ()
        )


class Neighbours:
    """Which names an import finds in a folder that is on its `sys.path`."""

    def __init__(self, walked: Walked) -> None:
        self._walked = walked
        self._modules: dict[SourcePath, set[str]] = {}
        for file in walked.files:
            folder, _, name = file.rpartition("/")
            read = read_file_name(name)
            if read is not None and not read[1].is_package:
                self._modules.setdefault(SourcePath(folder), set()).add(read[0])

    def is_loaded(self, folder: SourcePath, name: str) -> bool:
        """Whether a file is loaded for a name in a folder."""
        return name in self._modules.get(folder, ()) or join(folder, name) in self._walked.packages

    def has(self, folder: SourcePath, name: str) -> bool:
        """The same, or a folder has that name, which may be a namespace package."""
        return self.is_loaded(folder, name) or join(folder, name) in self._walked.folders

    @property
    def names(self) -> set[str]:
        """All names that a neighbour can have."""
        found = {folder.rpartition("/")[2] for folder in self._walked.folders}
        return found.union(*self._modules.values())


@record
class Told:
    """Findings about roots from the imports of files; they tell whether a further file can change them."""

    imports: Requests
    """Of the files that were asked."""
    folders: frozenset[SourcePath]
    """The folders whose files are read."""
    roots: frozenset[SourcePath]
    """The folders in which names are looked for, whether their files are read or not."""
    neighbours: frozenset[str]
    """The names that imports of neighbours can have."""

    def is_changed_by(self, path: SourcePath, *, is_new: bool) -> bool:
        """Whether a file that changed, came or went may change the result.

        Cost: reading the file; for a new one a look at each import that is known.
        """
        read = read_file_name(path.rpartition("/")[2])
        if read is None:
            return False
        is_asked = parent(path) in self.folders
        if is_asked:
            changed = ImportReader().of(path) ^ self.imports.get(path, frozenset())
            if any(each.level or each.module.split(".")[0] in self.neighbours for each in changed):
                return True
        counts = is_new and (is_asked or parent(path) in self.roots)
        return counts and any(
            read[0] in parts
            for requests in self.imports.values()
            for each in requests
            for parts in dotted_parts(each)
        )

    def with_files(self, paths: Iterable[SourcePath]) -> Told:
        """The same after files came, went or changed without another result."""
        imports, names = dict(self.imports), set[str]()
        reader = ImportReader()
        for path in paths:
            read = read_file_name(path.rpartition("/")[2])
            if read is not None and parent(path) in self.folders:
                imports[path] = reader.of(path)
                names.add(read[0])
        if imports == self.imports and names <= self.neighbours:
            return self
        return replace(self, imports=imports, neighbours=self.neighbours | names)


def dotted_parts(request: Request) -> Iterator[tuple[str, ...]]:
    """The names that an absolute import may be of, as parts: `from a import b` may load `a.b`."""
    parts = tuple(request.module.split("."))
    yield parts
    for name in request.names or ():
        yield (*parts, name)


@record
class _Land:
    """Folders without a declaration: not in a package, not installed."""

    folders: Collection[SourcePath]
    roots: Collection[SourcePath]
    neighbours: Neighbours

    def inner(self, folder: SourcePath) -> Iterator[SourcePath]:
        """A folder and those around it, nearest first, up to the root that they are in."""
        while folder in self.folders and folder not in self.roots:
            yield folder
            folder = parent(folder)

    def root_of(self, folder: SourcePath) -> SourcePath:
        """The root that a folder is in."""
        while folder in self.folders and folder not in self.roots:
            folder = parent(folder)
        return folder


def folders_by_usage(
    folders: Collection[SourcePath],
    roots: Collection[SourcePath],
    walked: Walked,
    reader: Callable[[SourcePath], frozenset[Request]],
) -> tuple[frozenset[SourcePath], frozenset[SourcePath]]:
    """The folders that are taken for a source root only, and those that are for a package only.

    `folders` are those in which nothing is declared, `roots` among them. Cost: that of reading the
    files right in `folders`.
    """
    land = _Land(folders, roots, Neighbours(walked))
    as_roots: set[SourcePath] = set()
    as_packages: set[SourcePath] = set()
    for file in walked.files:
        folder = parent(file)
        if folder in folders:
            for request in reader(file):
                as_packages.update(_taken_for_packages(land, folder, request))
                as_roots.update(_taken_for_roots(land, folder, request))
    return frozenset(as_roots - as_packages), frozenset(as_packages - as_roots)


def _taken_for_packages(land: _Land, folder: SourcePath, request: Request) -> Iterator[SourcePath]:
    if request.level:
        for _ in range(request.level - 1):
            folder = parent(folder)
        yield from land.inner(folder)
        return
    for parts in dotted_parts(request):
        around = land.root_of(folder)
        for part, inner in pairwise(parts):
            around = join(around, part)
            if around not in land.folders or around in land.roots:
                break
            if land.neighbours.has(around, inner):
                yield around


def _taken_for_roots(land: _Land, folder: SourcePath, request: Request) -> Iterator[SourcePath]:
    head, _, rest = request.module.partition(".")
    if request.level or head in sys.stdlib_module_names:
        return
    if any(land.neighbours.has(root, head) for root in land.roots):
        return
    for around in land.inner(folder):
        if land.neighbours.is_loaded(around, head):
            yield around
            return
        following = (rest.partition(".")[0],) if rest else request.names or ()
        if any(land.neighbours.has(join(around, head), name) for name in following):
            yield around
            return


def folders_in_names(
    top: SourcePath, files: Iterable[SourcePath], walked: Walked, reader: ImportReader
) -> int:
    """How many of the folders from `top` outwards are part of the names that files in it use.

    None if a file takes `top` for a source root. `files` are those that are asked.
    """
    neighbours = Neighbours(walked)
    around = tuple(top.strip("/").split("/"))[-_MAX_UP:]
    found = 0
    for file in files:
        is_right_in = parent(file) == top
        for request in reader.of(file):
            if request.level:
                found = max(found, request.level if is_right_in else 0)
                continue
            for parts in dotted_parts(request):
                if parts[0] not in sys.stdlib_module_names and neighbours.has(top, parts[0]):
                    return 0
                for count in range(1, min(len(around), len(parts) - 1) + 1):
                    if around[-count:] == parts[:count] and neighbours.has(top, parts[count]):
                        found = max(found, count)
    return min(found, len(around))
