"""The import graph as a call hierarchy: who imports a module, what it imports, and when.

Editors show call hierarchies as trees that unfold, without a picture of their own. An item is a module;
its detail says, of an import, when it executes, and of a module, how many others all import one
another with it. The ranges of a "call" are those of the import statements, in the importer's file
(LSP 3.17, "Prepare Call Hierarchy Request"). The worker's thread answers, since it works out edges
outside of cycles only on request. Cost: that of the edges of one module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import TextRange
from import_cycles.base.words import counted
from import_cycles.findings.rule import Place
from import_cycles.graph.edges import ImportEdge
from import_cycles.lsp.projects import Projects
from import_cycles.resolve.layout import ModuleKind
from import_cycles.syntax.imports import ImportFlag, When

_KINDS: Final = {
    When.RUNTIME: "while it loads",
    When.DEFERRED: "later, if at all",
    When.TYPING: "for type checkers",
}


@record
class ModuleItem:
    """A module of the tree."""

    name: ModuleName
    path: SourcePath
    detail: str = ""


@record
class Call:
    """An import, with the module at its other end."""

    item: ModuleItem
    ranges: tuple[TextRange, ...]
    """Where the statements stand in the importer's file; none if they stand in another one."""


def items_at(projects: Projects, path: SourcePath, line: int) -> tuple[ModuleItem, ...]:
    """The modules that a line (from 0) is about: those that it imports, and on the first its own.

    None elsewhere: there users ask for the callers of functions, which other servers answer.
    """
    found = projects.module_at(path)
    if found is None:
        return ()
    project, module = found
    project.know((module,))
    names = {
        edge.imported
        for edge in project.graph.edges_from(module)
        if edge.holder == module
        and (place := project.snapshot.locate(Place(edge.holder, edge.site))) is not None
        and place.range.start.line <= line <= place.range.end.line
    }
    wanted = [*sorted(names), *((module,) if line == 0 else ())]
    return tuple(_items(project, wanted))


def _items(project: Project, names: Iterable[ModuleName]) -> Iterator[ModuleItem]:
    layout = project.snapshot.layout
    for name in dict.fromkeys(names):
        file = layout.module(name)
        if file is None or file.kind is ModuleKind.NAMESPACE:
            continue
        component = project.graph.component_of(name)
        n_members = 0 if component is None else len(component.members)
        detail = f"in a cycle of {counted(n_members, 'module')}" if n_members > 1 else ""
        yield ModuleItem(name, file.path, detail)


def incoming(projects: Projects, path: SourcePath) -> tuple[Call, ...]:
    """The modules that import that of a file, sorted."""
    found = projects.module_at(path)
    if found is None:
        return ()
    project, module = found
    project.know(project.possible_importers(module))
    edges = project.graph.edges_to(module)
    return tuple(_calls(project, ((edge.importer, edge) for edge in edges)))


def outgoing(projects: Projects, path: SourcePath) -> tuple[Call, ...]:
    """The modules that that of a file imports, sorted."""
    found = projects.module_at(path)
    if found is None:
        return ()
    project, module = found
    project.know((module,))
    edges = project.graph.edges_from(module)
    return tuple(_calls(project, ((edge.imported, edge) for edge in edges)))


def _calls(project: Project, edges: Iterable[tuple[ModuleName, ImportEdge]]) -> Iterator[Call]:
    by_other: dict[ModuleName, list[ImportEdge]] = {}
    for other, edge in edges:
        by_other.setdefault(other, []).append(edge)
    layout = project.snapshot.layout
    for other, parallel in sorted(by_other.items()):
        file = layout.module(other)
        if file is None or file.kind is ModuleKind.NAMESPACE:
            continue
        ranges = {
            place.range
            for edge in parallel
            if edge.holder == edge.importer
            and (place := project.snapshot.locate(Place(edge.holder, edge.site))) is not None
        }
        yield Call(ModuleItem(other, file.path, _told(parallel)), tuple(sorted(ranges)))


def _told(parallel: Iterable[ImportEdge]) -> str:
    """When an import executes, by the statement that does so first, and what else there is to say."""
    edges = list(parallel)
    first = min(edges, key=lambda edge: tuple(When).index(edge.when))
    told = [_KINDS[first.when]]
    if all(ImportFlag.IMPLIED in edge.flags for edge in edges):
        told.append("as a package on the way")
    if ImportFlag.SUPPRESSED in first.flags:
        told.append("accepted by a comment")
    return ", ".join(told)
