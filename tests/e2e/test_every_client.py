"""The main job, as each of eight real editors gets to see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from e2e.editor import CLIENT_NAMES, Editor, recorded, started, write_files

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning"),
]

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "shop/__init__.py": "",
    "shop/orders.py": '"""Orders."""\n\nfrom shop import users\n',
    "shop/users.py": '"""Users."""\n\nNAME = "é"\n',
}


@pytest.mark.parametrize("name", CLIENT_NAMES)
async def test_a_cycle_comes_and_goes(name: str, tmp_path: Path) -> None:
    root = write_files(tmp_path / "my shop", SHOP)
    orders, users = root / "shop/orders.py", root / "shop/users.py"
    async with started([root], client_name=name) as editor:
        editor.open(users)
        await editor.settled()
        assert editor.news == []

        version = editor.change(users, ((2, 0), (2, 0), "import shop.orders\n"))
        here = await editor.shows(users, (2, "cycle"))
        there = await editor.shows(orders, (2, "cycle"))
        assert (here.version, there.version) == (version, None)
        _check_diagnostic(name, here.diagnostics[0], users, orders)

        await _check_hover(name, editor, users, orders)

        seen = len(editor.news)
        editor.change(users, ((3, 0), (3, 0), "def later():\n    return NAME\n\n\n"))
        await editor.settled()
        assert editor.news[seen:] == [], "typing below the imports changes nothing that is shown"

        editor.change(users, ((0, 0), (0, 0), "# on top\n"))
        await editor.shows(users, (3, "cycle"))

        editor.open(orders)
        editor.change(orders, ((2, 0), (3, 0), ""))
        await editor.shows(users)
        await editor.shows(orders)

        editor.close(orders)
        await editor.shows(users, (3, "cycle"))
        editor.close(users)
        assert (await editor.shows(users)).version is None
        await editor.shows(orders)


def _check_diagnostic(name: str, diagnostic: types.Diagnostic, users: Path, orders: Path) -> None:
    capabilities = recorded(name).capabilities
    assert capabilities.text_document is not None
    declared = capabilities.text_document.publish_diagnostics
    assert declared is not None
    assert diagnostic.source == "import-cycles"
    assert diagnostic.severity == types.DiagnosticSeverity.Information
    assert "shop.users → shop.orders → shop.users" in diagnostic.message
    assert (diagnostic.code_description is not None) is bool(declared.code_description_support)
    assert (diagnostic.data is not None) is bool(declared.data_support)
    if not declared.related_information:
        assert diagnostic.related_information is None
        return
    assert diagnostic.related_information is not None
    hops = [
        (each.location.uri, each.location.range.start.line)
        for each in diagnostic.related_information
    ]
    assert hops == [(users.as_uri(), 2), (orders.as_uri(), 2)]


async def _check_hover(name: str, editor: Editor, users: Path, orders: Path) -> None:
    hover = await editor.hover(users, 2, 9)
    assert hover is not None
    contents = hover.contents
    assert isinstance(contents, types.MarkupContent)
    capabilities = recorded(name).capabilities
    assert capabilities.text_document is not None
    assert capabilities.text_document.hover is not None
    formats = capabilities.text_document.hover.content_format
    assert formats is not None
    assert contents.kind == formats[0]
    lines = contents.value.splitlines()
    assert lines[0].startswith("1. shop.users imports shop.orders"), (
        "the message is shown beside it"
    )
    assert lines[-1].startswith("[cycle]")
    assert "The cheapest import to cut here" in contents.value
    if contents.kind is types.MarkupKind.Markdown:
        assert f"[shop/users.py:3]({users.as_uri()}#L3)" in contents.value
        assert f"[shop/orders.py:3]({orders.as_uri()}#L3)" in contents.value
    else:
        assert "shop/users.py:3" in contents.value
        assert "shop/orders.py:3" in contents.value
        assert not set("*`[\\") & set(contents.value.replace("[cycle]", ""))
