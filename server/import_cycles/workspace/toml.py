"""TOML documents as nested tables, their mistakes with a line."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

Table = Mapping[str, Any]

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_AT_END = re.compile(r"\s*\(at end of document\)$")


class TomlError(Exception):
    """The text is not TOML: the mistake, and its line from 0."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_toml(text: str) -> Table:
    """The document. Raises TomlError."""
    # Imported only now: starting has to be quick where there is no TOML.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

    try:
        document: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at_line = _AT_LINE.search(message)
        line = int(at_line[1]) - 1 if at_line else text.rstrip("\n").count("\n")
        raise TomlError(_AT_END.sub("", _AT_LINE.sub("", message)), line) from error
    return document


def table_at(document: Table, *keys: str) -> Table:
    """The table at a path of keys; empty when there is none."""
    for key in keys:
        inner = document.get(key)
        if not isinstance(inner, Mapping):
            return {}
        document = inner
    return document


def line_of_key(text: str, table: str, key: str) -> int | None:
    """The line, from 0, where `key` of `[table]` is set; None when it is written in some other way."""
    here: str | None = None
    wanted = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""")
    for number, line in enumerate(text.splitlines()):
        header = re.fullmatch(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?", line)
        if header:
            here = re.sub(r"\s*\.\s*", ".", header[1]).replace('"', "").replace("'", "")
            if here == f"{table}.{key}":
                return number
        elif here == table and wanted.match(line):
            return number
    return None
