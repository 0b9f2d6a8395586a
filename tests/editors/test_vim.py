"""Vim with ALE, in a pretended terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from editor_clients import EDITORS, Home, Smoke, missing, program, readme_block, run_in_terminal

SMOKE = EDITORS / "vim" / "smoke.vim"

STEPS = (
    "squiggle in the open file",
    "squiggle is under the module name",
    "message shows the path",
    "squiggle in the other file",
    "hover shows each hop",
    "edit clears the edited file",
    "edit clears the other file",
    "typing it again brings both back",
)


def _vim() -> Path:
    vim = program("vim", "Vim", "apt install vim-nox vim-ale")
    without = "if !exists('g:loaded_ale_dont_use_this_in_other_plugins_please') | cquit! | endif"
    asked = [str(vim), "-es", "-N", "-u", "NONE", "-c", "packadd ale", "-c", without, "-c", "qall!"]
    done = subprocess.run(asked, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        missing("ALE for Vim", "apt install vim-ale")
    return vim


@pytest.fixture(scope="module")
def smoke(home: Home) -> Smoke:
    """The smoke script with the configuration of the README."""
    configuration = readme_block("vim", "vim")
    vimrc = home.write(
        "vimrc", f"set nocompatible\nfiletype plugin on\n{configuration}packadd! ale\n"
    )
    return run_in_terminal([_vim(), "-u", vimrc, "-S", SMOKE], home, home.path / "smoke.log")


@pytest.mark.parametrize("step", STEPS)
def test_step(smoke: Smoke, step: str) -> None:
    smoke.check(step)


def test_runs_to_its_end(smoke: Smoke) -> None:
    smoke.check_end(STEPS)
