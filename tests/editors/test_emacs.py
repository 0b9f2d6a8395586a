"""Emacs with eglot, in batch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from editor_clients import EDITORS, Home, Smoke, missing, program, readme_block, run

SMOKE = EDITORS / "emacs" / "smoke.el"

STEPS = (
    "attaches",
    "squiggle in the open file",
    "squiggle is under the module name",
    "message shows the path",
    "one server for both files",
    "squiggle in the other file",
    "column behind characters that are not ASCII",
    "hover shows each hop",
    "edit clears the edited file",
    "edit clears the other file",
    "typing it again brings both back",
    "quick fixes are offered",
    "quick fix changes the buffer",
    "quick fix clears the edited file",
    "quick fix clears the other file",
    "server stops",
)


def _emacs() -> Path:
    emacs = program("emacs", "Emacs", "apt install emacs-nox elpa-eglot", needed_in_ci=True)
    asked = [str(emacs), "--batch", "--eval", "(package-initialize)", "--eval", "(require 'eglot)"]
    if subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        missing("eglot for Emacs", "apt install elpa-eglot", needed_in_ci=True)
    return emacs


@pytest.fixture(scope="module")
def smoke(home: Home) -> Smoke:
    """The smoke script with the configuration of the README."""
    emacs = _emacs()
    load = readme_block("emacs", "elisp").splitlines()[0]
    init = home.write("init.el", load + "\n")
    return run([emacs, "--batch", "--eval", "(package-initialize)", "-l", init, "-l", SMOKE], home)


@pytest.mark.parametrize("step", STEPS)
def test_step(smoke: Smoke, step: str) -> None:
    smoke.check(step)


def test_runs_to_its_end(smoke: Smoke) -> None:
    smoke.check_end(STEPS)


def test_compiles_without_warnings(home: Home) -> None:
    source = (EDITORS / "emacs" / "import-cycles.el").read_text(encoding="utf-8")
    copy = home.write("compiled/import-cycles.el", source)
    strict = "(setq byte-compile-error-on-warn t)"
    done = run([_emacs(), "--batch", "--eval", strict, "-f", "batch-byte-compile", copy], home)
    assert done.status == 0, done.output
