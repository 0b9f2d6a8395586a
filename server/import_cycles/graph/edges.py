"""What one import statement contributes to the import graph.

An edge says that loading `importer` may load `imported`. Its `holder` is the module in whose
text the statement stands; it differs from `importer` only when the statement is in a function
that `importer` calls while it loads (flag CALLED): then `importer` waits for `imported`,
although the text is `holder`'s. Where `imported` is the module that calls (flag BACK), it waits
for itself: `importer` is the holder then, so that the edge leads round as the calls do. `site`
numbers the smallest text responsible (a name in a `from` list, else a dotted name) among the
import sites of the holder's summary.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.syntax.imports import ImportFlag, When

NOWHERE: Final = -1
"""The site of what stands for no single statement."""


@record
class ImportEdge:
    """One importer, one imported module, one place in the text. Order: see `edge_order`."""

    importer: ModuleName
    imported: ModuleName
    holder: ModuleName
    site: int
    when: When
    flags: ImportFlag = ImportFlag.NONE

    def __hash__(self) -> int:
        # Enum members hash by a call into Python. Left out, an edge hashes several times faster,
        # and a project has some hundred thousand of them.
        return hash((self.importer, self.imported, self.site))


def lead(importer: ModuleName, imported: ModuleName) -> ImportEdge:
    """The edges that stand for computed names in a module, which may lead to another one."""
    return ImportEdge(importer, imported, importer, NOWHERE, When.DEFERRED, ImportFlag.DYNAMIC)


def edge_order(edge: ImportEdge) -> tuple[str, str, str, int, str, int]:
    """A total order over edges, for output that does not depend on hash seeds."""
    return (
        edge.importer,
        edge.imported,
        edge.holder,
        edge.site,
        edge.when.value,
        edge.flags.value,
    )


@record
class GraphDelta:
    """What changes in the graph: modules and edges that come and go."""

    modules_added: frozenset[ModuleName] = frozenset()
    modules_removed: frozenset[ModuleName] = frozenset()
    edges_added: frozenset[ImportEdge] = frozenset()
    edges_removed: frozenset[ImportEdge] = frozenset()
    leads_added: frozenset[ImportEdge] = frozenset()
    """Edges that may turn out to execute: they count for knots, and for nothing else."""
    leads_removed: frozenset[ImportEdge] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return not (
            self.modules_added
            or self.modules_removed
            or self.edges_added
            or self.edges_removed
            or self.leads_added
            or self.leads_removed
        )

    def followed_by(self, later: GraphDelta) -> GraphDelta:
        """The two as one. No module may be removed by one and added by the other."""
        return GraphDelta(
            self.modules_added | later.modules_added,
            self.modules_removed | later.modules_removed,
            (self.edges_added - later.edges_removed) | later.edges_added,
            (self.edges_removed - later.edges_added) | later.edges_removed,
            (self.leads_added - later.leads_removed) | later.leads_added,
            (self.leads_removed - later.leads_added) | later.leads_removed,
        )


@record
class Component:
    """Two or more modules that all import one another at run time, or one that imports itself."""

    members: tuple[ModuleName, ...]
    """Sorted."""
    edges: tuple[ImportEdge, ...]
    """Every runtime edge between members that is not suppressed, in `edge_order`."""

    def __hash__(self) -> int:
        # Cheap, and good enough: at any one time, a module is in one component at most.
        return hash(self.members)


@record
class ComponentDelta:
    """How components changed; a component of which any member or edge changed is in both.

    `knots_gone` and `knots_born` say the same of knots: components of all edges that can ever
    execute, those in functions of which no call is known included.
    """

    gone: tuple[Component, ...] = ()
    born: tuple[Component, ...] = ()
    knots_gone: tuple[Component, ...] = ()
    knots_born: tuple[Component, ...] = ()
