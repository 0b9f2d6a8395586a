"""Writing a changed source file back as it was encoded, whole or not at all.

The only place of the program that writes into a project. The new file is made beside the old one
and takes its place by renaming, so that no reader ever sees half of it.
"""

from __future__ import annotations

import os
import tempfile
import tokenize
from io import BytesIO
from pathlib import Path
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.workspace.files import UndecodableError, decode_source
from import_cycles.workspace.regular_files import read_file

_MARK: Final = b"\xef\xbb\xbf"


def write_source(path: SourcePath, before: str, after: str, folder: Path) -> str | None:
    """Replace the text of a file in `folder`, which must still be `before`.

    Encoding, byte order mark, line ends and permissions stay. What is returned says why the file
    was left as it is.
    """
    target = Path(path).resolve()
    if not target.is_relative_to(folder.resolve()):
        return f"{path}: is a link out of the project; not changed"
    try:
        _, data = read_file(target)
        if decode_source(data) != before:
            return f"{path}: has changed in the meantime; not changed"
        _replace(target, _encoded(after, data))
    except UnicodeEncodeError as error:
        return f"{path}: its encoding {error.encoding} lacks a character; not changed"
    except (OSError, UndecodableError) as error:
        return f"{path}: cannot be written ({error}); not changed"
    return None


def _encoded(text: str, like: bytes) -> bytes:
    encoding, _ = tokenize.detect_encoding(BytesIO(like).readline)
    mark = _MARK if like.startswith(_MARK) else b""
    return mark + text.encode("utf-8" if encoding == "utf-8-sig" else encoding)


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
