"""Diagnostics of all files, open or not: which are due, and which were sent already.

A cycle concerns the whole project, so the server reports findings of closed files, too. It sends
the list of a file only when it differs from the last one sent. A file that became clean gets an
empty list.

A list is about one text. If the client has sent a newer text meanwhile, the server holds the list
back: its ranges are out of date, some clients drop it for its version, and the batch with the newer
text is under way. So the server decides what is due at the moment of sending, never before.

Sending goes in slices, and the event loop does other work between them: the first index of a large
project brings thousands of lists.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

from import_cycles.analysis.change import Problem, ShownFinding
from import_cycles.base.names import SourcePath
from import_cycles.lsp.convert import Diagnostics
from import_cycles.lsp.documents import OpenDocuments
from import_cycles.lsp.projects import owner
from import_cycles.lsp.schedule import BatchResult, View

_log = logging.getLogger(__name__)

_SLICE = 0.01
"""Seconds of sending without a pause."""


class DiagnosticsClient(Protocol):
    """The part of the client that shows diagnostics."""

    def diagnostics(
        self, findings: Iterable[ShownFinding], problems: Iterable[Problem]
    ) -> Diagnostics:
        """What the client gets to see of them."""
        ...

    def publish(self, uri: str, version: int | None, diagnostics: Diagnostics) -> None:
        """Replaces everything that is shown about a file."""
        ...


def is_configuration(path: SourcePath) -> bool:
    """Whether problems of that file are shown in it, as diagnostics."""
    return path.endswith("/pyproject.toml")


class Publisher:
    """What the client shows, and how to get from there to what is true."""

    def __init__(self, client: DiagnosticsClient, documents: OpenDocuments) -> None:
        self._client = client
        self._documents = documents
        self._views: Mapping[SourcePath, View] = {}
        self._analysed: Mapping[SourcePath, int] = {}
        self._sent: dict[SourcePath, Diagnostics] = {}
        self._suspects: set[SourcePath] = set()
        self._doubtful: set[SourcePath] = set()
        self._sending: asyncio.Task[None] | None = None

    def take(self, outcome: BatchResult) -> None:
        """From here on `outcome` is the truth."""
        before = self._views
        self._views = {view.folder: view for view in outcome.views}
        self._analysed = outcome.analysed
        self._suspects |= outcome.touched
        if before.keys() != self._views.keys():
            # A file may belong to another folder now, or to none.
            self._suspects |= self._sent.keys()
        for view in (*before.values(), *self._views.values()):
            self._suspects.update(
                problem.path for problem in view.problems if is_configuration(problem.path)
            )
        self._send_soon()

    def forget(self, path: SourcePath) -> None:
        """Marks everything as unsent: some clients start anew when a document opens."""
        self._doubtful.add(path)
        self._suspects.add(path)

    def view_of(self, path: SourcePath) -> View | None:
        """The view that counts for a file."""
        folder = owner(path, self._views)
        return None if folder is None else self._views[folder]

    def close(self) -> None:
        """Sends nothing any more."""
        if self._sending is not None:
            self._sending.cancel()

    def _send_soon(self) -> None:
        if self._suspects and (self._sending is None or self._sending.done()):
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        held_back: set[SourcePath] = set()
        pause_at = time.monotonic() + _SLICE
        while self._suspects:
            # Open documents first: the user is looking at those.
            for path in sorted(self._suspects, key=self._urgency):
                self._suspects.discard(path)
                try:
                    if not self._settle(path):
                        held_back.add(path)
                except Exception:
                    _log.exception("Diagnostics of %s could not be sent", path)
                if time.monotonic() >= pause_at:
                    await asyncio.sleep(0)
                    pause_at = time.monotonic() + _SLICE
        self._suspects = held_back

    def _urgency(self, path: SourcePath) -> tuple[bool, str]:
        return self._documents.at_path(path) is None, path

    def _settle(self, path: SourcePath) -> bool:
        """Sends what is due for a file; False when it must wait for a newer text."""
        document = self._documents.at_path(path)
        serial = None if document is None else document.serial
        if self._analysed.get(path) != serial:
            return False
        due = self._due(path)
        is_known = due == self._sent.get(path, ())
        if is_known and not (due and path in self._doubtful):
            return True
        self._doubtful.discard(path)
        if due:
            self._sent[path] = due
        else:
            self._sent.pop(path, None)
        version = None if document is None else document.version
        self._client.publish(self._documents.uri_of(path), version, due)
        return True

    def _due(self, path: SourcePath) -> Diagnostics:
        view = self.view_of(path)
        findings = () if view is None else view.snapshot.findings.get(path, ())
        problems: dict[Problem, None] = {}
        if is_configuration(path):
            for known in self._views.values():
                problems.update((each, None) for each in known.problems if each.path == path)
        return self._client.diagnostics(findings, problems)
