"""Which lines of a text can matter to a module although the function around them never runs.

The body of a function is lowered on request; most functions are never called while modules load.
Some facts must be known before: its imports, its `global` declarations, and the functions and
lambdas in it, since those are counted. Each of these needs a certain word, so a line without such a
word can be skipped. A line in a string or a comment may seem to matter; that costs time.
Tests: tests/properties/test_waiting_bodies.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from string import ascii_letters, digits
from typing import Final
from unicodedata import is_normalized

from import_cycles.syntax.imports import LOADING_WORDS

_EAGER_WORDS: Final = ("import", "lambda", "global")
_DEFINITIONS: Final = ("def ", "def\t", "def\f", "def\\")
"""What starts a function: nothing but white space and `async` may stand before, in its line."""


class EagerLines:
    """The lines of one text, counted from 1, that matter in a function that never runs.

    `odd_lines` are those that are not normalized.
    """

    def __init__(self, text: str, odd_lines: Iterable[int]) -> None:
        eager_lines = {place for word in _EAGER_WORDS for place in _places(text, word)}
        eager_lines.update(_definitions(text))
        self._eager = _numbers(text, eager_lines)
        self._obscure: list[int] = []
        if any(word in text for word in LOADING_WORDS):
            obscure = {place for word in LOADING_WORDS for place in _places(text, word)}
            self._obscure = _numbers(text, obscure)
        self._obscure = sorted({*self._obscure, *odd_lines})

    def any_in(self, first: int, last: int) -> bool:
        """Whether one of these lines matters."""
        return _any_in(self._eager, first, last)

    def obscure_in(self, first: int, last: int) -> bool:
        """Whether one of these lines may import in a way that its words do not tell."""
        return bool(self._obscure) and _any_in(self._obscure, first, last)


def not_normalized(text: str) -> list[int]:
    """Lines, counted from 1, in which a name can be another one for Python than it is here."""
    if text.isascii() or is_normalized("NFKC", text):
        return []
    return [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if not line.isascii() and not is_normalized("NFKC", line)
    ]


def lines_with(text: str, keywords: Iterable[str]) -> list[int]:
    """The numbers, from 1, of the lines with one of these keywords or operators, sorted.

    Not those where a keyword is a part of a name, as in `async_setup`.
    """
    return _numbers(
        text,
        {
            place
            for word in keywords
            for place in _places(text, word)
            if not word.isalpha()
            or (
                text[place - 1 : place] not in _LETTERS_BEFORE
                and text[place + len(word) : place + len(word) + 1] not in _IN_NAMES
            )
        },
    )


_LETTERS_BEFORE: Final = frozenset(ascii_letters + "_")
"""A digit may end a number."""
_IN_NAMES: Final = frozenset(ascii_letters + digits + "_")


def _any_in(numbers: list[int], first: int, last: int) -> bool:
    place = bisect_left(numbers, first)
    return place < len(numbers) and numbers[place] <= last


def _places(text: str, word: str) -> Iterator[int]:
    """Where a word stands. Searching for plain words is far quicker than for one of several."""
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _definitions(text: str) -> Iterator[int]:
    for word in _DEFINITIONS:
        for place in _places(text, word):
            before = text[text.rfind("\n", 0, place) + 1 : place].strip()
            if not before or before == "async":
                yield place


def _numbers(text: str, places: set[int]) -> list[int]:
    """The numbers, from 1, of the lines with these places."""
    numbers: list[int] = []
    line, counted = 1, 0
    for place in sorted(places):
        line += text.count("\n", counted, place)
        counted = place
        if not numbers or numbers[-1] != line:
            numbers.append(line)
    return numbers
