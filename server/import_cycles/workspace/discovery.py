"""From a folder to the modules in it: ignore rules, the walk, source roots, the layout.

What is found is a function of names and manifests on the disk, and of the `__init__` files of
packages that several roots claim; other files are not opened.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.resolve.filenames import read_file_name
from import_cycles.resolve.layout import Layout, build_layout
from import_cycles.workspace.config import Config
from import_cycles.workspace.files import is_file, read_source
from import_cycles.workspace.ignore import ENVIRONMENT_MARKS, IgnoreRules, is_never_code
from import_cycles.workspace.manifests import declared_roots
from import_cycles.workspace.paths import (
    as_source_path,
    folders_between,
    is_within,
    join,
    parent,
    relative,
)
from import_cycles.workspace.plan import (
    NoSuchPathError,
    ProjectPlan,
    has_sign,
    plan_paths,
    project_folder,
)
from import_cycles.workspace.source_roots import Roots, can_unmake_root, find_roots
from import_cycles.workspace.usage import ImportReader, Neighbours, Told, folders_in_names
from import_cycles.workspace.walk import Walked, walk

__all__ = [
    "Discovery",
    "NoSuchPathError",
    "ProjectPlan",
    "discover",
    "has_other_roots",
    "plan_paths",
    "project_folder",
]

_SPREADING = ("extend_path", "declare_namespace")
"""Functions with which an `__init__` spreads its package over all of `sys.path`:
`pkgutil.extend_path`, and the older `pkg_resources.declare_namespace`."""


@record
class LaidOut:
    """A layout, and the files that it was made from."""

    roots: tuple[SourcePath, ...]
    loose: frozenset[SourcePath]
    files: frozenset[SourcePath]
    layout: Layout
    winners: frozenset[SourcePath]
    """The `__init__` files of packages that further roots have too."""
    spread: frozenset[SourcePath]
    """Those of them that spread their package over all roots."""
    private: frozenset[SourcePath] = frozenset()
    packages: frozenset[SourcePath] = frozenset()


@record
class Discovery:
    """The files of a project, and the facts to decide about a further one."""

    top: SourcePath
    starts: tuple[SourcePath, ...]
    """Where the walk began."""
    roots: Roots
    files: frozenset[SourcePath]
    """All that can hold a module, whether it has a name in the layout or not."""
    layout: Layout
    winners: frozenset[SourcePath]
    """The `__init__` files of packages that further roots have too."""
    spread: frozenset[SourcePath]
    """Those of them that spread their package over all roots."""
    folders: Collection[SourcePath]
    """The folders that the walk entered."""
    rules: IgnoreRules
    problems: tuple[Problem, ...]
    told: Told
    """What imports tell about roots."""

    @property
    def laid_out(self) -> LaidOut:
        """The part that a later `discover` can use."""
        roots = self.roots
        known = self.files, self.layout, self.winners, self.spread
        return LaidOut(roots.all, roots.loose, *known, roots.private, roots.packages)

    def with_files(
        self, added: Collection[SourcePath], removed: Collection[SourcePath]
    ) -> Discovery:
        """The same after files came and went without a change of roots or rules.

        What their imports tell is for `with_told`.
        """
        if not added and not removed:
            return self
        return replace(
            self,
            files=(self.files - frozenset(removed)) | frozenset(added),
            layout=self.layout.with_files(added, removed),
        )

    def with_told(self, paths: Iterable[SourcePath]) -> Discovery:
        """The same after news of files that do not change the roots."""
        told = self.told.with_files(paths)
        return self if told is self.told else replace(self, told=told)

    def is_reshaped_by(self, path: SourcePath) -> bool:
        """Whether the disk's news of one file can move roots, so that the whole folder must be read again."""
        if is_file(path) is (path in self.files):
            if path in self.winners and _spreads(path) is not (path in self.spread):
                return True
            if path in self.files:
                return self.told.is_changed_by(path, is_new=False)
            # It came and went again, and its folder, which is new, may have stayed.
            folder = parent(path)
            is_left = folder not in self.folders and os.path.isdir(folder)  # noqa: PTH112
            return is_left and self.accepts(path)
        if self.told.is_changed_by(path, is_new=True):
            return path in self.files or self.accepts(path)
        # An `__init__` makes a package of a folder; a new folder has to be entered.
        is_init = path.rpartition("/")[2].startswith("__init__.")
        if not is_init and not can_unmake_root(path) and parent(path) in self.folders:
            return False
        if path in self.files or self.accepts(path):
            return True
        # The file is left out, and the folder that came with it is not: a root, by its name.
        folder = parent(path)
        return folder not in self.folders and self.accepts(folder)

    def accepts(self, path: SourcePath) -> bool:
        """Whether a file, or a folder, that is new since the walk would be part of the project.

        Asks the disk about folders that were not entered: each could be an environment.
        """
        start = next((each for each in self.starts if is_within(path, each)), None)
        if start is None or path in self.starts:
            return start is not None
        for folder in (*folders_between(start, path), path):
            is_folder = folder != path or read_file_name(path.rpartition("/")[2]) is None
            if folder in self.folders:
                continue
            above, name = parent(folder), folder.rpartition("/")[2]
            if is_folder and (is_never_code(above, name) or _is_apart(folder)):
                return False
            if self.rules.leaves_out(above, name, is_folder=is_folder):
                return False
            if is_folder:
                self.rules.enter(folder)
        return True


def _is_apart(folder: SourcePath) -> bool:
    return os.path.islink(folder) or any(  # noqa: PTH114 - on the way of each unsaved file
        os.path.exists(join(folder, mark))  # noqa: PTH110
        for mark in ENVIRONMENT_MARKS
    )


def discover(
    project_root: Path,
    config: Config,
    only: Sequence[Path] | None = None,
    known: LaidOut | None = None,
) -> Discovery:
    """The files, roots and layout of the project in a folder, or of the parts `only` of it.

    `only` are files and folders; of the packages around them just the `__init__` files count. They
    are taken even if an ignore rule or a name like `site-packages` excludes them. If the result
    equals the layout `known`, that object is used.
    """
    folder = as_source_path(project_root)
    parts = tuple(sorted({as_source_path(part) for part in only or ()}))
    rules = IgnoreRules(folder, config.exclude, respect_gitignore=config.respect_gitignore)
    walked = Walked()
    imports = ImportReader()
    problems = list[Problem]()
    if config.roots is not None:
        roots = Roots(_explicit_roots(folder, config.roots, problems), frozenset())
        starts = _narrowed(_outermost(roots.all), parts)
        for root in _outermost(roots.all):
            walk(root, (start for start in starts if is_within(start, root)), rules, walked)
    else:
        starts = _narrowed((folder,), parts)
        top = _root_around(folder)
        walk(top, starts, rules, walked)
        outermost = _top_of_names(top, folder, walked, imports)
        if outermost != top:
            top, walked = outermost, Walked()
            walk(top, starts, rules, walked)
        roots = find_roots(
            top, walked, lambda path, names: declared_roots(Path(path), names), imports.of
        )
    files = frozenset(walked.files)
    if known is not None and _is_still(known, roots, files):
        # The sets of old have the strings that the layout has.
        files, layout, winners, spread = known.files, known.layout, known.winners, known.spread
    else:
        layout, winners, spread = _laid_out(folder, roots, walked.files)
    problems += (*rules.problems, *walked.problems)
    return Discovery(
        top=folder,
        starts=starts,
        roots=roots,
        files=files,
        layout=layout,
        winners=winners,
        spread=spread,
        folders=walked.folders.keys(),
        rules=rules,
        problems=tuple(problems),
        told=Told(
            imports.read,
            roots.open.union(map(parent, imports.read)),
            frozenset(roots.all),
            frozenset(Neighbours(walked).names),
        ),
    )


def has_other_roots(discovery: Discovery, config: Config) -> bool:
    """Whether folders that are roots by name have come or gone since the walk.

    Cost: looking for them, once a name.
    """
    if config.roots is None:
        return False
    return _explicit_roots(discovery.top, config.roots, []) != discovery.roots.all


def _explicit_roots(
    folder: SourcePath, roots: Iterable[str], problems: list[Problem]
) -> tuple[SourcePath, ...]:
    found: dict[SourcePath, None] = {}
    for root in roots:
        matches = [root]
        if "*" in root:
            # Path.glob refuses `..` and absolute patterns, which users may well write.
            matches = sorted(glob.glob(root, root_dir=folder, recursive=True))  # noqa: PTH207
        paths = [as_source_path(Path(folder, match)) for match in matches]
        existing = [path for path in paths if os.path.isdir(path)]  # noqa: PTH112
        if not existing:
            message = f'`roots` names "{root}", but there is no such folder'
            problems.append(Problem(join(folder, "pyproject.toml"), message))
        found.update(dict.fromkeys(existing))
    return tuple(found)


def _outermost(folders: Collection[SourcePath]) -> tuple[SourcePath, ...]:
    return tuple(
        sorted(
            folder
            for folder in folders
            if not any(other != folder and is_within(folder, other) for other in folders)
        )
    )


def _narrowed(
    starts: tuple[SourcePath, ...], parts: tuple[SourcePath, ...]
) -> tuple[SourcePath, ...]:
    """What of `starts` lies in `parts`; all when there are none."""
    if not parts:
        return starts
    inner = {part for part in parts for start in starts if is_within(part, start)}
    whole = {start for start in starts for part in parts if is_within(start, part)}
    return _outermost(inner | whole)


def _root_around(folder: SourcePath) -> SourcePath:
    """The folder itself, or the root that a package is to be named from.

    An empty `__init__.py` in a folder that has a manifest or a repository is taken for a mistake:
    the folder is on `sys.path` there. With code in it, the folder is a package that is installed
    under its own name, as plug-ins of many programs are.
    """
    init = join(folder, "__init__.py")
    if not os.path.isfile(init):  # noqa: PTH113
        return folder
    if has_sign(Path(folder)) and not (read_source(init) or "").strip():
        return folder
    return package_root(folder)


def _top_of_names(
    top: SourcePath, folder: SourcePath, walked: Walked, reader: ImportReader
) -> SourcePath:
    """The folder that the names start at which the files in a folder without a project use.

    The files right in `top` are asked, and those right in packages in it.
    """
    if has_sign(Path(folder)) or has_sign(Path(top)):
        return top
    asked = {top, *(package for package in walked.packages if parent(package) == top)}
    files = (file for file in walked.files if parent(file) in asked)
    for _ in range(folders_in_names(top, files, walked, reader)):
        top = parent(top)
    return top


def package_root(folder: SourcePath) -> SourcePath:
    """The first folder around `folder` that is no regular package."""
    while os.path.isfile(join(folder, "__init__.py")) and parent(folder) != folder:  # noqa: PTH113
        folder = parent(folder)
    return folder


def _is_still(known: LaidOut, roots: Roots, files: frozenset[SourcePath]) -> bool:
    before = known.roots, known.loose, known.private, known.packages, known.files
    now = roots.all, roots.loose, roots.private, roots.packages, files
    return before == now and all(_spreads(path) is (path in known.spread) for path in known.winners)


def _laid_out(
    base: SourcePath, roots: Roots, files: Iterable[SourcePath]
) -> tuple[Layout, frozenset[SourcePath], frozenset[SourcePath]]:
    """The layout; the packages that several roots claim; those of them that spread themselves.

    A package that turns out to spread itself can bring further such packages to light.
    """
    spread: frozenset[SourcePath] = frozenset()
    winners: frozenset[SourcePath] = frozenset()
    while True:
        layout = build_layout(
            roots.all,
            files,
            base=base,
            loose=roots.loose,
            private=roots.private,
            packages=roots.packages,
            spread=spread,
        )
        claimed = frozenset(group[0].path for group in layout.homonyms if group[0].is_package)
        spreading = {path for path in claimed - winners if _spreads(path)}
        winners |= claimed
        if not spreading:
            return layout, winners, spread
        spread |= spreading


def _spreads(init: SourcePath) -> bool:
    text = read_source(init) or ""
    return any(call in text for call in _SPREADING)


def described(layout: Layout, top: SourcePath) -> list[Problem]:
    """Problems that users should know: names and files that do not fit together."""

    def shown(path: SourcePath) -> str:
        return (relative(path, top) if is_within(path, top) else path) or "."

    problems = [
        Problem(
            overlap.inner,
            f"is a source root inside the package {overlap.prefix}: each file in it can be"
            f" imported under two names, and Python then loads it twice. Take"
            f" {shown(overlap.inner)} or {shown(overlap.outer)} out of `roots`",
        )
        for overlap in layout.overlaps
    ]
    problems += [
        Problem(path, f"is never imported: {shown(winner)} comes first under the same name")
        for path, winner in layout.shadowed
    ]
    return problems
