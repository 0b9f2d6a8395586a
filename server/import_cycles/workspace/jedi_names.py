"""A second opinion on the definition of a name: that of jedi.

Quick fixes ask jedi only where the text leaves a question open, and only to confirm an answer that
they have already. For jedi skips what it finds too costly, gives one of several answers, and knows
nothing of order. Any failure here counts as no answer.

jedi imports compiled modules in order to look into them. Here it may load only those that are part
of the interpreter itself, and it starts no process. So it runs no code of the project, nor any that
the project points to. It would keep parsed files in the user's cache folder; here it gets a
temporary one. jedi is imported at the first request (0.1 s).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from import_cycles.base.names import SourcePath
from import_cycles.workspace.paths import as_source_path

_log = logging.getLogger(__name__)


class JediNames:
    """Answers for one project; made anew when its roots change."""

    def __init__(self, folder: Path, roots: Iterable[SourcePath]) -> None:
        self._folder = folder
        self._roots = tuple(roots)
        self._setting: tuple[Any, Any, Any] | None = None
        self._cache: TemporaryDirectory[str] | None = None

    def definition(
        self, path: SourcePath, text: str, line: int, column: int
    ) -> tuple[SourcePath, str] | None:
        """The file that defines the name at a place, and its name there; None without one answer.

        Line and column count from 0, in code points. Texts of other files are those on the disk.
        Cost: some 20 ms, and the files on the way are parsed.
        """
        try:
            jedi, project, environment = self._ready()
            script = jedi.Script(text, path=path, project=project, environment=environment)
            found = script.goto(line + 1, column, follow_imports=True)
        except Exception as error:
            _log.debug("jedi on %s:%d: %r", path, line + 1, error)
            return None
        if len(found) != 1 or found[0].module_path is None or found[0].type == "module":
            return None
        return as_source_path(found[0].module_path), found[0].name

    def _ready(self) -> tuple[Any, Any, Any]:
        if self._setting is None:
            import jedi
            from jedi.api.environment import InterpreterEnvironment
            from jedi.inference.compiled.subprocess import InferenceStateSameProcess

            # Modules that jedi would run in this process without being asked.
            jedi.settings.auto_import_modules = []
            self._cache = TemporaryDirectory(prefix="import-cycles-jedi-")
            jedi.settings.cache_directory = self._cache.name

            class OwnProcess(InferenceStateSameProcess):  # type: ignore[misc]
                def load_module(self, dotted_name: str, sys_path: list[str]) -> Any:
                    if dotted_name not in sys.builtin_module_names:
                        return None
                    return self.__getattr__("load_module")(
                        dotted_name=dotted_name, sys_path=sys_path
                    )

            class Environment(InterpreterEnvironment):  # type: ignore[misc]
                def get_inference_state_subprocess(self, inference_state: Any) -> Any:
                    return OwnProcess(inference_state)

                def get_sys_path(self) -> list[str]:
                    return []

            project = jedi.Project(self._folder, sys_path=list(self._roots), smart_sys_path=False)
            self._setting = jedi, project, Environment()
        return self._setting
