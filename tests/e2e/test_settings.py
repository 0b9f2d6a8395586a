"""Settings of the client, by each of the ways that clients know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from e2e.editor import Editor, plain_capabilities, started, write_files

pytestmark = pytest.mark.asyncio

CYCLE = {
    "pyproject.toml": "[project]\nname = 'app'\n",
    "app/__init__.py": "",
    "app/a.py": "import app.b\n",
    "app/b.py": "import app.a\n",
}
ASKED = plain_capabilities(workspace={"configuration": True})
LOUD = {"severity": {"cycle": "error"}}
SILENT = {"severity": {"cycle": "off"}}


async def loudness(editor: Editor, path: Path, severity: types.DiagnosticSeverity) -> None:
    def is_shown() -> bool:
        shown = editor.shown(path)
        return shown is not None and [each.severity for each in shown.diagnostics] == [severity]

    await editor.until(is_shown, f"{severity} in {path}")


def tell_of_settings(editor: Editor, settings: Any) -> None:
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))


async def test_a_client_that_can_be_asked(tmp_path: Path) -> None:
    root = write_files(tmp_path, CYCLE)
    a = root / "app/a.py"
    async with started([root], capabilities=ASKED, settings=LOUD) as editor:
        await loudness(editor, a, types.DiagnosticSeverity.Error)
        assert (root.as_uri(), "import-cycles") in [
            (item.scope_uri, item.section) for item in editor.asked_for
        ]
        editor.settings = SILENT
        tell_of_settings(editor, None)
        await editor.shows(a)
        editor.settings = None
        tell_of_settings(editor, {})
        await loudness(editor, a, types.DiagnosticSeverity.Information)


async def test_each_folder_has_its_own(tmp_path: Path) -> None:
    one, two = write_files(tmp_path / "one", CYCLE), write_files(tmp_path / "two", CYCLE)

    def settings(scope: str | None) -> dict[str, Any] | None:
        return LOUD if scope == two.as_uri() else None

    async with started([one, two], capabilities=ASKED, settings=settings) as editor:
        await loudness(editor, one / "app/a.py", types.DiagnosticSeverity.Information)
        await loudness(editor, two / "app/a.py", types.DiagnosticSeverity.Error)


async def test_a_client_that_only_tells(tmp_path: Path) -> None:
    root = write_files(tmp_path, CYCLE)
    a = root / "app/a.py"
    async with started([root], options=LOUD) as editor:
        await loudness(editor, a, types.DiagnosticSeverity.Error)
        assert editor.asked_for == []
        tell_of_settings(editor, {"import-cycles": {"severity": {"cycle": "hint"}}})
        await loudness(editor, a, types.DiagnosticSeverity.Hint)
        tell_of_settings(editor, {"other": 1})
        tell_of_settings(editor, None)
        await editor.settled()
        assert editor.codes(a) == [(0, "cycle")]


async def test_a_client_that_answers_nonsense(tmp_path: Path) -> None:
    root = write_files(tmp_path, CYCLE)
    a = root / "app/a.py"
    options = {"import-cycles": LOUD}
    async with started([root], capabilities=ASKED, settings=["?"], options=options) as editor:
        await loudness(editor, a, types.DiagnosticSeverity.Error)
        editor.settings = {"severity": {"cycle": "hint", "no-such-rule": 3}, "bogus": True}
        tell_of_settings(editor, None)
        await loudness(editor, a, types.DiagnosticSeverity.Hint)
