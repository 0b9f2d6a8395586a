"""Checks `settings.json` in a real Kate, on a screen that nobody sees: `python3 smoke.py`.

It opens a small project with a cycle, with a home folder of its own, and looks at the pixels: Kate
draws a line in one certain colour below what a diagnostic marks. Prints `ok STEP` for each thing
that works, and ends with status 1 at the first that does not.

Needs: kate, Xvfb, dbus-run-session and ImageMagick's `import`.
"""

# ruff: noqa: T201 - printing is what it is for

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 40.0
"""Seconds in which the line has to appear."""

UNDERLINE = (205, 176, 99)
"""Red, green, blue of Kate's line below a diagnostic, in the default theme and the first line."""

LEAST_PIXELS = 15

FILES = {
    "pyproject.toml": '[project]\nname = "smoke"\n',
    "app/__init__.py": "",
    "app/a.py": "import app.b\n\nLIMIT = 10\n",
    "app/b.py": "import app.a\n\nSIZE = 20\n",
}


@contextmanager
def screen() -> Iterator[str]:
    """A display of its own; gives its name."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1000x600x24"]
    with subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL) as server:
        os.close(write_end)
        try:
            with os.fdopen(read_end) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


@contextmanager
def kate(home: Path, file: Path, display: str) -> Iterator[None]:
    """Kate with `settings.json`, allowed to start the server."""
    program = shutil.which("import-cycles")
    settings = home / ".config" / "kate" / "lspclient" / "settings.json"
    settings.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("settings.json"), settings)
    (home / ".config" / "katerc").write_text(
        "[Kate Plugins]\nlspclientplugin=true\n"
        f"[lspclient]\nAllowedServerCommandLines={program} server\n"
    )
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "DISPLAY": display,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "LC_ALL": "C.UTF-8",
    }
    with subprocess.Popen(
        ["dbus-run-session", "--", "kate", "-n", "-b", str(file)],
        env=environment,
        # The bus is a process of its own and outlives dbus-run-session when that is ended.
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as client:
        try:
            yield
        finally:
            os.killpg(client.pid, signal.SIGTERM)


def marked_pixels(display: str) -> int:
    """How many pixels of the screen have the colour of the line."""
    shot = subprocess.run(
        ["import", "-display", display, "-window", "root", "-depth", "8", "rgb:-"],
        capture_output=True,
        check=False,
    ).stdout
    reds, greens, blues = shot[0::3], shot[1::3], shot[2::3]
    wanted_red, wanted_green, wanted_blue = UNDERLINE
    return sum(
        abs(red - wanted_red) <= 2
        and abs(green - wanted_green) <= 2
        and abs(blue - wanted_blue) <= 2
        for red, green, blue in zip(reds, greens, blues, strict=True)
    )


def main() -> int:
    """Status 0 when the line appears."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        project = Path(folder).resolve() / "project"
        for name, text in FILES.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        with screen() as display, kate(Path(folder) / "home", project / "app" / "a.py", display):
            deadline = time.monotonic() + PATIENCE
            while (seen := marked_pixels(display)) < LEAST_PIXELS:
                if time.monotonic() > deadline:
                    print(f"not ok squiggle in the open file: {seen} pixels of its colour")
                    return 1
                time.sleep(0.2)
    print("ok squiggle in the open file")
    return 0


if __name__ == "__main__":
    sys.exit(main())
