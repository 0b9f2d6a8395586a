"""Open documents: how edits are placed, and documents that are none of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from e2e.editor import Editor, started, write_files

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAIR = {"app/__init__.py": "", "app/a.py": "import app.b\n", "app/b.py": ""}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """One server for all tests that need nothing special; see `Editor.visiting`."""
    async with started([tmp_path_factory.mktemp("empty")]) as editor:
        yield editor


@pytest.mark.parametrize(
    ("encoding", "width"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1), (None, 2)]
)
async def test_columns_behind_an_emoji(encoding: str | None, width: int, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    general = {} if encoding is None else {"general": {"positionEncodings": [encoding]}}
    async with started([root], capabilities={"textDocument": {}, **general}) as editor:
        assert editor.result.capabilities.position_encoding == (encoding or "utf-16")
        editor.open(b, '"🐍"; import os\n')
        editor.change(b, ((0, width + 11), (0, width + 13), "app.a"))
        shown = await editor.shows(b, (0, "cycle"))
        place = shown.diagnostics[0].range
        assert (place.start.character, place.end.character) == (width + 11, width + 16)
        hover = await editor.hover(b, 0, width + 12)
        assert hover is not None
        assert hover.range == place


async def test_lines_end_only_where_editors_think_so(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    async with shared.visiting(root) as editor:
        for odd in ("\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"):
            editor.open(b, f"# one {odd} still one\n# two\n# three\n")
            editor.change(b, ((1, 0), (1, 5), "import app.a"))
            await editor.shows(b, (1, "cycle"))
            editor.close(b)
            await editor.shows(b)


async def test_other_line_ends(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    async with shared.visiting(root) as editor:
        for line_end in ("\r\n", "\r"):
            editor.open(b, line_end.join(["# one", "# two", "# three"]))
            editor.change(b, ((1, 0), (1, 99), "import app.a"), ((2, 0), (2, 7), "x = 1"))
            await editor.shows(b, (1, "cycle"))
            editor.change(b, ((0, 5), (1, 0), ""))
            await editor.shows(b)
            editor.close(b)


async def test_changes_of_one_message_follow_one_another(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    async with shared.visiting(root) as editor:
        editor.open(b)
        editor.change(
            b, ((0, 0), (0, 0), "import \n"), ((0, 7), (0, 7), "app."), ((0, 11), (0, 11), "a")
        )
        await editor.shows(b, (0, "cycle"))
        editor.change(b, "x = 1\n\nimport app.a\n", ((0, 0), (1, 0), ""))
        await editor.shows(b, (1, "cycle"))
        # A range that runs backwards, and one beyond the end.
        editor.change(b, ((1, 12), (1, 0), "pass"), ((77, 0), (99, 5), "\nimport app.a"))
        await editor.shows(b, (3, "cycle"))


async def test_documents_that_are_none_of_ours(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    nowhere = [
        "untitled:Untitled-1",
        "vscode-notebook-cell:/work/notes.ipynb#W0sZmlsZQ",
        "git:/app/b.py?ref",
        "file:///elsewhere/app/b.py",
        "file://[nonsense",
        "",
    ]
    async with shared.visiting(root) as editor:
        for uri in nowhere:
            editor.open(b, "import app.a\n", uri=uri)
            editor.change(b, ((0, 0), (0, 0), "import app.a\n"), uri=uri)
        # Never opened.
        editor.change(b, ((0, 0), (0, 0), "import app.a\n"))
        editor.close(root / "app/a.py")
        cells = [types.TextDocumentItem("vscode-notebook-cell:/x#1", "python", 1, "import app.a")]
        notebook = types.NotebookDocument("file:///x.ipynb", "jupyter-notebook", 1, [])
        editor.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(notebook, cells)
        )
        await editor.settled()
        assert editor.news == []
        editor.open(b, "import app.a\n")
        await editor.shows(b, (0, "cycle"))


async def test_other_spellings_of_a_uri(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path / "é ü", PAIR)
    b = root / "app/b.py"
    # What RFC 3986 leaves open: encoded letters, and hexadecimal digits of either case.
    uri = b.as_uri().replace("app/b.py", "%61pp/./b.py").replace("%C3", "%c3")
    async with shared.visiting(root) as editor:
        editor.open(b, "import app.a\n", uri=uri)
        await editor.until(
            lambda: any(news.uri == uri and news.diagnostics for news in editor.news),
            "diagnostics under the editor's own spelling",
        )


async def test_an_opened_file_hears_again_what_it_is_about(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, {**PAIR, "app/b.py": "import app.a\n"})
    b = root / "app/b.py"
    async with shared.visiting(root) as editor:
        assert (await editor.shows(b, (0, "cycle"))).version is None
        editor.open(b)
        await editor.until(lambda: (shown := editor.shown(b)) and shown.version, "version")
        assert editor.codes(b) == [(0, "cycle")]


async def test_lone_surrogates_in_a_text(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    b = root / "app/b.py"
    async with shared.visiting(root) as editor:
        editor.open(b, '"\ud83d"; import os\n')
        editor.change(b, ((0, 12), (0, 14), "app.a"))
        await editor.shows(b, (0, "cycle"))


async def test_hover_where_nothing_is_to_say(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    async with shared.visiting(root) as editor:
        editor.open(root / "app/a.py")
        assert await editor.hover(root / "app/a.py", 0, 7) is None
        assert await editor.hover(root / "app/missing.py", 0, 0) is None
        assert await editor.hover(root / "app/a.py", 999, 999) is None
        editor.open(root / "app/b.py", "import app.a\n")
        # No wait in between: a hover sees what was sent before it.
        assert await editor.hover(root / "app/a.py", 0, 7) is not None
