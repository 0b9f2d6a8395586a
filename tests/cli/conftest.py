"""How the tests of the command line run it: in this process, or, where that matters, in another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from import_cycles.__main__ import main

SERVER = Path(__file__).parents[2] / "server"


@dataclass(frozen=True)
class Result:
    """What one run left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], Path]:
    """Writes files into an empty folder, which is the working directory from then on."""
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(variable, raising=False)

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return tmp_path

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the program in this process."""

    def call(*arguments: str) -> Result:
        status = main(arguments)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call


def environment(**variables: str) -> dict[str, str]:
    """The environment of a fresh interpreter that finds the package."""
    return {**os.environ, "PYTHONPATH": str(SERVER), **variables}


@pytest.fixture
def fresh_environment() -> dict[str, str]:
    """What `environment` gives, for tests that start processes themselves."""
    return environment(PYTHONIOENCODING="utf-8")


@pytest.fixture
def spawn() -> Run:
    """Runs the program in a fresh interpreter; keyword arguments are environment variables."""

    def call(*arguments: str, **variables: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "import_cycles", *arguments],
            env=environment(**variables),
            capture_output=True,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))

    return call


@pytest.fixture
def interpreter() -> Callable[[str], str]:
    """What a fresh interpreter prints when it runs some code."""

    def call(code: str, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=environment(),
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    return call
