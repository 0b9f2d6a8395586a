"""Reading bytes as Python reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from import_cycles.analysis.change import Problem
from import_cycles.workspace.files import UndecodableError, decode_source, read_source, read_text
from import_cycles.workspace.paths import as_source_path


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
    monkeypatch.setattr("builtins.open", refuse)
    problem = read_text(as_source_path(path))
    assert isinstance(problem, Problem)
    assert "Permission denied" in problem.message


def test_source_paths_keep_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    os.chdir(tmp_path)
    assert as_source_path(Path("link/../link/a.py")) == f"{tmp_path.as_posix()}/link/a.py"
