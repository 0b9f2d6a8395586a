"""The graph as SVG: importers above what they import, components framed, imports to cut thick.

Modules stand in layers: each one below all that import it, the imports to cut left aside, so that these
point upwards. In a layer they are ordered by where their importers stand, which keeps most
lines short (Sugiyama, Tagawa and Toda 1981, with means instead of medians). For pictures of some dozens of
boxes; `--format dot` is for Graphviz, which draws larger ones better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.base.words import printable
from import_cycles.cli.render.drawing import Drawing
from import_cycles.cli.render.pictures import Arrow, arrows
from import_cycles.syntax.imports import When

_HEIGHT: Final = 28
_GAP: Final = 24
_LAYER: Final = 84
_MARGIN: Final = 60
_LETTER: Final = 7.3
_MOST_IN_ROW: Final = 12
_SWEEPS: Final = 4
_DASHES: Final = {When.RUNTIME: "", When.DEFERRED: "6 4", When.TYPING: "2 4"}

_STYLE: Final = (
    "text{font:12px sans-serif;text-anchor:middle;fill:#24292f}"
    ".box{fill:#f3f5f7;stroke:#8c959f}.knot{fill:#fff1f0;stroke:#cf222e}"
    ".line{fill:none;stroke:#57606a;stroke-width:1.3}.cut{stroke:#cf222e;stroke-width:3}"
)


@record
class _Box:
    x: float
    y: float
    width: float


def svg(drawing: Drawing) -> str:
    """The whole picture."""
    found = arrows(drawing)
    rows = _rows(drawing, found)
    boxes = _placed(rows)
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN
    height = max((box.y + _HEIGHT for box in boxes.values()), default=0) + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse"'
        ' orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>',
        *(_line(arrow, boxes) for arrow in found),
        *_drawn_boxes(drawing, boxes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(drawing: Drawing, found: list[Arrow]) -> list[list[ModuleName]]:
    """The modules of each layer, from the top; layers that are too long are broken."""
    names = list(dict.fromkeys(module.name for module in drawing.modules))
    below: dict[ModuleName, set[ModuleName]] = {}
    above: dict[ModuleName, set[ModuleName]] = {}
    for arrow in found:
        # Without the imports to cut, the others go one way.
        if arrow.kind is When.RUNTIME and not arrow.is_cut and arrow.importer != arrow.imported:
            below.setdefault(arrow.importer, set()).add(arrow.imported)
            above.setdefault(arrow.imported, set()).add(arrow.importer)
    depth = _depths(set(names), below, above)
    layers: dict[int, list[ModuleName]] = {}
    for name in names:
        layers.setdefault(depth[name], []).append(name)
    rows = [layers[number] for number in sorted(layers)]
    _untangle(rows, found)
    return [
        row[start : start + _MOST_IN_ROW]
        for row in rows
        for start in range(0, len(row), _MOST_IN_ROW)
    ]


def _depths(
    names: set[ModuleName],
    below: Mapping[ModuleName, set[ModuleName]],
    above: Mapping[ModuleName, set[ModuleName]],
) -> dict[ModuleName, int]:
    """How many imports lead to each module on the longest way; what is left on cycles comes last."""
    depth = dict.fromkeys(sorted(names), 0)
    waiting = {name: len(above.get(name, ())) for name in depth}
    ready = [name for name, count in waiting.items() if not count]
    while ready:
        name = ready.pop()
        for other in sorted(below.get(name, ())):
            depth[other] = max(depth[other], depth[name] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return depth


def _untangle(rows: list[list[ModuleName]], found: list[Arrow]) -> None:
    beside: dict[ModuleName, list[ModuleName]] = {}
    for arrow in found:
        beside.setdefault(arrow.importer, []).append(arrow.imported)
        beside.setdefault(arrow.imported, []).append(arrow.importer)
    for sweep in range(_SWEEPS):
        at = {
            name: number / max(1, len(row) - 1) for row in rows for number, name in enumerate(row)
        }
        for row in rows if sweep % 2 == 0 else reversed(rows):
            means = {
                name: sum(at[other] for other in beside.get(name, [name]))
                / len(beside.get(name, [name]))
                for name in row
            }
            row.sort(key=lambda name: (means[name], name))
            at.update((name, number / max(1, len(row) - 1)) for number, name in enumerate(row))


def _placed(rows: list[list[ModuleName]]) -> dict[ModuleName, _Box]:
    widths = {name: len(printable(name)) * _LETTER + 20 for row in rows for name in row}
    total = [sum(widths[name] + _GAP for name in row) - _GAP for row in rows]
    widest = max(total, default=0)
    boxes: dict[ModuleName, _Box] = {}
    for number, row in enumerate(rows):
        x = _MARGIN + (widest - total[number]) / 2
        for name in row:
            boxes[name] = _Box(x, _MARGIN + number * _LAYER, widths[name])
            x += widths[name] + _GAP
    return boxes


def _line(arrow: Arrow, boxes: Mapping[ModuleName, _Box]) -> str:
    start, end = boxes[arrow.importer], boxes[arrow.imported]
    x1, x2 = start.x + start.width / 2, end.x + end.width / 2
    if start.y == end.y:
        # Beside one another: a bow above to the right, below to the left.
        is_right = x1 < x2
        y = start.y if is_right else start.y + _HEIGHT
        bow = y + (-1 if is_right else 1) * min(40, 12 + abs(x2 - x1) / 8)
        path = f"M{x1:.1f} {y:.1f}C{x1:.1f} {bow:.1f} {x2:.1f} {bow:.1f} {x2:.1f} {y:.1f}"
    else:
        is_down = start.y < end.y
        y1 = start.y + (_HEIGHT if is_down else 0)
        y2 = end.y + (0 if is_down else _HEIGHT)
        middle = (y1 + y2) / 2
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    dashes = _DASHES[arrow.kind]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    kind = "line cut" if arrow.is_cut else "line"
    told = escape(printable(f"{arrow.importer} imports {arrow.imported}"))
    return (
        f'<path class="{kind}"{dashed} marker-end="url(#head)" d={quoteattr(path)}>'
        f"<title>{told}</title></path>"
    )


def _drawn_boxes(drawing: Drawing, boxes: Mapping[ModuleName, _Box]) -> Iterator[str]:
    knotted = {name for component in drawing.components for name in component.members}
    for name, box in boxes.items():
        kind = "knot" if name in knotted else "box"
        yield (
            f'<rect class="{kind}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}"'
            f' height="{_HEIGHT}" rx="5"/>'
        )
        yield (
            f'<text x="{box.x + box.width / 2:.1f}" y="{box.y + 18.5:.1f}">'
            f"{escape(printable(name))}</text>"
        )
