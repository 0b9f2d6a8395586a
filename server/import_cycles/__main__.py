"""Where everything starts: `import-cycles …` and `python -m import_cycles …`.

The language server needs libraries that take longer to load than a small project takes to
check, so neither side is imported before the first argument has chosen one of them
(tests/cli/test_cli_startup.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


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


if __name__ == "__main__":
    raise SystemExit(main())
