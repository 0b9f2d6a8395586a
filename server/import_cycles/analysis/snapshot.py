"""The view for readers: one revision of everything that can be shown, frozen.

A snapshot shares its parts with the project that made it; the project replaces those parts and
never changes them, so a snapshot stays true for as long as it is held.
"""

from __future__ import annotations

from collections.abc import Mapping

from import_cycles.analysis.change import Problem, Settings, ShownFinding, ShownPlace
from import_cycles.analysis.summaries import FrozenSummaries
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import field, record
from import_cycles.base.text import site_range
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Place
from import_cycles.graph.edges import Component
from import_cycles.resolve.layout import Layout, build_layout
from import_cycles.syntax.summarize import Summarized


@record
class Snapshot:
    """One revision. `findings` and `problems` hold only paths that have some."""

    revision: int = 0
    settings: Settings = field(default_factory=Settings)
    layout: Layout = field(default_factory=lambda: build_layout((), ()))
    findings: Mapping[SourcePath, tuple[ShownFinding, ...]] = field(default_factory=dict)
    problems: Mapping[SourcePath, tuple[Problem, ...]] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    identities: Mapping[SourcePath, tuple[Identity, ...]] = field(default_factory=dict)
    """By file the findings of severity information or higher, known or not, even if something worse
    hides one on its line."""
    summaries: Mapping[ModuleName, Summarized] = field(default_factory=FrozenSummaries)

    def locate(self, place: Place) -> ShownPlace | None:
        """Where a place stands; None when the module has no text (any more)."""
        return locate(self.layout, self.summaries, place)


def locate(
    layout: Layout, summaries: Mapping[ModuleName, Summarized], place: Place
) -> ShownPlace | None:
    """Where a place stands; None when the module has no text."""
    module = layout.module(place.module)
    summarized = summaries.get(place.module)
    if module is None or summarized is None:
        return None
    site = summarized.site(place.code, place.site)
    if site is None:
        return None
    return ShownPlace(module.path, site_range(site, summarized.wide_lines))
