"""Libraries from PyPI. Whatever no row tells of may do anything with what it is given."""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import Row

ROWS: Final[tuple[Row, ...]] = ()
