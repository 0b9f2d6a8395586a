"""Which members of a component or knot are tried as first imports: all, or as many as there is time for.

Each first import can load every member, so all of them together can load the square of their number. But
mostly the package around has loaded what they import. So members are tried in an order that depends on their
names alone, until they have loaded `MAX_LOADS` members by themselves. How often something is loaded is told by the
runs, and not by what was executed for them, so that the choice depends on the project alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final
from zlib import crc32

from import_cycles.base.names import ModuleName
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import Unsure

MAX_LOADS: Final = 100_000
"""Of members of one component, by all first imports together, besides what the packages around them load.

Of a component with more members than the root of this, perhaps only some are tried.
"""

MAX_KNOT_LOADS: Final = 2_000
"""The same of a knot, of which a verdict only has what no component tells: a few seconds of work. As many members as
would stay within `MAX_LOADS` in any case are tried whatever they load."""

MAX_PLAIN_LOADS: Final = 2_500**2
"""The same where all members are plain (`simulate.plain_modules`), so that a load costs little: all
are tried up to the root of this."""

NOT_TRIED: Final = Run(
    Unsure("its cycle has so many members that only some of them were tried"), (), (), ()
)

ArePlain = Callable[[Iterable[ModuleName]], bool]


class Tries:
    """The members of one group that are tried, a part at a time."""

    def __init__(
        self, members: Sequence[ModuleName], are_plain: ArePlain, *, is_knot: bool = False
    ) -> None:
        n_loads = len(members) ** 2
        self._members = frozenset(members)
        self.is_all = n_loads <= MAX_LOADS or (n_loads <= MAX_PLAIN_LOADS and are_plain(members))
        """Whether all are tried, whatever they load."""
        self._at_once = max(1, MAX_LOADS // max(1, len(members)))
        self._left = MAX_KNOT_LOADS if is_knot else MAX_LOADS
        self._is_knot = is_knot
        self._begun: list[ModuleName] = []
        """The last part, of which it is not known yet what it loads."""
        self.tried: list[ModuleName] = []
        self._waiting = [*members]
        if not self.is_all:
            self._waiting.sort(key=lambda name: (crc32(name.encode()), name))

    def following(self, runs: Mapping[ModuleName, Run]) -> Collection[ModuleName]:
        """The members to try next; none when that is all. `runs` has those that were given before.

        Those of a component are so few that they stay within the limit, whatever they load.
        """
        self._begun = self._waiting[: self._n_next(runs)]
        del self._waiting[: len(self._begun)]
        self.tried += self._begun
        return self._begun

    def _n_next(self, runs: Mapping[ModuleName, Run]) -> int:
        if self.is_all:
            return len(self._waiting)
        self._left -= sum(map(self._n_loads, map(runs.__getitem__, self._begun)))
        if not self.tried or (self._is_knot and self._left > 0):
            return self._at_once
        return 0 if self._is_knot else max(0, self._left // len(self._members))

    def _n_loads(self, run: Run) -> int:
        own = {module for module, code in run.own_codes if code == 0}
        return len(own & self._members)
