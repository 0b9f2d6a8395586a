"""The graph as a picture: the languages of Graphviz and of Mermaid.

Several imports of one module by another are one arrow, drawn for the one that executes first:
a full line while loading, dashed for later, dotted for type checkers only. Components are boxes;
the cheapest imports to cut are red and thick.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.base.words import printable
from import_cycles.cli.places import Places
from import_cycles.cli.render.drawing import Drawing
from import_cycles.syntax.imports import When

_DOT_STYLES = {When.RUNTIME: "solid", When.DEFERRED: "dashed", When.TYPING: "dotted"}
_MERMAID_ARROWS = {When.RUNTIME: "-->", When.DEFERRED: "-.->", When.TYPING: "-.-o"}

_DOT_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "&": "&amp;"})
"""Source: graphviz.org, "The DOT Language" (quoted strings, HTML entities) and `escString`."""
_MERMAID_ESCAPES: Final = str.maketrans(
    {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "\\": "#92;", "`": "#96;"}
)
"""Source: mermaid.js.org, "Flowcharts", entity codes; a backtick would begin a Markdown string."""


def dot(drawing: Drawing, places: Places) -> str:
    """For `dot -Tsvg`."""
    lines = ["digraph imports {", "  node [shape=box];"]
    for number, component in enumerate(drawing.components, start=1):
        lines += [f"  subgraph cluster_{number} {{", "    color=red;"]
        lines += [f"    {_dot_text(name)};" for name in component.members]
        lines.append("  }")
    lines += [f"  {_dot_text(name)};" for name in _outside_components(drawing)]
    for arrow in arrows(drawing):
        style = f"style={_DOT_STYLES[arrow.kind]}"
        if arrow.is_cut:
            style += ", color=red, penwidth=2"
        lines.append(f"  {_dot_text(arrow.importer)} -> {_dot_text(arrow.imported)} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(drawing: Drawing, places: Places) -> str:
    """For a fenced block of Markdown."""
    # Words such as `end` mean something to Mermaid, so modules get numbers and their names are
    # labels. Source: mermaid.js.org, "Flowcharts", its warning about `end`.
    node = {module.name: f"m{number}" for number, module in enumerate(drawing.modules)}
    lines = ["flowchart LR"]
    for number, component in enumerate(drawing.components, start=1):
        lines.append(f'  subgraph c{number} ["{len(component.members)} modules"]')
        lines += [f"    {node[name]}[{_mermaid_text(name)}]" for name in component.members]
        lines.append("  end")
    lines += [f"  {node[name]}[{_mermaid_text(name)}]" for name in _outside_components(drawing)]
    found = arrows(drawing)
    lines += [
        f"  {node[arrow.importer]} {_MERMAID_ARROWS[arrow.kind]} {node[arrow.imported]}"
        for arrow in found
    ]
    cut = [str(number) for number, arrow in enumerate(found) if arrow.is_cut]
    if cut:
        lines.append(f"  linkStyle {','.join(cut)} stroke:red,stroke-width:3px")
    return "\n".join(lines) + "\n"


def _outside_components(drawing: Drawing) -> Iterator[ModuleName]:
    inside = {name for component in drawing.components for name in component.members}
    names = dict.fromkeys(module.name for module in drawing.modules)
    return (name for name in names if name not in inside)


@record
class Arrow:
    """All imports of one module by another: the kind of the earliest, whether one is to be cut."""

    importer: ModuleName
    imported: ModuleName
    kind: When
    is_cut: bool


def arrows(drawing: Drawing) -> list[Arrow]:
    """What is drawn for the edges, in their order."""
    order = list(When)
    found: dict[tuple[ModuleName, ModuleName], Arrow] = {}
    for edge in drawing.edges:
        pair = edge.importer, edge.imported
        before = found.get(pair)
        kind = edge.kind if before is None else min(edge.kind, before.kind, key=order.index)
        is_cut = edge.is_cut or (before is not None and before.is_cut)
        found[pair] = Arrow(*pair, kind, is_cut)
    return list(found.values())


def _dot_text(name: str) -> str:
    return f'"{printable(name).translate(_DOT_ESCAPES)}"'


def _mermaid_text(name: str) -> str:
    return f'"{printable(name).translate(_MERMAID_ESCAPES)}"'
