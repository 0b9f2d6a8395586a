"""Walks once over the folders of a project to find its files, packages and manifests.

`os.scandir` distinguishes files from folders without another system call, and the walk never enters
excluded folders; 7,000 files in 1,500 folders take about 0.1 s. The result is sorted, so that two
walks over the same tree are equal.

A symbolic link to a folder is followed once for each place it leads to, and never when it leads
into the project itself, which is walked anyway: so links cannot make a loop.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from operator import attrgetter

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.base.record import entity, field
from import_cycles.resolve.filenames import read_file_name
from import_cycles.workspace.ignore import (
    ENVIRONMENT_MARKS,
    IGNORE_FILE,
    IgnoreRules,
    is_never_code,
)
from import_cycles.workspace.paths import folders_between, is_within, join, parent

MANIFESTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""A folder with one of these is a project folder."""

_SIGNS = frozenset({*MANIFESTS, *ENVIRONMENT_MARKS, IGNORE_FILE})
"""Entries that tell something about their folder."""
_ENDINGS = (".py", ".pyi", ".so", ".pyd")


@entity
class Walked:
    """What a walk found. Folders come before what is in them."""

    files: list[SourcePath] = field(default_factory=list)
    """Those that can hold a module."""
    folders: dict[SourcePath, None] = field(default_factory=dict)
    packages: set[SourcePath] = field(default_factory=set)
    """Folders with an `__init__` of any kind."""
    with_modules: set[SourcePath] = field(default_factory=set)
    """Folders that have a file which can hold a module."""
    manifests: dict[SourcePath, frozenset[str]] = field(default_factory=dict)
    """Project folders with the names of their manifests."""
    problems: list[Problem] = field(default_factory=list)


def walk(top: SourcePath, starts: Iterable[SourcePath], rules: IgnoreRules, walked: Walked) -> None:
    """Walk over `starts`, files or folders in `top`, and look into the folders on the way there.

    Of those only the `__init__` files count: they are loaded with what is in their packages.
    """
    walker = _Walker(top, rules, walked)
    for start in sorted(set(starts)):
        for above in dict.fromkeys((top, *folders_between(top, start))) if start != top else ():
            walker.look_at(above)
        if read_file_name(start.rpartition("/")[2]) is not None and not os.path.isdir(start):  # noqa: PTH112
            walker.take(start)
        else:
            walker.rules.start(start)
            walker.walk_from(start)
    walked.files[:] = sorted(set(walked.files))


@entity
class _Listed:
    """The relevant entries of one folder, sorted by name."""

    files: list[str] = field(default_factory=list)
    """Names of those that can hold a module."""
    folders: list[os.DirEntry[str]] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)


class _Walker:
    def __init__(self, top: SourcePath, rules: IgnoreRules, walked: Walked) -> None:
        self.rules = rules
        self._top = top
        self._walked = walked
        self._followed: set[str] = set()
        self._real_top: str | None = None

    def take(self, file: SourcePath) -> None:
        self._walked.files.append(file)
        self._walked.with_modules.add(parent(file))

    def look_at(self, folder: SourcePath) -> None:
        """Note a folder on the way to a start."""
        if folder not in self._walked.folders:
            listed = self._listed(folder)
            if listed is not None:
                names = [name for name in listed.files if _is_init(name)]
                self._note(folder, names, listed.signs)

    def walk_from(self, start: SourcePath) -> None:
        pending = [start]
        while pending:
            folder = pending.pop()
            listed = self._listed(folder)
            if listed is None:
                continue
            if folder != start:
                if not ENVIRONMENT_MARKS.isdisjoint(listed.signs):
                    continue
                self.rules.enter(folder, has_ignore_file=IGNORE_FILE in listed.signs)
            leaves_out = self.rules.leaves_out
            self._note(
                folder,
                [name for name in listed.files if not leaves_out(folder, name, is_folder=False)],
                listed.signs,
            )
            inside = [
                join(folder, entry.name)
                for entry in listed.folders
                if not is_never_code(folder, entry.name)
                and not leaves_out(folder, entry.name, is_folder=True)
                and (not entry.is_symlink() or self._is_new_place(join(folder, entry.name)))
            ]
            pending.extend(reversed(inside))

    def _listed(self, folder: SourcePath) -> _Listed | None:
        listed = _Listed()
        try:
            with os.scandir(folder) as entries:
                # Most entries are irrelevant: one test each must be enough.
                for entry in entries:
                    name = entry.name
                    if name in _SIGNS:
                        listed.signs.append(name)
                    if _is_folder(entry):
                        if is_text(name):
                            listed.folders.append(entry)
                    elif name.endswith(_ENDINGS) and read_file_name(name) and is_text(name):
                        listed.files.append(name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            reason = error.strerror or str(error)
            self._walked.problems.append(
                Problem(folder, f"this folder cannot be read ({reason}); it is left out")
            )
            return None
        listed.files.sort()
        listed.folders.sort(key=attrgetter("name"))
        return listed

    def _is_new_place(self, link: SourcePath) -> bool:
        if self._real_top is None:
            self._real_top = os.path.realpath(self._top)
        place = os.path.realpath(link)
        places = {self._real_top, *self._followed}
        if any(_is_in(place, other) or _is_in(other, place) for other in places):
            return False
        self._followed.add(place)
        return True

    def _note(self, folder: SourcePath, files: list[str], signs: Iterable[str]) -> None:
        walked = self._walked
        walked.folders[folder] = None
        if files:
            walked.with_modules.add(folder)
            walked.files += [join(folder, name) for name in files]
            if any(map(_is_init, files)):
                walked.packages.add(folder)
        manifests = MANIFESTS.intersection(signs)
        if manifests:
            walked.manifests[folder] = manifests


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into what may not be entered
        return False


def is_text(name: str) -> bool:
    """Whether a file name can be written as UTF-8, and so be sent to an editor."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def _is_init(name: str) -> bool:
    return name.startswith("__init__.") and read_file_name(name) is not None


def _is_in(path: str, folder: str) -> bool:
    return is_within(SourcePath(path), SourcePath(folder))
