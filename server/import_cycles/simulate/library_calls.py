"""Functions of Python's own library that the machine follows itself, by their dotted names.

For all other names outside the project the table of `import_cycles.libraries` says what they do.
"""

from __future__ import annotations

from typing import Final

from import_cycles.simulate import (
    entry_points,
    file_modules,
    folders,
    laziness,
    path_calls,
    threads,
    type_hints,
)
from import_cycles.simulate.path_calls import Act

LIBRARY_CALLS: Final[dict[str, Act]] = {
    **path_calls.CALLS,
    **folders.CALLS,
    **file_modules.CALLS,
    **entry_points.CALLS,
    **laziness.CALLS,
    **threads.CALLS,
    **type_hints.CALLS,
}
