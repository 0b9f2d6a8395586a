"""Which folders are source roots: the rule, for projects that do not say it themselves.

A *project folder* is the folder that is analysed, and each folder in it with a `pyproject.toml`,
`setup.py` or `setup.cfg`, unless it lies in a package. Its roots are, in this order:

1. Folders that its manifest declares: setuptools `package-dir` and `packages.find.where`, poetry
   `packages.from`, hatch `packages` and `sources`, pdm, uv and maturin source folders; and
   pytest's `pythonpath`, as a loose root.
2. `src` in it, wherever it is, unless it is a package or in one.
   `lib` and `python` directly in the project folder, if they hold a package and no modules of
   their own. (sqlalchemy, matplotlib and ansible keep theirs in `lib`; maturin and pyspark in
   `python`. A `lib` of loose helpers is no root.)
3. The project folder itself.

The first two kinds hold what is installed: below them every folder without `__init__.py` is part
of a name (a namespace package), as in `src/google/cloud/storage`, and no further root is looked
for, save inner project folders. Nothing in a regular package is ever a root.

4. Folders without `__init__.py` whose files take them for a root, as scripts and test modules
   do (`import_cycles.workspace.usage`): *private* ones.

The third is a *loose* root (see import_cycles.resolve.layout): it holds packages, but scripts,
tests, examples and documentation too. A folder without `__init__.py` in it could be a namespace,
or what a script or a test module finds on `sys.path`; nothing but usage tells. So its files are
named from the project folder (`tests.unit.test_cart`), unless usage makes it a root, and can import both
ways: by that name, and as if each folder around them that is no package were on `sys.path`, nearest first.
That is how celery's `examples`, a FastAPI application without any `__init__.py`, and
airflow's provider packages (project folders of a monorepo, `src` in each, their namespace spread
over all of them) are understood.

A folder whose name no import can spell (`v1.2`, outside packages) is a loose root as well: that
is the only way in which the files in it can import each other.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.resolve.filenames import UNSPEAKABLE
from import_cycles.syntax.scan import Request
from import_cycles.workspace.manifests import Declared
from import_cycles.workspace.paths import is_within, join, parent
from import_cycles.workspace.usage import folders_by_usage
from import_cycles.workspace.walk import Walked

_INSTALLED_BY_HABIT = frozenset({"lib", "python"})

ReadManifests = Callable[[SourcePath, frozenset[str]], Declared]
"""What the manifests of these names in a project folder declare."""

ReadImports = Callable[[SourcePath], frozenset[Request]]
"""The imports in a file."""


def can_unmake_root(file: SourcePath) -> bool:
    """Whether a module that comes or goes can change the kind of its folder, by the second rule."""
    return parent(file).rpartition("/")[2] in _INSTALLED_BY_HABIT


@record
class Roots:
    """Source roots in search order; `loose` and `private` are some of them.

    `open` are the folders whose kind only the imports of their files can tell.
    """

    all: tuple[SourcePath, ...]
    loose: frozenset[SourcePath]
    private: frozenset[SourcePath] = frozenset()
    open: frozenset[SourcePath] = frozenset()
    packages: frozenset[SourcePath] = frozenset()
    """The folders of `open` that are packages, and nothing else."""


class _Land(Enum):
    """The possible kinds of the folders in a folder."""

    LOOSE = auto()
    INSTALLED = auto()
    PACKAGE = auto()


def find_roots(top: SourcePath, walked: Walked, read: ReadManifests, imports: ReadImports) -> Roots:
    """The roots in `top`, which is a project folder and no package."""
    finder = _Finder(walked, read)
    for folder in sorted(walked.folders, key=lambda path: path.split("/")):
        if is_within(folder, top):
            finder.visit(folder, is_top=folder == top)
    roots = finder.result()
    private, packages = folders_by_usage(roots.open, roots.all, walked, imports)
    return replace(
        roots,
        all=(*roots.all, *sorted(private)),
        loose=roots.loose | private,
        private=private,
        packages=packages,
    )


class _Finder:
    def __init__(self, walked: Walked, read: ReadManifests) -> None:
        self._walked = walked
        self._read = read
        self._land: dict[SourcePath, _Land] = {}
        self._roots: dict[SourcePath, list[SourcePath]] = {}
        """Project folders, each with the further roots in it."""
        self._strict: set[SourcePath] = set()
        self._installed: set[SourcePath] = set()
        self._on_path: set[SourcePath] = set()
        self._holding_packages = {parent(package) for package in walked.packages}

    def visit(self, folder: SourcePath, *, is_top: bool) -> None:
        """Outer folders must have been visited before inner ones."""
        land = _Land.LOOSE if is_top else self._land[parent(folder)]
        if land is _Land.PACKAGE or (folder in self._walked.packages and not is_top):
            self._land[folder] = _Land.PACKAGE
            return
        name = folder.rpartition("/")[2]
        manifests = self._walked.manifests.get(folder)
        if is_top or manifests or not UNSPEAKABLE.isdisjoint(name):
            self._begin_project(folder, manifests or frozenset())
            land = _Land.LOOSE
        # A project folder may itself be what an outer one declares: it is installed then.
        if folder in self._installed or (land is _Land.LOOSE and self._is_habit(folder, name)):
            self._roots[self._project_around(folder)].append(folder)
            self._strict.add(folder)
            land = _Land.INSTALLED
        elif folder in self._on_path:
            self._roots[self._project_around(folder)].append(folder)
            land = _Land.LOOSE
        self._land[folder] = land

    def _begin_project(self, folder: SourcePath, manifests: frozenset[str]) -> None:
        self._roots[folder] = []
        if manifests:
            declared = self._read(folder, manifests)
            self._installed |= {join(folder, root) for root in declared.installed}
            self._on_path |= {join(folder, root) for root in declared.on_path}

    def _is_habit(self, folder: SourcePath, name: str) -> bool:
        if folder in self._roots:
            return False
        if name == "src":
            return True
        return (
            name in _INSTALLED_BY_HABIT
            and parent(folder) in self._roots
            and folder in self._holding_packages
            and folder not in self._walked.with_modules
        )

    def _project_around(self, folder: SourcePath) -> SourcePath:
        while folder not in self._roots:
            folder = parent(folder)
        return folder

    def result(self) -> Roots:
        ordered = [root for project, roots in self._roots.items() for root in (*roots, project)]
        loose = frozenset(ordered) - self._strict
        land = frozenset(folder for folder, land in self._land.items() if land is _Land.LOOSE)
        return Roots(tuple(dict.fromkeys(ordered)), loose, open=land)
