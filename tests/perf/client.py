"""A language server run for measuring: its messages, and the moment of each.

A thread of its own reads the messages, so a moment is when a message came, not when a test read it.
That thread also sends the answers to the server's requests.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Any

Message = dict[str, Any]

OURS = (sys.executable, "-m", "import_cycles", "server")

_SETTINGS = {
    "python.analysis": {
        "diagnosticMode": "openFilesOnly",
        "diagnosticSeverityOverrides": {"reportImportCycles": "error"},
    },
    "python": {"pythonPath": sys.executable},
}
"""The settings that pyright asks for, by section."""

_CYCLE_CODES = ("cycle", "star-import", "deferred-runs", "reportImportCycles")


def pyright() -> tuple[str, ...] | None:
    """The command of pyright's language server if it is on the path."""
    found = which("pyright-langserver")
    return None if found is None else (found, "--stdio")


def environment() -> dict[str, str]:
    """That of measured programs: compiled Python is kept, as it is at users'; no cache of ours."""
    variables = {**os.environ, "IMPORT_CYCLES_NO_CACHE": "1"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


class Server:
    """A language server with one folder."""

    def __init__(self, folder: Path, command: Sequence[str] = OURS) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        self._inbox: queue.Queue[tuple[float, Message]] = queue.Queue()
        self._versions: dict[str, int] = {}
        self.lists: Counter[str] = Counter()
        """How many lists of diagnostics came for each URI."""
        self._sending = threading.Lock()
        self._n_asked = 0
        threading.Thread(target=self._listen, daemon=True).start()
        uri = folder.as_uri()
        workspace = {"configuration": True, "workspaceFolders": True}
        self.ask(
            "initialize",
            {"processId": None, "capabilities": {"workspace": workspace}, "rootUri": uri,
             "workspaceFolders": [{"uri": uri, "name": "p"}]},
        )  # fmt: skip
        self.tell("initialized", {})

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    @property
    def memory(self) -> float:
        """Resident megabytes now; Linux only."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    @property
    def cpu(self) -> float:
        """CPU seconds that it has used; Linux only."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # --- documents ---------------------------------------------------------------------------

    def open(self, file: Path, text: str | None = None) -> str:
        """Open a document; its URI."""
        uri = file.as_uri()
        self._versions[uri] = 1
        text = file.read_text() if text is None else text
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def insert(self, uri: str, text: str, line: int = 0) -> float:
        """Put text in front of a line; the time."""
        return self._change(uri, (line, line), text)

    def remove(self, uri: str, n_lines: int, line: int = 0) -> float:
        """Take lines away; the time."""
        return self._change(uri, (line, line + n_lines), "")

    def _change(self, uri: str, lines: tuple[int, int], text: str) -> float:
        self._versions[uri] += 1
        start, end = ({"line": line, "character": 0} for line in lines)
        change = {"range": {"start": start, "end": end}, "text": text}
        document = {"uri": uri, "version": self._versions[uri]}
        return self.tell(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    # --- messages ----------------------------------------------------------------------------

    def tell(self, method: str, params: Message) -> float:
        """Send a notification; the time."""
        return self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def wait_until_settled(self) -> float:
        """Wait until everything is worked out, in a server of this program; the time it took."""
        started = time.perf_counter()
        while True:
            _, answer = self.ask("workspace/executeCommand", {"command": "import-cycles.list"})
            if answer is not None and answer["folders"]:
                return time.perf_counter() - started
            time.sleep(0.02)

    def request(self, method: str, params: Message) -> tuple[int, float]:
        """Send a request without waiting: its number, and the time."""
        self._n_asked += 1
        message = {"jsonrpc": "2.0", "id": self._n_asked, "method": method, "params": params}
        return self._n_asked, self._send(message)

    def ask(self, method: str, params: Message) -> tuple[float, Any]:
        """Send a request and wait for its answer: the time that it took, and the answer."""
        number, started = self.request(method, params)
        for moment, heard in self.messages(600):
            if heard.get("id") == number and "method" not in heard:
                return moment - started, heard.get("result")
        raise TimeoutError(method)

    def messages(self, patience: float) -> Iterator[tuple[float, Message]]:
        """What it says, until it is quiet for so many seconds."""
        with suppress(queue.Empty):
            while True:
                yield self._inbox.get(timeout=patience)

    def published(self, patience: float) -> float | None:
        """When the last diagnostics came before it was quiet for so long."""
        last = None
        for moment, heard in self.messages(patience):
            if heard.get("method") == "textDocument/publishDiagnostics":
                last = moment
        return last

    def first_published(self, uri: str, patience: float = 600) -> float | None:
        """When the first diagnostics of a document came."""
        return self.shown(uri, lambda number: True, patience)

    def shown(
        self, uri: str, is_right: Callable[[int], bool], patience: float = 600
    ) -> float | None:
        """When a document first had a number of cycles that is right."""
        deadline = time.perf_counter() + patience
        for moment, heard in self.messages(patience):
            is_list = heard.get("method") == "textDocument/publishDiagnostics"
            if is_list and heard["params"]["uri"] == uri:
                number = sum(map(_is_cycle, heard["params"]["diagnostics"]))
                if is_right(number):
                    return moment
            if time.perf_counter() > deadline:
                return None
        return None

    def _send(self, message: Message) -> float:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        with self._sending:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self._process.stdin.flush()
        return time.perf_counter()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while header := stream.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
            if header.strip():
                continue
            moment, heard = time.perf_counter(), json.loads(stream.read(length))
            if "method" in heard and "id" in heard:
                result = _answer(heard)
                self._send({"jsonrpc": "2.0", "id": heard["id"], "result": result})
            else:
                if heard.get("method") == "textDocument/publishDiagnostics":
                    self.lists[heard["params"]["uri"]] += 1
                self._inbox.put((moment, heard))


def _answer(request: Message) -> Any:
    if request["method"] != "workspace/configuration":
        return None
    return [_SETTINGS.get(item.get("section")) for item in request["params"]["items"]]


def _is_cycle(diagnostic: Message) -> bool:
    return str(diagnostic.get("code", "")).startswith(_CYCLE_CODES)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of all values does not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
