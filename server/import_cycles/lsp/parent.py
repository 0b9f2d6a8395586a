"""Leaving when the editor is gone, even if it could not say goodbye.

The end of standard input says so in most cases; but another process may hold the pipe open, and
sockets have no such end on a crash. LSP 3.17 ("InitializeParams", `processId`): "If the parent
process is not alive then the server should exit". A process that cannot be seen in the first
place is not watched: server and editor may live in different containers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys

if sys.platform == "win32":
    import ctypes

_log = logging.getLogger(__name__)

PAUSE = 3.0
"""Seconds between two looks."""


async def parent_is_gone(process_id: int, pause: float = PAUSE) -> None:
    """Returns when that process, alive now, has ended; never if it cannot be seen."""
    if not is_alive(process_id):
        _log.warning("Process %d cannot be seen from here: not watching it", process_id)
        await asyncio.get_running_loop().create_future()
    while is_alive(process_id):
        await asyncio.sleep(pause)


def is_alive(process_id: int) -> bool:
    """Whether there is such a process. A zombie counts as alive."""
    if process_id <= 0:
        return False
    if sys.platform == "win32":
        # `os.kill(pid, 0)` would end the process there: 0 is CTRL_C_EVENT.
        synchronize, timed_out = 0x0010_0000, 0x102
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(synchronize, False, process_id)
        if not handle:
            return False
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
        finally:
            kernel.CloseHandle(handle)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # The process belongs to another user, or the number is no process id; it is not watched.
        return True
    return True
