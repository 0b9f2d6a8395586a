"""The long answer about an import line: the whole cycle, hop by hop, each with its place.

The hover of the language server and `import-cycles explain` print the same explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from import_cycles.analysis.change import ShownFinding, ShownPlace
from import_cycles.analysis.cuts import Cuts, ImportToCut, KnotCut, shown_places
from import_cycles.analysis.root_causes import ROOT_CAUSES_URL, root_cause
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import Encoding
from import_cycles.base.words import counted
from import_cycles.findings.crashes import TIMELINE
from import_cycles.findings.cycle_path import MOST_HOPS, drawn, hop_message
from import_cycles.findings.reproduction import command_line
from import_cycles.findings.rule import Place
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import ImportEdge


@record
class Hop:
    """One import along a cycle."""

    importer: ModuleName
    imported: ModuleName
    place: ShownPlace
    message: str


@record
class Advice:
    """Which import of a cycle to cut."""

    cut: ImportToCut
    knot: KnotCut
    place: ShownPlace
    """Of its first statement."""
    n_lines: int
    """On how many lines its statements stand, or the names in them that count."""
    is_own: bool
    """Whether that is the import that is being explained."""

    def told(self, where: str) -> str:
        """For users; `where` is the place as they read it."""
        cut, knot = self.cut, self.knot
        n_more = self.n_lines - 1
        if n_more:
            where += f" and {counted(n_more, 'more line')}"
        if self.is_own and not n_more:
            about = f" is this one ({cut.cost.effort.told})"
        else:
            about = f": {cut.told} ({where}; {cut.cost.effort.told})"
        said = f"The cheapest import to cut here{about}; that ends {knot.ended_by(cut)}."
        if len(knot.imports) > 1:
            said += f" It is one of {len(knot.imports)} that end every cycle here."
        return said


@record
class Explanation:
    """A finding, the hops of its cycle in order, and further remarks in plain prose."""

    finding: ShownFinding
    hops: tuple[Hop, ...]
    remarks: tuple[str, ...]
    advice: Advice | None
    to_do: tuple[str, ...] = ()
    """The fixes for it, if the caller has looked for some."""

    @property
    def first_imports(self) -> tuple[str, ...]:
        """The remarks on which first imports fail and which load."""
        notes = self.finding.notes
        return tuple(each for each in notes if not each.startswith(TIMELINE))

    @property
    def reproduce(self) -> tuple[str, ...]:
        """The remark with the command that reproduces the failure, if there is one."""
        return tuple(each for each in self.remarks if each.startswith(_REPRODUCE))

    @property
    def further(self) -> tuple[str, ...]:
        """The remaining remarks."""
        told = {*self.first_imports, *self.reproduce}
        return tuple(each for each in self.remarks if each not in told)


_REPRODUCE: Final = "Reproduce:"


def hops_of(snapshot: Snapshot, finding: ShownFinding) -> tuple[Hop, ...]:
    """All hops of a finding's cycle in order; what it leaves out of a long one is looked up."""
    told = [
        Hop(*related.hop, related.place, related.message)
        for related in finding.related
        if related.hop is not None
    ]
    pairs = list(pairwise(finding.path))
    if len(told) < MOST_HOPS or len(told) == len(pairs):
        return tuple(told)
    edges = _edges_around(snapshot, finding.cycle[0])
    found = (_looked_up(snapshot, edges.get(pair)) for pair in pairs[:-1])
    return (*(hop for hop in found if hop is not None), told[-1])


def _edges_around(snapshot: Snapshot, module: ModuleName) -> Mapping[Pair, ImportEdge]:
    edges: dict[Pair, ImportEdge] = {}
    for component in snapshot.components:
        if module in component.members:
            for edge in component.edges:
                edges.setdefault((edge.importer, edge.imported), edge)
    return edges


def _looked_up(snapshot: Snapshot, edge: ImportEdge | None) -> Hop | None:
    place = None if edge is None else snapshot.locate(Place(edge.holder, edge.site))
    if edge is None or place is None:
        return None
    return Hop(edge.importer, edge.imported, place, hop_message(edge))


def explain(
    snapshot: Snapshot, cuts: Cuts, finding: ShownFinding, folder: SourcePath
) -> Explanation:
    """The explanation of one finding of a snapshot, with paths relative to `folder`."""
    advice = _advice(snapshot, cuts, finding)
    remarks = (*_remarks(finding, folder), *_root_cause(snapshot, finding, advice))
    return Explanation(finding, hops_of(snapshot, finding), remarks, advice)


def _root_cause(snapshot: Snapshot, finding: ShownFinding, advice: Advice | None) -> Iterator[str]:
    """The pattern behind the modules that all import one another there, if one is known."""
    if advice is None:
        return
    for component in snapshot.components:
        if finding.cycle[0] in component.members:
            cause = root_cause(snapshot, component, advice.knot)
            if cause is not None:
                yield f"Root cause: {cause.told}. See {ROOT_CAUSES_URL}{cause.pattern.value}"


def _advice(snapshot: Snapshot, cuts: Cuts, finding: ShownFinding) -> Advice | None:
    if finding.component_size < 2 or not finding.cycle:
        return None
    knot = cuts.around(snapshot, finding.cycle[0])
    cut = None if knot is None else knot.on(finding.cycle)
    if knot is None or cut is None:
        return None
    places = shown_places(snapshot, cut)
    if not places:
        return None
    is_own = finding.place in places
    lines = {(place.path, place.range.start.line) for place in places}
    return Advice(cut, knot, finding.place if is_own else places[0], len(lines), is_own)


def _remarks(finding: ShownFinding, folder: SourcePath) -> list[str]:
    remarks = list(finding.notes)
    if finding.reproduction is not None:
        remarks.append(f"{_REPRODUCE} {command_line(finding.reproduction, folder)}")
    if finding.component_size > max(len(finding.cycle) - 1, 1):
        remarks.append(
            f"This is the shortest of the cycles through this line;"
            f" {finding.component_size} modules here all import one another."
        )
    remarks.extend(f"Also through this line: {drawn(cycle)}" for cycle in finding.also)
    return remarks


def explain_at(
    snapshot: Snapshot,
    cuts: Cuts,
    folder: SourcePath,
    path: SourcePath,
    line: int,
    column: int,
    encoding: Encoding,
) -> tuple[Explanation, ...]:
    """The explanations of what is found on a line, the findings under the column first.

    Lines and columns count from 0. A line is enough: users point at `import` as often as at the
    name.
    """
    here = [finding for finding in snapshot.findings.get(path, ()) if finding.is_on(line)]

    def is_beside(finding: ShownFinding) -> bool:
        start, end = finding.place.range.start, finding.place.range.end
        return not start.column(encoding) <= column <= end.column(encoding)

    return tuple(
        explain(snapshot, cuts, finding, folder) for finding in sorted(here, key=is_beside)
    )


def explain_module(
    snapshot: Snapshot, cuts: Cuts, folder: SourcePath, module: ModuleName
) -> tuple[Explanation, ...]:
    """The explanations of everything that is found in a module, in the order of its lines."""
    file = snapshot.layout.module(module)
    found = snapshot.findings.get(file.path, ()) if file is not None else ()
    return tuple(explain(snapshot, cuts, finding, folder) for finding in found)
