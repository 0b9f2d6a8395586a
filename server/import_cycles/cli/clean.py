"""`import-cycles clean`: deletes the cache, for all projects.

This costs only time. Other files in that folder are left alone.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from import_cycles.base.words import printable
from import_cycles.cli.command import ExitStatus, UsageError
from import_cycles.cli.console import Console
from import_cycles.workspace.cache_folder import cache_folder, remove


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `clean`."""
    parser.add_argument(
        "--cache-dir",
        metavar="FOLDER",
        help="where that is (default: the user's folder for caches)",
    )


def run(options: Namespace, console: Console) -> int:
    """Delete, and report what."""
    folder = cache_folder(os.environ, chosen=options.cache_dir)
    try:
        removed = [] if folder is None else remove(folder)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be removed: {error.strerror}") from error
    if not removed:
        console.write("nothing to remove\n")
    for path in removed:
        console.write(f"removed {printable(str(path))}\n")
    return ExitStatus.CLEAN
