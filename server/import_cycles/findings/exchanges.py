"""Two imports of a module that an import sorter would exchange, and what would fail then."""

from __future__ import annotations

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.simulate.outcome import Crashes


@record
class ImportPlace:
    """An import statement of a module, or one name in its list, with the dotted name that it asks for."""

    site: int
    asks_for: str


@record
class Exchange:
    """`first` stands above `second`, or before it in a list; a sorter exchanges them.

    After that, `entry`, which loads today, ends in `crash` when it is imported first.
    """

    module: ModuleName
    first: ImportPlace
    second: ImportPlace
    entry: ModuleName
    crash: Crashes
