"""In which order fixes are tried: what `fix`, `plan`, menus and hovers agree on.

Of the imports along a cycle, one that belongs to the cheapest cut comes first, then the easiest
(`analysis.cuts`). At each import the kinds of fixes come in their order. But a fix that adds much
code, or costs time while the program runs, comes after all that do not. An unsafe fix comes after
all safe ones, and one that ends a crash for some first imports after those that end it for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.findings.rule import Finding
from import_cycles.graph.cut import Pair
from import_cycles.proposals.fix import FixKind, Proposal, Safety
from import_cycles.repair.fixing import Fixer, Refused
from import_cycles.repair.together import Candidate
from import_cycles.repair.verify import VerifiedFix

FEW_LINES: Final = 6
"""Lines that a fix may add before it counts as one that adds much: a guard with all that it needs
adds four, an import in each of many functions adds as many lines as there are functions."""


def in_order(
    fixer: Fixer,
    finding: Finding,
    pairs: Sequence[Pair] | None,
    kinds: Iterable[FixKind] | None = None,
) -> Iterator[Candidate | Refused]:
    """The candidates for a finding, the best first; refusals come as they are found.

    `pairs` are those of `by_ease`, or fewer; None for all imports that the finding is about.
    """
    later: list[Candidate] = []
    for each in fixer.candidates(finding, kinds, only=pairs):
        if isinstance(each, Refused) or not any(_burden(each)):
            yield each
        else:
            later.append(each)
    yield from sorted(later, key=_burden)


def _burden(candidate: Candidate) -> tuple[bool, bool, bool]:
    """The drawbacks of a fix: it is unsafe, it is a last resort, it costs much."""
    proposal = candidate.proposal
    return (
        proposal.safety is Safety.UNSAFE,
        candidate.kind.is_last_resort,
        lines_added(proposal) > FEW_LINES or bool(proposal.cost),
    )


def drawbacks(fix: VerifiedFix) -> tuple[bool, bool]:
    """What a trial has shown to be worse about a fix: it is unsafe, it ends a crash only in part."""
    return fix.proposal.safety is Safety.UNSAFE, bool(fix.ended.still)


def lines_added(proposal: Proposal) -> int:
    """How many lines of code the edits of a fix add."""
    return sum(
        bool(line.strip())
        for edits in proposal.edits.values()
        for edit in edits
        for line in edit.new_text.splitlines()
    )


def by_ease(project: Project, cuts: Cuts, finding: Finding) -> list[Pair] | None:
    """The imports along a finding's cycle in the order in which they are tried.

    None for a finding that has no cycle to go along.
    """
    pairs = list(dict.fromkeys(pairwise(finding.path)))
    if not pairs:
        return None
    component = project.graph.component_of(finding.cycle[0])
    if component is None:
        return pairs
    snapshot = project.snapshot
    if component not in snapshot.components:
        return pairs
    imports = cuts.imports(snapshot, component)
    cut = cuts.of(snapshot, component).imports
    heaviest = max((each.cost.weight for each in imports.values()), default=0)

    def ease(pair: Pair) -> tuple[bool, int]:
        known = imports.get(pair)
        return known not in cut, heaviest if known is None else known.cost.weight

    return sorted(pairs, key=ease)
