"""The patterns behind knots, each with a project that shows it and one that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.root_causes import Pattern, root_cause
from import_cycles.workspace.workspace import Workspace

DOCS = Path(__file__).parents[2] / "docs" / "root-causes.md"

HINTS = {
    "a.py": "from b import B\n\n\nclass A:\n    def f(self, b: B) -> None: ...\n\n\nB()\n",
    "b.py": "from __future__ import annotations\nfrom a import A\n\n\nclass B:\n    def g(self, a: A) -> None: ...\n",
}
MODELS = {
    "shop/__init__.py": "",
    "shop/order.py": "from sqlalchemy.orm import relationship\nfrom shop.base import Base\nimport shop.user\n\n\n"
    "class Order(Base):\n    user = relationship(lambda: shop.user.User)\n",
    "shop/user.py": "from sqlalchemy.orm import relationship\nfrom shop.base import Base\nimport shop.order\n\n\n"
    "class User(Base):\n    orders = relationship(lambda: shop.order.Order)\n",
    "shop/base.py": "class Base: ...\n",
}
REGISTRY = {
    "plug/__init__.py": "",
    "plug/hub.py": "ALL = []\n\n\ndef register(f):\n    ALL.append(f)\n    return f\n\n\n"
    "import plug.a\nimport plug.b\nimport plug.c\n",
    **{
        f"plug/{name}.py": "from plug.hub import register\n\n\n@register\ndef f(): ...\n"
        for name in "abc"
    },
}
FAT_INIT = {
    "shop/__init__.py": "from shop.base import Base\nfrom shop.order import Order\nfrom shop.user import User\n",
    "shop/base.py": "class Base: ...\n",
    "shop/order.py": "from shop import Base\n\n\nclass Order(Base): ...\n",
    "shop/user.py": "from shop import Base\n\n\nclass User(Base): ...\n",
}
UTILITY = {
    "shop/__init__.py": "",
    "shop/utils.py": "import shop.order\n\n\ndef price(n):\n    return shop.order.Order(n)\n\n\ndef low(s): ...\n",
    "shop/order.py": "from shop.utils import low\n\nNAME = low('x')\n\n\nclass Order: ...\n",
    "shop/user.py": "from shop.utils import low\nimport shop.order\n\nNAME = low('x')\n",
}
TWO_FILES = {
    "a.py": "from b import g\n\n\ndef f(): ...\n\n\nX = g()\n",
    "b.py": "import a\n\n\ndef g(): ...\n\n\nclass B(a.f): ...\n",
}

CASES = {
    "hints": (HINTS, Pattern.TYPE_HINTS),
    "models": (MODELS, Pattern.MODELS),
    "registry": (REGISTRY, Pattern.REGISTRY),
    "fat init": (FAT_INIT, Pattern.FAT_INIT),
    "utility": (UTILITY, Pattern.UTILITY),
    "two files": (TWO_FILES, Pattern.TWO_FILES),
    "hints that nothing evaluates": (
        HINTS | {"b.py": HINTS["b.py"].replace("a: A", "a: list[A] | None")},
        Pattern.TYPE_HINTS,
    ),
    "hints in quotes": (
        HINTS | {"b.py": "from a import A\n\n\nclass B:\n    x: 'list[A]'\n"},
        Pattern.TYPE_HINTS,
    ),
    "hints that are evaluated": (
        HINTS | {"b.py": "from a import A\n\n\ndef g(a: A): ...\nclass B: ...\n"},
        Pattern.TYPE_HINTS,
    ),
    "nothing uses it": (
        HINTS | {"b.py": "from a import A\n\n\nclass B:\n    x: 'shop.A'\n"},
        None,
    ),
    "functions only": (
        {
            "a.py": "import b\n\n\ndef f():\n    b.g()\n",
            "b.py": "import a\n\n\ndef g():\n    a.f()\n",
        },
        None,
    ),
    "utils among themselves": (
        {
            "utils/__init__.py": "",
            "utils/a.py": "import utils.b\n\n\ndef f():\n    utils.b.g()\n",
            "utils/b.py": "import utils.a\n\n\ndef g():\n    utils.a.f()\n",
        },
        None,
    ),
    "an ORM is used, and no models": (
        {
            "a.py": "import sqlalchemy\nimport b\n\n\ndef f():\n    b.g()\n",
            "b.py": "import sqlalchemy\nimport a\n\n\ndef g():\n    a.f()\n",
        },
        None,
    ),
    "names are taken from plugins": (
        REGISTRY
        | {
            "plug/hub.py": "def register(f):\n    return f\n\n\n"
            + "".join(f"from plug.{name} import f as {name}\n" for name in "abc")
            + "\n\ndef use():\n    return a, b, c\n"
        },
        None,
    ),
}


def cause_of(folder: Path, files: dict[str, str]) -> Pattern | None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    workspace = Workspace(folder)
    workspace.index()
    workspace.settle()
    (component,) = workspace.snapshot.components
    cut = Cuts().of(workspace.snapshot, component)
    cause = root_cause(workspace.snapshot, component, cut)
    return None if cause is None else cause.pattern


@pytest.mark.parametrize(("files", "pattern"), CASES.values(), ids=CASES)
def test_pattern_is_named_where_it_is_and_nowhere_else(
    tmp_path: Path, files: dict[str, str], pattern: Pattern | None
) -> None:
    assert cause_of(tmp_path, files) is pattern


def test_each_pattern_has_a_section_at_its_anchor() -> None:
    headings = [
        line.removeprefix("## ").strip()
        for line in DOCS.read_text("utf-8").splitlines()
        if line.startswith("## ")
    ]
    anchors = {
        "".join(c for c in each.lower().replace(" ", "-") if c.isalnum() or c == "-")
        for each in headings
    }
    assert {pattern.value for pattern in Pattern} <= anchors


def test_fixes_that_remedies_name_exist() -> None:
    import re

    from import_cycles.repair.fix_registry import fix_codes

    named = {code for pattern in Pattern for code in re.findall(r"fix ([a-z-]+)\)", pattern.remedy)}
    assert named <= set(fix_codes())
