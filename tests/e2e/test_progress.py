"""Progress while a folder is read, and its button to stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from e2e.editor import plain_capabilities, started, write_files

pytestmark = pytest.mark.asyncio

PROGRESS = plain_capabilities(window={"workDoneProgress": True})
PAIR = {"app/__init__.py": "", "app/a.py": "import app.b\n", "app/b.py": "import app.a\n"}


async def test_progress_begins_and_ends(tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    async with started([root], capabilities=PROGRESS) as editor:
        await editor.shows(root / "app/a.py", (0, "cycle"))
        await editor.until(lambda: len(editor.progress) >= 3, "end of the progress")
        (token,) = {token for token, _ in editor.progress}
        assert editor.progress[0] == (token, "begin")
        assert editor.progress[-2:] == [(token, "end"), (token, "Done")]


async def test_without_the_capability_there_is_none(tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    async with started([root]) as editor:
        await editor.shows(root / "app/a.py", (0, "cycle"))
        await editor.settled()
        assert editor.progress == []


async def test_stopping(tmp_path: Path) -> None:
    # Enough to read that the word to stop arrives in time.
    big = "\n".join(f"def function_{n}(x, y=({n}, [])):\n    return x + y[0]\n" for n in range(400))
    many = {f"app/m{n}.py": f"import app.m{n + 1}\n{big}" for n in range(150)}
    root = write_files(tmp_path, {**PAIR, **many})
    async with started([root], capabilities=PROGRESS) as editor:
        (token, _), *_ = await editor.until(lambda: editor.progress, "begin of the progress")
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("other"))
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        await editor.until(lambda: (token, "Stopped") in editor.progress, "end of the progress")
        # The server is as alive as before, and reads everything when asked to.
        params = types.ExecuteCommandParams("import-cycles.reindex")
        await editor.client.workspace_execute_command_async(params)
        await editor.shows(root / "app/a.py", (0, "cycle"))
