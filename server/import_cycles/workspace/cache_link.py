"""What ties a workspace to its cache: one of four stages, and what the cache lacks.

A workspace starts `AWAKE`, with an empty project. At its first look it may take the state that the
cache keeps. It is then `CHECKING` until the files that differ are known, and after that `ASLEEP`: its
snapshot is the kept one. When a caller needs its project, that is loaded, and the workspace is
`AWAKE` for good. A workspace without a cache, or one that gives it up, is `OFF`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from import_cycles.analysis.project import Project
from import_cycles.analysis.summaries import TextSource, frozen_summaries
from import_cycles.base.names import SourcePath
from import_cycles.base.record import replace
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.discovery import LaidOut
from import_cycles.workspace.reading import Reader
from import_cycles.workspace.stamps import Stamp

if TYPE_CHECKING:
    from import_cycles.workspace.cache import CachedState, ProjectCache, SummaryCache


class Stage(Enum):
    """Where the state of a workspace is."""

    OFF = "in memory, and the cache is not used"
    AWAKE = "in memory"
    CHECKING = "in the cache, and which files differ from it is not known yet"
    ASLEEP = "in the cache, and equal to the files"


class CacheLink:
    """The stage of one workspace; only the workspace changes it."""

    def __init__(self, cache: ProjectCache | None, reader: Reader, *, starts_anew: bool) -> None:
        self._cache = cache
        self._summaries = None if cache is None else cache.summary_cache(reader)
        self._kept: CachedState | None = None
        self._unchecked: CachedState | None = None
        self.stage = Stage.OFF if cache is None else Stage.AWAKE
        self._starts_anew = starts_anew
        self._token: str | None = None
        """That of the state in the cache which equals the present one."""
        self.has_news = False
        """Whether the cache lacks a result that took time."""

    @property
    def summaries(self) -> SummaryCache | None:
        """The summaries of texts; None in the stage OFF."""
        return None if self.stage is Stage.OFF else self._summaries

    @property
    def kept(self) -> CachedState | None:
        """The state in the cache, as long as the workspace has no project of it."""
        return self._kept

    @property
    def may_load(self) -> bool:
        """Whether the kept state may be taken: in the stage AWAKE, if that is not ruled out."""
        return self.stage is Stage.AWAKE and not self._starts_anew

    # --- stages ------------------------------------------------------------------------------

    def load(self, read: TextSource, target: PythonTarget) -> CachedState | None:
        """The kept state, if there is one for this target: the files are compared with it next."""
        if self._cache is None or self._summaries is None:
            return None
        kept = self._cache.load()
        if kept is None or kept.snapshot.settings.target != target:
            return None
        snapshot = kept.snapshot
        summaries = frozen_summaries(read, self._summaries, kept.keys, snapshot.layout, target)
        self._kept = replace(kept, snapshot=replace(snapshot, summaries=summaries))
        self._token, self.stage = kept.token, Stage.CHECKING
        self._unchecked = self._kept
        return self._kept

    @property
    def unchecked(self) -> CachedState | None:
        """The state that the files are still to be compared with, if there is one."""
        return self._unchecked

    def checked(self) -> CachedState | None:
        """Which files differ from this state is looked for now; None if there is none."""
        unchecked, self._unchecked = self._unchecked, None
        if self.stage is Stage.CHECKING:
            self.stage = Stage.AWAKE if self._kept is None else Stage.ASLEEP
        return unchecked

    def wake(self) -> CachedState | None:
        """The kept state, whose project the workspace loads now; None if it has a project."""
        kept, self._kept = self._kept, None
        if self.stage is Stage.ASLEEP:
            self.stage = Stage.AWAKE
        return kept

    def turn_off(self) -> None:
        """Use the cache no longer. The workspace must be awake."""
        assert self._kept is None, "the project is still in the cache"
        self._cache, self.stage = None, Stage.OFF

    def refuse(self) -> None:
        """As `turn_off`, where the configuration says so: no summary is read or written either."""
        if self._summaries is not None:
            self._summaries.close()
        self.turn_off()

    # --- what the cache lacks ----------------------------------------------------------------

    def differ(self) -> None:
        """The present state is no longer that in the cache."""
        self._token = None

    def note_result(self) -> None:
        """As `differ`; what has been found out is worth keeping."""
        self.has_news, self._token = True, None

    def keep_stamps(self, stamps: Mapping[SourcePath, Stamp]) -> None:
        """Write newer stamps for the kept state, which is the same otherwise; in the stage ASLEEP."""
        self.has_news = False
        if self._cache is not None and self._kept is not None:
            self._cache.keep_stamps(self._kept, stamps)

    def keep(
        self, project: Project, laid_out: LaidOut, reader: Reader, depth: frozenset[str]
    ) -> None:
        """Write the present state; in the stage AWAKE."""
        self.has_news = False
        if self._cache is not None and self._summaries is not None:
            self._token = self._cache.keep(project, self._summaries, laid_out, reader, depth)

    def load_project(self, kept: CachedState) -> Project | None:
        """The project of the kept state; None if the cache has lost it."""
        if self._cache is None or self._summaries is None:
            return None
        return self._cache.load_project(kept, self._summaries)

    def recall(self, what: str) -> object | None:
        """A value stored with exactly this state, by this or another process."""
        if self._cache is None or self._token is None:
            return None
        return self._cache.recall(what, self._token)

    def remember(self, what: str, thing: object) -> None:
        """Store a value that follows from the state alone; of classes of the core."""
        if self._cache is not None and self._token is not None:
            self._cache.remember(what, self._token, thing)
