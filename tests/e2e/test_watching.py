"""Files that change on disk, with clients that tell and with clients that do not."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from e2e.editor import Editor, plain_capabilities, started, write_files

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAIR = {
    "pyproject.toml": "[project]\nname = 'app'\n",
    "app/__init__.py": "",
    "app/a.py": "import app.b\n",
    "app/b.py": "x = 1\n",
    "README": "",
}
WATCHING = plain_capabilities(workspace={"didChangeWatchedFiles": {"dynamicRegistration": True}})
CREATED, CHANGED, DELETED = (
    types.FileChangeType.Created,
    types.FileChangeType.Changed,
    types.FileChangeType.Deleted,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """One server for all tests that need nothing special; see `Editor.visiting`."""
    async with started([tmp_path_factory.mktemp("empty")], capabilities=WATCHING) as editor:
        yield editor


async def test_a_watching_client_is_asked_for_the_files_that_matter(shared: Editor) -> None:
    registered = await shared.until(
        lambda: shared.registered.get(types.WORKSPACE_DID_CHANGE_WATCHED_FILES), "registration"
    )
    globs = {watcher["globPattern"] for watcher in registered["watchers"]}
    assert {"**/*.py", "**/*.pyi", "**/*.so", "**/pyproject.toml", "**/.gitignore"} <= globs


async def test_news_of_a_watching_client(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    a, b, c = (root / f"app/{name}.py" for name in "abc")
    async with shared.visiting(root) as editor:
        write_files(root, {"app/b.py": "\nimport app.a\n"})
        editor.tell_of_files((b, CHANGED))
        await editor.shows(b, (1, "cycle"))
        await editor.shows(a, (0, "cycle"))

        b.unlink()
        editor.tell_of_files((b, DELETED), (root / "no/such/file.py", DELETED))
        await editor.shows(b)
        await editor.shows(a, (0, "unresolved-import"))

        write_files(root, {"app/b.py": "import app.c\n", "app/c.py": "from app import a\n"})
        editor.tell_of_files((b, CREATED), (c, CREATED), (root / "README", CHANGED))
        await editor.shows(c, (0, "cycle"))
        await editor.shows(a, (0, "cycle"))

        # Renamed: one file goes, another comes.
        c.rename(root / "app/d.py")
        editor.tell_of_files((c, DELETED), (root / "app/d.py", CREATED))
        await editor.shows(c)
        await editor.shows(a)

        # An open document's text counts, whatever happens on disk.
        editor.open(b, "x = 1\n")
        write_files(root, {"app/b.py": "import app.a\n"})
        editor.tell_of_files((b, CHANGED))
        await editor.settled()
        assert editor.codes(b) == []
        editor.close(b)
        await editor.shows(b, (0, "cycle"))


async def test_folders_that_come_and_go(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    write_files(root, {"app/b.py": "import app.sub.c\n"})
    a, c = root / "app/a.py", root / "app/sub/c.py"
    async with shared.visiting(root) as editor:
        await editor.shows(root / "app/b.py", (0, "unresolved-import"))
        write_files(root, {"app/sub/__init__.py": "", "app/sub/c.py": "import app.a\n"})
        editor.tell_of_files((root / "app/sub", CREATED))
        await editor.shows(a, (0, "cycle"))
        await editor.shows(c, (0, "cycle"))
        shutil.rmtree(root / "app/sub")
        editor.tell_of_files((root / "app/sub", DELETED))
        await editor.shows(a)
        await editor.shows(c)


async def test_file_operations_in_the_editor(tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    operations = {"didCreate": True, "didRename": True, "didDelete": True}
    capabilities = plain_capabilities(workspace={"fileOperations": operations})
    a, b, c = (root / f"app/{name}.py" for name in "abc")
    async with started([root], capabilities=capabilities) as editor:
        offered = editor.result.capabilities.workspace
        assert offered is not None
        assert offered.file_operations is not None
        assert offered.file_operations.did_create is not None
        assert offered.file_operations.did_rename is not None
        assert offered.file_operations.did_delete is not None
        await editor.settled()

        write_files(root, {"app/c.py": "import app.a\n"})
        editor.client.workspace_did_create_files(
            types.CreateFilesParams([types.FileCreate(c.as_uri())])
        )
        b.unlink()
        c.rename(b)
        editor.client.workspace_did_rename_files(
            types.RenameFilesParams([types.FileRename(c.as_uri(), b.as_uri())])
        )
        await editor.shows(b, (0, "cycle"))
        await editor.shows(a, (0, "cycle"))
        b.unlink()
        editor.client.workspace_did_delete_files(
            types.DeleteFilesParams([types.FileDelete(b.as_uri())])
        )
        await editor.shows(b)
        await editor.shows(a, (0, "unresolved-import"))


async def test_a_client_that_tells_nothing(tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    a, b, c = (root / f"app/{name}.py" for name in "abc")
    async with started([root]) as editor:
        editor.open(a)
        editor.save(b, "import app.a\n")
        await editor.shows(b, (0, "cycle"))
        await editor.shows(a, (0, "cycle"))

        # Files that no message speaks of are found when another one is saved.
        write_files(root, {"app/b.py": "import app.new.c\n"})
        write_files(root, {"app/new/__init__.py": "", "app/new/c.py": "import app.a\n"})
        editor.save(a, "import app.b\n")
        await editor.shows(root / "app/new/c.py", (0, "cycle"))

        shutil.rmtree(root / "app/new")
        editor.save(a, "import app.b\n")
        await editor.shows(root / "app/new/c.py")
        await editor.shows(a)

        write_files(root, {"app/b.py": "import app.c\n", "app/c.py": "import app.a\n"})
        editor.open(b)
        await editor.shows(c, (0, "cycle"))

        c.unlink()
        editor.close(b)
        await editor.shows(c)


async def test_a_client_that_refuses_to_watch(tmp_path: Path) -> None:
    root = write_files(tmp_path, PAIR)
    async with started([root], capabilities=WATCHING, refuses=True) as editor:
        editor.open(root / "app/a.py")
        write_files(root, {"app/b.py": "import app.a\n"})
        editor.save(root / "app/a.py", "import app.b\n")
        await editor.shows(root / "app/b.py", (0, "cycle"))


async def test_configuration_on_disk(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, {**PAIR, "app/b.py": "import app.a\n"})
    a, b, project = root / "app/a.py", root / "app/b.py", root / "pyproject.toml"
    async with shared.visiting(root) as editor:
        await editor.shows(a, (0, "cycle"))
        text = '[project]\nname = "app"\n\n[tool.import-cycles]\nexclude = ["b.py"]\nnonsense = 1\n'
        write_files(root, {"pyproject.toml": text})
        editor.tell_of_files((project, CHANGED))
        await editor.shows(a)
        await editor.shows(b)
        await editor.until(
            lambda: [code for _, code in editor.codes(project)] == ["configuration"],
            "diagnostic about the mistake",
        )
        shown = editor.shown(project)
        assert shown is not None
        assert "nonsense" in shown.diagnostics[0].message

        write_files(root, {"pyproject.toml": PAIR["pyproject.toml"], ".gitignore": "b.py\n"})
        editor.tell_of_files((project, CHANGED))
        await editor.shows(project)
        editor.tell_of_files((root / ".gitignore", CREATED))
        await editor.settled()
        assert editor.codes(a) == []
        (root / ".gitignore").unlink()
        editor.tell_of_files((root / ".gitignore", DELETED))
        await editor.shows(a, (0, "cycle"))


SEEN = "# import-cycles: makes that the file is parsed, though it can be in no cycle\n"


async def test_problems_are_said_once(shared: Editor, tmp_path: Path) -> None:
    root = write_files(tmp_path, {**PAIR, "app/bad.py": f"{SEEN}def (:\n", "app/odd.py": "x = 1\n"})
    (root / "app/odd.py").write_bytes(b"# coding: no-such-codec\n\xff\xfe\n")
    bad = root / "app/bad.py"

    async with shared.visiting(root) as editor:
        await editor.until(
            lambda: any("bad.py" in line for line in editor.logged), "word about bad.py"
        )
        for text in ("def (:\n", "def ((:\n", "class\n"):
            write_files(root, {"app/bad.py": f"{SEEN}{text}"})
            editor.tell_of_files((bad, CHANGED))
            await editor.settled()
        assert sum("bad.py" in line for line in editor.logged) == 1
        assert sum("odd.py" in line for line in editor.logged) == 1
        assert editor.shown(bad) is None
