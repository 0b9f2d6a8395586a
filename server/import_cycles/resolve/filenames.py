"""What a file name says about the module in it, in the order in which CPython prefers files.

`FileFinder` looks for a package folder first, then for extension modules, then for source
(importlib._bootstrap_external, `_get_supported_file_loaders`); which ABI tag fits is a question
of the interpreter that runs, so here any tag counts.
"""

from __future__ import annotations

from enum import IntEnum


class Rank(IntEnum):
    """What a file offers for one name in one root; a lower value is preferred."""

    PACKAGE_EXTENSION = 0
    PACKAGE_SOURCE = 1
    EXTENSION = 2
    SOURCE = 3
    PACKAGE_STUB = 4
    STUB = 5

    @property
    def is_package(self) -> bool:
        """Whether the file is an `__init__`."""
        return self in (Rank.PACKAGE_EXTENSION, Rank.PACKAGE_SOURCE, Rank.PACKAGE_STUB)

    @property
    def is_loaded(self) -> bool:
        """Whether Python would ever load it: false for stubs."""
        return self <= Rank.SOURCE


_PLAIN = {"py": Rank.SOURCE, "pyi": Rank.STUB, "so": Rank.EXTENSION, "pyd": Rank.EXTENSION}
_INIT = {
    Rank.SOURCE: Rank.PACKAGE_SOURCE,
    Rank.STUB: Rank.PACKAGE_STUB,
    Rank.EXTENSION: Rank.PACKAGE_EXTENSION,
}
UNSPEAKABLE = frozenset(".@")
"""Characters that no part of a module name can hold: `@` is ours, to tell homonyms apart."""


def read_file_name(file_name: str) -> tuple[str, Rank] | None:
    """The stem and the rank of a file name; None when no module can be in it.

    `_x.cpython-311-x86_64-linux-gnu.so` and `_x.abi3.so` are `_x`; the stem of an `__init__` is
    `__init__`. `a.b.py` is nothing: no import finds it.
    """
    stem, _, suffix = file_name.partition(".")
    rank = _PLAIN.get(suffix)
    if rank is None:
        rank = _PLAIN.get(suffix.rpartition(".")[2])
        if rank is not Rank.EXTENSION:
            return None
    if not stem or "@" in stem:
        return None
    return stem, _INIT[rank] if stem == "__init__" else rank
