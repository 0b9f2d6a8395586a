"""Imports modules in fresh processes and writes down what each import statement touched.

This file is not imported by the tests: it is run as `python -I tracer.py` by each interpreter
that the cases are compared with. It reads one request per line from standard input and writes
one answer per line, both as Python literals:

    request: {"roots": [folder, …], "modules": {name: path, …}, "entries": [name, …]}
    answer:  [{"entry", "failure", "finished", "touches"}, …]       one per entry

Every entry is imported in a fork of this process, which has imported nothing of the project
and as little as can be of the standard library: what is in `sys.modules` already cannot be
shadowed by a module of the project. So: no `re`, no `json`, no `ast`, and `_signal` for
`signal`.

Import statements are seen through `builtins.__import__`, which the interpreter calls for each
of them when it is replaced (Python/ceval.c, `import_name`), and through
`importlib.import_module`. The importer is the frame that called. What libraries load for a module
(`pkgutil.walk_packages`, `exec_module`, …) shows when a file is executed. A statement *touches*
(docs/architecture.md, "Kinds of edges"):

- the module that it names and the parents of that, but for packages around the importer, which
  are loaded already;
- each name of a `from` list that is a submodule;
- a package around the importer that it asks for an attribute, other than those that every
  module has before it starts (`__name__` and the like).

Whether a name was a submodule is answered by what the interpreter holds afterwards, not by the
files. A touch is not `sure` when the package had an attribute of that name which is not the
submodule: then a static reader cannot know which of the two it was. Nor is that of a package
around the importer which is asked for a submodule: it depends on whether the package ever gives
the name to something else.
"""

import _signal
import builtins
import importlib
import os
import sys

TIME_LIMIT_SECONDS = 20
_CODE_OF_FUNCTION = 0x1  # inspect.CO_OPTIMIZED: functions have it, modules and classes do not
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_ALWAYS_BOUND = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__")
_ACTING_FOR_OTHERS = ("pkgutil",)
_MISSING = object()


class Tracer:
    """Stands in for `__import__` and `import_module`, and keeps what they were asked."""

    def __init__(self, modules):
        self.modules = modules
        self.names = {path: name for name, path in modules.items()}
        self.touches = set()
        self.real_import = builtins.__import__
        self.real_import_module = importlib.import_module

    def install(self):
        builtins.__import__ = self.traced_import
        importlib.import_module = self.traced_import_module
        sys.addaudithook(self.audit)

    def audit(self, event, arguments):
        """A file of the project is executed, be it by a library: who asked for that, touches it."""
        if event != "exec" or arguments[0].co_filename not in self.names:
            return
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename not in self.names:
            frame = frame.f_back
        seat = self.seat(frame) if frame is not None else None
        if seat is not None:
            self.touch(seat, self.names[arguments[0].co_filename])

    def traced_import(self, name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") in _ACTING_FOR_OTHERS:
            frame = frame.f_back
        seat = self.seat(frame)
        base = absolute_name(name, globals, level) if seat else None
        if base is None:
            return self.real_import(name, globals, locals, fromlist, level)
        self.touch_parents(seat, base, by_attributes=not fromlist)
        if not fromlist or not is_around(base, seat.importer):
            self.touch(seat, base)
        result = self.real_import(name, globals, locals, fromlist, level)
        for asked in self.asked_names(base, fromlist or ()):
            self.touch_name(seat, base, asked)
        return result

    def traced_import_module(self, name, package=None):
        seat = self.seat(sys._getframe(1))
        if seat is not None and isinstance(name, str):
            level = len(name) - len(name.lstrip("."))
            base = absolute_name(name[level:], {"__package__": package}, level)
            if base is not None:
                self.touch_parents(seat, base)
                self.touch(seat, base)
        return self.real_import_module(name, package)

    def seat(self, frame):
        """Who imports, and from where; None when it is not a module of the project that loads."""
        while frame is not None and frame.f_code.co_name in _COMPREHENSIONS:
            frame = frame.f_back
        if frame is None:
            return None
        importer = self.names.get(frame.f_code.co_filename)
        if importer is None or frame.f_globals.get("__name__") != importer:
            return None
        in_function = bool(frame.f_code.co_flags & _CODE_OF_FUNCTION)
        if in_function and not self.is_loading(frame):
            return None
        return Seat(importer, frame.f_lineno, in_function)

    def is_loading(self, frame):
        """Whether a module of the project is being executed, rather than used."""
        while frame is not None:
            if frame.f_code.co_name == "<module>" and frame.f_code.co_filename in self.names:
                return True
            frame = frame.f_back
        return False

    def touch(self, seat, imported, sure=True):
        if imported in self.modules:
            self.touches.add((seat.importer, seat.line, seat.in_function, imported, sure))

    def touch_parents(self, seat, base, by_attributes=False):
        parts = base.split(".")
        for length in range(1, len(parts)):
            parent = ".".join(parts[:length])
            if not is_around(parent, seat.importer):
                self.touch(seat, parent)
            elif by_attributes:
                self.touch(seat, parent, sure=False)

    def asked_names(self, base, fromlist):
        """The names of a `from` list; for `*` also those of `__all__` that can be submodules."""
        module = sys.modules.get(base)
        for name in fromlist:
            yield name
            if name == "*":
                for listed in getattr(module, "__all__", ()):
                    submodule = f"{base}.{listed}"
                    if submodule in sys.modules or submodule in self.modules:
                        yield listed

    def touch_name(self, seat, base, name):
        submodule = f"{base}.{name}"
        loaded = sys.modules.get(submodule, _MISSING)
        value = getattr(sys.modules.get(base), name, loaded)
        if loaded is not _MISSING and value is loaded:
            self.touch(seat, submodule)
            if is_around(base, seat.importer):
                self.touch(seat, base, sure=False)
        elif submodule in self.modules:
            self.touch(seat, submodule, sure=False)
            if is_around(base, seat.importer):
                self.touch(seat, base, sure=False)
        elif is_around(base, seat.importer) and name not in _ALWAYS_BOUND:
            self.touch(seat, base)

    def finished(self):
        """Modules of the project that ran to their end."""
        done = []
        for name in self.modules:
            spec = getattr(sys.modules.get(name), "__spec__", None)
            if spec is not None and not getattr(spec, "_initializing", False):
                done.append(name)
        return sorted(done)

    def failure(self, error):
        """What the exception says, and where in the project it came from."""
        frames = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self.names:
                frames.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        path, line = (frames[-1][0].f_code.co_filename, frames[-1][1]) if frames else (None, None)
        if isinstance(error, SyntaxError) and path is None:
            path, line = error.filename, error.lineno
        chain = [
            self.names[frame.f_code.co_filename]
            for frame, _ in frames
            if frame.f_code.co_name == "<module>"
        ]
        return {
            "type": type(error).__name__,
            "path": path,
            "line": line,
            "name": missing_name(error),
            "message": str(error),
            "chain": chain,
        }


class Seat:
    """Where an import statement stands."""

    def __init__(self, importer, line, in_function):
        self.importer = importer
        self.line = line
        self.in_function = in_function


def is_around(package, importer):
    """Whether `package` is the importer or a package that it is in."""
    return importer == package or importer.startswith(package + ".")


def absolute_name(name, importer_globals, level):
    """The dotted name that is asked for; None when the dots lead nowhere, which will raise."""
    if not level:
        return name or None
    importer_globals = importer_globals or {}
    package = importer_globals.get("__package__")
    if package is None:
        package = importer_globals.get("__name__", "")
        if "__path__" not in importer_globals:
            package = package.rpartition(".")[0]
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def missing_name(error):
    """The name that was not there, as far as the exception tells."""
    message = str(error)
    if isinstance(error, ImportError) and message.startswith("cannot import name '"):
        return message.split("'")[1]
    return getattr(error, "name", None)


def observe(entry, roots, modules):
    """Import one module first, in this process."""
    sys.path[:0] = roots
    sys.dont_write_bytecode = True
    tracer = Tracer(modules)
    tracer.install()
    failure = None
    try:
        tracer.real_import(entry)
    except BaseException as error:
        failure = tracer.failure(error)
    return {
        "entry": entry,
        "failure": failure,
        "finished": tracer.finished(),
        "touches": sorted(tracer.touches),
    }


def run_child(answer_fd, entry, request):
    """Never returns. SIGALRM ends the process when the import takes too long."""
    status = 1
    try:
        _signal.alarm(TIME_LIMIT_SECONDS)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        answer = repr(observe(entry, request["roots"], request["modules"]))
        payload = memoryview(answer.encode("utf-8", "backslashreplace"))
        while payload:
            payload = payload[os.write(answer_fd, payload) :]
        status = 0
    finally:
        os._exit(status)


def observe_in_fork(entry, request):
    """What a fresh process saw, as text; a process that dies is a failure of its own kind."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_child(writing, entry, request)
    os.close(writing)
    chunks = []
    while True:
        chunk = os.read(reading, 65536)
        if not chunk:
            break
        chunks.append(chunk)
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if status == 0 and chunks:
        return b"".join(chunks).decode("utf-8")
    kind = "TimedOut" if os.WIFSIGNALED(status) else "Died"
    failure = {
        "type": kind,
        "path": None,
        "line": None,
        "name": None,
        "message": f"wait status {status}",
        "chain": [],
    }
    return repr({"entry": entry, "failure": failure, "finished": [], "touches": []})


def main():
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        request = eval(line, {"__builtins__": {}})
        answers = [observe_in_fork(entry, request) for entry in request["entries"]]
        sys.stdout.write("[" + ", ".join(answers) + "]\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
