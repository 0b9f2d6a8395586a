"""After any events in any order, a project shows the same as a fresh start.

A machine draws what disk, editor and owner of a workspace do, also in the middle of a first
index, of first imports that are being simulated, and from one process to the next by the cache.
`IMPORT_CYCLES_FUZZ=1000` tries so many histories.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.workspace import Workspace

from . import playground as play

_LONG_RUN = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0"))

_files = st.sampled_from(play.FILES)
_places = st.sampled_from((*play.FILES, *play.FOLDERS))
_fractions = st.sampled_from([0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0])
_at_once = st.booleans()
_patience = st.integers(0, 6)


class _Stumble(BaseException):
    """Not even an `Exception`."""


class Histories(RuleBasedStateMachine):
    """One folder, its open documents, and the workspace that has seen all."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Path(tempfile.mkdtemp(prefix="history-"))
        self._top = self._place / "top"
        self._top.mkdir()
        self._cache: Cache | None = None
        self._overlays: dict[SourcePath, str] = {}
        self._client_settings: Mapping[str, object] | None = None
        self._workspace = Workspace(self._top)

    def teardown(self) -> None:
        if self._cache is not None:
            self._cache.database.close()
        shutil.rmtree(self._place)

    def _opened(self) -> Workspace:
        cache = None if self._cache is None else self._cache.of_project(self._top, (), "test")
        return self._with_documents(
            Workspace(self._top, client_settings=self._client_settings, cache=cache)
        )

    def _with_documents(self, workspace: Workspace) -> Workspace:
        for path, text in self._overlays.items():
            workspace.open_document(path, text)
        return workspace

    # --- starts ------------------------------------------------------------------------------

    @initialize(branch=play.BRANCH, opened=st.sets(_files, max_size=2), has_cache=st.booleans())
    def begin(self, branch: dict[str, str | None], opened: set[str], has_cache: bool) -> None:
        play.switch(self._top, branch)
        if has_cache:
            self._cache = Cache(self._place / "cache")
        self._workspace = self._opened()
        for name in sorted(opened):
            self._open(name, None)

    @rule(keeps=st.booleans(), is_urgent=st.booleans(), looks=st.booleans())
    def restart(self, keeps: bool, is_urgent: bool, looks: bool) -> None:
        """Another process takes the place of this one, and starts from the cache."""
        if keeps:
            self._workspace.keep()
        self._workspace = self._opened()
        if looks:
            self._workspace.look()
        self._workspace.index(is_urgent=is_urgent)

    @rule(is_urgent=st.booleans())
    def start_anew(self, is_urgent: bool) -> None:
        """A start without the cache."""
        self._workspace = self._with_documents(
            Workspace(self._top, client_settings=self._client_settings)
        )
        self._workspace.index(is_urgent=is_urgent)

    @rule(is_urgent=st.booleans(), patience=_patience)
    def index_again(self, is_urgent: bool, patience: int) -> None:
        """All is read once more, after a first time that is perhaps cut short."""
        self._workspace.index(None, _after(patience), is_urgent=is_urgent)
        self._workspace.index(is_urgent=is_urgent)

    # --- the owner ---------------------------------------------------------------------------

    @rule()
    def flush(self) -> None:
        self._workspace.flush()

    @rule()
    def finish(self) -> None:
        self._workspace.finish()

    @rule(patience=_patience, is_urgent=st.booleans())
    def settle(self, patience: int, is_urgent: bool) -> None:
        self._workspace.settle(_after(patience), is_urgent=is_urgent)

    @rule(patience=_patience)
    def settle_order(self, patience: int) -> None:
        self._workspace.settle_order(_after(patience))

    @rule()
    def rest(self) -> None:
        """What the server does while the client is idle."""
        self._workspace.rest()

    @rule()
    def settle_and_rest(self) -> None:
        self._workspace.flush()
        self._workspace.finish()
        self._workspace.settle()
        self._workspace.rest()

    @rule()
    def survey(self) -> None:
        self._workspace.survey()

    @rule(what=st.sampled_from([Workspace.understand, Workspace.find_mistakes, Workspace.complete]))
    def deepen(self, what: Callable[[Workspace], object]) -> None:
        if self._workspace.is_whole:
            what(self._workspace)

    @rule(name=_files)
    def ask(self, name: str) -> None:
        """Who uses a module? Asked of projects that are whole."""
        workspace = self._workspace
        module = workspace.snapshot.layout.at_path(self._path(name))
        if module is not None and workspace.is_whole:
            list(workspace.project.importers_of(module.name))

    @rule(name=_files, text=play.TEXTS)
    def try_out(self, name: str, text: str) -> None:
        """What a quick fix does before it is offered, and takes back."""
        workspace, path = self._workspace, self._path(name)
        workspace.flush()
        workspace.finish()
        before, known = workspace.text(path), workspace.project.summarized_at(path)
        if before is not None and known is not None and known.exact:
            with workspace.project.trial({path: before}, {path: text}):
                pass

    @rule(step=st.sampled_from(["_group", "_mark", "_check", "_show"]))
    def stumble(self, step: str) -> None:
        """Something goes wrong in the middle of a change."""

        def fail(*_: object) -> None:
            raise _Stumble

        with pytest.MonkeyPatch.context() as patch, suppress(_Stumble):
            patch.setattr(Project, step, fail)
            self._workspace.flush()
            self._workspace.finish()

    # --- the editor --------------------------------------------------------------------------

    @rule(name=_files, text=st.one_of(st.none(), play.TEXTS), at_once=_at_once)
    def open(self, name: str, text: str | None, at_once: bool) -> None:
        self._open(name, text)
        self._perhaps_compare(at_once)

    def _open(self, name: str, text: str | None) -> None:
        path = self._path(name)
        place = self._top / name
        if text is None and place.is_file():
            text = place.read_bytes().decode().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        self._type(path, text or "")

    @precondition(lambda self: self._overlays)
    @rule(
        which=st.integers(0, 99),
        start=_fractions,
        end=_fractions,
        piece=play.PIECES,
        at_once=_at_once,
    )
    def edit(self, which: int, start: float, end: float, piece: str, at_once: bool) -> None:
        path = self._document(which)
        self._type(path, play.edited(self._overlays[path], start, end, piece))
        self._perhaps_compare(at_once)

    @precondition(lambda self: self._overlays)
    @rule(which=st.integers(0, 99), text=play.TEXTS, at_once=_at_once)
    def mend(self, which: int, text: str, at_once: bool) -> None:
        self._type(self._document(which), text)
        self._perhaps_compare(at_once)

    @precondition(lambda self: self._overlays)
    @rule(which=st.integers(0, 99), saves=st.booleans(), at_once=_at_once)
    def close(self, which: int, saves: bool, at_once: bool) -> None:
        path = self._document(which)
        text = self._overlays.pop(path)
        if saves:
            self._tell(play.write(self._top, self._name(path), text))
        self._workspace.close_document(path)
        self._perhaps_compare(at_once)

    @precondition(lambda self: self._overlays)
    @rule(which=st.integers(0, 99), at_once=_at_once)
    def save(self, which: int, at_once: bool) -> None:
        path = self._document(which)
        self._tell(play.write(self._top, self._name(path), self._overlays[path]))
        self._perhaps_compare(at_once)

    @rule(client_settings=st.sampled_from(play.CLIENT_SETTINGS), at_once=_at_once)
    def configure(self, client_settings: Mapping[str, object] | None, at_once: bool) -> None:
        self._client_settings = client_settings
        self._workspace.configure(client_settings)
        self._perhaps_compare(at_once)

    # --- the disk ----------------------------------------------------------------------------

    @rule(name=_files, text=play.DISK_TEXTS, at_once=_at_once)
    def write(self, name: str, text: str, at_once: bool) -> None:
        self._tell(play.write(self._top, name, text))
        self._perhaps_compare(at_once)

    @rule(name=_places, at_once=_at_once)
    def delete(self, name: str, at_once: bool) -> None:
        self._tell(play.delete(self._top, name))
        self._perhaps_compare(at_once)

    @rule(name=_places, other=_places, at_once=_at_once)
    def move(self, name: str, other: str, at_once: bool) -> None:
        self._tell(play.move(self._top, name, other))
        self._perhaps_compare(at_once)

    @rule(shape=play.SHAPING, at_once=_at_once)
    def reshape(self, shape: tuple[str, str], at_once: bool) -> None:
        self._tell(play.write(self._top, *shape))
        self._perhaps_compare(at_once)

    @rule(branch=play.BRANCH, at_once=_at_once)
    def switch(self, branch: dict[str, str | None], at_once: bool) -> None:
        self._tell(play.switch(self._top, branch))
        self._perhaps_compare(at_once)

    # --- the comparison ----------------------------------------------------------------------

    @rule()
    def compare(self) -> None:
        workspace = self._workspace
        if workspace.snapshot.revision == 0:
            workspace.index()
        workspace.flush()
        workspace.finish()
        assert workspace.is_whole
        workspace.settle()
        assert workspace.is_settled
        assert workspace.is_order_settled
        if any(workspace.project.recalled()):
            # A text that does not parse keeps what it said when it last did.
            note("something does not parse: not compared")
            return
        fresh = self._with_documents(Workspace(self._top, client_settings=self._client_settings))
        fresh.index()
        fresh.settle()
        for what, mine in self._shown(workspace).items():
            its = self._shown(fresh)[what]
            assert mine == its, what

    def _perhaps_compare(self, at_once: bool) -> None:
        if at_once:
            self.compare()

    def _shown(self, workspace: Workspace) -> dict[str, object]:
        snapshot = workspace.snapshot
        return {
            "layout": snapshot.layout,
            "modules": dict(snapshot.layout.modules()),
            "settings": snapshot.settings,
            "findings": {self._name(path): each for path, each in snapshot.findings.items()},
            "components": snapshot.components,
            "syntax errors": {
                path: found for path, found in snapshot.problems.items() if path in self._overlays
            },
            "other problems": workspace.problems,
        }

    # --- words -------------------------------------------------------------------------------

    def _path(self, name: str) -> SourcePath:
        return as_source_path(self._top / name)

    def _name(self, path: SourcePath) -> str:
        return path.removeprefix(as_source_path(self._top) + "/")

    def _document(self, which: int) -> SourcePath:
        paths = sorted(self._overlays)
        return paths[which % len(paths)]

    def _type(self, path: SourcePath, text: str) -> None:
        self._overlays[path] = text
        self._workspace.open_document(path, text)

    def _tell(self, paths: list[Path]) -> None:
        self._workspace.files_changed(map(as_source_path, paths))


def _after(patience: int) -> Callable[[], bool]:
    """Says at the `patience`th question that it is enough."""
    left = [patience]

    def is_enough() -> bool:
        left[0] -= 1
        return left[0] < 0

    return is_enough


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=_LONG_RUN or 12,
    stateful_step_count=60 if _LONG_RUN else 50,
    deadline=None,
    # What a short run tries is the same each time; a long one looks for more.
    derandomize=not _LONG_RUN,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
