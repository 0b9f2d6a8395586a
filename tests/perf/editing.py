"""Edits in a running language server, over stdio: from `didChange` to its last diagnostics.

Every edit is one that shows: it opens or closes a cycle, or moves the lines of a finding. The
clock stops when the server has published for the document, and nothing more follows for a moment.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_QUIET = 0.25
"""Seconds without a message that end an edit; not counted."""


class Server:
    """A language server and what it says, with the time at which it said it."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "import_cycles", "server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._inbox: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._n_asked = 0
        uri = folder.as_uri()
        self.ask(
            "initialize",
            {"processId": None, "capabilities": {}, "rootUri": uri,
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

    def tell(self, method: str, params: dict[str, Any]) -> float:
        """Send a notification; the time."""
        return self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: dict[str, Any]) -> tuple[float, Any]:
        """Send a request and wait for its answer: how long it took, and what it is."""
        self._n_asked += 1
        number = self._n_asked
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        started = self._send(message)
        for moment, heard in self.messages(600):
            if heard.get("id") == number and "method" not in heard:
                return moment - started, heard.get("result")
        raise TimeoutError(method)

    def messages(self, patience: float) -> Iterator[tuple[float, dict[str, Any]]]:
        """What it says, until it is quiet for so many seconds; its requests are answered."""
        while True:
            try:
                moment, heard = self._inbox.get(timeout=patience)
            except queue.Empty:
                return
            if "method" in heard and "id" in heard:
                self._send({"jsonrpc": "2.0", "id": heard["id"], "result": None})
            yield moment, heard

    def published(self, patience: float) -> float | None:
        """When the last diagnostics came, before it was quiet for so long."""
        last = None
        for moment, heard in self.messages(patience):
            if heard.get("method") == "textDocument/publishDiagnostics":
                last = moment
        return last

    def first_published(self, uri: str) -> float | None:
        """When the first diagnostics of a document came."""
        for moment, heard in self.messages(600):
            is_list = heard.get("method") == "textDocument/publishDiagnostics"
            if is_list and heard["params"]["uri"] == uri:
                return moment
        return None

    def _send(self, message: dict[str, Any]) -> float:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
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
            self._inbox.put((time.perf_counter(), json.loads(stream.read(length))))


def edit_times(folder: Path, file: Path, insert: str, rounds: int) -> dict[str, Any]:
    """Milliseconds of edits that put a line in front of a file and take it away again."""
    server = Server(folder)
    try:
        started = time.perf_counter()
        text, uri = file.read_text(), file.as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        server.tell("textDocument/didOpen", {"textDocument": document})
        first = server.first_published(uri)
        # Answered when everything is worked out.
        ready, _ = server.ask("workspace/executeCommand", {"command": "import-cycles.list"})
        times: list[float] = []
        for number in range(rounds):
            end = {"line": 0 if number % 2 == 0 else 1, "character": 0}
            change = {
                "range": {"start": {"line": 0, "character": 0}, "end": end},
                "text": insert if number % 2 == 0 else "",
            }
            sent = server.tell(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": number + 2}, "contentChanges": [change]},
            )
            last = server.published(_QUIET)
            if last is not None:
                times.append(1000 * (last - sent))
        times.sort()
        return {
            "shown": len(times),
            "median_ms": round(times[len(times) // 2], 1) if times else None,
            "p99_ms": round(times[int(len(times) * 0.99)], 1) if times else None,
            "first_s": None if first is None else round(first - started, 2),
            "all_s": round(ready, 2),
            "memory_mb": round(server.memory),
        }
    finally:
        server.close()
