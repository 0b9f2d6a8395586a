"""Summaries of many texts, made by this process and by others at the same time.

The texts are cut into chunks. The other processes take them from the front, each through a thread
that only sends and receives, and this one from the back. It never waits: when no chunk is left,
it makes those itself that were sent and have not come back. So a process that does not start, hangs
or dies costs time and nothing else.

Why not `concurrent.futures.ProcessPoolExecutor`: where it does not fork, its processes start with
the working directory in front of `sys.path`, so a project's own `struct.py` or `types.py` would run.
These are started with `-I` and get the folder of this program alone. They need no semaphores either,
which some sandboxes lack.
Tests: tests/workspace/test_summary_processes.py.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace import summary_worker
from import_cycles.workspace.summary_worker import question, receive, send

_CHUNK: Final = 16
_CHUNK_LENGTH: Final = 100_000
"""A chunk has at most so many texts, and ends with the text that makes it this long."""
_AHEAD: Final = 2
"""So many chunks are sent to a process before it answers the first."""
_FOLDER: Final = Path(__file__).resolve().parents[2]
_START: Final = (
    f"import sys; sys.path.append(sys.argv[1]); from {summary_worker.__name__} import work; work()"
)


def summarize_together(
    texts: Iterable[str], target: PythonTarget, n_processes: int, *, leaves_out: bool
) -> list[Summarized | None]:
    """See `SummaryProcesses.summarize`."""
    processes: list[subprocess.Popen[bytes]] = []
    threads: list[Thread] = []
    try:
        with suppress(OSError):
            # One by one, so that those that have started are known if one does not.
            processes.extend(_started() for _ in range(n_processes))
        # The texts are read while the processes start.
        batch = _Batch(tuple(_chunks(texts)), target, leaves_out=leaves_out)
        with suppress(RuntimeError):
            for process in processes:
                thread = Thread(target=batch.serve, args=(process,), daemon=True)
                thread.start()
                threads.append(thread)
        return batch.results()
    finally:
        for process in processes:
            process.kill()
        for thread in threads:
            thread.join()
        for process in processes:
            _close(process)


def _started() -> subprocess.Popen[bytes]:
    """Raises OSError."""
    return subprocess.Popen(
        [
            sys.executable, "-I", "-S", "-B", "-c", _START,
            str(_FOLDER), str(sys.getrecursionlimit()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def _chunks(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    chunk: list[str] = []
    length = 0
    for text in texts:
        chunk.append(text)
        length += len(text)
        if len(chunk) == _CHUNK or length > _CHUNK_LENGTH:
            yield tuple(chunk)
            chunk, length = [], 0
    yield tuple(chunk)


class _Batch:
    """The texts of one call."""

    def __init__(
        self, chunks: Sequence[Sequence[str]], target: PythonTarget, *, leaves_out: bool
    ) -> None:
        self._chunks = chunks
        self._leaves_out = leaves_out
        self._target = target
        self._todo = deque(range(len(chunks)))
        """The numbers of the chunks that were not begun."""
        self._answers: dict[int, bytes] = {}

    def serve(self, process: subprocess.Popen[bytes]) -> None:
        """Give a process chunks to do until none is left, or until it ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        sent: deque[int] = deque()
        # What it does not answer is made by the thread of `results`.
        with suppress(OSError, ValueError):
            while True:
                while self._todo and len(sent) < _AHEAD:
                    with suppress(IndexError):
                        sent.append(self._todo.popleft())
                        send(process.stdin, self._question(sent[-1]))
                if not sent:
                    return
                told = receive(process.stdout)
                if told is None:
                    return
                self._answers[sent.popleft()] = told

    def results(self) -> list[Summarized | None]:
        """The summaries of all texts."""
        made: dict[int, Sequence[Summarized | None]] = {}
        with suppress(IndexError):
            while self._todo:
                number = self._todo.pop()
                made[number] = [self._summarized(text) for text in self._chunks[number]]
        rest = [number for number in range(len(self._chunks)) if number not in made]
        for number in rest:
            if number in self._answers:
                made[number] = self._answered(number)
        for number in reversed(rest):
            if number not in made:
                made[number] = self._made_unless_answered(number)
        return [each for number in range(len(self._chunks)) for each in made[number]]

    def _answered(self, number: int) -> Sequence[Summarized | None]:
        texts = self._chunks[number]
        try:
            found = pickle.loads(self._answers.pop(number))
        except Exception:
            found = []
        return found if len(found) == len(texts) else [None] * len(texts)

    def _made_unless_answered(self, number: int) -> Sequence[Summarized | None]:
        made = []
        for text in self._chunks[number]:
            if number in self._answers:
                return self._answered(number)
            made.append(self._summarized(text))
        return made

    def _question(self, number: int) -> bytes:
        return question(self._chunks[number], self._target, leaves_out=self._leaves_out)

    def _summarized(self, text: str) -> Summarized:
        return summarize(text, self._target, leaves_out=self._leaves_out)
