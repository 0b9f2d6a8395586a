"""The texts of open documents, as the client has them.

Edits arrive one after the other and each speaks of the text that the one before it left. Texts
are ours alone (see import_cycles.lsp.protocol), for a line must end where clients think that it
ends. Only documents that are local files are kept: nothing imports an `untitled:` document or
the cell of a notebook.

A *serial* numbers the texts of a session, each text of each document: unlike versions, which
start again when a document is opened again, equal serials mean the same text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from import_cycles.base.edits import apply_range_change
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import Encoding, LineIndex
from import_cycles.lsp.convert import DocumentChange, TextChange
from import_cycles.lsp.uris import path_from_uri, uri_from_path

_log = logging.getLogger(__name__)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@record
class Document:
    """One text of one open document."""

    uri: str
    path: SourcePath
    version: int
    serial: int
    index: LineIndex

    @property
    def text(self) -> str:
        """The whole text."""
        return self.index.text


class OpenDocuments:
    """What is open, and under which URI the client knows a file."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._by_path: dict[SourcePath, Document] = {}
        self._spellings: dict[SourcePath, str] = {}
        self._last_serial = 0

    def __iter__(self) -> Iterator[Document]:
        return iter(self._by_path.values())

    def open(self, uri: str, version: int, text: str) -> Document | None:
        """The new document; None when it is not one of ours."""
        path = path_from_uri(uri)
        if path is None:
            return None
        self._spellings[path] = uri
        return self._keep(uri, path, version, LineIndex(_encodable(text)))

    def change(self, change: DocumentChange) -> Document | None:
        """The document with its new text; None when it is not open."""
        document = self.at_uri(change.uri)
        if document is None:
            return None
        index = document.index
        for step in change.changes:
            index = self._applied(index, step)
        return self._keep(document.uri, document.path, change.version, index)

    def close(self, uri: str) -> Document | None:
        """The document that was closed; None when it was not open."""
        document = self.at_uri(uri)
        return None if document is None else self._by_path.pop(document.path)

    def at_uri(self, uri: str) -> Document | None:
        """The open document of that URI, in any spelling."""
        path = path_from_uri(uri)
        return None if path is None else self._by_path.get(path)

    def at_path(self, path: SourcePath) -> Document | None:
        """The open document of that file."""
        return self._by_path.get(path)

    def uri_of(self, path: SourcePath) -> str:
        """The URI for a file, in the spelling that the client used last."""
        return self._spellings.get(path) or uri_from_path(path)

    def _applied(self, index: LineIndex, change: TextChange) -> LineIndex:
        new_text = _encodable(change.new_text)
        if change.start is None or change.end is None:
            return LineIndex(new_text)
        return apply_range_change(index, change.start, change.end, new_text, self._encoding)

    def _keep(self, uri: str, path: SourcePath, version: int, index: LineIndex) -> Document:
        self._last_serial += 1
        document = Document(uri, path, version, self._last_serial, index)
        self._by_path[path] = document
        return document


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which JSON can say and no file can hold.

    U+FFFD takes their place: it is as wide as they are, in every unit of columns.
    """
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
