"""From PATHS to analysed projects: the part that all commands share."""

from __future__ import annotations

import gc
import os
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from import_cycles.analysis.change import Problem, ShownFinding
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.cli.command import UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.graph.edges import Component
from import_cycles.resolve.layout import ModuleKind
from import_cycles.workspace.baseline import BASELINE
from import_cycles.workspace.cache_folder import CYCLES, cache_folder, usual_folder
from import_cycles.workspace.discovery import NoSuchPathError, plan_paths
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.processes import helping_processes
from import_cycles.workspace.workspace import Workspace

if TYPE_CHECKING:
    from import_cycles.workspace.cache import Cache


@record
class AnalysedProject:
    """One indexed project, and the files and folders that were asked for; all when empty."""

    workspace: Workspace
    shown: tuple[SourcePath, ...]

    @property
    def snapshot(self) -> Snapshot:
        """The project's present state."""
        return self.workspace.snapshot

    def is_shown(self, path: SourcePath) -> bool:
        """Whether the user asked for findings about this file."""
        return not self.shown or any(is_within(path, place) for place in self.shown)

    @property
    def components(self) -> Iterator[Component]:
        """Those with a module that the user asked for."""
        modules = self.snapshot.layout.modules()
        for component in self.snapshot.components:
            if any(self.is_shown(modules[name].path) for name in component.members):
                yield component


@record
class Analysis:
    """The projects of one call, and how to show places in them.

    Projects can overlap when a folder and a project inside it are named; findings of both are
    reported once.
    """

    projects: tuple[AnalysedProject, ...]
    places: Places

    @property
    def findings(self) -> frozenset[ShownFinding]:
        """All findings in the paths that were asked for."""
        return frozenset(
            finding
            for project in self.projects
            for path, findings in project.snapshot.findings.items()
            if project.is_shown(path)
            for finding in findings
        )

    @property
    def n_components(self) -> int:
        """How many components have a module that was asked for."""
        return len({each for project in self.projects for each in project.components})

    @property
    def n_knots(self) -> int:
        """How many of these have more than one module."""
        components = {each for project in self.projects for each in project.components}
        return sum(len(each.members) > 1 for each in components)

    @property
    def n_modules(self) -> int:
        """How many modules were read: those with Python source."""
        return len(
            {
                module.path
                for project in self.projects
                for module in project.snapshot.layout.modules().values()
                if module.kind is ModuleKind.SOURCE
            }
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems with reading or understanding files, in order of files."""
        found = {each for project in self.projects for each in project.workspace.problems}
        for project in self.projects:
            found.update(*project.snapshot.problems.values())
        return tuple(sorted(found, key=_problem_order))

    @property
    def is_misconfigured(self) -> bool:
        """Whether a configuration file has a setting that cannot be used."""
        settings = ("/pyproject.toml", f"/{BASELINE}")
        return any(each.path.endswith(settings) for each in self.problems)

    def complain(self, console: Console) -> None:
        """Print every problem to standard error."""
        for problem in self.problems:
            where = self.places.path(problem.path)
            if problem.line is not None:
                where = f"{where}:{problem.line + 1}"
            console.complain(f"{where}: {problem.message}")


MOST_READ_WHOLE: Final = 1_000
"""In a project with at most so many source files, every text is understood for any command: it
takes a moment, and reports a syntax error anywhere, but see `MOST_WITH_BODIES`."""


class Depth(Enum):
    """How much of a large project is analysed."""

    CYCLES = "cycles"
    """Modules that may be in a cycle, and what their loading executes; of a large project without
    bodies of functions that matter only when they are called."""
    TEXTS = "texts"
    """Every text is understood; so problems in all of them are known."""
    EDGES = "edges"
    """The same, and the import graph is known as a whole."""


def chosen_cache(options: Namespace) -> Cache | None:
    """The cache that the options and the environment ask for."""
    if options.cache_dir is None:
        folder = usual_folder(os.environ)
    else:
        folder = cache_folder(os.environ, chosen=options.cache_dir)
    if folder is None or options.no_cache:
        return None
    # Imported only now: sqlite3 and pickle take a few milliseconds to load.
    from import_cycles.workspace.cache import Cache

    return Cache(folder)


def analyse(
    paths: Sequence[str],
    console: Console,
    cache: Cache | None,
    settings: Mapping[str, object] | None = None,
    *,
    verdicts: bool = True,
    depth: Depth = Depth.CYCLES,
    reads_all: bool = False,
) -> Analysis:
    """Index each project that `paths` (default: the working directory) belong to.

    The objects of now are left to no collection of garbage: a process that goes on calls `gc.unfreeze`.
    With a `cache`, it starts from the last answer to the same question. `settings` override those
    of the projects, as an editor's do. Without `verdicts`, which cost the most, it finds cycles but
    not whether they crash; and at the depth of texts it does not find the imports of functions that
    run while modules load. With `reads_all`, a folder inside a project stands for the whole project,
    as a file does. Raises UsageError for a path that does not exist.
    """
    try:
        plans = plan_paths([Path(path) for path in paths or ["."]], reads_all=reads_all)
    except NoSuchPathError as error:
        raise UsageError(str(error)) from error
    projects = []
    for plan in plans:
        kept = None
        if cache is not None:
            kept = cache.of_project(plan.folder, plan.only, _purpose(depth, verdicts=verdicts))
        workspace = Workspace(
            plan.folder,
            only=plan.only,
            client_settings=settings,
            cache=kept,
            many=helping_processes(os.environ),
            reads_bodies=depth is not Depth.CYCLES,
        )
        # A caller that asks for texts alone follows the calls of functions itself.
        has_surveys = verdicts or depth is not Depth.TEXTS
        workspace.index(console.progress, surveys_wait=not has_surveys)
        if depth is Depth.EDGES:
            workspace.complete()
        elif depth is Depth.TEXTS:
            workspace.understand()
        elif _n_sources(workspace) <= MOST_READ_WHOLE:
            workspace.find_mistakes()
        # The simulation leaves cyclic garbage behind, here and where commands run first imports; the
        # index stays.
        gc.freeze()
        gc.enable()
        if verdicts:
            workspace.settle()
        elif has_surveys:
            workspace.survey()
        workspace.keep()
        projects.append(AnalysedProject(workspace, tuple(map(as_source_path, plan.shown))))
    return Analysis(tuple(projects), Places(as_source_path(Path()), read_source))


def _purpose(depth: Depth, *, verdicts: bool) -> str:
    if depth is Depth.CYCLES and verdicts:
        return CYCLES
    return f"{depth.value}{'' if verdicts else ' without verdicts'}"


def _n_sources(workspace: Workspace) -> int:
    modules = workspace.snapshot.layout.modules().values()
    return sum(module.kind is ModuleKind.SOURCE for module in modules)


def _problem_order(problem: Problem) -> tuple[str, int, str]:
    return problem.path, -1 if problem.line is None else problem.line, problem.message
