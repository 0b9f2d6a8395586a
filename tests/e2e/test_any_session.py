"""Whatever an editor does, in whatever order: each file shows what a fresh start would show.

The real server process, over stdio, with two folders; `tests/workspace/test_any_history.py` does
the same inside of one process, in more ways and far more often.
`IMPORT_CYCLES_FUZZ=100` tries so many sessions.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from e2e.editor import COMMAND
from e2e.raw import Message, RawClient
from import_cycles.base.text import Encoding
from import_cycles.lsp.convert import CONFIGURATION_CODE
from import_cycles.lsp.diagnostics import is_configuration
from import_cycles.lsp.uris import path_from_uri
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.workspace import Workspace
from workspace import playground as play

_LONG_RUN = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0"))

_files = st.sampled_from(play.FILES)
_folders = st.sampled_from(["one", "two"])
_places = st.sampled_from((*play.FILES, *play.FOLDERS))
_fractions = st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])
_CREATED, _CHANGED, _DELETED = 1, 2, 3
_Shown = list[tuple[int, int, str]]


class Sessions(RuleBasedStateMachine):
    """An editor with one or two folders, and what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Path(tempfile.mkdtemp(prefix="session-"))
        self._shown: dict[str, _Shown] = {}
        self._open: dict[str, str] = {}
        self._version = 0
        self._number = 0
        self._settings: Mapping[str, object] | None = None
        self._folders = ["one"]
        self._parsed: set[str] = set()
        """The URIs of texts that have parsed at one time."""
        for name in ("one", "two"):
            (self._place / name).mkdir()
        self._client: RawClient | None = None

    def teardown(self) -> None:
        self._leave()
        shutil.rmtree(self._place)

    # --- the server --------------------------------------------------------------------------

    @initialize(one=play.BRANCH, two=play.BRANCH)
    def begin(self, one: dict[str, str | None], two: dict[str, str | None]) -> None:
        play.switch(self._place / "one", one)
        play.switch(self._place / "two", two)
        self.start()

    @rule()
    def start(self) -> None:
        """Perhaps after another one, whose cache is there; open documents are restored."""
        self._leave()
        self._shown.clear()
        self._client = RawClient(COMMAND)
        changes = {"dynamicRegistration": True}
        workspace = {
            "configuration": True,
            "workspaceFolders": True,
            "didChangeWatchedFiles": changes,
            "didChangeConfiguration": changes,
        }
        self._client.initialize(
            capabilities={"workspace": workspace},
            workspaceFolders=[self._named(name) for name in self._folders],
        )
        for uri, text in self._open.items():
            self._tell_open(uri, text)

    def _leave(self) -> None:
        if self._client is None:
            return
        try:
            self._client.send(id="bye", method="shutdown")
            self._until("bye")
            self._client.send(method="exit")
            assert self._client.process.wait(20) == 0
        finally:
            self._client.process.kill()

    def _send(self, method: str, **params: Any) -> None:
        assert self._client is not None
        self._client.send(method=method, params=params)

    def _ask(self, method: str, **params: Any) -> int:
        assert self._client is not None
        self._number += 1
        self._client.send(id=self._number, method=method, params=params)
        return self._number

    def _until(self, identity: object) -> Message:
        """The answer to a request; what comes before is taken in, and answered."""
        assert self._client is not None
        while True:
            message = self._client.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                self._shown[message["params"]["uri"]] = sorted(
                    (
                        each["range"]["start"]["line"],
                        each["range"]["start"]["character"],
                        each["code"],
                    )
                    for each in message["params"]["diagnostics"]
                )
            elif message.get("method") == "workspace/configuration":
                answers = [self._settings for _ in message["params"]["items"]]
                self._client.send(id=message["id"], result=answers)
            elif "method" in message and "id" in message:
                self._client.send(id=message["id"], result=None)
            elif message.get("method") == "window/logMessage":
                assert message["params"]["type"] > 1, message
            elif message.get("id") == identity:
                return message

    # --- the editor --------------------------------------------------------------------------

    @rule(folder=_folders, name=_files)
    def open(self, folder: str, name: str) -> None:
        place = self._place / folder / name
        uri = place.as_uri()
        if uri not in self._open:
            text = place.read_bytes().decode() if place.is_file() else ""
            self._tell_open(uri, text)

    def _tell_open(self, uri: str, text: str) -> None:
        self._version += 1
        self._open[uri] = text
        document = {"uri": uri, "languageId": "python", "version": self._version, "text": text}
        self._send("textDocument/didOpen", textDocument=document)

    @precondition(lambda self: self._open)
    @rule(which=st.integers(0, 99), start=_fractions, end=_fractions, piece=play.PIECES)
    def edit(self, which: int, start: float, end: float, piece: str) -> None:
        uri = self._document(which)
        before = self._open[uri]
        self._open[uri] = play.edited(before, start, end, piece)
        first, last = sorted((round(start * len(before)), round(end * len(before))))
        change = {
            "range": {"start": _position(before, first), "end": _position(before, last)},
            "text": piece,
        }
        self._change(uri, change)

    @precondition(lambda self: self._open)
    @rule(which=st.integers(0, 99), text=play.TEXTS)
    def mend(self, which: int, text: str) -> None:
        uri = self._document(which)
        self._open[uri] = text
        self._change(uri, {"text": text})

    def _change(self, uri: str, change: Mapping[str, object]) -> None:
        self._version += 1
        document = {"uri": uri, "version": self._version}
        self._send("textDocument/didChange", textDocument=document, contentChanges=[change])

    @precondition(lambda self: self._open)
    @rule(which=st.integers(0, 99))
    def save(self, which: int) -> None:
        uri = self._document(which)
        path = Path(str(path_from_uri(uri)))
        if not path.is_dir() and path.parent.is_dir():
            path.write_bytes(self._open[uri].encode())
            self._tell([path], _CHANGED)
            self._send("textDocument/didSave", textDocument={"uri": uri})

    @precondition(lambda self: self._open)
    @rule(which=st.integers(0, 99))
    def close(self, which: int) -> None:
        uri = self._document(which)
        del self._open[uri]
        self._send("textDocument/didClose", textDocument={"uri": uri})

    @precondition(lambda self: self._open)
    @rule(which=st.integers(0, 99), line=st.integers(0, 9), is_unwanted=st.booleans())
    def hover(self, which: int, line: int, is_unwanted: bool) -> None:
        document = {"uri": self._document(which)}
        position = {"line": line, "character": 8}
        number = self._ask("textDocument/hover", textDocument=document, position=position)
        if is_unwanted:
            self._send("$/cancelRequest", id=number)

    @rule(client_settings=st.sampled_from(play.CLIENT_SETTINGS))
    def configure(self, client_settings: Mapping[str, object] | None) -> None:
        self._settings = client_settings
        self._send("workspace/didChangeConfiguration", settings=None)

    @rule()
    def add_or_remove_a_folder(self) -> None:
        is_there = "two" in self._folders
        self._folders = ["one"] if is_there else ["one", "two"]
        named = [self._named("two")]
        event = {"added": [] if is_there else named, "removed": named if is_there else []}
        self._send("workspace/didChangeWorkspaceFolders", event=event)

    # --- the disk ----------------------------------------------------------------------------

    @rule(folder=_folders, name=_files, text=play.DISK_TEXTS)
    def write(self, folder: str, name: str, text: str) -> None:
        self._tell(play.write(self._place / folder, name, text), _CHANGED)

    @rule(folder=_folders, name=_places)
    def delete(self, folder: str, name: str) -> None:
        self._tell(play.delete(self._place / folder, name), _DELETED)

    @rule(folder=_folders, name=_places, other=_places)
    def move(self, folder: str, name: str, other: str) -> None:
        self._tell(play.move(self._place / folder, name, other), _CREATED)

    @rule(folder=_folders, shape=play.SHAPING)
    def reshape(self, folder: str, shape: tuple[str, str]) -> None:
        self._tell(play.write(self._place / folder, *shape), _CHANGED)

    @rule(folder=_folders, branch=play.BRANCH)
    def switch(self, folder: str, branch: dict[str, str | None]) -> None:
        self._tell(play.switch(self._place / folder, branch), _CHANGED)

    def _tell(self, paths: Iterable[Path], kind: int) -> None:
        changes = [{"uri": path.as_uri(), "type": kind} for path in paths]
        self._send("workspace/didChangeWatchedFiles", changes=changes)

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        """All texts that may count, by URI."""
        for uri, text in self._open.items():
            yield uri, text.encode()
        for path in self._place.rglob("*.py"):
            if path.is_file() and path.as_uri() not in self._open:
                yield path.as_uri(), path.read_bytes()

    @invariant()
    def note_what_parses(self) -> None:
        self._parsed.update(uri for uri, text in self._texts() if _parses(text))

    # --- the comparison ----------------------------------------------------------------------

    @rule()
    def compare(self) -> None:
        for _ in range(2):
            # The second answer cannot overtake what the first one saw finished.
            self._until(self._ask("workspace/executeCommand", command="import-cycles.list"))
        if any(not _parses(text) for uri, text in self._texts() if uri in self._parsed):
            # A text that does not parse keeps what it said when it last did.
            return
        shown = {uri: found for uri, found in self._shown.items() if found}
        assert shown == self._expected(), json.dumps([shown, self._expected()], indent=1)

    def _expected(self) -> dict[str, _Shown]:
        expected: dict[str, _Shown] = {}
        for name in self._folders:
            fresh = Workspace(self._place / name, client_settings=self._settings)
            for uri, text in self._open.items():
                path = path_from_uri(uri)
                if path is not None and path.startswith(f"{as_source_path(fresh.folder)}/"):
                    fresh.open_document(path, text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
            fresh.index()
            fresh.settle()
            for path, found in fresh.snapshot.findings.items():
                expected[Path(path).as_uri()] = sorted(
                    (start.line, start.column(Encoding.UTF16), each.code)
                    for each in found
                    for start in (each.place.range.start,)
                )
            for problem in fresh.problems:
                if is_configuration(problem.path):
                    shown = expected.setdefault(Path(problem.path).as_uri(), [])
                    shown.append((problem.line or 0, 0, CONFIGURATION_CODE))
                    shown.sort()
        return expected

    # --- words -------------------------------------------------------------------------------

    def _named(self, name: str) -> dict[str, str]:
        return {"uri": (self._place / name).as_uri(), "name": name}

    def _document(self, which: int) -> str:
        uris = sorted(self._open)
        return uris[which % len(uris)]


def _position(text: str, offset: int) -> dict[str, int]:
    """Where an offset is, as editors count: lines end with LF, CR or both, in UTF-16."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    if text[:offset].endswith("\r") and text[offset : offset + 1] == "\n":
        # Between the two there is no position.
        before = before[:-1]
    line = before.rpartition("\n")[2]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def _parses(text: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


TestSessions = Sessions.TestCase
TestSessions.settings = settings(
    max_examples=_LONG_RUN or 2,
    stateful_step_count=30,
    deadline=None,
    derandomize=not _LONG_RUN,
    print_blob=True,
    # To look for a shorter one takes a server for each.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
