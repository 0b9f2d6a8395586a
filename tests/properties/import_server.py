"""Imports each module of small projects first, in fresh processes, hundreds a second.

Run as `python -I -B import_server.py` by the interpreter that is asked; not imported by the
tests. A request is the files of one project (path to text), the answer how each module ended when
it was the first import; both travel as marshalled bytes behind their length (8 bytes).

A project is never written to disk: a finder on `sys.meta_path` serves its modules, compiled once.
Everything above it is importlib's own. Each entry runs in a fork of this process, which has
loaded what the projects use of the standard library.
"""

import abc  # noqa: F401
import atexit  # noqa: F401
import bisect  # noqa: F401
import builtins  # noqa: F401
import collections  # noqa: F401
import contextlib  # noqa: F401
import dataclasses  # noqa: F401
import enum  # noqa: F401
import functools  # noqa: F401
import heapq  # noqa: F401
import importlib
import marshal
import operator  # noqa: F401
import os
import pkgutil  # noqa: F401
import random  # noqa: F401
import signal
import sys
import typing  # noqa: F401
from importlib.machinery import ModuleSpec

FOLDER = "/project"
"""Where the files of a project would be."""
TIME_LIMIT_SECONDS = 10
RECURSION_LIMIT = 400


class ProjectFinder:
    """Finds and loads the modules of one project."""

    def __init__(self, files):
        self.codes = {}
        self.packages = set()
        for path, text in files.items():
            parts = path[: -len(".py")].split("/")
            if parts[-1] == "__init__":
                parts.pop()
                self.packages.add(".".join(parts))
            self.codes[".".join(parts)] = compile(text, path, "exec", dont_inherit=True)
        for name in list(self.codes):
            while "." in name:
                name = name.rpartition(".")[0]
                self.packages.add(name)
        self.names = {code.co_filename: name for name, code in self.codes.items()}

    def find_spec(self, name, path=None, target=None):
        is_package = name in self.packages
        if name not in self.codes and not is_package:
            return None
        spec = ModuleSpec(name, self if name in self.codes else None, is_package=is_package)
        if is_package:
            spec.submodule_search_locations.append(f"{FOLDER}/{name.replace('.', '/')}")
        if name in self.codes:
            spec.origin = self.codes[name].co_filename
            spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.codes[module.__name__], module.__dict__)


class ProjectFolder:
    """An entry of `sys.path_importer_cache`: tells `pkgutil` which modules a package has."""

    def __init__(self, package, finder):
        self.package = package
        self.finder = finder

    def find_spec(self, name, target=None):
        return None

    def iter_modules(self, prefix=""):
        """As for folders on the disk: sorted, regular packages among the modules."""
        for name in sorted(self.finder.codes):
            package, _, child = name.rpartition(".")
            if package == self.package:
                yield prefix + child, name in self.finder.packages


def folders_of(finder):
    """A path hook for the folders of a project."""

    def hook(path):
        if not path.startswith(f"{FOLDER}/"):
            raise ImportError(path)
        return ProjectFolder(path[len(FOLDER) + 1 :].replace("/", "."), finder)

    return hook


def chain_of(error):
    """The exception, and those that it was raised from or while they were handled."""
    found, pending = [], [error]
    while pending:
        each = pending.pop()
        if each is not None and not any(each is known for known in found):
            found.append(each)
            pending += [each.__cause__, each.__context__]
    return found


def frames_of(error, finder):
    """The code and line of each frame of the project in a traceback, outermost first."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in finder.names:
            frames.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def failure(error, finder):
    """What ended an import, as plain values.

    Type, path, line, missing name, message, modules being executed; then of the exception and all
    that are behind it the messages, and type, path and line.
    """
    frames = frames_of(error, finder)
    path, line = (frames[-1][0].co_filename, frames[-1][1]) if frames else ("", 0)
    chain = [finder.names[code.co_filename] for code, _ in frames if code.co_name == "<module>"]
    message = str(error)
    name = getattr(error, "name", None)
    if isinstance(error, ImportError) and message.startswith("cannot import name '"):
        name = message.split("'")[1]
    places = []
    behind = chain_of(error)
    for each in behind:
        last = [(code.co_filename, number) for code, number in frames_of(each, finder)][-1:]
        places.append((type(each).__name__, *(last[0] if last else ("", 0))))
    return (
        type(error).__name__,
        path,
        line,
        str(name or ""),
        message,
        chain,
        [str(each) for each in behind],
        places,
    )


def first_import(entry, finder):
    """How the first import of `entry` ends, in this process."""
    sys.meta_path.insert(0, finder)
    sys.path_hooks.insert(0, folders_of(finder))
    sys.setrecursionlimit(RECURSION_LIMIT)
    try:
        importlib.import_module(entry)
    except BaseException as error:
        sys.setrecursionlimit(10 * RECURSION_LIMIT)
        return failure(error, finder)
    return None


def in_fork(entry, finder):
    """The same in a process of its own; one that dies tells so."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            signal.alarm(TIME_LIMIT_SECONDS)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            os.write(writing, marshal.dumps(first_import(entry, finder), 2))
        finally:
            os._exit(0)
    os.close(writing)
    answer = b""
    while chunk := os.read(reading, 65536):
        answer += chunk
    os.close(reading)
    os.waitpid(child, 0)
    return marshal.loads(answer) if answer else ("Died", "", 0, "", "", [], [""], [])


def main():
    """Answer requests until standard input ends."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    while len(head := incoming.read(8)) == 8:
        files = marshal.loads(incoming.read(int.from_bytes(head, "little")))
        finder = ProjectFinder(files)
        answer = marshal.dumps({name: in_fork(name, finder) for name in finder.codes}, 2)
        outgoing.write(len(answer).to_bytes(8, "little") + answer)
        outgoing.flush()


if __name__ == "__main__":
    main()
