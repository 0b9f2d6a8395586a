"""One workspace folder: keeps its project equal to the files on the disk and in the editor.

Events only leave notes; `flush` turns the notes into one change. Most events are an edit of a known
file, and cost the reading of that file. Events that can move source roots or ignore rules
(manifests, `.gitignore`, an `__init__` that comes or goes, folders) make the next flush walk over
the folder again; unchanged files are not read again for that.

Invariant: after `flush`, the project holds exactly the texts of the modules of its layout that
have one, and both are those that a new workspace of the same folder and overlays would have
(tests/workspace/test_workspace.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from import_cycles.analysis.change import (
    ApplyCancelled,
    Change,
    Problem,
    Settings,
    Update,
    Watch,
)
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.summaries import ManySummaries
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import entity, field, replace
from import_cycles.findings.identity import Identity
from import_cycles.proposals.annotation_words import AnnotationReader
from import_cycles.resolve.filenames import read_file_name
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind, build_layout
from import_cycles.workspace.baseline import BASELINE
from import_cycles.workspace.built_modules import may_be_built
from import_cycles.workspace.cache_link import CacheLink, Stage
from import_cycles.workspace.config import Config, load_config
from import_cycles.workspace.discovery import Discovery, described, discover, has_other_roots
from import_cycles.workspace.files import is_file, load, read_source, text_of
from import_cycles.workspace.ignore import ENVIRONMENT_MARKS, IGNORE_FILE
from import_cycles.workspace.paths import as_source_path, is_within, parent
from import_cycles.workspace.reading import Cancelled, Progress, Reader, content_digest
from import_cycles.workspace.stamps import differing, stamp
from import_cycles.workspace.texts import DottedStrings
from import_cycles.workspace.walk import MANIFESTS

if TYPE_CHECKING:
    from import_cycles.workspace.cache import CachedState, ProjectCache
    from import_cycles.workspace.jedi_names import JediNames

__all__ = ["Workspace", "as_source_path"]

_SHAPING = frozenset({*MANIFESTS, *ENVIRONMENT_MARKS, IGNORE_FILE, BASELINE})
"""Entries that say which folders are roots, and what is left out."""


@entity
class _Notes:
    """The events since the last flush."""

    paths: set[SourcePath] = field(default_factory=set)
    """Files whose text may have changed, which may have come or gone."""
    below: set[SourcePath] = field(default_factory=set)
    """Folders in which every file may have changed."""
    everything: bool = False
    """Read all files again."""
    shape: bool = False
    """Look at the folder again."""


class Workspace:
    """A folder, or the parts `only` of it, and its project. Not thread-safe.

    It reads nothing before `index` or the first `flush`. With a `cache` the first of these starts
    from the state that was kept there, and reads only files that differ by now. The project itself
    is loaded when a caller needs it; reading `snapshot` does not. `many` makes summaries of which many
    are needed at once. `reads_bodies` is for the project.
    """

    def __init__(
        self,
        folder: Path,
        *,
        only: Sequence[Path] = (),
        client_settings: Mapping[str, object] | None = None,
        cache: ProjectCache | None = None,
        starts_anew: bool = False,
        many: ManySummaries | None = None,
        reads_bodies: bool = False,
    ) -> None:
        self.folder = folder
        self._many = many
        self._reads_bodies = reads_bodies
        self._reader = Reader()
        self._link = CacheLink(cache, self._reader, starts_anew=starts_anew)
        self._project = self._new_project()
        self._depth = frozenset[str]()
        self.config = Config()
        self._top = as_source_path(folder)
        self._only = tuple(only)
        self._client_settings = client_settings
        self._discovery: Discovery | None = None
        self._layout = build_layout((), ())
        self._settings: Settings | None = None
        self._described: tuple[Layout, tuple[Problem, ...]] | None = None
        self._shown: tuple[Layout, tuple[SourcePath, ...], Layout] | None = None
        self._was_cancelled = False
        self._to_show_again = set[SourcePath]()
        """Paths whose findings disappeared with a project that was left half changed."""
        self._has_looked = False
        self._notes = _Notes(shape=True)
        self._strings = DottedStrings(self.text)
        self._read_ahead: Layout | None = None
        """The layout of which all files were read for these."""
        self._jedi: tuple[tuple[SourcePath, ...], JediNames] | None = None

    @property
    def project(self) -> Project:
        """The project, for the owner of this workspace."""
        kept = self._link.wake()
        if kept is not None:
            self._wake(kept)
        return self._project

    @property
    def is_awake(self) -> bool:
        """Whether the project is loaded, and not only its snapshot."""
        return self._link.kept is None

    @property
    def snapshot(self) -> Snapshot:
        """The newest revision; may be handed to other threads."""
        kept = self._link.kept
        return self._project.snapshot if kept is None else kept.snapshot

    # --- events ------------------------------------------------------------------------------

    def open_document(self, path: SourcePath, text: str) -> None:
        """From now on `path` has this text, whatever the disk says; again for each new text."""
        self._reader.overlays[path] = text
        self._notes.paths.add(path)

    def close_document(self, path: SourcePath) -> None:
        """Back to the disk's text, or out of the project when there is no such file."""
        if self._reader.overlays.pop(path, None) is not None:
            self._notes.paths.add(path)

    def files_changed(self, paths: Iterable[SourcePath]) -> None:
        """Files or folders came, changed or went on the disk. Anything else is ignored."""
        for path in paths:
            name = path.rpartition("/")[2]
            if name in _SHAPING or path.endswith("/.git/info/exclude"):
                self._notes.shape |= self._has_say(path)
            if read_file_name(name) is not None and not os.path.isdir(path):  # noqa: PTH112
                self._notes.paths.add(path)
                # A folder of that name may have gone.
                is_folder = self._discovery is not None and path in self._discovery.folders
            else:
                is_folder = self._concerns_folder(path)
            if is_folder:
                self._notes.shape = True
                self._notes.below.add(path)

    def configure(self, client_settings: Mapping[str, object] | None) -> None:
        """Take over new settings of the editor."""
        self._client_settings = client_settings
        self._notes.shape = True

    def _has_say(self, path: SourcePath) -> bool:
        """Whether a manifest or an ignore file belongs to the project."""
        folder = parent(path)
        is_exclude = path.endswith("/.git/info/exclude")
        return is_exclude or folder == self._top or self._concerns_folder(folder)

    def _concerns_folder(self, path: SourcePath) -> bool:
        """Whether `path` is, or was, a folder that is part of the project."""
        if self._discovery is None or path in self._discovery.folders:
            return True
        if not os.path.isdir(path):  # noqa: PTH112
            return False
        return self._discovery.accepts(path) or has_other_roots(self._discovery, self.config)

    # --- bringing the project up to date -----------------------------------------------------

    def look(self) -> None:
        """Find out which files there are, ahead of the next `index`; reads none of them."""
        self._take_a_look()
        self._notes.shape = False
        self._has_looked = True

    def _take_a_look(self) -> Discovery:
        self.config = load_config(self.folder, self._client_settings)
        if self._discovery is None:
            self._take_kept_state()
        unchecked = self._link.unchecked
        known = None if unchecked is None else unchecked.laid_out
        self._discovery = discover(self.folder, self.config, self._only, known)
        return self._discovery

    def index(
        self,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        *,
        is_urgent: bool = False,
        surveys_wait: bool = False,
    ) -> Update:
        """Look at everything and read every file, the first time or again.

        If it `is_urgent`, only the files that open documents may load are read, and only their
        cycles are looked for, until `finish`. If `surveys_wait`, what functions that are called
        while modules load import is left for `survey` or `settle`. `progress` gets the numbers of files understood and
        of all files. When `cancelled` returns true, the project is empty, and `flush` does nothing,
        until the next `index`.
        """
        self._notes.everything = True
        self._notes.shape |= not self._has_looked
        self._has_looked = self._was_cancelled = False
        return self._update(progress, cancelled, is_urgent=is_urgent, surveys_wait=surveys_wait)

    @property
    def is_whole(self) -> bool:
        """Whether no urgent `index` has left files for `finish`."""
        return not self.is_awake or self._project.is_whole

    def finish(
        self, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> Update:
        """Read the files that an urgent `index` has left out."""
        if self.is_whole:
            return Update(self.snapshot.revision)
        return self._guarded(lambda watch: self.project.finish(watch), progress, cancelled)

    def flush(self) -> Update:
        """Apply all events since the last time as one change of the project."""
        return self._update(None, None)

    @property
    def is_settled(self) -> bool:
        """Whether `settle` has nothing to do."""
        kept = self._link.kept
        return self._project.is_settled if kept is None else kept.is_settled

    def settle(self, cancelled: Cancelled | None = None, *, is_urgent: bool = False) -> Update:
        """Work out which first imports crash, after `index` or `flush`; may be cut short.

        If it `is_urgent`, less important work is left for `settle_order`.
        """
        update = Update(self.snapshot.revision)
        if not self.is_settled:
            self._link.note_result()
            update = self.project.settle(cancelled)
        return update if is_urgent else update.then(self.settle_order(cancelled))

    @property
    def is_order_settled(self) -> bool:
        """Whether `settle_order` has nothing to do, once `settle` is through."""
        return not self.is_awake or self._project.is_order_settled

    def settle_order(self, cancelled: Cancelled | None = None) -> Update:
        """Find out, after an urgent `settle`, which imports must keep their order."""
        if self.is_order_settled:
            return Update(self.snapshot.revision)
        self._link.note_result()
        return self.project.settle_order(cancelled)

    def survey(self) -> Update:
        """The first part of `settle`: what functions that are called while loading import."""
        if not self.is_awake or self._project.is_surveyed:
            return Update(self.snapshot.revision)
        self._link.note_result()
        return self._project.survey()

    def rest(self) -> None:
        """Forget what only earlier texts made known; for times without work.

        Does nothing before all is settled, or when all is to be known (`complete`).
        """
        is_settled = self.is_whole and self.is_settled and self.is_order_settled
        if self.is_awake and is_settled and not self._depth and not self._was_cancelled:
            self._project.rest()

    def understand(self) -> Update:
        """Understand every text, so that all problems in them are known."""
        return self._deepen("texts", Project.understand)

    def find_mistakes(self) -> Update:
        """Find the problems in all texts, which costs less than to understand them."""
        return self._deepen("mistakes", Project.find_mistakes)

    def complete(self) -> Update:
        """Make the edges of all modules known, not only of those that may be in a cycle."""
        return self._deepen("edges", Project.complete)

    def _deepen(self, what: str, how: Callable[[Project], Update]) -> Update:
        if what in self._depth:
            return Update(self.snapshot.revision)
        self._depth |= {what}
        self._link.note_result()
        return how(self.project)

    def _update(
        self,
        progress: Progress | None,
        cancelled: Cancelled | None,
        *,
        is_urgent: bool = False,
        surveys_wait: bool = False,
    ) -> Update:
        notes = self._notes
        if self._was_cancelled or not (notes.paths or notes.shape or notes.everything):
            return Update(self.snapshot.revision)
        discovery = self._discovery
        looks_again = discovery is not None and notes.shape
        if discovery is None or notes.shape or self._is_reshaped(discovery, notes.paths):
            discovery = self._take_a_look()
        else:
            discovery = self._discovery = self._with_noted_files(discovery, notes.paths)
        kept = self._link.checked()
        layout, settings = self._with_overlays(discovery), self.config.settings
        has_new_target = self._settings is None or settings.target != self._settings.target
        everything = (notes.everything and kept is None) or has_new_target
        wanted = frozenset(self._to_read(layout, notes, everything=everything))
        if kept is not None:
            wanted |= self._changed_since(kept, layout)
        self._notes = _Notes()
        self._strings.forget(wanted)
        change = self._change(wanted, layout, settings)
        again, self._to_show_again = tuple(sorted(self._to_show_again)), set()
        if looks_again and not (self.is_awake and self._project.is_self_contained):
            change = replace(change, has_new_surroundings=True)
        update = Update(self.snapshot.revision, again)
        if kept is not None:
            change = replace(change, is_of_later=True)
            shown = {*kept.snapshot.findings, *kept.snapshot.problems}
            update = Update(update.revision, tuple(sorted(shown)))
        if replace(change, is_of_later=False) == Change():
            return update
        self._link.differ()
        if change.files or change.unread or change.layout is not None:
            self._link.note_result()
            self._depth = frozenset()
        if is_urgent and change.files:
            change = replace(change, is_urgent=True)
        if surveys_wait:
            change = replace(change, surveys_wait=True)
        if self._link.stage is not Stage.OFF:
            self._reader.expect(change.unread)
        project = self.project
        return update.then(
            self._guarded(lambda watch: project.apply(change, watch), progress, cancelled)
        )

    def _is_reshaped(self, discovery: Discovery, paths: Iterable[SourcePath]) -> bool:
        is_beside = any(parent(path) not in discovery.folders for path in paths)
        if is_beside and has_other_roots(discovery, self.config):
            return True
        return any(map(discovery.is_reshaped_by, paths))

    def _guarded(
        self,
        act: Callable[[Watch], Update],
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> Update:
        """Run a long act; if it is cancelled, forget everything."""
        try:
            return act(_Watch(progress, cancelled))
        except ApplyCancelled:
            shown = self._project.snapshot
            self._start_over()
            self._was_cancelled = True
            return Update(0, tuple(sorted({*shown.findings, *shown.problems})))
        except BaseException:
            # No caller may go on from a half-made change: the next flush reads everything.
            self._link.turn_off()
            shown = self._project.snapshot
            self._start_over()
            self._to_show_again |= {*shown.findings, *shown.problems}
            self._notes.everything = True
            raise
        finally:
            if self._link.stage is not Stage.OFF and self._project.is_whole:
                self._reader.expect_no_more()

    def _new_project(self) -> Project:
        return Project(
            self._reader.read,
            self._link.summaries,
            self._may_have,
            self._many,
            reads_bodies=self._reads_bodies,
        )

    def _start_over(self) -> None:
        """Go on with an empty project."""
        self._project = self._new_project()
        self._reader.stamps.clear()
        self._reader.problems.clear()
        self._layout, self._settings = build_layout((), ()), None
        self._link.has_news, self._depth = False, frozenset()

    def _with_noted_files(self, discovery: Discovery, paths: Iterable[SourcePath]) -> Discovery:
        """The discovery after single files came or went in folders that it knows."""
        added, removed = [], []
        for path in sorted(paths):
            if path in discovery.files:
                if not is_file(path):
                    removed.append(path)
            elif is_file(path) and discovery.accepts(path):
                added.append(path)
        return discovery.with_files(added, removed).with_told(sorted(paths))

    def _with_overlays(self, discovery: Discovery) -> Layout:
        """The layout with documents that are not on the disk yet."""
        unsaved = tuple(
            path
            for path in sorted(self._reader.overlays)
            if path not in discovery.files and discovery.accepts(path)
        )
        known = self._shown
        if known is None or known[0] is not discovery.layout or known[1] != unsaved:
            known = discovery.layout, unsaved, discovery.layout.with_files(unsaved)
            self._shown = known
        return known[2]

    def _to_read(self, layout: Layout, notes: _Notes, *, everything: bool) -> Iterable[SourcePath]:
        if everything:
            return _with_text(layout)
        changed = {path for path in notes.paths if _wants_text(layout.at_path(path))}
        if notes.below:
            now = _with_text(layout)
            changed |= {path for path in now for folder in notes.below if is_within(path, folder)}
        if layout is not self._layout:
            # The project stores what it knows by name, so a file of a new name is new to it.
            new = _with_text(layout).items() - _with_text(self._layout).items()
            changed |= {path for path, _ in new}
        return changed

    def _change(self, wanted: frozenset[SourcePath], layout: Layout, settings: Settings) -> Change:
        """The difference to the project's layout; notes that the project will have this one."""
        files: dict[SourcePath, str | None] = {
            path: self._reader.read(path) for path in sorted(wanted & self._reader.overlays.keys())
        }
        new_layout = None
        if layout is not self._layout:
            # An equal layout can still differ in files without a name: those that are hidden.
            new_layout = layout if layout != self._layout else None
            gone = _with_text(self._layout).keys() - _with_text(layout).keys()
            for path in sorted(gone):
                files[path] = None
                self._reader.problems.pop(path, None)
                self._reader.stamps.pop(path, None)
            self._layout = layout
        new_settings = settings if settings != self._settings else None
        self._settings = settings
        return Change(files, new_layout, new_settings, wanted - files.keys())

    # --- another state of the same project -----------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Names and files as of the last look, whether they were read or not."""
        return self._layout if self._discovery is None else self._discovery.layout

    @property
    def files(self) -> frozenset[SourcePath]:
        """All files that can hold a module, as of the last look."""
        return frozenset() if self._discovery is None else self._discovery.files

    @contextmanager
    def as_of(self, texts: Mapping[SourcePath, str | None]) -> Iterator[Project]:
        """In the `with` block the project is what it would be with other texts; None: no such file.

        Roots, ignore rules and settings stay. Cost: that of an edit of these files, and its undoing.
        Nothing of it goes into the cache.
        """
        assert self._discovery is not None, "nothing has been indexed"
        project, files = self.project, self._discovery.files
        added = [path for path in texts if path not in files]
        removed = [path for path, text in texts.items() if text is None and path in files]
        layout = self._layout.with_files(added, removed)
        present = {path: self.text(path) if path in files else None for path in texts}
        self._link.turn_off()
        self._carry_out(project, texts, layout)
        try:
            yield project
        finally:
            self._carry_out(project, present, self._layout)

    @staticmethod
    def _carry_out(
        project: Project, texts: Mapping[SourcePath, str | None], layout: Layout
    ) -> None:
        # `is_of_later`: an earlier version of a text, from the other state, does not count in this
        # one.
        project.apply(Change(dict(texts), layout, is_of_later=True))
        project.settle()
        project.settle_order()

    def take_as_known(self, known: frozenset[Identity]) -> Update:
        """Show these findings as known from now on, besides those of the baseline."""
        project, settings = self.project, self.config.settings
        self._link.turn_off()
        return project.apply(Change(settings=replace(settings, known=settings.known | known)))

    # --- the cache ---------------------------------------------------------------------------

    def recall(self, what: str) -> object | None:
        """A value stored with exactly this state, by this or another process."""
        return self._link.recall(what)

    def remember(self, what: str, thing: object) -> None:
        """Store a value in the cache that follows from the state alone; of classes of the core."""
        self._link.remember(what, thing)

    def keep(self) -> None:
        """Write the changes since the last reading or writing to the cache."""
        link, discovery, stamps = self._link, self._discovery, self._reader.stamps
        if discovery is None or not link.has_news or not self.is_whole:
            return
        if link.stage is Stage.ASLEEP:
            link.keep_stamps(stamps)
        elif link.stage is Stage.AWAKE:
            link.keep(self._project, discovery.laid_out, self._reader, self._depth)

    def _take_kept_state(self) -> None:
        """Make the state that the cache keeps that of this workspace, if it has one."""
        link, settings = self._link, self.config.settings
        if not link.may_load:
            return
        if not self.config.uses_cache:
            link.refuse()
            return
        kept = link.load(self._reader.read, settings.target)
        if kept is not None:
            snapshot = kept.snapshot
            self._layout, self._settings = snapshot.layout, snapshot.settings
            self._depth = kept.depth
            self._reader.stamps = dict(kept.stamps)
            self._reader.problems = {problem.path: problem for problem in kept.unreadable}

    def _changed_since(self, kept: CachedState, layout: Layout) -> set[SourcePath]:
        """The files whose text may have changed; notes newer stamps."""
        changed = {path for path in self._reader.overlays if _wants_text(layout.at_path(path))}
        for path in differing(_with_text(layout).keys() - changed, kept.stamps):
            known, loaded = kept.stamps.get(path), load(path)
            if known is None or not isinstance(loaded, tuple):
                changed.add(path)
                continue
            content = content_digest(loaded[1], text_of(path, loaded[1]))
            if content == known[3]:
                self._reader.stamps[path] = stamp(loaded[0], content)
                self._link.has_news |= self._reader.stamps[path] != known
            else:
                changed.add(path)
        return changed

    def _wake(self, kept: CachedState) -> None:
        """Load the project that belongs to the state from the cache."""
        read, summaries = self._reader.read, self._link.summaries
        project = self._link.load_project(kept)
        if project is not None and summaries is not None:
            project.resume(kept.snapshot, read, summaries, kept.keys, self._may_have)
            self._project = project
            return
        # The project is gone from the cache, so its files are read again.
        snapshot, texts = kept.snapshot, frozenset(_with_text(kept.snapshot.layout))
        self._reader.expect(texts)
        self._project = self._new_project()
        self._project.apply(
            Change(layout=snapshot.layout, settings=snapshot.settings, unread=texts)
        )
        self._reader.expect_no_more()
        for what, how in (("texts", Project.understand), ("edges", Project.complete)):
            if what in kept.depth:
                how(self._project)
        if kept.is_settled:
            self._project.settle()
            self._project.settle_order()
        self._link.note_result()

    # --- questions ---------------------------------------------------------------------------

    @property
    def is_part(self) -> bool:
        """Whether only parts of the folder are looked at."""
        return bool(self._only)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of the surroundings: configuration, unreadable files, doubled names."""
        found = [*self.config.problems, *self._reader.problems.values()]
        if self._discovery is not None:
            found += (*self._discovery.problems, *self._problems_of_layout())
        return tuple(sorted(set(found), key=lambda each: (each.path, each.line or 0, each.message)))

    def _problems_of_layout(self) -> tuple[Problem, ...]:
        known = self._described
        if known is None or known[0] is not self._layout:
            known = self._described = self._layout, tuple(described(self._layout, self._top))
        return known[1]

    def _may_have(self, folder: SourcePath, name: str) -> bool:
        return may_be_built(folder, name, self._top, self.config)

    def text(self, path: SourcePath) -> str | None:
        """The text of a file as the project has it: an open document's, else the disk's."""
        overlay = self._reader.overlays.get(path)
        return read_source(path) if overlay is None else overlay

    def mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        """The source files in which a dotted name stands as a string, or one that goes on from it."""
        return self._strings.holders(dotted, self._sources())

    def annotation_readers(self) -> tuple[AnnotationReader, ...]:
        """Signs in the source files that annotations are read at run time."""
        return self._strings.annotation_readers(self._sources())

    def prepare(self, cancelled: Cancelled) -> None:
        """Read in advance the texts that quick fixes will ask for, if there is a finding to fix."""
        if self.snapshot.findings:
            layout = self.snapshot.layout
            is_known = self._read_ahead is layout
            files = sorted(self._strings.forgotten) if is_known else self._sources()
            self._strings.prepare(files, cancelled)
            if not cancelled():
                self._read_ahead = layout

    def _sources(self) -> Iterator[SourcePath]:
        modules = self.snapshot.layout.modules().values()
        return (module.path for module in modules if module.kind is ModuleKind.SOURCE)

    def definition(
        self, path: SourcePath, text: str, line: int, column: int
    ) -> tuple[SourcePath, str] | None:
        """What jedi takes for the definition of the name at a place; see `JediNames`."""
        # Imported only now: few runs ask jedi anything.
        from import_cycles.workspace.jedi_names import JediNames

        roots = self._layout.roots
        if self._jedi is None or self._jedi[0] != roots:
            self._jedi = roots, JediNames(self.folder, roots)
        return self._jedi[1].definition(path, text, line, column)

    def contains(self, path: SourcePath) -> bool:
        """Whether a file belongs to the project, or would if it existed."""
        if self._discovery is None:
            return is_within(path, self._top)
        return path in self._discovery.files or self._discovery.accepts(path)


def _with_text(layout: Layout) -> dict[SourcePath, ModuleName]:
    """Files whose text the project needs, with the names by which it knows them."""
    modules = layout.modules().values()
    return {module.path: module.name for module in modules if _wants_text(module)}


def _wants_text(module: ModuleFile | None) -> bool:
    return module is not None and module.kind in (ModuleKind.SOURCE, ModuleKind.STUB)


class _Watch:
    """The callers' functions as the project needs them; reports progress only now and then."""

    def __init__(self, progress: Progress | None, cancelled: Cancelled | None) -> None:
        self._progress = progress
        self._cancelled = cancelled

    def advance(self, done: int, total: int) -> None:
        if self._progress is not None and (done % _TOLD_EVERY == 0 or done == total):
            self._progress(done, total)

    def is_cancelled(self) -> bool:
        return self._cancelled is not None and self._cancelled()


_TOLD_EVERY: Final = 50
