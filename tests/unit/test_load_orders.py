"""Load orders and own codes are what tuples and frozensets of the same things are."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from import_cycles.base.names import ModuleName
from import_cycles.simulate.load_orders import ModuleNumbers

NAMES = st.lists(st.sampled_from([ModuleName(each) for each in "abcdef"]), unique=True)
CODES = st.frozensets(
    st.tuples(st.sampled_from([ModuleName(each) for each in "abcdefg"]), st.integers(0, 1))
)


@given(NAMES, NAMES)
def test_an_order_is_a_tuple(first: list[ModuleName], second: list[ModuleName]) -> None:
    numbers = ModuleNumbers()
    orders = [numbers.order(each) for each in (first, second)]
    for order, names in zip(orders, (first, second), strict=True):
        assert order == tuple(names)
        assert tuple(names) == order
        assert hash(order) == hash(tuple(names))
        assert [*order] == names
        assert len(order) == len(names)
        assert order[1:] == tuple(names[1:])
        assert [order[at] for at in range(len(order))] == names
        assert pickle.loads(pickle.dumps(order)) == order
    assert (orders[0] == orders[1]) == (first == second)


@given(NAMES, NAMES, CODES)
def test_own_codes_are_a_frozenset(
    first: list[ModuleName], second: list[ModuleName], others: frozenset[tuple[ModuleName, int]]
) -> None:
    numbers = ModuleNumbers()
    sets = [numbers.own_codes(each) for each in (first, second)]
    plain = [frozenset((name, 0) for name in each) for each in (first, second)]
    for codes, wanted in zip(sets, plain, strict=True):
        assert codes == wanted
        assert wanted == codes
        assert hash(codes) == hash(wanted)
        assert {*codes} == wanted
        assert len(codes) == len(wanted)
        assert codes.isdisjoint(others) == wanted.isdisjoint(others)
        assert others.isdisjoint(codes) == others.isdisjoint(wanted)
        assert codes & others == wanted & others
        assert others.difference(codes) == others - wanted
        assert pickle.loads(pickle.dumps(codes)) == codes
    assert (sets[0] == sets[1]) == (plain[0] == plain[1])
    assert numbers.own_codes(first) is sets[0]
