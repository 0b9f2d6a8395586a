"""The findings of `check`, from all projects of one call together, ready to be rendered.

Several findings can be about one cycle: each import line on it that closes it has its own. `cycles`
counts different closed paths, whichever of its modules a finding starts from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from import_cycles.analysis.change import Problem, ShownFinding, ShownPlace
from import_cycles.analysis.cuts import KnotCut
from import_cycles.analysis.root_causes import RootCause
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Severity, Subject

if TYPE_CHECKING:
    from import_cycles.cli.since import Since
    from import_cycles.repair.verify import VerifiedFix


@record
class Knot:
    """Modules that all import one another, and what to cut; places in the order of the imports."""

    cut: KnotCut
    places: tuple[tuple[ShownPlace, ...], ...]
    n_crash_lines: int = 0
    only: ShownFinding | None = None
    """Of a knot with one cycle that crashes nowhere, a finding that shows it."""
    severity: Severity | None = None
    """The highest severity of findings about its cycles; None if a crash or another rule covers them all."""
    loading: str = ""
    """The note that it loads, whichever of its modules is imported first, or why that is not certain."""
    cause: RootCause | None = None
    """The pattern behind it, if one is known."""


@record(order=True)
class Gone:
    """An obsolete entry of a baseline."""

    path: SourcePath
    """The baseline."""
    identity: Identity

    @property
    def told(self) -> str:
        """For users: `a imports b [cycle]`."""
        name = f" ({self.identity.name})" if self.identity.name else ""
        imports = f" imports {self.identity.imported}" if self.identity.imported else ""
        return f"{self.identity.importer}{imports} [{self.identity.code}]{name}"


@record
class Report:
    """Findings in the order of files and positions, and the counts of the summary line."""

    findings: tuple[ShownFinding, ...]
    problems: tuple[Problem, ...]
    n_modules: int
    n_components: int
    n_knots: int
    """Components of more than one module."""
    knots: tuple[Knot, ...] = ()
    """Components with findings; left out where the format does not show them."""
    known: tuple[ShownFinding, ...] = ()
    """Findings that a baseline has. They are not among `findings`."""
    gone: tuple[Gone, ...] = ()
    """Entries of baselines without a present finding."""
    fixes: tuple[tuple[ShownFinding, VerifiedFix], ...] = ()
    """For some findings a quick fix that was verified."""
    since: Since | None = None
    """The changes since a revision; the findings of that revision are then among `known`."""

    @property
    def n_cycles(self) -> int:
        """How many different cycles the findings show."""
        return n_cycles(self.findings)

    @property
    def n_knot_cycles(self) -> int:
        """The same without modules that import themselves."""
        shown = (cycle for finding in self.findings for cycle in (finding.cycle, *finding.also))
        return len({_from_smallest(cycle) for cycle in shown if len(cycle) > 2})

    @property
    def n_crash_lines(self) -> int:
        """How many findings are about a crash; each line has one at most."""
        return sum(finding.subject is Subject.CRASH for finding in self.findings)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """Findings per rule code, the most frequent first."""
        counted = Counter(finding.code for finding in self.findings)
        return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def n_cycles(findings: Iterable[ShownFinding]) -> int:
    """How many different cycles findings show."""
    shown = (cycle for finding in findings for cycle in (finding.cycle, *finding.also))
    return len({_from_smallest(cycle) for cycle in shown if cycle})


def finding_order(finding: ShownFinding) -> tuple[str, int, int, str, str]:
    """By file, position, code, message."""
    start = finding.place.range.start
    return finding.place.path, start.line, start.utf32, finding.code, finding.message


def knot_order(knot: Knot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By members; those of different projects that have the same ones by files."""
    paths = tuple(place.path for there in knot.places for place in there)
    return knot.cut.members, paths


def loudness(finding: ShownFinding) -> int:
    """The smaller, the more severe."""
    return list(Severity).index(finding.severity)


def is_at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether `severity` is `threshold` or more severe."""
    order = list(Severity)
    return order.index(severity) <= order.index(threshold)


def loudest(findings: Iterable[ShownFinding]) -> Severity:
    """The highest severity among `findings`, OFF when there are none."""
    return min(
        (finding.severity for finding in findings), key=list(Severity).index, default=Severity.OFF
    )


def _from_smallest(cycle: Sequence[ModuleName]) -> tuple[ModuleName, ...]:
    """The same closed path, rotated to start at its alphabetically first module."""
    path = tuple(cycle[:-1])
    first = path.index(min(path))
    return path[first:] + path[:first]
