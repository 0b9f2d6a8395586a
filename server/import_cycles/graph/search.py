"""Searches over a graph of names: strong components, what lies between, what can be reached.

All of them are iterative, for a chain of imports may be longer than Python's stack. They return
sets, or lists in no particular order: callers sort them before showing them. Neighbours come by
name from mappings; a name that a mapping lacks has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from import_cycles.base.names import ModuleName

Neighbours = Mapping[ModuleName, Collection[ModuleName]]
_NONE: Collection[ModuleName] = ()


def strong_components(
    nodes: Iterable[ModuleName], successors: Neighbours
) -> list[list[ModuleName]]:
    """The strong components with two members or more, of all that `nodes` lead to.

    Linear in nodes and edges. E. Nuutila and E. Soisalon-Soininen, "On finding the strongly
    connected components in a directed graph" (1994): Tarjan's algorithm, except that a node goes
    on the stack of waiting nodes only if it proves to be in another node's component.
    """
    rank: dict[ModuleName, int] = {}
    # The rank of a node that is done: above all others, so that no edge to it lowers any.
    done = 1 << 62
    waiting: list[ModuleName] = []
    found: list[list[ModuleName]] = []
    for start in nodes:
        if start in rank:
            continue
        rank[start] = len(rank)
        path = [start]
        todo: list[Iterator[ModuleName]] = [iter(successors.get(start, _NONE))]
        lowest = [rank[start]]
        while path:
            for node in todo[-1]:
                known = rank.get(node)
                if known is None:
                    lowest.append(rank.setdefault(node, len(rank)))
                    path.append(node)
                    todo.append(iter(successors.get(node, _NONE)))
                    break
                if known < lowest[-1]:
                    lowest[-1] = known
            else:
                todo.pop()
                node, low = path.pop(), lowest.pop()
                if low < rank[node]:
                    waiting.append(node)
                    lowest[-1] = min(lowest[-1], low)
                    continue
                members = _take_from(waiting, rank, rank[node])
                rank[node] = done
                if members:
                    rank.update(dict.fromkeys(members, done))
                    found.append([node, *members])
    return found


def _take_from(
    waiting: list[ModuleName], rank: Mapping[ModuleName, int], above: int
) -> list[ModuleName]:
    """Pops the nodes that were discovered after rank `above`."""
    first = len(waiting)
    while first and rank[waiting[first - 1]] > above:
        first -= 1
    taken = waiting[first:]
    del waiting[first:]
    return taken


class _Wave:
    """A breadth-first search, one level at a time.

    `cost` is what it will have cost after one more step, in nodes and edges.
    """

    __slots__ = ("_neighbours", "_within", "cost", "front", "seen")

    def __init__(
        self,
        starts: Iterable[ModuleName],
        neighbours: Neighbours,
        within: AbstractSet[ModuleName] | None = None,
    ) -> None:
        self.front = set(starts) if within is None else set(starts) & within
        self.seen = self.front.copy()
        self.cost = 0
        self._neighbours = neighbours
        self._within = within
        self._add_cost()

    def step(self) -> None:
        get = self._neighbours.get
        reached: set[ModuleName] = set().union(*(get(node, _NONE) for node in self.front))
        if self._within is not None:
            reached &= self._within
        reached -= self.seen
        self.seen |= reached
        self.front = reached
        self._add_cost()

    def run_dry(self) -> set[ModuleName]:
        while self.front:
            self.step()
        return self.seen

    def _add_cost(self) -> None:
        get = self._neighbours.get
        self.cost += len(self.front) + sum([len(get(node, _NONE)) for node in self.front])


def nodes_between(
    starts: Iterable[ModuleName],
    goals: Iterable[ModuleName],
    successors: Neighbours,
    predecessors: Neighbours,
) -> set[ModuleName]:
    """All nodes on walks from a start to a goal, both ends included; empty if there is no walk.

    Searches from both ends and stops when one search has run dry, so the cost is about twice
    that of the cheaper one: quick when the starts lead to little, or little leads to the goals.
    """
    forward, backward = _Wave(starts, successors), _Wave(goals, predecessors)
    while forward.front and backward.front:
        if forward.cost <= backward.cost:
            forward.step()
        else:
            backward.step()
    # A walk stays inside what the finished search has seen; there, search from the other end.
    if forward.front:
        return _Wave(forward.seen, successors, backward.seen).run_dry()
    return _Wave(backward.seen, predecessors, forward.seen).run_dry()


def leads_to(
    start: ModuleName,
    goal: ModuleName,
    successors: Neighbours,
    predecessors: Neighbours,
    within: AbstractSet[ModuleName],
) -> bool:
    """Whether a walk inside `within` leads from `start` to `goal`.

    Searches from both ends; in a dense graph they meet after a few nodes.
    """
    if start == goal:
        return True
    forward = _Wave((start,), successors, within)
    backward = _Wave((goal,), predecessors, within)
    while forward.front and backward.front:
        if forward.cost <= backward.cost:
            forward.step()
            meeting = forward.front & backward.seen
        else:
            backward.step()
            meeting = backward.front & forward.seen
        if meeting:
            return True
    return False


def distances(
    goal: ModuleName, predecessors: Mapping[ModuleName, Iterable[ModuleName]]
) -> dict[ModuleName, int]:
    """The number of hops to a node, of all nodes that lead to it. Cost: their edges."""
    found = {goal: 0}
    level = [goal]
    while level:
        following: list[ModuleName] = []
        for node in level:
            for each in predecessors.get(node, ()):
                if each not in found:
                    found[each] = found[node] + 1
                    following.append(each)
        level = following
    return found
