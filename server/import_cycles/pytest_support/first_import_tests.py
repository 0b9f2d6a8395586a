"""First imports of a project's modules by real interpreters, which run ahead of those who wait for them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.traceback_text import explained
from import_cycles.cli.verify import first_import_request, observed
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.tracebacks.comparison import is_caused_by_cycle
from import_cycles.tracebacks.diagnosis import Files
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.what_happened import remarks
from import_cycles.workspace.discovery import plan_paths
from import_cycles.workspace.files import list_folder, read_source
from import_cycles.workspace.interpreter_runs import Run, Runner
from import_cycles.workspace.interpreters import interpreter_at
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.workspace import Workspace


@record
class Outcome:
    """How one first import ended; `told` is empty if the module loads."""

    told: str = ""
    is_circular: bool = False


class FirstImportTests:
    """The first imports of what is in some paths; `timeout` is in seconds, for each."""

    def __init__(self, paths: Sequence[Path], timeout: float, jobs: int) -> None:
        self._timeout = timeout
        self._jobs = jobs
        self._layouts: dict[str, Layout] = {}
        self._names: dict[str, ModuleName] = {}
        self.modules: list[tuple[str, SourcePath]] = []
        """The names that tests have, each with its file, sorted; equal in every process."""
        for plan in plan_paths(paths):
            # Only names and files are needed: nothing is analysed.
            workspace = Workspace(plan.folder, only=plan.only)
            workspace.look()
            layout = workspace.layout
            shown = tuple(map(as_source_path, plan.shown))
            for name, module in sorted(layout.modules().items()):
                is_wanted = not shown or any(is_within(module.path, each) for each in shown)
                if is_wanted and module.kind is ModuleKind.SOURCE and name not in self._layouts:
                    self._layouts[name] = layout
                    self.modules.append((name, module.path))
        self.modules.sort()
        self._runner: Runner | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._runs: dict[str, Future[Run]] = {}

    def start(self, names: Sequence[str]) -> None:
        """Begin with these imports, in their order; once."""
        if self._runner is not None:
            return
        self._runner = Runner(interpreter_at(sys.executable), self._timeout)
        self._pool = ThreadPoolExecutor(self._jobs)
        if self._jobs > 1:
            for name in names:
                self._begin(name)

    def _begin(self, name: str) -> Future[Run]:
        assert self._runner is not None, "not started"
        assert self._pool is not None, "not started"
        runner, request = self._runner, first_import_request(self._layouts[name], ModuleName(name))
        if name not in self._runs:
            self._runs[name] = self._pool.submit(lambda: runner.run_all([request], 1, _ignored)[0])
        return self._runs[name]

    def outcome(self, name: str) -> Outcome:
        """Wait for one import."""
        run = self._begin(name).result()
        layout = self._layouts[name]
        seen = observed(run, self._timeout)
        if seen.failure is None:
            return Outcome(seen.trouble)
        if seen.missing and layout.find(seen.missing, None) is None:
            return Outcome(f"needs {seen.missing}, which is not installed")
        diagnostician = Diagnostician((layout,), Files(read_source, list_folder))
        if not is_caused_by_cycle(seen.failure, layout, diagnostician):
            return Outcome(
                f"fails for another reason than a cycle: {seen.failure.error}: {seen.failure.message}"
            )
        diagnosis = diagnostician.diagnose(seen.failure)
        places = Places(as_source_path(Path()), read_source)
        told = explained(diagnosis, remarks(diagnosis), (), places, Paint())
        command = f'python -c "import {dotted_name(ModuleName(name))}"'
        return Outcome(f"{command}\n{told}", is_circular=True)

    def stop(self) -> None:
        """End what still runs, and wait until it has ended."""
        if self._pool is not None and self._runner is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._runner.stop()
            self._pool.shutdown(wait=True)


def _ignored(_: int) -> None:
    """Reports no progress: each process is waited for."""
