"""A set of edges that can be asked by importer, by imported, and as a graph of names.

A *pair* is (importer, imported), whatever the number of edges between the two. Searches walk
over pairs, by name; the edges themselves lie in one row for each importer. A row is replaced as
a whole, for a file that changes tends to change many of its edges at once: an import that moves
to another line is one edge less and one more, though no pair changes.

Invariant: `successors` and `predecessors` hold the same pairs, and no empty row is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter

from import_cycles.base.names import ModuleName
from import_cycles.base.record import field, record
from import_cycles.graph.edges import ImportEdge, edge_order

# Dicts stand in for sets of names here: the garbage collector does not track a dict of strings,
# and with many modules its passes would cost more than all the rest.
_Names = dict[ModuleName, None]
EdgesByImporter = Mapping[ModuleName, Collection[ImportEdge]]
PairsByImporter = dict[ModuleName, Collection[ModuleName]]

# Orders the edges of one importer as `edge_order` does, as far as it can tell them apart, in a
# fraction of the time: the value of an enum member is slow to get.
_nearly_edge_order = attrgetter("imported", "holder", "site")


@record
class PairDelta:
    """How the pairs changed; a pair that is in `touched` alone has other edges than before."""

    touched: PairsByImporter = field(default_factory=dict)
    lost: PairsByImporter = field(default_factory=dict)
    gained: PairsByImporter = field(default_factory=dict)


class EdgeIndex:
    """The edges of one kind. Changing some costs as much as the rows that they are in."""

    __slots__ = ("_in_order", "_predecessors", "_rows", "_successors")

    def __init__(self) -> None:
        self._rows: dict[ModuleName, list[ImportEdge]] = {}
        self._in_order: set[ModuleName] = set()
        self._successors: dict[ModuleName, _Names] = {}
        self._predecessors: dict[ModuleName, _Names] = {}

    @property
    def successors(self) -> Mapping[ModuleName, Collection[ModuleName]]:
        """What each importer imports; a live view."""
        return self._successors

    @property
    def predecessors(self) -> Mapping[ModuleName, Collection[ModuleName]]:
        """By whom each imported module is imported; a live view."""
        return self._predecessors

    def __iter__(self) -> Iterator[ImportEdge]:
        """All edges in `edge_order`."""
        for importer in sorted(self._rows):
            yield from self._row_in_order(importer)

    def change(self, removed: EdgesByImporter, added: EdgesByImporter) -> PairDelta:
        """Takes out `removed`, then puts in `added`; tells what that did to the pairs."""
        delta = PairDelta()
        for importer in {**removed, **added}:
            out, new = removed.get(importer, ()), added.get(importer, ())
            before = self._successors.get(importer, {})
            after = self._replace_row(importer, self._changed_row(importer, out, new))
            self._note(delta, importer, before, after)
            if before and (touched := {edge.imported for edge in (*out, *new)}):
                delta.touched[importer] = touched
            elif after:
                delta.touched[importer] = after
        return delta

    def edges_from(self, importer: ModuleName) -> tuple[ImportEdge, ...]:
        """In `edge_order`; empty for a module that imports nothing."""
        return tuple(self._row_in_order(importer))

    def edges_to(self, imported: ModuleName) -> list[ImportEdge]:
        """In `edge_order`; empty for a module that is not imported."""
        return [
            edge
            for importer in sorted(self._predecessors.get(imported, ()))
            for edge in self._row_in_order(importer)
            if edge.imported == imported
        ]

    def edges_between(self, members: Iterable[ModuleName]) -> tuple[ImportEdge, ...]:
        """The edges that have both ends in `members`, in `edge_order`."""
        inside = frozenset(members)
        return tuple(
            edge
            for importer in sorted(inside)
            for edge in self._row_in_order(importer)
            if edge.imported in inside
        )

    def _row_in_order(self, importer: ModuleName) -> Collection[ImportEdge]:
        row = self._rows.get(importer, ())
        if importer not in self._in_order and isinstance(row, list):
            ties = len(set(map(_nearly_edge_order, row))) < len(row)
            row.sort(key=edge_order if ties else _nearly_edge_order)
            self._in_order.add(importer)
        return row

    def _changed_row(
        self, importer: ModuleName, removed: Collection[ImportEdge], added: Collection[ImportEdge]
    ) -> list[ImportEdge]:
        row = self._rows.get(importer)
        if row is None:
            return list(added)
        kept = dict.fromkeys(row)
        for edge in removed:
            kept.pop(edge, None)
        kept.update(dict.fromkeys(added))
        return list(kept)

    def _replace_row(self, importer: ModuleName, row: list[ImportEdge]) -> _Names:
        self._in_order.discard(importer)
        if not row:
            self._rows.pop(importer, None)
            self._successors.pop(importer, None)
            return {}
        self._rows[importer] = row
        after = self._successors[importer] = dict.fromkeys([edge.imported for edge in row])
        return after

    def _note(self, delta: PairDelta, importer: ModuleName, before: _Names, after: _Names) -> None:
        lost, gained = before.keys() - after.keys(), after.keys() - before.keys()
        for imported in lost:
            column = self._predecessors[imported]
            del column[importer]
            if not column:
                del self._predecessors[imported]
        for imported in gained:
            known = self._predecessors.get(imported)
            if known is None:
                self._predecessors[imported] = {importer: None}
            else:
                known[importer] = None
        if lost:
            delta.lost[importer] = lost
        if gained:
            delta.gained[importer] = gained
