"""What the analysis of the project adds to a diagnosis: first imports as they are in the code here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from import_cycles.analysis.first_imports import FirstImport, first_imports, stack_places
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import replace
from import_cycles.findings.cycle_path import drawn
from import_cycles.findings.verdict import listed
from import_cycles.resolve.layout import ModuleKind
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.tracebacks.diagnosis import Diagnosis, Story, Verdict
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.wordings import MODULE_LEVEL, TracebackFrame, failure

_CANDIDATES: Final = 60
"""Modules of a component that are tried as first import for a message without a traceback."""
_MOST_READ: Final = 1_000
"""Modules of a project whose texts are all looked at for imports by computed names."""
_ENTRIES: Final = 6
"""Modules of a cycle that are tried as first import."""


def with_traceback(
    diagnosis: Diagnosis, diagnostician: Diagnostician, snapshots: Sequence[Snapshot]
) -> Diagnosis:
    """For a message that a handler passed on, or that stands alone: the traceback of a first import
    that ends in it.
    """
    failed, owner = diagnosis.failure, diagnosis.owner_module
    is_open = diagnosis.verdict in (Verdict.CIRCULAR, Verdict.OPEN) and diagnosis.story is None
    if not is_open or diagnosis.start is not None or owner is None or owner.file is None:
        return diagnosis
    for snapshot in snapshots:
        for predicted in first_imports(snapshot, _around(owner.file.name, snapshot)):
            crash = predicted.outcome
            if isinstance(crash, Crashes) and (crash.name, crash.of) == (
                diagnosis.name,
                owner.file.name,
            ):
                frames = (
                    TracebackFrame(path, line + 1, MODULE_LEVEL)
                    for path, line in stack_places(snapshot, crash)
                )
                return diagnostician.diagnose(failure(failed.error, failed.message, frames))
    return diagnosis


def _around(module: ModuleName, snapshot: Snapshot) -> tuple[ModuleName, ...]:
    """Modules that may be the first import when this one is met half-loaded, itself first."""
    if snapshot.layout.module(module) is None:
        return ()
    components = (each.members for each in snapshot.components if module in each.members)
    others = [name for members in components for name in members if name != module]
    return (module, *others[:_CANDIDATES])


def with_prediction(diagnosis: Diagnosis, projects: Sequence[Project]) -> Diagnosis:
    """For questions that the traceback alone leaves open: how first imports end in the code here."""
    is_open = diagnosis.verdict is Verdict.OPEN or diagnosis.lacked_when_loaded
    if not is_open or diagnosis.story is not None or not diagnosis.chain:
        return diagnosis
    for project in projects:
        snapshot = project.snapshot
        names = _of_project(diagnosis, snapshot)
        if not names:
            continue
        for predicted in first_imports(snapshot, names[:_ENTRIES]):
            if _is_there(predicted, diagnosis):
                if predicted.is_circular:
                    return _predicted_circular(diagnosis, predicted)
                if diagnosis.lacked_when_loaded:
                    return diagnosis
        return _by_cycles(diagnosis, project, names)
    return diagnosis


def _of_project(diagnosis: Diagnosis, snapshot: Snapshot) -> list[ModuleName]:
    """The modules that were loading, as the project calls them."""
    files = [stop.module.file for stop in diagnosis.chain]
    known = snapshot.layout.modules()
    return list(
        dict.fromkeys(
            file.name
            for file in files
            if file is not None and file.name in known and file.kind is ModuleKind.SOURCE
        )
    )


def _is_there(predicted: FirstImport, diagnosis: Diagnosis) -> bool:
    crash, asking = predicted.outcome, diagnosis.asking
    return (
        isinstance(crash, Crashes)
        and asking is not None
        and crash.error == diagnosis.failure.error
        and (predicted.path, predicted.line) == (asking.module.path, asking.line - 1)
    )


def _predicted_circular(diagnosis: Diagnosis, predicted: FirstImport) -> Diagnosis:
    crash = predicted.outcome
    assert isinstance(crash, Crashes), "only such a one was chosen"
    waiting = crash.of if crash.of is not None else crash.cause.of if crash.cause else None
    names = [stop.module.file.name if stop.module.file else "" for stop in diagnosis.chain]
    start = names.index(waiting) if waiting in names else None
    lacking = crash.name or (crash.cause.name if crash.cause else "")
    what = f"{dotted_name(waiting)} is still loading" if waiting else "a module is still loading"
    missing = f" and has no {lacking} yet" if lacking else ""
    story = Story(Verdict.CIRCULAR, (f"It fails because {what}{missing}.",), (), start)
    return replace(diagnosis, verdict=Verdict.CIRCULAR, story=story, start=start)


def _by_cycles(diagnosis: Diagnosis, project: Project, names: Sequence[ModuleName]) -> Diagnosis:
    """Whether the modules that were loading are in cycles at all, those of functions included."""
    knots = (project.graph.knot_of(name) for name in names)
    around = list(dict.fromkeys(knot for knot in knots if knot is not None))
    if diagnosis.lacked_when_loaded:
        if not around:
            return diagnosis
        sentence = (
            f"{diagnosis.owner} was not loading at that time, and it has no {diagnosis.name}. Either the"
            " name is spelled otherwise, or something that was still loading was to set it: of the"
            f" modules that were loading, some import one another ({listed(around[0].members)})."
        )
        return replace(diagnosis, verdict=Verdict.OPEN, story=Story(Verdict.OPEN, (sentence,)))
    waiting = " → ".join(stop.module.name for stop in diagnosis.chain)
    if around:
        told = "; ".join(listed(each.members) for each in around[:2])
        sentence = (
            f"It failed while modules were loading ({waiting}). Of these some import one another"
            f" ({told}); whether that is the reason does not show. `import-cycles explain"
            f" {dotted_name(around[0].members[0])}` tells of the cycle."
        )
        return replace(diagnosis, story=Story(Verdict.OPEN, (sentence,)))
    if _computes_imports(project.snapshot):
        return diagnosis
    sentence = f"Not a circular import: {waiting} is in no import cycle."
    if len(diagnosis.chain) > 1:
        sentence = (
            f"Not a circular import: of the modules that were loading ({waiting}), none is in an"
            " import cycle."
        )
    return replace(
        diagnosis, verdict=Verdict.UNRELATED, story=Story(Verdict.UNRELATED, (sentence,))
    )


def _computes_imports(snapshot: Snapshot) -> bool:
    """Whether a module computes names to import, so that cycles may be unseen.

    In a large project not all texts are read to find out.
    """
    modules = snapshot.layout.modules()
    return len(modules) > _MOST_READ or any(
        asking.is_computed
        for name in modules
        if (known := snapshot.summaries.get(name)) is not None
        for asking in known.summary.imports
    )


def remarks_of_project(diagnosis: Diagnosis, snapshots: Sequence[Snapshot]) -> Iterator[str]:
    """What the analysis says of the project as it is now."""
    for snapshot in snapshots:
        names = _of_project(diagnosis, snapshot)
        if not names:
            continue
        if any(
            stop.module.file is not None and stop.module.name != dotted_name(stop.module.file.name)
            for stop in diagnosis.chain
        ):
            # The program used other names for them, so its first imports were others.
            return
        loop = diagnosis.chain[diagnosis.start or 0 :]
        files = [stop.module.file for stop in loop]
        rest = [file.name for file in files if file is not None and file.name in names]
        first, *others = dict.fromkeys([names[0], *rest])
        outcome, *found = first_imports(snapshot, [first, *others[:_ENTRIES]])
        yield from _of_entry(outcome, diagnosis)
        loading = [each.entry for each in found if isinstance(each.outcome, Loads)]
        if isinstance(outcome.outcome, Crashes) and loading:
            yield f"It depends on what comes first: importing {' or '.join(loading)} first works."
        return


def _of_entry(predicted: FirstImport, diagnosis: Diagnosis) -> Iterator[str]:
    crash = predicted.outcome
    match crash:
        case Loads():
            if diagnosis.story is None:
                yield (
                    f"In the code as it is here, importing {predicted.entry} first works: the"
                    " traceback is of another state of the code, or the program imported something"
                    " before."
                )
        case Crashes() if predicted.is_circular and not _is_same(crash, predicted, diagnosis):
            yield (
                f"In the code as it is here, importing {predicted.entry} first fails as well, but"
                f" elsewhere: {crash.message} ({drawn(predicted.chain)})."
            )
        case Crashes() | Unsure():
            return


def _is_same(crash: Crashes, predicted: FirstImport, diagnosis: Diagnosis) -> bool:
    if _is_there(predicted, diagnosis):
        return True
    chain = tuple(ModuleName(stop.module.file.name) for stop in diagnosis.chain if stop.module.file)
    return crash.name == diagnosis.name and predicted.chain == chain
