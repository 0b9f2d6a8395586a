"""Which cycles a move of a module would close, with all imports of it rewritten.

Moving a file changes which packages are loaded on the way to it, and on the way from it to others:

- A module that imports the moved one loads the packages around its new place.
- The module itself loads packages that were around it, and so were loaded before it, but are not
  any more, when it imports something in them.

Either closes a cycle if the package leads back. The answer comes from the graph as it is, so it
does not tell whether such a cycle crashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from import_cycles.analysis.project import Project
from import_cycles.base.names import (
    ModuleName,
    SourcePath,
    ancestors,
    dotted_name,
    is_ancestor,
)
from import_cycles.base.record import record
from import_cycles.graph.components import is_binding
from import_cycles.resolve.layout import ModuleKind


@record
class ClosedByMove:
    """A cycle that the move would close."""

    module: ModuleName
    """The module that is moved, by the name that it has now."""
    new_name: str
    cycle: tuple[str, ...]
    """The modules along the cycle by their names after the move, the first repeated at the end."""


def closed_by_moves(
    project: Project, moves: Mapping[SourcePath, SourcePath]
) -> tuple[ClosedByMove, ...]:
    """The cycles that moving files would close: for each module the shortest, if there is any.

    `moves` has the new path of each file. What is no module, or leaves its source root, is passed
    over. Cost: a search over what the packages around lead to, for each module.
    """
    new_names = dict(_new_names(project, moves))
    found = []
    for module, new_name in new_names.items():
        ways = [
            way
            for importer, package in _new_loads(project, module, new_name, new_names)
            if (way := _way(project, package, importer))
        ]
        if ways:
            way = min(ways, key=len)
            path = (way[-1], *way)
            cycle = tuple(new_names.get(each, dotted_name(each)) for each in path)
            found.append(ClosedByMove(module, new_name, cycle))
    return tuple(found)


def _new_names(
    project: Project, moves: Mapping[SourcePath, SourcePath]
) -> Iterator[tuple[ModuleName, str]]:
    layout = project.world.layout
    for old, new in sorted(moves.items()):
        file = layout.at_path(old)
        if file is None or not new.startswith(f"{file.root}/") or not new.endswith(".py"):
            continue
        relative = new[len(file.root) + 1 : -len(".py")].removesuffix("/__init__")
        name = relative.replace("/", ".")
        if name != dotted_name(file.name) and all(map(str.isidentifier, name.split("."))):
            yield file.name, name


def _new_loads(
    project: Project, module: ModuleName, new_name: str, moved: Mapping[ModuleName, str]
) -> Iterator[tuple[ModuleName, ModuleName]]:
    """Importers and packages that these would load, and do not load for this import yet."""
    around = list(_packages(project, ancestors(ModuleName(new_name))))
    for importer in project.importers_of(module):
        if importer in moved:
            continue
        for package in around:
            if package != importer and not is_ancestor(package, importer):
                yield importer, package
    project.know((module,))
    left = [
        each
        for each in _packages(project, ancestors(module))
        if dotted_name(each) not in map(dotted_name, around)
    ]
    for edge in project.graph.edges_from(module):
        if is_binding(edge) and edge.holder == module and edge.imported not in moved:
            for package in left:
                if is_ancestor(package, edge.imported):
                    yield module, package


def _packages(project: Project, names: Iterable[ModuleName]) -> Iterator[ModuleName]:
    """Those of the names that are packages which execute something."""
    layout = project.world.layout
    for name in names:
        file = layout.find(dotted_name(name), None)
        if file is not None and file.kind is not ModuleKind.NAMESPACE:
            yield file.name


def _way(project: Project, start: ModuleName, goal: ModuleName) -> tuple[ModuleName, ...]:
    """The modules on a shortest way of imports while loading; empty if there is none."""
    came_from: dict[ModuleName, ModuleName | None] = {start: None}
    front = [start]
    while front and goal not in came_from:
        project.know(front)
        onward: list[ModuleName] = []
        for module in front:
            for edge in project.graph.edges_from(module):
                if is_binding(edge) and edge.imported not in came_from:
                    came_from[edge.imported] = module
                    onward.append(edge.imported)
        front = onward
    if goal not in came_from:
        return ()
    way: list[ModuleName] = []
    at: ModuleName | None = goal
    while at is not None:
        way.append(at)
        at = came_from[at]
    return tuple(reversed(way))
