"""Ways to reach the server: standard input and output, a TCP socket, a WebSocket.

Each serves one client and ends with it. pygls' own loops are not used: they read standard input
in the thread pool of the handlers, and lose their place after a broken header (see
import_cycles.lsp.framing). Standard output belongs to the protocol alone: a stray `print`, ours
or a library's or a child process', goes to standard error.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from pygls.io_ import StdoutWriter, WebSocketWriter

from import_cycles.lsp.framing import Framing
from import_cycles.lsp.protocol import StrictProtocol

_log = logging.getLogger(__name__)

_CHUNK = 1 << 16


class CannotServeError(Exception):
    """The surroundings do not allow it; the message says what to do."""


class Connection:
    """One client, from its first byte to its last; `ended` holds the exit status."""

    def __init__(self, protocol: StrictProtocol) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._protocol = protocol
        self._framing = Framing()
        protocol.on_exit = self.end

    def end(self, status: int) -> None:
        """Ends the session with a status; only the first call counts."""
        if not self.ended.done():
            self.ended.set_result(status)

    def feed(self, received: bytes) -> None:
        """Takes the bytes that arrived; no bytes mean the end of the stream."""
        if not received:
            self.hung_up()
            return
        for body in self._framing.feed(received):
            self.receive(body)

    def receive(self, body: bytes) -> None:
        """Takes one message."""
        if not self.ended.done():
            self._protocol.receive(body)

    def hung_up(self) -> None:
        """The client is gone; that is an accident unless it sent `shutdown` before."""
        self.end(0 if self._protocol.is_shut_down else 1)


async def serve_streams(protocol: StrictProtocol, source: int, target: BinaryIO) -> int:
    """Serves the client that writes to the file descriptor `source` and reads `target`."""
    connection = Connection(protocol)
    protocol.set_writer(StdoutWriter(target))
    loop = asyncio.get_running_loop()

    def read() -> None:
        # `os.read` and not a buffered file: a daemon thread inside of one of those would hold
        # its lock when the interpreter ends, which is fatal (bpo-26037).
        try:
            while received := os.read(source, _CHUNK):
                loop.call_soon_threadsafe(connection.feed, received)
            loop.call_soon_threadsafe(connection.feed, b"")
        except OSError:
            _log.exception("Standard input cannot be read any more")
            loop.call_soon_threadsafe(connection.hung_up)
        except RuntimeError:
            return  # The loop is closed: the session is over.

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return await connection.ended


def take_standard_streams() -> tuple[int, BinaryIO]:
    """Reserves standard input and output for the protocol; all other code gets substitutes."""
    source, target = os.dup(0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # Started without standard error.
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    os.close(nothing)
    if sys.stderr is not None:
        sys.stdout = sys.stderr
    return source, target


async def serve_tcp(
    protocol: StrictProtocol, host: str, port: int, on_listening: Callable[[str], None]
) -> int:
    """Serves the first client that connects; port 0 lets the system choose one."""
    connection = Connection(protocol)
    is_taken = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal is_taken
        if is_taken:
            writer.close()
            return
        is_taken = True
        protocol.set_writer(writer)
        try:
            while received := await reader.read(_CHUNK):
                connection.feed(received)
        except OSError as error:
            _log.warning("The connection broke: %s", error)
        connection.hung_up()
        writer.close()

    async with await asyncio.start_server(serve, host, port) as server:
        on_listening(_addresses(server.sockets))
        return await connection.ended


async def serve_websocket(
    protocol: StrictProtocol, host: str, port: int, on_listening: Callable[[str], None]
) -> int:
    """As `serve_tcp`; one message of the WebSocket is one of the protocol.

    Raises CannotServeError without the package `websockets`, which only this function needs.
    """
    try:
        from websockets.asyncio.server import (  # type: ignore[import-not-found,unused-ignore]
            ServerConnection,
            serve,
        )
        from websockets.exceptions import (  # type: ignore[import-not-found,unused-ignore]
            ConnectionClosed,
        )
    except ImportError as error:
        raise CannotServeError(f"{error}; `pip install websockets` helps") from error

    connection = Connection(protocol)
    is_taken = False

    async def serve_client(socket: ServerConnection) -> None:
        nonlocal is_taken
        if is_taken:
            return
        is_taken = True
        protocol.set_writer(WebSocketWriter(socket), include_headers=False)
        try:
            while True:
                message = await socket.recv(decode=False)
                connection.receive(message)
        except ConnectionClosed:
            connection.hung_up()

    async with serve(serve_client, host, port, max_size=None) as server:
        on_listening(_addresses(server.sockets))
        return await connection.ended


def _addresses(sockets: Iterable[Any]) -> str:
    names = [each.getsockname() for each in sockets]
    return ", ".join(f"{name[0]}:{name[1]}" for name in names)
