"""What quick fixes read of a workspace besides its analysis: texts, and names in strings.

`mock.patch("shop.orders.Order")` or a plug-in registry looks a name up in the module that a string
names. An import that moves away from there breaks them, and no import graph shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.libraries.facts import Reads
from import_cycles.proposals.annotation_words import AnnotationReader, annotation_words
from import_cycles.proposals.fix import OF_APPS, OF_CLASSES

_DOTTED_STRING: Final = re.compile(r"""["']([^\W\d]\w*(?:\.[^\W\d]\w*)+)["']""")
# A pattern that begins with letters is looked for ten times as fast as one that begins with a choice.
_SETTING_CALLS: Final = tuple(
    (name, re.compile(rf"{name}\s*\(")) for name in ("setattr", "delattr", "object", "multiple")
)
_CHANGES: Final = r"\s*(?:\[|\.\s*(?:update|setdefault|pop)\s*\()"
_CHANGED_NAMESPACES: Final = (
    ("__dict__", re.compile(rf"__dict__{_CHANGES}")),
    ("vars", re.compile(rf"vars\s*\([^()]*\){_CHANGES}")),
)
_WORD: Final = re.compile(r"""["']([^\W\d]\w*)["']|\b(\w+)\s*=(?!=)""")
_FORMATTED: Final = re.compile(r"""\}\.([^\W\d]\w*)["']""")
"""The end of `f"{MODULE}.Order"`."""
_IN_MODULES: Final = (
    ("modules", re.compile(r"""modules\s*(?:\[|\.\s*\w+\s*\()\s*["']([\w.]+)["']""")),
    ("import_module", re.compile(r"""import_module\s*\(\s*["']([\w.]+)["']""")),
)
_SIMPLE_STRING: Final = re.compile(r"""["']([^\W\d]\w*(?:\.[^\W\d]\w*)*)["']""")
_CLASS: Final = re.compile(r"class[ \t]+(\w+)")
_EXAMPLE: Final = re.compile(r"^[ \t]*>>> *from +([\w.]+) +import +\(?([\w, ]+)", re.MULTILINE)
_RELOAD: Final = (("reload", re.compile(r"reload\s*\(")),)
_LONGEST_CALL: Final = 400


def mentions_in(text: str) -> frozenset[str]:
    """The dotted names that stand in a text as strings, those around them included.

    Without a dot, the attributes that it may set by name: the strings and keywords of `setattr`,
    `patch.object`, `patch.multiple`, those behind `vars()` and `__dict__`, and the end of a name that
    is formatted. With a colon in front, the modules that it gets hold of without an import statement;
    a colon alone says that it reloads some module. With `app:` in front, each name in quotes of a text
    that speaks of Django's `INSTALLED_APPS`; with `class:`, each class that a line makes. With `>>>`,
    the names that doctests import.
    """
    found = set(_FORMATTED.findall(text))
    for match in _matches((*_SETTING_CALLS, *_CHANGED_NAMESPACES), text):
        words = _WORD.findall(_in_brackets(text, match.end()))
        found.update(name or keyword for name, keyword in words)
    for string in _DOTTED_STRING.findall(text):
        parts = string.split(".")
        found.update(".".join(parts[:length]) for length in range(2, len(parts) + 1))
    found.update(f":{match[1]}" for match in _matches(_IN_MODULES, text))
    if ">>>" in text:
        for module, names in _EXAMPLE.findall(text):
            found.update(
                f">>>{module}.{name.split()[0]}" for name in names.split(",") if name.strip()
            )
    if any(_matches(_RELOAD, text)):
        found.add(":")
    found.update(
        f"{OF_CLASSES}{match[1]}"
        for match in _CLASS.finditer(text)
        if not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
    )
    if "INSTALLED_APPS" in text:
        found.update(f"{OF_APPS}{name}" for name in _SIMPLE_STRING.findall(text))
    return frozenset(found)


def _matches(patterns: Iterable[tuple[str, re.Pattern[str]]], text: str) -> Iterator[re.Match[str]]:
    """The matches of patterns that begin with a word, each given with it, where the word begins."""
    for word, pattern in patterns:
        if word in text:
            for match in pattern.finditer(text):
                before = text[match.start() - 1 : match.start()]
                if not (before.isalnum() or before == "_"):
                    yield match


def _in_brackets(text: str, start: int) -> str:
    """What stands between a bracket that ends at `start` and its other half."""
    depth = 1
    for offset in range(start, min(start + _LONGEST_CALL, len(text))):
        depth += (text[offset] in "([{") - (text[offset] in ")]}")
        if not depth:
            return text[start:offset]
    return text[start : start + _LONGEST_CALL]


class DottedStrings:
    """Which files have which dotted names as strings. A file is read at the first request.

    Cost of the first question: all files are read, about 0.1 ms each; after that, those that
    have changed.
    """

    def __init__(self, text_of: Callable[[SourcePath], str | None]) -> None:
        self._text_of = text_of
        self._strings: dict[SourcePath, frozenset[str]] = {}
        self._holders: dict[str, set[SourcePath]] = {}
        self._words: dict[SourcePath, dict[str, Reads]] = {}
        self.forgotten: set[SourcePath] = set()
        """Files that were read, but whose texts may have changed."""

    def forget(self, paths: Iterable[SourcePath]) -> None:
        """Note that the texts of these files may have changed."""
        for path in paths:
            if path in self._strings:
                self.forgotten.add(path)
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

    def prepare(self, files: Iterable[SourcePath], cancelled: Callable[[], bool]) -> None:
        """Read files ahead of the first question, until `cancelled` returns true."""
        for path in files:
            if cancelled():
                return
            self._learn([path])

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
        self.forgotten.discard(path)
        for string in found:
            self._holders.setdefault(string, set()).add(path)
