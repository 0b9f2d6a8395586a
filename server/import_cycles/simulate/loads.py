"""What loading a module did, in the form in which it is remembered: `import_cycles.simulate.recorder`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.outcome import CodeKey
from import_cycles.simulate.stores import Store
from import_cycles.simulate.values import Module, Value

Counts: TypeAlias = "tuple[int, int, int]"
"""Numbers of statements: all; those inside calls; of these, those under an undecided test."""


@entity
class Put:
    """A module was put into `sys.modules`."""

    name: ModuleName
    value: Value


@entity
class Needed:
    """The load met a module. If `is_imported`, a replay loads the module where it is absent.

    `depth` is the number of calls around it, inside one another.
    """

    by: Remembered
    module: Module
    is_imported: bool
    depth: int


@entity
class Absent:
    """The load saw that a module is not in `sys.modules`."""

    name: ModuleName


@entity
class Bound:
    """A submodule became an attribute of its package."""

    package: ModuleName
    module: Module


@entity
class Wrote:
    """The load changed a value of another load that is over."""

    where: Store
    key: Hashable
    value: object
    """MISSING if the key was deleted; Added if items were only appended."""
    owner: int
    """The closure bit of the other load."""


@entity
class Read:
    """The load read a value that others change. With EVERYTHING or Kinds as the key, `value` is a copy."""

    where: Store
    key: object
    value: object


@entity
class Logged:
    """The load added entries to the logs; one tuple for each log."""

    entries: tuple[tuple[Any, ...], ...]


@entity
class Asked:
    """The load asked whether a fact holds for the rest of the run."""

    fact: object
    is_so: bool


@entity
class Unmentioned:
    """The load asked for a name or key that no module around it was still to mention."""

    text: str


@entity
class Doubtful:
    """The load used the result of a call on one of several ways; `is_new` if the load made it."""

    key: tuple[object, ...]
    value: Value
    is_new: bool


@entity
class Counted:
    """The load executed statements, and calls asked whether the budgets still had room.

    For calls and for doubtful calls: the count here at the last question with room, and at the
    first question without room; None where there was no such question.
    """

    counts: Counts
    room: tuple[int | None, int | None]
    no_room: tuple[int | None, int | None]


@entity
class Executed:
    """Stands before the events of a load that are copied: what holds of all of them.

    `ran` and `parts_read` are as of `Remembered`.
    """

    ran: frozenset[CodeKey]
    parts_read: frozenset[tuple[int, object]]


@entity
class Copied:
    """A load that was needed, and in full what it did.

    For a load around that itself stands on one of several ways through another one.
    """

    need: Needed
    events: Sequence[Event | Executed]


Event: TypeAlias = (
    Asked | Counted | Put | Needed | Absent | Bound | Wrote | Read | Logged | Unmentioned | Doubtful
)


@entity
class Remembered:
    """A clean load, ready to be replayed.

    `closure` has a bit for each remembered load that it can reach, itself included. `asks` is true
    if a handler around it could have caught an exception. `height` is the largest number of modules
    that waited for one another. It ran under `doubt` undecided tests, of which only so many are counted as make a difference. It began inside `n_calls` calls, and in it there were up to `depth` further
    ones inside one another; `is_cut` if one more was not followed. `parts_read` has what it read of
    older objects while no other load had changed it: the store, by identity, and the key.
    """

    name: ModuleName
    module: Module
    package: ModuleName | None
    start: int
    events: tuple[Event, ...]
    ran: frozenset[CodeKey]
    closure: int
    asks: bool
    height: int
    n_calls: int
    depth: int
    is_cut: bool
    doubt: int
    parts_read: frozenset[tuple[int, object]]
    loads: list[Load]
    """The load itself and those that it absorbed."""
    used: int = 0
    """When it was remembered or replayed last."""


@entity
class Load:
    """The execution of a module's body, under way or over."""

    name: ModuleName
    module: Module
    packages: tuple[ModuleName, ...]
    """The packages around the module, the nearest first."""
    depth: int
    start: int
    before: int
    """Where the journal's stretch began when this load began."""
    counted: Counts
    """The counts at its last event."""
    n_catchers: int
    n_handled: int
    n_calls: int
    """Calls around it, inside one another."""
    doubt: int
    """Undecided tests around it."""
    level: int
    """Alternatives of the journal around it."""
    marks: list[int]
    lowest: int
    """The depth of the outermost load on whose progress it depends."""
    around: Load | None
    is_active: bool = True
    is_spoilt: bool = False
    end: int = 0
    into: Load | None = None
    remembered: Remembered | None = None
    events: list[Event | Load | Copied] = field(default_factory=list)
    """In order; an absorbed load stands for its events."""
    seen: set[Module] = field(default_factory=set)
    parts_read: set[tuple[int, object]] = field(default_factory=set)
    looked_at: set[tuple[int, object]] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    """Older values that it has opened outside of forks, by identity."""
    made: set[object] = field(default_factory=set)
    absorbed: list[Load] = field(default_factory=list)
    closure: int = 0
    asks: bool = False
    facts: set[tuple[object, bool]] = field(default_factory=set)
    """Answers that its events have already, and that hold until another load has ended."""
    height: int = 1
    deepest: int = 0
    """The largest number of calls inside one another so far, those around it included."""
    is_cut: bool = False
    """Whether a call was not followed because too many were inside one another."""
    room: list[int | None] = field(default_factory=lambda: [None, None])
    no_room: list[int | None] = field(default_factory=lambda: [None, None])


def told_apart(doubt: int) -> int:
    """A number of undecided tests; all that code cannot tell apart are one (`LIMITS.doubt_in_calls`)."""
    return min(doubt, LIMITS.doubt_in_calls + 1)
