"""Checks an installation in a real Helix, in a tmux that nobody sees: `python3 smoke.py`.

It opens a small project with a cycle with the user's own configuration, prints `ok STEP` for each
thing that works, and ends with status 1 at the first that does not.
"""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 20.0
"""Seconds in which the screen has to become what it should be."""

FILES = {
    "pyproject.toml": '[project]\nname = "smoke"\n',
    "app/__init__.py": "",
    "app/a.py": "import app.b\n\nLIMIT = 10\n",
    "app/b.py": "import app.a\n\nSIZE = 20\n",
}
CYCLE = "app.a → app.b → app.a"
HOPS = ("app/a.py:1", "app/b.py:1")
LISTED = ("2/2", "a/a.py", "a/b.py")


class Screen:
    """A Helix in a tmux server of its own."""

    def __init__(self, project: Path) -> None:
        self._socket = str(project / "tmux")
        self._tmux("new-session", "-d", "-x", "160", "-y", "40", "-c", str(project), "hx app/a.py")

    def press(self, *keys: str) -> None:
        """Keys by their tmux names; longer words are typed."""
        self._tmux("send-keys", *keys)

    def text(self) -> str:
        """What is on the screen; nothing once Helix has ended."""
        return self._tmux("capture-pane", "-p")

    def close(self) -> None:
        """Ends Helix, whatever is unsaved."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", self._socket, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout


class StepError(Exception):
    """A step did not work."""


def wait_for(step: str, screen: Screen, question: Callable[[str], bool]) -> None:
    """Look at the screen until it is as it should be."""
    deadline = time.monotonic() + PATIENCE
    while not question(text := screen.text()):
        if time.monotonic() > deadline:
            raise StepError(f"not ok {step}:\n{text}")
        time.sleep(0.05)
    print("ok", step, flush=True)


def is_marked(text: str) -> bool:
    """Whether there is a dot beside line 1."""
    return text.startswith("●") and " 1 " in text.partition("\n")[0]


def is_clean(text: str) -> bool:
    """Whether no line of the file has a dot."""
    return "●" not in text and " NOR " in text


def smoke(screen: Screen) -> None:
    """All steps."""
    wait_for("squiggle in the open file", screen, is_marked)
    screen.press("l", "l", "l", "l", "l", "l", "l")
    wait_for("message shows the path", screen, lambda text: CYCLE in text)
    screen.press("g", "h", "Space", "k")
    wait_for("hover shows each hop", screen, lambda text: all(it in text for it in HOPS))
    # Not Escape: a terminal takes it for Alt, with the key that follows.
    screen.press("C-c", "Space", "D")
    wait_for("both files are listed", screen, lambda text: all(it in text for it in LISTED))
    screen.press("C-c", ":open app/b.py", "Enter")
    wait_for("squiggle in the other file", screen, lambda text: is_marked(text) and "b.py" in text)
    screen.press("x", "d")
    wait_for("edit clears the edited file", screen, lambda text: is_clean(text) and "b.py" in text)
    screen.press(":open app/a.py", "Enter")
    wait_for("edit clears the other file", screen, lambda text: is_clean(text) and "a.py" in text)
    screen.press(":open app/b.py", "Enter", "u")
    wait_for("undo brings the edited file back", screen, is_marked)
    screen.press(":write-quit-all", "Enter")
    wait_for("ends", screen, lambda text: text == "")


def main() -> int:
    """Status 0 when everything works."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        project = Path(folder).resolve()
        for name, text in FILES.items():
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        screen = Screen(project)
        try:
            smoke(screen)
        except StepError as failure:
            print(failure)
            return 1
        finally:
            screen.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
