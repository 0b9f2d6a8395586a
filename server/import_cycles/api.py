"""The Python API: what `import-cycles check` finds, as typed objects.

    from import_cycles.api import analyze

    report = analyze(["src"])
    for finding in report.new:
        print(finding.path, finding.line, finding.message)

It runs no code of what it analyses, and writes nothing. What is in `__all__` here is stable in the sense of
semantic versioning; the rest of the package is not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from import_cycles.analysis.change import Problem as _Problem
from import_cycles.analysis.change import ShownFinding
from import_cycles.base.record import record
from import_cycles.findings.rule import DOCS_URL, Subject
from import_cycles.workspace.discovery import NoSuchPathError, plan_paths
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.workspace import Workspace

__all__ = ["Finding", "Hop", "Problem", "Report", "analyze"]


@record
class Hop:
    """One import on the way round a cycle: `importer` imports `imported` at `line` of `path`."""

    importer: str
    imported: str
    path: Path
    line: int
    message: str


@record
class Finding:
    """One thing that is found. Lines and columns count from 1, columns in code points; ends are exclusive."""

    code: str
    """The rule, such as `cycle` or `cycle-crash`."""
    severity: str
    """`error`, `warning`, `information` or `hint`, as configured; `hint` if it is known."""
    message: str
    module: str
    path: Path
    line: int
    column: int
    end_line: int
    end_column: int
    cycle: tuple[str, ...]
    """The modules of the cycle that it speaks of, the first repeated at the end; empty without one."""
    hops: tuple[Hop, ...]
    """The imports along it; of more than twenty the first and the last."""
    is_crash: bool
    """Whether it tells of a line that raises from some first import."""
    is_known: bool
    """Whether the project's baseline has it."""
    url: str
    """Where the rule is documented."""


@record
class Problem:
    """What could not be read or understood; `line` from 1, None if it is about the whole file."""

    path: Path
    message: str
    line: int | None


@record
class Report:
    """What is found in the paths of one call, in the order of files and positions."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    modules: tuple[str, ...]
    """Every module of the projects, sorted."""

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that no baseline has and that are more than hints."""
        return tuple(
            each for each in self.findings if not each.is_known and each.severity != "hint"
        )

    @property
    def crashes(self) -> tuple[Finding, ...]:
        """The findings that tell of a line that raises from some first import."""
        return tuple(each for each in self.findings if each.is_crash)

    @property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """The different cycles that the findings show, each from its first module by name, sorted.

        The first module is repeated at the end.
        """
        found = {_from_first(each.cycle) for each in self.findings if each.cycle}
        return tuple(sorted(found))


def analyze(
    paths: Sequence[str | os.PathLike[str]] | str | os.PathLike[str] = ".",
    *,
    settings: Mapping[str, object] | None = None,
) -> Report:
    """Analyse the projects that `paths` belong to, and report what concerns these paths.

    A path is a project, source root, package folder or file, as on the command line. `settings` have the
    keys of `[tool.import-cycles]` and count above the configuration. Raises FileNotFoundError for a path
    that does not exist. Cost: that of `import-cycles check --no-cache`.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    try:
        plans = plan_paths([Path(path) for path in given])
    except NoSuchPathError as error:
        raise FileNotFoundError(str(error)) from error
    found: set[ShownFinding] = set()
    problems: set[_Problem] = set()
    modules: set[str] = set()
    for plan in plans:
        workspace = Workspace(plan.folder, only=plan.only, client_settings=settings)
        workspace.index()
        workspace.find_mistakes()
        workspace.settle()
        shown = tuple(map(as_source_path, plan.shown))
        snapshot = workspace.snapshot
        for path, findings in snapshot.findings.items():
            if not shown or any(is_within(path, place) for place in shown):
                found.update(findings)
        problems.update(workspace.problems, *snapshot.problems.values())
        modules.update(snapshot.layout.modules())
    return Report(
        tuple(map(_finding, sorted(found, key=_finding_order))),
        tuple(map(_problem, sorted(problems, key=_problem_order))),
        tuple(sorted(modules)),
    )


def _finding(shown: ShownFinding) -> Finding:
    start, end = shown.place.range.start, shown.place.range.end
    return Finding(
        code=shown.code,
        severity=shown.severity.value,
        message=shown.message,
        module=shown.module,
        path=Path(shown.place.path),
        line=start.line + 1,
        column=start.utf32 + 1,
        end_line=end.line + 1,
        end_column=end.utf32 + 1,
        cycle=shown.path,
        hops=tuple(
            Hop(*each.hop, Path(each.place.path), each.place.range.start.line + 1, each.message)
            for each in shown.related
            if each.hop is not None
        ),
        is_crash=shown.subject is Subject.CRASH,
        is_known=shown.is_known,
        url=DOCS_URL + shown.code,
    )


def _problem(problem: _Problem) -> Problem:
    line = None if problem.line is None else problem.line + 1
    return Problem(Path(problem.path), problem.message, line)


def _finding_order(finding: ShownFinding) -> tuple[object, ...]:
    return finding.place.path, finding.place.range, finding.code, finding.message


def _problem_order(problem: _Problem) -> tuple[str, int, str]:
    return problem.path, problem.line or 0, problem.message


def _from_first(cycle: tuple[str, ...]) -> tuple[str, ...]:
    ring = cycle[:-1]
    start = ring.index(min(ring))
    return (*ring[start:], *ring[: start + 1])
