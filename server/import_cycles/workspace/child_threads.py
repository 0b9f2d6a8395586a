"""Runs in a fresh interpreter of 3.8 or later: imports a package and a submodule in two threads.

Not imported by import-cycles itself, which passes the path of this file to the interpreter:

    python -I -B child_threads.py RESULT PACKAGE SUBMODULE SECONDS ROOT...

The first thread imports the package, and stops where its code starts to run. Then the second one begins
to import the submodule; when it has the lock of that, the first goes on. RESULT gets a Python literal:
a pair of texts, for each thread the exception that it ended in, or nothing.
"""

# ruff: noqa: PTH123 - pathlib would bring half of the standard library

import _thread
import sys
import time

_PATIENCE_SECONDS = 1.0


class Meeting:
    """Where the two threads wait for one another."""

    def __init__(self, submodule: str) -> None:
        self.submodule = submodule
        self.first = 0
        self.second = 0
        self.package_runs = False
        self.submodule_begun = False

    def audit(self, event: str, arguments: "tuple[object, ...]") -> None:
        """Told by the interpreter what the threads are about to do."""
        me = _thread.get_ident()
        if event == "exec" and me == self.first and not self.package_runs:
            self.package_runs = True
            # From 3.15 on it comes no further than to the lock of the package.
            self.wait(lambda: self.submodule_begun, _PATIENCE_SECONDS)
            # The second thread goes on until it waits for a lock.
            time.sleep(0.1)
        elif event == "import" and me == self.second and arguments[0] == self.submodule:
            self.submodule_begun = True

    def wait(self, is_so: "object", seconds: float) -> None:
        """Until something is so, or the time is over."""
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:  # type: ignore[operator]
            time.sleep(0.001)


def main(package: str, submodule: str, seconds: float) -> "tuple[str, str]":
    """What the two imports end in."""
    meeting = Meeting(submodule)
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
