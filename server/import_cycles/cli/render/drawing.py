"""The import graph of all projects of one call, as it is printed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from import_cycles.analysis.change import Problem
from import_cycles.base.names import ModuleName, ancestors, split_root, with_root
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
    code: str | None = None
    """The rule with its worst finding; see `analysis.worst_codes`."""


@record
class DrawnCut:
    """One of the cheapest imports to cut: its first place, and in words how many cycles that ends."""

    importer: ModuleName
    imported: ModuleName
    location: Location | None
    told: str


@record
class DrawnComponent:
    """Modules that all import one another, and how many imports hold them together."""

    members: tuple[ModuleName, ...]
    n_edges: int
    cuts: tuple[DrawnCut, ...] = ()
    n_cycles: int = 0


@record
class Drawing:
    """The content of `graph`'s output; everything sorted."""

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

    def only(self, names: Collection[ModuleName]) -> Drawing:
        """Without other modules; components shrink to the rest, if that is more than one module."""
        components = (
            replace(
                component,
                members=tuple(name for name in component.members if name in names),
                cuts=tuple(
                    cut for cut in component.cuts if cut.importer in names and cut.imported in names
                ),
            )
            for component in self.components
        )
        return replace(
            self,
            modules=tuple(module for module in self.modules if module.name in names),
            edges=tuple(
                edge for edge in self.edges if edge.importer in names and edge.imported in names
            ),
            components=tuple(each for each in components if len(each.members) > 1),
        )

    def around(self, module: ModuleName, depth: int) -> Drawing:
        """The modules that are at most so many imports away from a module, in either direction."""
        beside: dict[ModuleName, set[ModuleName]] = {}
        for edge in self.edges:
            beside.setdefault(edge.importer, set()).add(edge.imported)
            beside.setdefault(edge.imported, set()).add(edge.importer)
        near, rim = {module}, {module}
        for _ in range(depth):
            rim = {name for each in rim for name in beside.get(each, ())} - near
            near |= rim
        return self.only(near)

    def reaching(self, module: ModuleName) -> Drawing:
        """The module, and all that load it when they are imported."""
        importers: dict[ModuleName, set[ModuleName]] = {}
        for edge in self.edges:
            if edge.kind is When.RUNTIME:
                for name in edge.called_by or (edge.importer,):
                    importers.setdefault(edge.imported, set()).add(name)
        found, pending = {module}, [module]
        while pending:
            for name in importers.get(pending.pop(), set()) - found:
                found.add(name)
                pending.append(name)
        return self.only(found)

    def collapsed(self, box_of: Callable[[ModuleName], ModuleName]) -> Drawing:
        """With modules of one box as one; imports inside of a box are left out.

        A component that is in one box is left out; of others the boxes are shown.
        """
        modules: dict[ModuleName, DrawnModule] = {}
        for module in self.modules:
            box = box_of(module.name)
            whole = replace(module, name=box, is_package=module.is_package or box != module.name)
            if box not in modules or module.name == box:
                modules[box] = whole
        edges = (
            replace(edge, importer=box_of(edge.importer), imported=box_of(edge.imported))
            for edge in self.edges
        )
        components = (
            replace(each, members=tuple(sorted(set(map(box_of, each.members)))))
            for each in self.components
        )
        return replace(
            self,
            modules=tuple(modules[name] for name in sorted(modules)),
            edges=tuple(edge for edge in edges if edge.importer != edge.imported),
            components=_disjoint(each for each in components if len(each.members) > 1),
        )


def _disjoint(components: Iterable[DrawnComponent]) -> tuple[DrawnComponent, ...]:
    """The components, those that share a box joined."""
    found: list[DrawnComponent] = []
    for each in components:
        shared = [other for other in found if not set(other.members).isdisjoint(each.members)]
        members = {name for other in (*shared, each) for name in other.members}
        found = [other for other in found if other not in shared]
        n_edges = sum(other.n_edges for other in (*shared, each))
        cuts = tuple(cut for other in (*shared, each) for cut in other.cuts)
        n_cycles = sum(other.n_cycles for other in (*shared, each))
        found.append(DrawnComponent(tuple(sorted(members)), n_edges, cuts, n_cycles))
    return tuple(sorted(found, key=lambda each: each.members))


def folded_to(depth: int) -> Callable[[ModuleName], ModuleName]:
    """The box of a module: its name cut off after so many parts."""

    def box(name: ModuleName) -> ModuleName:
        dotted, root = split_root(name)
        return with_root(".".join(dotted.split(".")[:depth]), root)

    return box


def folded_into(packages: Collection[str]) -> Callable[[ModuleName], ModuleName]:
    """The box of a module: the outermost of these packages around it, else itself."""

    def box(name: ModuleName) -> ModuleName:
        return next((each for each in ancestors(name) if each in packages), name)

    return box
