"""jedi answers where a name is defined, runs nothing, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from import_cycles.workspace.jedi_names import JediNames
from import_cycles.workspace.paths import as_source_path


def _ask(folder: Path, text: str, line: int, column: int) -> tuple[str, str] | None:
    path = folder / "asked.py"
    path.write_text(text, encoding="utf-8")
    names = JediNames(folder, [as_source_path(folder)])
    found = names.definition(as_source_path(path), text, line, column)
    return None if found is None else (Path(found[0]).relative_to(folder).as_posix(), found[1])


def test_through_reexports_and_stars(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from .api import *\n")
    (package / "api.py").write_text("from .orders import _Order as Order\n")
    (package / "orders.py").write_text("class _Order: ...\n")
    assert _ask(tmp_path, "# é\nfrom shop import Order\n", 1, 17) == ("shop/orders.py", "_Order")


@pytest.mark.parametrize(
    "text", ["from nowhere import Order\n", "import shop\nOrder\n", "from shop import (\n", ""]
)
def test_no_answer(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop.py").write_text("")
    assert _ask(tmp_path, text, 0, 17) is None


def test_two_answers_are_none(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import sys\nif sys.argv:\n    def order(): ...\nelse:\n    class order: ...\n"
    )
    assert _ask(tmp_path, "from shop import order\n", 0, 17) is None


def test_runs_no_code_of_the_project(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    mark = tmp_path / "mark"
    code = f"open({str(mark)!r}, 'w')\nclass Order: ...\n"
    (tmp_path / "shop.py").write_text(f"from native import Order\nfrom gi import Order\n{code}")
    (tmp_path / "gi.py").write_text(code)
    # jedi would import this one, and warn that it cannot.
    (tmp_path / f"native{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")
    _ask(tmp_path, "from native import Order\nfrom shop import Order\n", 0, 20)
    _ask(tmp_path, "from gi import Order\nfrom shop import Order\n", 0, 16)
    _ask(tmp_path, "import native, gi\nfrom shop import Order\n", 1, 17)
    assert not mark.exists()
    assert not [warning for warning in recwarn if "not importable" in str(warning.message)]
    assert not {"native", "gi", "shop"} & sys.modules.keys()


def test_writes_no_cache_of_the_user(tmp_path: Path) -> None:
    cache, project = tmp_path / "cache", tmp_path / "project"
    project.mkdir()
    (project / "shop.py").write_text("class Order: ...\n")
    code = (
        "import sys; from pathlib import Path\n"
        "import import_cycles.workspace.workspace as w\n"
        "assert 'jedi' not in sys.modules\n"
        "from import_cycles.workspace.jedi_names import JediNames\n"
        f"root = Path({str(project)!r})\n"
        "names = JediNames(root, [root.as_posix()])\n"
        "print(names.definition((root / 'a.py').as_posix(), 'from shop import Order', 0, 17))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "shop.py" in done.stdout
    assert not cache.exists() or not list(cache.rglob("*.pkl"))
