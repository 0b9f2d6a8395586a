"""Signs that a file is still the one that was read, without reading it.

A *stamp* has what the disk says of a file (when it was changed, its size), and a digest of its
bytes. If the disk says the same as before, the file is not read. But a file that is changed twice
within one tick of the disk's clock looks the same after the second time. So a stamp that was taken
within `_TICK` of the file's last change proves nothing, and the digest decides ("racy git",
Documentation/technical/racy-git.txt in git). The digest also decides when the disk says something
else: a file that was only touched, or checked out anew, has not changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from time import time_ns
from typing import Final, TypeAlias

from import_cycles.base.names import SourcePath

Stamp: TypeAlias = tuple[int, int, int, bytes]
"""Time of the last change of the content and of the entry, in ns; size; digest."""

DIGEST_SIZE: Final = 16
_TICK: Final = 2_000_000_000
"""Nanoseconds. FAT has the coarsest clock; some network disks are a little off."""
_NEVER: Final = -1
"""A time that no file has."""


def digest(data: bytes, *, is_plain: bool = True) -> bytes:
    """Stands for the content of a file; `is_plain` unless its text is that of other bytes, too."""
    person = b"" if is_plain else b"encoded"
    return blake2b(data, digest_size=DIGEST_SIZE, person=person).digest()


def stamp(status: os.stat_result, content: bytes) -> Stamp:
    """The stamp of a file that was read after its status was asked for; `content` is a digest."""
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    is_sure = changed < time_ns() - _TICK
    return (status.st_mtime_ns if is_sure else _NEVER, status.st_ctime_ns, status.st_size, content)


def differing(paths: Iterable[SourcePath], stamps: Mapping[SourcePath, Stamp]) -> list[SourcePath]:
    """The files that may have changed. About 3 µs a file."""
    found = []
    ask = os.stat
    for path in paths:
        known = stamps.get(path)
        try:
            if known is not None:
                now = ask(path)
                if (now.st_mtime_ns, now.st_ctime_ns, now.st_size) == known[:3]:
                    continue
        except (OSError, ValueError):
            pass
        found.append(path)
    return found
