"""The import graph of all projects of one call, as it is printed."""

from __future__ import annotations

from import_cycles.analysis.change import Problem
from import_cycles.base.names import ModuleName
from import_cycles.base.record import record, replace
from import_cycles.cli.places import Location
from import_cycles.syntax.imports import When


@record
class DrawnModule:
    """One module; `path` as shown, `kind` as in `ModuleKind`."""

    name: ModuleName
    path: str
    kind: str
    is_package: bool


@record
class DrawnEdge:
    """One place of the text that imports one module.

    `called_by` is empty unless the place is in a function that the modules named there call
    while they load.
    """

    importer: ModuleName
    imported: ModuleName
    location: Location | None
    kind: When
    flags: tuple[str, ...]
    called_by: tuple[ModuleName, ...]
    is_cut: bool
    """Whether it is one of the cheapest imports to cut; see `analysis.cuts`."""


@record
class DrawnComponent:
    """Modules that all import one another, and how many imports hold them together."""

    members: tuple[ModuleName, ...]
    n_edges: int


@record
class Drawing:
    """What `graph` prints; everything sorted."""

    modules: tuple[DrawnModule, ...]
    edges: tuple[DrawnEdge, ...]
    components: tuple[DrawnComponent, ...]
    problems: tuple[Problem, ...]

    def only_cycles(self) -> Drawing:
        """Without the modules that are in no component, and the edges that leave one."""
        component_of = {
            name: component for component in self.components for name in component.members
        }
        return replace(
            self,
            modules=tuple(module for module in self.modules if module.name in component_of),
            edges=tuple(
                edge
                for edge in self.edges
                if edge.importer in component_of
                and component_of[edge.importer] is component_of.get(edge.imported)
            ),
        )
