"""The findings of all modules, and those of them that users see now.

Rules work per component and per module; users see files. The board records which findings mention
which module. So an edit which only moves lines updates the ranges of the findings with a place in
that file, and of no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from import_cycles.analysis.change import Settings, ShownFinding
from import_cycles.analysis.registry import rules
from import_cycles.analysis.show import (
    Locate,
    Places,
    StatementOf,
    severity_of,
    show,
    worth_knowing,
)
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.onlookers import Onlookers
from import_cycles.base.record import record
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Finding
from import_cycles.graph.edges import Component
from import_cycles.resolve.layout import Layout


@record
class Strays:
    """The crashes of a knot, by its first member, that no component reports."""

    first: ModuleName


_Source = Component | ModuleName | Strays
"""The source that a batch of findings was made from."""


class Board:
    """Findings by source and by the module that shows them. Only the project writes to it."""

    def __init__(self) -> None:
        self._by_source: dict[_Source, tuple[Finding, ...]] = {}
        self._in_module: dict[_Source, dict[ModuleName, list[Finding]]] = {}
        """The findings of a source by the module that shows them."""
        self._shown_for: dict[_Source, dict[ModuleName, set[ModuleName]]] = {}
        """By source and mentioned module, the modules that show the findings."""
        self._sources: Onlookers[ModuleName, _Source] = Onlookers()
        """The sources of findings that a module shows."""
        self._mentions: Onlookers[ModuleName, _Source] = Onlookers()
        """The sources of findings that mention a module."""
        self._stale: set[ModuleName] = set()
        self._shown: dict[SourcePath, tuple[ShownFinding, ...]] = {}
        self._identities: dict[SourcePath, tuple[Identity, ...]] = {}
        self._path_of: dict[ModuleName, SourcePath] = {}

    @property
    def shown(self) -> Mapping[SourcePath, tuple[ShownFinding, ...]]:
        """A copy of what is shown: paths that have findings, and these."""
        return dict(self._shown)

    @property
    def identities(self) -> Mapping[SourcePath, tuple[Identity, ...]]:
        """A copy of the next `Snapshot.identities`."""
        return dict(self._identities)

    def put(self, source: _Source, findings: Iterable[Finding]) -> None:
        """Replace all findings of a source; no findings remove the source from the board."""
        old = self._by_source.pop(source, ())
        new = tuple(findings)
        if old == new:
            if new:
                self._by_source[source] = new
            return
        self._unlink(source)
        if new:
            self._by_source[source] = new
            self._link(source, new)

    def of(self, source: _Source) -> tuple[Finding, ...]:
        """The findings of one source."""
        return self._by_source.get(source, ())

    def behind(self, module: ModuleName, key: str) -> tuple[Finding, ...]:
        """The findings in a module that have this key; several when a line is shown for them."""
        return tuple(
            finding
            for source in self._sources.of(module)
            for finding in self._in_module[source][module]
            if finding.key == key
        )

    def moved(self, module: ModuleName) -> None:
        """Mark the findings that mention a module as stale, because the ranges of its sites changed."""
        for source in self._mentions.of(module):
            self._stale |= self._shown_for[source][module]

    def everything_stale(self) -> None:
        """Show all findings anew, after a change of severities."""
        self._stale.update(self._sources)

    def refresh(
        self, layout: Layout, settings: Settings, locate: Locate, statement_of: StatementOf
    ) -> set[SourcePath]:
        """Show what is stale; returns the paths with a visible change."""
        severities = {rule.code: severity_of(rule, settings) for rule in rules()}
        places = Places(locate)
        before: dict[SourcePath, tuple[ShownFinding, ...]] = {}
        for module in self._stale:
            old_path = self._path_of.pop(module, None)
            if old_path is not None:
                before[old_path] = self._shown.pop(old_path, ())
                self._identities.pop(old_path, None)
        for module in self._stale:
            found = [
                finding
                for source in self._sources.of(module)
                for finding in self._in_module[source][module]
            ]
            shown = show(found, settings, severities, places, statement_of)
            file = layout.module(module)
            if file is None or not found:
                continue
            self._path_of[module] = file.path
            identities = worth_knowing(found, settings, severities)
            if identities:
                self._identities[file.path] = identities
            if shown:
                self._shown[file.path] = shown
                before.setdefault(file.path, ())
        touched = {path for path, shown in before.items() if shown != self._shown.get(path, ())}
        self._stale.clear()
        return touched

    def _link(self, source: _Source, findings: tuple[Finding, ...]) -> None:
        in_module = self._in_module[source] = {}
        shown_for = self._shown_for[source] = {}
        for finding in findings:
            module = finding.place.module
            in_module.setdefault(module, []).append(finding)
            shown_for.setdefault(module, set()).add(module)
            for related in finding.related:
                shown_for.setdefault(related.place.module, set()).add(module)
        self._sources.add(source, in_module)
        self._stale.update(in_module)
        self._mentions.add(source, shown_for)

    def _unlink(self, source: _Source) -> None:
        in_module = self._in_module.pop(source, {})
        self._stale.update(in_module)
        self._sources.discard(source, in_module)
        self._mentions.discard(source, self._shown_for.pop(source, {}))
