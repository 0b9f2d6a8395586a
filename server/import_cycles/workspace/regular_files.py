"""Reads the files of a project, and nothing that only has the name of a file.

A project can hold a link to `/dev/zero` that is called `x.py` (git stores such links), or a pipe
without a writer. This module opens only regular files, as Python's own import does (`_path_isfile`
in Lib/importlib/_bootstrap_external.py), and reads at most a fixed number of bytes. Every refusal
is an OSError whose `strerror` goes into a message.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Final

LIMIT: Final = 20_000_000
"""Bytes of the largest file that is read."""

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # what became a pipe since must not hold us up
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_PIECE: Final = 1 << 16


def read_file(path: str | Path) -> tuple[os.stat_result, bytes]:
    """A file's status and then its bytes. Raises OSError, also for what is no regular file."""
    # Asked before opening, too: opening alone triggers some devices.
    _check(os.stat(path))  # noqa: PTH116 - thousands of them: a Path each is too dear
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        _check(status)
        return status, _read(file, status.st_size)
    finally:
        os.close(file)


def read_settings(path: Path, encoding: str = "utf-8", errors: str = "replace") -> str:
    """The text of a file of settings, all line ends as newlines. Raises OSError as `read_file`."""
    return TextIOWrapper(BytesIO(read_file(path)[1]), encoding, errors).read()


def _check(status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {_kind(mode)}, no regular file")
    if status.st_size > LIMIT:
        raise _too_large()


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _read(file: int, size: int) -> bytes:
    """What is in an open file; its size is a guess, since it may be growing."""
    data = os.read(file, size + 1)
    while piece := os.read(file, _PIECE):
        data += piece
        if len(data) > LIMIT:
            raise _too_large()
    return data


def _too_large() -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {LIMIT // 1_000_000} MB")
