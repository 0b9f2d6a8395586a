"""Writing a changed source file back as it was encoded, or a new one, whole or not at all.

This is the only part of the program that writes into a project (`write_new` is for files of our
own). It makes the new file beside the old one and renames it to the old name, so that no reader
ever sees half of it. Permissions, owner and extended attributes (access control lists among them)
are those of the old one.

A file with several names (hard links) is written over in place, and so is one whose owner or
attributes this process may not give to another file. Meanwhile the whole new text lies beside it,
and stays there if writing fails.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
import tokenize
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.workspace.files import UndecodableError, decode_source
from import_cycles.workspace.regular_files import read_file

_MARK: Final = b"\xef\xbb\xbf"


def write_source(path: SourcePath, before: str, after: str, folder: Path) -> str | None:
    """Replace the text of a file in `folder`, which must still be `before`.

    Encoding, byte order mark, line ends, permissions, owner, hard links and extended attributes
    stay. Returns why the file was left as it is, or nothing.
    """
    return _carefully(path, before, after, folder, _replace)


def write_new(path: Path, data: bytes) -> None:
    """Make a file, or replace one, so that no reader sees half of it. Raises OSError.

    A link stays a link: what it leads to is replaced.
    """
    target = path.resolve()
    if target.exists():
        _replace(target, data)
        return
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        beside = Path(file.name)
        file.write(data)
    beside.chmod(0o666 & ~_umask())
    beside.replace(target)


def _umask() -> int:
    """The permissions that the process withholds from new files."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def why_not_writable(path: SourcePath, before: str, after: str, folder: Path) -> str | None:
    """The answer of `write_source` now, as far as it can be known without writing."""
    return _carefully(path, before, after, folder, lambda target, data: None)


def create_source(path: SourcePath, text: str, like: SourcePath, folder: Path) -> str | None:
    """Write a new file in `folder`, UTF-8, with the permissions of the one that it is `like`.

    It appears whole, and never replaces another file. Returns why it does not appear, or nothing.
    """
    return _creating(path, text, like, folder, _link_new)


def why_not_creatable(path: SourcePath, text: str, like: SourcePath, folder: Path) -> str | None:
    """The answer of `create_source` now, as far as it can be known without writing."""
    return _creating(path, text, like, folder, lambda target, data, like: None)


def _creating(
    path: SourcePath,
    text: str,
    like: SourcePath,
    folder: Path,
    act: Callable[[Path, bytes, Path], None],
) -> str | None:
    target = Path(path)
    try:
        if not target.parent.resolve().is_relative_to(folder.resolve()):
            return f"{path}: would lie out of the project; not made"
        if os.path.lexists(target):
            return f"{path}: exists; not made"
        if not os.access(target.parent, os.W_OK):
            return f"{path}: its folder is read-only; not made"
        act(target, text.encode(), Path(like).resolve())
    except FileExistsError:
        return f"{path}: exists; not made"
    except (OSError, UnicodeEncodeError) as error:
        return f"{path}: cannot be written ({error}); not made"
    return None


def _link_new(target: Path, data: bytes, like: Path) -> None:
    """Make a file whole beside the place where it belongs, and give it its name if that is free."""
    beside = _written_beside(target, data)
    try:
        mode = stat.S_IMODE(like.stat().st_mode)
        beside.chmod(mode & ~(stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
        try:
            os.link(beside, target)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links: there the name is taken first, then the text is written.
            with target.open("xb") as file:
                file.write(data)
    finally:
        beside.unlink(missing_ok=True)


def _carefully(
    path: SourcePath, before: str, after: str, folder: Path, act: Callable[[Path, bytes], None]
) -> str | None:
    target = Path(path).resolve()
    if not target.is_relative_to(folder.resolve()):
        return f"{path}: is a link out of the project; not changed"
    try:
        _, data = read_file(target)
        if decode_source(data) != before:
            return f"{path}: has changed in the meantime; not changed"
        if _is_read_only(target):
            return f"{path}: is read-only; not changed"
        act(target, _encoded(after, data))
    except UnicodeEncodeError as error:
        return f"{path}: its encoding {error.encoding} lacks a character; not changed"
    except (OSError, UndecodableError) as error:
        return f"{path}: cannot be written ({error}); not changed"
    return None


def _encoded(text: str, like: bytes) -> bytes:
    encoding, _ = tokenize.detect_encoding(BytesIO(like).readline)
    mark = _MARK if like.startswith(_MARK) else b""
    return mark + text.encode("utf-8" if encoding == "utf-8-sig" else encoding)


def _is_read_only(target: Path) -> bool:
    """Whether its permissions forbid writing to all (root may write anyway), or to this process."""
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    return not target.stat().st_mode & writable or not os.access(target, os.W_OK)


def _written_beside(target: Path, data: bytes) -> Path:
    """A file of another name in the folder of `target`, which holds the data."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _replace(target: Path, data: bytes) -> None:
    beside = _written_beside(target, data)
    try:
        takes_its_place = target.stat().st_nlink == 1 and _made_alike(beside, target)
        if takes_its_place:
            beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if not takes_its_place:
        _write_over(target, data)
        beside.unlink()


def _made_alike(beside: Path, target: Path) -> bool:
    """Give a file the owner, permissions and attributes of another; False where that is refused."""
    wanted, own = target.stat(), beside.stat()
    try:
        if (own.st_uid, own.st_gid) != (wanted.st_uid, wanted.st_gid):
            os.chown(beside, wanted.st_uid, wanted.st_gid)
        beside.chmod(stat.S_IMODE(wanted.st_mode))
        return _has_attributes_of(beside, target)
    except PermissionError:
        return False


def _has_attributes_of(beside: Path, target: Path) -> bool:
    """Give a file the extended attributes of another, where Python can; whether it has them all."""
    if sys.platform != "linux":
        return True
    try:
        for name in _attributes(target):
            os.setxattr(beside, name, os.getxattr(target, name))
    except OSError:
        return False
    return True


def _attributes(path: Path) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return []  # The file system has no extended attributes.


def _write_over(target: Path, data: bytes) -> None:
    with target.open("r+b", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        file.truncate()
        os.fsync(file.fileno())
