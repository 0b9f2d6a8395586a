"""Workspace folders: several, nested, coming and going, and none at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from e2e.editor import plain_capabilities, started, write_files

pytestmark = pytest.mark.asyncio

FOLDERS = plain_capabilities(workspace={"workspaceFolders": True})
CYCLE = {
    "pyproject.toml": "[project]\nname = 'app'\n",
    "app/__init__.py": "",
    "app/a.py": "import app.b\n",
    "app/b.py": "import app.a\n",
}


async def test_folders_come_and_go(tmp_path: Path) -> None:
    one, two = write_files(tmp_path / "one", CYCLE), write_files(tmp_path / "two", CYCLE)
    async with started([one], capabilities=FOLDERS) as editor:
        await editor.shows(one / "app/a.py", (0, "cycle"))
        assert editor.shown(two / "app/a.py") is None
        editor.tell_of_folders(added=(two,))
        await editor.shows(two / "app/a.py", (0, "cycle"))
        await editor.shows(two / "app/b.py", (0, "cycle"))
        editor.tell_of_folders(removed=(one,))
        await editor.shows(one / "app/a.py")
        await editor.shows(one / "app/b.py")
        assert editor.codes(two / "app/a.py") == [(0, "cycle")]
        # The same again, and one that is not there.
        editor.tell_of_folders(added=(two, tmp_path / "missing"), removed=(one,))
        editor.open(two / "app/a.py", "")
        await editor.shows(two / "app/b.py")


async def test_an_open_document_counts_in_a_folder_that_comes(tmp_path: Path) -> None:
    one, two = write_files(tmp_path / "one", CYCLE), write_files(tmp_path / "two", CYCLE)
    async with started([one], capabilities=FOLDERS) as editor:
        editor.open(two / "app/a.py", "\n\nimport app.b\n")
        await editor.settled()
        assert editor.shown(two / "app/a.py") is None
        editor.tell_of_folders(added=(two,))
        await editor.shows(two / "app/a.py", (2, "cycle"))


async def test_nested_folders_show_a_file_once(tmp_path: Path) -> None:
    outer = write_files(tmp_path, CYCLE)
    inner = write_files(tmp_path / "libs/inner", CYCLE)
    async with started([outer, inner], capabilities=FOLDERS) as editor:
        for folder in (outer, inner):
            await editor.shows(folder / "app/a.py", (0, "cycle"))
        editor.open(inner / "app/a.py", "")
        await editor.shows(inner / "app/b.py")
        assert editor.codes(outer / "app/b.py") == [(0, "cycle")]
        editor.close(inner / "app/a.py")
        await editor.shows(inner / "app/b.py", (0, "cycle"))
        editor.tell_of_folders(removed=(outer,))
        await editor.shows(outer / "app/b.py")
        assert editor.codes(inner / "app/b.py") == [(0, "cycle")]


async def test_a_root_instead_of_folders(tmp_path: Path) -> None:
    root = write_files(tmp_path, CYCLE)
    async with started(None, root=root) as editor:
        await editor.shows(root / "app/a.py", (0, "cycle"))


@pytest.mark.parametrize("sign", ["pyproject.toml", ".git/HEAD"])
async def test_a_single_file_brings_its_project(sign: str, tmp_path: Path) -> None:
    files = {key: text for key, text in CYCLE.items() if key != "pyproject.toml"}
    root = write_files(tmp_path / "project", {**files, sign: ""})
    beside = write_files(tmp_path / "beside", CYCLE)
    async with started(None) as editor:
        await editor.settled()
        editor.open(root / "app/b.py")
        await editor.shows(root / "app/a.py", (0, "cycle"))
        await editor.shows(root / "app/b.py", (0, "cycle"))
        assert editor.shown(beside / "app/a.py") is None
        editor.close(root / "app/b.py")
        await editor.shows(root / "app/a.py")
        await editor.shows(root / "app/b.py")


async def test_a_single_file_without_a_project(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"b.py": "import a\n", "a.py": "import b\n"})
    async with started(None) as editor:
        editor.open(root / "b.py")
        await editor.shows(root / "a.py", (0, "cycle"))
        await editor.shows(root / "b.py", (0, "cycle"))


async def test_the_list_of_all_cycles(tmp_path: Path) -> None:
    root = write_files(tmp_path, CYCLE)
    write_files(root, {"app/c.py": "import app.c\n", "app/d.py": "import app.a\n"})
    async with started([root]) as editor:
        assert editor.result.capabilities.execute_command_provider is not None
        answer = await editor.settled()
        assert answer["version"] == 1
        (folder,) = answer["folders"]
        assert folder["uri"] == root.as_uri()
        assert [each["members"] for each in folder["components"]] == [
            ["app.a", "app.b"],
            ["app.c"],
        ]
        (cycle,) = folder["components"][0]["cycles"]
        assert cycle["path"] == ["app.a", "app.b", "app.a"]
        assert [(hop["importer"], hop["imported"]) for hop in cycle["hops"]] == [
            ("app.a", "app.b"),
            ("app.b", "app.a"),
        ]
        assert cycle["hops"][1]["location"] == {
            "uri": (root / "app/b.py").as_uri(),
            "range": {
                "start": {"line": 0, "character": 7},
                "end": {"line": 0, "character": 12},
            },
        }

        (cut,) = folder["components"][0]["cut"]
        assert (cut["importer"], cut["imported"], cut["ends"]) == ("app.b", "app.a", 1)
        assert cut["effort"] == "unclear"
        assert cut["locations"] == [cycle["hops"][1]["location"]]
        assert folder["components"][0]["cutIsLeast"] is True
        assert folder["components"][1]["cut"] == []

        # A file that changes without an event is seen after everything is read anew.
        write_files(root, {"app/a.py": ""})
        params = types.ExecuteCommandParams("import-cycles.reindex")
        await editor.client.workspace_execute_command_async(params)
        await editor.shows(root / "app/b.py")
        assert [
            each["members"] for each in (await editor.settled())["folders"][0]["components"]
        ] == [["app.c"]]
