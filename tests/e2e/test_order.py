"""Which imports must keep their order is shown after everything else, and follows edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.editor import started, write_files

pytestmark = pytest.mark.asyncio

SIM = {
    "pyproject.toml": "[project]\nname = 'sim'\n",
    "sim/__init__.py": "from sim.base import Kind\nfrom sim.atom import Atom\n",
    "sim/atom.py": "from sim import Kind\nclass Atom(Kind): pass\n",
    "sim/base.py": "class Kind: pass\n",
}
HINTS = ((0, "order-matters"), (1, "cycle"), (1, "order-matters"))


async def test_both_lines_are_shown_and_follow_edits(tmp_path: Path) -> None:
    root = write_files(tmp_path, SIM)
    package = root / "sim/__init__.py"
    async with started([root]) as editor:
        await editor.shows(package, *HINTS)
        editor.open(package)
        editor.change(package, SIM["sim/__init__.py"].replace("\n", "\n\n", 1))
        await editor.shows(package, HINTS[0], (2, "cycle"), (2, "order-matters"))
        editor.open(root / "sim/atom.py", "from sim.base import Kind\nclass Atom(Kind): pass\n")
        await editor.shows(package)


async def test_a_rule_that_is_off_says_nothing(tmp_path: Path) -> None:
    configuration = "[tool.import-cycles]\nseverity = { order-matters = 'off' }\n"
    root = write_files(tmp_path, {**SIM, "pyproject.toml": configuration})
    async with started([root]) as editor:
        await editor.settled()
        await editor.shows(root / "sim/__init__.py", (1, "cycle"))
