"""The long answer about an import line: the whole cycle, hop by hop, each with its place.

The hover of the language server and `import-cycles explain` print the same explanation.
"""

from __future__ import annotations

from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import Encoding
from import_cycles.findings.rule import drawn


@record
class Hop:
    """One import along a cycle."""

    importer: ModuleName
    imported: ModuleName
    place: ShownPlace
    message: str


@record
class Explanation:
    """A finding, the hops of its cycle in order, and further remarks in plain prose."""

    finding: ShownFinding
    hops: tuple[Hop, ...]
    remarks: tuple[str, ...]


def explain(finding: ShownFinding) -> Explanation:
    """The explanation of one finding."""
    cycle = finding.cycle
    hops = tuple(
        Hop(importer, imported, related.place, related.message)
        for importer, imported, related in zip(cycle, cycle[1:], finding.related, strict=False)
    )
    return Explanation(finding, hops, tuple(_remarks(finding)))


def _remarks(finding: ShownFinding) -> list[str]:
    remarks = list(finding.notes)
    if finding.component_size > max(len(finding.cycle) - 1, 1):
        remarks.append(
            f"This is the shortest of the cycles through this line;"
            f" {finding.component_size} modules here all import one another."
        )
    remarks.extend(f"Also through this line: {drawn(cycle)}" for cycle in finding.also)
    return remarks


def explain_at(
    snapshot: Snapshot, path: SourcePath, line: int, column: int, encoding: Encoding
) -> tuple[Explanation, ...]:
    """The explanations of what is found on a line, the findings under the column first.

    Lines and columns count from 0. A line is enough: people point at `import` as often as at
    the name.
    """
    here = [
        finding
        for finding in snapshot.findings.get(path, ())
        if finding.place.range.start.line <= line <= finding.place.range.end.line
    ]

    def is_beside(finding: ShownFinding) -> bool:
        start, end = finding.place.range.start, finding.place.range.end
        return not start.column(encoding) <= column <= end.column(encoding)

    return tuple(explain(finding) for finding in sorted(here, key=is_beside))


def explain_module(snapshot: Snapshot, module: ModuleName) -> tuple[Explanation, ...]:
    """The explanations of everything that is found in a module, in the order of its lines."""
    file = snapshot.layout.module(module)
    found = snapshot.findings.get(file.path, ()) if file is not None else ()
    return tuple(explain(finding) for finding in found)
