"""Runs in a fresh interpreter of 3.8 or later: imports a package and a submodule in two threads.

Not imported by import-cycles itself, which passes the path of this file to the interpreter:

    python -I -B child_threads.py RESULT PACKAGE SUBMODULE SECONDS ROOT...

The first thread imports the package, and stops where the package's code starts to run. Then the
second thread imports the submodule. The first goes on when the second waits for the package's lock
or has ended, which the frames of the second thread show; no clock decides it. RESULT gets a Python
literal: a pair of texts, for each thread the exception that it ended in, or nothing.
"""

# ruff: noqa: PTH123 - pathlib would bring half of the standard library

import _thread
import sys
import time


class Meeting:
    """Where the two threads wait for one another."""

    def __init__(self, package: str, seconds: float) -> None:
        self.package = package
        self.seconds = seconds
        self.first = 0
        self.second = 0
        self.package_runs = False
        self.second_ended = False

    def audit(self, event: str, arguments: "tuple[object, ...]") -> None:
        """An audit hook: the interpreter calls it before certain steps of each thread."""
        me = _thread.get_ident()
        if event == "exec" and me == self.first and not self.package_runs:
            self.package_runs = True
            # Half of the time: a submodule that never ends must not make the package late.
            self.wait(lambda: self.second_ended or self.second_waits(), self.seconds / 2)

    def second_waits(self) -> bool:
        """Whether the second thread waits for the lock of the package, which the first holds.

        `_ModuleLock.acquire` of importlib/_bootstrap.py is Python code in all versions, so it has a
        frame; the lock that it waits for knows the name of its module.
        """
        frame = sys._current_frames().get(self.second)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            lock = frame.f_locals.get("self")
            if frame.f_code.co_name == "acquire" and getattr(lock, "name", "") == self.package:
                return True
            frame = frame.f_back
        return False

    def wait(self, is_so: "object", seconds: float) -> None:
        """Waits until a condition holds or the time is over."""
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:  # type: ignore[operator]
            time.sleep(0.001)


def main(package: str, submodule: str, seconds: float) -> "tuple[str, str]":
    """The exceptions of the two imports."""
    meeting = Meeting(package, seconds)
    endings: dict[str, str] = {}

    def load(name: str) -> None:
        try:
            __import__(name)
        except BaseException as error:
            endings[name] = f"{type(error).__name__}: {error}"
        else:
            endings[name] = ""

    def first() -> None:
        meeting.first = _thread.get_ident()
        load(package)

    def second() -> None:
        meeting.second = _thread.get_ident()
        meeting.wait(lambda: meeting.package_runs or package in endings, seconds)
        load(submodule)
        meeting.second_ended = True

    sys.addaudithook(meeting.audit)
    _thread.start_new_thread(first, ())
    _thread.start_new_thread(second, ())
    meeting.wait(lambda: len(endings) == 2, seconds)
    waits = "does not end"
    return endings.get(package, waits), endings.get(submodule, waits)


if __name__ == "__main__":
    _, result, package, submodule, seconds, *roots = sys.argv
    sys.path[:0] = roots
    answer = repr(main(package, submodule, float(seconds)))
    with open(result, "w", encoding="utf-8", errors="backslashreplace") as sink:
        sink.write(answer)
