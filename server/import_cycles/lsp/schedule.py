"""Schedules work for the one thread that owns all projects, and reports when it is done.

No work waits for a clock: an idle worker starts at once. What arrives while the worker is busy lies
in the inbox. The worker then takes all of it as one `Batch`, with only the newest text of each
document. So a fast typist makes batches larger, never the queue longer.

Terms. An *order* changes which folders there are or how they are read; orders keep their sequence.
A *sequence number* counts what was handed in. A caller whose answer has to reflect everything sent
before waits until that number is done (`Scheduler.settled`).

Threads: all methods belong to the event loop's thread, except those of `Inbox`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeAlias, TypeVar

from import_cycles.analysis.change import Problem
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.frames import with_room
from import_cycles.base.names import SourcePath
from import_cycles.base.record import field, record

_log = logging.getLogger(__name__)

T = TypeVar("T")

ClientSettings: TypeAlias = Mapping[str, object] | None


@record
class AddFolder:
    """A workspace folder is there; it is indexed when the batch is worked on."""

    folder: SourcePath
    settings: ClientSettings = None


@record
class RemoveFolder:
    """A workspace folder is gone."""

    folder: SourcePath


@record
class Configure:
    """The client's settings of a folder are new; None means all folders that have none."""

    folder: SourcePath | None
    settings: ClientSettings


@record
class Reindex:
    """Forget everything and read all folders anew."""


Order: TypeAlias = AddFolder | RemoveFolder | Configure | Reindex

Cancelled: TypeAlias = Callable[[], bool]


@record
class Question:
    """Something that only the worker can answer, since it needs more than a view.

    The worker's thread calls `put` after the batch that the question came with. It may call
    `is_unwanted` at any time to learn whether the client still waits.
    """

    put: Callable[[Any, Cancelled], Any]
    answer: Callable[[Any], None]
    fail: Callable[[Exception], None]
    is_unwanted: Cancelled


@record
class OpenText:
    """The text of an open document."""

    text: str
    serial: int


@record
class Batch:
    """All that was handed in since the last batch."""

    sequence: int
    orders: tuple[Order, ...] = ()
    texts: Mapping[SourcePath, OpenText | None] = field(default_factory=dict)
    """None: the document was closed."""
    disk: frozenset[SourcePath] = frozenset()
    """Files and folders that came, changed or went on disk."""
    rescan: bool = False
    """Compare the disk with the last look: the client does not report what changed."""
    questions: tuple[Question, ...] = ()
    """Questions to answer after all of the above."""


@record
class View:
    """One folder as readers see it; frozen."""

    folder: SourcePath
    snapshot: Snapshot
    problems: tuple[Problem, ...]


@record
class BatchResult:
    """What came out of a batch."""

    sequence: int
    views: tuple[View, ...]
    touched: frozenset[SourcePath]
    """Paths whose findings or problems may differ from before."""
    analysed: Mapping[SourcePath, int]
    """The serials of the open texts that the views are made of."""
    is_settled: bool = True
    """Whether the verdicts on cycles are in; if not, another outcome follows."""
    is_whole: bool = True
    """Whether all files were looked at; if not, another outcome follows."""
    is_order_settled: bool = True
    """Whether it is known which imports must keep their order; if not, another outcome may follow."""
    mishaps: tuple[str, ...] = ()
    """What went wrong since the last outcome, in words for the client's log."""


class Inbox:
    """Where the event loop leaves work and the worker finds it. Safe in both threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._orders: list[Order] = []
        self._texts: dict[SourcePath, OpenText | None] = {}
        self._disk: set[SourcePath] = set()
        self._rescan = False
        self._questions: list[Question] = []
        self._sequence = 0
        self._taken = 0
        self._is_closed = False

    def put(
        self,
        *,
        orders: Iterable[Order] = (),
        texts: Mapping[SourcePath, OpenText | None] | None = None,
        disk: Iterable[SourcePath] = (),
        rescan: bool = False,
        questions: Iterable[Question] = (),
    ) -> int:
        """Leaves work; its sequence number."""
        with self._condition:
            self._orders += orders
            self._questions += questions
            self._texts.update(texts or {})
            self._disk.update(disk)
            self._rescan |= rescan
            self._sequence += 1
            self._condition.notify()
            return self._sequence

    def take(self) -> Batch | None:
        """Everything there is, as soon as there is something; None once closed."""
        with self._condition:
            while not self._is_closed and self._taken == self._sequence:
                self._condition.wait()
            if self._is_closed:
                return None
            batch = Batch(
                self._sequence,
                tuple(self._orders),
                self._texts,
                frozenset(self._disk),
                self._rescan,
                tuple(self._questions),
            )
            self._orders, self._texts, self._disk, self._rescan = [], {}, set(), False
            self._questions = []
            self._taken = self._sequence
            return batch

    def stays_empty(self, seconds: float) -> bool:
        """Waits for news; whether none came for so long."""
        with self._condition:
            return not self._condition.wait_for(
                lambda: self._is_closed or self._taken != self._sequence, seconds
            )

    def close(self) -> None:
        """Drops the work that the worker has not taken."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()

    @property
    def has_news(self) -> bool:
        """Whether something waits to be taken."""
        with self._condition:
            return self._is_closed or self._taken != self._sequence

    @property
    def has_newer_texts(self) -> bool:
        """Whether a document changed since the last batch was taken."""
        with self._condition:
            return self._is_closed or bool(self._texts)

    @property
    def sequence(self) -> int:
        """The number of what was put in last."""
        with self._condition:
            return self._sequence


REST_PAUSE = 2.0
"""Seconds without work before the worker tidies up."""


KEEPING_PAUSE = 8.0
"""Seconds after that before it writes to the cache, which blocks all other work for a moment."""


KEEPING_PATIENCE = 1.5
"""Seconds that the write may take when the server ends; editors kill servers after two or so."""


class StaleQuestion(Exception):  # noqa: N818 - an event, not an error
    """The text moved on before a question about it was answered."""


class WorkerError(Exception):
    """Wraps an error of the worker that is no `Exception`, so that it does not end the caller's thread."""


class BatchProcessor(Protocol):
    """Who does the work, in the worker's thread."""

    def process(self, batch: Batch) -> BatchResult:
        """Must not raise."""
        ...

    def finish(self, sequence: int) -> BatchResult:
        """Looks at the files that the last outcome left out. Must not raise."""
        ...

    def settle(self, sequence: int, cancelled: Callable[[], bool]) -> BatchResult:
        """Works out what the last outcome left open, until `cancelled` is true. Must not raise."""
        ...

    def settle_order(self, sequence: int, cancelled: Callable[[], bool]) -> BatchResult:
        """Works out what no client waits for, until `cancelled` is true. Must not raise."""
        ...

    def prepare(self, cancelled: Callable[[], bool]) -> None:
        """Prepares answers to likely questions, until `cancelled` is true. Must not raise."""
        ...

    def rest(self) -> None:
        """Does what can wait until the client is idle. Must not raise."""
        ...

    def keep(self, *, is_last: bool = False) -> None:
        """Saves what the next process can start from. Must not raise."""
        ...


class Scheduler:
    """The worker thread, seen from the event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        processor: BatchProcessor,
        on_outcome: Callable[[BatchResult], None],
    ) -> None:
        self.inbox = Inbox()
        self._loop = loop
        self._processor = processor
        self._on_outcome = on_outcome
        self._shown = _Milestone(loop)
        self._analysed = _Milestone(loop)
        self._settled = _Milestone(loop)
        self._is_keeping = False
        self._has_waited = False
        """Whether the rest of a large project has been put off for newly opened documents."""
        # A daemon: an editor that leaves must not wait for the end of an index.
        self._thread = threading.Thread(
            target=with_room, args=(self._work,), name="projects", daemon=True
        )

    def start(self) -> None:
        """Starts the thread, which works on the inbox from here on."""
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Ends the thread; gives it `patience` seconds for the batch that it works on.

        If it is writing to the cache by then, and `patience` is positive, it gets a little more
        time.
        """
        self.inbox.close()
        if self._thread.is_alive():
            self._thread.join(patience)
        if patience and self._is_keeping and self._thread.is_alive():
            self._thread.join(KEEPING_PATIENCE)

    @property
    def is_settled(self) -> bool:
        """Whether the worker has nothing to do, and left nothing open."""
        return self._settled.done >= self.inbox.sequence

    async def shown(self, patience: float) -> bool:
        """Whether the cycles of open documents reflect what was put in, within `patience` s."""
        return await self._shown.reached(self.inbox.sequence, patience)

    async def analysed(self, patience: float) -> bool:
        """Whether cycles reflect all that was put in before this call, within `patience` seconds."""
        return await self._analysed.reached(self.inbox.sequence, patience)

    async def settled(self, patience: float) -> bool:
        """Whether verdicts do so too, within `patience` seconds."""
        return await self._settled.reached(self.inbox.sequence, patience)

    async def ask(self, question: Callable[[Any, Cancelled], T]) -> T:
        """The answer of the processor, as soon as everything put in before is done.

        `question` runs in the worker's thread. It gets the processor, and a function that says whether
        the client still wants the answer: not after the request is cancelled or newer text has
        come. `question` may raise StaleQuestion; so does this method when the worker ends first.
        """
        answer: asyncio.Future[T] = self._loop.create_future()

        def settle(act: Callable[[], None]) -> None:
            # The loop may be closed by then: no request waits any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: None if answer.done() else act())

        self.inbox.put(
            questions=[
                Question(
                    question,
                    lambda value: settle(lambda: answer.set_result(value)),
                    lambda error: settle(lambda: answer.set_exception(error)),
                    lambda: answer.done() or self.inbox.has_newer_texts,
                )
            ]
        )
        return await answer

    def _work(self) -> None:
        with suppress(_LoopClosed):
            while (batch := self.inbox.take()) is not None:
                self._survive(batch)
            self._is_keeping = True
            self._processor.keep(is_last=True)

    def _survive(self, batch: Batch) -> None:
        """Works on a batch. Only the end of the session ends this thread: requests wait for it."""
        try:
            self._work_on(batch)
        except _LoopClosed:
            raise
        except BaseException as error:
            _log.exception("The worker goes on after an error")
            for question in batch.questions:
                question.fail(_for_others(error))
            self._call(self._pass_over, batch.sequence)

    def _work_on(self, batch: Batch) -> None:
        outcome = self._tell(self._processor.process(batch))
        if not outcome.is_whole:
            if self.inbox.has_newer_texts and not batch.questions and not self._has_waited:
                # Documents opened meanwhile come before the rest, for which no request waits.
                self._has_waited = True
                return
            outcome = self._tell(self._processor.finish(batch.sequence))
        self._has_waited = False
        for question in batch.questions:
            self._answer(question)
        # New text comes first; the worker resumes what is left open after it.
        if not outcome.is_settled and not self.inbox.has_news:
            outcome = self._tell(
                self._processor.settle(batch.sequence, lambda: self.inbox.has_news)
            )
        if outcome.is_settled and not outcome.is_order_settled and not self.inbox.has_news:
            outcome = self._tell(
                self._processor.settle_order(batch.sequence, lambda: self.inbox.has_news)
            )
        if outcome.is_settled:
            self._processor.prepare(lambda: self.inbox.has_news)
        if self.inbox.stays_empty(REST_PAUSE):
            self._processor.rest()
            if self.inbox.stays_empty(KEEPING_PAUSE):
                self._processor.keep()

    def _answer(self, question: Question) -> None:
        try:
            question.answer(question.put(self._processor, question.is_unwanted))
        except StaleQuestion as error:
            question.fail(error)
        except BaseException as error:
            _log.exception("A question could not be answered")
            question.fail(_for_others(error))

    def _tell(self, outcome: BatchResult) -> BatchResult:
        if not self._call(self._finish, outcome):
            raise _LoopClosed
        return outcome

    def _call(self, function: Callable[[T], None], argument: T) -> bool:
        try:
            self._loop.call_soon_threadsafe(function, argument)
        except RuntimeError:
            return False  # The loop is closed: there is no client left to tell.
        return True

    def _pass_over(self, sequence: int) -> None:
        """A batch is lost: releases those who wait for its result."""
        for milestone in (self._shown, self._analysed, self._settled):
            milestone.reach(sequence)

    def _finish(self, outcome: BatchResult) -> None:
        try:
            self._on_outcome(outcome)
        finally:
            self._shown.reach(outcome.sequence)
            if outcome.is_whole:
                self._analysed.reach(outcome.sequence)
            if outcome.is_whole and outcome.is_settled:
                self._settled.reach(outcome.sequence)


class _LoopClosed(Exception):  # noqa: N818 - an event, not an error
    """The session is over."""


def _for_others(error: BaseException) -> Exception:
    """An error as another thread may raise it."""
    if isinstance(error, Exception):
        return error
    return WorkerError(f"{type(error).__name__}: {error}")


class _Milestone:
    """A sequence number that grows, and the futures that wait until it is large enough."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.done = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    async def reached(self, sequence: int, patience: float) -> bool:
        if self.done >= sequence:
            return True
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((sequence, done))
        try:
            await asyncio.wait_for(done, patience)
        except asyncio.TimeoutError:
            return False
        return True

    def reach(self, sequence: int) -> None:
        self.done = sequence
        ready = [done for wanted, done in self._waiting if wanted <= sequence]
        self._waiting = [item for item in self._waiting if item[0] > sequence]
        for done in ready:
            if not done.done():
                done.set_result(None)
