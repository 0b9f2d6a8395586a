"""Identifies the program that made a result: two programs of one tag make the same of a text.

The tag changes with every change of the code, so versions need not be counted by hand. An
installed package is known by the hashes in its RECORD, which are the same on all machines; one
that runs from its sources by names, sizes and times of its files. About 2 ms.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path

from import_cycles import __version__

_PACKAGE = Path(__file__).parents[1]


@cache
def semantics_tag() -> bytes:
    """Eight bytes for the code of this program and the Python that runs it."""
    told = f"{__version__} {sys.implementation.cache_tag} {sys.version}\n{_code(_PACKAGE)}"
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _code(package: Path) -> str:
    record = package.parent / f"{package.name}-{__version__}.dist-info" / "RECORD"
    try:
        lines = record.read_text("utf-8").splitlines()
    except OSError:
        return "\n".join(sorted(_files(str(package))))
    return "\n".join(sorted(line for line in lines if line.startswith(f"{package.name}/")))


def _files(folder: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                found += _files(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return found
