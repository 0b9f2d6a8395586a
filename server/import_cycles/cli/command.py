"""What a subcommand is, and which exit statuses they share.

A subcommand is a module of this package with two functions, `add_arguments` and `run`. Only the
module of the command that was asked for is imported: it brings in the engine, and `--help`
should not wait for that.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

from import_cycles.cli.console import Console


class ExitStatus(IntEnum):
    """Exit statuses, the same for every command; see docs/cli.md."""

    CLEAN = 0
    FINDINGS = 1
    BROKEN = 2
    """Wrong usage, or a configuration that could not be understood in full."""
    INTERRUPTED = 130
    """128 + SIGINT, as shells count."""
    PIPE_CLOSED = 141
    """128 + SIGPIPE: the reader of our output went away, as in `… | head`."""


class Command(Protocol):
    """The two functions of a subcommand's module."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the command's own arguments."""

    def run(self, options: Namespace, console: Console) -> int:
        """Do it. Raises UsageError for what argparse cannot see."""


class UsageError(Exception):
    """The arguments make no sense together, or with the files that are there; says the remedy."""


def add_paths_argument(parser: ArgumentParser) -> None:
    """The PATHS that every command takes, and where it remembers what it found there."""
    parser.add_argument(
        "paths",
        metavar="PATHS",
        nargs="*",
        help="project, source root, package folder or file (default: the current folder)",
    )
    _add_cache_arguments(parser)


def _add_cache_arguments(parser: ArgumentParser) -> None:
    """The options of every command that may use the cache."""
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="neither read nor write what is remembered of earlier runs",
    )
    parser.add_argument(
        "--cache-dir",
        metavar="FOLDER",
        help="where that is remembered (default: the user's folder for caches)",
    )


def at_least_one(text: str) -> int:
    """The type of an option that is a number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"must be a number from 1, not {text}")
    return int(text)


def comma_separated(values: Sequence[str] | None) -> list[str]:
    """The parts of options that may be repeated and may hold several values each."""
    parts = [part.strip() for value in values or () for part in value.split(",")]
    return [part for part in parts if part]
