"""`import-cycles graph` as HTML and SVG, and the parts of the graph that pictures can be of."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

Write = Callable[[Mapping[str, str]], Path]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "server" / "import_cycles" / "cli" / "render" / "graph_page.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

SHOP = {
    "shop/__init__.py": "",
    "shop/orders.py": "import shop.users\n",
    "shop/users.py": "import shop.orders\n",
    "shop/tax.py": "import shop.orders\n",
    "shop/web/__init__.py": "",
    "shop/web/views.py": "import shop.tax\n\n\ndef f():\n    import shop.lone\n",
    "shop/lone.py": "",
}


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def names(run: Any, *options: str) -> list[str]:
    modules = json.loads(run("graph", *options).out)["modules"]
    return [module["name"] for module in modules]


def test_page_has_everything_to_draw(project: Write, run: Any) -> None:
    project(SHOP)
    data = data_of(run("graph", "--format", "html").out)
    assert {module["name"] for module in data["modules"]} >= {"shop.orders", "shop.lone"}
    (knot,) = data["knots"]
    assert knot["members"] == ["shop.orders", "shop.users"]
    assert knot["told"] == "2 modules, 1 cycle: shop.orders, shop.users"
    (cut,) = knot["cuts"]
    assert (cut["where"], cut["told"].partition(" (")[0]) == ("shop/users.py:1", "ends the cycle")
    (edge,) = [each for each in data["edges"] if each["imported"] == "shop.users"]
    assert (edge["kind"], edge["code"], edge["where"]) == ("runtime", "cycle", "shop/orders.py:1")


def test_page_fetches_nothing_and_holds_what_names_say(project: Write, run: Any) -> None:
    project({"x<!--<script>.py": "import a\n", "a.py": "import b\n", "b.py": "import a\n"})
    page = run("graph", "--format", "html").out
    assert "default-src 'none'" in page
    assert page.count("</script>") == 2
    assert "x<!--<script>" in {module["name"] for module in data_of(page)["modules"]}


def test_page_of_the_drawing_is_made_from_what_is_there() -> None:
    """When this fails: `npm ci && npm run html-page` in vscode-client."""
    head = PAGE.read_text("utf-8").partition("\n")[0]
    found = re.fullmatch(r"/\* sources ([0-9a-f]{64}) (.+)", head)
    assert found is not None
    digest = hashlib.sha256()
    for source in found[2].split():
        path = ROOT / "vscode-client" / source
        digest.update(f"{source}\n".encode() + path.read_bytes())
    assert digest.hexdigest() == found[1]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_browser_draws_the_page(project: Write, run: Any) -> None:
    folder = project(SHOP)
    run("graph", "--format", "html", "--output-file", "page.html")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
            f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000",
            (folder / "page.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    body = re.search(r"<body[^>]*>", done.stdout)
    assert body is not None
    assert 'data-boxes="7"' in body[0]
    assert 'data-lines="5"' in body[0]
    assert "1 knot, and the imports to cut" in done.stdout


def test_check_opens_the_picture_of_the_cycles(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(SHOP)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = run("check", "--open")
    assert result.status == 1
    (uri,) = opened
    page = Path(uri.removeprefix("file://"))
    assert f"the picture is {page}" in result.err
    assert {each["name"] for each in data_of(page.read_text())["modules"]} == {
        "shop.orders",
        "shop.users",
    }
    shutil.rmtree(page.parent)


def test_svg_is_well_formed_and_cuts_point_up(project: Write, run: Any) -> None:
    project(SHOP | {"<&>.py": ""})
    root = ElementTree.fromstring(run("graph", "--format", "svg").out)
    space = "{http://www.w3.org/2000/svg}"
    texts = {each.text: float(each.get("y", "0")) for each in root.iter(f"{space}text")}
    assert {"shop.orders", "shop.users", "<&>"} <= texts.keys()
    (cut,) = [each for each in root.iter(f"{space}path") if each.get("class") == "line cut"]
    assert cut.findtext(f"{space}title") == "shop.users imports shop.orders"
    assert texts["shop.orders"] < texts["shop.users"]


def test_focus_and_depth(project: Write, run: Any) -> None:
    project(SHOP)
    assert {"shop.orders", "shop.tax", "shop.web.views"} <= set(names(run, "--focus", "shop.tax"))
    near = set(names(run, "--focus", "shop.lone"))
    far = set(names(run, "--focus", "shop.lone", "--depth", "3"))
    assert "shop.web.views" in near
    assert "shop.orders" not in near
    assert near < far
    assert "shop.orders" in far
    assert "there is no module nix in the picture" in run("graph", "--focus", "nix").err


def test_reaches_has_what_loads_a_module(project: Write, run: Any) -> None:
    project(SHOP)
    assert set(names(run, "--reaches", "shop.users")) == {
        "shop.orders",
        "shop.tax",
        "shop.users",
        "shop.web.views",
    }
    # An import in a function is none while loading.
    assert names(run, "--reaches", "shop.lone") == ["shop.lone"]


def test_collapsed_packages_are_one_box(project: Write, run: Any) -> None:
    project(SHOP)
    assert "shop.web.views" not in names(run, "--collapse", "shop.web")
    assert "shop.web" in names(run, "--collapse", "shop.web")
    assert names(run, "--collapse", "1") == ["shop"]
    document = json.loads(run("graph", "--collapse", "shop.web").out)
    assert ("shop.web", "shop.tax") in {
        (edge["importer"], edge["imported"]) for edge in document["edges"]
    }
    assert document["components"] == [{"members": ["shop.orders", "shop.users"], "edges": 2}]


def test_large_graph_is_folded_for_mermaid(project: Write, run: Any) -> None:
    files = {f"p{n % 5}/m{n}.py": f"import p{(n + 1) % 5}.m{n + 1}\n" for n in range(99)}
    project(files | {"p4/m99.py": ""} | {f"p{n}/__init__.py": "" for n in range(5)})
    result = run("graph", "--format", "mermaid")
    assert "are too many for Mermaid: packages are folded into 5 boxes" in result.err
    assert result.out.count("[") < 20
    assert run("graph", "--format", "mermaid", "--focus", "p0.m5").err == ""
