"""What happens when a module is the first import of a fresh interpreter.

Three-valued on purpose: `Crashes` is certain under the model, `Unsure` alarms nobody.
"""

from __future__ import annotations

from typing import TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record

CodeKey: TypeAlias = tuple[ModuleName, int]
"""A module and the number of one of its codes."""


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
class Loads:
    """The import finishes. `loaded` has the project's modules in the order in which they start."""

    loaded: tuple[ModuleName, ...] = ()


@record
class Crashes:
    """The import ends in an exception.

    `error` is the class name, `spot` where it is raised, `name` what is missing, `of` the module
    that lacks it. `partial` says that `of` is still loading: the crash is a circular import's.
    `stack` has the modules that are being executed, outermost first.
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


@record
class Unsure:
    """It depends on what cannot be known statically."""

    reason: str
    spot: Spot | None = None


Outcome: TypeAlias = Loads | Crashes | Unsure
