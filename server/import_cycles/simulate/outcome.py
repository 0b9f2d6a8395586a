"""The outcomes of a first import in a fresh interpreter.

Three-valued on purpose: `Crashes` is certain under the model; `Unsure` never alarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record

CodeKey: TypeAlias = tuple[ModuleName, int]
"""A module and the number of one of its codes."""


ENTRY_POINTS: Final[CodeKey] = (ModuleName("entry points"), -3)
"""Stands for the project's entry points among the codes that a run depends on."""


def hints_of(module: ModuleName) -> CodeKey:
    """Stands for annotations kept as texts among the codes that a run depends on."""
    return module, -2


def namespace_of(module: ModuleName) -> CodeKey:
    """Stands for all names that a module has, among the codes that a run depends on.

    A run depends on them if it looks at all of them, or asks for one that need not be spelled
    anywhere. It depends on those that it spells by the module's own code.
    """
    return module, _NAMESPACE


_NAMESPACE: Final = -4


def bound_names_of(module: ModuleName) -> CodeKey:
    """Stands for the names that the text of a module binds, among the codes that a run depends on.

    A run asks for them where it says why a name is missing, be the module executed or not.
    """
    return module, -5


def what_modules_hold(changed: Iterable[CodeKey]) -> set[CodeKey]:
    """Changed codes, and the own codes of modules that have other names now.

    For what keeps the names of a module itself, whether or not a run has looked at all of them.
    """
    changed = set(changed)
    return changed.union((module, 0) for module, number in changed if number == _NAMESPACE)


def listing_of(folder: str) -> CodeKey:
    """Stands for the names in a folder among the codes that a run depends on."""
    return ModuleName(folder), -1


@record
class Spot:
    """A mark of a code of a module; `Summarized.mark_site` knows where it stands."""

    module: ModuleName
    code: int
    mark: int


@record
class Frame:
    """A module that is being executed, and the spot that it is at."""

    module: ModuleName
    spot: Spot | None


@record
class Refused:
    """An operation that CPython would refuse if the model's values were right.

    Released code loads, so the model is taken to be wrong, not the program: the run goes on.
    """

    error: str
    spot: Spot | None
    message: str


@record
class Loads:
    """The import finishes. `loaded` has the project's modules in the order in which they start.

    `refused` has the operations that failed in the model and were not believed.
    """

    loaded: Sequence[ModuleName] = ()
    refused: tuple[Refused, ...] = ()


@record
class Cause:
    """An import that fails because a module is still loading, and that a handler catches."""

    error: str
    spot: Spot | None
    name: str
    of: ModuleName | None
    stack: tuple[Frame, ...] = ()
    import_id: int | None = None


@record
class Crashes:
    """The import ends in an exception.

    `error` is the class name, `spot` where it is raised, `name` what is missing, `of` the module
    that lacks it. `partial` says that `of` is still loading: the crash is a circular import's.
    `stack` has the modules that are being executed, outermost first. `cause` is the circular
    failure that came first, where this exception is what a handler made of it. `refused` is as of
    `Loads`.
    """

    error: str
    spot: Spot | None
    name: str
    of: ModuleName | None
    message: str
    partial: bool
    stack: tuple[Frame, ...]
    import_id: int | None = None
    """The import record that fails, when an import statement does."""
    cause: Cause | None = None
    refused: tuple[Refused, ...] = ()

    @property
    def is_circular(self) -> bool:
        """Whether a circular import is the reason."""
        return self.partial or self.cause is not None


@record
class Unsure:
    """It depends on facts that are not known statically. `refused` is as of `Loads`."""

    reason: str
    spot: Spot | None = None
    refused: tuple[Refused, ...] = ()


Outcome: TypeAlias = Loads | Crashes | Unsure
