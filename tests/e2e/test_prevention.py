"""A warning before an act would close a cycle; the import graph as a tree; the lens."""

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
    "shop/orders.py": "from shop.users import User\n\n\nclass Order: ...\n",
    "shop/users.py": "class User: ...\n",
    "shop/util.py": "",
    "shop/main.py": "import shop.util\nif input():\n    import shop.orders\n\n\ndef f():\n    import shop.users\n",
    "shop/models/__init__.py": "import shop.main\n",
    "shop/a.py": "from shop.b import B\n\nA = 1\n",
    "shop/b.py": "from shop.a import A\n\nB = 2\n",
}


async def would_close(editor: Editor, importer: str, imported: str, *names: str) -> dict[str, Any]:
    params = types.ExecuteCommandParams("import-cycles.wouldClose", [importer, imported, [*names]])
    answer = await asyncio.wait_for(editor.client.workspace_execute_command_async(params), PATIENCE)
    assert answer["version"] == 1
    return dict(answer)


async def test_an_import_that_would_close_a_cycle(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        await editor.settled()
        found = await would_close(editor, (root / "shop/users.py").as_uri(), "shop.orders", "Order")
        assert found["closes"] is True
        assert found["cycle"] == ["shop.users", "shop.orders", "shop.users"]
        assert {each["module"] for each in found["failing"]} == {"shop.orders", "shop.users"}
        assert (await would_close(editor, "shop.util", "shop.orders"))["closes"] is False
        unknown = await would_close(editor, "shop.util", "shop.nothing")
        assert unknown["closes"] is None
        assert "shop.nothing" in unknown["message"]


async def test_a_move_that_would_close_a_cycle(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        await editor.settled()

        async def rename(old: str, new: str) -> None:
            files = [types.FileRename((root / old).as_uri(), (root / new).as_uri())]
            answer = editor.client.workspace_will_rename_files_async(types.RenameFilesParams(files))
            assert await asyncio.wait_for(answer, PATIENCE) is None

        await rename("shop/util.py", "shop/helpers.py")
        await rename("README.md", "shop/models/README.md")
        await rename("shop/util.py", "shop/models/util.py")
        await editor.until(lambda: editor.popups, "a warning")
        (message,) = editor.popups
        editor.popups.clear()
        assert message == (
            "Moving shop.util to shop.models.util closes an import cycle:"
            " shop.main → shop.models → shop.main."
        )


async def test_the_graph_as_a_tree(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root]) as editor:
        await editor.settled()
        client = editor.client

        async def items(path: str, line: int) -> list[types.CallHierarchyItem]:
            params = types.CallHierarchyPrepareParams(
                types.TextDocumentIdentifier((root / path).as_uri()), types.Position(line, 0)
            )
            answer = client.text_document_prepare_call_hierarchy_async(params)
            return list(await asyncio.wait_for(answer, PATIENCE) or ())

        imported, own = await items("shop/a.py", 0)
        assert (imported.name, imported.detail) == ("shop.b", "in a cycle of 2 modules")
        assert own.name == "shop.a"
        assert await items("shop/a.py", 2) == [], "others answer for functions"
        (main,) = [each for each in await items("shop/main.py", 0) if each.name == "shop.main"]
        outgoing = await client.call_hierarchy_outgoing_calls_async(
            types.CallHierarchyOutgoingCallsParams(main)
        )
        assert [(each.to.name, each.to.detail) for each in outgoing or ()] == [
            ("shop.orders", "while it loads"),
            ("shop.users", "later, if at all"),
            ("shop.util", "while it loads"),
        ]
        (users, _) = await items("shop/orders.py", 0)
        incoming = await client.call_hierarchy_incoming_calls_async(
            types.CallHierarchyIncomingCallsParams(users)
        )
        assert [
            (each.from_.name, each.from_.detail, each.from_ranges[0].start.line)
            for each in incoming or ()
        ] == [("shop.main", "later, if at all", 6), ("shop.orders", "while it loads", 0)]


@pytest.mark.parametrize("is_on", [False, True])
async def test_the_lens(tmp_path: Path, *, is_on: bool) -> None:
    root = write_files(tmp_path, SHOP)
    options = {"import-cycles": {"code-lens": True}} if is_on else None
    async with started([root], capabilities=plain_capabilities(), options=options) as editor:
        await editor.settled()

        async def lenses(path: str) -> list[str]:
            params = types.CodeLensParams(types.TextDocumentIdentifier((root / path).as_uri()))
            answer = editor.client.text_document_code_lens_async(params)
            found = await asyncio.wait_for(answer, PATIENCE) or ()
            return [each.command.title for each in found if each.command is not None]

        expected = ["imported first: fails · in 1 cycle"] if is_on else []
        assert await lenses("shop/a.py") == expected
        assert await lenses("shop/util.py") == []
