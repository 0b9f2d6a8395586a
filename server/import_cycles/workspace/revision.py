"""A project in an earlier commit: its texts then, and which of its modules have other names now.

Both states are read with the configuration, the source roots and the ignore rules of the working
tree, so that differences come from the code. Files that git does not have belong to the working
tree alone, except compiled ones, which a build makes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Final

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.resolve.filenames import read_file_name
from import_cycles.resolve.layout import Layout
from import_cycles.workspace.files import load, text_of
from import_cycles.workspace.git import Repository, Revision, Tree
from import_cycles.workspace.paths import is_within, join, parent

_MOST_COMPARED: Final = 40_000
"""Pairs of files that are compared line by line; of more, only those with equal names are."""

_ALIKE: Final = 0.5
"""The part of their lines that two texts share when one file became the other, as in git."""

_COMPILED: Final = (".so", ".pyd")


@record
class Earlier:
    """An earlier state, as its differences from the present one."""

    revision: Revision
    texts: Mapping[SourcePath, str | None]
    """By file that differs, its text then; None if it did not exist, or is not readable as text."""
    moved: Mapping[SourcePath, SourcePath]
    """By the path that a file had the one that it has now."""

    def renamed(self, before: Layout, now: Layout) -> dict[ModuleName, ModuleName]:
        """The modules with another name now, by their earlier name."""
        names: dict[ModuleName, ModuleName] = {}
        for old, new in self.moved.items():
            was, became = before.at_path(old), now.at_path(new)
            if was is not None and became is not None and was.name != became.name:
                names[was.name] = became.name
        return names


def earlier(
    repository: Repository,
    name: str,
    files: Collection[SourcePath],
    accepts: Callable[[SourcePath], bool],
) -> Earlier:
    """The state when the present branch left the revision `name`. Raises GitError.

    `files` are those of the working tree that can hold a module; `accepts` says whether another one
    would be part of the project. Cost: one look at each file, and the objects that differ.
    """
    revision = repository.since(name)
    tree = repository.tree(revision)
    then = {path: oid for path, oid in tree.files.items() if _is_module(path)}
    now = {path: data for path in files if path in then and (data := _bytes(path)) is not None}
    changed = [
        path for path, data in now.items() if then[path] not in _object_names(data, len(then[path]))
    ]
    gone = [path for path in then if path not in now and path not in files and accepts(path)]
    new = [path for path in files if path not in then and not _is_elsewhere(path, tree)]
    contents = repository.contents(then[path] for path in (*changed, *gone))
    texts: dict[SourcePath, str | None] = dict.fromkeys(new)
    for path in (*changed, *gone):
        text = text_of(path, contents[then[path]])
        texts[path] = text if isinstance(text, str) else None
    was = {path: contents[then[path]] for path in gone}
    became = {path: data for path in new if (data := _bytes(path)) is not None}
    return Earlier(revision, texts, dict(_moves(was, became)))


def _is_module(path: SourcePath) -> bool:
    return read_file_name(path.rpartition("/")[2]) is not None


def _is_elsewhere(path: SourcePath, tree: Tree) -> bool:
    """Whether git does not have the bytes of a file because they are not its own."""
    if path.endswith(_COMPILED) or path in tree.links:
        return True
    return any(is_within(path, other) for other in (*tree.submodules, *tree.links))


def _bytes(path: SourcePath) -> bytes | None:
    loaded = load(path)
    return loaded[1] if isinstance(loaded, tuple) else None


def _object_names(data: bytes, length: int) -> Iterator[str]:
    """Git's name for a file with these bytes, also if git converts line ends when it stores the file."""
    algorithm = hashlib.sha256 if length == 64 else hashlib.sha1
    for version in dict.fromkeys((data, data.replace(b"\r\n", b"\n"))):
        yield algorithm(b"blob %d\0" % len(version) + version, usedforsecurity=False).hexdigest()


# --- files that moved ------------------------------------------------------------------------


def _moves(
    was: Mapping[SourcePath, bytes], became: Mapping[SourcePath, bytes]
) -> Iterator[tuple[SourcePath, SourcePath]]:
    """Maps earlier files to the present ones that they became.

    First those with equal bytes, then alike ones, then those that stood beside files which moved: of a small
    file, a package under a new name can change every line.
    """
    moves = dict(_by_content(was, became))
    yield from moves.items()
    folders: dict[SourcePath, Counter[SourcePath]] = {}
    for old, new in moves.items():
        folders.setdefault(parent(old), Counter())[parent(new)] += 1
    taken = set(moves.values())
    for old in sorted(was.keys() - moves.keys()):
        for folder, _ in folders.get(parent(old), Counter()).most_common(1):
            beside = join(folder, old.rpartition("/")[2])
            if beside in became and beside not in taken:
                yield old, beside


def _by_content(
    was: Mapping[SourcePath, bytes], became: Mapping[SourcePath, bytes]
) -> Iterator[tuple[SourcePath, SourcePath]]:
    left = dict(sorted(became.items()))
    rest: dict[SourcePath, bytes] = {}
    for old, data in sorted(was.items()):
        same = [new for new, other in left.items() if other == data]
        if same:
            new = max(same, key=lambda path: _common_end(old, path))
            del left[new]
            yield old, new
        else:
            rest[old] = data
    yield from _alike(rest, left)


def _alike(
    was: Mapping[SourcePath, bytes], became: Mapping[SourcePath, bytes]
) -> Iterator[tuple[SourcePath, SourcePath]]:
    lines = {path: Counter(data.split(b"\n")) for path, data in (*was.items(), *became.items())}
    is_many = len(was) * len(became) > _MOST_COMPARED
    rated = sorted(
        (
            (_likeness(lines[old], lines[new]), _common_end(old, new), old, new)
            for old in was
            for new in became
            if not is_many or old.rpartition("/")[2] == new.rpartition("/")[2]
        ),
        reverse=True,
    )
    taken: set[SourcePath] = set()
    for likeness, _, old, new in rated:
        if likeness >= _ALIKE and taken.isdisjoint((old, new)):
            taken |= {old, new}
            yield old, new


def _likeness(one: Mapping[bytes, int], other: Mapping[bytes, int]) -> float:
    shared = sum(min(count, other.get(line, 0)) for line, count in one.items())
    return 2 * shared / max(1, _total(one.values()) + _total(other.values()))


def _total(counts: Iterable[int]) -> int:
    return sum(counts)


def _common_end(one: SourcePath, other: SourcePath) -> int:
    """How many parts at the end two paths have in common."""
    ends = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
