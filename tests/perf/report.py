"""The tables of docs/performance.md that `python -m tests.perf cold --write` and `entries --write` make."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.perf.batch import Cost

PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"


def cold_table(rows: Iterable[tuple[str, int, dict[str, Cost | None]]]) -> str:
    """One row for each project: its name, its number of files, and the cost of each contender."""
    lines = [
        "| project | files | ruff CPU s | `check` CPU s | ratio | peak MB | warm CPU s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, n_files, costs in rows:
        ruff, check = costs.get("ruff analyze graph"), costs["import-cycles"]
        warm = costs.get("import-cycles, warm")
        ratio = "" if ruff is None or check is None else f"{check.cpu / ruff.cpu:.1f}"
        memory = "" if check is None else f"{check.memory:.0f}"
        cells = (name, f"{n_files:,}", _cpu(ruff), _cpu(check), ratio, memory, _cpu(warm))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def entries_table(rows: Iterable[tuple[str, int, Cost | None]]) -> str:
    """One row for each project: its name, its number of files, and the cost of `entries`."""
    lines = ["| project | files | `entries` CPU s | peak MB |", "|---|---|---|---|"]
    for name, n_files, cost in rows:
        memory = "" if cost is None else f"{cost.memory:.0f}"
        lines.append(f"| {name} | {n_files:,} | {_cpu(cost)} | {memory} |")
    return "\n".join(lines)


def write(name: str, table: str) -> None:
    """Put a table between the two comments of its name in the page; raises ValueError without them."""
    text = PAGE.read_text(encoding="utf-8")
    first, last = f"<!-- measured: {name} -->\n", f"<!-- end of {name} -->\n"
    before, start, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise ValueError(f"{PAGE} has no place for {name}")
    PAGE.write_text(f"{before}{first}\n{table}\n\n{last}{after}", encoding="utf-8")


def n_files(folder: Path) -> int:
    """The number of Python files below a folder."""
    return sum(1 for _ in folder.rglob("*.py"))


def _cpu(cost: Cost | None) -> str:
    """CPU seconds; empty if the program did not end in time."""
    if cost is None:
        return ""
    return f"{cost.cpu:.2f}" if cost.cpu < 1 else f"{cost.cpu:.1f}"
