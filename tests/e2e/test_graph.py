"""What pictures of the graph are made of, and word that there is something new to draw."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.editor import PATIENCE, Editor, plain_capabilities, started, write_files

pytestmark = pytest.mark.asyncio

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "shop/__init__.py": "",
    "shop/a.py": "from shop.b import B\n\nA = 1\n",
    "shop/b.py": "from shop.a import A\n\nB = 2\n",
    "shop/user.py": "def use():\n    import shop.a\n",
    "shop/typed.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.b\n",
    "shop/one.py": "import shop.two\n",
    "shop/two.py": "import shop.one\nimport shop.a\n",
    "shop/alone.py": "",
}


async def graph(editor: Editor, uri: str | None = None) -> dict[str, Any]:
    params = types.ExecuteCommandParams("import-cycles.graph", [uri])
    answer = await asyncio.wait_for(editor.client.workspace_execute_command_async(params), PATIENCE)
    assert answer["version"] == 1
    return answer


def edges(answer: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {
        f"{edge['importer']} {edge['imported']}": (edge["kind"], edge["code"])
        for folder in answer["folders"]
        for edge in folder["edges"]
    }


async def test_knots(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        await editor.settled()
        answer = await graph(editor)
        (folder,) = answer["folders"]
        assert folder["uri"] == root.as_uri()
        knots = {module["name"]: module["knot"] for module in folder["modules"]}
        assert knots == {"shop.a": 0, "shop.b": 0, "shop.one": 1, "shop.two": 1}
        assert edges(answer) == {
            "shop.a shop.b": ("runtime", "cycle-crash"),
            "shop.b shop.a": ("runtime", "cycle-crash"),
            "shop.one shop.two": ("runtime", "cycle"),
            "shop.two shop.a": ("runtime", None),
            "shop.two shop.one": ("runtime", "cycle"),
        }
        first = folder["edges"][0]
        assert first["location"]["uri"] == (root / "shop/a.py").as_uri()
        assert first["location"]["range"]["start"] == {"line": 0, "character": 5}


async def test_around_a_file(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        await editor.settled()
        around = edges(await graph(editor, (root / "shop/a.py").as_uri()))
        assert around["shop.user shop.a"] == ("deferred", None)
        assert "shop.two shop.a" in around
        assert "shop.typed shop.b" not in around
        assert edges(await graph(editor, (root / "shop/typed.py").as_uri())) == {
            "shop.typed shop.b": ("typing", None)
        }
        nobody = await graph(editor, (root / "README.md").as_uri())
        assert nobody["folders"][0]["modules"] == []
        assert (await graph(editor, "untitled:Untitled-1"))["folders"] == []


async def test_follows_unsaved_text(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    one = root / "shop/one.py"
    async with started([root]) as editor:
        editor.open(one)
        editor.change(one, "")
        assert "shop.one shop.two" not in edges(await graph(editor))


async def test_a_list_without_verdicts(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        settled = await editor.settled()
        params = types.ExecuteCommandParams("import-cycles.listNow")
        at_once = await editor.client.workspace_execute_command_async(params)
        assert at_once == settled


async def test_clients_that_want_to_hear_of_changes_do(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    capabilities = plain_capabilities(experimental={"importCycles": {"changes": True}})
    async with started([root], capabilities=capabilities) as editor:
        told = hear_of_changes(editor)
        one = root / "shop/one.py"
        editor.open(one)
        editor.change(one, "import shop.two, shop.b\n")
        await editor.settled()
        assert told[-1]["settled"] is True


async def test_others_do_not(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root], capabilities=plain_capabilities(experimental=[])) as editor:
        told = hear_of_changes(editor)
        editor.open(root / "shop/one.py")
        await editor.settled()
        assert told == []


def hear_of_changes(editor: Editor) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []

    def hear(params: Any) -> None:
        told.append({"settled": params.settled})

    editor.client.feature("import-cycles/changed")(hear)
    return told
