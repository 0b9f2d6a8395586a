"""Progress while a folder is read, and its button to stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from e2e.editor import plain_capabilities, started, write_files
from import_cycles.base.names import SourcePath
from import_cycles.lsp.progress import IndexRun, ProgressHub
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import AddFolder, Batch, OpenText, Reindex
from import_cycles.workspace.paths import as_source_path

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
        await editor.settled()
        assert editor.progress == []


async def test_stopping_whenever_it_comes(tmp_path: Path) -> None:
    root = write_files(tmp_path, {**PAIR, **{f"app/m{n}.py": "import os\n" for n in range(500)}})
    async with started([root], capabilities=PROGRESS) as editor:
        (token, _), *_ = await editor.until(lambda: editor.progress, "begin of the progress")
        for each in ("no such token", token):
            params = types.WorkDoneProgressCancelParams(each)
            editor.client.window_work_done_progress_cancel(params)
        await editor.until(lambda: (token, "end") in editor.progress, "end of the progress")
        reindex = types.ExecuteCommandParams("import-cycles.reindex")
        await editor.client.workspace_execute_command_async(reindex)
        await editor.shows(root / "app/a.py", (0, "cycle"))


class FakeClient:
    """Shows progress in a list."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.answers: asyncio.Queue[bool] = asyncio.Queue()

    async def create_progress(self, token: str) -> bool:
        self.shown.append("create")
        return await self.answers.get()

    def begin_progress(self, token: str, title: str) -> None:
        self.token = token
        self.shown.append(title)

    def report_progress(self, token: str, done: int, total: int) -> None:
        self.shown.append(f"{done}/{total}")

    def end_progress(self, token: str, message: str) -> None:
        self.shown.append(message)


async def rounds() -> None:
    """Lets everything that is ready on the event loop happen."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_button() -> None:
    client = FakeClient()
    hub = ProgressHub(asyncio.get_running_loop(), client)
    run = hub.begin(SourcePath("/home/me/shop"))
    client.answers.put_nowait(True)
    await rounds()
    run.advance(1, 9)
    run.advance(2, 9)
    hub.cancel("another")
    await rounds()
    assert not run.stopped.is_set()
    hub.cancel(client.token)
    assert run.stopped.is_set()
    run.end()
    await rounds()
    assert client.shown == ["create", "Reading imports of shop", "1/9", "Stopped"]


async def test_a_client_that_answers_late_or_refuses() -> None:
    client = FakeClient()
    hub = ProgressHub(asyncio.get_running_loop(), client)
    run = hub.begin(SourcePath("/shop"))
    await rounds()
    run.advance(1, 2)
    run.end()
    await rounds()
    assert client.shown == ["create"]
    client.answers.put_nowait(True)
    await rounds()
    assert client.shown == ["create", "Reading imports of shop", "Done"]
    refused = hub.begin(SourcePath("/shop"))
    client.answers.put_nowait(False)
    await rounds()
    refused.advance(1, 2)
    refused.end()
    await rounds()
    assert client.shown[3:] == ["create"]


async def test_the_end_of_a_session_stops_every_run() -> None:
    hub = ProgressHub(asyncio.get_running_loop(), None)
    before = hub.begin(SourcePath("/shop"))
    await rounds()
    hub.close()
    after = hub.begin(SourcePath("/shop"))
    assert before.stopped.is_set()
    assert after.stopped.is_set()


async def test_what_a_stopped_run_leaves(tmp_path: Path) -> None:
    root = as_source_path(write_files(tmp_path, PAIR))
    hub = ProgressHub(asyncio.get_running_loop(), None)
    is_stopped = True

    def begin(folder: SourcePath) -> IndexRun:
        run = hub.begin(folder)
        if is_stopped:
            run.stopped.set()
        return run

    projects = Projects(begin, takes_loose_files=False)
    outcome = projects.process(Batch(1, orders=(AddFolder(root),)))
    a = SourcePath(f"{root}/app/a.py")
    assert [view.snapshot.findings for view in outcome.views] == [{}]
    outcome = projects.process(Batch(2, texts={a: OpenText("import app.b\n", 1)}))
    assert [view.snapshot.findings for view in outcome.views] == [{}]
    is_stopped = False
    outcome = projects.process(Batch(3, orders=(Reindex(),)))
    assert a in outcome.touched
    assert outcome.analysed == {a: 1}
    assert a in outcome.views[0].snapshot.findings


async def test_open_documents_come_before_the_rest(tmp_path: Path) -> None:
    other = {"app/c.py": "import app.d\n", "app/d.py": "import app.c\n"}
    root = as_source_path(write_files(tmp_path, {**PAIR, **other}))
    hub = ProgressHub(asyncio.get_running_loop(), None)
    runs: list[IndexRun] = []

    def begin(folder: SourcePath) -> IndexRun:
        runs.append(hub.begin(folder))
        return runs[-1]

    projects = Projects(begin, takes_loose_files=False)
    a = SourcePath(f"{root}/app/a.py")
    outcome = projects.process(Batch(1, orders=(AddFolder(root),)))
    assert not outcome.is_whole
    outcome = projects.process(Batch(2, texts={a: OpenText(PAIR["app/a.py"], 1)}))
    assert not outcome.is_whole
    assert len(outcome.views[0].snapshot.components) == 1
    outcome = projects.finish(2)
    assert outcome.is_whole
    assert len(outcome.views[0].snapshot.components) == 2
    assert len(runs) == 1
