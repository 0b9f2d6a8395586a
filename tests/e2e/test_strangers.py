"""A repository of strangers: looking at it runs nothing of it, and touches nothing else.

Every command but `verify` and `trace`, and a session of the server with menus and hovers, under an
audit hook (PEP 578) that notes processes, connections, and files that are opened for writing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.editor import SERVER, write_files
from e2e.raw import raw_client

_TRAP = """\
open({marker!r}, "a").write(__name__)
"""
_FILES = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n[project.scripts]\nx = 'shop.orders:f'\n"
    "[tool.pyright]\npythonPath = './python'\n[tool.jedi]\nenvironment = '.venv'\n",
    "setup.py": "import os\nos.system('true')\n",
    "conftest.py": "import shop\n",
    "sitecustomize.py": "",
    "usercustomize.py": "",
    "re.py": "",
    "jedi.py": "",
    "typing.py": "",
    "lib.pth": "import shop\n",
    ".venv/pyvenv.cfg": "home = /nowhere\n",
    ".vscode/settings.json": '{"python.defaultInterpreterPath": "./python"}',
    "shop/__init__.py": "",
    "shop/orders.py": "from shop.users import User\nclass Order:\n    def buyer(self) -> 'User': ...\n",
    "shop/users.py": "import shop.orders\nclass User(shop.orders.Order):\n    pass\n",
    "shop/late.py": "import shop.orders\nimport json\ndef f():\n    return shop.orders.Order, json\n",
}
_EXECUTABLES = ("python", ".venv/bin/python", ".venv/bin/python3", "git", "bin/python3")
_HOOK = """
import json, os, sys
log = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.startfile",
          "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo")
def note(event, arguments):
    if event in STARTS or event in ("os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir"):
        os.write(log, (json.dumps([event, [str(each) for each in arguments]]) + "\\n").encode())
    elif event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        os.write(log, (json.dumps([event, [str(arguments[0])]]) + "\\n").encode())
sys.addaudithook(note)
from import_cycles.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    trap = _TRAP.format(marker=str(tmp_path / "sprung"))
    texts = {
        name: f"{text}{trap}" if name.endswith(".py") else text for name, text in _FILES.items()
    }
    write_files(root, texts)
    for name in _EXECUTABLES:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
        place.chmod(0o755)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "there.py").write_text("import here\n")
    (root / "there.py").symlink_to(outside / "there.py")
    (root / "here.py").write_text(f"import there\n{trap}")
    (root / "loop").symlink_to(root, target_is_directory=True)
    return root


def _innocent(root: Path, log: Path, *, may_change: frozenset[str] = frozenset()) -> None:
    """Nothing was run, nothing connected, and nothing written but the cache and what may change."""
    assert not (root.parent / "sprung").exists()
    cache = os.environ["IMPORT_CYCLES_CACHE_DIR"]
    for line in log.read_text().splitlines() if log.exists() else ():
        event, arguments = json.loads(line)
        place = arguments[0]
        # A number is a file that is open already: its name was noted then.
        is_ours = place.isdigit() or place.startswith(cache) or place in ("/dev/null", os.devnull)
        # Beside the file that is fixed lies the new one, until it takes its place.
        is_allowed = any(Path(place).parent == (root / name).parent for name in may_change)
        assert is_ours or is_allowed, (event, arguments)


def _run(log: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The program as it is installed: its own folder is on `sys.path`, and the working one is not."""
    script = log.with_name("program.py")
    script.write_text(_HOOK)
    return subprocess.run(
        [sys.executable, str(script), str(log), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SERVER), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"], ["check", "--verbose", "--format", "sarif"], ["graph"], ["explain", "shop.orders"],
        ["entries"], ["plan"], ["fix", "--diff", "--unsafe"],
    ],
    ids=lambda each: each[0],
)  # fmt: skip
def test_commands(repository: Path, tmp_path: Path, arguments: list[str]) -> None:
    log = tmp_path / "log"
    done = _run(log, repository, *arguments)
    assert done.returncode in (0, 1), done.stderr
    _innocent(repository, log)


def test_fix_writes_the_fixed_file_alone(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    done = _run(log, repository, "fix")
    assert done.returncode in (0, 1), done.stderr
    _innocent(repository, log, may_change=frozenset({"shop/orders.py"}))
    after = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    assert {path for path in after if before.get(path) != after[path]} == {
        repository / "shop/orders.py"
    }


def test_a_session(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", _HOOK, str(log), "server"]
    uri = (repository / "shop/orders.py").as_uri()
    with raw_client(command=command) as client:
        literal = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
        client.initialize(
            capabilities={"textDocument": {"codeAction": literal}},
            workspaceFolders=[{"uri": repository.as_uri(), "name": "strange"}],
        )
        text = (repository / "shop/orders.py").read_text()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        client.send(method="textDocument/didOpen", params={"textDocument": document})
        place: dict[str, Any] = {"line": 0, "character": 8}
        asked = {"textDocument": {"uri": uri}}
        assert "shop.users" in str(
            client.ask(1, "textDocument/hover", {**asked, "position": place})
        )
        menu = {**asked, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        # The server cuts a menu off after a while; on a busy machine that can be at once.
        menus = (client.ask(n, "textDocument/codeAction", menu)["result"] for n in range(10, 40))
        assert any(menus)
        for number, name in enumerate(("list", "graph", "reindex"), 3):
            arguments = {"arguments": [uri]} if name == "graph" else {}
            asked_for = {"command": f"import-cycles.{name}", **arguments}
            assert "result" in client.ask(number, "workspace/executeCommand", asked_for)
        assert client.leave() == 0
    _innocent(repository, log)
