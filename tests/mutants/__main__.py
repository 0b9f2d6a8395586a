"""Which small changes of the program no test notices.

    python -m tests.mutants FILE… [--tests ARGUMENT…] [--jobs N] [--most N]

Each FILE below `server/` is changed in one place at a time: a comparison turned round, `and` for
`or`, a `not` taken away, a constant replaced, a call left out. The tests run on a copy of the
program with the change, `ARGUMENT…` being what pytest gets (default: all cases). A change with
which they pass is printed: either a test is missing, or the changed code does nothing.

For one file at a time, on demand: a change costs a run of the tests. With `--most`, as many changes
are tried, spread over the file.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

_OPPOSITE = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip


class Mutant(NamedTuple):
    """A file's text with one place changed."""

    path: Path
    line: int
    before: str
    after: str
    text: str


def mutants(path: Path) -> Iterator[Mutant]:
    """All changes of a file, in the order of the text."""
    text = path.read_text("utf-8")
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    data = text.encode()
    changes = [
        (starts[node.lineno - 1] + node.col_offset, _end(node, starts), node.lineno, new)
        for node in ast.walk(ast.parse(text))
        for new in _changed(node)
        if isinstance(node, (ast.expr, ast.stmt))
    ]
    for start, end, line, new in sorted(changes):
        changed = data[:start] + new.encode() + data[end:]
        yield Mutant(path, line, data[start:end].decode(), new, changed.decode())


def _end(node: ast.expr | ast.stmt, starts: list[int]) -> int:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return starts[node.end_lineno - 1] + node.end_col_offset


def _changed(node: ast.AST) -> Iterator[str]:
    """What a piece of code is replaced by; nothing for most."""
    match node:
        case ast.Compare(ops=[operator]):
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            yield f"({left} {_OPPOSITE[type(operator)]} {right})"
        case ast.BoolOp(op=operator, values=values):
            word = " or " if isinstance(operator, ast.And) else " and "
            yield f"({word.join(f'({ast.unparse(value)})' for value in values)})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield str(value + 1)
        case ast.Call(func=ast.Name(id="any" | "all" as name)):
            other = "all" if name == "any" else "any"
            yield f"{other}({', '.join(map(ast.unparse, node.args))})"
        case ast.Expr(value=ast.Call()):
            yield "pass"


def survives(mutant: Mutant, tests: list[str], folders: SimpleQueue[Path]) -> bool:
    """Whether the tests pass on a copy of the program with this change."""
    folder = folders.get()
    place = folder / mutant.path.relative_to(ROOT / "server")
    original = place.read_bytes()
    place.write_text(mutant.text, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, check=False, timeout=600,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_bytes(original)
        folders.put(folder)
    return done.returncode == 0


def main() -> None:
    """Try the changes, and print those that no test notices."""
    parser = ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int)
    parser.add_argument("--tests", nargs=REMAINDER, default=["tests/test_cases.py"])
    options = parser.parse_args()
    found = [mutant for path in options.files for mutant in mutants(path.resolve())]
    if options.most is not None:
        found = found[:: max(1, len(found) // options.most)]
    with TemporaryDirectory() as name:
        folders: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.jobs):
            folder = Path(name) / str(number)
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "server", folder, ignore=ignored)
            folders.put(folder)
        n_survivors = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            judge = partial(survives, tests=options.tests, folders=folders)
            for mutant, passes in zip(found, pool.map(judge, found), strict=True):
                if passes:
                    n_survivors += 1
                    place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
                    print(f"{place}: {mutant.before} -> {mutant.after}", flush=True)
    print(f"{len(found)} changes, {n_survivors} that no test notices")


if __name__ == "__main__":
    main()
