"""`check --since REV`: the effect of a branch on the import cycles of a project.

The state of the commit and that of the working tree are one project in memory, which goes from one
to the other and back as by an edit. Earlier findings count as known, so every format shows the new
ones. It also reports findings that are gone, and first imports that crash now and did not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.first_imports import FirstImport, entries, first_imports
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName
from import_cycles.base.record import record, replace
from import_cycles.cli.command import UsageError
from import_cycles.cli.projects import AnalysedProject, Analysis
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Subject
from import_cycles.syntax.imports import When
from import_cycles.workspace.git import GitError, Repository
from import_cycles.workspace.revision import Earlier, earlier


@record
class Since:
    """What changed since a commit, in all projects of a call."""

    told: str
    """Which commit that is, for people."""
    gone: tuple[ShownFinding, ...]
    """Earlier findings that exist no more, as they were."""
    crashes: tuple[FirstImport, ...]
    """First imports that crash now because of a cycle, and did not then, or were not there."""
    mended: tuple[ModuleName, ...]
    """The reverse: modules that are still there."""
    renamed: int
    """How many modules had another name."""


def compare(analysis: Analysis, revision: str) -> Since:
    """Mark the findings of a revision as known, in all projects. Raises UsageError."""
    compared = [_compared(project, revision) for project in analysis.projects]
    return Since(
        told=", ".join(dict.fromkeys(each.told for each in compared)),
        gone=tuple(finding for each in compared for finding in each.gone),
        crashes=tuple(crash for each in compared for crash in each.crashes),
        mended=tuple(name for each in compared for name in each.mended),
        renamed=sum(each.renamed for each in compared),
    )


def _compared(project: AnalysedProject, revision: str) -> Since:
    workspace = project.workspace
    try:
        state = earlier(Repository(workspace.folder), revision, workspace.files, workspace.contains)
    except GitError as error:
        raise UsageError(str(error)) from error
    now = workspace.snapshot
    touched = _reached(workspace.project, _modules_at(now, state))
    exposed = _reached(workspace.project, _at_crashes(now))
    with workspace.as_of(state.texts) as before:
        then = before.snapshot
        names = state.renamed(then.layout, now.layout)
        touched |= {names.get(name, name) for name in _reached(before, _modules_at(then, state))}
        exposed |= {names.get(name, name) for name in _reached(before, _at_crashes(then))}
        asked = touched & exposed
        crashed = _crashing(then, {old for old in entries(then) if names.get(old, old) in asked})
    known = frozenset(
        _called(identity, names)
        for identities in then.identities.values()
        for identity in identities
    )
    workspace.take_as_known(known)
    now = workspace.snapshot
    crashing = _crashing(now, asked.intersection(entries(now)))
    before_names = {names.get(name, name) for name in crashed}
    return Since(
        told=state.revision.told,
        gone=tuple(_gone(project, then, now, names)),
        crashes=tuple(crash for name, crash in crashing.items() if name not in before_names),
        mended=tuple(sorted(before_names.intersection(entries(now)) - crashing.keys())),
        renamed=len(names),
    )


def _modules_at(snapshot: Snapshot, state: Earlier) -> set[ModuleName]:
    """The modules whose texts differ, as one of the states has them."""
    found = (snapshot.layout.at_path(path) for path in state.texts)
    return {module.name for module in found if module is not None}


def _at_crashes(snapshot: Snapshot) -> set[ModuleName]:
    """The modules in which crashes are reported.

    A first import that loads none of them does not crash because of a cycle.
    """
    return {
        finding.module
        for findings in snapshot.findings.values()
        for finding in findings
        if finding.subject is Subject.CRASH
    }


def _reached(project: Project, modules: Iterable[ModuleName]) -> set[ModuleName]:
    """The modules that load one of these when they are imported, themselves included.

    Only their outcomes may differ between the two states.
    """
    seen = set(modules)
    pending = list(seen)
    while pending:
        module = pending.pop()
        called = (
            edge.importer for edge in project.graph.edges_to(module) if edge.when is When.RUNTIME
        )
        for importer in (*project.importers_of(module), *called):
            if importer not in seen:
                seen.add(importer)
                pending.append(importer)
    return seen


def _crashing(snapshot: Snapshot, names: Iterable[ModuleName]) -> Mapping[ModuleName, FirstImport]:
    found = first_imports(snapshot, sorted(names))
    return {each.entry: each for each in found if each.is_circular}


def _called(identity: Identity, names: Mapping[ModuleName, ModuleName]) -> Identity:
    return replace(
        identity,
        importer=names.get(ModuleName(identity.importer), identity.importer),
        imported=names.get(ModuleName(identity.imported), identity.imported),
    )


def _gone(
    project: AnalysedProject,
    then: Snapshot,
    now: Snapshot,
    names: Mapping[ModuleName, ModuleName],
) -> Iterable[ShownFinding]:
    """Earlier findings that exist no more, in the order of files."""
    present = {identity for identities in now.identities.values() for identity in identities}
    for path in sorted(then.findings):
        for finding in then.findings[path]:
            is_worth_it = finding.identity in then.identities.get(path, ())
            if (
                is_worth_it
                and project.is_shown(path)
                and _called(finding.identity, names) not in present
            ):
                yield finding
