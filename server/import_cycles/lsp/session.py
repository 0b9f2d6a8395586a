"""One client's session: what it opens, edits and asks, and what follows from that.

Everything here runs on the event loop and takes microseconds, except for the indexing of an
edited text (one pass over it); all analysis is the worker's (import_cycles.lsp.projects).
Answers are made from the frozen views that the worker leaves after each batch; those that take
more than microseconds in a thread for readers.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from lsprotocol import types

from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.explain import Explanation, explain_at
from import_cycles.base.frames import with_room
from import_cycles.base.names import SourcePath
from import_cycles.base.text import TextRange
from import_cycles.lsp.actions import Actions
from import_cycles.lsp.client import Client
from import_cycles.lsp.convert import ClientFacts, DocumentChange
from import_cycles.lsp.convert_actions import ActionFacts, ActionsAsked
from import_cycles.lsp.diagnostics import Publisher
from import_cycles.lsp.documents import Document, OpenDocuments
from import_cycles.lsp.graph_listing import GRAPH_VERSION, graph_listed
from import_cycles.lsp.hierarchy import Call, ModuleItem, incoming, items_at, outgoing
from import_cycles.lsp.hover import markdown_hover, plain_hover
from import_cycles.lsp.lens import lens_of
from import_cycles.lsp.listing import listed
from import_cycles.lsp.notices import Notices
from import_cycles.lsp.parent import parent_is_gone
from import_cycles.lsp.prevention import closing, warning_of_move
from import_cycles.lsp.progress import ProgressHub
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import (
    AddFolder,
    BatchResult,
    Configure,
    OpenText,
    Reindex,
    RemoveFolder,
    Scheduler,
    StaleQuestion,
    View,
)
from import_cycles.lsp.settings import ClientConfiguration
from import_cycles.lsp.uris import path_from_uri
from import_cycles.lsp.watching import ANYTHING, SCAN_PAUSE, WATCHED
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.cache_folder import usual_folder

_log = logging.getLogger(__name__)

T = TypeVar("T")

HOVER_PATIENCE = 5.0
"""Seconds that a hover waits for edits sent before it; after that, the last view must do."""

TYPING_PAUSE = 0.5
"""Seconds without a change after which the user has stopped typing.

Before that, hovers leave out what takes longer to find out: the text will soon be another one.
"""

RENAME_PATIENCE = 3.0
"""Seconds that a client waits at most before it renames files."""

LIST_PATIENCE = 600.0
"""The same for the list of all cycles, which users ask for while the project is indexed."""


class Session:
    """Built when the client says `initialize`; at work from `initialized` on."""

    def __init__(
        self,
        make_client: Callable[[OpenDocuments], Client],
        facts: ClientFacts,
        action_facts: ActionFacts,
        on_orphaned: Callable[[], None],
    ) -> None:
        self.facts = facts
        self.documents = OpenDocuments(facts.encoding)
        self._client = make_client(self.documents)
        self._on_orphaned = on_orphaned
        self._loop = asyncio.get_running_loop()
        self._hub = ProgressHub(self._loop, self._client if facts.progress else None)
        self._publisher = Publisher(self._client, self.documents)
        self._notices = Notices(self._client, self.documents)
        self._configuration = ClientConfiguration(facts.options)
        self._folders = _paths(facts.folder_uris)
        self._views: tuple[View, ...] = ()
        self._scans_disk = True
        self._next_scan: asyncio.TimerHandle | None = None
        self._scan_is_due = False
        self._last_change = -TYPING_PAUSE
        self._shows_lens = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrangements: set[asyncio.Future[None]] = set()
        """One for each open request for folders or settings; done when they are known."""
        self._processor = Projects(
            self._hub.begin, _cache(), takes_loose_files=not facts.folder_uris
        )
        self._scheduler = Scheduler(self._loop, self._processor, self._take)
        self._inbox = self._scheduler.inbox
        self._cuts = Cuts()
        # One thread, since `Cuts` is not made for more.
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readers")
        self._actions = Actions(
            action_facts, self._scheduler, self.documents, self._client, self._publisher.view_of
        )
        if facts.process_id is not None:
            self._keep(self._watch_parent(facts.process_id))

    async def start(self) -> None:
        """Registers, asks for settings, then reads all folders."""
        with self._arranging():
            watches, *_ = await asyncio.gather(
                self._client.watch_files(WATCHED, ANYTHING),
                self._client.watch_settings(),
                self._configure(AddFolder),
            )
        self._scans_disk = self._processor.scans_disk = not watches
        self._scheduler.start()

    def stop(self, patience: float) -> None:
        """Ends the work, giving the worker `patience` seconds; nothing is sent from here on."""
        self._hub.close()
        self._publisher.close()
        for task in self._tasks:
            task.cancel()
        if self._next_scan is not None:
            self._next_scan.cancel()
        self._scheduler.stop(patience)
        self._readers.shutdown(wait=False, cancel_futures=True)

    # --- documents ---------------------------------------------------------------------------

    def did_open(self, uri: str, version: int, text: str) -> None:
        """A document is open from here on, in the client's text."""
        document = self.documents.open(uri, version, text)
        if document is not None:
            self._publisher.forget(document.path)
            self._submit(document)
            self._rescan()

    def did_change(self, change: DocumentChange) -> None:
        """A document has a new text."""
        document = self.documents.change(change)
        if document is None:
            _log.debug("A change of a document that is not open: %s", change.uri)
        else:
            self._last_change = self._loop.time()
            self._submit(document)

    def did_save(self, uri: str) -> None:
        """A document was written to disk; what is shown stays the editor's text."""
        path = path_from_uri(uri)
        if path is not None:
            self._inbox.put(disk=[path])
            self._rescan()

    def did_close(self, uri: str) -> None:
        """From here on the text on disk counts."""
        document = self.documents.close(uri)
        if document is None:
            _log.debug("A document is closed that was not open: %s", uri)
            return
        self._publisher.forget(document.path)
        self._inbox.put(texts={document.path: None})
        self._rescan()

    def _submit(self, document: Document) -> None:
        text = OpenText(document.text, document.serial)
        self._inbox.put(texts={document.path: text})

    # --- surroundings ------------------------------------------------------------------------

    def files_changed(self, uris: Iterable[str]) -> None:
        """Files or folders came, changed or went."""
        paths = _paths(uris)
        if paths:
            self._inbox.put(disk=paths)

    async def folders_changed(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Workspace folders came or went."""
        gone, new = _paths(removed), _paths(added)
        self._folders = [folder for folder in self._folders if folder not in gone]
        new = [folder for folder in new if folder not in self._folders]
        self._folders += new
        self._inbox.put(orders=[RemoveFolder(folder) for folder in gone])
        with self._arranging():
            await self._configure(AddFolder, new)

    async def settings_changed(self, payload: object) -> None:
        """Settings may be different; the payload, if any, counts where we cannot ask."""
        self._configuration.push(payload)
        with self._arranging():
            await self._configure(Configure)

    @contextmanager
    def _arranging(self) -> Iterator[None]:
        """In the `with` block, the client is asked for what the inbox has to hear of next."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._arrangements.add(done)
        try:
            yield
        finally:
            self._arrangements.remove(done)
            done.set_result(None)

    async def _arranged(self) -> None:
        """Waits until the inbox has all folders and settings that the client has told of.

        Otherwise a question that comes right behind them would be answered from the earlier ones.
        """
        if self._arrangements:
            await asyncio.wait(set(self._arrangements))

    async def _configure(
        self,
        order: type[AddFolder] | type[Configure],
        folders: list[SourcePath] | None = None,
    ) -> None:
        asked_about = list(self._folders) if folders is None else folders
        uris: list[str | None] = [self.documents.uri_of(folder) for folder in asked_about]
        pulled = await self._client.pull_settings([*uris, None])
        settings = [self._configuration.settings(answer) for answer in pulled]
        self._shows_lens = any((each or {}).get("code-lens") is True for each in settings)
        orders = [order(folder, each) for folder, each in zip(asked_about, settings, strict=False)]
        # While the client was asked, a folder may have gone.
        orders = [each for each in orders if each.folder in self._folders]
        self._inbox.put(orders=[Configure(None, settings[-1]), *orders])

    def _rescan(self) -> None:
        """Looks at the disk for clients that do not report changes; later if it has just looked."""
        if not self._scans_disk:
            return
        if self._next_scan is not None:
            self._scan_is_due = True
            return
        self._inbox.put(rescan=True)
        self._next_scan = self._loop.call_later(SCAN_PAUSE, self._scan_again)

    def _scan_again(self) -> None:
        self._next_scan = None
        if self._scan_is_due:
            self._scan_is_due = False
            self._rescan()

    # --- questions ---------------------------------------------------------------------------

    async def hover(self, uri: str, line: int, column: int) -> tuple[str, TextRange | None] | None:
        """What there is to say about a place, and the text around it that it is about."""
        path = path_from_uri(uri)
        if path is None:
            return None
        await self._arranged()
        await self._scheduler.shown(HOVER_PATIENCE)
        view = self._publisher.view_of(path)
        if view is None:
            return None
        found = await self._read(
            lambda cuts: explain_at(
                view.snapshot, cuts, view.folder, path, line, column, self.facts.encoding
            )
        )
        if not found:
            return None
        is_typing = self._loop.time() - self._last_change < TYPING_PAUSE
        if self._scheduler.is_settled and not is_typing:
            # A question during the simulation of first imports would make that start again.
            found = await self._actions.with_outlook(path, found)
        word = markdown_hover if self.facts.markdown_hover else plain_hover
        return word(found, view.folder), self._range_at(found, line, column)

    async def _read(self, question: Callable[[Cuts], T]) -> T:
        """An answer made from views, apart from the loop: in a large knot it takes a moment."""
        ask = partial(question, self._cuts)
        return await self._loop.run_in_executor(self._readers, with_room, ask)

    def _range_at(self, found: tuple[Explanation, ...], line: int, column: int) -> TextRange | None:
        """The text that the first explanation is about, if the place asked about is in it."""
        about = found[0].finding.place.range
        start = about.start.line, about.start.column(self.facts.encoding)
        end = about.end.line, about.end.column(self.facts.encoding)
        return about if start <= (line, column) <= end else None

    async def code_actions(self, asked: ActionsAsked) -> list[types.CodeAction]:
        """The menu of a range."""
        await self._arranged()
        return await self._actions.menu(asked, HOVER_PATIENCE)

    async def resolve_action(self, action: types.CodeAction) -> types.CodeAction:
        """An entry of that menu, complete."""
        await self._arranged()
        return await self._actions.resolve(action)

    async def more_ways(self, uri: str, line: int) -> dict[str, Any]:
        """Offers the fixes that did not fit into the menu of a line."""
        await self._arranged()
        return await self._actions.more_ways(uri, line)

    async def move_to(self, chosen: dict[str, Any], new_name: str) -> dict[str, Any]:
        """Carries out a fix that makes a module, under the name that the user has given it."""
        await self._arranged()
        return await self._actions.move_to(chosen, new_name)

    async def would_close(self, importer: str, imported: str, names: list[str]) -> dict[str, Any]:
        """What a new import would do; see import_cycles.lsp.prevention."""
        await self._arranged()
        await self._scheduler.settled(LIST_PATIENCE)
        return await self._scheduler.ask(
            lambda projects, cancelled: closing(projects, importer, imported, names, cancelled)
        )

    async def will_rename(self, uris: Iterable[tuple[str, str]]) -> None:
        """Warns if renaming files and folders would close a cycle."""
        renamed = [
            (old, new)
            for before, after in uris
            if (old := path_from_uri(before)) and (new := path_from_uri(after))
        ]
        await self._arranged()
        with suppress(StaleQuestion, asyncio.TimeoutError):
            told = await asyncio.wait_for(
                self._scheduler.ask(lambda projects, cancelled: warning_of_move(projects, renamed)),
                RENAME_PATIENCE,
            )
            if told:
                self._client.warn(told)

    async def hierarchy_items(self, uri: str, line: int) -> tuple[ModuleItem, ...]:
        """The modules that a line is about, each the root of a tree of imports."""
        return await self._about(uri, lambda projects, path: items_at(projects, path, line), ())

    async def importers(self, uri: str) -> tuple[Call, ...]:
        """Who imports the module of a file."""
        return await self._about(uri, incoming, ())

    async def imports(self, uri: str) -> tuple[Call, ...]:
        """What the module of a file imports."""
        return await self._about(uri, outgoing, ())

    async def lens(self, uri: str) -> str:
        """The lens above a file; empty if there is none, or if the client does not want it."""
        if not self._shows_lens:
            return ""
        await self._arranged()
        await self._scheduler.settled(LIST_PATIENCE)
        return await self._about(uri, lens_of, "")

    async def _about(
        self, uri: str, question: Callable[[Projects, SourcePath], T], nothing: T
    ) -> T:
        """The worker's answer about a file; `nothing` when the text moves on meanwhile."""
        path = path_from_uri(uri)
        if path is None:
            return nothing
        await self._arranged()
        try:
            return await self._scheduler.ask(lambda projects, cancelled: question(projects, path))
        except StaleQuestion:
            return nothing

    def module_uri(self, path: SourcePath) -> str:
        """A path as the client spells it."""
        return self.documents.uri_of(path)

    async def fix_type_only(self) -> dict[str, Any]:
        """Ends every cycle that is for type checkers only, in all folders."""
        await self._arranged()
        await self._scheduler.settled(LIST_PATIENCE)
        return await self._actions.fix_type_only()

    async def list_cycles(self, *, settled: bool = True) -> dict[str, Any]:
        """All cycles of all folders, with verdicts if `settled`; see import_cycles.lsp.listing."""
        await self._arranged()
        wait = self._scheduler.settled if settled else self._scheduler.analysed
        await wait(LIST_PATIENCE)
        views = self._views
        knots = await self._read(
            lambda cuts: [
                [cuts.of(view.snapshot, component) for component in view.snapshot.components]
                for view in views
            ]
        )
        return listed(zip(views, knots, strict=True), self.facts.encoding, self.documents.uri_of)

    async def list_graph(self, uri: str | None) -> dict[str, Any]:
        """The graph of all knots, or around a file; see import_cycles.lsp.graph_listing."""
        path = None if uri is None else path_from_uri(uri)
        if uri is not None and path is None:
            return {"version": GRAPH_VERSION, "folders": []}
        await self._arranged()
        return await self._scheduler.ask(
            # In the worker's thread; of the documents it only looks up a spelling.
            lambda projects, cancelled: graph_listed(
                projects, path, self.facts.encoding, self.documents.uri_of
            )
        )

    async def reindex(self) -> None:
        """Reads everything anew; done when that is done."""
        await self._arranged()
        self._inbox.put(orders=[Reindex()])
        await self._scheduler.settled(LIST_PATIENCE)

    def cancel_progress(self, token: object) -> None:
        """The user has stopped a progress."""
        self._hub.cancel(token)

    @property
    def revision(self) -> str:
        """Which state of the folders answers are made of, for logs."""
        return ", ".join(f"{view.folder}@{view.snapshot.revision}" for view in self._views)

    # --- results -----------------------------------------------------------------------------

    def _take(self, outcome: BatchResult) -> None:
        self._views = outcome.views
        self._publisher.take(outcome)
        self._notices.take(outcome.views)
        self._notices.own_up(outcome.mishaps)
        self._client.tell_changed(is_settled=outcome.is_settled)

    async def _watch_parent(self, process_id: int) -> None:
        await parent_is_gone(process_id)
        _log.warning("The client (process %d) is gone", process_id)
        self._on_orphaned()

    def _keep(self, work: Any) -> None:
        # The loop holds tasks by weak references only.
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _cache() -> Cache | None:
    folder = usual_folder(os.environ)
    return None if folder is None else Cache(folder)


def _paths(uris: Iterable[str]) -> list[SourcePath]:
    paths = (path_from_uri(uri) for uri in uris)
    return list(dict.fromkeys(path for path in paths if path is not None))
