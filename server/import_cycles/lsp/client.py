"""Messages that the server sends unasked: the client as the rest of this package sees it.

Nothing here raises because a client refuses, does not answer or does not know a method. The failure
is logged, and the caller learns that the message had no effect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from import_cycles.analysis.change import Problem, ShownFinding
from import_cycles.lsp import convert, convert_actions
from import_cycles.lsp.convert import ClientFacts, UriOf

_log = logging.getLogger(__name__)

CHANGED_NOTIFICATION = "import-cycles/changed"

PATIENCE = 10.0
"""Seconds that a client has for an answer. An editor may be busy starting others, too."""

EDIT_PATIENCE = 600.0
"""The same for a client that shows the user a preview first."""


class Client:
    """One client, with the facts that it told about itself."""

    def __init__(self, server: LanguageServer, facts: ClientFacts, uri_of: UriOf) -> None:
        self.facts = facts
        self._server = server
        self._uri_of = uri_of

    def diagnostics(
        self, findings: Iterable[ShownFinding], problems: Iterable[Problem]
    ) -> convert.Diagnostics:
        """What this client gets to see of them; equal exactly if it cannot see a difference."""
        return convert.diagnostics_of(findings, problems, self.facts, self._uri_of)

    def publish(self, uri: str, version: int | None, diagnostics: convert.Diagnostics) -> None:
        """Replaces everything that is shown about a file."""
        self._server.text_document_publish_diagnostics(
            convert.publication(uri, version, diagnostics)
        )

    def log(self, text: str, *, is_warning: bool) -> None:
        """An entry in the client's log."""
        self._server.window_log_message(convert.log_message(text, is_warning=is_warning))

    def tell_changed(self, *, is_settled: bool) -> None:
        """Says, to clients that want to know, that lists and graphs may differ from before.

        The parameters are `{"settled": …}`: whether the verdicts are in; if not, it is said again.
        """
        if self.facts.wants_changes:
            self._server.protocol.notify(CHANGED_NOTIFICATION, {"settled": is_settled})

    async def pull_settings(self, uris: Sequence[str | None]) -> list[object]:
        """Our section of the settings for each scope; None where there is no answer."""
        nothing: list[object] = [None] * len(uris)
        if not self.facts.configuration or not uris:
            return nothing
        answer = await self._ask(
            types.WORKSPACE_CONFIGURATION, convert.configuration_question(uris)
        )
        return list(answer) if answer and len(answer) == len(uris) else nothing

    async def watch_files(self, globs: Iterable[str], coming_and_going: Iterable[str]) -> bool:
        """Whether the client will tell of changes on disk."""
        if not self.facts.registers_watchers:
            return False
        return await self._register(convert.watch_registration(globs, coming_and_going))

    async def watch_settings(self) -> None:
        """Asks the client to tell when settings change; many do without being asked."""
        if self.facts.registers_configuration:
            await self._register(convert.configuration_registration())

    def tell(self, text: str) -> None:
        """Shows the answer to a user's request."""
        self._server.window_show_message(convert_actions.message(text))

    def warn(self, text: str) -> None:
        """Shows what the user should know before going on."""
        self._server.window_show_message(convert_actions.message(text, is_warning=True))

    async def choose(self, text: str, titles: Sequence[str]) -> str | None:
        """Which of the titles the user chooses; None when they choose none."""
        if not titles:
            return None
        question = convert_actions.choice(text, titles)
        answer = await self._ask(
            types.WINDOW_SHOW_MESSAGE_REQUEST, question, patience=EDIT_PATIENCE
        )
        return None if answer is None else str(answer.title)

    async def apply_edit(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Whether the client has carried an edit out; the user may take time to review it."""
        question = convert_actions.apply_edit(edit, label)
        answer = await self._ask(types.WORKSPACE_APPLY_EDIT, question, patience=EDIT_PATIENCE)
        return bool(answer and answer.applied)

    async def create_progress(self, token: str) -> bool:
        """Whether the client will show a progress of that name."""
        question = convert.progress_token(token)
        return await self._agrees(types.WINDOW_WORK_DONE_PROGRESS_CREATE, question)

    def begin_progress(self, token: str, title: str) -> None:
        """Shows a progress that `create_progress` has announced."""
        self._server.progress(convert.progress_begin(token, title))

    def report_progress(self, token: str, done: int, total: int) -> None:
        """Shows how far the work is."""
        self._server.progress(convert.progress_report(token, done, total))

    def end_progress(self, token: str, message: str) -> None:
        """Removes the progress."""
        self._server.progress(convert.progress_end(token, message))

    async def _register(self, question: types.RegistrationParams) -> bool:
        return await self._agrees(types.CLIENT_REGISTER_CAPABILITY, question)

    async def _agrees(self, method: str, params: object) -> bool:
        return await self._ask(method, params, refusal=_REFUSED) is not _REFUSED

    async def _ask(
        self, method: str, params: object, refusal: Any = None, patience: float = PATIENCE
    ) -> Any:
        question = self._server.protocol.send_request_async(method, params)
        try:
            return await asyncio.wait_for(question, patience)
        except Exception as error:
            # JsonRpcException: it refused; TimeoutError; or an answer of the wrong shape.
            _log.warning("No good answer to %s: %s", method, error or type(error).__name__)
            return refusal


_REFUSED = object()
