"""Imports modules first, each in a fresh state of a fresh interpreter, without starting one each.

Run as `python -I first_import_server.py SECONDS ROOT ...`: the roots go in front of `sys.path`, the
names of the modules come on standard input, one a line, and for each goes out a line with a Python
literal: `{"module": name, "loads": True}`, or in place of `loads` the `error`, `message`, `missing`
module and `frames` (file, line, function; outermost first) of the exception, or `{"trouble": why}`.
Not imported by the tests. Needs `fork`.

`import a.b.c` imports `a` first, then `a.b`. So a process that has imported `a` and nothing else is
where the first import of every module below `a` stands after its first step: it forks for each of
them. What `a` loads anyway has loaded. Where importing `a` starts threads, which a fork does not
have, the modules below it are `trouble`; a module that is asked for alone is imported at one go.
"""

# ruff: noqa: PTH208 - as little as can be is imported, so that packages can shadow it

import os
import sys


def main():
    """Answer for all names of standard input."""
    limit, roots = int(sys.argv[1]), sys.argv[2:]
    names = set(sys.stdin.read().split())
    answers = os.dup(1)
    os.set_inheritable(answers, False)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.path[:0] = roots
    sys.argv[:] = [""]
    importer = Importer(names, answers, limit)
    if len(names) == 1:
        (name,) = names
        importer.in_fork(lambda: importer.visit(name, {}), name)
    else:
        importer.below("", tree_of(names))
    os._exit(0)


def tree_of(names):
    """The packages and modules that lead to the names: nested, by the parts of their names."""
    tree = {}
    for name in names:
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
    return tree


class Importer:
    """The state of one process: what it has imported is in `sys.modules`."""

    def __init__(self, names, answers, limit):
        self.names = names
        self.answers = answers
        self.limit = limit

    def tell(self, name, outcome):
        """One line of answer, for a module that was asked for."""
        if name not in self.names:
            return
        line = (repr({"module": name, **outcome}) + "\n").encode("utf-8", "backslashreplace")
        while line:
            line = line[os.write(self.answers, line) :]

    def below(self, package, children):
        """Answer for all modules below a package that this process has imported, and no more."""
        for part, grandchildren in sorted(children.items()):
            name = f"{package}.{part}" if package else part
            if package and sys.modules.get(name) is not None:
                self.tell(name, {"loads": True})
                self.below(name, grandchildren)
            else:
                self.in_fork(lambda name=name, below=grandchildren: self.visit(name, below), name)

    def visit(self, name, children):
        """Import a module whose package is imported, and answer for it and all below it."""
        outcome = self.outcome(name)
        self.tell(name, outcome)
        if "loads" not in outcome:
            for each in all_below(name, children):
                self.tell(each, outcome)
        elif children and has_threads():
            for each in all_below(name, children):
                self.tell(each, {"trouble": "threads"})
        else:
            self.below(name, children)

    def outcome(self, name):
        """Import a module, within the time limit."""
        # The machine's own module: `signal` is one more that could be shadowed.
        import _signal

        _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
        _signal.alarm(self.limit)
        try:
            __import__(name)
        except BaseException as error:  # `sys.exit` while importing is an outcome, too.
            return failure_of(error)
        finally:
            _signal.alarm(0)
        return {"loads": True}

    def in_fork(self, work, name):
        """Do something in a process of its own; a process that dies is an answer."""
        child = os.fork()
        if child == 0:
            try:
                work()
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.tell(name, {"trouble": f"signal {os.WTERMSIG(status)}"})


def all_below(package, children):
    """The names of all modules below a package."""
    for part, grandchildren in children.items():
        yield f"{package}.{part}"
        yield from all_below(f"{package}.{part}", grandchildren)


def has_threads():
    """Whether this process runs more than one."""
    try:
        return len(os.listdir("/proc/self/task")) > 1
    except OSError:
        threading = sys.modules.get("threading")
        return threading is not None and threading.active_count() > 1


def failure_of(error):
    """An exception, and the lines that it came through but those of this file."""
    try:
        message = str(error)
    except Exception:
        message = ""
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__:
            frames.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return {
        "error": type(error).__name__,
        "message": message,
        "missing": missing if isinstance(missing, str) else "",
        "frames": frames,
    }


if __name__ == "__main__":
    main()
