"""The import to cut: a cheap set of pairs without which no cycle is left.

A *pair* is (importer, imported), whatever the number of import statements between the two, and
has a weight: what it costs to do without. A *cut* is a set of pairs that every cycle has one of
(a feedback arc set). Finding the lightest is NP-hard; here it is done in two ways:

- An order of the modules gives a cut, namely the pairs that point backwards. A good order is
  made greedily (Eades, Lin and Smyth 1993, with weights), then each module is moved to where it
  costs least until none moves, then the order is turned round and improved again, for as long
  as that helps (Chanas and Kobylański 1996). This is always done.
- Small graphs are solved exactly: the lightest set that hits some known cycles is found by
  branch and bound; if a cycle is left, it joins the known ones, and so on (the lazy cycle
  covers of Baharev et al. 2021). The search has a budget of steps. A graph that is too large,
  or that uses the budget up, keeps the cut of the first way, and `Cut.is_least` is False.

Invariants (tests/properties/test_cut.py): without the cut there is no cycle; no pair of it can
be put back; one that is said to be least is; the answer is a function of the weights alone.

Cost, measured with CPython 3.11: a few milliseconds for 40 modules with 150 pairs, at most some
100 for any graph that is solved exactly; 60 for 274 modules with 1,409 pairs (sympy), where no
proof is tried. Above that it grows somewhat faster than the number of pairs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.graph.search import strong_components

Pair: TypeAlias = tuple[ModuleName, ModuleName]

MOST_EXACT_PAIRS: Final = 200
"""Of a graph that is solved exactly; the rounds of larger ones would not come to an end."""

_BUDGET: Final = 30_000
"""Looks at known cycles that one exact search may take, some three microseconds each."""

_MOST_TURNS: Final = 12
"""How often an order is turned round and improved; it rarely helps more than a few times."""


@record
class Cut:
    """Pairs, sorted, that end all cycles together; their weight; whether no cut weighs less."""

    pairs: tuple[Pair, ...]
    weight: int
    is_least: bool


def cheapest_cut(weights: Mapping[Pair, int], kept: AbstractSet[Pair] = frozenset()) -> Cut:
    """A cut of the graph of these pairs; weights are at least 1.

    Pairs that are `kept` are not cut. Modules that they alone tie together stay together; pairs
    among those are not cut either, for that would free none of them.
    """
    if kept:
        return _cut_around(weights, kept)
    successors: dict[ModuleName, list[ModuleName]] = {}
    for importer, imported in sorted(weights):
        successors.setdefault(importer, []).append(imported)
    pairs = [pair for pair in weights if pair[0] == pair[1]]
    is_least = True
    for members in strong_components(successors, successors):
        knot = _Knot(sorted(members), successors, weights)
        cut, is_proved = _least(knot)
        pairs += (knot.pairs[each] for each in cut)
        is_least &= is_proved
    return Cut(tuple(sorted(pairs)), sum(weights[pair] for pair in pairs), is_least)


def _cut_around(weights: Mapping[Pair, int], kept: AbstractSet[Pair]) -> Cut:
    """The cut of the graph in which modules that kept pairs tie together are one node."""
    tied = tied_together(kept & weights.keys())
    group = {name: min(names) for names in tied for name in names}
    # The kept pairs between nodes close no cycle by themselves: other pairs make a cut that is
    # lighter than any with one of these.
    prohibitive = sum(weights.values()) + 1
    pairs: dict[Pair, list[Pair]] = {}
    heaped: dict[Pair, int] = {}
    for pair in sorted(weights):
        ends = group.get(pair[0], pair[0]), group.get(pair[1], pair[1])
        if ends[0] != ends[1] or pair[0] == pair[1]:
            pairs.setdefault(ends, []).append(pair)
            heaped[ends] = heaped.get(ends, 0) + (prohibitive if pair in kept else weights[pair])
    cut = cheapest_cut(heaped)
    chosen = sorted(pair for ends in cut.pairs for pair in pairs[ends] if pair not in kept)
    return Cut(tuple(chosen), sum(weights[pair] for pair in chosen), cut.is_least)


def tied_together(pairs: Iterable[Pair]) -> list[list[ModuleName]]:
    """The sets of modules that these pairs alone make import one another."""
    successors: dict[ModuleName, list[ModuleName]] = {}
    for importer, imported in sorted(pairs):
        successors.setdefault(importer, []).append(imported)
    return [list(names) for names in strong_components(successors, successors)]


_Numbers: TypeAlias = frozenset[int]
"""Numbers of pairs."""


class _Knot:
    """A strong component with its nodes and pairs numbered in the order of their names."""

    def __init__(
        self,
        members: Sequence[ModuleName],
        successors: Mapping[ModuleName, Iterable[ModuleName]],
        weights: Mapping[Pair, int],
    ) -> None:
        number = {name: position for position, name in enumerate(members)}
        self.size = len(members)
        self.pairs = [
            (importer, imported)
            for importer in members
            for imported in successors[importer]
            if imported in number and imported != importer
        ]
        self.ends = [(number[importer], number[imported]) for importer, imported in self.pairs]
        self.weights = [weights[pair] for pair in self.pairs]

    def weight_of(self, pairs: Iterable[int]) -> int:
        return sum(self.weights[pair] for pair in pairs)


def _least(knot: _Knot) -> tuple[_Numbers, bool]:
    """A light cut, and whether it is known to be the lightest."""
    cut = _cut_by_order(knot)
    if len(knot.pairs) > MOST_EXACT_PAIRS:
        return cut, False
    return _cut_by_cycles(knot, cut)


# --- by order --------------------------------------------------------------------------------


def _cut_by_order(knot: _Knot) -> _Numbers:
    """The pairs that point backwards in a good order, less those that need not be cut."""
    gains = _gains(knot)
    cut, order = _climbed(knot, gains, _greedy_order(knot))
    for _ in range(_MOST_TURNS):
        other, order = _climbed(knot, gains, order[::-1])
        if knot.weight_of(other) >= knot.weight_of(cut):
            break
        cut = other
    return cut


def _climbed(knot: _Knot, gains: _Gains, order: list[int]) -> tuple[_Numbers, list[int]]:
    """A cut, and an order in which only its pairs point backwards, as light as moves make it."""
    lightest = -1
    while True:
        # Moving single modules does not see where several would have to move together; taking
        # pairs out of the cut does, and opens the way for further moves.
        cut = _needed(knot, _backward(knot, _improved(order, gains)))
        order = _order_without(knot, cut)
        weight = knot.weight_of(cut)
        if 0 <= lightest <= weight:
            return cut, order
        lightest = weight


def _greedy_order(knot: _Knot) -> list[int]:
    """Sinks to the end, sources to the front; of the others, who imports most for its weight."""
    outward, inward = [0] * knot.size, [0] * knot.size
    neighbours: list[list[tuple[int, int, bool]]] = [[] for _ in range(knot.size)]
    for (importer, imported), weight in zip(knot.ends, knot.weights, strict=True):
        outward[importer] += weight
        inward[imported] += weight
        neighbours[importer].append((imported, weight, True))
        neighbours[imported].append((importer, weight, False))
    front: list[int] = []
    back: list[int] = []
    placed = [False] * knot.size
    heap = [(inward[node] - outward[node], node) for node in range(knot.size)]
    heapify(heap)
    ends = [node for node in range(knot.size) if not (outward[node] and inward[node])]
    while heap or ends:
        if ends:
            node = ends.pop()
        else:
            surplus, node = heappop(heap)
            if surplus != inward[node] - outward[node]:
                continue  # There is a newer entry.
        if placed[node]:
            continue
        placed[node] = True
        if outward[node] or not inward[node]:
            front.append(node)
        else:
            back.append(node)
        for other, weight, is_imported in neighbours[node]:
            if placed[other]:
                continue
            if is_imported:
                inward[other] -= weight
            else:
                outward[other] -= weight
            if outward[other] and inward[other]:
                heappush(heap, (inward[other] - outward[other], other))
            else:
                ends.append(other)
    return front + back[::-1]


_Gains: TypeAlias = list[tuple[int, list[tuple[int, int]]]]
"""Per node what it costs in front of all, and what passing each neighbour adds to that."""


def _gains(knot: _Knot) -> _Gains:
    gains: list[dict[int, int]] = [{} for _ in range(knot.size)]
    inward = [0] * knot.size
    for (importer, imported), weight in zip(knot.ends, knot.weights, strict=True):
        gains[importer][imported] = gains[importer].get(imported, 0) + weight
        gains[imported][importer] = gains[imported].get(importer, 0) - weight
        inward[imported] += weight
    return [(start, list(each.items())) for start, each in zip(inward, gains, strict=True)]


def _improved(order: Sequence[int], gains: _Gains) -> list[int]:
    """Move each node to where fewest weigh backwards, until none moves.

    Places are fractions: between two neighbours there is nearly always one, and how a node
    stands to those that are no neighbours of it does not matter.
    """
    place = [0.0] * len(order)
    for position, node in enumerate(order):
        place[node] = float(position)
    waiting = deque(order)
    is_waiting = [True] * len(order)
    while waiting:
        node = waiting.popleft()
        is_waiting[node] = False
        target = _better_place(place[node], place, gains[node])
        if target is not None:
            place[node] = target
            for other, _ in gains[node][1]:
                if not is_waiting[other]:
                    is_waiting[other] = True
                    waiting.append(other)
    return sorted(order, key=lambda node: (place[node], node))


def _better_place(
    here: float, place: Sequence[float], gains: tuple[int, list[tuple[int, int]]]
) -> float | None:
    """Where a node costs least; None if it does not cost less than `here`."""
    cost, passing = gains
    around = sorted([(place[other], gain) for other, gain in passing])
    cost_here = lowest = cost
    target = around[0][0] - 1.0
    for position, (at, gain) in enumerate(around, start=1):
        cost += gain
        if at < here:
            cost_here = cost
        if cost < lowest:
            after = around[position][0] if position < len(around) else at + 2.0
            middle = (at + after) / 2
            if at < middle < after:
                lowest, target = cost, middle
    return target if lowest < cost_here else None


def _backward(knot: _Knot, order: Sequence[int]) -> _Numbers:
    place = [0] * knot.size
    for position, node in enumerate(order):
        place[node] = position
    return _Numbers(
        pair for pair, (tail, head) in enumerate(knot.ends) if place[tail] > place[head]
    )


def _needed(knot: _Knot, cut: _Numbers) -> _Numbers:
    """The cut without those pairs that close no cycle with what is left, the heaviest first."""
    needed = set(cut)
    reach = _reach(knot, cut)
    for pair in sorted(cut, key=lambda pair: (-knot.weights[pair], pair)):
        tail, head = knot.ends[pair]
        if not reach[head] >> tail & 1:
            needed.discard(pair)
            for node, bits in enumerate(reach):
                if bits >> tail & 1:
                    reach[node] = bits | reach[head]
    return _Numbers(needed)


def _reach(knot: _Knot, cut: _Numbers) -> list[int]:
    """Per node a bit for each node that it leads to without the cut, itself included."""
    rows: list[list[int]] = [[] for _ in range(knot.size)]
    for pair, (tail, head) in enumerate(knot.ends):
        if pair not in cut:
            rows[tail].append(head)
    reach = [1 << node for node in range(knot.size)]
    for node in reversed(_order_without(knot, cut)):
        for head in rows[node]:
            reach[node] |= reach[head]
    return reach


def _order_without(knot: _Knot, cut: _Numbers) -> list[int]:
    """An order in which only pairs of the cut point backwards."""
    rows: list[list[int]] = [[] for _ in range(knot.size)]
    waiting_for = [0] * knot.size
    for pair, (tail, head) in enumerate(knot.ends):
        if pair not in cut:
            rows[tail].append(head)
            waiting_for[head] += 1
    ready = [node for node in range(knot.size) if not waiting_for[node]]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for head in rows[node]:
            waiting_for[head] -= 1
            if not waiting_for[head]:
                ready.append(head)
    assert len(order) == knot.size, "a cycle is left"
    return order


# --- by cycles -------------------------------------------------------------------------------


class _BudgetSpentError(Exception):
    """The search has taken too many steps."""


def _cut_by_cycles(knot: _Knot, known: _Numbers) -> tuple[_Numbers, bool]:
    """The lightest cut, or `known`, a cut already, when the budget does not suffice."""
    cycles = dict.fromkeys(_shortest_cycles(knot, _Numbers(), through_each_pair=True))
    search = _Search(knot.weights, known)
    while True:
        try:
            chosen = search.lightest_hitting(list(cycles))
        except _BudgetSpentError:
            return known, False
        if chosen is None:
            return known, True
        left = list(_shortest_cycles(knot, chosen, through_each_pair=False))
        if not left:
            return _needed(knot, chosen), True
        cycles.update(dict.fromkeys(left))


def _shortest_cycles(knot: _Knot, cut: _Numbers, *, through_each_pair: bool) -> Iterator[_Numbers]:
    """Cycles that avoid the cut: a shortest one through each node, or through each pair."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(knot.size)]
    for pair, (tail, head) in enumerate(knot.ends):
        if pair not in cut:
            rows[tail].append((head, pair))
    for node in range(knot.size):
        starts = [[each] for each in rows[node]] if through_each_pair else [rows[node]]
        for start in starts:
            cycle = _way_back(node, start, rows)
            if cycle is not None:
                yield cycle


def _way_back(
    goal: int, start: Sequence[tuple[int, int]], rows: Sequence[Sequence[tuple[int, int]]]
) -> _Numbers | None:
    """The pairs of a shortest way from a start, a node and the pair to it, to the goal."""
    came_by: dict[int, tuple[int, int]] = {}
    front = []
    for head, pair in start:
        came_by[head] = goal, pair
        front.append(head)
    while front and goal not in came_by:
        reached = []
        for node in front:
            for head, pair in rows[node]:
                if head not in came_by:
                    came_by[head] = node, pair
                    reached.append(head)
        front = reached
    if goal not in came_by:
        return None
    way = []
    node = goal
    while True:
        node, pair = came_by[node]
        way.append(pair)
        if node == goal:
            return _Numbers(way)


class _Search:
    """Branch and bound for the lightest set of pairs that hits given cycles."""

    def __init__(self, weights: Sequence[int], known: _Numbers) -> None:
        self._weights = weights
        self._limit = sum(weights[pair] for pair in known)
        self._budget = _BUDGET
        self._best: _Numbers | None = None
        self._best_weight = 0

    def lightest_hitting(self, cycles: Sequence[_Numbers]) -> _Numbers | None:
        """The lightest set that hits all cycles; None when none is lighter than what is known.

        Raises _BudgetSpentError.
        """
        self._best, self._best_weight = None, self._limit
        self._branch(_smallest(cycles), _Numbers(), 0, _Numbers())
        return self._best

    def _branch(
        self, cycles: Sequence[_Numbers], chosen: _Numbers, weight: int, kept: _Numbers
    ) -> None:
        """Look at all sets that have the `chosen` pairs and none of those `kept`."""
        self._budget -= len(cycles) + 1
        if self._budget < 0:
            raise _BudgetSpentError
        if not cycles:
            if weight < self._best_weight:
                self._best, self._best_weight = chosen, weight
            return
        free = [cycle - kept for cycle in cycles]
        bound = self._bound(free)
        if bound is None or weight + bound >= self._best_weight:
            return
        pivot = min(free, key=len)
        hits = {pair: sum(pair in cycle for cycle in free) for pair in pivot}
        # What hits most for its weight is tried first: a good set early spares most of the rest.
        for pair in sorted(pivot, key=lambda pair: (self._weights[pair] / hits[pair], pair)):
            left = [cycle for cycle in free if pair not in cycle]
            self._branch(left, chosen | {pair}, weight + self._weights[pair], kept)
            kept |= {pair}
            free = [cycle - {pair} for cycle in free]

    def _bound(self, cycles: Sequence[_Numbers]) -> int | None:
        """What hitting them costs at least; None if one of them has no pair left to cut.

        Each cycle in turn pays what the cheapest of its pairs has left, and its pairs lose that.
        """
        left: dict[int, int] = {}
        bound = 0
        weights = self._weights
        for cycle in sorted(cycles, key=len):
            if not cycle:
                return None
            least = min([left.get(pair, weights[pair]) for pair in cycle])
            if least:
                bound += least
                for pair in cycle:
                    left[pair] = left.get(pair, weights[pair]) - least
        return bound


def _smallest(cycles: Iterable[_Numbers]) -> list[_Numbers]:
    """Those that contain no other one: hitting these hits all."""
    kept: list[_Numbers] = []
    for cycle in sorted(cycles, key=lambda cycle: (len(cycle), sorted(cycle))):
        if not any(other <= cycle for other in kept):
            kept.append(cycle)
    return kept
