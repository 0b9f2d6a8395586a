"""What quick fixes read of a workspace besides its analysis: texts, and names in strings.

`mock.patch("shop.orders.Order")` or a plug-in registry look a name up in the module that the
string tells; an import that moves away from there breaks them, and no import graph shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from import_cycles.base.names import SourcePath

_DOTTED_STRING: Final = re.compile(r"""["']([^\W\d]\w*(?:\.[^\W\d]\w*)+)["']""")


class DottedStrings:
    """Which files have which dotted names as strings. A file is read when somebody first asks.

    Cost of the first question: all files are read, about 0.1 ms each; after that, those that
    have changed.
    """

    def __init__(self, text_of: Callable[[SourcePath], str | None]) -> None:
        self._text_of = text_of
        self._strings: dict[SourcePath, frozenset[str]] = {}
        self._holders: dict[str, set[SourcePath]] = {}

    def forget(self, paths: Iterable[SourcePath]) -> None:
        """The texts of these files may be others now."""
        for path in paths:
            for string in self._strings.pop(path, ()):
                self._holders[string].discard(path)

    def holders(self, dotted: str, files: Iterable[SourcePath]) -> tuple[SourcePath, ...]:
        """The files, of those that there are, with a string that is this name or goes on from it."""
        for path in files:
            if path not in self._strings:
                self._learn(path)
        return tuple(sorted(self._holders.get(dotted, ())))

    def _learn(self, path: SourcePath) -> None:
        found: set[str] = set()
        for string in _DOTTED_STRING.findall(self._text_of(path) or ""):
            parts = string.split(".")
            found.update(".".join(parts[:length]) for length in range(2, len(parts) + 1))
        self._strings[path] = frozenset(found)
        for string in found:
            self._holders.setdefault(string, set()).add(path)
