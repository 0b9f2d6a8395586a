"""Messages in a stream of bytes: `Content-Length: N`, an empty line, N bytes of JSON.

pygls 2.1.1 reads headers by one exact spelling: `content-length:` in lower case, or a length
that is too short, wedges its stream for good. Here a header's name may have any case (LSP 3.17,
"Header Part", takes its rules from HTTP), the other headers are read over, and after a wrong
length reading goes on at the next `Content-Length`, wherever on its line that stands: one broken
message costs itself and at most its neighbour. No input makes this raise.
Tests: tests/e2e/test_parts.py.
"""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,10})[ \t]*\r?$", re.IGNORECASE)

LONGEST_BODY = 1 << 28
"""A length beyond this is noise: waiting for it would be waiting for ever."""

_LONGEST_HEADER = 1 << 16


class Framing:
    """Cuts what arrives into message bodies. Knows nothing of where the bytes come from."""

    __slots__ = ("_awaits_body", "_buffer", "_length")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._awaits_body = False

    def feed(self, received: bytes) -> list[bytes]:
        """The bodies that are complete now, oldest first."""
        self._buffer += received
        bodies: list[bytes] = []
        while True:
            if self._awaits_body and self._length is not None:
                if len(self._buffer) < self._length:
                    return bodies
                bodies.append(self._take(self._length))
                self._awaits_body, self._length = False, None
                continue
            end = self._buffer.find(b"\n")
            if end < 0:
                self._forget_noise()
                return bodies
            self._read_header(self._take(end + 1)[:-1])

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _read_header(self, line: bytes) -> None:
        found = _LENGTH.search(line)
        if found is not None:
            length = int(found[1])
            self._length = length if length <= LONGEST_BODY else None
        elif not line.strip():
            self._awaits_body = self._length is not None

    def _forget_noise(self) -> None:
        """Keeps of an endless line only what could be the start of a header."""
        if len(self._buffer) > _LONGEST_HEADER:
            del self._buffer[:-64]
