"""URIs and source paths, on every platform."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_cycles.base.names import SourcePath
from import_cycles.lsp.uris import path_from_uri, uniform_path, uri_from_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/a.py", "/home/me/a.py"),
        ("FILE://localhost/home/me/a.py", "/home/me/a.py"),
        ("file:/home/me/a.py", "/home/me/a.py"),
        ("file:///home/me/my%20shop/%C3%A9.py", "/home/me/my shop/é.py"),
        ("file:///home/me/%61.py?query#fragment", "/home/me/a.py"),
        ("file:///home//me/./x/../a.py", "/home/me/a.py"),
        ("file:////home/me/a.py", "/home/me/a.py"),
        ("file:///home/me/", "/home/me"),
        ("file:///home/me/a%23b%3Fc%25.py", "/home/me/a#b?c%.py"),
        ("file:///bad%FF.py", "/bad\udcff.py"),
        ("file:///c%3A/x.py", "/c:/x.py"),
        ("file:///", "/"),
        ("file:///a%00.py", None),
        ("file://[", None),
        ("file:", None),
        ("untitled:Untitled-1", None),
        ("vscode-notebook-cell:/a.ipynb#W0", None),
        ("http://example.org/a.py", None),
        ("", None),
    ],
)
def test_on_posix(uri: str, path: str | None) -> None:
    assert path_from_uri(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///C:/Users/me/a.py", "c:/Users/me/a.py"),
        ("file:///c%3A/Users/me/a.py", "c:/Users/me/a.py"),
        ("file:///C:", "c:/"),
        ("file:///C:/x/../y.py", "c:/y.py"),
        ("file://server/share/a.py", "//server/share/a.py"),
        ("file:////server/share/a.py", "//server/share/a.py"),
    ],
)
def test_on_windows(uri: str, path: str) -> None:
    assert path_from_uri(uri, windows=True) == path


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/home/me/my shop/é#?%.py", "file:///home/me/my%20shop/%C3%A9%23%3F%25.py"),
        ("/home/me/(a).py", "file:///home/me/%28a%29.py"),
        ("c:/Users/me/a b.py", "file:///c:/Users/me/a%20b.py"),
        ("//server/share/a.py", "file://server/share/a.py"),
        ("/bad\udcff.py", "file:///bad%FF.py"),
    ],
)
def test_to_a_uri(path: str, uri: str) -> None:
    assert uri_from_path(SourcePath(path)) == uri


@given(st.lists(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1)))
def test_there_and_back(parts: list[str]) -> None:
    path = uniform_path("/" + "/".join(parts), windows=False)
    assert path_from_uri(uri_from_path(path), windows=False) == path


def test_windows_paths_of_old_clients() -> None:
    assert uniform_path("C:\\Users\\me", windows=True) == "c:/Users/me"
