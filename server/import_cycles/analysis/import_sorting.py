"""The order that an import sorter gives the imports of a block; see `syntax.import_order`."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from import_cycles.base.record import record, replace
from import_cycles.syntax.import_order import import_key, name_key
from import_cycles.syntax.imports import ImportedName, ImportRecord
from import_cycles.syntax.steps import Import, ModuleSummary, Step

IsOfProject = Callable[[ImportRecord], bool]
"""Whether an absolute import means a module of the project."""

IsModule = Callable[[ImportRecord, ImportedName], bool]
"""Whether a name in the list of an import means a module of the project."""

SortedOrder: TypeAlias = tuple[tuple[int | None, tuple[int, ...]], ...]
"""How sorting changes a module: import ids for blocks, the import and places in it for lists."""


@record
class Swap:
    """Two neighbours change places, imports of a block or names in the list of one import.

    `first` stood before `second`. They are import ids, or places in the list as it is written.
    """

    first: int
    second: int
    of: int | None = None
    """The import whose names they are."""


class Sorting:
    """How a sorter reorders the imports of a module: a series of swaps of neighbours.

    Of a `from` list only names that are modules count: the others load nothing.
    """

    def __init__(
        self, summary: ModuleSummary, is_of_project: IsOfProject, is_module: IsModule
    ) -> None:
        self._summary = summary
        imports = summary.imports
        self._series: list[_Series] = []
        for block in summary.blocks:
            order = sorted_imports(block, imports, is_of_project)
            self._add(_Series(block, order))
            for number in block:
                names = imports[number].names or ()
                places = [at for at, name in enumerate(names) if is_module(imports[number], name)]
                if len(places) > 1:
                    key = [name_key(name.name) for name in names]
                    self._add(_Series(places, sorted(places, key=key.__getitem__), number))
        self.n_swaps = sum(series.n_swaps for series in self._series)

    def _add(self, series: _Series) -> None:
        if series.n_swaps:
            self._series.append(series)

    @property
    def result(self) -> SortedOrder:
        """The new order of everything that sorting moves; equal for equal changes of a module."""
        return tuple((each.of, each.after(each.n_swaps)) for each in self._series)

    @property
    def risen(self) -> frozenset[int]:
        """The import sites of the imports that move up."""
        sites: set[int] = set()
        for series in self._series:
            for item in series.risen:
                if series.of is None:
                    moved = self._summary.imports[item]
                    sites.update((moved.site, *(name.site for name in moved.names or ())))
                else:
                    sites.add((self._summary.imports[series.of].names or ())[item].site)
        return frozenset(sites)

    def moves_nothing_but(self, harmless: Callable[[ImportRecord], bool]) -> bool:
        """Whether only such imports move, and up: the others keep their order.

        Names that several imports of a block bind make it false, since the last one counts.
        """
        imports = self._summary.imports
        return all(
            series.of is None
            and _bind_different_names([imports[number] for number in series.items])
            and _only_rise(
                series.items, series.after(series.n_swaps), lambda number: harmless(imports[number])
            )
            for series in self._series
        )

    def exchanges(self, first: int, second: int) -> bool:
        """Whether an import that stands before another one of its block comes after it when sorted."""
        return any(each.of is None and each.exchanges(first, second) for each in self._series)

    def after(self, n_swaps: int) -> ModuleSummary:
        """The module after the first so many swaps."""
        imports = list(self._summary.imports)
        orders: dict[int, int] = {}
        for series, n_done in self._each(n_swaps):
            order = series.after(n_done)
            if series.of is None:
                orders.update(zip(series.items, order, strict=True))
            else:
                names = list(imports[series.of].names or ())
                moved = [names[at] for at in order]
                for at, name in zip(series.items, moved, strict=True):
                    names[at] = name
                imports[series.of] = replace(imports[series.of], names=tuple(names))
        own = self._summary.codes[0]
        codes = (replace(own, body=_reordered(own.body, orders)), *self._summary.codes[1:])
        return replace(self._summary, imports=tuple(imports), codes=codes)

    def swap(self, number: int) -> Swap:
        """The swap of that number, from 1."""
        series, n_done = list(self._each(number))[-1]
        return Swap(*series.pair(n_done), series.of)

    def number(self, first: int, second: int) -> int | None:
        """The number of the swap that exchanges two imports of a block, from 1; None if none does."""
        n_before = 0
        for series in self._series:
            if series.of is None and series.exchanges(first, second):
                return n_before + series.number(first, second)
            n_before += series.n_swaps
        return None

    def _each(self, n_swaps: int) -> Iterator[tuple[_Series, int]]:
        """The series that have begun by then, with the number of swaps made in each."""
        for series in self._series:
            if n_swaps > 0:
                yield series, min(n_swaps, series.n_swaps)
            n_swaps -= series.n_swaps


class _Series:
    """Swaps of neighbours that bring some items into order: each is moved up to its place in turn."""

    def __init__(self, items: Sequence[int], order: Sequence[int], of: int | None = None) -> None:
        self.items = tuple(items)
        self.of = of
        self._rank = {item: rank for rank, item in enumerate(order)}
        above: list[int] = []
        self._passed: list[int] = []
        """How many items each item passes."""
        for item in self.items:
            place = bisect(above, self._rank[item])
            self._passed.append(len(above) - place)
            above.insert(place, self._rank[item])
        self.n_swaps = sum(self._passed)

    @property
    def risen(self) -> list[int]:
        """The items that move up."""
        return [item for item, passed in zip(self.items, self._passed, strict=True) if passed]

    def exchanges(self, first: int, second: int) -> bool:
        """Whether an item that stands before another one comes after it."""
        if first not in self._rank or second not in self._rank:
            return False
        is_before = self.items.index(first) < self.items.index(second)
        return is_before and self._rank[first] > self._rank[second]

    def after(self, n_swaps: int) -> tuple[int, ...]:
        """The items after the first so many swaps."""
        position, n_left = self._at(n_swaps)
        above = sorted(self.items[:position], key=self._rank.__getitem__)
        above[len(above) - n_left : len(above) - n_left] = self.items[position : position + 1]
        return (*above, *self.items[position + 1 :])

    def pair(self, n_swaps: int) -> tuple[int, int]:
        """The two items that the last of the first so many swaps exchanges, in their order before it."""
        position, n_left = self._at(n_swaps)
        above = sorted(self.items[:position], key=self._rank.__getitem__)
        return above[len(above) - n_left], self.items[position]

    def number(self, first: int, second: int) -> int:
        """The number of the swap after which `second` stands before `first`, which it exchanges."""
        position = self.items.index(second)
        above = sorted(self.items[:position], key=self._rank.__getitem__)
        return sum(self._passed[:position]) + len(above) - above.index(first)

    def _at(self, n_swaps: int) -> tuple[int, int]:
        """Which item the last of so many swaps moves, and how many it has passed by then."""
        for position, passed in enumerate(self._passed):
            if n_swaps <= passed and (n_swaps or passed == 0):
                return position, n_swaps
            n_swaps -= passed
        return len(self.items), 0


def _bind_different_names(records: Iterable[ImportRecord]) -> bool:
    bound: list[str] = []
    for each in records:
        if each.names is None:
            bound.append(each.bound_as or each.module.partition(".")[0])
        else:
            bound += [name.bound_as for name in each.names]
    return "*" not in bound and len(set(bound)) == len(bound)


def _only_rise(items: Sequence[int], order: Sequence[int], rises: Callable[[int], bool]) -> bool:
    """Whether the items that do not rise keep their order, and no other comes behind one of them."""
    if [each for each in items if not rises(each)] != [each for each in order if not rises(each)]:
        return False
    before, after = _above(items, rises), _above(order, rises)
    return all(after[each] <= n_above for each, n_above in before.items())


def _above(items: Iterable[int], rises: Callable[[int], bool]) -> dict[int, int]:
    """How many items that do not rise stand above each one that does."""
    n_above = 0
    found: dict[int, int] = {}
    for each in items:
        if rises(each):
            found[each] = n_above
        else:
            n_above += 1
    return found


def _reordered(body: Sequence[Step], orders: Mapping[int, int]) -> tuple[Step, ...]:
    """Statements of a module; `orders` tells which import stands where another one stood."""
    steps = {
        step.import_id: step
        for step in body
        if isinstance(step, Import) and step.import_id in orders
    }
    return tuple(
        steps[orders[step.import_id]]
        if isinstance(step, Import) and step.import_id in orders
        else step
        for step in body
    )


def sorted_imports(
    block: Iterable[int], imports: Sequence[ImportRecord], is_of_project: IsOfProject
) -> tuple[int, ...]:
    """The import ids of a block as a sorter orders them."""
    return tuple(sorted(block, key=lambda number: _import_key(imports[number], is_of_project)))


def _import_key(record: ImportRecord, is_of_project: IsOfProject) -> tuple[object, ...]:
    names = None if record.names is None else [name.name for name in record.names]
    return import_key(
        record.module,
        record.level,
        names,
        record.bound_as or "",
        is_of_project=not record.level and is_of_project(record),
    )
