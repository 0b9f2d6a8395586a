"""examples/shop: it runs, it has the cycles that its README promises, and the docs show them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
MODULES = sorted(
    ".".join(path.relative_to(SHOP / "src").with_suffix("").parts).removesuffix(".__init__")
    for path in (SHOP / "src").rglob("*.py")
)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=SHOP / "src",
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs() -> None:
    done = _python("-m", "shop")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Ada ordered 2 things for 1.65 EUR\n")


@pytest.mark.parametrize("module", MODULES)
def test_which_module_crashes_when_imported_first(module: str) -> None:
    done = _python("-c", f"import {module}")
    crashes = "circular import" in done.stderr
    assert crashes == (done.returncode != 0)
    assert crashes == (module in {"shop.handlers", "shop.shipping.route"})


def test_its_cycles_are_found(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = run("check", "--quiet", "examples/shop").out.splitlines()
    prefix = "examples/shop/src/shop/"
    found = {line.removeprefix(prefix).rsplit(":", 3)[0].split(":")[0] for line in lines}
    assert found == {
        "campaigns.py",
        "discounts.py",
        "handlers.py",
        "helpers.py",
        "models/customer.py",
        "models/order.py",
        "payments/__init__.py",
        "payments/gateway.py",
        "payments/receipt.py",
        "shipping/parcel.py",
        "shipping/route.py",
        "signals.py",
    }


def test_documentation_shows_what_is_printed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = run("check", "examples/shop").out.split("\n\n")
    for page in (ROOT / "README.md", ROOT / "docs" / "cli.md"):
        text = page.read_text(encoding="utf-8")
        assert blocks[-1] in text
        shown = [block for block in blocks[:-1] if block in text]
        assert shown, f"{page.name} shows no finding as it is printed today"
