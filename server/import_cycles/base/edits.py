"""Changes of a text: lists of replacements (quick fixes), and what an editor sends while typing.

The edits of one list all speak of the same text, the one before any of them (LSP 3.17,
"TextEdit[]"). The changes of one `didChange` come one after the other: each speaks of the text
that the one before it left. Tests: tests/properties/test_text.py.
"""

from __future__ import annotations

from collections.abc import Iterable

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
