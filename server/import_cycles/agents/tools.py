"""What coding agents can ask: five questions, answered in text. Their docstrings are what agents read."""

from __future__ import annotations

import gc
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.cli.command import UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.main import run_in
from import_cycles.cli.projects import AnalysedProject, Analysis, analyse
from import_cycles.repair.new_imports import Closing, would_close
from import_cycles.workspace.paths import as_source_path

_WHAT_TO_DO_INSTEAD = (
    "Instead, whichever fits first:",
    "  - only annotations need it: import it under `if TYPE_CHECKING:` and write them as strings, or with"
    " `from __future__ import annotations`;",
    "  - only functions need it: import it inside the function that uses it;",
    "  - what both modules need can move into a third module that imports neither of them;",
    "  - a package's `__init__` is what closes it: import from the module that defines the name.",
    "Then ask would_close again, or what_crashes after the change.",
)


class Tools:
    """The tools for one folder, which is the working directory. One question is answered at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._lock = Lock()

    def what_crashes(self, path: str = ".") -> str:
        """Say which lines crash because of an import cycle, from which first import, and which cycles load.

        `path` is the project, a package folder or a file in it. Ask this after you changed imports: the
        answer is empty of crashes if nothing got worse. Nothing is executed.
        """
        return self._command("check", path)

    def explain(self, subject: str, path: str = ".") -> str:
        """Explain an import cycle or a failing import.

        `subject` is a module's dotted name, a place as `src/shop/a.py:3`, or the text of a traceback (paste
        all of it). The answer has the whole way round, the import that is cheapest to cut, and the fixes
        that were tried.
        """
        if "\n" not in subject.strip():
            return self._command("explain", subject, *self._paths(path), is_path=False)
        with tempfile.TemporaryDirectory(prefix="import-cycles-") as folder:
            file = Path(folder, "traceback.txt")
            file.write_text(subject, encoding="utf-8", errors="surrogatepass")
            options = ["--traceback", str(file), "--diff"]
            return self._command("explain", *self._paths(path), options=options, is_path=False)

    def plan(self, path: str = ".", all_cycles: bool = False, steps: int = 10) -> str:
        """List the fixes, in order, that end the crashes from import cycles, or with `all_cycles` all cycles.

        Each was tried on what the ones before it leave. At most `steps` of them; what is left comes with the
        reason why no fix is of use. Changes no file: fix_diff has the changes.
        """
        options = [*(["--all"] if all_cycles else []), "--steps", str(max(1, steps))]
        return self._command("plan", path, options=options)

    def fix_diff(self, path: str = ".", unsafe: bool = False) -> str:
        """Give the fixes as a unified diff, which `git apply` takes; changes no file.

        Only fixes that are safe: with them every first import that worked still works, and every name in
        the project is still found. With `unsafe` also those that may change behaviour.
        """
        return self._command("fix", path, options=["--diff", *(["--unsafe"] if unsafe else [])])

    def would_close(
        self, importer: str, imported: str, names: list[str] | None = None, path: str = "."
    ) -> str:
        """Say whether a new import would close an import cycle, before you write it.

        `importer` is the module that is to get the import, `imported` the one to be imported, as dotted
        names or as paths of their files; `names` for `from imported import …`. The answer says which cycle
        it would close, which modules could not be imported first any more, and what to do instead.
        """
        with self._answering():
            try:
                console = Console(io.StringIO(), io.StringIO())
                analysis = analyse(self._paths(path), console, None)
                closing = _closing(analysis, importer, imported, tuple(names or ()))
            except UsageError as error:
                return str(error)
        lines = [closing.told]
        if closing.closes and not closing.is_there:
            lines += _WHAT_TO_DO_INSTEAD
        return "\n".join(lines) + "\n"

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """One question at a time; afterwards, what its analysis made can be collected."""
        with self._lock:
            try:
                yield
            finally:
                gc.unfreeze()

    def _paths(self, path: str) -> list[str]:
        """The path, if it is in the folder. Raises UsageError."""
        if not Path(path).resolve().is_relative_to(self._folder):
            raise UsageError(f"{path} is outside of {self._folder}, which this server is for")
        return [path]

    def _command(
        self, name: str, *operands: str, options: list[str] | None = None, is_path: bool = True
    ) -> str:
        out, err = io.StringIO(), io.StringIO()
        with self._answering():
            try:
                given = self._paths(operands[0]) if is_path else list(operands)
                arguments = [name, "--no-color", "--no-cache", *(options or ()), "--", *given]
                run_in(arguments, Console(out, err))
            except UsageError as error:
                return f"{error}\n"
        # Reasons for an empty diff, and files that do not parse.
        return out.getvalue() + err.getvalue()


def _closing(analysis: Analysis, importer: str, imported: str, names: tuple[str, ...]) -> Closing:
    for project in analysis.projects:
        one, other = _module(project, importer), _module(project, imported)
        if one is not None and other is not None:
            workspace = project.workspace
            return would_close(workspace.project, one, other, workspace.text, names)
    known = {True: imported, False: importer}[
        any(_module(project, importer) is not None for project in analysis.projects)
    ]
    raise UsageError(f"{known} is no module of the project, so no import cycle goes through it")


def _module(project: AnalysedProject, name: str) -> ModuleName | None:
    """A module by its dotted name, or by the path of its file."""
    layout = project.snapshot.layout
    at = layout.at_path(as_source_path(Path(name)))
    if at is not None:
        return at.name
    return next(
        (each for each in sorted(layout.modules()) if name in (each, dotted_name(each))), None
    )
