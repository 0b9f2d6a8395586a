"""The extension in a real VS Code: each suite runs with mocha inside the extension host.

The newest VS Code that there is a recipe for, or the one that `VSCODE_TEST_VERSION` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from vscode_client import script

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Waits for the same tests in other processes of pytest: all build in the same folder.

    Gives a folder of this run of pytest that they share. (The groups of pytest-xdist 3.8 do
    nothing with pytest 9.2.)
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / "vscode.lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture
def built(alone: Path) -> None:
    """Extension, tests and bundled server, once for all suites."""
    done = alone / "vscode-built"
    if not done.exists():
        script("build")
        script("bundle-server")
        done.touch()


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("suite", ["folder", "multi-root", "restricted", "interpreter", "large"])
def test_suite(suite: str) -> None:
    printed = script("test", suite, "--built")
    print(printed)
    assert " passing" in printed
    assert " failing" not in printed
    assert " pending" not in printed


def test_package_with_mouse_and_keys() -> None:
    """One file for every platform (bundle/check_package.py looks inside), installed offline."""
    script("package")
    printed = script("ui")
    print(printed)
    assert "\nok the graph" in printed
