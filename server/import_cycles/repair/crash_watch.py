"""Checks, after fixes are applied, the first imports that crashed before.

A fix is verified against the findings around it. This checks the whole project: in the end, it runs
again each first import that crashed and had a finding. If such an import still crashes and no
finding reports it, it still counts as unsolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import site_range
from import_cycles.findings.rule import Subject
from import_cycles.findings.verdict import is_circular
from import_cycles.repair.verify import Cancelled
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.outcome import Crashes, Spot

_Line = tuple[SourcePath, int]


@record
class StillCrashing:
    """A first import that crashed and still does, although no finding reports it."""

    module: ModuleName
    crash: Crashes
    path: SourcePath
    line: int
    """Where it is raised, from 0."""
    is_script: bool = False

    @property
    def told(self) -> str:
        """The sentence for users, without the place."""
        how = "running" if self.is_script else "importing"
        first = "" if self.is_script else " first"
        return f"{how} {dotted_name(self.module)}{first} still fails with {self.crash.error}"


class CrashWatch:
    """Made from a settled project before any change."""

    def __init__(self, project: Project) -> None:
        self._project = project
        shown = self._shown_lines()
        crashing = project.crashing
        self._entries = tuple(self._told(crashing.entries, shown))
        self._scripts = tuple(self._told(crashing.scripts, shown))

    def left(self, cancelled: Cancelled | None = None) -> tuple[StillCrashing, ...]:
        """Those that crash now without a finding that says so. Cost: that of running them all.

        Raises `simulate.entries.Cancelled`.
        """
        runs = Runs()
        simulate_into(runs, self._project.world, self._entries, self._scripts, cancelled)
        shown = self._shown_lines()
        return (
            *self._unshown(runs.entries, shown, is_script=False),
            *self._unshown(runs.scripts, shown, is_script=True),
        )

    def _told(self, runs: Mapping[ModuleName, Run], shown: set[_Line]) -> Iterator[ModuleName]:
        for name, run in runs.items():
            crash = run.outcome
            if isinstance(crash, Crashes) and self._line(crash.spot) in shown:
                yield name

    def _unshown(
        self, runs: Mapping[ModuleName, Run], shown: set[_Line], *, is_script: bool
    ) -> Iterator[StillCrashing]:
        for name, run in sorted(runs.items()):
            crash = run.outcome
            if not is_circular(run) or not isinstance(crash, Crashes):
                continue
            line = self._line(crash.spot)
            if line is not None and line not in shown:
                yield StillCrashing(name, crash, *line, is_script)

    def _line(self, spot: Spot | None) -> _Line | None:
        world = self._project.world
        file = None if spot is None else world.layout.module(spot.module)
        if spot is None or file is None:
            return None
        known = self._project.summarized_at(file.path)
        if known is None:
            return None
        site = known.mark_site(spot.code, spot.mark)
        return file.path, site_range(site, known.wide_lines).start.line

    def _shown_lines(self) -> set[_Line]:
        """All lines of the findings about crashes, and of the statements that they stand in."""
        return {
            (place.path, line)
            for findings in self._project.snapshot.findings.values()
            for finding in findings
            if finding.subject is Subject.CRASH
            for place in (finding.place, finding.statement)
            if place is not None
            for line in range(place.range.start.line, place.range.end.line + 1)
        }
