"""One run of a program over a project: CPU and wall seconds, peak memory.

CPU counts the program and its children, user and system. Programs are run in turn (A B A B), so
that a noisy machine disturbs all of them; of each the best run counts, and ratios are reported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from tests.perf.client import environment

MEGABYTE = 1024
"""In the units of `ru_maxrss` on Linux, kilobytes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run; seconds and megabytes."""

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], folder: Path, timeout: float = 600) -> Cost | None:
    """Run a command; None when it does not end in time."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = 0
            break
        if time.perf_counter() - started > timeout:
            process.kill()
            process.wait()
            return None
        time.sleep(0.005)
    wall = time.perf_counter() - started
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / MEGABYTE)


def contenders(package: str | None, cache: Path) -> dict[str, list[str]]:
    """The commands to compare, of what is installed here; this program is the first.

    `cache` is a folder for the cache of this program, which only its "warm" runs use.
    """
    check = [sys.executable, "-m", "import_cycles", "check", "--exit-zero", "-q"]
    found = {
        "import-cycles": check,
        "import-cycles, warm": [*check, "--cache-dir", str(cache)],
        "import-cycles, cycles only": [
            sys.executable,
            "-c",
            "from pathlib import Path; from import_cycles.workspace.workspace import Workspace;"
            " import gc; gc.disable(); Workspace(Path().resolve()).index()",
        ],
    }
    ruff = which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if ruff is not None:
        found["ruff analyze graph"] = [ruff, "analyze", "graph", "--preview", "."]
    if package is not None:
        code = f"import grimp; grimp.build_graph({package!r}, cache_dir=None)"
        if (
            subprocess.run([sys.executable, "-c", "import grimp"], capture_output=True).returncode
            == 0
        ):
            found["grimp"] = [sys.executable, "-c", code]
    return found


def compare(folder: Path, package: str | None, rounds: int) -> dict[str, Cost | None]:
    """The best cost of each contender."""
    best: dict[str, Cost | None] = {}
    with TemporaryDirectory() as place:
        commands = contenders(package, Path(place))
        run(commands["import-cycles, warm"], folder)
        for _ in range(rounds):
            for name, command in commands.items():
                if name in best and best[name] is None:
                    continue
                cost = run(command, folder)
                known = best.get(name)
                best[name] = (
                    cost
                    if cost is None or known is None
                    else min(known, cost, key=lambda each: each.cpu)
                )
    return best


def entries_cost(folder: Path, rounds: int) -> Cost | None:
    """The best cost of all first imports and programs of a project."""
    command = [sys.executable, "-m", "import_cycles", "entries", "--no-cache", "--format", "json"]
    costs = [run(command, folder) for _ in range(rounds)]
    return min((each for each in costs if each), key=lambda each: each.cpu, default=None)


def table(title: str, costs: dict[str, Cost | None]) -> str:
    """A table for the documentation; ratios are to ruff's CPU where it is there."""
    base = costs.get("ruff analyze graph")
    lines = [
        f"{title}",
        "",
        "| | CPU s | wall s | memory MB | CPU ratio | wall ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, cost in costs.items():
        if cost is None:
            lines.append(f"| {name} | over the limit | | | | |")
        else:
            ratios = " | "
            if base is not None:
                ratios = f"{cost.cpu / base.cpu:.2f} | {cost.wall / base.wall:.2f}"
            row = f"{cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} | {ratios}"
            lines.append(f"| {name} | {row} |")
    return "\n".join(lines)
