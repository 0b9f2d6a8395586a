"""What goes into the project and what comes out: Change in, Update and Snapshot out.

A snapshot is frozen and holds everything that a reader (hover, quick fix, command line) needs. So
readers never wait for the writer and never see half of a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import field, record
from import_cycles.base.text import TextRange
from import_cycles.findings.identity import Identity
from import_cycles.findings.reproduction import Reproduction
from import_cycles.findings.rule import Severity, Subject, rotated
from import_cycles.resolve.layout import Layout
from import_cycles.syntax.target import PythonTarget

EntryPoint: TypeAlias = "tuple[str, str, str]"
"""Group, name and object reference (`package.module:attribute`) of an entry point."""


@record
class Settings:
    """The part of the configuration that changes findings."""

    target: PythonTarget = field(default_factory=PythonTarget)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """Rule code to severity, for the rules whose default is overridden."""
    entry_points: tuple[str, ...] = ()
    """Dotted names of the modules that the project's console scripts import first."""
    declared: tuple[EntryPoint, ...] = ()
    """All entry points that the project declares."""
    known: frozenset[Identity] = frozenset()
    """Findings that the project accepts for now: shown as hints."""

    @property
    def declared_modules(self) -> frozenset[str]:
        """The dotted names of the modules that entry points stand in."""
        return frozenset(target.partition(":")[0].strip() for _, _, target in self.declared)


@record
class Change:
    """One transaction: new texts (None: the file is gone), a new layout, new settings.

    A path that the layout does not know is ignored. Texts have no BOM.
    """

    files: Mapping[SourcePath, str | None] = field(default_factory=dict)
    layout: Layout | None = None
    settings: Settings | None = None
    unread: frozenset[SourcePath] = frozenset()
    """Files with a new text, which the project reads from its source. It looks only at what they
    can add to cycles, while it understands `files` completely."""
    is_urgent: bool = False
    """Whether a user waits for the findings in `files`. Then the project reads only those of
    `unread` that `files` may load, and looks only for cycles around `files`, through their own
    imports and imports of others that are not indented. `Project.finish` does the rest."""
    surveys_wait: bool = False
    """Whether all surveys wait for `Project.survey`, those of the changed modules as well."""
    has_new_surroundings: bool = False
    """Whether files that are no modules may have changed which modules can be built (`MayHave`)."""
    is_of_later: bool = False
    """Whether the change happened between two runs, to a project that was saved. Then a text that
    does not parse counts as it is; its last good version is not known."""


class ApplyCancelled(Exception):  # noqa: N818 - an event, not an error
    """The caller cancelled a change before it was carried out; nothing has changed."""


class Watch(Protocol):
    """Reports how far a long change has come."""

    def advance(self, done: int, total: int) -> None:
        """So many of so many files have been understood."""

    def is_cancelled(self) -> bool:
        """Whether the change is not wanted any more."""


@record
class ShownPlace:
    """Where something stands now."""

    path: SourcePath
    range: TextRange


@record
class ShownRelated:
    """A further place of a finding, with the range that it has now."""

    place: ShownPlace
    message: str
    hop: tuple[ModuleName, ModuleName] | None = None
    """Importer and imported module, if the place is an import along the cycle."""


@record
class ShownFinding:
    """A finding with the ranges that it and its related places have now."""

    code: str
    subject: Subject
    severity: Severity
    module: ModuleName
    place: ShownPlace
    message: str
    key: str
    identity: Identity
    related: tuple[ShownRelated, ...] = ()
    cycle: tuple[ModuleName, ...] = ()
    """The modules along its cycle, the first repeated at the end; see `path`."""
    component_size: int = 0
    also: tuple[tuple[ModuleName, ...], ...] = ()
    """Further cycles that start on the same line, for the same rule."""
    notes: tuple[str, ...] = ()
    statement: ShownPlace | None = None
    """The import statement that it stands in; its lines all speak of the finding."""
    enters: int = 0
    """Where in `cycle` it starts: findings of a long cycle share `cycle`."""
    reproduction: Reproduction | None = None
    is_known: bool = False
    """Whether `Settings.known` has it."""

    @property
    def path(self) -> tuple[ModuleName, ...]:
        """The cycle from where the finding starts, first module repeated at the end."""
        return rotated(self.cycle, self.enters)

    def is_on(self, line: int) -> bool:
        """Whether the place, or the statement around it, has this line."""
        return any(
            each.range.start.line <= line <= each.range.end.line
            for each in (self.place, self.statement)
            if each is not None
        )


@record
class Problem:
    """A fact about the surroundings that users should know once: what, where, remedy."""

    path: SourcePath
    message: str
    line: int | None = None
    """From 0; None when the problem is with the file as a whole."""


@record
class Work:
    """How much one `apply` recomputed; tests check that it stays small."""

    summaries: int = 0
    components: int = 0
    simulations: int = 0
    bodies: int = 0
    """Module bodies that first imports executed; those that they replayed are not counted."""


@record
class Update:
    """What one `apply` changed: the paths whose findings or problems differ from before."""

    revision: int
    touched: tuple[SourcePath, ...] = ()
    work: Work = field(default_factory=Work)

    def then(self, later: Update) -> Update:
        """Joins this update with the one after it."""
        work = Work(
            self.work.summaries + later.work.summaries,
            self.work.components + later.work.components,
            self.work.simulations + later.work.simulations,
            self.work.bodies + later.work.bodies,
        )
        return Update(later.revision, tuple(sorted({*self.touched, *later.touched})), work)
