"""From findings to what people see: ranges as they are now, one finding a line and rule.

Findings speak of sites; here sites become lines. Several findings of one rule can meet on one
line (`from shop import orders, users`): the one of lowest rank is shown, the others are counted
in its message and kept in `also`, so that nothing is cut off silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from import_cycles.analysis.change import Settings, ShownFinding, ShownPlace, ShownRelated
from import_cycles.analysis.registry import worse_than
from import_cycles.findings.rule import Finding, Place, Rule, Severity

Locate = Callable[[Place], "ShownPlace | None"]
StatementOf = Callable[[Place], Place]
"""The whole import statement that a place belongs to; the place itself if it is in none."""

_LOUDNESS = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT)


def severity_of(rule: Rule, settings: Settings) -> Severity:
    """The severity of a rule under these settings."""
    return settings.severity.get(rule.code, rule.severity)


def show(
    findings: Iterable[Finding],
    settings: Settings,
    severities: Mapping[str, Severity],
    locate: Locate,
    statement_of: StatementOf,
) -> tuple[ShownFinding, ...]:
    """The findings of one file, sorted by position; those that are off or nowhere are left out.

    `severities` are those of all rules under these settings.
    """
    by_line: dict[tuple[str, int], list[tuple[Finding, ShownPlace]]] = {}
    codes: dict[Place | int, set[str]] = {}
    """What is found on each line, and in each statement, which may span lines."""
    for finding in findings:
        place = locate(finding.place)
        if place is not None and severities[finding.code] is not Severity.OFF:
            line = place.range.start.line
            by_line.setdefault((finding.code, line), []).append((finding, place))
            codes.setdefault(line, set()).add(finding.code)
            codes.setdefault(statement_of(finding.place), set()).add(finding.code)
    shown = []
    for (code, line), group in by_line.items():
        left = [
            (finding, place)
            for finding, place in group
            if worse_than(code).isdisjoint(codes[line] | codes[statement_of(finding.place)])
        ]
        if left:
            louder = None if code in settings.severity else _loudest(left)
            shown.append(_shown(left, louder or severities[code], locate, statement_of))
    return tuple(sorted(shown, key=_order))


def _loudest(group: Iterable[tuple[Finding, ShownPlace]]) -> Severity | None:
    own = [finding.severity for finding, _ in group if finding.severity is not None]
    return min(own, key=_LOUDNESS.index, default=None)


def _order(finding: ShownFinding) -> tuple[object, ...]:
    return finding.place.range, _LOUDNESS.index(finding.severity), finding.code, finding.key


def _shown(
    group: list[tuple[Finding, ShownPlace]],
    severity: Severity,
    locate: Locate,
    statement_of: StatementOf,
) -> ShownFinding:
    group.sort(key=lambda pair: (pair[0].rank, pair[1].range, pair[0].key))
    finding, place = group[0]
    related = []
    for entry in finding.related:
        there = locate(entry.place)
        if there is not None:
            related.append(ShownRelated(there, entry.message, entry.hop))
    also = tuple(dict.fromkeys(other.cycle for other, _ in group[1:] if other.cycle))
    also = tuple(cycle for cycle in also if cycle != finding.cycle)
    message = finding.message
    if also:
        message += f" (and {len(also)} more through this line)"
    return ShownFinding(
        code=finding.code,
        subject=finding.subject,
        severity=severity,
        module=finding.place.module,
        place=place,
        message=message,
        key=finding.key,
        related=tuple(related),
        cycle=finding.cycle,
        component_size=finding.component_size,
        also=also,
        notes=finding.notes,
        statement=locate(statement_of(finding.place)),
        enters=finding.enters,
        reproduction=finding.reproduction,
    )
