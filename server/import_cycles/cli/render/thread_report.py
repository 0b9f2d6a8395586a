"""The output of `import-cycles verify --threads`."""

from __future__ import annotations

from collections.abc import Sequence

from import_cycles.base.words import counted
from import_cycles.cli.render.json_report import VERSION, dumps
from import_cycles.workspace.interpreters import Interpreter
from import_cycles.workspace.thread_runs import ThreadRun


def text(runs: Sequence[ThreadRun], interpreter: Interpreter) -> str:
    """A line for each pair, and how many there were."""
    lines = [_line(run) for run in runs]
    failing = sum(run.fails for run in runs)
    pairs = f"{counted(len(runs), 'package')} with a submodule"
    lines.append(f"{pairs} imported in two threads by {interpreter}: {failing} fail")
    return "".join(f"{line}\n" for line in lines)


def _line(run: ThreadRun) -> str:
    pair = f"{run.package} and {run.submodule} in two threads"
    if run.trouble:
        return f"{pair}: {run.trouble}"
    if not run.fails:
        return f"{pair}: both load"
    endings = ((run.package, run.package_ending), (run.submodule, run.submodule_ending))
    return f"{pair}: " + "; ".join(f"{name} {_ending(ending)}" for name, ending in endings)


def _ending(ending: str) -> str:
    return f"ends in {ending}" if ": " in ending else (ending or "loads")


def json(runs: Sequence[ThreadRun], interpreter: Interpreter) -> str:
    """The whole document of `verify --threads --format json`."""
    return dumps(
        {
            "version": VERSION,
            "python": {
                "executable": interpreter.executable,
                "version": ".".join(map(str, interpreter.version)),
            },
            "threads": [
                {
                    "package": run.package,
                    "submodule": run.submodule,
                    "package_ending": run.package_ending,
                    "submodule_ending": run.submodule_ending,
                    "trouble": run.trouble,
                }
                for run in runs
            ],
        }
    )
