"""Words for people that messages of several layers share."""

from __future__ import annotations

import re
from typing import Final

UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What commands a terminal, ends a line, or turns the direction of writing (UAX 9); tabs do none."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 module`, `2 modules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def printable(text: str) -> str:
    """`text` on one line; what a file name holds must not command a terminal or a CI log."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
