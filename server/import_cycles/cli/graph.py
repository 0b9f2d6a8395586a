"""`import-cycles graph`: modules, imports and components, for programs or as a picture.

An import in a function that runs while some module loads is one line of text and yet several
edges of the graph, one for each module that waits for it. Here it is one edge again, from the
module that holds the text; `called_by` names the modules that wait.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Container, Iterable, Iterator
from itertools import groupby

from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName
from import_cycles.cli.command import ExitStatus, add_paths_argument
from import_cycles.cli.console import Console
from import_cycles.cli.places import Places
from import_cycles.cli.projects import AnalysedProject, Analysis, Depth, analyse, chosen_cache
from import_cycles.cli.render import graph_json, pictures
from import_cycles.cli.render.drawing import Drawing, DrawnComponent, DrawnEdge, DrawnModule
from import_cycles.findings.cycle_path import caller
from import_cycles.findings.rule import Place
from import_cycles.graph.components import is_binding
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag, When

_RENDERERS = {"json": graph_json.render, "dot": pictures.dot, "mermaid": pictures.mermaid}


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `graph`."""
    add_paths_argument(parser)
    parser.add_argument("--format", choices=tuple(_RENDERERS), default="json", help="default: json")
    parser.add_argument(
        "--cycles", action="store_true", help="only modules in cycles and the imports among them"
    )


def run(options: Namespace, console: Console) -> int:
    """Analyse and print; cycles do not make it fail."""
    analysis = analyse(
        options.paths, console, chosen_cache(options), verdicts=False, depth=Depth.EDGES
    )
    analysis.complain(console)
    drawing = _drawing(analysis)
    if options.cycles:
        drawing = drawing.only_cycles()
    console.write(_RENDERERS[options.format](drawing, analysis.places))
    return ExitStatus.BROKEN if analysis.is_misconfigured else ExitStatus.CLEAN


def _drawing(analysis: Analysis) -> Drawing:
    modules: set[DrawnModule] = set()
    edges: set[DrawnEdge] = set()
    components: set[DrawnComponent] = set()
    cuts = Cuts()
    for project in analysis.projects:
        shown = _shown_modules(project)
        cut = {
            (each.importer, each.imported)
            for component in project.components
            for each in cuts.of(project.snapshot, component).imports
        }
        among = {
            edge
            for edge in _edges(project, cut, analysis.places)
            if edge.importer in shown or edge.imported in shown
        }
        ends = {name for edge in among for name in (edge.importer, edge.imported)}
        edges |= among
        modules.update(_modules(project, shown | ends, analysis.places))
        components.update(
            DrawnComponent(component.members, len(component.edges))
            for component in project.components
        )
    return Drawing(
        modules=tuple(sorted(modules, key=lambda module: (module.name, module.path))),
        edges=tuple(sorted(edges, key=_edge_order)),
        components=tuple(sorted(components, key=lambda component: component.members)),
        problems=analysis.problems,
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


def _edges(project: AnalysedProject, cut: Container[Pair], places: Places) -> Iterator[DrawnEdge]:
    by_text = sorted(project.workspace.project.graph.edges(), key=_text_order)
    for _, parallel in groupby(by_text, key=_text_order):
        yield _drawn(list(parallel), cut, project.snapshot, places)


def _text_order(edge: ImportEdge) -> tuple[str, int, str]:
    return edge.holder, edge.site, edge.imported


def _drawn(
    parallel: list[ImportEdge], cut: Container[Pair], snapshot: Snapshot, places: Places
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
