"""Run the benchmarks: `python -m tests.perf --help`."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import gettempdir

from tests.perf.batch import compare, table
from tests.perf.editing import edit_times
from tests.perf.generate import generate


def main() -> None:
    """One subcommand for each kind of measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(gettempdir(), "import-cycles-perf"))
    commands = parser.add_subparsers(dest="command", required=True)
    cold = commands.add_parser("cold", help="whole projects, against peers")
    cold.add_argument("projects", nargs="+", help="a folder, or SHAPE-N to generate: layered-5000")
    cold.add_argument("--package", help="the package, for tools that want to know it")
    cold.add_argument("--rounds", type=int, default=3)
    edit = commands.add_parser("edit", help="edits in a running server")
    edit.add_argument("project", help="a folder, or SHAPE-N to generate")
    edit.add_argument("file", help="the file to edit, relative to the project")
    edit.add_argument("--insert", default="# a line\n", help="the line that comes and goes")
    edit.add_argument("--rounds", type=int, default=200)
    empty = commands.add_parser("empty", help="start-up on an empty folder")
    empty.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    match options.command:
        case "cold":
            for name in options.projects:
                folder, package = _project(options.cache, name)
                costs = compare(folder, options.package or package, options.rounds)
                print(table(f"{name}", costs), end="\n\n", flush=True)
        case "edit":
            folder, _ = _project(options.cache, options.project)
            insert = options.insert.encode().decode("unicode_escape")
            print(edit_times(folder, folder / options.file, insert, options.rounds))
        case _:
            folder = options.cache / "empty"
            folder.mkdir(parents=True, exist_ok=True)
            print(table("empty", compare(folder, None, options.rounds)))


def _project(cache: Path, name: str) -> tuple[Path, str | None]:
    shape, dash, number = name.rpartition("-")
    if dash and number.isdigit() and not Path(name).exists():
        return generate(cache, int(number), shape), "app"
    return Path(name).resolve(), None


if __name__ == "__main__":
    main()
