"""The extension in a real VS Code: each suite runs with mocha inside the extension host.

The newest VS Code that there is a recipe for, or the one that `VSCODE_TEST_VERSION` names.
"""

from __future__ import annotations

import pytest
from vscode_client import script

# Both build in the same folder.
pytestmark = pytest.mark.xdist_group("vscode")


@pytest.fixture(scope="module")
def built() -> None:
    """Extension, tests and bundled server, once for all suites."""
    script("build")
    script("bundle-server")


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
