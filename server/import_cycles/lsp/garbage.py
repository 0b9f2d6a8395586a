"""When garbage is collected: young objects at any time, old ones while the client is idle.

A large project is some hundred thousand objects that stay. Looking through all of them takes a
tenth of a second, and the collector would do so in the middle of every fiftieth edit or so.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_BY_HAND: Final = 1_000_000
"""So many collections of younger objects before old ones are looked at unasked."""

_MANY: Final = 10
"""Collections of younger objects after which old ones are worth a look; Python's own default."""


def leave_old_objects_alone() -> None:
    """From here on, old objects are collected by `collect_old_objects` only."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _BY_HAND)


def collect_old_objects() -> None:
    """Collect everything if that is worth it. Cost: about 0.5 µs for each object that is kept."""
    if gc.get_count()[2] >= _MANY:
        gc.collect()


@contextmanager
def no_collections() -> Iterator[None]:
    """Without the collector, for a step that makes millions of small objects that all stay.

    It would only walk them over and over, now and with each later edit.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
