"""The answer about a new import equals the findings of the text that has it; nothing changes."""

from __future__ import annotations

from itertools import product

import pytest

from harness.project import build, findings_of, setup_of, source_path
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.findings.verdict import is_circular
from import_cycles.graph.components import is_binding
from import_cycles.repair.new_imports import Closing, would_close
from import_cycles.simulate.entries import simulate_entries

SHOP = {
    "shop/__init__.py": "from shop.models import Order\n",
    "shop/models.py": '"""Models."""\n\nfrom shop.base import Base\n\n\nclass Order(Base):\n    pass\n',
    "shop/base.py": "class Base:\n    pass\n",
    "shop/late.py": "def order():\n    from shop.models import Order\n    return Order()\n",
    "shop/broken.py": "import shop.late\nif\n",
    "tools/__init__.py": "",
    "tools/format.py": "import shop\n",
    "plain.py": "X = 1\n",
}


def _asked(files: dict[str, str], importer: str, imported: str, *names: str) -> Closing:
    project, _ = build(files, setup_of(files))
    found, modules = findings_of(project), project.graph.edges()
    texts = {source_path(path): text for path, text in files.items()}
    closing = would_close(project, ModuleName(importer), ModuleName(imported), texts.get, names)
    assert (findings_of(project), project.graph.edges()) == (found, modules)
    return closing


def test_an_import_that_closes_nothing() -> None:
    closing = _asked(SHOP, "shop.models", "plain")
    assert closing.closes is False
    assert closing.told == "`import plain` in shop.models closes no import cycle."


def test_a_name_that_is_not_there_yet_makes_first_imports_fail() -> None:
    closing = _asked(SHOP, "shop.base", "shop.models", "Order")
    assert closing.cycle == ("shop.base", "shop.models", "shop.base")
    assert closing.told == (
        "`from shop.models import Order` in shop.base would close an import cycle:"
        " shop.base → shop.models → shop.base. Importing shop, shop.base, shop.models first"
        " would fail with ImportError."
    )


def test_a_module_alone_may_be_a_cycle_that_works() -> None:
    closing = _asked(SHOP, "shop.base", "shop.models")
    assert closing.closes is True
    assert closing.failing == ()


def test_packages_on_the_way_count() -> None:
    closing = _asked(SHOP, "plain", "tools.format")
    assert closing.closes is False
    closing = _asked({**SHOP, "tools/__init__.py": "import plain\n"}, "plain", "tools.format")
    assert closing.cycle == ("plain", "tools", "plain")


def test_an_import_in_a_function_is_no_cycle() -> None:
    assert _asked(SHOP, "shop.models", "shop.late").closes is False


def test_what_is_there_already_is_told_so() -> None:
    files = {**SHOP, "shop/base.py": "import shop.models\nclass Base: pass\n"}
    closing = _asked(files, "shop.base", "shop.models")
    assert closing.is_there
    assert closing.told.startswith("`import shop.models` in shop.base is on an import cycle:")


@pytest.mark.parametrize(("importer", "imported"), [("shop.broken", "plain"), ("plain", "nothing")])
def test_what_is_not_known_is_not_denied(importer: str, imported: str) -> None:
    closing = _asked(SHOP, importer, imported)
    assert closing.closes is None
    assert closing.unknown


def test_it_says_what_a_new_project_would() -> None:
    names = [name for name in _modules(SHOP) if name not in ("shop.broken",)]
    closing_any = 0
    for importer, imported in product(names, names):
        closing = _asked(SHOP, importer, imported)
        path = _path(importer)
        text = SHOP[path]
        start = text.index("from") if text.startswith('"""') else 0
        line = f"import {imported}\n"
        first = text[start:].startswith(("from", "import"))
        end = text.index("\n", start) + 1 if first else start
        files = {**SHOP, path: text[:end] + line + text[end:]}
        project, _ = build(files, setup_of(files))
        component = project.graph.component_of(ModuleName(importer))
        is_closed = component is not None and any(
            edge.importer == importer and edge.imported == imported and is_binding(edge)
            for edge in component.edges
        )
        if is_closed:
            closing_any += 1
            runs = simulate_entries(project.world, component.members if component else ())
            failing = {name for name, run in runs.items() if is_circular(run)}
            inside = {each.module for each in closing.failing}.intersection(runs)
            assert inside == failing, closing
        assert bool(closing.cycle) >= is_closed, closing
    assert closing_any > 5


def _modules(files: dict[str, str]) -> list[str]:
    return [
        dotted_name(
            ModuleName(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        )
        for path in files
    ]


def _path(name: str) -> str:
    path = name.replace(".", "/")
    return f"{path}.py" if f"{path}.py" in SHOP else f"{path}/__init__.py"
