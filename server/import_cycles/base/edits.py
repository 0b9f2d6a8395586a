"""Changes of a text: lists of replacements (quick fixes), and what an editor sends while typing.

The edits of one list all speak of the same text, the one before any of them (LSP 3.17,
"TextEdit[]"). The changes of one `didChange` come one after the other: each speaks of the text
that the one before it left. Tests: tests/properties/test_text.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from import_cycles.base.record import record
from import_cycles.base.text import Encoding, LineIndex, Span


@record
class TextEdit:
    """Replaces the text in `span`; an empty span inserts."""

    span: Span
    new_text: str


class OverlappingEdits(ValueError):  # noqa: N818 - named for what happened
    """Two edits of one list want the same text."""

    def __init__(self, first: TextEdit, second: TextEdit) -> None:
        super().__init__(f"{first} and {second} overlap")
        self.first = first
        self.second = second


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """The text after all of `edits`, in whatever order they are listed.

    Insertions at one offset keep their order and stand before a replacement that begins there.
    Raises OverlappingEdits for replacements that share a character, and for an insertion
    strictly inside of a replacement.
    """
    # `sorted` is stable: this keeps the order of insertions.
    in_order = sorted(edits, key=lambda edit: edit.span)
    pieces: list[str] = []
    done = 0
    last: TextEdit | None = None
    for edit in in_order:
        if last is not None and edit.span.start < done:
            raise OverlappingEdits(last, edit)
        pieces += (text[done : edit.span.start], edit.new_text)
        done = edit.span.end
        last = edit
    pieces.append(text[done:])
    return "".join(pieces)


def line_edits(before: str, after: str) -> Iterator[TextEdit]:
    """The whole lines in which two texts differ. Cost: that of `difflib` for what lies between the
    first and the last of them.
    """
    # Imported only now: most runs of the program compare no texts.
    from difflib import SequenceMatcher

    old, new = (_LINES.split(text) for text in (before, after))
    first = _n_common(old, new)
    last = _n_common(old[first:][::-1], new[first:][::-1])
    starts = [0, *accumulate(map(len, old))]
    matcher = SequenceMatcher(
        None, old[first : len(old) - last], new[first : len(new) - last], autojunk=False
    )
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            span = Span(starts[first + i], starts[first + j])
            yield TextEdit(span, "".join(new[first + k : first + m]))


def _n_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts have in common from the start."""
    number = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        number += 1
    return number


_LINES: Final = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def apply_range_change(
    index: LineIndex,
    start: tuple[int, int],
    end: tuple[int, int],
    new_text: str,
    encoding: Encoding,
) -> LineIndex:
    """The text after an editor's change of a range, indexed so that the next change can follow.

    `start` and `end` are line and column in `encoding` units; places outside of the text are
    moved into it as `LineIndex.offset` does, and a range that runs backwards is turned round.
    Costs one pass over the text.
    """
    first, last = sorted((index.offset(*start, encoding), index.offset(*end, encoding)))
    return LineIndex(index.text[:first] + new_text + index.text[last:])
