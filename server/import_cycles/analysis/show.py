"""From findings to what users see: ranges as they are now, one finding per line and rule.

Findings name sites; here sites become lines. Several findings of one rule can meet on one line
(`from shop import orders, users`). The one of lowest rank is shown. The others are counted in its
message and kept in `also`, so that none is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from import_cycles.analysis.change import Settings, ShownFinding, ShownPlace, ShownRelated
from import_cycles.analysis.registry import worse_of_its_kind, worse_than
from import_cycles.base.record import replace
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import KNOWN, Finding, Place, Related, Rule, Severity

Locate = Callable[[Place], "ShownPlace | None"]
StatementOf = Callable[[Place], Place]
"""The whole import statement that a place belongs to; the place itself if it is in none."""

_LOUDNESS = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT)
_LOUD = _LOUDNESS[:3]


def severity_of(rule: Rule, settings: Settings) -> Severity:
    """The severity of a rule under these settings."""
    return settings.severity.get(rule.code, rule.severity)


class Places:
    """Where places stand in one revision, each worked out once: findings of a cycle share their hops."""

    def __init__(self, locate: Locate) -> None:
        self._locate = locate
        self._located: dict[Place, ShownPlace | None] = {}
        self._related: dict[int, tuple[Related, ShownRelated | None]] = {}
        """By the identity of the related place, which is kept so that no other takes its number."""

    def locate(self, place: Place) -> ShownPlace | None:
        """Where a place stands; None if it is nowhere."""
        if place not in self._located:
            self._located[place] = self._locate(place)
        return self._located[place]

    def relate(self, related: Related) -> ShownRelated | None:
        """A related place with its range; None if it is nowhere."""
        known = self._related.get(id(related))
        if known is None:
            there = self.locate(related.place)
            shown = None if there is None else ShownRelated(there, related.message, related.hop)
            known = self._related[id(related)] = (related, shown)
        return known[1]


def show(
    findings: Sequence[Finding],
    settings: Settings,
    severities: Mapping[str, Severity],
    places: Places,
    statement_of: StatementOf,
) -> tuple[ShownFinding, ...]:
    """The findings of one file, sorted by position; those that are off or nowhere are left out.

    `severities` are those of all rules under these settings.
    """
    by_line: dict[tuple[str, int], list[tuple[Finding, ShownPlace]]] = {}
    codes: dict[Place | int, set[str]] = {}
    """The findings on each line, and in each statement, which may span lines."""
    known = _known_of(findings, settings) if settings.known else frozenset[Identity]()
    new_codes: dict[Place | int, set[str]] = {} if known else codes
    """The same for findings that are not known: known ones do not hide them, however bad."""
    for finding in findings:
        place = places.locate(finding.place)
        if place is not None and severities[finding.code] is not Severity.OFF:
            line = place.range.start.line
            by_line.setdefault((finding.code, line), []).append((finding, place))
            statement = statement_of(finding.place)
            codes.setdefault(line, set()).add(finding.code)
            codes.setdefault(statement, set()).add(finding.code)
            if known and finding.identity not in known:
                new_codes.setdefault(line, set()).add(finding.code)
                new_codes.setdefault(statement, set()).add(finding.code)
    shown = []
    for (code, line), group in by_line.items():
        new = [pair for pair in group if pair[0].identity not in known] if known else group
        there = new_codes if new else codes
        on_line: Set[str] = there.get(line, frozenset())
        left = [
            (finding, place)
            for finding, place in new or group
            if worse_than(code).isdisjoint(on_line | there.get(statement_of(finding.place), set()))
        ]
        if left:
            louder = None if code in settings.severity else _loudest(left)
            severity = louder or severities[code]
            if not new:
                severity = Severity.HINT
            each = _shown(left, severity, places, statement_of)
            shown.append(each if new else _marked_known(each))
    return tuple(sorted(shown, key=_order))


def worth_knowing(
    findings: Iterable[Finding], settings: Settings, severities: Mapping[str, Severity]
) -> tuple[Identity, ...]:
    """The identities of the findings of severity information or higher."""
    return tuple(
        [
            finding.identity
            for finding in findings
            if severities[finding.code] in _LOUD
            or (finding.severity in _LOUD and finding.code not in settings.severity)
        ]
    )


def _known_of(findings: Iterable[Finding], settings: Settings) -> frozenset[Identity]:
    """The findings that are known, as they are or as something worse."""
    return frozenset(
        finding.identity for finding in findings if is_known(finding.identity, settings.known)
    )


def is_known(identity: Identity, known: frozenset[Identity]) -> bool:
    """Whether a finding is known, perhaps with a worse code when the baseline was written."""
    return identity in known or any(
        replace(identity, code=code) in known for code in worse_of_its_kind(identity.code)
    )


def _marked_known(shown: ShownFinding) -> ShownFinding:
    return replace(shown, is_known=True, notes=(*shown.notes, KNOWN))


def _loudest(group: Iterable[tuple[Finding, ShownPlace]]) -> Severity | None:
    own = [finding.severity for finding, _ in group if finding.severity is not None]
    return min(own, key=_LOUDNESS.index, default=None)


def _order(finding: ShownFinding) -> tuple[object, ...]:
    return finding.place.range, _LOUDNESS.index(finding.severity), finding.code, finding.key


def _shown(
    group: list[tuple[Finding, ShownPlace]],
    severity: Severity,
    places: Places,
    statement_of: StatementOf,
) -> ShownFinding:
    group.sort(key=lambda pair: (pair[0].rank, pair[1].range, pair[0].key))
    finding, place = group[0]
    related = filter(None, map(places.relate, finding.related))
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
        identity=finding.identity,
        related=tuple(related),
        cycle=finding.cycle,
        component_size=finding.component_size,
        also=also,
        notes=finding.notes,
        statement=places.locate(statement_of(finding.place)),
        enters=finding.enters,
        reproduction=finding.reproduction,
    )
