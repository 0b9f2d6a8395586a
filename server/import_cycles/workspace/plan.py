"""From the PATHS of a command to projects: which folder, which part of it, what to show.

A path can be a project folder, a source root, a package, a file, or anything between:

- The project of a path is the nearest folder around it whose `pyproject.toml` has our table,
  else the nearest with a `pyproject.toml`, `setup.py`, `setup.cfg` or `.git`. A folder within a
  project stands for that part of it: siblings are not looked at.
- Commands that change files, or say how to, read the whole project (`reads_all`): tests name the
replaced objects in strings, and other modules read names that a package only passes on.
- A file stands for its whole project, of which only what concerns the file is shown.
- What lies in an environment, in `site-packages` or otherwise apart from the project around it
  is a project of its own, as is what has none around it: a package is taken alone, its names
  starting at the folder around the outermost package, or further out if its files say so
  (`import_cycles.workspace.usage`); any other folder is taken as it is; a lone script brings the modules and packages beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from import_cycles.base.record import record
from import_cycles.resolve.filenames import read_file_name
from import_cycles.workspace.config import has_table
from import_cycles.workspace.ignore import ENVIRONMENT_MARKS, IgnoreRules, is_never_code
from import_cycles.workspace.paths import as_source_path, folders_between
from import_cycles.workspace.walk import MANIFESTS

_SIGNS = sorted((*MANIFESTS, ".git"))
"""What makes a folder a project folder for the paths in it."""


class NoSuchPathError(Exception):
    """A path that does not exist; the message says which."""


@record
class ProjectPlan:
    """One project to analyse."""

    folder: Path
    """Where its configuration is."""
    only: tuple[Path, ...] = ()
    """The parts of it to analyse; all when empty."""
    shown: tuple[Path, ...] = ()
    """Files and folders whose findings are asked for; all when empty."""


def plan_paths(paths: Sequence[Path], *, reads_all: bool = False) -> tuple[ProjectPlan, ...]:
    """The projects of `paths`, in the order in which they are named first.

    With `reads_all`, a folder stands for its whole project as a file does. Raises NoSuchPathError.
    """
    plans: dict[Path, list[ProjectPlan]] = {}
    for path in paths:
        if not path.exists():
            raise NoSuchPathError(f"{path}: there is no such file or folder")
        plan = _plan(Path(as_source_path(path)), reads_all=reads_all)
        plans.setdefault(plan.folder, []).append(plan)
    return tuple(_merged(group) for group in plans.values())


def project_folder(path: Path) -> Path:
    """The folder of the project that `path`, which need not exist, belongs to."""
    return _plan(Path(as_source_path(path))).folder


def _plan(path: Path, *, reads_all: bool = False) -> ProjectPlan:
    project = _project_around(path)
    if project is not None:
        if path == project:
            return ProjectPlan(project)
        if path.is_dir() and not reads_all:
            return ProjectPlan(project, only=(path,))
        return ProjectPlan(project, shown=(path,))
    folder = path if path.is_dir() else path.parent
    top = folder
    while (top / "__init__.py").is_file() and top != top.parent:
        top = top.parent
    if path.is_dir():
        return ProjectPlan(top, only=() if path == top else (path,))
    if folder != top:
        outermost = top / folder.relative_to(top).parts[0]
        return ProjectPlan(top, only=(outermost,), shown=(path,))
    return ProjectPlan(top, only=tuple(_beside(path)), shown=(path,))


def _beside(script: Path) -> list[Path]:
    """A script and the modules and packages in its folder: what it can import from there."""
    try:
        entries = sorted(script.parent.iterdir())
    except OSError:
        entries = []
    beside = [
        entry
        for entry in entries
        if (entry / "__init__.py").is_file()
        or (read_file_name(entry.name) is not None and entry.is_file())
    ]
    return sorted({script, *beside})


def has_sign(folder: Path) -> bool:
    """Whether a folder looks like a project folder."""
    return any((folder / sign).exists() for sign in _SIGNS)


def _project_around(path: Path) -> Path | None:
    signed = None
    # A home folder under version control is no project folder for the scripts in it.
    too_big = {Path("~").expanduser(), Path(path.anchor)} - {path}
    for folder in (path, *path.parents):
        if folder in too_big or not has_sign(folder):
            continue
        if _is_apart(folder, path):
            break
        if has_table(folder / "pyproject.toml"):
            return folder
        signed = signed or folder
        if (folder / ".git").exists():
            break
    return signed


def _is_apart(project: Path, path: Path) -> bool:
    """Whether `path` is something that the project around it leaves out."""
    top, place = as_source_path(project), as_source_path(path)
    rules = IgnoreRules(top, (), respect_gitignore=True)
    rules.start(top)
    above = top
    for folder in (*folders_between(top, place), *((place,) if place != top else ())):
        name = folder.rpartition("/")[2]
        is_folder = folder != place or path.is_dir()
        if is_folder and (
            is_never_code(above, name)
            or any((Path(folder) / mark).exists() for mark in ENVIRONMENT_MARKS)
        ):
            return True
        if rules.leaves_out(above, name, is_folder=is_folder):
            return True
        rules.enter(folder)
        above = folder
    return False


def _merged(plans: Iterable[ProjectPlan]) -> ProjectPlan:
    """One plan for a project that several paths belong to."""
    group = list(plans)
    folder = group[0].folder
    if any(not plan.only and not plan.shown for plan in group):
        return ProjectPlan(folder)
    parts = [part for plan in group for part in plan.only]
    if all(plan.only for plan in group):
        shown = [path for plan in group for path in plan.shown or plan.only]
        is_filtered = any(plan.shown for plan in group)
        return ProjectPlan(folder, _once(parts), _once(shown) if is_filtered else ())
    return ProjectPlan(
        folder, (), _once(path for plan in group for path in plan.shown or plan.only)
    )


def _once(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(paths))
