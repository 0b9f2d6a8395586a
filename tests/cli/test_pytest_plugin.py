"""`pytest --import-cycles`: each module is a test that it can be imported first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Write = Callable[[Mapping[str, str]], Path]

SHOP = {
    "pyproject.toml": "[tool.import-cycles]\n",
    "src/shop/__init__.py": "",
    "src/shop/orders.py": "LIMIT = 1\nfrom shop.users import NAME\n",
    "src/shop/users.py": "from shop.orders import LIMIT\nNAME = 2\n",
    "src/shop/tax.py": "",
    "src/shop/extra.py": "import nowhere_to_be_found\n",
    "src/shop/wants.py": "raise RuntimeError('configure me')\n",
    "src/shop/__main__.py": "raise SystemExit('not for import')\n",
    "tests/conftest.py": "raise_if_imported = True\n",
    "tests/test_shop.py": "def test_one():\n    pass\n",
}


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rsf", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_module_is_a_test(project: Write) -> None:
    folder = project(SHOP)
    status, out = run_pytest(folder, "--import-cycles")
    assert status == 1
    assert "1 failed, 4 passed, 2 skipped" in out
    assert "import shop.users" in out
    assert "circular import: shop.users → shop.orders → shop.users" in out
    assert "first_import_tests" not in out
    assert "needs nowhere_to_be_found, which is not installed" in out
    assert "fails for another reason than a cycle: RuntimeError: configure me" in out


def test_without_the_option_nothing_is_added(project: Write) -> None:
    folder = project(SHOP)
    assert run_pytest(folder)[0] == 0
    assert "1 passed in" in run_pytest(folder)[1]


@pytest.mark.parametrize("arguments", [["-n", "2"], ["-n", "2", "--dist", "loadfile"]])
def test_with_xdist_each_is_tested_once(project: Write, arguments: list[str]) -> None:
    folder = project(SHOP)
    status, out = run_pytest(folder, "--import-cycles", *arguments)
    assert status == 1
    assert "1 failed, 4 passed, 2 skipped" in out


def test_selections_count(project: Write) -> None:
    folder = project(SHOP)
    status, out = run_pytest(folder, "--import-cycles", "-m", "import_cycles", "-k", "tax")
    assert status == 0
    assert "1 passed, " in out
    collected = run_pytest(folder, "--import-cycles", "--collect-only", "-m", "import_cycles")[1]
    named = [line.rpartition("::")[2] for line in collected.splitlines() if "import shop" in line]
    assert named == [
        "import shop",
        "import shop.extra",
        "import shop.orders",
        "import shop.tax",
        "import shop.users",
        "import shop.wants",
    ]


def test_paths_and_time_can_be_set(project: Write) -> None:
    ini = "[pytest]\nimport_cycles_paths = src/shop/slow.py src/shop/tax.py\nimport_cycles_timeout = 1\n"
    folder = project(
        SHOP | {"pytest.ini": ini, "src/shop/slow.py": "import time\ntime.sleep(600)\n"}
    )
    status, out = run_pytest(folder, "--import-cycles", "-m", "import_cycles")
    assert status == 0
    assert "1 passed, 1 skipped" in out
    assert "did not end within 1 seconds" in out
