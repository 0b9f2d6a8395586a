"""Words for people that messages of several layers share."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 module`, `2 modules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"
