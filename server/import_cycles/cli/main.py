"""Choose a subcommand, run it, and turn every way in which it can end into an exit status."""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from import_cycles import __version__
from import_cycles.cli.command import Command, ExitStatus, UsageError
from import_cycles.cli.console import Console, standard_console

COMMANDS = (
    ("check", "find import cycles and say where they are"),
    ("baseline", "note what is found now; from then on, `check` tells only what is new"),
    ("graph", "print modules, imports and components, for programs or as a picture"),
    ("explain", "tell all about the cycles of a module or an import line, or behind a traceback"),
    ("fix", "end cycles by changing imports, each change proved before it is made"),
    ("plan", "list the fixes that end crashing cycles, or all, and what is left; change nothing"),
    ("entries", "tell for each module what happens when it is the first import"),
    ("verify", "the same, proved with real interpreters; executes the project's code"),
    ("trace", "run a program or import a module and draw what imports what; executes it"),
    ("clean", "throw away what is remembered of earlier runs, of all projects"),
)
"""Each subcommand with its line in `--help`; the file of that name is its `Command`."""

SHOW_TRACEBACKS = "IMPORT_CYCLES_TRACEBACK"
"""The environment variable that makes Python show errors of this program as tracebacks."""

_SERVERS = (
    ("server", "start the language server; `import-cycles server --help` tells more"),
    ("mcp", "start a server for coding agents; `import-cycles mcp --help` tells more"),
)


def run(arguments: Sequence[str]) -> int:
    """Parse `arguments`, run what they ask for, and give the exit status."""
    try:
        with _without_garbage_collection():
            return _run(arguments)
    except SystemExit as stop:  # argparse has printed help, version or what is wrong
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes standard output once more while it shuts down, and would
        # complain again. Source: Python's documentation of `signal`, "Note on SIGPIPE".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.PIPE_CLOSED
    except BaseException as error:
        # Not only an `Exception`: users should not read a traceback of this program, whatever the
        # error.
        if os.environ.get(SHOW_TRACEBACKS):
            raise
        standard_console().complain(_apology(error))
        return ExitStatus.BROKEN


def run_in(arguments: Sequence[str], console: Console) -> int:
    """Run a command for another part of this program, with its output on `console`.

    Raises UsageError, and any other error of the command.
    """
    command = _load(arguments[0])
    assert command is not None, "there is no such command"
    return command.run(_parser(arguments[0], command).parse_args(arguments), console)


def _apology(error: BaseException) -> str:
    """The message for an error that is a mistake in this program, or in what it runs on."""
    import traceback

    if isinstance(error, OSError) and error.strerror:
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    file = last.filename.rpartition(os.sep)[2]
    return (
        f"this is a mistake in import-cycles, not in your project: {type(error).__name__}: {error}"
        f" ({file}:{last.lineno}). Nothing that was printed is complete."
        f" With {SHOW_TRACEBACKS}=1 in the environment, it tells all that a report needs"
    )


def _run(arguments: Sequence[str]) -> int:
    chosen = next((argument for argument in arguments if not argument.startswith("-")), None)
    command = _load(chosen)
    parser = _parser(chosen, command)
    options = parser.parse_args(arguments)
    if command is None:
        parser.error(f"`{chosen}` must be the first argument")
    console = standard_console(color=options.color, quiet=getattr(options, "quiet", False))
    try:
        status = command.run(options, console)
    except UsageError as error:
        console.complain(str(error))
        return ExitStatus.BROKEN
    console.out.flush()
    return status


_YOUNG: Final = 20_000
"""So many new objects before the collector looks at them. Python's own 700 (2,000 from 3.13 on) costs a
simulation a tenth of its time; with this it keeps a few megabytes more."""


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A command makes millions of objects that last until it ends, and few reference cycles.

    Looking for cycles in them again and again would take a good part of the time. Where a step of
    the command has garbage collected, it is collected less often than Python does on its own.
    """
    was_enabled, threshold = gc.isenabled(), gc.get_threshold()
    gc.disable()
    gc.set_threshold(_YOUNG, *threshold[1:])
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        if was_enabled:
            gc.enable()
        gc.unfreeze()


def _load(name: str | None) -> Command | None:
    match name:
        case "check":
            from import_cycles.cli import check

            return check
        case "baseline":
            from import_cycles.cli import baseline

            return baseline
        case "graph":
            from import_cycles.cli import graph

            return graph
        case "explain":
            from import_cycles.cli import explain

            return explain
        case "plan":
            from import_cycles.cli import plan

            return plan
        case "fix":
            from import_cycles.cli import fix

            return fix
        case "entries":
            from import_cycles.cli import entries

            return entries
        case "verify":
            from import_cycles.cli import verify

            return verify
        case "trace":
            from import_cycles.cli import trace

            return trace
        case "clean":
            from import_cycles.cli import clean

            return clean
        case _:
            return None


def _parser(chosen: str | None, command: Command | None) -> ArgumentParser:
    parser = ArgumentParser(
        prog="import-cycles",
        description="Find and explain the circular imports of Python projects.",
    )
    parser.add_argument("--version", action="version", version=f"import-cycles {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in (*COMMANDS, *_SERVERS):
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if command is not None and name == chosen:
            command.add_arguments(subparser)
            subparser.add_argument(
                "--color",
                action=BooleanOptionalAction,
                default=None,
                help="paint, or do not (default: on a terminal, unless NO_COLOR is set)",
            )
    return parser
