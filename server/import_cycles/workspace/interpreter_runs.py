"""Runs real interpreters, one fresh process for each first import, several at a time.

A process gets only the module's name and the roots: isolated mode (`-I`: no `PYTHON*` variables, no
user site, no working directory on `sys.path`), an empty folder to work in, no standard input, its
output in a file. On POSIX it leads a process group, so that the processes that it starts end with
it, when its time is over or the user presses Ctrl-C. The module ends only processes that it started
and has not waited for: until then the system gives their ids to no other process.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from ast import literal_eval
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from threading import Lock

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.workspace.interpreters import Interpreter

_CHILD = Path(__file__).with_name("child_first_import.py")
_TAIL = 2000
"""Bytes of its output that are kept of a process that died."""
_IS_POSIX = os.name == "posix"


class Ending(Enum):
    """How a process ended."""

    LOADED = auto()
    RAISED = auto()
    TIMED_OUT = auto()
    DIED = auto()
    """Without an answer: killed by a signal, or `os._exit`."""


@record
class Request:
    """A first import to try; `dotted` is the name that is imported, `roots` go on `sys.path`."""

    entry: ModuleName
    dotted: str
    roots: tuple[SourcePath, ...]


@record
class Run:
    """What one process did. `frames` are file, line and function, outermost first.

    `missing` is the module that was not found, if that was it; `output` the end of what a dead
    process printed.
    """

    request: Request
    ending: Ending
    error: str = ""
    message: str = ""
    missing: str = ""
    frames: tuple[tuple[str, int, str], ...] = ()
    output: str = ""


class Runner:
    """Runs requests with one interpreter. `timeout` is in seconds, for each process.

    With `type_checking`, `typing.TYPE_CHECKING` is true there.
    """

    def __init__(
        self, interpreter: Interpreter, timeout: float, *, type_checking: bool = False
    ) -> None:
        self._interpreter = interpreter
        self._type_checking = "true" if type_checking else "false"
        self._timeout = timeout
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopping = False

    def run_all(
        self, requests: Sequence[Request], jobs: int, progress: Callable[[int], None]
    ) -> list[Run]:
        """All of them, in order, `jobs` at a time; `progress` gets the number of finished ones.

        When it is interrupted, it ends every process before it returns.
        """
        with (
            tempfile.TemporaryDirectory(prefix="import-cycles-", ignore_cleanup_errors=True) as top,
            ThreadPoolExecutor(max_workers=jobs) as pool,
        ):
            try:
                futures = [
                    pool.submit(self._run, request, Path(top, str(number)))
                    for number, request in enumerate(requests)
                ]
                _wait_for(futures, progress)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise
            return [future.result() for future in futures]

    def _run(self, request: Request, folder: Path) -> Run:
        work = folder / "work"
        work.mkdir(parents=True)
        result, output = folder / "result", folder / "output"
        with output.open("wb") as sink:
            try:
                process = self._start(request, work, result, sink.fileno())
            except OSError as error:
                return Run(request, Ending.DIED, message=f"no start ({error.strerror})")
            if process is None:
                return Run(request, Ending.DIED)
            is_late = False
            try:
                process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                is_late = True
            finally:
                self._end(process)
        return _run_of(request, result, output, process.returncode, is_late=is_late)

    def _start(
        self, request: Request, work: Path, result: Path, sink: int
    ) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_stopping:
                return None
            process = subprocess.Popen(
                [
                    self._interpreter.executable, "-I", "-B", str(_CHILD),
                    str(result), request.dotted, self._type_checking, *request.roots,
                ],
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=_IS_POSIX,
                # For interpreters that the project starts; `-I` lets this one ignore it.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)
            _kill(process)
        process.wait()

    def stop(self) -> None:
        """End the running processes, and start no further one."""
        with self._lock:
            self._is_stopping = True
            for process in self._running:
                _kill(process)


def _wait_for(futures: Sequence[Future[Run]], progress: Callable[[int], None]) -> None:
    pending = set(futures)
    while pending:
        progress(len(futures) - len(pending))
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
    progress(len(futures))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group, unless it has been waited for."""
    if process.returncode is not None:
        return
    if not _IS_POSIX:
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)


def _run_of(request: Request, result: Path, output: Path, status: int, *, is_late: bool) -> Run:
    try:
        told = literal_eval(result.read_text("utf-8"))
    except OSError:
        if is_late:
            return Run(request, Ending.TIMED_OUT)
        return Run(request, Ending.DIED, message=_status(status), output=_tail(output))
    if told["loads"]:
        return Run(request, Ending.LOADED)
    return Run(
        request,
        Ending.RAISED,
        told["error"],
        told["message"],
        told["missing"],
        tuple(told["frames"]),
    )


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _tail(output: Path) -> str:
    try:
        data = output.read_bytes()[-_TAIL:]
    except OSError:
        return ""
    return data.decode("utf-8", "replace").strip()
