"""Progress while a folder is indexed, with a button to stop it.

The worker runs ahead of the client: it never waits for the answer to
`window/workDoneProgress/create`. Whatever happens, each progress that began also ends.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Protocol

from import_cycles.base.names import SourcePath

_log = logging.getLogger(__name__)

REPORT_PAUSE = 0.1
"""Seconds between two reports: users cannot read them faster."""


class ProgressClient(Protocol):
    """The part of the client that shows progress."""

    async def create_progress(self, token: str) -> bool:
        """Whether the client will show it."""
        ...

    def begin_progress(self, token: str, title: str) -> None:
        """It starts."""
        ...

    def report_progress(self, token: str, done: int, total: int) -> None:
        """It moves."""
        ...

    def end_progress(self, token: str, message: str) -> None:
        """It is over."""
        ...


class IndexRun:
    """One run over one folder; made and fed by the worker."""

    def __init__(self, hub: ProgressHub, folder: SourcePath) -> None:
        self.folder = folder
        self.stopped = threading.Event()
        self._hub = hub
        self._next_report = 0.0

    def advance(self, done: int, total: int) -> None:
        """`done` of `total` files are read."""
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + REPORT_PAUSE
            self._hub.call(lambda: self._hub.advanced(self, done, total))

    def end(self) -> None:
        """The run is over, well or not."""
        self._hub.call(lambda: self._hub.ended(self))


class ProgressHub:
    """All runs that are on. Its methods belong to the event loop, save `begin` and `call`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: ProgressClient | None) -> None:
        """Without a client that shows progress, runs are silent."""
        self._loop = loop
        self._client = client
        self._tokens: dict[IndexRun, str] = {}
        self._shown: set[IndexRun] = set()
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = threading.Event()

    def begin(self, folder: SourcePath) -> IndexRun:
        """Called by the worker when it starts on a folder."""
        run = IndexRun(self, folder)
        if self._closing.is_set():
            run.stopped.set()
        self.call(lambda: self._begun(run))
        return run

    def call(self, action: Callable[[], None]) -> None:
        """Does something on the event loop, from any thread."""
        try:
            self._loop.call_soon_threadsafe(action)
        except RuntimeError:
            _log.debug("The event loop is closed already")

    def cancel(self, token: object) -> None:
        """The user has pressed the button of that progress."""
        for run, known in self._tokens.items():
            if known == token:
                run.stopped.set()

    def close(self) -> None:
        """Stops all runs, and those that will begin."""
        self._closing.set()
        for run in self._tokens:
            run.stopped.set()

    def advanced(self, run: IndexRun, done: int, total: int) -> None:
        """Shows how far a run is."""
        if self._client is not None and run in self._shown:
            self._client.report_progress(self._tokens[run], done, total)

    def ended(self, run: IndexRun) -> None:
        """Takes the progress of a run away."""
        token = self._tokens.pop(run, None)
        if self._client is not None and token is not None and run in self._shown:
            self._shown.discard(run)
            self._client.end_progress(token, _last_word(run))

    def _begun(self, run: IndexRun) -> None:
        self._tokens[run] = f"import-cycles/index/{next(self._numbers)}"
        if self._closing.is_set():
            run.stopped.set()
        if self._client is not None:
            task = self._loop.create_task(self._show(self._client, run, self._tokens[run]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _show(self, client: ProgressClient, run: IndexRun, token: str) -> None:
        if not await client.create_progress(token):
            return
        client.begin_progress(token, f"Reading imports of {run.folder.rpartition('/')[2]}")
        if run in self._tokens:
            self._shown.add(run)
        else:
            client.end_progress(token, _last_word(run))


def _last_word(run: IndexRun) -> str:
    return "Stopped" if run.stopped.is_set() else "Done"
