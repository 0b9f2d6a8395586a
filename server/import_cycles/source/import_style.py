"""How a project sorts its imports: the settings of ruff and isort that change what is written."""

from __future__ import annotations

import re
from typing import Final

from import_cycles.base.record import record
from import_cycles.syntax.import_order import import_key, name_key


@record
class SortStyle:
    """Settings by isort's names, which ruff shares; the defaults are those of `ruff check --select I`.

    Sources: isort's "Configuration options" and "Built-in profiles" (isort/profiles.py); ruff's settings
    reference, `lint.isort`.
    """

    is_isort: bool = False
    """Renamed names end a list in isort, and stand behind it in ruff."""
    split_on_trailing_comma: bool = True
    """Whether a list in brackets with a comma behind its last name stays in brackets."""
    line_length: int = 88
    force_single_line: bool = False
    single_line_exclusions: frozenset[str] = frozenset()
    force_sort_within_sections: bool = False
    lexicographical: bool = False
    group_by_package: bool = False
    order_by_type: bool = True
    case_sensitive: bool = False
    combine_as_imports: bool = False
    force_grid_wrap: int = 0
    """From so many names on, each stands on a line of its own, whatever the length."""
    include_trailing_comma: bool = True
    """Behind the last name of such a list."""
    lines_after_imports: int = -1
    """-1: two above a definition, else one."""
    lines_between_types: int = 0
    known_first_party: frozenset[str] = frozenset()
    known_third_party: frozenset[str] = frozenset()

    def name_key(self, name: str) -> tuple[object, ...]:
        """What the names of a list are sorted by."""
        kind, lower, exact = name_key(name)
        # isort leaves names that differ in case alone in their order.
        key = (lower,) if self.is_isort and not self.case_sensitive else (lower, exact)
        return (kind, *key) if self.order_by_type else key

    def statement_key(
        self,
        module: str,
        level: int,
        names: list[str] | None,
        asname: str,
        line: str,
        *,
        ours: bool,
    ) -> tuple[object, ...]:
        """What statements are sorted by; `line` is the text without brackets."""
        key = import_key(module, level, names, asname, is_of_project=ours)
        if names:
            first = min(names, key=self.name_key)
            key = (*key[:-1], self.name_key(first), asname)
        section, is_from, *rest = key
        if not self.force_sort_within_sections:
            return key
        if not self.is_isort:
            # ruff, order.rs: the module first, then `import` before `from`.
            return (section, *rest[:3], is_from, *rest[3:])
        # isort/sorting.py, `section_key`.
        text = line.partition(" ")[2]
        if self.group_by_package and names is not None:
            text = text.partition(" import ")[0]
        if self.lexicographical:
            text = text.replace(" import ", ".", 1)
        return (section, _parts(text if self.order_by_type else text.lower()), is_from, *rest)


def _parts(text: str) -> tuple[str | int, ...]:
    """What stands between numbers, and the numbers: isort/sorting.py, `_natural_keys`."""
    return tuple(int(part) if part.isdigit() else part for part in _NUMBER.split(text))


_NUMBER: Final = re.compile(r"(\d+)")

DEFAULT: Final = SortStyle()
