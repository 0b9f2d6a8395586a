"""Reading source files the way that Python does.

Encodings follow PEP 263 and `tokenize.detect_encoding`: a byte order mark, else a cookie in the
first two lines, else UTF-8. Line ends and form feeds stay as they are, since editors count them;
the byte order mark goes, since editors do not.
"""

from __future__ import annotations

import os
import tokenize
from io import BytesIO
from stat import S_ISREG

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.workspace.regular_files import read_file

_MARK = b"\xef\xbb\xbf"


class UndecodableError(Exception):
    """The bytes are no source that Python could read; the message says what is wrong."""


def decode_source(data: bytes) -> str:
    """The text of a source file, without its byte order mark.

    Raises UndecodableError for bytes outside the encoding, unknown encodings, and null bytes.
    """
    if b"\0" in data:
        raise UndecodableError("contains null bytes, as text in UTF-16 would")
    try:
        if has_cookie(data):
            encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
            return data.decode(encoding).removeprefix("\ufeff")
        return data.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UndecodableError(
            f"is not {error.encoding}: byte 0x{data[error.start]:02x} in line {line}"
        ) from error
    except (SyntaxError, LookupError) as error:
        raise UndecodableError(f"has an encoding line that cannot be followed: {error}") from error


def has_cookie(data: bytes) -> bool:
    """Whether a source file may declare its own encoding."""
    second = data.find(b"\n", data.find(b"\n") + 1)
    return b"coding" in (data if second < 0 else data[:second])


def load(path: SourcePath) -> tuple[os.stat_result, bytes] | Problem | None:
    """A file's status and then its bytes; None when there is no such file (any more)."""
    try:
        return read_file(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        return Problem(path, f"cannot be read ({reason}); its imports are not known")


def text_of(path: SourcePath, data: bytes) -> str | Problem:
    """The text of a file with these bytes; or the problem in prose."""
    try:
        return decode_source(data)
    except UndecodableError as error:
        return Problem(
            path,
            f"{error}. Python could not load it either; its imports are not known",
        )


def read_text(path: SourcePath) -> str | Problem | None:
    """The text of a file; None when there is no such file (any more); a problem said in prose."""
    loaded = load(path)
    return text_of(path, loaded[1]) if isinstance(loaded, tuple) else loaded


def read_source(path: SourcePath) -> str | None:
    """The text of a file; None when it is not available."""
    text = read_text(path)
    return text if isinstance(text, str) else None


def is_file(path: SourcePath) -> bool:
    """Whether a regular file is there, perhaps through a link."""
    try:
        return S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - see read_file
    except (OSError, ValueError):
        return False


def list_folder(folder: SourcePath) -> tuple[str, ...]:
    """The names in a folder, sorted; none for one that cannot be listed."""
    try:
        return tuple(sorted(os.listdir(folder)))  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return ()
