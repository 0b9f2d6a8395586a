"""A server that starts where the one before it left off."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from e2e.editor import Editor, started, write_files
from import_cycles.workspace.cache_folder import DATABASE

pytestmark = pytest.mark.asyncio

CYCLE = {
    "pyproject.toml": "[project]\nname = 'app'\n",
    "app/__init__.py": "",
    "app/a.py": "import app.b\nLIMIT = 1\n",
    "app/b.py": "from app.a import LIMIT\n",
    "app/c.py": "import app.a\n",
}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("IMPORT_CYCLES_CACHE_DIR", str(folder))
    return folder


async def _shown(editor: Editor, root: Path) -> dict[str, list[tuple[int, str]]]:
    await editor.settled()
    names = ("app/a.py", "app/b.py", "app/c.py")
    return {name: editor.codes(root / name) for name in names}


async def test_the_next_server_shows_the_same(tmp_path: Path, store: Path) -> None:
    root = write_files(tmp_path / "project", CYCLE)
    async with started([root]) as editor:
        first = await _shown(editor, root)
        assert first["app/b.py"]
    assert (store / DATABASE).is_file()
    async with started([root]) as editor:
        assert await _shown(editor, root) == first
        editor.open(root / "app/b.py", CYCLE["app/b.py"])
        assert await _shown(editor, root) == first


async def test_what_changed_in_between_counts(tmp_path: Path) -> None:
    root = write_files(tmp_path / "project", CYCLE)
    async with started([root]) as editor:
        editor.open(root / "app/c.py", "import app.c\n")
        assert (await _shown(editor, root))["app/c.py"] == [(0, "self-import")]
    (root / "app/b.py").write_text("")
    async with started([root]) as editor:
        shown = await _shown(editor, root)
        assert not any(shown.values()), "the text that nobody saved is gone, and so is the cycle"
        editor.open(root / "app/b.py", CYCLE["app/b.py"])
        assert (await _shown(editor, root))["app/b.py"] == [(0, "cycle-crash")]


async def test_a_client_that_wants_none(tmp_path: Path, store: Path) -> None:
    root = write_files(tmp_path / "project", CYCLE)
    async with started([root], options={"cache": False}) as editor:
        assert (await _shown(editor, root))["app/b.py"]
    assert not store.exists()


async def test_reading_anew_does_not_ask_the_cache(tmp_path: Path, store: Path) -> None:
    root = write_files(tmp_path / "project", CYCLE)
    async with started([root]) as editor:
        first = await _shown(editor, root)
    (store / DATABASE).write_bytes(b"damaged" * 1000)
    async with started([root]) as editor:
        assert await _shown(editor, root) == first
        await editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("import-cycles.reindex", [])
        )
        assert await _shown(editor, root) == first
