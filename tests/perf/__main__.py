"""Run the benchmarks: `python -m tests.perf --help`."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from tests.perf import report
from tests.perf.batch import compare, entries_cost, table
from tests.perf.editing import burst, closing_times, edit_times, endure, switch_branch
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
    cold.add_argument("--write", action="store_true", help="into docs/performance.md")
    edits = {
        "edit": "edits in a running server",
        "close": "an edit that closes a cycle, against pyright",
        "burst": "typing and hovering at once",
    }
    for name, help_text in edits.items():
        edit = commands.add_parser(name, help=help_text)
        edit.add_argument("project", help="a folder, or SHAPE-N to generate")
        edit.add_argument("file", help="the file to edit, relative to the project")
        edit.add_argument("--insert", default="# a line\\n", help="the lines that come and go")
        edit.add_argument("--rounds", type=int, default=200, help="edits, or seconds of a burst")
    entries = commands.add_parser("entries", help="all first imports and programs of projects")
    entries.add_argument("projects", nargs="+", help="a folder, or SHAPE-N to generate")
    entries.add_argument("--rounds", type=int, default=3)
    entries.add_argument("--write", action="store_true", help="into docs/performance.md")
    soak = commands.add_parser("endure", help="memory over very many edits of all kinds")
    soak.add_argument("project", help="a folder, or SHAPE-N to generate")
    soak.add_argument("--edits", type=int, default=10_000)
    switch = commands.add_parser("switch", help="thousands of files changed at once")
    switch.add_argument("project", help="a folder, or SHAPE-N to generate")
    switch.add_argument("--files", type=int, default=2000)
    empty = commands.add_parser("empty", help="start-up on an empty folder")
    empty.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    match options.command:
        case "cold":
            rows = []
            for name in options.projects:
                folder, package = _project(options.cache, name)
                costs = compare(folder, options.package or package, options.rounds)
                print(table(f"{name}", costs), end="\n\n", flush=True)
                rows.append((Path(name).name, report.n_files(folder), costs))
            if options.write:
                report.write("cold starts", report.cold_table(rows))
        case "entries":
            found = []
            for name in options.projects:
                folder, _ = _project(options.cache, name)
                cost = entries_cost(folder, options.rounds)
                print(table(name, {"entries": cost}), end="\n\n", flush=True)
                found.append((Path(name).name, report.n_files(folder), cost))
            if options.write:
                report.write("all first imports", report.entries_table(found))
        case "switch":
            _say(switch_branch(_project(options.cache, options.project)[0], options.files))
        case "endure":
            _say(endure(_project(options.cache, options.project)[0], options.edits))
        case "edit" | "close" | "burst":
            folder, _ = _project(options.cache, options.project)
            insert = options.insert.encode().decode("unicode_escape")
            file = folder / options.file
            match options.command:
                case "edit":
                    _say(edit_times(folder, file, insert, options.rounds))
                case "close":
                    for name, result in closing_times(folder, file, insert, options.rounds).items():
                        print(name, end=": ")
                        _say(result)
                case _:
                    _say(burst(folder, file, options.rounds))
        case _:
            folder = options.cache / "empty"
            folder.mkdir(parents=True, exist_ok=True)
            print(table("empty", compare(folder, None, options.rounds)))


def _say(result: dict[str, Any]) -> None:
    print(", ".join(f"{name} {value}" for name, value in result.items()), flush=True)


def _project(cache: Path, name: str) -> tuple[Path, str | None]:
    shape, dash, number = name.rpartition("-")
    if dash and number.isdigit() and not Path(name).exists():
        return generate(cache, int(number), shape), "app"
    return Path(name).resolve(), None


if __name__ == "__main__":
    main()
