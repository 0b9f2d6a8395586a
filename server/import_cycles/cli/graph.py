"""`import-cycles graph`: modules, imports and components, for programs or as a picture.

An import in a function that runs while some module loads is one line of text and yet several
edges of the graph, one for each module that waits for it. Here it is one edge again, from the
module that holds the text; `called_by` names the modules that wait.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from import_cycles.analysis.cuts import Cuts, KnotCut, shown_places
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.worst_codes import worst_codes
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.cli.command import ExitStatus, UsageError, add_paths_argument, at_least_one
from import_cycles.cli.console import Console
from import_cycles.cli.outputs import write_file
from import_cycles.cli.places import Places
from import_cycles.cli.projects import AnalysedProject, Analysis, Depth, analyse, chosen_cache
from import_cycles.cli.render import graph_json, pictures
from import_cycles.cli.render.drawing import (
    Drawing,
    DrawnComponent,
    DrawnCut,
    DrawnEdge,
    DrawnModule,
    folded_into,
    folded_to,
)
from import_cycles.findings.cycle_path import caller
from import_cycles.findings.rule import Place
from import_cycles.graph.components import is_binding
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag, When

_FORMATS = ("json", "dot", "html", "mermaid", "svg")
_MOST_IN_MERMAID: Final = 60
"""Boxes of a picture in Mermaid; services draw no more than 500 arrows, and even these are too many to read."""


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `graph`."""
    add_paths_argument(parser)
    parser.add_argument("--format", choices=_FORMATS, default="json", help="default: json")
    parser.add_argument(
        "--cycles", action="store_true", help="only modules in cycles and the imports among them"
    )
    parser.add_argument("--focus", metavar="MODULE", help="only what is near a module; see --depth")
    parser.add_argument(
        "--depth",
        metavar="N",
        type=at_least_one,
        default=1,
        help="how many imports away from the module of --focus (default: 1)",
    )
    parser.add_argument(
        "--reaches", metavar="MODULE", help="only a module and those that load it when imported"
    )
    parser.add_argument(
        "--collapse",
        metavar="N|PACKAGE",
        action="append",
        help="one box for each package: names cut off after N parts, or these packages",
    )
    parser.add_argument(
        "--output-file", "-o", metavar="FILE", help="write there instead of to standard output"
    )


def run(options: Namespace, console: Console) -> int:
    """Analyse and print; cycles are no failure."""
    is_page = options.format == "html"
    analysis = analyse(
        options.paths, console, chosen_cache(options), verdicts=is_page, depth=Depth.EDGES
    )
    analysis.complain(console)
    drawing = _chosen(drawing_of(analysis), options, console)
    text = _rendered(options.format, drawing, analysis.places)
    if options.output_file is None:
        console.write(text)
    else:
        write_file(options.output_file, text)
    return ExitStatus.BROKEN if analysis.is_misconfigured else ExitStatus.CLEAN


def _chosen(drawing: Drawing, options: Namespace, console: Console) -> Drawing:
    if options.cycles:
        drawing = drawing.only_cycles()
    if options.reaches is not None:
        drawing = drawing.reaching(_known(options.reaches, drawing))
    if options.focus is not None:
        drawing = drawing.around(_known(options.focus, drawing), options.depth)
    numbers = [int(each) for each in options.collapse or () if each.isdecimal() and int(each)]
    packages = [each for each in options.collapse or () if not each.isdecimal()]
    if packages:
        drawing = drawing.collapsed(folded_into(packages))
    if numbers:
        drawing = drawing.collapsed(folded_to(min(numbers)))
    if options.format == "mermaid" and not numbers:
        return _small(drawing, console)
    return drawing


def _small(drawing: Drawing, console: Console) -> Drawing:
    """A picture that Mermaid can draw, with packages folded as far as that needs."""
    deepest = max((each.name.count(".") + 1 for each in drawing.modules), default=1)
    small = drawing
    for depth in range(deepest - 1, 0, -1):
        if len(small.modules) <= _MOST_IN_MERMAID:
            break
        small = drawing.collapsed(folded_to(depth))
    if small is not drawing:
        console.complain(
            f"{len(drawing.modules)} modules are too many for Mermaid: packages are folded into"
            f" {len(small.modules)} boxes. --cycles, --focus and --collapse choose others"
        )
    return small


def _known(name: str, drawing: Drawing) -> ModuleName:
    for module in drawing.modules:
        if name in (module.name, dotted_name(module.name)):
            return module.name
    raise UsageError(f"there is no module {name} in the picture")


def _rendered(name: str, drawing: Drawing, places: Places) -> str:
    match name:
        case "html":
            from import_cycles.cli.render import graph_html

            return graph_html.html(drawing, places)
        case "svg":
            from import_cycles.cli.render import graph_svg

            return graph_svg.svg(drawing)
        case "dot":
            return pictures.dot(drawing, places)
        case "mermaid":
            return pictures.mermaid(drawing, places)
        case _:
            return graph_json.render(drawing, places)


def page_of_cycles(analysis: Analysis) -> str:
    """The modules in cycles as a page of HTML."""
    return _rendered("html", drawing_of(analysis).only_cycles(), analysis.places)


def drawing_of(analysis: Analysis) -> Drawing:
    """Everything that can be drawn."""
    modules: set[DrawnModule] = set()
    edges: set[DrawnEdge] = set()
    components: set[DrawnComponent] = set()
    cuts = Cuts()
    for project in analysis.projects:
        shown = _shown_modules(project)
        knots = {each: cuts.of(project.snapshot, each) for each in project.components}
        cut = {(each.importer, each.imported) for knot in knots.values() for each in knot.imports}
        codes = worst_codes(project.snapshot)
        among = {
            edge
            for edge in _edges(project, cut, codes, analysis.places)
            if edge.importer in shown or edge.imported in shown
        }
        ends = {name for edge in among for name in (edge.importer, edge.imported)}
        edges |= among
        modules.update(_modules(project, shown | ends, analysis.places))
        components.update(
            DrawnComponent(
                component.members,
                len(component.edges),
                tuple(_drawn_cuts(knot, project.snapshot, analysis.places)),
                knot.n_cycles,
            )
            for component, knot in knots.items()
        )
    return Drawing(
        modules=tuple(sorted(modules, key=lambda module: (module.name, module.path))),
        edges=tuple(sorted(edges, key=_edge_order)),
        components=tuple(sorted(components, key=lambda component: component.members)),
        problems=analysis.problems,
    )


def _drawn_cuts(knot: KnotCut, snapshot: Snapshot, places: Places) -> Iterator[DrawnCut]:
    for each in knot.imports:
        there = shown_places(snapshot, each)
        yield DrawnCut(
            each.importer,
            each.imported,
            places.location(there[0]) if there else None,
            f"ends {knot.ended_by(each)} ({each.cost.effort.told})",
        )


def _shown_modules(project: AnalysedProject) -> set[ModuleName]:
    modules = project.snapshot.layout.modules().values()
    return {module.name for module in modules if project.is_shown(module.path)}


def _modules(
    project: AnalysedProject, names: Iterable[ModuleName], places: Places
) -> Iterator[DrawnModule]:
    modules = project.snapshot.layout.modules()
    for module in map(modules.__getitem__, names):
        path = places.path(module.path)
        yield DrawnModule(module.name, path, module.kind.value, module.is_package)


def _edges(
    project: AnalysedProject, cut: Container[Pair], codes: Mapping[Pair, str], places: Places
) -> Iterator[DrawnEdge]:
    by_text = sorted(project.workspace.project.graph.edges(), key=_text_order)
    for _, parallel in groupby(by_text, key=_text_order):
        yield _drawn(list(parallel), cut, codes, project.snapshot, places)


def _text_order(edge: ImportEdge) -> tuple[str, int, str]:
    return edge.holder, edge.site, edge.imported


def _drawn(
    parallel: list[ImportEdge],
    cut: Container[Pair],
    codes: Mapping[Pair, str],
    snapshot: Snapshot,
    places: Places,
) -> DrawnEdge:
    """One edge for all that come from one place of the text and lead to one module."""
    first = parallel[0]
    place = snapshot.locate(Place(first.holder, first.site))
    return DrawnEdge(
        importer=first.holder,
        imported=first.imported,
        location=None if place is None else places.location(place),
        kind=_earliest(edge.when for edge in parallel),
        flags=tuple(
            str(flag.name).lower()
            for flag in ImportFlag
            if flag and any(flag in edge.flags for edge in parallel)
        ),
        called_by=tuple(
            sorted({caller(edge) for edge in parallel if ImportFlag.CALLED in edge.flags})
        ),
        is_cut=any((edge.importer, edge.imported) in cut and is_binding(edge) for edge in parallel),
        code=next(
            (
                codes[edge.importer, edge.imported]
                for edge in parallel
                if is_binding(edge) and (edge.importer, edge.imported) in codes
            ),
            None,
        ),
    )


def _earliest(kinds: Iterable[When]) -> When:
    return min(kinds, key=list(When).index)


def _edge_order(edge: DrawnEdge) -> tuple[str, str, int, int]:
    location = edge.location
    return (
        edge.importer,
        edge.imported,
        location.line if location else 0,
        location.column if location else 0,
    )
