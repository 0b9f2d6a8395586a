"""The import graph as JSON, for pictures in editors.

The answer to the command `import-cycles.graph` (see import_cycles.lsp.server)::

    {
      "version": 1,
      "folders": [
        {
          "uri": "file:///home/me/shop",
          "modules": [
            {"name": "shop.models", "uri": "file:///…", "isPackage": false, "knot": 0}
          ],
          "edges": [
            {
              "importer": "shop.models",
              "imported": "shop.orders",
              "kind": "runtime",
              "flags": ["conditional"],
              "code": "cycle-crash",
              "location": {"uri": "file:///…", "range": {…}}
            }
          ]
        }
      ]
    }

Its argument is null for the modules of all knots; with the URI of a file, they are its module, what
it imports and what imports it, and only of the folder that the file belongs to. Edges are those
among the modules, one for each pair: of several statements, the one that executes first by kind
counts. `knot` numbers the components of the folder and is null outside of them. `code` is that of
the worst finding whose cycle goes along the edge, null where there is none. Statements in
functions that run while the importer loads are in another file than the importer.

Made in the worker's thread, since it needs more of the graph than a view holds. Cost: that of the
edges of the modules asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from import_cycles.analysis.project import Project
from import_cycles.analysis.worst_codes import worst_codes
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.text import Encoding
from import_cycles.findings.rule import Place
from import_cycles.graph.edges import ImportEdge, edge_order
from import_cycles.lsp.convert import UriOf, location_json
from import_cycles.lsp.projects import Projects
from import_cycles.resolve.layout import ModuleKind
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.workspace.paths import as_source_path

GRAPH_VERSION: Final = 1

_Json = dict[str, Any]
_Pair = tuple[ModuleName, ModuleName]

_KINDS: Final = tuple(When)


def graph_listed(
    projects: Projects, path: SourcePath | None, encoding: Encoding, uri_of: UriOf
) -> _Json:
    """The whole answer; about the surroundings of a file, if there is one."""
    if path is None:
        workspaces = projects.workspaces
    else:
        around = projects.workspace_of(path)
        workspaces = () if around is None else (around,)
    folders = [
        {
            "uri": uri_of(as_source_path(workspace.folder)),
            **_folder(workspace.project, path, encoding, uri_of),
        }
        for workspace in workspaces
    ]
    return {"version": GRAPH_VERSION, "folders": folders}


def _folder(project: Project, path: SourcePath | None, encoding: Encoding, uri_of: UriOf) -> _Json:
    knots = {
        member: number
        for number, component in enumerate(project.graph.components())
        for member in component.members
    }
    names = set(knots) if path is None else _neighbourhood(project, path)
    layout = project.snapshot.layout
    modules = []
    for module in filter(None, map(layout.module, sorted(names))):
        has_file = module.kind is not ModuleKind.NAMESPACE
        modules.append(
            {
                "name": module.name,
                "uri": uri_of(module.path) if has_file else None,
                "isPackage": module.is_package,
                "knot": knots.get(module.name),
            }
        )
    codes = worst_codes(project.snapshot)
    edges = [
        _edge(project, parallel, codes.get(pair), encoding, uri_of)
        for pair, parallel in sorted(_edges_by_pair(project, names).items())
    ]
    return {"modules": modules, "edges": edges}


def _neighbourhood(project: Project, path: SourcePath) -> set[ModuleName]:
    module = project.snapshot.layout.at_path(path)
    if module is None:
        return set()
    # Outside of knots, edges are worked out only on request.
    project.know((module.name, *project.possible_importers(module.name)))
    graph = project.graph
    imported = {edge.imported for edge in graph.edges_from(module.name)}
    project.know(imported)
    return {
        module.name,
        *imported,
        *(edge.importer for edge in graph.edges_to(module.name)),
    }


def _edges_by_pair(project: Project, names: Iterable[ModuleName]) -> dict[_Pair, list[ImportEdge]]:
    among = frozenset(names)
    by_pair: dict[_Pair, list[ImportEdge]] = {}
    for name in among:
        for edge in project.graph.edges_from(name):
            if edge.imported in among:
                by_pair.setdefault((edge.importer, edge.imported), []).append(edge)
    return by_pair


def _edge(
    project: Project,
    parallel: list[ImportEdge],
    code: str | None,
    encoding: Encoding,
    uri_of: UriOf,
) -> _Json:
    first = min(parallel, key=lambda edge: (_KINDS.index(edge.when), edge_order(edge)))
    place = project.snapshot.locate(Place(first.holder, first.site))
    return {
        "importer": first.importer,
        "imported": first.imported,
        "kind": first.when.value,
        "flags": [str(flag.name).lower() for flag in ImportFlag if flag and flag in first.flags],
        "code": code,
        "location": place and location_json(uri_of(place.path), place.range, encoding),
    }
