"""Reading bytes as Python reads them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from import_cycles.analysis.change import Problem
from import_cycles.proposals.fix import FixSettings
from import_cycles.workspace.config import has_table, load_config
from import_cycles.workspace.files import UndecodableError, decode_source, read_source, read_text
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.ignore import IgnoreRules
from import_cycles.workspace.manifests import Declared, declared_roots
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.python_version import declared_version
from import_cycles.workspace.regular_files import LIMIT, read_file, read_settings
from import_cycles.workspace.writing import write_source


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"x = 1\r\ny\x0c\r", "x = 1\r\ny\x0c\r"),
        (b"\xef\xbb\xbfimport a\n", "import a\n"),
        ("é = '→'".encode(), "é = '→'"),
        ("# coding: latin-1\né".encode("latin-1"), "# coding: latin-1\né"),
        ("#!x\n# -*- coding: cp1252 -*-\n€".encode("cp1252"), "#!x\n# -*- coding: cp1252 -*-\n€"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        (b"# coding: utf-8-sig\nx", "# coding: utf-8-sig\nx"),
        ("a\nb\n# coding: latin-1 comes too late\né".encode(), "a\nb\n# coding: latin-1 comes too late\né"),
        ("encoding = 'latin-1'\né".encode(), "encoding = 'latin-1'\né"),
    ],
)  # fmt: skip
def test_decode(data: bytes, text: str) -> None:
    assert decode_source(data) == text
    # Python agrees that this is a source file, where it is one.
    if not any(part in text for part in ("€", "x = 1", "too late")):
        compile(data, "case", "exec", dont_inherit=True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\n\xff", "is not utf-8: byte 0xff in line 2"),
        (b"# coding: klingon\n", "klingon"),
        (b"# coding: rot13\nvzcbeg", "encoding line"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding line"),
        ("import a".encode("utf-16"), "null bytes"),
        (b"# coding: ascii\n\xe9", "is not ascii: byte 0xe9 in line 2"),
    ],
)
def test_undecodable(data: bytes, message: str) -> None:
    with pytest.raises(UndecodableError, match=message):
        decode_source(data)
    with pytest.raises((SyntaxError, ValueError, LookupError)):
        compile(data, "case", "exec", dont_inherit=True)


def test_read_text_is_none_for_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "broken.py").symlink_to("nowhere")
    for name in ("folder.py", "broken.py", "absent.py", "broken.py/x.py"):
        assert read_text(as_source_path(tmp_path / name)) is None


def test_what_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xff")
    problem = read_text(as_source_path(path))
    assert isinstance(problem, Problem)
    assert "byte 0xff in line 1" in problem.message
    assert read_source(as_source_path(path)) is None

    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal is played.
    monkeypatch.setattr(os, "open", refuse)
    problem = read_text(as_source_path(path))
    assert isinstance(problem, Problem)
    assert "Permission denied" in problem.message


def test_source_paths_keep_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    os.chdir(tmp_path)
    assert as_source_path(Path("link/../link/a.py")) == f"{tmp_path.as_posix()}/link/a.py"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # the whole path can be too long for a socket
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _large(path: Path) -> None:
    path.touch()
    os.truncate(path, LIMIT + 1)


NO_FILES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only POSIX has such things")
KINDS = [
    pytest.param(_pipe, "it is a pipe, no regular file", marks=NO_FILES),
    pytest.param(_socket, "it is a socket, no regular file", marks=NO_FILES),
    pytest.param(_device, "it is a device, no regular file", marks=NO_FILES),
    pytest.param(_large, "it is larger than 20 MB"),
]


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_only_regular_files_up_to_a_limit_are_read(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    names = ("x.py", "pyproject.toml", "setup.cfg", "setup.py", "ruff.toml", ".gitignore")
    for name in names:
        make(tmp_path / name)
    path = as_source_path(tmp_path / "x.py")
    problem = read_text(path)
    assert problem == Problem(path, f"cannot be read ({reason}); its imports are not known")
    refused = write_source(path, "", "import a\n", tmp_path) or ""
    # A link out of the project is refused before anything is looked at.
    assert reason in refused or "is a link out of the project" in refused
    config = load_config(tmp_path)
    assert [each.message for each in config.problems] == [
        f"cannot be read ({reason}); defaults are used"
    ]
    assert not has_table(tmp_path / "pyproject.toml")
    assert declared_version(tmp_path, {}) is None
    assert declared_roots(tmp_path, names) == Declared()
    assert load_fix_settings(tmp_path) == FixSettings()
    rules = IgnoreRules(as_source_path(tmp_path), (), respect_gitignore=True)
    rules.start(as_source_path(tmp_path))
    assert [each.message for each in rules.problems] == [
        f"cannot be read ({reason}); nothing is ignored by it"
    ]


def test_a_file_that_grows_is_read_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"ab\r\ncd")
    assert read_file(path)[1] == b"ab\r\ncd"
    assert read_settings(path) == "ab\ncd"
    read = os.read
    monkeypatch.setattr(os, "read", lambda file, size: read(file, size) or b"x" * size)
    with pytest.raises(OSError, match="larger than 20 MB"):
        read_file(path)
