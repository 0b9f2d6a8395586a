"""File names between clients and us: `file:` URIs on the wire, source paths inside.

Only local files have a source path. Everything else (`untitled:`, cells of notebooks, `git:`)
has none, and callers leave such documents alone. Source: RFC 8089, RFC 3986; LSP 3.17, "URI".

Clients spell one file in several ways (`file:///c%3A/x` and `file:///C:/x`), so paths are made
uniform here: percent-encoding undone, `.` and `..` and doubled slashes resolved, drive letters
in lower case. Symbolic links stay as they are: the editor's name of a file is the user's name.
Tests: tests/e2e/test_uris.py.
"""

from __future__ import annotations

import os
import posixpath
import re
from urllib.parse import quote, unquote

from import_cycles.base.names import SourcePath

ON_WINDOWS = os.name == "nt"

_FILE_URI = re.compile(r"file:(?://([^/?#]*)(?=/)|(?!//))(/[^?#]*)", re.IGNORECASE)
_DRIVE = re.compile(r"/?([A-Za-z]):(?=/|$)")


def path_from_uri(uri: str, *, windows: bool = ON_WINDOWS) -> SourcePath | None:
    """The source path that `uri` means; None when it is no local file.

    Octets that are not UTF-8 become lone surrogates, as `os.fsdecode` has them.
    """
    found = _FILE_URI.match(uri)
    if found is None:
        return None
    host, path = found[1] or "", unquote(found[2], errors="surrogateescape")
    if "\0" in path:
        return None
    if host and host.lower() != "localhost":
        path = f"//{host}{path}"
    return uniform_path(path, windows=windows)


def uniform_path(path: str, *, windows: bool = ON_WINDOWS) -> SourcePath:
    """`path`, absolute already, in the one spelling that is compared."""
    if windows:
        path = path.replace("\\", "/")
        drive = _DRIVE.match(path)
        if drive is not None:
            rest = path[drive.end() :] or "/"
            return SourcePath(f"{drive[1].lower()}:{posixpath.normpath(rest)}")
    elif path.startswith("//"):
        # POSIX leaves a leading `//` to the system (posixpath.normpath keeps it); here it is
        # what remains of an empty component.
        path = path[1:]
    return SourcePath(posixpath.normpath(path))


def uri_from_path(path: SourcePath) -> str:
    """The `file:` URI of a source path; its drive letter keeps the colon."""
    drive = _DRIVE.match(path)
    prefix, rest = ("", str(path))
    if drive is not None and not path.startswith("/"):
        prefix, rest = f"/{drive[0]}", path[drive.end() :]
    if rest.startswith("//"):
        return "file:" + quote(rest, errors="surrogateescape")
    return f"file://{prefix}{quote(rest, errors='surrogateescape')}"
