"""A refactoring that makes a file, as each client can have it."""

from __future__ import annotations

from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.editor import CLIENT_NAMES, Editor, recorded, started, write_files
from e2e.test_actions import PLAIN, RESOLVING, menu, resolve

pytestmark = pytest.mark.asyncio

NET = {
    "pyproject.toml": "[project]\nname = 'net'\nrequires-python = '>=3.10'\n",
    "net/__init__.py": "",
    "net/config.py": "from net.activations import relu\n\nEPSILON = 1e-6\nUSED = {'relu': relu}\n",
    "net/activations.py": "from net.config import EPSILON\n\n\ndef relu(value):\n    return EPSILON\n",
}

SHARED = '"""What net.activations and net.config both need."""\n\nEPSILON = 1e-6\n'


async def move_of(editor: Editor, path: Path, *, only: list[str] | None) -> types.CodeAction | None:
    editor.open(path)
    await editor.settled()
    actions = await menu(editor, path, 0, only=only)
    found = [each for each in actions if each.title.startswith("Move `EPSILON`")]
    return found[0] if found else None


@pytest.mark.parametrize("name", CLIENT_NAMES)
async def test_every_client_gets_what_it_can_carry_out(name: str, tmp_path: Path) -> None:
    root = write_files(tmp_path, NET)
    path = root / "net/activations.py"
    workspace = recorded(name).capabilities.workspace
    declared = workspace.workspace_edit if workspace is not None else None
    operations = declared.resource_operations or () if declared is not None else ()
    async with started([root], client_name=name) as editor:
        action = await move_of(editor, path, only=None)
        if types.ResourceOperationKind.Create not in operations:
            assert action is None or action.disabled is not None
            return
        assert action is not None
        assert action.kind == "refactor.move"
        if action.edit is None:
            action = await resolve(editor, action)
        assert action.edit is not None
        assert action.edit.changes is None
        first, *others = action.edit.document_changes or ()
        assert isinstance(first, types.CreateFile)
        assert first.uri == (root / "net/_shared.py").as_uri()
        assert first.options is not None
        assert not first.options.overwrite
        texts = {}
        for each in others:
            assert isinstance(each, types.TextDocumentEdit)
            texts[each.text_document.uri] = [edit.new_text for edit in each.edits]
        assert texts[first.uri] == [SHARED]
        assert len(texts) == 3


async def test_it_is_a_refactoring_and_no_quick_fix(tmp_path: Path) -> None:
    root = write_files(tmp_path, NET)
    path = root / "net/activations.py"
    operations = {"documentChanges": True, "resourceOperations": ["create"]}
    able = {**RESOLVING, "workspace": {"workspaceEdit": operations}}
    async with started([root], capabilities=able) as editor:
        assert await move_of(editor, path, only=["quickfix"]) is None
        for only in (["refactor"], ["refactor.move"], [""], None):
            action = await move_of(editor, path, only=only)
            assert action is not None
            assert action.disabled is None


async def test_a_client_without_new_files_is_told_why(tmp_path: Path) -> None:
    root = write_files(tmp_path, NET)
    path = root / "net/activations.py"
    async with started([root], capabilities=RESOLVING) as editor:
        action = await move_of(editor, path, only=None)
        assert action is not None
        assert action.disabled is not None
        assert "new file" in action.disabled.reason


@pytest.mark.parametrize("resolves", [True, False])
async def test_a_client_that_asks_for_names_gets_the_module_so(
    tmp_path: Path, *, resolves: bool
) -> None:
    root = write_files(tmp_path, NET)
    path = root / "net/activations.py"
    operations = {"documentChanges": True, "resourceOperations": ["create"]}
    able = {
        **(RESOLVING if resolves else PLAIN),
        "workspace": {"workspaceEdit": operations, "applyEdit": True},
        "experimental": {"importCycles": {"names": True}},
    }
    async with started([root], capabilities=able) as editor:
        edits: list[types.ApplyWorkspaceEditParams] = []

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            edits.append(params)
            return types.ApplyWorkspaceEditResult(applied=True)

        editor.open(path)
        await editor.settled()
        asked = types.CodeActionParams(
            types.TextDocumentIdentifier(path.as_uri()),
            types.Range(types.Position(0, 0), types.Position(0, 0)),
            types.CodeActionContext([]),
        )
        offer = await editor.client.text_document_code_action_async(asked)
        titled = (each for each in offer or () if each.title.startswith("Move `EPSILON`"))
        entry = next(titled)
        # lsprotocol takes a code action with a command for a command, and that for its text.
        command = literal_eval(str(entry.command))
        assert command["command"] == "import-cycles.nameModule"
        chosen, suggested = command["arguments"]
        assert suggested == "_shared"

        async def move_to(name: str) -> dict[str, Any]:
            params = types.ExecuteCommandParams("import-cycles.moveTo", [chosen, name])
            answer: Any = await editor.client.workspace_execute_command_async(params)
            return answer if isinstance(answer, dict) else vars(answer)

        for name, why in (
            ("config", "net.config is there already"),
            ("two words", "`two words` is no name that can be imported"),
            ("class", "`class` is no name that can be imported"),
        ):
            assert (await move_to(name))["reason"] == why
        assert not edits
        assert (await move_to("constants"))["applied"] is True
        (edit,) = edits
        assert edit.label == "Move `EPSILON` to the new module net.constants"
        first, *others = edit.edit.document_changes or ()
        assert isinstance(first, types.CreateFile)
        assert first.uri == (root / "net/constants.py").as_uri()
        texts = [
            edit.new_text
            for each in others
            if isinstance(each, types.TextDocumentEdit)
            for edit in each.edits
        ]
        assert any("from net.constants import EPSILON" in text for text in texts)
