"""Room for Python's frames.

From 3.11 on, CPython keeps the frames of Python functions in pieces of memory of 16 KB, taken from
the operating system and given back as calls go over the edge of one and return (Python/pystate.c,
`push_chunk` and `_PyThreadState_PopFrame`). Code that calls at just that depth in a loop pays a
thousand times the price of a call. The import machine recurses deeply and at every depth: a sixth
of its time went into that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import TypeVar

_Result = TypeVar("_Result")

_ROOM = 4 << 20
"""Bytes. They are reserved; only what is used counts as memory of the process."""


def with_room(act: Callable[[], _Result]) -> _Result:
    """Run an act in which calls find room in one piece of memory, as far as it goes.

    Each thread has its own frames, so this is for the outermost function of one.
    """
    result: _Result = _call(act)
    return result


def _plainly(act: Callable[[], _Result]) -> _Result:
    return act()


_call = _plainly
if sys.implementation.name == "cpython" and sys.version_info >= (3, 11):
    # A frame that is larger than a piece gets one of the next power of two: what is left of that is
    # for the frames behind it.
    _code = _plainly.__code__.replace(co_stacksize=_ROOM // 8)
    _call = FunctionType(_code, globals(), "_with_a_large_frame")  # type: ignore[assignment]
