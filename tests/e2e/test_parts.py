"""Parts of the server that need no server process: frames, the inbox, folders, settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_cycles.base.names import SourcePath
from import_cycles.lsp.framing import Framing
from import_cycles.lsp.projects import owner
from import_cycles.lsp.schedule import AddFolder, Configure, Inbox, OpenText, RemoveFolder
from import_cycles.lsp.settings import ClientConfiguration

A, B, SHOP = SourcePath("/shop/a.py"), SourcePath("/shop/b.py"), SourcePath("/shop")


def test_everything_becomes_one_batch() -> None:
    inbox = Inbox()
    inbox.put(orders=[AddFolder(SHOP)])
    inbox.put(texts={A: OpenText("old", 1), B: OpenText("b", 2)})
    inbox.put(texts={A: OpenText("new", 3)}, disk=[B])
    inbox.put(texts={B: None}, disk=[A], rescan=True)
    last = inbox.put(orders=[Configure(SHOP, None), RemoveFolder(SHOP)])
    batch = inbox.take()
    assert batch is not None
    assert batch.sequence == last == inbox.sequence
    assert batch.orders == (AddFolder(SHOP), Configure(SHOP, None), RemoveFolder(SHOP))
    assert batch.texts == {A: OpenText("new", 3), B: None}
    assert batch.disk == {A, B}
    assert batch.rescan
    inbox.put(texts={A: None})
    batch = inbox.take()
    assert batch is not None
    assert (batch.orders, batch.texts, batch.rescan) == ((), {A: None}, False)


def test_a_closed_inbox_gives_nothing() -> None:
    inbox = Inbox()
    inbox.put(disk=[A])
    inbox.close()
    assert inbox.take() is None


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/shop/a.py", "/shop"),
        ("/shop/libs/x/a.py", "/shop/libs/x"),
        ("/shop/libs/xy/a.py", "/shop"),
        ("/shopping/a.py", None),
    ],
)
def test_the_deepest_folder_owns_a_file(path: str, folder: str | None) -> None:
    folders = [SourcePath("/shop"), SourcePath("/shop/libs/x"), SourcePath("/other")]
    assert owner(SourcePath(path), folders) == folder


def test_settings_from_three_sides() -> None:
    configuration = ClientConfiguration({"import-cycles": {"roots": ["a"]}})
    assert configuration.settings() == {"roots": ["a"]}
    assert configuration.settings({"roots": ["b"]}) == {"roots": ["b"]}
    configuration.push({"import-cycles": {"roots": ["c"]}})
    configuration.push(None)
    configuration.push({})
    assert configuration.settings(None) == {"roots": ["c"]}
    assert configuration.settings("nonsense") == {"roots": ["c"]}
    assert ClientConfiguration([1]).settings() is None


@given(st.lists(st.binary(max_size=40)), st.data())
def test_frames_do_not_depend_on_pieces(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)
    cuts = data.draw(st.lists(st.integers(0, len(stream))).map(sorted))
    framing = Framing()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [body for piece in pieces for body in framing.feed(piece)] == bodies


@given(st.binary(), st.binary())
def test_noise_never_wedges_the_stream(noise: bytes, body: bytes) -> None:
    framing = Framing()
    framing.feed(noise)
    # What is pending of the noise can swallow at most what it announced.
    if not noise.lower().count(b"content-length"):
        framed = b"\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        assert framing.feed(framed) == [body]
