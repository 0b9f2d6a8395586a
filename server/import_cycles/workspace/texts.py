"""What quick fixes read of a workspace besides its analysis: texts, and names in strings.

`mock.patch("shop.orders.Order")` or a plug-in registry look a name up in the module that the
string tells; an import that moves away from there breaks them, and no import graph shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.findings.annotation_words import AnnotationReader, Reads, annotation_words

_DOTTED_STRING: Final = re.compile(r"""["']([^\W\d]\w*(?:\.[^\W\d]\w*)+)["']""")
_ATTRIBUTE_STRING: Final = re.compile(
    r"""\b(?:setattr|delattr|object)\s*\(\s*[^"'()]*,\s*["']([^\W\d]\w*)["']"""
)
_FORMATTED: Final = re.compile(r"""\}\.([^\W\d]\w*)["']""")
"""The end of `f"{MODULE}.Order"`."""
_MULTIPLE: Final = re.compile(r"""\bmultiple\s*\(([^()]*)""")
_KEYWORD: Final = re.compile(r"""\b(\w+)\s*=(?!=)""")


def mentions_in(text: str) -> frozenset[str]:
    """The dotted names that stand in a text as strings, those around them included.

    Without a dot, the attributes that it sets by name: `setattr(orders, "Order", …)`,
    `patch.object`, `patch.multiple`, and those of a module whose name is formatted.
    """
    found = {match[1] for match in _ATTRIBUTE_STRING.finditer(text)}
    found.update(_FORMATTED.findall(text))
    for arguments in _MULTIPLE.finditer(text):
        found.update(_KEYWORD.findall(arguments[1]))
    for string in _DOTTED_STRING.findall(text):
        parts = string.split(".")
        found.update(".".join(parts[:length]) for length in range(2, len(parts) + 1))
    return frozenset(found)


class DottedStrings:
    """Which files have which dotted names as strings. A file is read when somebody first asks.

    Cost of the first question: all files are read, about 0.1 ms each; after that, those that
    have changed.
    """

    def __init__(self, text_of: Callable[[SourcePath], str | None]) -> None:
        self._text_of = text_of
        self._strings: dict[SourcePath, frozenset[str]] = {}
        self._holders: dict[str, set[SourcePath]] = {}
        self._words: dict[SourcePath, dict[str, Reads]] = {}

    def forget(self, paths: Iterable[SourcePath]) -> None:
        """The texts of these files may be others now."""
        for path in paths:
            self._words.pop(path, None)
            for string in self._strings.pop(path, ()):
                self._holders[string].discard(path)

    def holders(self, dotted: str, files: Iterable[SourcePath]) -> tuple[SourcePath, ...]:
        """The files, of those that there are, with a string that is this name or goes on from it."""
        self._learn(files)
        return tuple(sorted(self._holders.get(dotted, ())))

    def annotation_readers(self, files: Iterable[SourcePath]) -> tuple[AnnotationReader, ...]:
        """Signs in the files that annotations are read at run time, each with one file."""
        files = sorted(files)
        self._learn(files)
        found: dict[tuple[str, Reads], AnnotationReader] = {}
        for path in files:
            for word, reads in self._words.get(path, {}).items():
                found.setdefault((word, reads), AnnotationReader(word, reads, path))
        return tuple(found.values())

    def _learn(self, files: Iterable[SourcePath]) -> None:
        for path in files:
            if path not in self._strings:
                self._read(path, self._text_of(path) or "")

    def _read(self, path: SourcePath, text: str) -> None:
        words = annotation_words(text)
        if words:
            self._words[path] = words
        found = mentions_in(text)
        self._strings[path] = found
        for string in found:
            self._holders.setdefault(string, set()).add(path)
