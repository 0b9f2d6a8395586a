"""Imports modules of an installed package first, each in a fork of a fresh interpreter.

Run as `python -B first_import_server.py FOLDER`; module names come on standard input, one a line,
and for each goes out one line: the name, and how it ended (`loads`, or the exception with the
innermost line of FOLDER that it came from). Not imported by the tests. A fork starts in a
millisecond, so that what counts is the import itself.
"""

import importlib
import os
import signal
import sys

TIME_LIMIT_SECONDS = 60


def ended(name, folder):
    """How the first import of a module ends, in this process."""
    try:
        importlib.import_module(name)
    except BaseException as error:
        place, trace = "", error.__traceback__
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path.startswith(folder):
                place = f" at {path[len(folder) + 1 :]}"
            trace = trace.tb_next
        message = str(error).replace(folder, "").replace("\n", " ")
        return f"{type(error).__name__}: {message[:200]}{place}"
    return "loads"


def in_fork(name, folder):
    """The same in a process of its own, with a time limit."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            signal.alarm(TIME_LIMIT_SECONDS)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            os.write(writing, ended(name, folder).encode(errors="replace"))
        finally:
            os._exit(0)
    os.close(writing)
    answer = b""
    while chunk := os.read(reading, 65536):
        answer += chunk
    os.close(reading)
    os.waitpid(child, 0)
    return answer.decode() or "died"


def main():
    """Answer until standard input ends."""
    folder = sys.argv[1]
    sys.path.insert(0, folder)
    for line in sys.stdin:
        name = line.strip()
        print(name, in_fork(name, folder), sep="\t", flush=True)


if __name__ == "__main__":
    main()
