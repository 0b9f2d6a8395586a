"""Components that are kept up to date equal those that are worked out from scratch.

Random graphs go through random sequences of deltas; after every one, the store is compared with
definitions written out naively: who reaches whom, and which of all shortest paths is first.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import import_cycles
from import_cycles.base.names import ModuleName
from import_cycles.graph.cycles import NotInCycle
from import_cycles.graph.edges import Component, GraphDelta, ImportEdge, edge_order
from import_cycles.graph.search import nodes_between
from import_cycles.graph.store import GraphStore
from import_cycles.syntax.imports import ImportFlag, When

# How long an example takes says nothing about whether it is right.
untimed = settings(deadline=None, max_examples=60)

# Modules to flip, edges to flip, and numbers of edges that are there and go.
Step = tuple[frozenset[ModuleName], frozenset[ImportEdge], list[int]]

FEW = tuple(ModuleName(name) for name in "abcdef")
MANY = tuple(ModuleName(f"app.m{number:02}") for number in range(14))


def edges(names: tuple[ModuleName, ...], n_sites: int) -> st.SearchStrategy[ImportEdge]:
    """Mostly binding edges; with more sites, more parallel edges."""
    return st.builds(
        ImportEdge,
        st.sampled_from(names),
        st.sampled_from(names),
        st.sampled_from(names[:2]),
        st.integers(0, n_sites - 1),
        st.sampled_from([When.RUNTIME] * 6 + [When.DEFERRED, When.TYPING]),
        st.sampled_from(
            [
                ImportFlag.NONE,
                ImportFlag.NONE,
                ImportFlag.NONE,
                ImportFlag.IMPLIED,
                ImportFlag.CALLED,
                ImportFlag.IMPLIED | ImportFlag.CALLED,
                ImportFlag.SUPPRESSED | ImportFlag.STAR,
            ]
        ),
    )


def histories(
    names: tuple[ModuleName, ...], n_sites: int, *, at_first: int, later: int
) -> st.SearchStrategy[list[Step]]:
    """A graph of `at_first` edges that changes by small steps, so that components come and go."""
    one = edges(names, n_sites)
    first = st.frozensets(one, min_size=at_first, max_size=at_first + 4)
    step = st.tuples(
        st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(names), max_size=1)),
        st.frozensets(one, max_size=later),
        st.lists(st.integers(0, 99), max_size=later),
    )
    return st.builds(
        lambda edges, steps: [(frozenset(), edges, []), *steps], first, st.lists(step, max_size=6)
    )


# Around each of these sizes, a random graph is in parts that a few edges join and disjoin.
graphs = st.one_of(
    histories(FEW, 2, at_first=8, later=2),
    histories(MANY, 1, at_first=22, later=2),
    histories(MANY, 1, at_first=22, later=9),
    histories(MANY, 1, at_first=0, later=9),
)


class Model:
    """What a graph is, with no thought of cost."""

    def __init__(self) -> None:
        self.modules: set[ModuleName] = set()
        self.edges: set[ImportEdge] = set()

    def flip(
        self, modules: frozenset[ModuleName], edges: frozenset[ImportEdge], picks: list[int]
    ) -> GraphDelta:
        """Changes the model: what is there goes, what is not there comes.

        Modules that an added edge needs are added with it.
        """
        there = sorted(self.edges - edges, key=edge_order)
        edges |= {there[pick % len(there)] for pick in picks if there}
        going = (self.modules & modules) - {end for edge in edges for end in ends(edge)}
        lost = {edge for edge in self.edges if going & {*ends(edge)}}
        needed = {end for edge in edges - self.edges for end in ends(edge)}
        delta = GraphDelta(
            modules_added=frozenset((modules | needed) - self.modules),
            modules_removed=frozenset(going),
            edges_added=edges - self.edges,
            edges_removed=frozenset((edges & self.edges) | lost),
        )
        self.modules = (self.modules - going) | delta.modules_added
        self.edges = (self.edges - delta.edges_removed) | delta.edges_added
        return delta

    def binding(self) -> list[ImportEdge]:
        return [
            edge
            for edge in self.edges
            if edge.when is When.RUNTIME and not edge.flags & ImportFlag.SUPPRESSED
        ]

    def components(self) -> list[Component]:
        reaches = closure(self.binding())
        groups = {
            tuple(sorted(other for other in reached if name in reaches.get(other, ())))
            for name, reached in reaches.items()
            if name in reached
        }
        return [
            Component(
                members,
                tuple(
                    sorted(
                        (edge for edge in self.binding() if {*ends(edge)} <= {*members}),
                        key=edge_order,
                    )
                ),
            )
            for members in sorted(groups)
        ]


def ends(edge: ImportEdge) -> tuple[ModuleName, ModuleName]:
    return edge.importer, edge.imported


def closure(edges: Iterable[ImportEdge]) -> dict[ModuleName, set[ModuleName]]:
    """Whom each module reaches by one edge or more."""
    reaches: dict[ModuleName, set[ModuleName]] = {}
    for edge in edges:
        reaches.setdefault(edge.importer, set()).add(edge.imported)
    grew = True
    while grew:
        grew = False
        for reached in reaches.values():
            further = set().union(*(reaches.get(name, set()) for name in reached)) - reached
            grew = grew or bool(further)
            reached |= further
    return reaches


def shortest_cycle(component: Component, edge: ImportEdge) -> tuple[ImportEdge, ...]:
    """Writes out every path, a step longer each time, until some arrive; takes the first one."""
    best: dict[tuple[ModuleName, ModuleName], ImportEdge] = {}
    for rival in sorted(component.edges, key=reading_order, reverse=True):
        best[ends(rival)] = rival
    paths: list[tuple[ModuleName, ...]] = [(edge.imported,)]
    while not (closed := [path for path in paths if path[-1] == edge.importer]):
        paths = [(*path, end) for path in paths for start, end in best if start == path[-1]]
        paths = [path for path in paths if len({*path}) == len(path)]
        assert paths, "no path leads back"
    return (edge, *(best[pair] for pair in pairwise(min(closed))))


def reading_order(edge: ImportEdge) -> tuple[object, ...]:
    return (
        bool(edge.flags & ImportFlag.IMPLIED),
        bool(edge.flags & ImportFlag.CALLED),
        edge.site,
        edge_order(edge),
    )


@untimed
@given(graphs)
def test_components_equal_those_worked_out_from_scratch(history: list[Step]) -> None:
    model, store = Model(), GraphStore()
    for step in history:
        before = store.components()
        changed = store.apply(model.flip(*step))
        after = store.components()

        assert list(after) == model.components()
        assert changed.gone == tuple(old for old in before if old not in after)
        assert changed.born == tuple(new for new in after if new not in before)
        for module in model.modules:
            around = [component for component in after if module in component.members]
            assert store.component_of(module) is (around[0] if around else None)


@untimed
@given(st.integers(0))
def test_many_files_at_once_in_a_wide_graph(seed: int) -> None:
    """Too many importers to search from each, too few to go through the whole graph."""
    dice = random.Random(seed)
    names = [ModuleName(f"app.m{number:02}") for number in range(50)]
    model, store = Model(), GraphStore()
    for size in (60, 12, 12, 12):
        flipped = frozenset(random_edge(dice, names) for _ in range(size))
        before = store.components()
        changed = store.apply(model.flip(frozenset(), flipped, []))
        assert list(store.components()) == model.components()
        assert {*changed.gone} == {*before} - {*store.components()}
        assert {*changed.born} == {*store.components()} - {*before}


@untimed
@given(graphs)
def test_a_component_that_did_not_change_stays_the_same_object(history: list[Step]) -> None:
    model, store = Model(), GraphStore()
    for step in history:
        before = store.components()
        gone = store.apply(model.flip(*step)).gone
        kept = {id(component) for component in before if component not in gone}
        assert kept <= {id(component) for component in store.components()}


@untimed
@given(graphs)
def test_edges_and_modules_are_those_that_were_added_and_not_removed(history: list[Step]) -> None:
    model, store = Model(), GraphStore()
    for step in history:
        store.apply(model.flip(*step))
    in_order = sorted(model.edges, key=edge_order)
    assert list(store.modules()) == sorted(model.modules)
    assert list(store.edges()) == in_order
    for name in (*FEW, *MANY):
        assert list(store.edges_from(name)) == [edge for edge in in_order if edge.importer == name]
        assert list(store.edges_to(name)) == [edge for edge in in_order if edge.imported == name]


@untimed
@given(graphs)
def test_removed_modules_take_their_edges_along(history: list[Step]) -> None:
    model, told, untold = Model(), GraphStore(), GraphStore()
    for step in history:
        delta = model.flip(*step)
        implied = {edge for edge in delta.edges_removed if delta.modules_removed & {*ends(edge)}}
        terse = GraphDelta(
            modules_added=delta.modules_added,
            modules_removed=delta.modules_removed,
            edges_added=delta.edges_added,
            edges_removed=delta.edges_removed - implied,
        )
        assert untold.apply(terse) == told.apply(delta)
        assert untold.edges() == told.edges()


@untimed
@given(
    st.one_of(histories(FEW, 3, at_first=20, later=2), histories(MANY[:9], 1, at_first=24, later=2))
)
def test_shortest_cycle_is_the_first_of_all_shortest_paths(history: list[Step]) -> None:
    model, store = Model(), GraphStore()
    for step in history:
        store.apply(model.flip(*step))
        in_a_cycle = {}
        for component in store.components():
            in_a_cycle.update(dict.fromkeys(component.edges, component))
        for edge in sorted(model.edges, key=edge_order):
            if edge in in_a_cycle:
                assert store.shortest_cycle(edge) == shortest_cycle(in_a_cycle[edge], edge)
            else:
                with pytest.raises(NotInCycle):
                    store.shortest_cycle(edge)


def ring(length: int) -> tuple[list[ModuleName], list[ImportEdge]]:
    names = [ModuleName(f"m{number:05}") for number in range(length)]
    return names, [
        ImportEdge(name, names[(number + 1) % length], name, 0, When.RUNTIME)
        for number, name in enumerate(names)
    ]


def test_a_ring_longer_than_the_stack_closes_and_opens() -> None:
    names, around = ring(3 * sys.getrecursionlimit())
    store = GraphStore()
    store.apply(GraphDelta(modules_added=frozenset(names), edges_added=frozenset(around[1:])))
    assert store.components() == ()

    closing = frozenset(around[:1])
    born = store.apply(GraphDelta(edges_added=closing)).born
    assert [component.members for component in born] == [tuple(names)]
    assert store.shortest_cycle(around[5]) == (*around[5:], *around[:5])

    assert store.apply(GraphDelta(edges_removed=closing)).gone == born
    assert store.components() == ()


def test_an_edge_that_is_not_in_the_graph_closes_no_cycle() -> None:
    names, around = ring(3)
    store = GraphStore()
    store.apply(GraphDelta(modules_added=frozenset(names), edges_added=frozenset(around)))
    stranger = ImportEdge(names[0], names[1], names[0], 7, When.RUNTIME)
    with pytest.raises(NotInCycle):
        store.shortest_cycle(stranger)


def test_a_module_that_goes_and_comes_at_once_keeps_its_edges() -> None:
    names, around = ring(3)
    store = GraphStore()
    store.apply(GraphDelta(modules_added=frozenset(names), edges_added=frozenset(around)))
    replaced = frozenset(names[:1])
    changed = store.apply(GraphDelta(modules_added=replaced, modules_removed=replaced))
    assert (changed.gone, changed.born) == ((), ())
    assert list(store.edges()) == around


def test_an_edge_to_a_stranger_changes_nothing() -> None:
    names, around = ring(3)
    store = GraphStore()
    delta = GraphDelta(modules_added=frozenset(names[:2]), edges_added=frozenset(around))
    with pytest.raises(AssertionError, match=names[2]):
        store.apply(delta)
    assert store.modules() == ()
    assert store.edges() == ()


class Counting(Mapping[ModuleName, tuple[ModuleName, ...]]):
    """Neighbours that remember who was asked for."""

    def __init__(self, neighbours: dict[ModuleName, tuple[ModuleName, ...]]) -> None:
        self._neighbours = neighbours
        self.asked: set[ModuleName] = set()

    def __getitem__(self, name: ModuleName) -> tuple[ModuleName, ...]:
        self.asked.add(name)
        return self._neighbours[name]

    def __iter__(self) -> Iterator[ModuleName]:
        return iter(self._neighbours)

    def __len__(self) -> int:
        return len(self._neighbours)


@pytest.mark.parametrize(("start", "goal"), [(-1, 500), (500, 0)])
def test_a_search_stops_when_its_cheaper_end_runs_dry(start: int, goal: int) -> None:
    names, around = ring(1000)
    chain = around[:-1]
    successors = Counting({edge.importer: (edge.imported,) for edge in chain})
    predecessors = Counting({edge.imported: (edge.importer,) for edge in chain})
    assert nodes_between([names[start]], [names[goal]], successors, predecessors) == set()
    assert len(successors.asked | predecessors.asked) < 10


def random_edge(dice: random.Random, names: list[ModuleName]) -> ImportEdge:
    importer, imported, holder = dice.sample(names, 3)
    when = dice.choice([When.RUNTIME] * 5 + [When.DEFERRED])
    flags = dice.choice([ImportFlag.NONE, ImportFlag.NONE, *ImportFlag])
    return ImportEdge(importer, imported, holder, dice.randrange(3), when, flags)


def transcript() -> str:
    """Everything that a store says in the course of one history."""
    dice = random.Random(7)
    names = [ModuleName(f"app.{letter}{number}") for letter in "pqr" for number in range(9)]
    model, store, said = Model(), GraphStore(), []
    for size in (40, 1, 1, 3, 25, 1, 60, 2, 30):
        flipped = frozenset(random_edge(dice, names) for _ in range(size))
        said.append(repr(store.apply(model.flip(frozenset(), flipped, []))))
        said += map(repr, store.components())
        for component in store.components():
            said += (repr(store.shortest_cycle(edge)) for edge in component.edges)
    said += map(repr, (store.modules(), store.edges()))
    said += (repr((store.edges_from(name), store.edges_to(name))) for name in names)
    return "\n".join(said)


def test_answers_do_not_depend_on_the_hash_seed() -> None:
    package_parent = str(Path(import_cycles.__file__).parents[1])
    said = {
        subprocess.run(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": package_parent},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert "born=(Component(" in said.pop()


if __name__ == "__main__":
    print(transcript())
