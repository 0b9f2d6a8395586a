"""Runs in a fresh interpreter of 3.8 or later: imports one module and writes down the outcome.

Not imported by import-cycles itself, which passes the path of this file to the interpreter:

    python -I -B child_first_import.py RESULT MODULE TYPE_CHECKING ROOT...

RESULT gets a Python literal when the import has ended, written at once: the file is either complete
or absent. This file imports as little as possible, because a module of the project cannot shadow a
module that is in `sys.modules` already: so no `json`, no `signal`, no `traceback`.
"""

# ruff: noqa: PTH105, PTH123 - pathlib would bring half of the standard library

import os
import sys

MYPY = False
if MYPY:
    from types import TracebackType


def outcome(module: str) -> "dict[str, object]":
    """The outcome of importing `module` first."""
    try:
        __import__(module)
    except BaseException as error:  # `sys.exit` while importing is an outcome, too.
        return {
            "loads": False,
            "error": type(error).__name__,
            "message": text_of(error),
            "missing": missing_module(error),
            "frames": frames(error.__traceback__),
        }
    return {"loads": True}


def text_of(error: BaseException) -> str:
    """The message, of whatever class the exception is."""
    try:
        return str(error)
    except Exception:
        return ""


def missing_module(error: BaseException) -> str:
    """The module that was not found."""
    name = getattr(error, "name", None)
    return name if isinstance(error, ModuleNotFoundError) and isinstance(name, str) else ""


def frames(trace: "TracebackType | None") -> "list[tuple[str, int, str]]":
    """File, line and function of each frame but those of this file."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__:
            found.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return found


def main() -> None:
    """Never returns: threads and exit handlers of the project do not get another turn."""
    result, module, type_checking = sys.argv[1:4]
    sys.path[:0] = sys.argv[4:]
    sys.argv[:] = [module]
    if type_checking == "true":
        import typing

        vars(typing)["TYPE_CHECKING"] = True
    written = repr(outcome(module)).encode("utf-8", "backslashreplace")
    with open(result + ".part", "wb") as file:
        file.write(written)
    os.replace(result + ".part", result)
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        # The group is ours alone: this ends what the project has started as well.
        os.killpg(0, 9)
    os._exit(0)


if __name__ == "__main__":
    main()
