"""The lens above the first line of a module: what importing it first ends in, and its cycles.

Off unless the client sets `code-lens`: a line above each module of a cycle is more than most people want.
Made in the worker's thread, since verdicts are the project's. Cost: that of the findings.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.words import counted
from import_cycles.findings.verdict import is_circular
from import_cycles.lsp.projects import Projects
from import_cycles.simulate.outcome import Loads


def lens_of(projects: Projects, path: SourcePath) -> str:
    """The text of the lens of a file; empty where there is none."""
    found = projects.module_at(path)
    return "" if found is None else " · ".join(_parts(*found))


def _parts(project: Project, module: ModuleName) -> Iterator[str]:
    component = project.graph.component_of(module)
    verdict = None if component is None else project.verdict_of(component)
    run = None if verdict is None else verdict.members.get(module)
    if run is None:
        run = project.crashing.entries.get(module)
    if run is not None:
        word = "not decided"
        if is_circular(run):
            word = "fails"
        elif isinstance(run.outcome, Loads):
            word = "works"
        yield f"imported first: {word}"
    cycles = {
        frozenset(finding.cycle)
        for findings in project.snapshot.findings.values()
        for finding in findings
        if module in finding.cycle
    }
    if cycles:
        yield f"in {counted(len(cycles), 'cycle')}"
