"""Just enough of an object-relational mapper to look like one."""

from __future__ import annotations

from itertools import count
from typing import ClassVar


class Model:
    """Something with an identity that is kept in a table."""

    table: ClassVar[dict[int, Model]]
    ids: ClassVar[count[int]]

    def __init_subclass__(cls) -> None:
        cls.table = {}
        cls.ids = count(1)

    def __init__(self) -> None:
        self.id = next(self.ids)
        self.table[self.id] = self
