"""Helix, in a tmux."""

from __future__ import annotations

import sys

import pytest
from editor_clients import EDITORS, Home, Smoke, program, run

STEPS = (
    "squiggle in the open file",
    "message shows the path",
    "hover shows each hop",
    "both files are listed",
    "squiggle in the other file",
    "edit clears the edited file",
    "edit clears the other file",
    "undo brings the edited file back",
    "ends",
)


@pytest.fixture(scope="module")
def smoke(home: Home) -> Smoke:
    """The smoke script with our configuration as the user's."""
    program("hx", "Helix", "apt install hx (Debian 13), or helix-editor.com")
    program("tmux", "tmux, to run Helix in,", "apt install tmux")
    configuration = (EDITORS / "helix" / "languages.toml").read_text(encoding="utf-8")
    home.write(".config/helix/languages.toml", configuration)
    return run([sys.executable, EDITORS / "helix" / "smoke.py"], home)


@pytest.mark.parametrize("step", STEPS)
def test_step(smoke: Smoke, step: str) -> None:
    smoke.check(step)


def test_runs_to_its_end(smoke: Smoke) -> None:
    smoke.check_end(STEPS)
