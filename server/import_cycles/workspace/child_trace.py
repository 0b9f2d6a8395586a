"""Runs in a fresh interpreter of 3.8 or later: runs a program and writes down what it imports.

Not imported by import-cycles itself, which passes the path of this file to the interpreter:

    python -B child_trace.py EVENTS MODE TARGET N_FIRST N_LAST FOLDER... ARGUMENT...

MODE is `script`, `module` (run as with `-m`) or `import`; the first N_FIRST folders go to the
front of `sys.path`, the next N_LAST to its end. EVENTS gets one Python literal per line, at once,
so that nothing is lost when the program is killed:

    ("start", thread, module, path, importer, importer's path, line)
    ("end", thread, module, whether it loaded)
    ("met", thread, module, importer, importer's path, line)       it is only partly loaded
    ("failed", error, message, [(path, line, function), …])

`importlib._bootstrap._load_unlocked` runs each module that is not loaded yet, and
`_lock_unlock_module` is called, also by C code, for each one that is met while it is loading
(Python/import.c, `import_ensure_initialized`). Both are looked up by name at each call, so they
can be wrapped.
"""

# ruff: noqa: PTH100, PTH112, PTH118, PTH120, PTH123 - pathlib would bring half of the library

import _thread
import os
import sys

MYPY = False
if MYPY:
    from types import FrameType, TracebackType

IMPORTLIB = "<frozen importlib"


class Recorder:
    """Writes events."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.process = os.getpid()

    def write(self, *event: object) -> None:
        """One event, in one stroke."""
        # A fork would mix its events into ours.
        if os.getpid() == self.process:
            os.write(self.file, (repr(event) + "\n").encode("utf-8", "backslashreplace"))


def importing_place(frame: "FrameType | None") -> "tuple[str, str, int]":
    """Module, file and line of the code that imports."""
    while frame is not None and frame.f_code.co_filename.startswith(IMPORTLIB):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename == __file__:
        return "", "", 0
    return str(frame.f_globals.get("__name__")), frame.f_code.co_filename, frame.f_lineno


def install(recorder: Recorder) -> None:
    """Wrap the two functions of importlib."""
    importlib = vars(sys.modules["_frozen_importlib"])
    load_unlocked = importlib["_load_unlocked"]
    lock_unlock_module = importlib["_lock_unlock_module"]

    def load(spec):  # type: ignore[no-untyped-def]
        place = importing_place(sys._getframe(1))
        recorder.write("start", _thread.get_ident(), spec.name, str(spec.origin or ""), *place)
        has_loaded = False
        try:
            module = load_unlocked(spec)
            has_loaded = True
            return module
        finally:
            recorder.write("end", _thread.get_ident(), spec.name, has_loaded)

    def meet(name: str) -> None:
        recorder.write("met", _thread.get_ident(), name, *importing_place(sys._getframe(1)))
        lock_unlock_module(name)

    # CPython leaves out importlib's own frames from tracebacks, knowing them by their file
    # (Python/import.c, `remove_importlib_frames`): so the program's tracebacks stay as they are.
    for function in (load, meet):
        code = function.__code__
        function.__code__ = code.replace(co_filename=load_unlocked.__code__.co_filename)
    importlib["_load_unlocked"] = load
    importlib["_lock_unlock_module"] = meet


def run_script(path: str) -> None:
    """Runs a script as `python path` does; a folder stands for the `__main__.py` in it."""
    file = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
    with open(file, "rb") as opened:
        code = compile(opened.read(), file, "exec", dont_inherit=True)
    main = type(sys)("__main__")
    main.__file__ = file
    vars(main)["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def run(mode: str, target: str) -> None:
    """Run or import the target."""
    if mode == "script":
        run_script(target)
    elif mode == "module":
        import runpy

        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        __import__(target)


def frames(trace: "TracebackType | None") -> "list[tuple[str, int, str]]":
    """File, line and function of each frame but those of this file and of importlib."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__ and not code.co_filename.startswith(IMPORTLIB):
            found.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return found


def own_frames_left_out(trace: "TracebackType | None") -> "TracebackType | None":
    """The traceback as it would be without this file."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def main() -> int:
    """Run the program as Python would, to its normal end."""
    events, mode, target, n_first = sys.argv[1:5]
    first = sys.argv[5 : 5 + int(n_first)]
    arguments = sys.argv[5 + int(n_first) :]
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = first + [path for path in sys.path if os.path.abspath(path) != here]
    sys.argv[:] = ["-c" if mode == "import" else target, *arguments]
    recorder = Recorder(events)
    install(recorder)
    # The module that is now `__main__` must live as long as the program, which has that name.
    keep = sys.modules["__main__"]
    try:
        run(mode, target)
    except SystemExit:
        raise
    except BaseException as error:
        trace = own_frames_left_out(error.__traceback__)
        try:
            message = str(error)
        except Exception:
            message = ""
        recorder.write("failed", type(error).__name__, message, frames(trace))
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    finally:
        del keep
    return 0


if __name__ == "__main__":
    sys.exit(main())
