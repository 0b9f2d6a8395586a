"""Kate, on a screen in memory: is there a line below the module name?"""

from __future__ import annotations

import sys

from editor_clients import EDITORS, Home, program, run

NEEDED = {
    "kate": "kate",
    "Xvfb": "xvfb",
    "dbus-run-session": "dbus-daemon",
    "import": "imagemagick",
}


def test_smoke(home: Home) -> None:
    for name, package in NEEDED.items():
        program(name, name, f"apt install {package}")
    smoke = run([sys.executable, EDITORS / "kate" / "smoke.py"], home)
    smoke.check_end(["squiggle in the open file"])
