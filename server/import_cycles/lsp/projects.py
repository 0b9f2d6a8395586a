"""All workspaces of a session, worked on by one thread.

Each workspace folder is a `Workspace` of its own. Folders can lie in one another; then a file
belongs to the deepest folder around it (`owner`), whose view of it is the one that is shown,
while its unsaved text counts in every folder around it. Without any workspace folder, each
opened file brings the project around it along, and takes it away when it is closed last.

Each step is fenced: if something goes wrong in one folder, the error is logged with its revision
and reported to the client. The other folders, and all later batches, go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time_ns
from typing import Final

from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import entity
from import_cycles.lsp.garbage import collect_old_objects, no_collections
from import_cycles.lsp.progress import IndexRun
from import_cycles.lsp.schedule import (
    AddFolder,
    Batch,
    BatchResult,
    ClientSettings,
    Configure,
    OpenText,
    Order,
    Reindex,
    RemoveFolder,
    View,
)
from import_cycles.lsp.watching import DiskScan
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.cache_folder import CYCLES
from import_cycles.workspace.paths import as_source_path, is_within
from import_cycles.workspace.plan import NoSuchPathError, ProjectPlan, plan_paths
from import_cycles.workspace.workspace import Workspace

_log = logging.getLogger(__name__)

_EDITOR: Final = "editor"
"""The purpose of states that know of open documents, too."""

_KEEPING_PAUSE: Final = 60.0
"""Seconds between two writings to the cache; one takes a few tenths of a second."""

BeginIndex = Callable[[SourcePath], IndexRun]


@entity
class _FolderState:
    """One folder and what belongs to it."""

    folder: SourcePath
    only: tuple[Path, ...]
    settings: ClientSettings
    is_loose: bool
    workspace: Workspace
    scan: DiskScan | None
    index: IndexRun | None = None
    """The run that reads the folder for the first time, as long as it is on."""
    started_ns: int = 0
    """When that began; 0 before."""
    is_indexed: bool = False
    """Whether at least the files around open documents are read."""
    view: View | None = None

    def covers(self, path: SourcePath) -> bool:
        """Whether a file belongs to the part of the folder that counts."""
        parts = [as_source_path(part) for part in self.only] or [self.folder]
        return any(is_within(path, part) for part in parts)


def owner(path: SourcePath, folders: Iterable[SourcePath]) -> SourcePath | None:
    """The deepest of `folders` around `path`; None when there is none."""
    around = (folder for folder in folders if is_within(path, folder))
    return max(around, key=len, default=None)


class Projects:
    """The processor of the worker thread: nothing here is touched by another thread."""

    def __init__(
        self, begin_index: BeginIndex, cache: Cache | None = None, *, takes_loose_files: bool
    ) -> None:
        self.scans_disk = True
        """Whether batches may ask for a rescan. To be set before the thread starts."""
        self._begin_index = begin_index
        self._cache = cache
        self._next_keeping = 0.0
        self._takes_loose_files = takes_loose_files
        self._folder_states: dict[SourcePath, _FolderState] = {}
        self._texts: dict[SourcePath, OpenText] = {}
        self._loose_settings: ClientSettings = None
        self._touched: set[SourcePath] = set()
        self._mishaps: list[str] = []
        """Errors that are not reported yet."""

    def workspace_of(self, path: SourcePath) -> Workspace | None:
        """The workspace whose view of a file counts."""
        folder = owner(path, self._folder_states)
        return None if folder is None else self._folder_states[folder].workspace

    def module_at(self, path: SourcePath) -> tuple[Project, ModuleName] | None:
        """The module of a file, with the project whose view of the file counts."""
        workspace = self.workspace_of(path)
        file = None if workspace is None else workspace.snapshot.layout.at_path(path)
        return None if workspace is None or file is None else (workspace.project, file.name)

    @property
    def workspaces(self) -> tuple[Workspace, ...]:
        """All of them, in the order in which they came."""
        return tuple(folder_state.workspace for folder_state in self._folder_states.values())

    def serial_of(self, path: SourcePath) -> int | None:
        """The serial of an open document's text as the worker has it; None when it is not open."""
        text = self._texts.get(path)
        return None if text is None else text.serial

    def process(self, batch: Batch) -> BatchResult:
        """Does everything in a batch, in the order: texts, orders, disk, analysis."""
        self._touched = set()
        with self._fence("taking in new texts"):
            self._take_texts(batch.texts)
        for order in batch.orders:
            with self._fence(f"following {order}"):
                self._obey(order)
        with self._fence("looking for the projects of single files"):
            self._follow_loose_files()
        for folder_state in list(self._folder_states.values()):
            with self._fence("analysing", folder_state):
                self._analyse(folder_state, batch)
        return self._outcome(batch.sequence)

    def finish(self, sequence: int) -> BatchResult:
        """Reads the files that were left out because the client waited for open documents."""
        self._touched = set()
        for folder_state in list(self._folder_states.values()):
            if folder_state.index is not None:
                with self._fence("analysing", folder_state):
                    self._finish(folder_state, folder_state.index)
        return self._outcome(sequence)

    def settle(self, sequence: int, cancelled: Callable[[], bool]) -> BatchResult:
        """Works out which first imports crash, project by project, until `cancelled` says so."""
        self._touched = set()
        for folder_state in list(self._folder_states.values()):
            with self._fence("simulating imports", folder_state):
                self._touched.update(
                    folder_state.workspace.settle(cancelled, is_urgent=True).touched
                )
        return self._outcome(sequence)

    def settle_order(self, sequence: int, cancelled: Callable[[], bool]) -> BatchResult:
        """Finds out which imports must keep their order, project by project."""
        self._touched = set()
        for folder_state in list(self._folder_states.values()):
            with self._fence("sorting imports", folder_state):
                self._touched.update(folder_state.workspace.settle_order(cancelled).touched)
        return self._outcome(sequence)

    def prepare(self, cancelled: Callable[[], bool]) -> None:
        """Uses idle time so that the first menu of quick fixes opens as quickly as later ones."""
        for folder_state in list(self._folder_states.values()):
            with self._fence("reading ahead", folder_state):
                folder_state.workspace.prepare(cancelled)

    def rest(self) -> None:
        """Tidies up while the client is idle."""
        for folder_state in list(self._folder_states.values()):
            if folder_state.is_indexed:
                with self._fence("tidying up", folder_state):
                    folder_state.workspace.rest()
        collect_old_objects()

    def keep(self, *, is_last: bool = False) -> None:
        """Writes what is new to the cache, unless the last write was just now and this is not the last."""
        if is_last or monotonic() >= self._next_keeping:
            for folder_state in list(self._folder_states.values()):
                if folder_state.is_indexed:
                    with self._fence("writing to the cache", folder_state):
                        folder_state.workspace.keep()
            self._next_keeping = monotonic() + _KEEPING_PAUSE

    def _outcome(self, sequence: int) -> BatchResult:
        for folder_state in self._folder_states.values():
            with self._fence("looking at the result", folder_state):
                folder_state.view = View(
                    folder_state.folder,
                    folder_state.workspace.snapshot,
                    folder_state.workspace.problems,
                )
        mishaps, self._mishaps = tuple(self._mishaps), []
        return BatchResult(
            sequence,
            tuple(
                folder_state.view
                for folder_state in self._folder_states.values()
                if folder_state.view is not None
            ),
            frozenset(self._touched),
            {path: text.serial for path, text in self._texts.items()},
            all(folder_state.workspace.is_settled for folder_state in self._folder_states.values()),
            all(folder_state.index is None for folder_state in self._folder_states.values()),
            all(
                folder_state.workspace.is_order_settled
                for folder_state in self._folder_states.values()
            ),
            mishaps,
        )

    def _take_texts(self, texts: Mapping[SourcePath, OpenText | None]) -> None:
        for path, text in texts.items():
            if text is None:
                self._texts.pop(path, None)
            else:
                self._texts[path] = text
            for folder_state in self._around(path):
                if text is None:
                    folder_state.workspace.close_document(path)
                else:
                    folder_state.workspace.open_document(path, text.text)

    def _around(self, path: SourcePath) -> list[_FolderState]:
        return [
            folder_state
            for folder_state in self._folder_states.values()
            if is_within(path, folder_state.folder)
        ]

    def _obey(self, order: Order) -> None:
        match order:
            case AddFolder(folder, settings):
                if folder not in self._folder_states:
                    self._add(folder, settings)
                    self._drop_loose_homes()
            case RemoveFolder(folder):
                self._remove(folder)
            case Configure(folder, settings):
                self._configure(folder, settings)
            case Reindex():
                for folder_state in list(self._folder_states.values()):
                    self._remove(folder_state.folder)
                    self._add(
                        folder_state.folder,
                        folder_state.settings,
                        folder_state.only,
                        is_loose=folder_state.is_loose,
                        starts_anew=True,
                    )

    def _add(
        self,
        folder: SourcePath,
        settings: ClientSettings,
        only: tuple[Path, ...] = (),
        *,
        is_loose: bool = False,
        starts_anew: bool = False,
    ) -> None:
        kept = None
        if self._cache is not None:
            kept = self._cache.of_project(Path(folder), only, _EDITOR, CYCLES)
        workspace = Workspace(
            Path(folder),
            only=only,
            client_settings=settings,
            cache=kept,
            starts_anew=starts_anew,
        )
        scan = DiskScan(folder) if self.scans_disk else None
        self._folder_states[folder] = _FolderState(
            folder, only, settings, is_loose, workspace, scan
        )
        for path, text in self._texts.items():
            if is_within(path, folder):
                workspace.open_document(path, text.text)
        self._touch_all()

    def _remove(self, folder: SourcePath) -> None:
        if folder in self._folder_states:
            self._touch_all()
            del self._folder_states[folder]

    def _touch_all(self) -> None:
        """Whose findings count for a path changes with the folders."""
        for folder_state in self._folder_states.values():
            self._touched.update(folder_state.workspace.snapshot.findings)

    def _configure(self, folder: SourcePath | None, settings: ClientSettings) -> None:
        if folder is None:
            self._loose_settings = settings
        for folder_state in self._folder_states.values():
            if folder_state.folder == folder or (folder is None and folder_state.is_loose):
                folder_state.settings = settings
                folder_state.workspace.configure(settings)

    def _follow_loose_files(self) -> None:
        """Projects of files that belong to no workspace folder come and go with those files."""
        for folder_state in list(self._folder_states.values()):
            if folder_state.is_loose and not any(folder_state.covers(path) for path in self._texts):
                self._remove(folder_state.folder)
        if not self._takes_loose_files or any(
            not folder_state.is_loose for folder_state in self._folder_states.values()
        ):
            return
        for path in sorted(self._texts):
            if path.endswith((".py", ".pyi")) and not self._is_covered(path):
                try:
                    (plan,) = plan_paths([Path(path)])
                except NoSuchPathError:
                    continue  # Not saved yet; it is looked for again with each batch.
                self._add_loose(plan)

    def _is_covered(self, path: SourcePath) -> bool:
        return any(folder_state.covers(path) for folder_state in self._folder_states.values())

    def _add_loose(self, plan: ProjectPlan) -> None:
        folder, only = as_source_path(plan.folder), plan.only
        known = self._folder_states.get(folder)
        if known is not None:
            # Scripts of one folder, say; a project that is taken whole covers everything.
            only = (*known.only, *only)
            self._remove(folder)
        self._add(folder, self._loose_settings, only, is_loose=True)

    def _drop_loose_homes(self) -> None:
        for folder_state in list(self._folder_states.values()):
            if folder_state.is_loose:
                self._remove(folder_state.folder)

    def _analyse(self, folder_state: _FolderState, batch: Batch) -> None:
        if not folder_state.is_indexed:
            self._begin(folder_state)
            return
        changed = {path for path in batch.disk if is_within(path, folder_state.folder)}
        if batch.rescan and folder_state.scan is not None:
            changed |= folder_state.scan.changed(folder_state.workspace.snapshot.layout)
        if changed:
            folder_state.workspace.files_changed(sorted(changed))
        self._touched.update(folder_state.workspace.flush().touched)

    def _begin(self, folder_state: _FolderState) -> None:
        """Read what the open documents of a folder load, or find its files if there are none."""
        if folder_state.index is None:
            folder_state.started_ns = time_ns()
            folder_state.index = self._begin_index(folder_state.folder)
        if not any(folder_state.covers(path) for path in self._texts):
            folder_state.workspace.look()
            return
        folder_state.is_indexed = True
        run = folder_state.index
        with no_collections():
            update = folder_state.workspace.index(run.advance, run.stopped.is_set, is_urgent=True)
        self._touched.update(update.touched)
        if folder_state.workspace.is_whole:
            self._finish(folder_state, run)

    def _finish(self, folder_state: _FolderState, run: IndexRun) -> None:
        folder_state.index = None
        read = (
            folder_state.workspace.finish
            if folder_state.is_indexed
            else folder_state.workspace.index
        )
        folder_state.is_indexed = True
        try:
            with no_collections():
                update = read(run.advance, run.stopped.is_set)
            self._touched.update(update.touched)
        finally:
            run.end()
        if folder_state.scan is not None:
            layout = folder_state.workspace.snapshot.layout
            folder_state.workspace.files_changed(
                sorted(folder_state.scan.first_look(layout, folder_state.started_ns))
            )
            self._touched.update(folder_state.workspace.flush().touched)

    @contextmanager
    def _fence(self, what: str, folder_state: _FolderState | None = None) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            # Any error at all: without this thread there are no answers until the server restarts.
            if folder_state is None:
                _log.exception("Something went wrong while %s", what)
            else:
                revision = folder_state.workspace.snapshot.revision
                _log.exception(
                    "%s at revision %d: error while %s", folder_state.folder, revision, what
                )
            where = "" if folder_state is None else f"{folder_state.folder}: "
            self._mishaps.append(
                f"{where}import-cycles has failed while {what} ({type(error).__name__}: {error});"
                " what it shows may be incomplete until files change or everything is read anew"
                " (command import-cycles.reindex)"
            )
