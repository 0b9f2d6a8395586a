"""A move is reported to close a cycle exactly if the project has a new one afterwards."""

from __future__ import annotations

import pytest

from harness.project import build, setup_of, source_path
from import_cycles.base.names import ModuleName
from import_cycles.repair.moves import ClosedByMove, closed_by_moves

SHOP = {
    "shop/__init__.py": "",
    "shop/util.py": "from shop.base import Base\n",
    "shop/base.py": "class Base: ...\n",
    "shop/main.py": "from shop.util import Base\n",
    "shop/models/__init__.py": "from shop.main import Base\n",
    "shop/models/fields.py": "from shop.models.kinds import Kind\n",
    "shop/models/kinds.py": "class Kind: ...\n",
    "shop/views/__init__.py": "import shop.base\n",
    "shop/lists/__init__.py": "from shop.lists.rows import Row\nfrom shop.lists.names import NAMES\n",
    "shop/lists/rows.py": "from shop.lists.names import NAMES\nclass Row: ...\n",
    "shop/lists/names.py": "NAMES = ()\n",
}


def _moved(old: str, new: str) -> tuple[ClosedByMove, ...]:
    project, _ = build(SHOP, setup_of(SHOP))
    edges = project.graph.edges()
    found = closed_by_moves(project, {source_path(old): source_path(new)})
    assert project.graph.edges() == edges
    return found


@pytest.mark.parametrize(
    ("old", "new", "cycle"),
    [
        ("shop/util.py", "shop/views/util.py", None),
        ("shop/util.py", "shop/helpers.py", None),
        ("shop/util.py", "shop/models/util.py", ("shop.main", "shop.models", "shop.main")),
        ("shop/models/fields.py", "shop/fields.py", None),
        (
            "shop/lists/rows.py",
            "shop/rows.py",
            ("shop.rows", "shop.lists", "shop.rows"),
        ),
        ("shop/base.py", "elsewhere.txt", None),
    ],
)
def test_moves(old: str, new: str, cycle: tuple[str, ...] | None) -> None:
    found = _moved(old, new)
    assert [each.cycle for each in found] == ([cycle] if cycle else [])
    if new.endswith(".py"):
        assert _has_new_cycle(old, new) == bool(cycle), "that is what is found afterwards"


def _has_new_cycle(old: str, new: str) -> bool:
    def dotted(path: str) -> str:
        return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    files = {
        (new if path == old else path): text.replace(
            f"{dotted(old)} import", f"{dotted(new)} import"
        )
        for path, text in SHOP.items()
    }
    assert dotted(old) not in "".join(files.values())
    before, _ = build(SHOP, setup_of(SHOP))
    after, _ = build(files, setup_of(files))

    def n_pairs(project) -> int:  # type: ignore[no-untyped-def]
        return sum(len(each.edges) for each in project.graph.components())

    return n_pairs(after) > n_pairs(before)


def test_a_folder_moves_as_one() -> None:
    project, _ = build(SHOP, setup_of(SHOP))
    moves = {
        source_path(path): source_path(path.replace("shop/lists", "shop/views/lists"))
        for path in SHOP
        if path.startswith("shop/lists/")
    }
    assert closed_by_moves(project, moves) == ()
    moves = {
        source_path(path): source_path(path.replace("shop/lists", "shop/models/lists"))
        for path in SHOP
        if path.startswith("shop/lists/")
    }
    assert closed_by_moves(project, moves) == ()
    assert project.graph.component_of(ModuleName("shop.lists")) is None
