"""Summaries that other processes make are those that this one makes, whatever becomes of them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from import_cycles.analysis.summaries import ManySummaries
from import_cycles.base.names import ModuleName
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace import summary_batch, summary_worker
from import_cycles.workspace.processes import (
    FEWEST_PROCESSORS,
    LEAST,
    VARIABLE,
    SummaryProcesses,
    helping_processes,
)
from import_cycles.workspace.summary_batch import summarize_together
from import_cycles.workspace.workspace import Workspace

from .conftest import Tree

TARGET = PythonTarget()
OWN = sorted((Path(summary_batch.__file__).parents[1] / "analysis").glob("*.py"))[:12]
TEXTS = [
    *(path.read_text("utf-8") for path in OWN),
    "",
    "import b  # ä\n",
    "def broken(:\n",
    "x = '\ud800'\n",
    "x = " + "-" * 300 + "1\n",
    "x = " + "(" * 5_000 + "\n",
]


def _alone(texts: list[str]) -> list[Summarized]:
    return [summarize(text, TARGET) for text in texts]


def _differing(found: list[Summarized | None]) -> list[int]:
    """The numbers of the texts whose summary is another than this process makes."""
    assert len(found) == len(TEXTS)
    pairs = zip(found, _alone(TEXTS), strict=True)
    return [n for n, (each, alone) in enumerate(pairs) if each is not None and each != alone]


def _waits_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process summarize nothing, as if the others were always quicker."""

    def results(batch: summary_batch._Batch) -> list[Summarized | None]:
        for _ in range(6_000):
            if len(batch._answers) == len(batch._chunks):
                return all_results(batch)
            time.sleep(0.01)
        raise AssertionError("no answer after a minute")

    all_results = summary_batch._Batch.results
    monkeypatch.setattr(summary_batch._Batch, "results", results)


def test_other_processes_make_the_same_summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    _waits_for_others(monkeypatch)
    found = summarize_together(TEXTS, TARGET, 2, leaves_out=False)
    assert _differing(found) == []
    left = {n for n, each in enumerate(found) if each is None}
    broken = {n for n, each in enumerate(_alone(TEXTS)) if not each.exact}
    assert broken <= left < broken | {len(TEXTS) - 2}


def test_the_target_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    _waits_for_others(monkeypatch)
    text = "import sys\nif sys.platform == 'win32':\n    import a\n"
    for platform in ("linux", "win32"):
        target = PythonTarget(platform=platform)
        assert summarize_together([text], target, 1, leaves_out=False) == [summarize(text, target)]


def test_what_is_left_out_is_left_out_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _waits_for_others(monkeypatch)
    wrong = f"def f():\n    return (] {'a' * 40}\n"
    made = [
        summarize_together([wrong], TARGET, 1, leaves_out=leaves_out)
        for leaves_out in (False, True)
    ]
    assert made == [[None], [summarize(wrong, TARGET, leaves_out=True)]]


@pytest.mark.parametrize(
    "start",
    [
        "raise SystemExit",
        "import time; time.sleep(1_000)",
        "import sys; sys.stdin.buffer.read(9); sys.stdout.write('x')",
        "import os; os.write(1, bytes([0] * 7 + [3]) + b'abc'); import time; time.sleep(1_000)",
    ],
    ids=["ends", "hangs", "ends early", "answers nonsense"],
)
def test_a_process_that_fails_costs_nothing_but_time(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], start: str
) -> None:
    monkeypatch.setattr(summary_batch, "_START", start)
    assert _differing(summarize_together(TEXTS, TARGET, 2, leaves_out=False)) == []
    assert capfd.readouterr() == ("", "")


def test_processes_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    found = summarize_together(TEXTS, TARGET, 2, leaves_out=False)
    assert found == _alone(TEXTS)


def test_no_process_is_left_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(as_ever())
        return started[-1]

    def texts() -> Iterator[str]:
        yield "import a\n"
        raise KeyboardInterrupt

    as_ever = summary_batch._started
    monkeypatch.setattr(summary_batch, "_started", start)
    with pytest.raises(KeyboardInterrupt):
        summarize_together(texts(), TARGET, 2, leaves_out=False)
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_no_code_of_the_project_runs(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    shadows = ("struct", "pickle", "queue", "ast", "import_cycles", "sitecustomize")
    code = "open('ran', 'w').close()\n"
    folder = tree("", {f"{name}.py": code for name in shadows})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    _waits_for_others(monkeypatch)
    made = summarize_together(["import a\n"], TARGET, 1, leaves_out=False)
    assert made == _alone(["import a\n"])
    assert not (folder / "ran").exists()


def test_a_message_that_is_cut_off() -> None:
    stream = BytesIO()
    summary_worker.send(stream, b"abc")
    whole = stream.getvalue()
    assert summary_worker.receive(BytesIO(whole)) == b"abc"
    assert [summary_worker.receive(BytesIO(whole[:n])) for n in range(len(whole))] == [None] * 11


# --- when ------------------------------------------------------------------------------------


def test_they_help_on_many_processors_and_with_many_texts_only() -> None:
    assert helping_processes({}, FEWEST_PROCESSORS - 1) is None
    found = helping_processes({}, FEWEST_PROCESSORS)
    assert found is not None
    assert (found.are_worth_it(LEAST - 1), found.are_worth_it(LEAST)) == (False, True)
    assert found.n_most == FEWEST_PROCESSORS - 1


def test_the_environment_names_their_number() -> None:
    assert helping_processes({VARIABLE: "0"}, 64) is None
    assert helping_processes({VARIABLE: "2"}, 1) == SummaryProcesses(2, 1, 1)


class _Many:
    """Counts the texts that it summarizes, each second of which it leaves."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def are_worth_it(self, n_texts: int) -> bool:
        return n_texts > 0

    def summarize(
        self, n_texts: int, texts: Iterable[str], target: PythonTarget, *, leaves_out: bool
    ) -> list[Summarized | None]:
        del n_texts
        made = [summarize(text, target, leaves_out=leaves_out) for text in texts]
        self.asked.append(len(made))
        return [each if number % 2 else None for number, each in enumerate(made)]


_PROJECT = {
    "a.py": "import b\nx = 1\n",
    "b.py": "import c\nfrom a import x\n",
    "c.py": "import a\ndef f(:\n",
    "d.py": "import a\n",
}


def _shown(folder: Path, many: ManySummaries | None) -> object:
    workspace = Workspace(folder, many=many)
    workspace.index()
    workspace.understand()
    workspace.settle()
    shown = workspace.snapshot
    summaries = {name: shown.summaries[ModuleName(name)] for name in "abcd"}
    return shown.findings, shown.problems, shown.components, summaries


def test_a_project_asks_for_what_it_needs_at_once(tree: Tree) -> None:
    folder = tree("", _PROJECT)
    many = _Many()
    assert _shown(folder, many) == _shown(folder, None)
    # The modules of the cycle, and all others when every text is to be understood.
    assert many.asked == [3, 1]


def test_a_project_is_the_same_with_processes(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree("", _PROJECT)
    _waits_for_others(monkeypatch)
    assert _shown(folder, SummaryProcesses(2, 1, 1)) == _shown(folder, None)
