"""A client that sends bytes, for everything that a proper client library would not send."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from e2e.editor import COMMAND, PATIENCE, environment
from import_cycles.lsp.framing import Framing

Message = dict[str, Any]


class RawClient:
    """A server process, and what it says."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        self.stderr_lines: queue.Queue[str] = queue.Queue()
        self.stdout = b""
        self._is_deaf = False
        self._messages: queue.Queue[Message] = queue.Queue()
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()
        threading.Thread(target=self._read_log, daemon=True).start()

    def _read_messages(self) -> None:
        framing, source = Framing(), _stream(self.process.stdout).fileno()
        while not self._is_deaf and (received := os.read(source, 1 << 16)):
            self.stdout += received
            for body in framing.feed(received):
                self._messages.put(json.loads(body))

    def _read_log(self) -> None:
        for line in _stream(self.process.stderr):
            self.stderr_lines.put(line.decode(errors="replace"))

    def send_bytes(self, raw: bytes) -> None:
        """Sends exactly that."""
        target = _stream(self.process.stdin)
        target.write(raw)
        target.flush()

    def send_body(self, body: bytes, header: bytes = b"Content-Length: %d\r\n\r\n") -> None:
        """Sends a body behind a header."""
        self.send_bytes(header % len(body) + body)

    def send(self, **message: Any) -> None:
        """Sends a message; `jsonrpc` is added."""
        self.send_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def receive(self, wanted: Callable[[Message], bool] = lambda message: True) -> Message:
        """The next message that is wanted; the others are dropped."""
        while True:
            message = self._messages.get(timeout=PATIENCE)
            if wanted(message):
                return message

    def stop_reading(self) -> None:
        """Closes the server's standard output on this side."""
        self._is_deaf = True
        self.ask("last", "no/such/thing")
        self._reader.join()
        _stream(self.process.stdout).close()

    def ask(self, identity: int | str, method: str, params: Any = None) -> Message:
        """The answer to a request."""
        extra = {} if params is None else {"params": params}
        self.send(id=identity, method=method, **extra)
        return self.receive(lambda message: message.get("id") == identity)

    def error_code(self, identity: int | str, method: str, params: Any = None) -> int:
        """The code of the error with which a request is answered."""
        return int(self.ask(identity, method, params)["error"]["code"])

    def initialize(self, **params: Any) -> Message:
        """The answer to `initialize`; `initialized` follows."""
        answer = self.ask("first", "initialize", {"capabilities": {}, **params})
        self.send(method="initialized", params={})
        return answer

    def is_alive(self, identity: str = "alive?") -> bool:
        """Whether a proper request is answered properly."""
        params = {"command": "import-cycles.list"}
        return "result" in self.ask(identity, "workspace/executeCommand", params)

    def leave(self) -> int:
        """The exit status after a proper goodbye."""
        assert "error" not in self.ask("bye", "shutdown")
        self.send(method="exit")
        return self.process.wait(PATIENCE)

    def log_line(self, part: str) -> str:
        """The next line of standard error with `part` in it."""
        while True:
            line = self.stderr_lines.get(timeout=PATIENCE)
            if part in line:
                return line


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


@contextmanager
def raw_client(*arguments: str, command: Sequence[str] = COMMAND) -> Iterator[RawClient]:
    """A client whose server does not outlive the block."""
    client = RawClient([*command, *arguments])
    try:
        yield client
    finally:
        client.process.kill()
        client.process.wait()
        for stream in (client.process.stdin, client.process.stdout, client.process.stderr):
            if stream is not None:
                stream.close()
