"""Where everything starts: `import-cycles …` and `python -m import_cycles …`.

The language server needs libraries that take longer to load than a small project takes to
check, so neither side is imported before the first argument has chosen one of them
(tests/cli/test_cli_startup.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from import_cycles.base.frames import with_room


def main(argv: Sequence[str] | None = None) -> int:
    """Run what `argv` (by default the process's arguments) asks for; the process's exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["server"]:
        from import_cycles.lsp.server import run_server

        return run_server(arguments[1:])
    if arguments[:1] == ["mcp"]:
        from import_cycles.agents.server import run_mcp

        return run_mcp(arguments[1:])
    from import_cycles.cli.main import run

    return run(arguments)


def program() -> int:
    """The same for a process that ends with it; returns only where the process has more to do.

    After a command the process ends at once. To free the objects of a large project one by one, as
    Python does at its end, would take a tenth of the time of `check`.
    """
    status = with_room(main)
    if sys.argv[1:2] not in (["server"], ["mcp"]):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            return status
        os._exit(status)
    return status


if __name__ == "__main__":
    # `runpy.run_module` runs this file inside of another program.
    is_alone = vars(sys.modules["__main__"]) is globals()
    raise SystemExit(program() if is_alone else main())
