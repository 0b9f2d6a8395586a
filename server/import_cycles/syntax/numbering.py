"""The numbers of codes and marks: in the order of the text, with room between them.

Results of runs and surveys name a code by its number, and a spot by that of a mark. A text that was
read for the first time has them at even distances. After an edit, what stood in the text before
keeps its numbers, and what is new gets numbers in between (`syntax.renumbering`). So results
that name what stands below an added line stay true. Nothing may depend on a number but identity
and order, in which both ways of numbering agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

STEP: Final = 1 << 20
"""The distance of neighbours in a text that was read for the first time. Each insertion at one place
may halve what is left there."""

WRONG_LINE: Final = 2 * STEP
"""The mark of the mistake in a text that does not parse or compile."""

_EVEN: Final = [number * STEP for number in range(1024)]
"""Shared by all summaries, for there are very many."""


def even_number(index: int) -> int:
    """The number of that index in a text that was read for the first time."""
    return _EVEN[index] if index < len(_EVEN) else index * STEP


def index_of(number: int, numbers: Sequence[int]) -> int:
    """The place of a number; `numbers` are all of them in order, none where they are even."""
    if not numbers:
        return number // STEP
    index = bisect_left(numbers, number)
    return index if index < len(numbers) and numbers[index] == number else len(numbers)
