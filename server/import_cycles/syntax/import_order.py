"""The order of import statements, and of the names in one, that an import sorter makes.

That of `ruff check --select I` without configuration, which is isort's but for rare names: sections
(future, standard library, third party, the project, relative), in each `import x` before
`from x import y`, then by name; names in a list by kind, then by name. Source: ruff,
crates/ruff_linter/src/rules/isort/{categorize,sorting,order}.rs. tests/properties/test_import_sorting.py
compares with ruff itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Final

_NUMBER: Final = re.compile(r"(\d+)")
_DIGIT: Final = ord("0")

_Natural = tuple[tuple[int, int], ...]


def import_section(module: str, level: int, *, is_of_project: bool) -> int:
    """Which of the five groups a module is imported in, from 0; `level` counts leading dots."""
    if level:
        return 4
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    if top in sys.stdlib_module_names:
        return 1
    return 3 if is_of_project else 2


def import_key(
    module: str, level: int, names: Iterable[str] | None, alias: str = "", *, is_of_project: bool
) -> tuple[object, ...]:
    """What statements are sorted by; `names` is the `from` list, or None for `import module`."""
    section = import_section(module, level, is_of_project=is_of_project)
    key = (section, names is not None, -level, _natural(module.lower()), _natural(module))
    if names is None:
        return (*key, bool(alias), _natural(alias))
    first = min(names, key=name_key)
    return (*key, first != "*", name_key(first))


def name_key(name: str) -> tuple[object, ...]:
    """What the names of a list are sorted by: constants, then classes, then what else there is."""
    if len(name) > 1 and name.isupper():
        kind = 0
    else:
        kind = 1 if name[:1].isupper() else 2
    return kind, _natural(name.lower()), _natural(name)


def _natural(name: str) -> _Natural:
    """Numbers in it count as such: `a2` comes before `a10`."""
    parts = _NUMBER.split(name)
    key: list[tuple[int, int]] = []
    for position, part in enumerate(parts):
        if position % 2:
            key.append((_DIGIT, int(part)))
        else:
            key.extend((ord(letter), 0) for letter in part)
    return tuple(key)
