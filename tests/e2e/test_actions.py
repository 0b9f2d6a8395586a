"""Quick fixes over the wire: the menu of a line, entries that are chosen, texts that move on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.editor import CLIENT_NAMES, PATIENCE, Editor, recorded, started, write_files
from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.text import Encoding, LineIndex, Span

pytestmark = pytest.mark.asyncio

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "import shop.users\n\n\ndef buyer():\n    return shop.users.NAME\n",
    "shop/users.py": "NAME = 'é'; import shop.orders\n",
}

RESOLVING: Mapping[str, Any] = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
            "dataSupport": True,
            "disabledSupport": True,
            "honorsChangeAnnotations": True,
            "resolveSupport": {"properties": ["edit"]},
        },
        "publishDiagnostics": {"dataSupport": True},
    },
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}},
        "applyEdit": True,
    },
}
"""A client that can do everything."""

PLAIN: Mapping[str, Any] = {
    "textDocument": {
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}
    }
}
"""One that can do as little as possible."""


async def menu(
    editor: Editor,
    path: Path,
    line: int,
    *,
    only: list[str] | None = None,
    diagnostics: list[types.Diagnostic] | None = None,
) -> list[types.CodeAction]:
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(path.as_uri()),
        types.Range(types.Position(line, 0), types.Position(line, 0)),
        types.CodeActionContext(diagnostics or [], only=only),  # type: ignore[arg-type]
    )
    answer = editor.client.text_document_code_action_async(params)
    return [
        each
        for each in await asyncio.wait_for(answer, PATIENCE) or []
        if isinstance(each, types.CodeAction)
    ]


async def resolve(editor: Editor, action: types.CodeAction) -> types.CodeAction:
    return await asyncio.wait_for(editor.client.code_action_resolve_async(action), PATIENCE)


def titled(actions: list[types.CodeAction], start: str) -> types.CodeAction:
    return next(each for each in actions if each.title.startswith(start))


def edited(edit: types.WorkspaceEdit | None, texts: Mapping[Path, str]) -> dict[Path, str]:
    """The texts after an edit; columns in UTF-16."""
    assert edit is not None
    by_uri: dict[str, list[Any]] = dict(edit.changes or {})
    for change in edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        by_uri[change.text_document.uri] = list(change.edits)
    after = dict(texts)
    for path, text in texts.items():
        index = LineIndex(text)

        def offset(place: types.Position, index: LineIndex = index) -> int:
            return index.offset(place.line, place.character, Encoding.UTF16)

        edits = [
            TextEdit(Span(offset(each.range.start), offset(each.range.end)), each.new_text)
            for each in by_uri.pop(path.as_uri(), ())
        ]
        after[path] = apply_edits(text, edits)
    assert not by_uri, "edits of other files"
    return after


async def test_the_menu_of_a_line(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(users)
        await editor.settled()
        shown = await editor.shows(users, (0, "cycle"))
        actions = await menu(editor, users, 0, diagnostics=list(shown.diagnostics))
        accept = titled(actions, "Accept the cycle")
        assert accept.kind == types.CodeActionKind.QuickFix
        assert list(accept.diagnostics or ()) == list(shown.diagnostics)
        assert not accept.is_preferred
        edit = accept.edit
        assert edit is not None
        assert edit.document_changes is not None
        (change,) = edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version == 1
        assert edit.change_annotations is not None, "it is not safe, so people confirm it"
        text = SHOP["shop/users.py"]
        assert edited(edit, {users: text})[users] == (
            text.rstrip() + "  # import-cycles: ignore[cycle]\n"
        )
        assert await menu(editor, users, 1) == []


async def test_only_what_is_asked_for(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(users)
        await editor.settled()
        for only in (["quickfix"], [""], None):
            assert [each for each in await menu(editor, users, 0, only=only) if each.edit]
        assert await menu(editor, users, 0, only=["refactor"]) == []
        for kind in ("source", "source.fixAll", "source.fixAll.import-cycles"):
            (action,) = await menu(editor, users, 0, only=[kind])
            assert action.kind == "source.fixAll.import-cycles"
            assert action.edit is None, "nothing is worked out before it is chosen"
        assert await menu(editor, users, 0, only=["source.fixAll.other"]) == []


async def test_a_client_that_resolves_nothing_gets_everything_at_once(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], capabilities=PLAIN) as editor:
        editor.open(users)
        await editor.settled()
        actions = await menu(editor, users, 0)
        assert actions
        for action in actions:
            assert action.edit is not None
            assert action.edit.changes is not None
            assert action.edit.document_changes is None
            assert action.disabled is None


async def test_an_entry_of_an_older_text_is_refused(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(users)
        await editor.settled()
        (action,) = await menu(editor, users, 0, only=["source"])
        editor.change(users, ((0, 0), (0, 0), "# moved\n"))
        answer = await resolve(editor, action)
        assert answer.edit is None
        assert answer.disabled is not None
        assert "changed" in answer.disabled.reason


async def test_nonsense_is_survived(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(users)
        await editor.settled()
        assert await menu(editor, root / "not/there.py", 0) == []
        assert await menu(editor, users, 2**31 - 1) == []
        for data in (None, 1, [], {}, {"uri": 1}, {"fixAll": "untitled:1"}, {"uri": "x"}):
            action = types.CodeAction("Nonsense", data=data)
            assert (await resolve(editor, action)).edit is None
        assert await menu(editor, users, 0), "it still works"


async def test_nothing_to_fix_in_the_workspace(tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    async with started([root], capabilities=RESOLVING) as editor:
        params = types.ExecuteCommandParams("import-cycles.fixTypeOnly")
        answer = editor.client.workspace_execute_command_async(params)
        told = await asyncio.wait_for(answer, PATIENCE)
        applied = told["applied"] if isinstance(told, dict) else told.applied
        assert applied is False


@pytest.mark.parametrize("name", CLIENT_NAMES)
async def test_every_client_gets_edits_that_it_can_apply(name: str, tmp_path: Path) -> None:
    root = write_files(tmp_path, SHOP)
    users = root / "shop/users.py"
    async with started([root], client_name=name) as editor:
        editor.open(users)
        await editor.settled()
        actions = await menu(editor, users, 0)
        accept = titled(actions, "Accept the cycle")
        assert accept.edit is not None
        edit = recorded(name).capabilities.workspace
        declared = edit.workspace_edit if edit is not None else None
        can_version = bool(declared and declared.document_changes)
        assert (accept.edit.document_changes is not None) == can_version
        assert (accept.edit.changes is not None) == (not can_version)
