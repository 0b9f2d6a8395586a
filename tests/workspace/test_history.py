"""Any history of disk and editor ends where a fresh start does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from import_cycles.analysis.change import Change, Update, Watch
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.summaries import TextSource
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.workspace import workspace as workspace_module
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.workspace import Workspace

_NAMES = [
    "a.py", "b.py", "p/__init__.py", "p/a.py", "p/b.py", "p/q/a.py", "src/a.py", "src/b.py",
    "src/p/__init__.py", "src/p/b.py", "lib/p/__init__.py", "lib/a.py", "t/a.py", "t/b.py",
]  # fmt: skip
_TEXTS = [
    "", "import a", "import b", "import p.a\nimport src.a", "from . import a, b", "from p import b",
    "from .a import x\nimport t.b", "import(", "__path__ = extend_path(__path__, __name__)",
]  # fmt: skip
_SHAPES = {
    ".gitignore": ["", "b.py\n", "/p\n", "!b.py\nq/\n"],
    "p/pyproject.toml": ["", "[tool.setuptools]\npackage-dir = {'' = 'q'}"],
    "pyproject.toml": [
        "", "[tool.import-cycles]\nroots = ['src', '.']", "[tool.import-cycles]\nexclude = ['t']",
        "[tool.import-cycles]\ntarget-version = '3.9'", "][", "tool.pytest.ini_options.pythonpath='t'",
    ],
}  # fmt: skip
_STEP = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(_NAMES), st.sampled_from(_TEXTS)),
    st.tuples(st.just("delete"), st.sampled_from([*_NAMES, "p", "src", "t", "p/q"]), st.just("")),
    st.tuples(st.just("open"), st.sampled_from([*_NAMES, "p/n/c.py"]), st.sampled_from(_TEXTS)),
    st.tuples(st.just("close"), st.sampled_from(_NAMES), st.just("")),
    st.tuples(st.just("move"), st.sampled_from(["p", "src", "t", "lib"]), st.sampled_from("uvp")),
    st.sampled_from(sorted(_SHAPES)).flatmap(
        lambda name: st.tuples(st.just("write"), st.just(name), st.sampled_from(_SHAPES[name]))
    ),
    st.tuples(st.just("flush"), st.just(""), st.just("")),
)
_Steps = list[tuple[str, str, str]]


class _Told(Project):
    """What a project was told, by name, since it keeps what it knows under names."""

    def __init__(
        self, source: TextSource, store: object, *rest: object, **settings: object
    ) -> None:
        del rest, settings
        assert store is None
        self.source = source
        self.layout = build_layout((), ())
        self.texts: dict[ModuleName, str | None] = {}

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(layout=self.layout)

    @property
    def is_self_contained(self) -> bool:
        return True

    def apply(self, change: Change, watch: Watch | None = None) -> Update:
        if change.layout is not None:
            before, now = self.layout.modules(), change.layout.modules()
            self.layout = change.layout
            # What a name stood for is dropped when another file, or a mere folder, takes it over.
            same = {
                name for name in before.keys() & now.keys() if before[name].path == now[name].path
            }
            self.texts = {name: text for name, text in self.texts.items() if name in same}
        texts = {**change.files, **{path: self.source(path) for path in change.unread}}
        for path, text in texts.items():
            module = self.layout.at_path(path)
            assert path in change.unread or (module is None) is (text is None)
            if module is not None:
                self.texts[module.name] = text
        return Update(0)


def _told(workspace: Workspace) -> object:
    project = workspace.project
    assert isinstance(project, _Told)
    return project.layout, dict(project.layout.modules()), project.texts


def _shown(workspace: Workspace) -> object:
    snapshot = workspace.project.snapshot
    return snapshot.findings, snapshot.problems, snapshot.components, snapshot.settings


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_STEP, min_size=3, max_size=25))
@example(steps=[("write", ".gitignore", "b.py\n"), ("flush", "", ""), ("write", "src/b.py", "")])
def test_the_project_is_told_the_same(
    steps: _Steps, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace_module, "Project", _Told)
        for _, kept, fresh in _played(tmp_path_factory.mktemp("told"), steps):
            assert kept.problems == fresh.problems
            assert _told(kept) == _told(fresh)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_STEP, min_size=3, max_size=25))
def test_people_are_shown_the_same(steps: _Steps, tmp_path_factory: pytest.TempPathFactory) -> None:
    # A text that does not parse keeps the edges that it had, so what is shown for it rests on what
    # came before; tests/cases/detect/24-syntax-error.case has that.
    steps = [step for step in steps if step[2] != "import("]
    for _, kept, fresh in _played(tmp_path_factory.mktemp("shown"), steps):
        assert _shown(kept) == _shown(fresh)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_STEP, min_size=3, max_size=25))
@example(
    steps=[("write", "a.py", "import a"), ("flush", "", ""), ("write", "a.py", "import(")],
)
@example(
    steps=[
        ("write", "a.py", "import b"),
        ("write", "b.py", "import a\nx = ("),
        ("flush", "", ""),
        ("write", "a.py", ""),
    ],
)
@example(
    steps=[
        ("write", "a.py", "import b"),
        ("write", "b.py", "import a"),
        ("write", "p/a.py", "x = ("),
        ("flush", "", ""),
        ("write", "b.py", "import a\nimport p.a"),
        ("flush", "", ""),
        ("write", "p/a.py", "y = ("),
        ("flush", "", ""),
        ("write", "b.py", ""),
    ],
)
def test_a_start_from_the_cache_shows_the_same(
    steps: _Steps, tmp_path_factory: pytest.TempPathFactory
) -> None:
    top = tmp_path_factory.mktemp("warm")
    cache = Cache(tmp_path_factory.mktemp("cache"))
    for overlays, _, fresh in _played(top, steps):
        warm = Workspace(top, cache=cache.of_project(top, (), "test"))
        for path, text in overlays.items():
            warm.open_document(path, text)
        warm.index()
        for workspace in (warm, fresh):
            workspace.settle()
        assert _shown(warm) == _shown(fresh)
        assert warm.problems == fresh.problems
        warm.keep()
    cache.database.close()


def _played(
    top: Path, steps: _Steps
) -> Iterator[tuple[Mapping[SourcePath, str], Workspace, Workspace]]:
    """After each flush and at the end: open documents, the workspace that saw all, a fresh one."""
    overlays: dict[SourcePath, str] = {}
    kept = Workspace(top)
    kept.index()
    for act, name, value in (*steps, ("flush", "", "")):
        path = as_source_path(top / name)
        match act:
            case "open":
                overlays[path] = value
                kept.open_document(path, value)
            case "close":
                overlays.pop(path, None)
                kept.close_document(path)
            case "flush":
                kept.flush()
                fresh = Workspace(top)
                for open_path, text in overlays.items():
                    fresh.open_document(open_path, text)
                fresh.index()
                yield overlays, kept, fresh
            case _:
                told = _on_disk(top, act, name, value)
                kept.files_changed(as_source_path(each) for each in told)


def _on_disk(top: Path, act: str, name: str, value: str) -> list[Path]:
    """Carry out one step if it can be; the paths that a client would tell of."""
    place = top / name
    if act == "write":
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(value)
        return [place]
    if not place.exists() or (act == "move" and (top / value).exists()):
        return []
    if act == "move":
        place.rename(top / value)
        return [place, top / value]
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    return [place]
