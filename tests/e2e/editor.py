"""An editor for tests: pytest-lsp's client with the capabilities of a real one.

Nothing here sleeps. `until` waits for a condition that is looked at again after each message of
the server; `settled` waits for the answer to a command that the server gives only after it has
dealt with everything sent before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from lsprotocol.converters import get_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

CLIENTS = Path(__file__).parent / "clients"
CLIENT_NAMES = sorted(path.stem for path in CLIENTS.glob("*.json"))
SERVER = Path(__file__).parents[2] / "server"
COMMAND = [sys.executable, "-m", "import_cycles", "server"]
PATIENCE = 120.0
"""Seconds after which a test gives up. So many that a busy machine makes no test fail."""

T = TypeVar("T")


def environment() -> dict[str, str]:
    """The environment of the server process."""
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SERVER), *known.split(os.pathsep)])}


def recorded(name: str) -> types.InitializeParams:
    """What the editor of that name said when it started."""
    text = (CLIENTS / f"{name}.json").read_text(encoding="utf-8")
    return get_converter().structure(json.loads(text), types.InitializeParams)


def plain_capabilities(**sections: Any) -> dict[str, Any]:
    """Capabilities of an editor that can do nothing but what is named."""
    return {"textDocument": {}, **sections}


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Writes texts by path below `root`, line ends as they are."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


class Editor:
    """One editor with a server behind it."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.news: list[types.PublishDiagnosticsParams] = []
        self.logged: list[str] = []
        self.popups: list[str] = []
        self.registered: dict[str, Any] = {}
        self.progress: list[tuple[str, str]] = []
        self.settings: Any = None
        self.asked_for: list[types.ConfigurationItem] = []
        self.result: types.InitializeResult
        self._stirred = asyncio.Condition()
        self._versions: dict[str, int] = {}
        self._listen()

    def _listen(self) -> None:
        features = self.client.protocol.fm.features

        def listen(method: str, hear: Callable[[Any], Any]) -> None:
            features.pop(method, None)

            async def heard(params: Any) -> Any:
                answer = hear(params)
                async with self._stirred:
                    self._stirred.notify_all()
                return answer

            self.client.feature(method)(heard)

        listen(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, self.news.append)
        listen(types.WINDOW_LOG_MESSAGE, lambda params: self.logged.append(params.message))
        listen(types.WINDOW_SHOW_MESSAGE, lambda params: self.popups.append(params.message))
        listen(types.CLIENT_REGISTER_CAPABILITY, self._register)
        listen(types.WORKSPACE_CONFIGURATION, self._configure)
        listen(types.WINDOW_WORK_DONE_PROGRESS_CREATE, lambda params: None)
        listen(types.PROGRESS, self._progress)

    def _register(self, params: types.RegistrationParams) -> None:
        for registration in params.registrations:
            self.registered[registration.method] = registration.register_options

    def _configure(self, params: types.ConfigurationParams) -> list[Any]:
        self.asked_for += params.items
        return [
            self.settings(item.scope_uri) if callable(self.settings) else self.settings
            for item in params.items
        ]

    def _progress(self, params: types.ProgressParams) -> None:
        value = params.value
        kind = value["kind"] if isinstance(value, dict) else value.kind
        self.progress.append((str(params.token), kind))
        if kind == "end":
            message = value["message"] if isinstance(value, dict) else value.message
            self.progress.append((str(params.token), message))

    # --- waiting -----------------------------------------------------------------------------

    async def until(self, condition: Callable[[], T], what: str) -> T:
        """The value of `condition` as soon as it is true."""

        async def watch() -> T:
            async with self._stirred:
                while not (value := condition()):
                    await self._stirred.wait()
                return value

        try:
            return await asyncio.wait_for(watch(), PATIENCE)
        except asyncio.TimeoutError:
            shown = "\n".join(map(str, [*self.news[-8:], *self.logged[-8:]]))
            raise AssertionError(f"No {what}. The server's last words:\n{shown}") from None

    async def settled(self) -> dict[str, Any]:
        """All cycles that the server knows, once everything sent before is done and published."""
        answer = None
        for _ in range(2):
            # The second answer cannot overtake what the first one saw finished.
            params = types.ExecuteCommandParams("import-cycles.list")
            answer = await asyncio.wait_for(
                self.client.workspace_execute_command_async(params), PATIENCE
            )
        return answer

    # --- what is shown -----------------------------------------------------------------------

    def shown(self, path: Path) -> types.PublishDiagnosticsParams | None:
        """The last word about a file."""
        words = [news for news in self.news if same_file(news.uri, path)]
        return words[-1] if words else None

    def codes(self, path: Path) -> list[tuple[int, str]]:
        """Line (from 0) and code of everything that is shown in a file."""
        shown = self.shown(path)
        found = shown.diagnostics if shown is not None else []
        return [(each.range.start.line, str(each.code)) for each in found]

    async def shows(self, path: Path, *codes: tuple[int, str]) -> types.PublishDiagnosticsParams:
        """Waits until exactly that is shown in a file, and returns it."""
        await self.until(lambda: self.codes(path) == list(codes), f"{codes} in {path}")
        shown = self.shown(path)
        return shown or types.PublishDiagnosticsParams(path.as_uri(), [])

    # --- acts --------------------------------------------------------------------------------

    def open(self, path: Path, text: str | None = None, uri: str | None = None) -> None:
        """Opens a file, by default with its text on disk."""
        uri = path.as_uri() if uri is None else uri
        if text is None:
            text = path.read_bytes().decode()
        self._versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
        )

    def change(
        self,
        path: Path,
        *changes: tuple[tuple[int, int], tuple[int, int], str] | str,
        uri: str | None = None,
    ) -> int:
        """Changes an open file: (start, end, text) or the whole text; the new version."""
        uri = path.as_uri() if uri is None else uri
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, uri),
                [_change(change) for change in changes],
            )
        )
        return version

    def save(self, path: Path, text: str) -> None:
        """Writes a file and says so."""
        path.write_bytes(text.encode())
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(path.as_uri()))
        )

    def close(self, path: Path) -> None:
        """Closes a file."""
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(path.as_uri()))
        )

    def tell_of_files(self, *changes: tuple[Path, types.FileChangeType]) -> None:
        """What a file watcher says."""
        events = [types.FileEvent(path.as_uri(), kind) for path, kind in changes]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    async def hover(self, path: Path, line: int, column: int) -> types.Hover | None:
        """The hover at a place."""
        params = types.HoverParams(
            types.TextDocumentIdentifier(path.as_uri()), types.Position(line, column)
        )
        answer = self.client.text_document_hover_async(params)
        return await asyncio.wait_for(answer, PATIENCE)

    # --- folders -----------------------------------------------------------------------------

    def tell_of_folders(self, added: Sequence[Path] = (), removed: Sequence[Path] = ()) -> None:
        """Adds and removes workspace folders."""
        event = types.WorkspaceFoldersChangeEvent(_named(added), _named(removed))
        self.client.workspace_did_change_workspace_folders(
            types.DidChangeWorkspaceFoldersParams(event)
        )

    @asynccontextmanager
    async def visiting(self, root: Path) -> AsyncIterator[Editor]:
        """The same editor with a further folder, for tests that share a server."""
        await self.settled()
        self.news.clear()
        self.logged.clear()
        self.tell_of_folders(added=[root])
        yield self
        self.tell_of_folders(removed=[root])
        for uri in list(self._versions):
            document = types.TextDocumentIdentifier(uri)
            self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        self._versions.clear()
        await self.settled()


def _named(folders: Iterable[Path]) -> list[types.WorkspaceFolder]:
    return [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]


def _change(
    change: tuple[tuple[int, int], tuple[int, int], str] | str,
) -> types.TextDocumentContentChangeEvent:
    if isinstance(change, str):
        return types.TextDocumentContentChangeWholeDocument(change)
    start, end, text = change
    place = types.Range(types.Position(*start), types.Position(*end))
    return types.TextDocumentContentChangePartial(place, text)


def same_file(uri: str, path: Path) -> bool:
    """Whether the server's URI means the file."""
    return uri == path.as_uri()


@asynccontextmanager
async def started(
    folders: Sequence[Path] | None,
    *,
    client_name: str = "",
    capabilities: Mapping[str, Any] | None = None,
    settings: Any = None,
    options: Any = None,
    root: Path | None = None,
    refuses: bool = False,
    arguments: Iterable[str] = (),
) -> AsyncIterator[Editor]:
    """An editor whose server is initialized; both end with the block.

    `refuses`: it answers registrations with an error, whatever its capabilities say.
    """
    client = make_test_lsp_client()
    await client.start_io(*COMMAND, *arguments, env=environment())
    editor = Editor(client)
    editor.settings = settings
    if refuses:
        del client.protocol.fm.features[types.CLIENT_REGISTER_CAPABILITY]
    if client_name:
        params = recorded(client_name)
    else:
        wanted = plain_capabilities() if capabilities is None else capabilities
        structured = get_converter().structure(wanted, types.ClientCapabilities)
        params = types.InitializeParams(structured)
    if folders is not None:
        params.workspace_folders = _named(folders)
    if root is not None:
        params.root_uri = root.as_uri()
    if options is not None:
        params.initialization_options = options
    try:
        editor.result = await asyncio.wait_for(client.initialize_session(params), PATIENCE)
        yield editor
        assert editor.popups == []
        await asyncio.wait_for(client.shutdown_session(), PATIENCE)
        assert client._server is not None
        assert client._server.returncode == 0
    finally:
        if client._server is not None and client._server.returncode is None:
            # The client waits for a server that has not been asked to exit.
            client._server.kill()
        await client.stop()
