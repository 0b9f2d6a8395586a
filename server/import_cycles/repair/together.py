"""Fixes at several imports of one module that help only together.

Where one import is put off, another one often keeps the cycle alive: the task after the signal. A
*joint* candidate has the edits for all of them, and is verified as one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.findings.rule import Finding
from import_cycles.fixes import defer_into_function, type_checking_guard
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import Component
from import_cycles.proposals.fix import FixKind, Hop, Proposal, Safety
from import_cycles.proposals.moved_names import in_prose

MOST_TOGETHER: Final = 10
"""Imports that one fix is about; in more, nobody would look at each."""

MOST_NAMED: Final = 3
"""Names in the title of a joint candidate."""

_PUT_OFF: Final = frozenset({defer_into_function.CODE, type_checking_guard.CODE})
"""Two ways to take an import out of the top level: each name allows one of them."""


@record
class Candidate:
    """One fix for one hop, or for several imports of one module; not tried yet."""

    kind: FixKind
    finding: Finding
    hop: Hop
    proposal: Proposal
    others: tuple[Hop, ...] = ()
    """Further hops with the same imported module."""

    @property
    def cut(self) -> frozenset[Pair]:
        """The imports that it is about."""
        return frozenset((each.importer, each.imported) for each in (self.hop, *self.others))

    @property
    def can_be_joined(self) -> bool:
        """Whether it may be joined with candidates for further imports of the same module."""
        return bool(self.proposal.for_many) and len(self.cut) < MOST_TOGETHER


def alike(kind: FixKind, kinds: Collection[FixKind]) -> tuple[FixKind, ...]:
    """The kinds that may stand beside one in a joint candidate, itself first."""
    others = [
        each for each in kinds if kind.code in _PUT_OFF and each.code in _PUT_OFF - {kind.code}
    ]
    return (kind, *others)


def joined(parts: Sequence[Candidate]) -> Candidate:
    """One candidate for all that the parts are about; each changes other files."""
    first = parts[0]
    proposals = [each.proposal for each in parts]
    edits = {path: edits for each in proposals for path, edits in each.edits.items()}
    proposal = replace(
        first.proposal,
        title=_title(parts, len(edits)),
        edits=edits,
        safety=Safety.UNSAFE if any(map(_is_unsafe, proposals)) else Safety.SAFE,
        caution="; ".join(dict.fromkeys(each.caution for each in proposals if each.caution)),
        cost="; ".join(dict.fromkeys(each.cost for each in proposals if each.cost)),
        elsewhere="",
    )
    others = tuple(hop for each in parts for hop in (each.hop, *each.others))[1:]
    return replace(first, proposal=proposal, others=others)


def _is_unsafe(proposal: Proposal) -> bool:
    return proposal.safety is Safety.UNSAFE


def _title(parts: Sequence[Candidate], n_files: int) -> str:
    names = list(dict.fromkeys(name for each in parts for name in each.proposal.names))
    imported = dotted_name(parts[0].hop.imported)
    told = in_prose(names) if len(names) <= MOST_NAMED else f"names of {imported}"
    titles = {each.proposal.for_many for each in parts}
    if len(titles) == 1:
        (title,) = titles
    elif len({each.kind for each in parts}) == 1:
        title = "Import {} from the modules that define them"
    else:
        title = "Import {} in functions or under TYPE_CHECKING,"
    return f"{title.format(told)} in {n_files} files"


def way_left(
    component: Component, cut: Collection[Pair], start: ModuleName, goal: ModuleName
) -> Pair | None:
    """The last import of a shortest way from one module of a component to another, `cut` left out.

    None where there is no way. Linear in the component.
    """
    following: dict[ModuleName, set[ModuleName]] = {}
    for edge in component.edges:
        if (edge.importer, edge.imported) not in cut:
            following.setdefault(edge.importer, set()).add(edge.imported)
    seen, level = {start}, [start]
    while level:
        found = []
        for module in level:
            for imported in sorted(following.get(module, ())):
                if imported == goal:
                    return module, goal
                if imported not in seen:
                    seen.add(imported)
                    found.append(imported)
        level = found
    return None
