"""The way round a cycle: as messages draw it, as keys name it, and as findings keep it.

Each import of a cycle has a finding of its own. If each finding held the whole way round, the way
would be stored as often as it is long. So messages and keys have only the ends of long ways,
`related` has a bounded number of hops, and all findings share one copy of the path. `WaysRound` works
out what findings say about the shortest cycles of one component, once for all rules and verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias
from zlib import crc32

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import replace
from import_cycles.findings.rule import Finding, Place, Related, WayRound
from import_cycles.graph.edges import ImportEdge
from import_cycles.syntax.imports import ImportFlag

MOST_HOPS: Final = 20
"""Imports along a cycle that a finding has as related places; findings of longer cycles share
their path."""

_Paths: TypeAlias = dict[tuple[ModuleName, ...], tuple[ModuleName, ...]]
"""Paths to themselves, so that findings share them."""

_FIRST_DRAWN: Final = 3
_LAST_DRAWN: Final = 2
_FIRST_HOPS: Final = MOST_HOPS // 2


def cycle_path(cycle: tuple[ImportEdge, ...]) -> tuple[ModuleName, ...]:
    """The modules along a cycle, the first repeated at the end."""
    importers = [edge.importer for edge in cycle]
    return (*importers, importers[0])


def drawn(path: Iterable[ModuleName]) -> str:
    """A path as messages show it: of a long one the first three and the last two modules."""
    names = tuple(path)
    last = _LAST_DRAWN + (len(names) > 1 and names[0] == names[-1])
    left_out = len(names) - _FIRST_DRAWN - last
    if left_out <= 1:
        return " → ".join(names)
    return " → ".join((*names[:_FIRST_DRAWN], f"… {left_out} more …", *names[-last:]))


def path_key(path: tuple[ModuleName, ...]) -> str:
    """The short form of a path in `Finding.key`; of bounded length, and hardly ever that of another path."""
    if len(path) <= MOST_HOPS + 1:
        return ">".join(path)
    digest = crc32(">".join(path).encode("utf-8", "surrogatepass"))
    return ">".join((*path[:_FIRST_DRAWN], f"{len(path)}-{digest:08x}", *path[-_LAST_DRAWN:]))


def hops_along(cycle: tuple[ImportEdge, ...]) -> tuple[Related, ...]:
    """The imports along a cycle as related places; of a long one MOST_HOPS of them."""
    return _hops_along(cycle, _related)


def _hops_along(
    cycle: tuple[ImportEdge, ...], related: Callable[[ImportEdge], Related]
) -> tuple[Related, ...]:
    left_out = len(cycle) - MOST_HOPS
    if left_out <= 0:
        return tuple(map(related, cycle))
    shown = (*cycle[: _FIRST_HOPS + 1], *cycle[_FIRST_HOPS + 1 + left_out :])
    hops = [*map(related, shown)]
    hops[_FIRST_HOPS] = _before_gap(hops[_FIRST_HOPS], left_out)
    return tuple(hops)


def _related(hop: ImportEdge) -> Related:
    return Related(Place(hop.holder, hop.site), hop_message(hop), (hop.importer, hop.imported))


def _before_gap(hop: Related, left_out: int) -> Related:
    told = f"{hop.message}, and so on: {left_out} more imports of the cycle are not listed here"
    return replace(hop, message=told)


def hop_message(edge: ImportEdge) -> str:
    """The sentence about one edge of a cycle for a related place."""
    imported = dotted_name(edge.imported)
    if caller(edge) != edge.holder:
        return (
            f"{caller(edge)} calls a function of {edge.holder}"
            f" while it loads, which imports {imported} here"
        )
    if ImportFlag.IMPLIED in edge.flags:
        return f"{edge.importer} loads {imported} here, a parent package of what it imports"
    return f"{edge.importer} imports {imported}"


def caller(edge: ImportEdge) -> ModuleName:
    """The module that makes an edge's statement run while it loads."""
    return edge.imported if ImportFlag.BACK in edge.flags else edge.importer


def may_not_run(edge: ImportEdge) -> bool:
    """Whether the import executes only under a condition not known before the program runs."""
    return ImportFlag.CONDITIONAL in edge.flags


class WaysRound:
    """The shortest ways round one component, each worked out once; they share paths and hops."""

    def __init__(self, shortest_cycle: Callable[[ImportEdge], tuple[ImportEdge, ...]]) -> None:
        self._shortest_cycle = shortest_cycle
        self._known: dict[ImportEdge, WayRound] = {}
        self._hops: dict[ImportEdge, Related] = {}
        self._paths: _Paths = {}

    def of(self, edge: ImportEdge) -> WayRound:
        """The way round that begins with an import of the component."""
        known = self._known.get(edge)
        if known is None:
            known = self._known[edge] = self._made(self._shortest_cycle(edge))
        return known

    def _made(self, cycle: tuple[ImportEdge, ...]) -> WayRound:
        path = cycle_path(cycle)
        shared, enters = _shared(path, self._paths) if len(cycle) > MOST_HOPS else (path, 0)
        return WayRound(
            len(cycle),
            shared,
            enters,
            drawn(path),
            path_key(path),
            _hops_along(cycle, self._hop),
            ImportFlag.CALLED in cycle[0].flags and any(map(may_not_run, cycle)),
        )

    def _hop(self, edge: ImportEdge) -> Related:
        known = self._hops.get(edge)
        if known is None:
            known = self._hops[edge] = _related(edge)
        return known

    def compact(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings of the component so that together they take room linear in its cycles."""
        return tuple(
            # One that enters its cycle elsewhere than at the start has a shared path already.
            finding
            if len(finding.cycle) <= MOST_HOPS + 1 or finding.enters
            else _compacted(finding, self._paths)
            for finding in findings
        )


def _compacted(finding: Finding, paths: _Paths) -> Finding:
    cycle, enters = _shared(finding.cycle, paths)
    return replace(finding, cycle=cycle, enters=enters, related=_some_hops(finding.related))


def _shared(path: tuple[ModuleName, ...], paths: _Paths) -> tuple[tuple[ModuleName, ...], int]:
    """The path from its smallest module on, one object for all findings, and where `path` enters it."""
    ring = path[:-1]
    start = ring.index(min(ring))
    path = (*ring[start:], *ring[: start + 1])
    return paths.setdefault(path, path), (len(ring) - start) % len(ring)


def _some_hops(related: tuple[Related, ...]) -> tuple[Related, ...]:
    """The first and the last hops; the one before the gap says how many are left out."""
    hops = [each for each in related if each.hop is not None]
    left_out = len(hops) - MOST_HOPS
    if left_out <= 0:
        return related
    others = [each for each in related if each.hop is None]
    last = hops[_FIRST_HOPS + 1 + left_out :]
    return (*hops[:_FIRST_HOPS], _before_gap(hops[_FIRST_HOPS], left_out), *last, *others)
