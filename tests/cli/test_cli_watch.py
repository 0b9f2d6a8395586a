"""`import-cycles check --watch`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

RING = {"a.py": "import b\nx = 1\n", "b.py": "import a\n"}


class Changes:
    """Stands for watchfiles: each step changes files and says so; then the user presses Ctrl-C."""

    def __init__(self, *steps: Callable[[], list[Path]]) -> None:
        self._steps = steps

    def watch(self, *folders: Path) -> Iterator[set[tuple[int, str]]]:
        for step in self._steps:
            yield {(1, str(path)) for path in step()}
        raise KeyboardInterrupt


def test_each_change_is_told_at_once(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(RING)

    def end_it() -> list[Path]:
        (folder / "b.py").write_text("")
        return [folder / "b.py"]

    def nothing() -> list[Path]:
        return [folder / "notes.txt"]

    def crash() -> list[Path]:
        (folder / "b.py").write_text("# moved\nfrom a import x\n")
        return [folder / "b.py"]

    monkeypatch.setitem(sys.modules, "watchfiles", Changes(end_it, nothing, crash))
    result = run("check", "--watch", "--format", "concise")
    assert result.status == 130
    first, second, third = result.out.split("\n--- 1 file changed\n")
    assert len(first.splitlines()) == 2
    assert second == ""
    assert "b.py:2:15: warning[cycle-order-dependent]" in third


def test_missing_package_and_wrong_options_are_said(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(RING)
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    told = run("check", "--watch")
    assert told.status == 2
    assert "pip install 'import-cycles[watch]'" in told.err
    assert "do not go together" in run("check", "--watch", "--since", "HEAD").err


def test_real_changes_arrive(project: Write, fresh_environment: dict[str, str]) -> None:
    pytest.importorskip("watchfiles")
    folder = project(RING)
    process = subprocess.Popen(
        [sys.executable, "-m", "import_cycles", "check", "--watch", "--format", "concise"],
        cwd=folder,
        env=fresh_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "watching" in line:
                break
        # The watch begins after that line; whenever it does, one of these is news to it.
        for number in range(600):
            (folder / "b.py").write_text(f"# {number}\n")
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
            if _is_readable(process):
                break
        assert process.stdout.readline() == "\n"
        assert process.stdout.readline().endswith("changed\n")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _is_readable(process: subprocess.Popen[str]) -> bool:
    import select

    return bool(select.select([process.stdout], [], [], 0)[0])
