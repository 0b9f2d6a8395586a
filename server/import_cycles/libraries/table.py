"""Looks up facts in the table of libraries.

The facts about a name come from rows with its own name, and from rows for everything below one of
its packages (`heapq.*`). Of those, the row that names most of it decides, field by field. Where no
row has a fact, the defaults hold: a function of Python's own library does not change its arguments,
calls nothing, and imports nothing by name; of other libraries nothing is known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from import_cycles.libraries import (
    annotated,
    builtin_types,
    classes,
    decorators,
    importers,
    standard,
    third_party,
)
from import_cycles.libraries.facts import (
    NONE,
    Base,
    Calls,
    Facts,
    Imports,
    Reads,
    Row,
    Said,
    Swallows,
    versioned,
)

PARTS: Final = (
    standard, builtin_types, decorators, classes, annotated, importers, third_party,
)  # fmt: skip
"""The files of the table."""
ROWS: Final[tuple[Row, ...]] = tuple(row for part in PARTS for row in part.ROWS)

_OF_STANDARD: Final[Said] = {
    "changes": NONE,
    "calls": Calls.NEVER,
    "base": Base.BRINGS,
    "reads": Reads.NONE,
    "base_reads": Reads.NONE,
    "imports": Imports.NOTHING,
    "asks_modules": False,
    "swallows": Swallows.NEVER,
}
_WITH_STANDARD: Final = frozenset({"typing_extensions"})
"""Libraries that hold copies of what Python's own library has in later versions."""
_SAME_ON_ALL_PLATFORMS: Final = frozenset(
    [
        "abc",
        "bisect",
        "builtins",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
        "enum",
        "functools",
        "heapq",
        "importlib",
        "inspect",
        "itertools",
        "operator",
        "sys",
        "types",
        "typing",
        "weakref",
    ]
)
"""Modules of Python's own library whose rows name nothing that a platform lacks."""


@cache
def facts(dotted: str) -> Facts:
    """The facts about a name outside the project, by its dotted name.

    Builtins go by `builtins.print`, their methods by `builtins.list.append`; `pydantic.*` asks for
    what holds for all that is below `pydantic`. Cost: a look-up for
    each part of the name when it is asked for first, a tenth of a microsecond afterwards.
    """
    said: Said = {**_OF_STANDARD} if is_standard(dotted) else {}
    sources: dict[str, None] = {}
    for each in _rows_about(dotted):
        said.update(each.says)
        sources[each.source] = None
    return Facts(said, tuple(sources))


def is_standard(dotted: str) -> bool:
    """Whether Python's own library has it, builtins included."""
    package = dotted.partition(".")[0]
    return package in sys.stdlib_module_names or package in _WITH_STANDARD


@cache
def is_in_every_python(dotted: str) -> bool:
    """Whether every supported Python has it on every platform: asking for it does not raise.

    A row that names it, or something below it, without a version says so. False where that is not
    known.
    """
    owner, _, name = dotted.rpartition(".")
    return dotted.partition(".")[0] in _SAME_ON_ALL_PLATFORMS and (
        any(dotted in row.owners.split() for row in _index().get(dotted, ()))
        or any(
            name in row.names.split() and owner in row.owners.split()
            for row in _index().get(owner, ())
        )
    )


def is_preloaded(dotted: str) -> bool:
    """Whether CPython has loaded its top-level module before any code of a project runs.

    No file of a project can shadow it, nor anything below it.
    """
    return facts(dotted.partition(".")[0]).is_preloaded


@cache
def names_saying(field: str, value: object = True) -> tuple[str, ...]:
    """The names of all rows that say that, in the order of the table; `name.*` for all below."""
    found = (name for row in ROWS if row.says.get(field) == value for name, _ in row.dotted())
    return tuple(dict.fromkeys(found))


def _rows_about(dotted: str) -> Iterator[Row]:
    """The rows that speak of a name, those that name least of it first."""
    index = _index()
    at = dotted.find(".")
    while at >= 0:
        yield from (row for row in index.get(dotted[:at], ()) if row.names == "*")
        at = dotted.find(".", at + 1)
    owner, _, name = dotted.rpartition(".")
    yield from (row for row in index.get(owner, ()) if name in _plain(row.names))
    yield from (row for row in index.get(dotted, ()) if not row.names)


@cache
def _index() -> dict[str, list[Row]]:
    """The rows about each owner, in the order of the table."""
    index: dict[str, list[Row]] = {}
    for each in ROWS:
        for owner in _plain(each.owners):
            index.setdefault(owner, []).append(each)
    return index


def _plain(names: str) -> Sequence[str]:
    """Names of a row without the marks of their versions."""
    if ">" in names or "<" in names:
        return [versioned(name)[0] for name in names.split()]
    return names.split()
