"""The graph for programs, as docs/cli.md describes."""

from __future__ import annotations

from import_cycles.cli.places import Places
from import_cycles.cli.render.drawing import Drawing, DrawnEdge
from import_cycles.cli.render.json_report import VERSION, dumps, problem


def render(drawing: Drawing, places: Places) -> str:
    """The whole document of `graph --format json`."""
    return dumps(
        {
            "version": VERSION,
            "modules": [
                {
                    "name": module.name,
                    "path": module.path,
                    "kind": module.kind,
                    "is_package": module.is_package,
                }
                for module in drawing.modules
            ],
            "edges": [_edge(edge) for edge in drawing.edges],
            "components": [
                {"members": list(component.members), "edges": component.n_edges}
                for component in drawing.components
            ],
            "problems": [problem(each, places) for each in drawing.problems],
        }
    )


def _edge(edge: DrawnEdge) -> dict[str, object]:
    location = edge.location
    return {
        "importer": edge.importer,
        "imported": edge.imported,
        "file": location and location.path,
        "line": location and location.line,
        "column": location and location.column,
        "kind": edge.kind.value,
        "flags": list(edge.flags),
        "called_by": list(edge.called_by),
        "cut": edge.is_cut,
    }
