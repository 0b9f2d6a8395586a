"""The identity of a finding: it stays the same while lines move and other imports come and go.

Two findings are the same if the same rule reports the same import, by importing and imported
module, and about the same name. The identity does not depend on lines, on local names, or on which
way round a cycle is the shortest.
"""

from __future__ import annotations

from import_cycles.base.record import record
from import_cycles.graph.edges import ImportEdge


@record(order=True)
class Identity:
    """Names of modules as `ModuleName` writes them; `imported` and `name` may be empty.

    `name` is what a crash lacks, or else what distinguishes two findings of a rule about one
    import.
    """

    importer: str
    imported: str
    code: str
    name: str = ""


def of_edge(code: str, edge: ImportEdge) -> Identity:
    """The identity of a finding about one import."""
    return Identity(edge.importer, edge.imported, code)
