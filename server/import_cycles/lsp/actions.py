"""Quick fixes as editors ask for them: the menu of a line, an entry that is chosen, fix all.

Edits are about texts that the worker has analysed. If the client has sent a newer text before the
answer is ready, the server sends no answer: it never sends an edit for an older text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lsprotocol import types

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.explain import Explanation
from import_cycles.base.names import SourcePath
from import_cycles.base.record import replace
from import_cycles.base.words import printable
from import_cycles.lsp import convert_actions
from import_cycles.lsp.client import Client
from import_cycles.lsp.convert_actions import ActionFacts, ActionsAsked
from import_cycles.lsp.documents import OpenDocuments
from import_cycles.lsp.remedies import FileEdits, Offer, Remedies, Remedy, Token
from import_cycles.lsp.schedule import Scheduler, StaleQuestion, View
from import_cycles.lsp.uris import path_from_uri

_log = logging.getLogger(__name__)

FIX_ALL_TITLE = "Fix every type-only import cycle in the workspace"

MORE_PATIENCE = 5.0
"""Seconds that a list of further fixes waits for edits sent before it."""

ViewOf = Callable[[SourcePath], "View | None"]


class Actions:
    """Code actions of one session; all methods belong to the event loop."""

    def __init__(
        self,
        facts: ActionFacts,
        scheduler: Scheduler,
        documents: OpenDocuments,
        client: Client,
        view_of: ViewOf,
    ) -> None:
        self._facts = facts
        self._scheduler = scheduler
        self._documents = documents
        self._client = client
        self._view_of = view_of

    async def menu(self, asked: ActionsAsked, patience: float) -> list[types.CodeAction]:
        """What can be done about the lines of a range."""
        path = path_from_uri(asked.uri)
        if path is None or not self._facts.literals:
            return []
        await self._scheduler.analysed(patience)
        found = self._findings(path, asked)
        if not found and asked.only is None:
            return []
        offer = Offer()
        if found and any(asked.wants(kind.value) for kind in convert_actions.KINDS):
            offer = await self._offer(path, found, asked)
        actions = [
            convert_actions.quick_fix(
                remedy, asked, self._facts, self._documents.uri_of, self._version_of
            )
            for remedy in offer.remedies
            if self._are_current(remedy.edits)
            and asked.wants(convert_actions.kind_of(remedy).value)
            and (
                self._facts.shows_disabled or not convert_actions.why_not_here(remedy, self._facts)
            )
        ]
        if offer.more:
            actions.append(convert_actions.more_ways(asked.uri, asked.first_line))
        # Asked for by name it is about the file; else it is offered only where it is known to help.
        if asked.wants(convert_actions.FIX_ALL) and (asked.only or _has_safe(offer, path)):
            actions += await self._fix_all(asked, path)
        return actions

    def _findings(self, path: SourcePath, asked: ActionsAsked) -> list[ShownFinding]:
        view = self._view_of(path)
        shown: Iterable[ShownFinding] = () if view is None else view.snapshot.findings.get(path, ())
        return [
            finding
            for finding in shown
            if finding.place.range.start.line <= asked.last_line
            and finding.place.range.end.line >= asked.first_line
        ]

    async def _offer(
        self, path: SourcePath, found: Sequence[ShownFinding], asked: ActionsAsked
    ) -> Offer:
        facts = self._facts
        try:
            return await self._scheduler.ask(
                lambda projects, cancelled: Remedies(projects, cancelled).offered(
                    path,
                    [finding.key for finding in found],
                    verifies_all=not facts.resolves_edits,
                    explains_refusals=facts.shows_disabled and not asked.is_automatic,
                    has_more=facts.applies_edits,
                )
            )
        except StaleQuestion:
            return Offer()

    async def more_ways(self, uri: str, line: int) -> dict[str, Any]:
        """Asks which of the fixes that did not fit into a menu the user wants, and carries it out."""
        path = path_from_uri(uri)
        asked = ActionsAsked(uri, line, line, (), None, is_automatic=False)
        offer = Offer()
        if path is not None:
            await self._scheduler.analysed(MORE_PATIENCE)
            offer = await self._offer(path, self._findings(path, asked), asked)
        by_title = {
            convert_actions.title_of(each, self._facts): each
            for each in offer.more
            if not convert_actions.why_not_here(each, self._facts)
        }
        chosen = await self._client.choose("More ways to deal with this import:", list(by_title))
        if chosen not in by_title:
            return {"applied": False}
        remedy = by_title[chosen]
        if not remedy.edits and remedy.token is not None:
            remedy = await self._worked_out(remedy.token)
        if remedy.disabled or not self._are_current(remedy.edits):
            why = remedy.disabled or "the text has changed since then"
            self._client.tell(f"{remedy.title}: not done, because {why}.")
            return {"applied": False}
        edit = self._edit(remedy.edits, remedy.title, confirm=not remedy.is_safe)
        return {"applied": await self._client.apply_edit(edit, remedy.title)}

    async def move_to(self, data: object, new_name: str) -> dict[str, Any]:
        """Carries out a remedy that makes a module, which is to have this name.

        `data` is what the menu has given to the client. The answer says why not, if it is not done.
        """
        asked = convert_actions.token_asked(data, path_from_uri)
        if asked is None:
            return {"applied": False, "reason": "it is not known what was chosen"}
        token, version = asked
        await self._scheduler.analysed(MORE_PATIENCE)
        if version != self._version_of(token.path):
            return {"applied": False, "reason": "the text has changed since then"}
        remedy = await self._worked_out(token, new_name)
        if remedy.disabled or not self._are_current(remedy.edits):
            why = remedy.disabled or "the text has changed since then"
            return {"applied": False, "reason": printable(why)}
        edit = self._edit(
            remedy.edits, remedy.title, confirm=not remedy.is_safe, effect=remedy.effect
        )
        return {"applied": await self._client.apply_edit(edit, remedy.title)}

    async def _worked_out(self, token: Token, new_name: str = "") -> Remedy:
        """The remedy that a token stands for; disabled if the text has moved on."""
        try:
            return await self._scheduler.ask(
                lambda projects, cancelled: Remedies(projects, cancelled).resolved(token, new_name)
            )
        except StaleQuestion:
            stale = "the text has changed since then"
            return Remedy(token.title, (), token.fix, disabled=stale)

    async def _fix_all(self, asked: ActionsAsked, path: SourcePath) -> list[types.CodeAction]:
        action = convert_actions.fix_all_action(asked.uri, self._version_of(path))
        if self._facts.resolves_edits:
            return [action]
        if asked.only is None:
            # Too much work for a user who has only opened the menu of a line.
            return []
        complete = await self.resolve(action)
        return [complete] if complete.edit is not None else []

    async def with_outlook(
        self, path: SourcePath, found: tuple[Explanation, ...]
    ) -> tuple[Explanation, ...]:
        """The explanations with what can be done about them."""
        keys = [each.finding.key for each in found]
        try:
            remarks = await self._scheduler.ask(
                lambda projects, cancelled: Remedies(projects, cancelled).what_to_do(path, keys)
            )
        except StaleQuestion:
            return found
        return tuple(replace(each, to_do=remarks.get(each.finding.key, ())) for each in found)

    async def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """The entry that the user has chosen, complete; or with the reason why it does not help."""
        asked = convert_actions.resolve_asked(action, path_from_uri)
        if asked is None:
            return action
        what, version = asked
        path = what if isinstance(what, str) else what.path
        if version != self._version_of(path):
            return convert_actions.refused(action, "the text has changed since then")
        try:
            if isinstance(what, str):
                files = await self._scheduler.ask(
                    lambda projects, cancelled: Remedies(projects, cancelled).fix_all(path)
                )
                return self._complete(action, files, confirm=False)
            remedy = await self._worked_out(what)
        except StaleQuestion:
            return convert_actions.refused(action, "the text has changed since then")
        if remedy.disabled:
            self._client.tell(f"{remedy.title}: not done, because {remedy.disabled}.")
            return convert_actions.refused(action, remedy.disabled)
        return self._complete(
            action, remedy.edits, confirm=not remedy.is_safe, effect=remedy.effect
        )

    def _complete(
        self,
        action: types.CodeAction,
        files: Sequence[FileEdits],
        *,
        confirm: bool,
        effect: str = "",
    ) -> types.CodeAction:
        if not files:
            return convert_actions.refused(action, "nothing can be fixed safely here")
        if not self._are_current(files):
            return convert_actions.refused(action, "the text has changed since then")
        edit = self._edit(files, action.title, confirm=confirm, effect=effect)
        return convert_actions.with_edit(action, edit)

    async def fix_type_only(self) -> dict[str, Any]:
        """Ends all cycles of the workspace that are for type checkers only, if the client agrees."""
        try:
            files = await self._scheduler.ask(
                lambda projects, cancelled: Remedies(projects, cancelled).fix_type_only()
            )
        except StaleQuestion:
            return {"applied": False, "reason": "the text has changed meanwhile", "files": []}
        uris = [self._documents.uri_of(path) for path in convert_actions.edited(files)]
        if not files:
            return {"applied": False, "reason": "there is nothing to fix", "files": []}
        if not (self._facts.applies_edits and self._are_current(files)):
            return {"applied": False, "reason": "the editor cannot apply it", "files": uris}
        edit = self._edit(files, FIX_ALL_TITLE, confirm=True)
        applied = await self._client.apply_edit(edit, FIX_ALL_TITLE)
        return {"applied": applied, "files": uris}

    def _edit(
        self, files: Sequence[FileEdits], label: str, *, confirm: bool, effect: str = ""
    ) -> types.WorkspaceEdit:
        return convert_actions.workspace_edit(
            files,
            label,
            self._facts,
            self._documents.uri_of,
            self._version_of,
            confirm=confirm,
            effect=effect,
        )

    def _version_of(self, path: SourcePath) -> int | None:
        document = self._documents.at_path(path)
        return None if document is None else document.version

    def _are_current(self, files: Iterable[FileEdits]) -> bool:
        """Whether the client still has the texts that edits speak of."""
        for file in files:
            document = self._documents.at_path(file.path)
            if file.serial != (None if document is None else document.serial):
                return False
        return True


def _has_safe(offer: Offer, path: SourcePath) -> bool:
    """Whether a verified fix is safe and changes only this file."""
    return any(
        remedy.is_safe and remedy.edits and {file.path for file in remedy.edits} == {path}
        for remedy in offer.remedies
    )
