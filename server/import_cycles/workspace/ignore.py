"""Files that are no part of a project: version control, environments, caches, what git ignores.

`.gitignore` files count as in git: those of the repository around the folder, at every level,
deeper ones last, and `.git/info/exclude` first; the last pattern that matches decides, and
nothing below an ignored folder comes back. The user's own `exclude` patterns are read the same
way and come on top. A folder that the user named is never left out, and when an outer
`.gitignore` leaves it out, the outer ones do not speak for what is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.workspace.paths import folders_between, is_within, join, parent, relative
from import_cycles.workspace.regular_files import read_settings

if TYPE_CHECKING:
    from import_cycles.workspace.patterns import Verdict

_NEVER = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "dist-packages",
        "node_modules",
        "site-packages",
    }
)
_BUILT = ("lib", "lib.", "bdist.", "temp.", "scripts-")
"""How setuptools names what it puts into `build`: copies of the sources."""

IGNORE_FILE = ".gitignore"
ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
"""An entry of one of these names makes its folder a virtual environment (PEP 405) or conda's."""


def is_never_code(folder: SourcePath, name: str) -> bool:
    """Whether a folder called `name` in `folder` is left out whatever it holds.

    Tools use hidden folders, and no import can spell their names.
    """
    if name in _NEVER or name.startswith(".") or name.endswith((".egg-info", ".dist-info")):
        return True
    return folder.endswith("/build") and (name == "lib" or name.startswith(_BUILT[1:]))


class IgnoreRules:
    """The ignore rules of one project folder, with a cache of what it read. For the length of one walk."""

    def __init__(self, top: SourcePath, exclude: Sequence[str], *, respect_gitignore: bool) -> None:
        self._top = top
        self._exclude = _verdict(exclude) if exclude else None
        self._respects = respect_gitignore
        self._levels: dict[SourcePath, tuple[tuple[SourcePath, Verdict], ...]] = {}
        self.problems: list[Problem] = []

    def start(self, folder: SourcePath) -> None:
        """Make ready for questions about what is in `folder`, which itself is part of the project."""
        repository = _repository_around(folder) if self._respects else None
        levels: tuple[tuple[SourcePath, Verdict], ...] = ()
        if repository is not None:
            levels = self._read(repository, join(repository, ".git/info/exclude"), levels)
            way = (repository, *folders_between(repository, folder), folder)
            for above in dict.fromkeys(way):
                if above != repository and self._says(levels, f"{above}/"):
                    levels = ()
                levels = self._read(above, join(above, IGNORE_FILE), levels)
        elif self._respects:
            levels = self._read(folder, join(folder, IGNORE_FILE), levels)
        self._levels[folder] = levels

    def enter(self, folder: SourcePath, *, has_ignore_file: bool = True) -> None:
        """Make ready for questions about what is in `folder`, whose own folder was entered."""
        if folder in self._levels:
            return
        levels = self._levels.get(parent(folder), ())
        if has_ignore_file and self._respects:
            levels = self._read(folder, join(folder, IGNORE_FILE), levels)
        self._levels[folder] = levels

    def leaves_out(self, folder: SourcePath, name: str, *, is_folder: bool) -> bool:
        """Whether patterns leave out the entry `name` of `folder`, which was entered."""
        levels = self._levels.get(folder, ())
        if not levels and self._exclude is None:
            return False
        path = f"{join(folder, name)}/" if is_folder else join(folder, name)
        if self._exclude is not None and is_within(folder, self._top):
            said = self._exclude(relative(SourcePath(path), self._top))
            if said is not None:
                return said
        return self._says(levels, path)

    @staticmethod
    def _says(levels: tuple[tuple[SourcePath, Verdict], ...], path: str) -> bool:
        for folder, said in reversed(levels):
            answer = said(relative(SourcePath(path), folder))
            if answer is not None:
                return answer
        return False

    def _read(
        self,
        folder: SourcePath,
        path: SourcePath,
        levels: tuple[tuple[SourcePath, Verdict], ...],
    ) -> tuple[tuple[SourcePath, Verdict], ...]:
        try:
            text = read_settings(Path(path), errors="surrogateescape")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return levels
        except OSError as error:
            self.problems.append(
                Problem(path, f"cannot be read ({error.strerror}); nothing is ignored by it")
            )
            return levels
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return (*levels, (folder, _verdict(lines))) if lines else levels


def _verdict(patterns: Sequence[str]) -> Verdict:
    # Imported only now: pathspec is slow to load.
    from import_cycles.workspace.patterns import verdict

    return verdict(patterns)


def _repository_around(folder: SourcePath) -> SourcePath | None:
    for above in (Path(folder), *Path(folder).parents):
        if (above / ".git").exists():
            return SourcePath(above.as_posix())
    return None
