"""`import-cycles mcp`: a server of the Model Context Protocol, for coding agents.

Its tools are the commands of the same names, which run in this process and write into strings: standard output
belongs to the protocol. None changes a file or runs code of the project. Paths are below the folder that
the server was started for; others are refused, so that what a text tells an agent to ask for stays there.

The SDK (`pip install 'import-cycles[mcp]'`) is imported here and nowhere else.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from import_cycles import __version__
from import_cycles.agents.tools import Tools

INSTRUCTIONS = (
    "Import cycles of a Python project: which crash, why, and how to end them. Before you add an import between"
    " two modules of the project, ask would_close. After a change, ask what_crashes. Every fix that plan and"
    " fix_diff name was tried: no first import that worked fails with it. Nothing here changes files."
)


def run_mcp(arguments: Sequence[str]) -> int:
    """Serve until the client goes away; the exit status."""
    options = _parser().parse_args(arguments)
    folder = Path(options.folder)
    if not folder.is_dir():
        print(f"import-cycles: {folder}: there is no such folder", file=sys.stderr)  # noqa: T201
        return 2
    try:
        from mcp.server.mcpserver import MCPServer
    except ImportError:
        print(  # noqa: T201
            "import-cycles: the server for coding agents needs the package mcp:"
            " pip install 'import-cycles[mcp]'",
            file=sys.stderr,
        )
        return 2
    os.chdir(folder)
    tools = Tools(Path.cwd())
    server = MCPServer("import-cycles", instructions=INSTRUCTIONS, version=__version__)
    for tool in (tools.what_crashes, tools.explain, tools.plan, tools.fix_diff, tools.would_close):
        server.tool(structured_output=False)(tool)
    server.run()
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="import-cycles mcp",
        description="Serve the Model Context Protocol on standard input and output.",
    )
    parser.add_argument(
        "folder", nargs="?", default=".", help="the project (default: the current folder)"
    )
    return parser
