"""What CPython does with the modules of a package, as predictions are compared with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.real.packages import PYTHON, TIME_LIMIT_SECONDS, Ended, Package, first_imports

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.tracebacks.comparison import Observed
from import_cycles.tracebacks.wordings import TracebackFrame, failure
from import_cycles.workspace.interpreter_runs import Ending, Request, Run, Runner
from import_cycles.workspace.interpreters import interpreter_at


def observed_imports(
    package: Package, *, whole: bool, is_verified: bool, again: bool
) -> dict[str, Observed]:
    """How the first import of each module ends; asked once and kept, unless `again`.

    Places are in the folder of all that is installed if `whole`, else in the package's own. The
    processes of `import-cycles verify` are asked if `is_verified`, else first_import_server.py.
    """
    kept = package.home / ("verified.json" if is_verified else "observed.json")
    if again or not kept.exists():
        ask = _verified if is_verified else first_imports
        answers = ask([package.own, package.site], package.modules)
        kept.write_text(json.dumps(answers), "utf-8")
    answers = json.loads(kept.read_text("utf-8"))
    folder = package.site if whole else package.own
    return {name: _observed(answer, package.own, folder) for name, answer in answers.items()}


def _observed(answer: Ended, own: Path, folder: Path) -> Observed:
    if "loads" in answer:
        return Observed()
    if "trouble" in answer:
        return Observed(trouble=str(answer["trouble"]))
    frames = answer["frames"]
    assert isinstance(frames, Sequence)
    places = (
        TracebackFrame(SourcePath(path.replace(str(own), str(folder), 1)), line, function)
        for path, line, function in frames
    )
    message = str(answer["message"]).replace(str(own), str(folder))
    return Observed(failure(str(answer["error"]), message, places), str(answer["missing"]))


def _verified(roots: Sequence[Path], names: Sequence[str]) -> dict[str, Ended]:
    paths = tuple(SourcePath(str(root)) for root in roots)
    requests = [Request(ModuleName(name), name, paths) for name in names]
    runner = Runner(interpreter_at(PYTHON), TIME_LIMIT_SECONDS)
    runs = runner.run_all(requests, 1, lambda done: None)
    return {run.request.dotted: _ended(run) for run in runs}


def _ended(run: Run) -> Ended:
    match run.ending:
        case Ending.LOADED:
            return {"loads": True}
        case Ending.RAISED:
            told = {"error": run.error, "message": run.message, "missing": run.missing}
            return {**told, "frames": run.frames}
        case Ending.TIMED_OUT:
            return {"trouble": f"did not end within {TIME_LIMIT_SECONDS} seconds"}
        case Ending.DIED:
            return {"trouble": run.message}
