"""Starts from the cache: what is read and parsed anew, and everything that can be wrong with it.

That they show the same as a start without one is the matter of `test_warm` in
tests/test_cases.py and of tests/workspace/test_history.py.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from import_cycles.analysis import intake, summaries
from import_cycles.analysis.cuts import Cuts, KnotCut
from import_cycles.syntax.scan import Scanner
from import_cycles.workspace import cache as cache_module
from import_cycles.workspace import cache_database, reading, stamps
from import_cycles.workspace import workspace as workspace_module
from import_cycles.workspace.cache import Cache
from import_cycles.workspace.cache_database import Database
from import_cycles.workspace.cache_folder import DATABASE
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.remembered_cuts import RememberedCuts
from import_cycles.workspace.workspace import Workspace

from .conftest import Tree

RING = {
    "app/__init__.py": "",
    "app/a.py": "import app.b\nLIMIT = 1\n",
    "app/b.py": "from app.a import LIMIT\n",
    "app/c.py": "import app.a\n",
    "app/d.py": "import app.c\n",
    "pyproject.toml": "",
}
OLD = 1_500_000_000
"""Seconds; a time at which no test writes."""


@dataclass
class Work:
    """Names of files read, and how many texts were looked at."""

    read: list[str] = field(default_factory=list)
    scanned: int = 0
    summarized: int = 0

    def forget(self) -> None:
        """Count from here on."""
        self.read.clear()
        self.scanned = self.summarized = 0

    @property
    def is_none(self) -> bool:
        return not self.read and not self.scanned and not self.summarized


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts the files that are read and parsed from here on."""
    counted = Work()

    def spy(where: object, name: str, note: Callable[..., None]) -> None:
        original = getattr(where, name)

        def act(*args: object, **options: object) -> object:
            note(*args)
            return original(*args, **options)

        monkeypatch.setattr(where, name, act)

    def note_file(path: str) -> None:
        counted.read.append(Path(path).name)

    def note_scan(*_: object) -> None:
        counted.scanned += 1

    def note_summary(*_: object) -> None:
        counted.summarized += 1

    spy(reading, "load", note_file)
    spy(workspace_module, "load", note_file)
    spy(Scanner, "scan", note_scan)
    spy(intake, "summarize", note_summary)
    spy(summaries, "summarize", note_summary)
    return counted


@pytest.fixture
def top(tree: Tree) -> Path:
    """A ring of two, and one that imports it, all of them old files."""
    top = tree(texts=RING)
    for path in top.rglob("*.py"):
        os.utime(path, (OLD, OLD))
    return top


@pytest.fixture(autouse=True)
def _no_racy_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every stamp count, although tests change files within one tick of the clock."""
    monkeypatch.setattr(stamps, "_TICK", -(10**18))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def start(top: Path, store: Path, *, purpose: str = "test") -> Workspace:
    """A new process, as it were: index, verdicts, and back into the cache."""
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), purpose))
    workspace.index()
    workspace.understand()
    workspace.settle()
    workspace.keep()
    cache.database.close()
    return workspace


def shown(workspace: Workspace) -> object:
    snapshot = workspace.snapshot
    return dict(snapshot.findings), dict(snapshot.problems), snapshot.components, workspace.problems


def fresh(top: Path) -> object:
    workspace = Workspace(top)
    workspace.index()
    workspace.understand()
    workspace.settle()
    return shown(workspace)


def rewrite(path: Path, text: str, when: int = OLD + 1) -> None:
    path.write_text(text)
    os.utime(path, (when, when))


# --- what is done again ------------------------------------------------------------------------


def test_nothing_is_read_when_nothing_has_changed(top: Path, store: Path, work: Work) -> None:
    first = start(top, store)
    assert work.scanned == 5
    work.forget()
    again = start(top, store)
    assert work.is_none
    assert not again.is_awake
    assert shown(again) == shown(first) == fresh(top)
    assert shown(first)[0]


def test_a_touched_file_is_read_but_not_looked_at(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    os.utime(top / "app/b.py", (OLD + 5, OLD + 5))
    work.forget()
    again = start(top, store)
    assert (work.read, work.scanned, work.summarized) == (["b.py"], 0, 0)
    assert not again.is_awake
    work.forget()
    start(top, store)
    assert work.is_none, "the newer time was noted"


def test_a_changed_file_alone_is_looked_at(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    rewrite(top / "app/d.py", "import app.b\n")
    work.forget()
    again = start(top, store)
    assert set(work.read) == {"d.py"}
    assert (work.scanned, work.summarized) == (1, 1)
    assert shown(again) == fresh(top)


def test_a_change_in_a_cycle(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    rewrite(top / "app/b.py", "import app.a  # again\n")
    work.forget()
    again = start(top, store)
    assert (work.scanned, work.summarized) == (1, 1)
    assert shown(again) == fresh(top)
    rewrite(top / "app/b.py", "", OLD + 2)
    assert shown(start(top, store)) == fresh(top)
    work.forget()
    rewrite(top / "app/b.py", "import app.a  # again\n", OLD + 3)
    again = start(top, store)
    assert work.summarized == 0, "the summary of then was kept"
    assert shown(again) == fresh(top)


def test_a_name_that_other_texts_only_spell(top: Path, store: Path) -> None:
    """Whether they ask for it is read off summaries that are fetched for that."""
    for path in ("app/b.py", "app/c.py", "app/d.py"):
        rewrite(top / path, f"{RING[path]}def other(new): return new\n")
    start(top, store)
    rewrite(top / "app/a.py", f"{RING['app/a.py']}new = 1\n")
    assert shown(start(top, store)) == fresh(top)


def test_files_that_come_and_go(top: Path, store: Path) -> None:
    start(top, store)
    (top / "app/n.py").write_text("import app.c\nimport app.n\n")
    assert shown(start(top, store)) == fresh(top)
    (top / "app/a.py").rename(top / "app/e.py")
    assert shown(start(top, store)) == fresh(top)
    (top / "app").rename(top / "shop")
    assert shown(start(top, store)) == fresh(top)
    (top / "shop/e.py").unlink()
    assert shown(start(top, store)) == fresh(top)


def test_settings_that_change(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    table = "[tool.import-cycles]\n"
    for text in (
        f"{table}severity = {{ cycle-crash = 'hint', cycle = 'off' }}\n",
        f"{table}exclude = ['app/b.py']\n",
        f"{table}target-version = '3.11'\n",
        f"{table}roots = ['app']\n",
        "][",
        "",
    ):
        (top / "pyproject.toml").write_text(text)
        assert shown(start(top, store)) == fresh(top), text


def test_a_broken_text_is_known_by_itself_alone(top: Path, store: Path) -> None:
    start(top, store)
    rewrite(top / "app/b.py", "from app.a import LIMIT\nimport (\n")
    assert shown(start(top, store)) == fresh(top)
    rewrite(top / "app/b.py", "import (\n", OLD + 2)
    assert shown(start(top, store)) == fresh(top)
    rewrite(top / "app/b.py", RING["app/b.py"], OLD + 3)
    assert shown(start(top, store)) == fresh(top)


def test_what_a_broken_text_was_is_not_kept(top: Path, store: Path) -> None:
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.index()
    workspace.settle()
    rewrite(top / "app/b.py", "import (\n")
    workspace.files_changed([as_source_path(top / "app/b.py")])
    workspace.flush()
    workspace.settle()
    workspace.keep()
    assert shown(workspace) != fresh(top), "its last good text counts while one types"
    assert shown(start(top, store)) == fresh(top)


def test_what_is_open_in_an_editor_is_not_kept_for_the_disk(top: Path, store: Path) -> None:
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.open_document(as_source_path(top / "app/b.py"), "")
    workspace.open_document(as_source_path(top / "app/new.py"), "import app.new\n")
    workspace.index()
    workspace.settle()
    workspace.keep()
    assert shown(workspace) != fresh(top)
    assert shown(start(top, store)) == fresh(top)


def test_an_unreadable_file_is_told_of_each_time(top: Path, store: Path, work: Work) -> None:
    (top / "app/n.py").write_bytes(b"# \xff\n")
    os.utime(top / "app/n.py", (OLD, OLD))
    first = start(top, store)
    assert any("not utf-8" in problem.message for problem in first.problems)
    work.forget()
    assert shown(start(top, store)) == shown(first)
    assert work.is_none


def test_another_checkout_takes_the_summaries(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    other = top.parent / "other"
    for name, text in RING.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(text)
    work.forget()
    start(other, store)
    assert work.scanned == 5
    assert work.summarized == 0


# --- clocks ------------------------------------------------------------------------------------


def test_a_file_changed_within_a_tick_is_read_again(
    top: Path, store: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "_TICK", 2_000_000_000)
    path = top / "app/b.py"
    path.write_text("import app.c\n")
    before = path.stat()
    start(top, store)
    path.write_text("import app.a\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    work.forget()
    assert shown(start(top, store)) == fresh(top)
    assert "b.py" in work.read


def test_a_file_with_its_time_set_back_is_read_again(
    top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by `cp -p`; the disk's time of the entry's own change shows it."""
    start(top, store)
    rewrite(top / "app/b.py", "from app.c import LIMIT", OLD)
    assert (top / "app/b.py").stat().st_size == len(RING["app/b.py"]) - 1
    rewrite(top / "app/b.py", "from app.c import LIMIT\n", OLD)
    assert shown(start(top, store)) == fresh(top)


# --- what can be wrong with the cache ----------------------------------------------------------


def test_another_version_of_the_program_starts_anew(
    top: Path, store: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(top, store)
    monkeypatch.setattr(cache_module, "semantics_tag", lambda: b"another!")
    work.forget()
    assert shown(start(top, store)) == fresh(top)
    assert work.scanned >= 5
    assert work.summarized


def test_two_versions_take_turns(
    top: Path, store: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tag in (b"one", b"two"):
        monkeypatch.setattr(cache_module, "semantics_tag", lambda tag=tag: tag)
        start(top, store)
    work.forget()
    for tag in (b"one", b"two"):
        monkeypatch.setattr(cache_module, "semantics_tag", lambda tag=tag: tag)
        assert not start(top, store).is_awake
    assert work.is_none
    for number in range(3):
        monkeypatch.setattr(cache_module, "semantics_tag", lambda tag=b"%d" % number: tag)
        start(top, store)
    monkeypatch.setattr(cache_module, "semantics_tag", lambda: b"one")
    assert start(top, store).is_awake, "there is room for the last few versions only"


def test_a_folder_whose_name_is_no_text(tmp_path: Path, store: Path) -> None:
    try:
        top = tmp_path / "caf\udce9"
        top.mkdir()
    except OSError as error:
        pytest.skip(f"no such names on this disk: {error}")
    for name, text in RING.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(text)
    assert shown(start(top, store)) == shown(start(top, store)) == fresh(top)


def test_what_was_left_unsettled_is_settled_by_the_next(top: Path, store: Path) -> None:
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.index()
    assert not workspace.is_settled
    workspace.keep()
    again = Workspace(top, cache=cache.of_project(top, (), "test"))
    again.index()
    assert not again.is_awake
    assert not again.is_settled
    again.settle()
    again.understand()
    assert shown(again) == fresh(top)


def test_half_of_an_urgent_start_is_not_kept(top: Path, store: Path) -> None:
    kept = Cache(store).of_project(top, (), "test")
    workspace = Workspace(top, cache=kept)
    workspace.open_document(as_source_path(top / "app/c.py"), "")
    workspace.index(is_urgent=True)
    assert not workspace.is_whole
    workspace.keep()
    assert kept.load() is None
    workspace.finish()
    workspace.settle()
    workspace.keep()
    assert shown(start(top, store)) == fresh(top)


def test_what_is_typed_before_an_urgent_start_is_whole_stays_known(top: Path, store: Path) -> None:
    """A broken text of an open document that nothing imports is told of; other ones are not."""
    path, broken = as_source_path(top / "alone.py"), "import ("
    cache = Cache(store)
    before = Workspace(top, cache=cache.of_project(top, (), "test"))
    before.open_document(path, broken)
    before.index()
    before.settle()
    before.keep()
    rewrite(top / "another.py", "")
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.open_document(path, broken)
    workspace.index(is_urgent=True)
    assert not workspace.is_whole
    workspace.open_document(path, f"{broken}(")
    workspace.flush()
    workspace.finish()
    assert path in workspace.snapshot.problems


def test_a_cancelled_start_is_not_kept(top: Path, store: Path) -> None:
    start(top, store)
    for path in top.rglob("*.py"):
        rewrite(path, path.read_text() + "\n")
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.index(cancelled=lambda: True)
    workspace.keep()
    cache.database.close()
    assert shown(start(top, store)) == fresh(top)


def test_after_an_error_nothing_is_kept(
    top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Cache(store).of_project(top, (), "test")
    workspace = Workspace(top, cache=kept)
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(Scanner, "scan", lambda *_, **__: 1 // 0)
        workspace.index()
    workspace.keep()
    assert kept.load() is None


def test_after_an_error_no_file_is_remembered(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was wrong with a file that has left the project in the meantime is wrong no longer."""
    odd = top / "odd.py"
    odd.write_bytes(b"\0import app.a\n")
    workspace = Workspace(top)
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("import_cycles.analysis.project.Project._show", lambda *_: 1 // 0)
        workspace.index()
    odd.unlink()
    workspace.files_changed([as_source_path(odd)])
    workspace.flush()
    assert workspace.problems == ()


@pytest.mark.parametrize("length", [0, 10, 100, 5000, 20_000])
def test_a_truncated_file_is_made_anew(top: Path, store: Path, work: Work, length: int) -> None:
    start(top, store)
    data = (store / DATABASE).read_bytes()
    assert len(data) > 20_000
    (store / DATABASE).write_bytes(data[:length])
    assert shown(start(top, store)) == fresh(top)
    work.forget()
    assert shown(start(top, store)) == fresh(top)
    assert work.scanned == 5, "the last of them started from the cache, only `fresh` did not"


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_costs_time_only(top: Path, store: Path, seed: int) -> None:
    start(top, store)
    data = bytearray((store / DATABASE).read_bytes())
    for place in range(100 + seed * 37, len(data), 1111):
        data[place] ^= 0x5A
    (store / DATABASE).write_bytes(data)
    assert shown(start(top, store)) == fresh(top)
    rewrite(top / "app/b.py", "import app.c\n")
    assert shown(start(top, store)) == fresh(top)


def test_garbage_is_made_anew(top: Path, store: Path, work: Work) -> None:
    store.mkdir()
    (store / DATABASE).write_bytes(b"nothing that sqlite has ever written" * 100)
    start(top, store)
    work.forget()
    start(top, store)
    assert work.is_none


def test_tables_of_another_version_are_made_anew(top: Path, store: Path, work: Work) -> None:
    start(top, store)
    with sqlite3.connect(store / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    start(top, store)
    work.forget()
    start(top, store)
    assert work.is_none


def test_a_locked_one_is_not_used(
    top: Path, store: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_database, "_PATIENCE", 0.01)
    start(top, store)
    tried: list[object] = []
    note = cache_database.note
    monkeypatch.setattr(cache_database, "note", lambda *told: (tried.append(told), note(*told)))
    connection = sqlite3.connect(store / DATABASE, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    work.forget()
    assert shown(start(top, store)) == fresh(top)
    assert work.scanned
    assert len(tried) == 1, "it is not waited for again and again"
    connection.execute("ROLLBACK")
    connection.close()
    work.forget()
    start(top, store)
    assert work.is_none


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not allow writing."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def test_a_folder_that_cannot_be_written_is_done_without(top: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert shown(start(top, tmp_path / "file" / "cache")) == fresh(top)
    assert (tmp_path / "file").read_text() == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind this user")
def test_a_folder_without_rights_is_done_without(top: Path, closed: Path) -> None:
    assert shown(start(top, closed / "cache")) == fresh(top)


def test_a_state_that_goes_while_it_is_in_use(top: Path, store: Path) -> None:
    start(top, store)
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.index()
    assert not workspace.is_awake
    (store / DATABASE).unlink()
    cache.database.close()
    rewrite(top / "app/b.py", "import app.c\n")
    workspace.files_changed([as_source_path(top / "app/b.py")])
    workspace.flush()
    workspace.settle()
    assert shown(workspace) == fresh(top)


def test_a_state_that_is_replaced_while_it_is_in_use(top: Path, store: Path) -> None:
    start(top, store)
    cache = Cache(store)
    workspace = Workspace(top, cache=cache.of_project(top, (), "test"))
    workspace.index()
    rewrite(top / "app/b.py", "import app.c\n")
    start(top, store)
    workspace.files_changed([as_source_path(top / "app/b.py")])
    workspace.flush()
    workspace.settle()
    assert shown(workspace) == fresh(top)


def test_two_processes_at_once(top: Path, store: Path, work: Work) -> None:
    command = [sys.executable, "-m", "import_cycles", "check", "--cache-dir", str(store), str(top)]
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=120) for process in running]
    assert {process.returncode for process in running} == {1}
    assert len({out for out, _ in told}) == 1
    assert {err for _, err in told} == {b""}
    assert shown(start(top, store)) == fresh(top)


# --- the file ----------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_it_is_for_the_user_alone(top: Path, store: Path) -> None:
    start(top, store)
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    assert stat.S_IMODE((store / DATABASE).stat().st_mode) == 0o600


def test_nothing_is_written_when_there_is_no_news(top: Path, store: Path) -> None:
    start(top, store)
    before = (store / DATABASE).read_bytes()
    start(top, store)
    assert (store / DATABASE).read_bytes() == before


def test_imports_to_cut_are_worked_out_once(
    top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(top, store)
    cuts = RememberedCuts(first)
    ring = next(each for each in first.snapshot.components if len(each.members) > 1)
    found = cuts.of(ring)
    assert found.imports
    cuts.remember()

    def must_not(*_: object) -> KnotCut:
        raise AssertionError("worked out anew")

    monkeypatch.setattr(Cuts, "of", must_not)
    assert RememberedCuts(start(top, store)).of(ring) == found


def test_what_was_not_used_for_a_month_goes(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(store)
    day = cache_database._today()
    database.write("old", b"", {"part": b"1"}, [(b"old", b"1"), (b"shared", b"2")], [])
    monkeypatch.setattr(cache_database, "_today", lambda: day + 20)
    database.use("other", b"", [b"shared"])
    database.write("other", b"", {"part": b"1"}, [], [b"shared"])
    monkeypatch.setattr(cache_database, "_today", lambda: day + 40)
    database.write("new", b"", {"part": b"1"}, [], [])
    assert database.part("old", "part", b"") is None
    assert database.part("other", "part", b"") is not None
    assert database.present([b"old", b"shared"]) == {b"shared"}


def test_its_size_has_a_bound(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(store, max_bytes=1_000_000)
    day = cache_database._today()
    for number in range(30):
        monkeypatch.setattr(cache_database, "_today", lambda number=number: day + number // 3)
        rows = [(b"%d" % number, os.urandom(80_000))]
        database.write(f"p{number}", b"", {"part": b"small"}, rows, [])
    assert (store / DATABASE).stat().st_size < 2_500_000
    assert database.present([b"0"]) == set()
    assert database.present([b"29"]) == {b"29"}
    assert database.part("p29", "part", b"") is not None


def test_a_day_later_a_use_is_noted(
    top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(top, store)
    day = cache_database._today()
    monkeypatch.setattr(cache_database, "_today", lambda: day + 29)
    start(top, store)
    monkeypatch.setattr(cache_database, "_today", lambda: day + 50)
    start(top, store, purpose="another")
    assert not start(top, store).is_awake
