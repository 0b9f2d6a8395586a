"""What makes a finding the same one at another time, while lines move and other imports come and go.

A finding is the same when the same module imports the same module, the same rule says so, and about the
same name. Nothing of it depends on lines, on local names, or on which way round a cycle is the shortest.
"""

from __future__ import annotations

from import_cycles.base.record import record
from import_cycles.graph.edges import ImportEdge


@record(order=True)
class Identity:
    """Names of modules as `ModuleName` writes them; `imported` and `name` may be empty.

    `name` is what a crash lacks, or else what tells two findings of a rule about one import apart.
    """

    importer: str
    imported: str
    code: str
    name: str = ""


def of_edge(code: str, edge: ImportEdge) -> Identity:
    """That of a finding which is about one import."""
    return Identity(edge.importer, edge.imported, code)
