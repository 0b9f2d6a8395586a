"""The graph as a picture: the languages of Graphviz and of Mermaid.

Several imports of one module by another are one arrow, drawn for the one that executes first:
a full line while loading, dashed for later, dotted for type checkers only. Components are boxes.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.base.names import ModuleName
from import_cycles.cli.places import Places
from import_cycles.cli.render.drawing import Drawing
from import_cycles.syntax.imports import When

_DOT_STYLES = {When.RUNTIME: "solid", When.DEFERRED: "dashed", When.TYPING: "dotted"}
_MERMAID_ARROWS = {When.RUNTIME: "-->", When.DEFERRED: "-.->", When.TYPING: "-.-o"}


def dot(drawing: Drawing, places: Places) -> str:
    """For `dot -Tsvg`."""
    lines = ["digraph imports {", "  node [shape=box];"]
    for number, component in enumerate(drawing.components, start=1):
        lines += [f"  subgraph cluster_{number} {{", "    color=red;"]
        lines += [f"    {_quoted(name)};" for name in component.members]
        lines.append("  }")
    lines += [f"  {_quoted(name)};" for name in _outside_components(drawing)]
    lines += [
        f"  {_quoted(importer)} -> {_quoted(imported)} [style={_DOT_STYLES[kind]}];"
        for importer, imported, kind in _arrows(drawing)
    ]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(drawing: Drawing, places: Places) -> str:
    """For a fenced block of Markdown."""
    # Words such as `end` mean something to Mermaid, so modules get numbers and their names are
    # labels. Source: mermaid.js.org, "Flowcharts", its warning about `end`.
    node = {module.name: f"m{number}" for number, module in enumerate(drawing.modules)}
    lines = ["flowchart LR"]
    for number, component in enumerate(drawing.components, start=1):
        lines.append(f'  subgraph c{number} ["{len(component.members)} modules"]')
        lines += [f"    {node[name]}[{_quoted(name)}]" for name in component.members]
        lines.append("  end")
    lines += [f"  {node[name]}[{_quoted(name)}]" for name in _outside_components(drawing)]
    lines += [
        f"  {node[importer]} {_MERMAID_ARROWS[kind]} {node[imported]}"
        for importer, imported, kind in _arrows(drawing)
    ]
    return "\n".join(lines) + "\n"


def _outside_components(drawing: Drawing) -> Iterator[ModuleName]:
    inside = {name for component in drawing.components for name in component.members}
    names = dict.fromkeys(module.name for module in drawing.modules)
    return (name for name in names if name not in inside)


def _arrows(drawing: Drawing) -> list[tuple[ModuleName, ModuleName, When]]:
    order = list(When)
    earliest: dict[tuple[ModuleName, ModuleName], When] = {}
    for edge in drawing.edges:
        pair = edge.importer, edge.imported
        earliest[pair] = min(edge.kind, earliest.get(pair, edge.kind), key=order.index)
    return [(importer, imported, kind) for (importer, imported), kind in earliest.items()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', "'") + '"'
