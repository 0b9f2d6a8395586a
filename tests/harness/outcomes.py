"""Holds what the analysis says of first imports to what an interpreter did.

Two comparisons, each difference one line of prose:

- the outcome of every entry: whether it loads, or which exception is raised, where, for lack of
  which name, and which modules are being executed then. An outcome that is not decided agrees
  with everything; one that is, agrees as well with an exception that the machine has seen and not
  believed (`Refused`);
- what is shown: a finding that says "fails" points at a line where an import failed, and an
  import that failed for a module still loading is shown at its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from harness.cpython import Failure, Observation, Statements
from harness.project import Actual, case_path, findings_of
from import_cycles.analysis.first_imports import world_of
from import_cycles.analysis.project import Project
from import_cycles.analysis.registry import rules
from import_cycles.base.names import ModuleName
from import_cycles.findings.rule import Severity, Subject
from import_cycles.findings.verdict import is_circular
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.entries import Run, simulate_entries
from import_cycles.simulate.outcome import Crashes, Loads, Outcome, Spot, Unsure

_NAMED = frozenset(
    {"ImportError", "AttributeError", "ModuleNotFoundError", "NameError", "ImportCycleError"}
)
"""The exceptions whose missing name is compared."""

_FAILING = frozenset(rule.code for rule in rules() if rule.subject is Subject.CRASH)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a first import ends, as far as it is compared; an empty `error` when it loads.

    Without a `path` it is raised by importlib itself, before a line of the project has run.
    `chain` names the modules being executed, outermost first. An exception that is raised again
    leaves one more frame of the same module, which is left out.
    """

    error: str = ""
    path: str | None = None
    line: int | None = None
    name: str | None = None
    chain: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.error:
            return "loads"
        if self.path is None:
            return f"{self.error} outside"
        what = self.error if self.name is None else f"{self.error}({self.name})"
        place = f"{what} at {self.path}:{self.line}"
        return f"{place} in {' > '.join(self.chain)}" if self.chain else place


def outcome_lines(project: Project) -> tuple[str, ...]:
    """The prediction for every module as first import, in the form of an `--- outcomes` section."""
    found = []
    for entry, run in _runs(project, (file.name for file in _modules(project))).items():
        ending = _predicted(project, run.outcome)
        said = "undecided" if ending is None else str(ending)
        despite = [f"{error} at {path}:{line}" for error, path, line in _refused(project, run)]
        found.append(f"{entry}: {said}{f' despite {despite[0]}' if despite else ''}")
    return tuple(found)


def observed_lines(observations: Iterable[Observation]) -> tuple[str, ...]:
    """What an interpreter did, as an `--- outcomes 3.15` section has it."""
    return tuple(f"{each.entry}: {_seen(each.failure)}" for each in observations)


def recorded_differences(project: Project, lines: Iterable[str]) -> list[str]:
    """Every entry for which the interpreter's answer and the analysis differ."""
    report = []
    wanted = dict(line.split(": ", 1) for line in lines)
    for entry, run in _runs(project, wanted).items():
        ending = _predicted(project, run.outcome)
        refused = [f"{error} at {path}:{line}" for error, path, line in _refused(project, run)]
        is_refused = any(_place_of(wanted[entry]) == each for each in refused)
        if ending is not None and str(ending) != wanted[entry] and not is_refused:
            report.append(f"{entry} first: predicted {ending}; recorded {wanted[entry]}")
    return report


def _place_of(ending: str) -> str:
    """The exception and its place in the words of an ending, without the rest."""
    what, _, rest = ending.partition(" at ")
    return f"{what.partition('(')[0]} at {rest.partition(' in ')[0]}"


def outcome_differences(project: Project, observations: Sequence[Observation]) -> list[str]:
    """Every observed entry for which the analysis differs."""
    runs = _runs(project, (observation.entry for observation in observations))
    report = []
    for observation in observations:
        run = runs.get(ModuleName(observation.entry))
        wanted = None if run is None else _predicted(project, run.outcome)
        if wanted is None:
            continue
        seen = _seen(observation.failure)
        assert run is not None
        if seen.error == "AttributeError" and seen.name is None:
            # A special method that the interpreter looks up itself: what is missing stands in the text.
            wanted = replace(wanted, name=None)
        if wanted != seen and (seen.error, seen.path, seen.line) not in _refused(project, run):
            report.append(f"{observation.entry} first: predicted {wanted}; in truth {seen}")
    return report


def shown_differences(
    project: Project, observations: Sequence[Observation], statements: Mapping[str, Statements]
) -> list[str]:
    """Findings that no failure bears out, and failures that no finding tells of."""
    modules = {file.name: case_path(file.path) for file in _modules(project)}
    names = {path: name for name, path in modules.items()}
    findings = [found for found in findings_of(project) if found.code in _FAILING]
    failed = {o.entry: o.failure for o in observations if o.failure is not None}
    places = {(failure.path, failure.line) for failure in failed.values()}
    report = [
        f"no import fails at {found}"
        for found in findings
        if not _is_among(found, places, statements[names[found.path]])
    ]
    is_off = any(project.snapshot.settings.severity.get(c) is Severity.OFF for c in _FAILING)
    if is_off or accepts_cycles(project):
        return report
    for entry, run in _runs(project, (observation.entry for observation in observations)).items():
        failure = failed.get(entry)
        if failure is None or not is_circular(run):
            continue
        here = [f for f in findings if f.path == failure.path]
        place = {(failure.path, failure.line)}
        if not any(_is_among(found, place, statements[names[found.path]]) for found in here):
            report.append(f"{entry} first: nothing is shown at {_seen(failure)}")
    return report


def accepts_cycles(project: Project) -> bool:
    """Whether comments accept imports somewhere."""
    return any(each.summary.suppressions for each in project.snapshot.summaries.values())


def _is_among(
    found: Actual, places: Iterable[tuple[str | None, int | None]], statements: Statements
) -> bool:
    return any(
        path == found.path and line is not None and statements.is_at(found.stretch.line, line)
        for path, line in places
    )


def _runs(project: Project, entries: Iterable[str]) -> dict[ModuleName, Run]:
    """The runs of those entries that are modules with a text."""
    snapshot = project.snapshot
    world = world_of(snapshot)
    known = {file.name for file in _modules(project)}
    return simulate_entries(world, sorted(known.intersection(map(ModuleName, entries))))


def _modules(project: Project) -> Iterator[ModuleFile]:
    for file in project.snapshot.layout.modules().values():
        if file.kind is ModuleKind.SOURCE:
            yield file


def _predicted(project: Project, outcome: Outcome) -> Ending | None:
    """The prediction for an entry; None when it is undecided."""
    match outcome:
        case Loads():
            return Ending()
        case Unsure():
            return None
        case Crashes():
            path, line = _place(project, outcome.spot)
            chain = tuple(frame.module for frame in outcome.stack)
            name = (outcome.name or None) if outcome.error in _NAMED else None
            return Ending(outcome.error, path, line, name, _once(chain))


def _place(project: Project, spot: Spot | None) -> tuple[str | None, int | None]:
    """The path and line of a spot."""
    if spot is None:
        return None, None
    file = project.snapshot.layout.module(spot.module)
    assert file is not None
    summarized = project.snapshot.summaries[spot.module]
    return case_path(file.path), summarized.mark_site(spot.code, spot.mark).line + 1


def _refused(project: Project, run: Run) -> list[tuple[str, str | None, int | None]]:
    """The exceptions that the machine has seen and not believed: class, path and line."""
    return [(each.error, *_place(project, each.spot)) for each in run.outcome.refused]


def _seen(failure: Failure | None) -> Ending:
    if failure is None:
        return Ending()
    name = failure.name if failure.type in _NAMED else None
    return Ending(failure.type, failure.path, failure.line, name, _once(failure.chain))


def _once(chain: Iterable[str]) -> tuple[str, ...]:
    return tuple(module for module, _ in groupby(chain))
