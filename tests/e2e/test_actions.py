"""Quick fixes over the wire: the menu of a line, entries that are chosen, texts that move on."""

from __future__ import annotations

import asyncio
import os
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
        refactorings = await menu(editor, users, 0, only=["refactor"])
        assert all(str(each.kind).startswith("refactor.") for each in refactorings)
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


TYPED = {
    "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\n\n\nclass Order:\n"
    "    def buyer(self) -> 'User': ...\n",
    "shop/users.py": "import shop.orders\n\n\nclass User(shop.orders.Order):\n    pass\n",
}
GUARDED = (
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.users import User\n\n\n"
    "class Order:\n    def buyer(self) -> 'User': ...\n"
)


async def test_a_fix_ends_the_cycle_in_both_files(tmp_path: Path) -> None:
    root = write_files(tmp_path, TYPED)
    orders, users = root / "shop/orders.py", root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(orders)
        await editor.settled()
        action = titled(await menu(editor, orders, 0), "Guard `User` with TYPE_CHECKING")
        if action.edit is None:
            action = await resolve(editor, action)
        assert action.edit is not None
        assert action.edit.change_annotations is None, "it is safe"
        text = edited(action.edit, {orders: TYPED["shop/orders.py"]})[orders]
        assert text == GUARDED
        editor.change(orders, text)
        await editor.shows(orders)
        await editor.shows(users)


async def test_the_best_safe_fix_is_preferred(tmp_path: Path) -> None:
    root = write_files(tmp_path, TYPED)
    orders = root / "shop/orders.py"
    async with started([root], capabilities=PLAIN) as editor:
        editor.open(orders)
        await editor.settled()
        (action,) = [each for each in await menu(editor, orders, 0) if each.is_preferred]
        assert action.title == "Guard `User` with TYPE_CHECKING"


async def test_the_best_safe_fix_is_preferred_by_those_who_resolve_later_too(
    tmp_path: Path,
) -> None:
    root = write_files(tmp_path, TYPED)
    orders = root / "shop/orders.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(orders)
        await editor.settled()
        actions = await menu(editor, orders, 0)
        assert actions[0].is_preferred
        assert actions[0].title == "Guard `User` with TYPE_CHECKING"
        assert not any(each.is_preferred for each in actions[1:])
        assert actions[-1].kind == "source.fixAll.import-cycles"


CRASHING = {
    "pyproject.toml": "[project]\nname = 'shop'\nrequires-python = '>=3.10'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\n\n\nclass Order(User): ...\n",
    "shop/users.py": "from shop.orders import Order\n\n\nclass User:\n    kind = Order\n",
}


async def test_a_line_that_crashes_has_one_entry_for_each_edit(tmp_path: Path) -> None:
    root = write_files(tmp_path, CRASHING)
    orders = root / "shop/orders.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(orders)
        await editor.settled()
        shown = list((await editor.shows(orders, (0, "cycle-crash"))).diagnostics)
        actions = await menu(editor, orders, 0, diagnostics=shown)
        titles = [each.title for each in actions]
        assert titles == [
            "Accept the cycle with a comment",
            "Cannot guard `User`: used at run time in line 4",
            "Cannot import `User` in functions: used while the module loads, in line 4",
        ], "and nothing is said to be fixed safely where nothing can be"
        assert [each.disabled is not None for each in actions] == [False, True, True]
        assert not actions[0].is_preferred


async def test_more_ways_are_asked_for(tmp_path: Path) -> None:
    # A ring: each of its imports can be cut.
    files = {
        f"p/m{number}.py": f"from p import m{(number + 1) % 12}\n\n\n"
        f"def f(): return m{(number + 1) % 12}.f()\n"
        for number in range(12)
    }
    files["p/__init__.py"] = ""
    root = write_files(tmp_path, files)
    hub = root / "p/m0.py"
    async with started([root], capabilities=RESOLVING) as editor:
        questions: list[types.ShowMessageRequestParams] = []
        edits: list[types.ApplyWorkspaceEditParams] = []

        @editor.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def choose(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            questions.append(params)
            return (params.actions or [None])[0]

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            edits.append(params)
            return types.ApplyWorkspaceEditResult(applied=True)

        editor.open(hub)
        await editor.settled()
        asked = types.CodeActionParams(
            types.TextDocumentIdentifier(hub.as_uri()),
            types.Range(types.Position(0, 0), types.Position(0, 0)),
            types.CodeActionContext([]),
        )
        offer = await editor.client.text_document_code_action_async(asked)
        fixes = [each for each in offer or () if getattr(each, "kind", "") == "quickfix"]
        # lsprotocol takes a code action with a command for a command.
        assert next(each.title for each in offer or () if each not in fixes) == "More ways…"
        assert len(fixes) == 6
        params = types.ExecuteCommandParams("import-cycles.moreWays", [hub.as_uri(), 0])
        answer: Any = await editor.client.workspace_execute_command_async(params)
        (question,) = questions
        (edit,) = edits
        offered = [each.title for each in question.actions or ()]
        assert not set(offered).intersection(each.title for each in fixes)
        assert edit.label == offered[0]
        assert (answer["applied"] if isinstance(answer, dict) else answer.applied) is True


async def test_all_that_is_safe_in_a_file(tmp_path: Path) -> None:
    root = write_files(tmp_path, TYPED)
    orders = root / "shop/orders.py"
    for capabilities in (RESOLVING, PLAIN):
        async with started([root], capabilities=capabilities) as editor:
            editor.open(orders)
            await editor.settled()
            before = editor.codes(orders)
            (action,) = await menu(editor, orders, 3, only=["source.fixAll"])
            if action.edit is None:
                action = await resolve(editor, action)
            after = edited(action.edit, {orders: TYPED["shop/orders.py"]})
            assert after[orders] == GUARDED
            await editor.settled()
            assert editor.codes(orders) == before, "nothing has changed before the client did it"


async def test_every_type_only_cycle_of_the_workspace(tmp_path: Path) -> None:
    root = write_files(tmp_path, TYPED)
    orders = root / "shop/orders.py"
    asked: list[types.ApplyWorkspaceEditParams] = []
    async with started([root], capabilities=RESOLVING) as editor:

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            asked.append(params)
            return types.ApplyWorkspaceEditResult(applied=True)

        params = types.ExecuteCommandParams("import-cycles.fixTypeOnly")
        answer = editor.client.workspace_execute_command_async(params)
        told = await asyncio.wait_for(answer, PATIENCE)
        (question,) = asked
        assert edited(question.edit, {orders: TYPED["shop/orders.py"]})[orders] == GUARDED
        assert question.edit.change_annotations, "people look at it first"
        files = told["files"] if isinstance(told, dict) else told.files
        assert list(files) == [orders.as_uri()]


async def test_hover_says_what_can_be_done(tmp_path: Path) -> None:
    root = write_files(tmp_path, TYPED)
    orders, users = root / "shop/orders.py", root / "shop/users.py"
    async with started([root], capabilities=RESOLVING) as editor:
        editor.open(orders)
        editor.open(users)
        await editor.settled()
        for path, told in (
            (orders, "Guard User with TYPE_CHECKING"),
            (users, "Guard User with TYPE_CHECKING in shop.orders"),
        ):
            hover = await editor.hover(path, 0, 8)
            assert hover is not None
            assert told in str(hover.contents)


@pytest.mark.skipif(os.name == "nt", reason="file names there hold no control characters")
@pytest.mark.parametrize("hover_format", ["markdown", "plaintext"])
async def test_names_command_nothing_where_they_are_shown(
    hover_format: str, tmp_path: Path
) -> None:
    hovers = {"contentFormat": [hover_format]}
    able = {**RESOLVING, "textDocument": {**RESOLVING["textDocument"], "hover": hovers}}
    odd = "o\u202e\x1b\n](command:x)"
    texts = {f"{odd}/a.py": "from . import b\n", f"{odd}/b.py": "from . import a\na.x\n"}
    root = write_files(tmp_path, texts)
    async with started([root], capabilities=able) as editor:
        await editor.settled()
        shown = await editor.until(lambda: editor.shown(root / odd / "a.py"), "something to tell")
        hover = await editor.hover(root / odd / "a.py", 0, 16)
        assert hover is not None
        params = types.ExecuteCommandParams("import-cycles.list", [])
        listed: Any = await editor.client.workspace_execute_command_async(params)
        editor.open(root / odd / "a.py")
        offered = await menu(editor, root / odd / "a.py", 0)
        told = [
            *(each.message for each in shown.diagnostics),
            *(each.title for each in offered),
            *(
                cycle["message"]
                for folder in listed["folders"]
                for component in folder["components"]
                for cycle in component["cycles"]
            ),
        ]
        said = getattr(hover.contents, "value", "")
        if hover_format == "markdown":
            assert "](command" not in said.replace(r"\](", "")
        assert len(told) > 2
        assert "u202e" in said
        for each in (*told, said.replace("\n", "")):
            assert not {"\u202e", "\x1b", "\n"} & set(each)
