"""The graph as one file of HTML that needs nothing else: the picture of the panel in VS Code.

vscode-client/scripts/html-page.mjs makes the page, which lies beside this file; this module adds
the data to draw, as vscode-client/src/graph/file-data.ts describes them. The page fetches nothing,
and its own policy forbids it.
"""

from __future__ import annotations

import json
from importlib import resources
from itertools import groupby
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.words import counted
from import_cycles.cli.places import Location, Places
from import_cycles.cli.render.drawing import Drawing, DrawnComponent, DrawnEdge
from import_cycles.syntax.imports import When

_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
)
_MOST_NAMED: Final = 3
_MOST_CUTS: Final = 40
_KINDS: Final = tuple(When)


def html(drawing: Drawing, places: Places, title: str = "Import cycles") -> str:
    """The whole file."""
    knots = {
        name: number
        for number, component in enumerate(drawing.components)
        for name in component.members
    }
    data = {
        "title": title,
        "modules": [
            {
                "name": module.name,
                "uri": None,
                "isPackage": module.is_package,
                "knot": knots.get(module.name),
            }
            for module in drawing.modules
        ],
        "edges": [_edge(list(parallel)) for _, parallel in groupby(drawing.edges, key=_pair)],
        "knots": [
            _knot(component)
            for component in sorted(drawing.components, key=lambda each: -len(each.members))
            if len(component.members) > 1
        ],
        "centre": None,
    }
    # In a script element, only `<` could end it or open a comment (HTML standard, 4.12.1.3).
    told = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    script = resources.files(__package__).joinpath("graph_page.js").read_text("utf-8")
    script = script.replace("</script", "<\\/script")
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="UTF-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        "<title>Import cycles</title>\n</head>\n<body>\n"
        f'<script type="application/json" id="data">{told}</script>\n'
        f"<script>{script}</script>\n"
        "</body>\n</html>\n"
    )


def _pair(edge: DrawnEdge) -> tuple[ModuleName, ModuleName]:
    return edge.importer, edge.imported


def _edge(parallel: list[DrawnEdge]) -> dict[str, object]:
    """All imports of one module by another: that which executes first counts."""
    first = min(parallel, key=lambda edge: _KINDS.index(edge.kind))
    code = next((edge.code for edge in parallel if edge.code is not None), None)
    return {
        "importer": first.importer,
        "imported": first.imported,
        "kind": first.kind.value,
        "flags": list(first.flags),
        "code": code,
        "location": None,
        "where": _where(first.location),
    }


def _knot(component: DrawnComponent) -> dict[str, object]:
    names = [dotted_name(name) for name in component.members]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    cycles = f", {counted(component.n_cycles, 'cycle')}" if component.n_cycles else ""
    size = counted(len(names), "module")
    return {
        "members": list(component.members),
        "told": f"{size}{cycles}: {', '.join(names[:_MOST_NAMED])}{more}",
        "cuts": [
            {
                "importer": cut.importer,
                "imported": cut.imported,
                "where": _where(cut.location),
                "told": cut.told,
            }
            for cut in component.cuts[:_MOST_CUTS]
        ],
    }


def _where(location: Location | None) -> str | None:
    return None if location is None else f"{location.path}:{location.line}"
