"""The program that the machine runs: its modules, their files, its Python version."""

from __future__ import annotations

from collections.abc import Mapping

from import_cycles.base.names import ModuleName
from import_cycles.base.record import field, record
from import_cycles.libraries.table import is_preloaded
from import_cycles.resolve.layout import Layout, ModuleFile
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized
from import_cycles.syntax.target import PythonTarget


@record
class World:
    """One revision of a project, as the machine sees it."""

    layout: Layout
    summaries: Mapping[ModuleName, Summarized]
    target: PythonTarget
    entry_points: tuple[tuple[str, str, str], ...] = ()
    """Group, name and object reference of each that the project declares."""
    _found: dict[tuple[str, ModuleName | None], ModuleFile | None] = field(default_factory=dict)

    def find(self, dotted: str, importer: ModuleFile | None) -> ModuleFile | None:
        """The project module that a dotted name means to an importer."""
        key = (dotted, None if importer is None else importer.name)
        try:
            # Asked again at each import statement of each run.
            return self._found[key]
        except KeyError:
            found = None if is_preloaded(dotted) else self.layout.find(dotted, importer)
            self._found[key] = found
            return found

    def named_by(self, text: str, importer: ModuleFile | None) -> ModuleFile | None:
        """The project module that a text names, perhaps with an object behind a colon."""
        name = text.partition(":")[0]
        return self.find(name, importer) if name else None

    def summary(self, name: ModuleName) -> ModuleSummary | None:
        """The summary of a module; None when its text could not be read."""
        summarized = self.summaries.get(name)
        return None if summarized is None else summarized.summary
