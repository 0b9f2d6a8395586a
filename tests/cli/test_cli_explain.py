"""`import-cycles explain`: what the hover says, found by module, file or line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

FILES = {
    "shop/__init__.py": "",
    "shop/orders.py": "import sys\nimport shop.users\n",
    "shop/users.py": "import shop.orders\n",
    "shop/alone.py": "",
}


@pytest.mark.parametrize(
    "subject",
    [
        "shop.orders",
        "shop/orders.py",
        "shop/orders.py:2",
        "shop/orders.py:2:8",
        "shop/orders.py:2:",
    ],
)
def test_tells_the_cycle_of_a_module_file_or_line(project: Write, run: Any, subject: str) -> None:
    project(FILES)
    result = run("explain", subject)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("shop/orders.py:2:8: information[cycle] ")
    assert "     └─ shop.users   shop/users.py:1   import shop.orders\n" in result.out
    assert "/rules/#cycle" in result.out


@pytest.mark.parametrize("subject", ["shop.alone", "shop/alone.py", "shop/orders.py:1"])
def test_says_when_there_is_nothing_to_tell(project: Write, run: Any, subject: str) -> None:
    project(FILES)
    result = run("explain", subject)
    assert (result.status, result.out.split(":")[0]) == (0, subject.split(":")[0])
    assert "no import cycle" in result.out


def test_unknown_module_is_a_mistake_with_a_hint(project: Write, run: Any) -> None:
    project(FILES)
    result = run("explain", "orders")
    assert (result.status, result.out) == (2, "")
    assert "is it shop.orders?" in result.err


def test_file_elsewhere_brings_its_project(
    project: Write, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({**{f"there/{path}": text for path, text in FILES.items()}, "here/x.py": ""})
    project({"there/pyproject.toml": "[project]\nname = 'shop'\n"})
    monkeypatch.chdir(tmp_path / "here")
    assert "shop.users" in run("explain", "../there/shop/orders.py").out
    assert run("explain", "shop.orders", "../there").status == 0


def test_file_outside_the_projects_is_a_mistake(project: Write, run: Any) -> None:
    project({**FILES, "more/x.py": ""})
    result = run("explain", "more/x.py", "shop")
    assert (result.status, result.out) == (2, "")
