"""What a new import would do: does it close a cycle, and which first imports would fail then?

The import is written below the others of its module and tried there as quick fixes are
(`Project.trial`). So the answer is what the check would say of that text. No file changes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from import_cycles.analysis.project import Project
from import_cycles.base.edits import apply_edits
from import_cycles.base.names import ModuleName, SourcePath, ancestors, child, dotted_name
from import_cycles.base.record import record
from import_cycles.findings.cycle_path import cycle_path, drawn
from import_cycles.findings.verdict import is_circular, listed
from import_cycles.graph.components import is_binding
from import_cycles.graph.edges import ImportEdge
from import_cycles.repair.verify import MAX_IMPORTERS, Cancelled
from import_cycles.resolve.layout import ModuleFile
from import_cycles.simulate.entries import Run, simulate_entries
from import_cycles.simulate.outcome import Crashes, Unsure
from import_cycles.source.file import read_source
from import_cycles.source.insertion import NotPossible, below_imports
from import_cycles.syntax.summarize import summarize

TextOf = Callable[[SourcePath], "str | None"]


@record
class FailingFirst:
    """A module that could be imported first until now, and what it would fail with."""

    module: ModuleName
    error: str
    """The name of the exception's class, such as `ImportError`."""


@record
class Closing:
    """What an import would do, at the top of a module. `told` says it in a sentence."""

    importer: ModuleName
    imported: ModuleName
    statement: str
    cycle: tuple[ModuleName, ...] = ()
    """The shortest cycle that it would lie on, from the importer back to it; empty if none."""
    is_there: bool = False
    """Whether the module imports the other one already, so that nothing would change."""
    failing: tuple[FailingFirst, ...] = ()
    """Modules on the cycles there, and some that load them, that can be imported first now, or may, and
    would fail because of the cycle; sorted."""
    undecided: tuple[ModuleName, ...] = ()
    """Modules that load when imported first now, of which that would not be certain; sorted."""
    unknown: str = ""
    """Why there is no answer, as a sentence without its end; empty where there is one."""

    @property
    def closes(self) -> bool | None:
        """Whether it would lie on a cycle; None where that is not known."""
        return None if self.unknown else bool(self.cycle)

    @property
    def told(self) -> str:
        """The answer for users: one or two sentences, on one line."""
        if self.unknown:
            return f"It is not known what `{self.statement}` would do: {self.unknown}."
        where = dotted_name(self.importer)
        if not self.cycle:
            return f"`{self.statement}` in {where} closes no import cycle."
        verb = "is on" if self.is_there else "would close"
        said = f"`{self.statement}` in {where} {verb} an import cycle: {drawn(self.cycle)}."
        if self.failing:
            first = tuple(each.module for each in self.failing)
            said += f" Importing {listed(first)} first would fail with {self.failing[0].error}."
        elif self.undecided:
            said += f" It is not certain that importing {listed(self.undecided)} first would work."
        return said


def would_close(
    project: Project,
    importer: ModuleName,
    imported: ModuleName,
    text_of: TextOf,
    names: tuple[str, ...] = (),
    cancelled: Cancelled | None = None,
) -> Closing:
    """Try `import imported` in `importer`; with `names`, `from imported import …` these.

    `project` is settled and afterwards as before. Cost: an edit and its undoing, and the first
    imports of the component that there would be, twice. Raises `simulate.entries.Cancelled`.
    """
    target = dotted_name(imported)
    statement = f"from {target} import {', '.join(names)}" if names else f"import {target}"
    layout = project.world.layout
    file = layout.module(importer)
    written = _written(project, file, statement, text_of)
    unknown = f"{imported} is no module of the project" if layout.module(imported) is None else ""
    if file is None or isinstance(written, str) or unknown:
        reason = unknown or (written if isinstance(written, str) else "")
        return Closing(importer, imported, statement, unknown=reason)
    before, after = written
    loaded = _binding_from(project, importer)
    asked = {imported, *(child(imported, name) for name in names)}
    outside = {*ancestors(importer), *islice(project.importers_of(importer), MAX_IMPORTERS)}
    with project.trial({file.path: before}, {file.path: after}):
        # The import also loads other modules, such as the packages around: these are new as well.
        new = (_binding_from(project, importer) - loaded) | asked
        way = _shortest_way(project, importer, new)
        component = project.graph.component_of(importer) if way else None
        firsts = outside.union(component.members) if component is not None else ()
        runs = simulate_entries(project.world, firsts, cancelled)
    failing: list[FailingFirst] = []
    undecided: list[ModuleName] = []
    suspects = [name for name, run in runs.items() if _is_bad(run)]
    for name, was in simulate_entries(project.world, suspects, cancelled).items():
        outcome = runs[name].outcome
        if isinstance(outcome, Crashes) and not is_circular(was):
            failing.append(FailingFirst(name, outcome.error))
        elif isinstance(outcome, Unsure) and not _is_bad(was):
            undecided.append(name)
    cycle = cycle_path(way) if way else ()
    return Closing(
        importer, imported, statement, cycle, imported in loaded, tuple(failing), tuple(undecided)
    )


def _written(
    project: Project, file: ModuleFile | None, statement: str, text_of: TextOf
) -> tuple[str, str] | str:
    """The text of a module and that with the statement; or why there is none."""
    if file is None:
        return "the importing module is none of the project"
    text = text_of(file.path)
    known = project.summarized_at(file.path)
    if text is None or known is None:
        return f"{dotted_name(file.name)} has no text"
    source = read_source(text) if known == summarize(text, project.target) else None
    if source is None:
        return f"{dotted_name(file.name)} does not parse"
    try:
        return text, apply_edits(text, [below_imports(source, statement)])
    except NotPossible as problem:
        return problem.reason


def _binding_from(project: Project, importer: ModuleName) -> frozenset[ModuleName]:
    """The modules that another one loads while it loads."""
    project.know((importer,))
    edges = project.graph.edges_from(importer)
    return frozenset(edge.imported for edge in edges if is_binding(edge))


def _shortest_way(
    project: Project, importer: ModuleName, new: frozenset[ModuleName]
) -> tuple[ImportEdge, ...]:
    """The shortest cycle through an import of one of these modules; none if there is none.

    In a trial, so that the import is there.
    """
    component = project.graph.component_of(importer)
    if component is None:
        return ()
    ways = [
        project.graph.shortest_cycle(edge)
        for edge in component.edges
        if edge.importer == edge.holder == importer and edge.imported in new
    ]
    return min(ways, key=len, default=())


def _is_bad(run: Run) -> bool:
    return isinstance(run.outcome, Unsure) or is_circular(run)
