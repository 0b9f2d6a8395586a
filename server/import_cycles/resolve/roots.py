"""Source roots as a table: which root a file belongs to, and what its name is there.

A file belongs to the deepest root around it. A root inside another one has a *prefix*, the
dotted name that its folder has there: `src` for `/p/src` in `/p`. Code may use that longer
name too (`import src.app`), so the table can translate it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.resolve.filenames import UNSPEAKABLE, Rank, read_file_name


@record
class Located:
    """A file as a candidate: for which name, in which root (by number), how preferred."""

    root: int
    dotted: str
    rank: Rank


@record
class RootTable:
    """The roots in search order; made by `table_of`. Roots go by their index."""

    paths: tuple[SourcePath, ...]
    index: dict[str, int]
    """By path without a slash at the end, so that `/` and `C:/` are like any other."""
    marks: tuple[str, ...]
    """The part of a homonym's name after the `@`, unique for each root."""
    outer: tuple[tuple[int, str] | None, ...]
    """For a root inside another: the nearest such other one, and its prefix there."""
    inner_by_prefix: dict[str, tuple[int, ...]]
    longest_prefix: int
    """In characters."""
    loose: frozenset[int]
    """Roots of which every folder outside packages may stand on `sys.path` too."""
    private: frozenset[int]
    """Roots that stand on `sys.path` only for programs in them: no file outside sees their names."""

    packages: frozenset[str]
    """Folders in loose roots that are packages only (PEP 420): they are never on `sys.path`."""

    def sees(self, importer_root: int | None, root: int) -> bool:
        """Whether files of one root find the names of another one."""
        if root not in self.private or importer_root is None or importer_root == root:
            return True
        around = self.outer[importer_root]
        while around is not None:
            if around[0] == root:
                return True
            around = self.outer[around[0]]
        return False

    def locate(
        self, path: SourcePath, folders: dict[str, tuple[int, str] | None]
    ) -> Located | None:
        """Where `path` belongs; None outside all roots and for files that are no modules.

        `folders` remembers answers about folders between calls.
        """
        folder, _, file_name = path.rpartition("/")
        read = read_file_name(file_name)
        home = self._folder(folder, folders) if read else None
        if read is None or home is None:
            return None
        stem, rank = read
        root, package = home
        if not rank.is_package:
            return Located(root, f"{package}.{stem}" if package else stem, rank)
        if package:
            return Located(root, package, rank)
        around = self.outer[root]
        if around is not None:
            return Located(*around, rank)
        # A root that is a package folder itself, with nothing around it: Python could load the
        # file as a plain module.
        return Located(root, stem, _PLAIN_INIT[rank])

    def _folder(
        self, folder: str, known: dict[str, tuple[int, str] | None]
    ) -> tuple[int, str] | None:
        if folder in known:
            return known[folder]
        root = self.index.get(folder)
        home: tuple[int, str] | None = None
        if root is not None:
            home = (root, "")
        elif "/" in folder:
            above, _, name = folder.rpartition("/")
            around = self._folder(above, known)
            if around is not None and name and UNSPEAKABLE.isdisjoint(name):
                home = (around[0], f"{around[1]}.{name}" if around[1] else name)
        known[folder] = home
        return home

    def folder_of(self, root: int, dotted: str) -> SourcePath:
        """The folder of the package `dotted` in `root`."""
        base = self.paths[root].rstrip("/")
        return SourcePath(f"{base}/{dotted.replace('.', '/')}")

    def translations(self, dotted: str, importer_root: int | None) -> Iterator[tuple[int, str]]:
        """Roots whose prefix starts `dotted`, each with what remains; own surroundings first."""
        head, dot, tail = dotted.partition(".")
        while dot and len(head) <= self.longest_prefix:
            inner = self.inner_by_prefix.get(head, ())
            for root in sorted(inner, key=lambda number: not self._near(number, importer_root)):
                yield root, tail
            step, dot, tail = tail.partition(".")
            head = f"{head}.{step}"

    def _near(self, inner: int, importer_root: int | None) -> bool:
        around = self.outer[inner]
        return importer_root == inner or (around is not None and around[0] == importer_root)


_PLAIN_INIT = {
    Rank.PACKAGE_SOURCE: Rank.SOURCE,
    Rank.PACKAGE_EXTENSION: Rank.EXTENSION,
    Rank.PACKAGE_STUB: Rank.STUB,
}


def table_of(
    roots: Sequence[SourcePath],
    base: SourcePath | None,
    loose: Collection[SourcePath],
    private: Collection[SourcePath] = (),
    packages: Collection[SourcePath] = (),
) -> RootTable:
    """The table of `roots`, a root that is given twice counting once, at its first place."""
    keys = tuple(dict.fromkeys(root.rstrip("/") for root in roots))
    index = {key: number for number, key in enumerate(keys)}
    base_key = _common_folder(keys) if base is None else base.rstrip("/")
    outer = tuple(_outer(key, index) for key in keys)
    inner_by_prefix: dict[str, tuple[int, ...]] = {}
    for number, around in enumerate(outer):
        if around is not None:
            inner_by_prefix[around[1]] = (*inner_by_prefix.get(around[1], ()), number)
    return RootTable(
        paths=tuple(SourcePath(key or "/") for key in keys),
        index=index,
        marks=tuple(_mark(key, base_key) for key in keys),
        outer=outer,
        inner_by_prefix=inner_by_prefix,
        longest_prefix=max(map(len, inner_by_prefix), default=0),
        loose=frozenset(index[root.rstrip("/")] for root in loose if root.rstrip("/") in index),
        private=frozenset(index[key] for each in private if (key := each.rstrip("/")) in index),
        packages=frozenset(packages),
    )


def _outer(key: str, index: dict[str, int]) -> tuple[int, str] | None:
    above, slash, name = key.rpartition("/")
    prefix = name
    while slash and UNSPEAKABLE.isdisjoint(name):
        if above in index:
            return index[above], prefix
        above, slash, name = above.rpartition("/")
        prefix = f"{name}.{prefix}"
    return None


def _mark(key: str, base: str) -> str:
    if key == base:
        return "."
    return key[len(base) + 1 :] if key.startswith(base + "/") else key or "/"


def _common_folder(keys: Sequence[str]) -> str:
    if not keys:
        return ""
    parts = [key.split("/") for key in keys]
    shared = 0
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return "/".join(parts[0][:shared])
