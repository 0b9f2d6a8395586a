"""Which formats a command writes, and where: several at once, each to a file or to standard output."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from import_cycles.base.record import record
from import_cycles.cli.command import UsageError
from import_cycles.cli.console import Console


@record
class Output:
    """One format, and the file that it goes to; None for standard output."""

    format: str
    file: str | None = None


def add_output_arguments(parser: ArgumentParser, formats: Sequence[str], default: str) -> None:
    """`--format` and `--output-file`."""

    def output(text: str) -> Output:
        name, equals, file = text.partition("=")
        if name not in formats:
            raise ArgumentTypeError(f"there is no format {name}; there are {', '.join(formats)}")
        if equals and not file:
            raise ArgumentTypeError(f"say which file {name} is to go to, as in {name}=FILE")
        return Output(name, file or None)

    parser.add_argument(
        "--format",
        metavar="FORMAT[=FILE]",
        type=output,
        action="append",
        help=f"one of {', '.join(formats)} (default: {default}), perhaps into a file; may be repeated",
    )
    parser.add_argument(
        "--output-file",
        "-o",
        metavar="FILE",
        help="write there what would go to standard output",
    )


def outputs_of(options: Namespace, default: str) -> tuple[Output, ...]:
    """The formats and files that were asked for. Raises UsageError if two would share a place."""
    given: list[Output] = options.format or [Output(default)]
    chosen = tuple(
        Output(each.format, each.file if each.file is not None else options.output_file)
        for each in given
    )
    places = [each.file for each in chosen]
    for place in places:
        if places.count(place) > 1:
            where = "standard output" if place is None else place
            raise UsageError(
                f"two formats would go to {where}; write one into a file: --format sarif=FILE"
            )
    if options.output_file is not None and options.output_file not in places:
        raise UsageError(f"no format is left for --output-file {options.output_file}")
    return chosen


def write_outputs(
    outputs: Sequence[Output], rendered: Callable[[Output], str], console: Console
) -> None:
    """Render and write each of them. Raises UsageError for a file that cannot be written."""
    for output in outputs:
        text = rendered(output)
        if output.file is None:
            console.write(text)
            continue
        write_file(output.file, text)


def write_file(name: str, text: str) -> None:
    """Write a file that the user named, in UTF-8. Raises UsageError if that cannot be done."""
    try:
        Path(name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise UsageError(f"{name}: cannot be written ({error.strerror or error})") from error
