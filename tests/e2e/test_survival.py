"""The worker survives whatever comes: every text, and every mistake that is still in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.editor import started, write_files
from import_cycles.base.text import Encoding
from import_cycles.lsp.documents import OpenDocuments
from import_cycles.lsp.notices import Notices
from import_cycles.lsp.progress import ProgressHub
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import AddFolder, Batch, BatchResult, Scheduler, WorkerError
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.workspace import Workspace
from properties.uncompilable import texts


class _Escape(BaseException):
    """What no fence for an `Exception` stops."""


@pytest.mark.asyncio
async def test_typing_what_does_not_compile(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.py": "import b\n", "b.py": "from a import x\n"})
    a, b = root / "a.py", root / "b.py"
    async with started([root]) as editor:
        editor.open(a)
        await editor.settled()
        for number, (text, _) in enumerate(list(texts())[::23]):
            editor.change(a, text)
            if number % 3 == 0:
                await editor.settled()
        editor.change(a, "import b\nreturn\n")
        await editor.settled()
        hover = await editor.hover(a, 0, 8)
        assert hover is not None
        editor.change(a, "import b\nx = 1\n")
        await editor.shows(b, (0, "cycle-order-dependent"))
        assert not [entry for entry in editor.logged if "failed" in entry]


class _Clumsy:
    """A processor of batches in which everything goes wrong once, in every way of its own."""

    def __init__(self) -> None:
        self.left = ["process", "finish", "settle", "prepare", "rest"]

    def _fail(self, name: str) -> None:
        if name in self.left:
            self.left.remove(name)
            raise _Escape(name)

    def process(self, batch: Batch) -> BatchResult:
        self._fail("process")
        is_whole = "finish" not in self.left
        return BatchResult(batch.sequence, (), frozenset(), {}, not is_whole, is_whole)

    def finish(self, sequence: int) -> BatchResult:
        self._fail("finish")
        return BatchResult(sequence, (), frozenset(), {}, False)

    def settle(self, sequence: int, cancelled: Callable[[], bool]) -> BatchResult:
        self._fail("settle")
        return BatchResult(sequence, (), frozenset(), {})

    def prepare(self, cancelled: Callable[[], bool]) -> None:
        self._fail("prepare")

    def rest(self) -> None:
        self._fail("rest")

    def keep(self, *, is_last: bool = False) -> None:
        """Nothing is kept."""


@pytest.mark.asyncio
async def test_whatever_escapes_the_desk_ends_no_worker() -> None:
    processor = _Clumsy()
    scheduler = Scheduler(asyncio.get_running_loop(), processor, lambda outcome: None)
    scheduler.start()
    try:
        for _ in ("process", "finish", "settle", "prepare"):
            scheduler.inbox.put(rescan=True)
            assert await scheduler.settled(20)

        def question(processor: object, cancelled: object) -> str:
            raise _Escape("asked")

        with pytest.raises(WorkerError, match="_Escape: asked"):
            await scheduler.ask(question)
        assert await scheduler.ask(lambda processor, cancelled: "an answer") == "an answer"
        assert processor.left == ["rest"]
    finally:
        scheduler.stop(20)


class _Log:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def log(self, text: str, *, is_warning: bool) -> None:
        assert is_warning
        self.entries.append(text)


@pytest.mark.asyncio
async def test_a_failure_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(tmp_path, {"a.py": "import b\n", "b.py": "import a\n"})
    hub = ProgressHub(asyncio.get_running_loop(), None)
    projects = Projects(hub.begin, takes_loose_files=False)
    folder = as_source_path(root)

    def fail(
        workspace: Workspace, cancelled: Callable[[], bool], *, is_urgent: bool = False
    ) -> None:
        del workspace, cancelled, is_urgent
        raise _Escape("simulating")

    log = _Log()
    notices = Notices(log, OpenDocuments(Encoding.UTF16))
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "settle", fail)
        outcome = projects.process(Batch(1, (AddFolder(folder),)))
        notices.own_up(projects.finish(1).mishaps)
        for sequence in (1, 2):
            outcome = projects.settle(sequence, lambda: False)
            notices.own_up(outcome.mishaps)
    assert len(log.entries) == 1
    assert "_Escape: simulating" in log.entries[0]
    outcome = projects.settle(3, lambda: False)
    assert outcome.is_settled
    assert outcome.mishaps == ()
