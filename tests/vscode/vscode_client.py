"""Find what the tests in a real VS Code need, and run the scripts of `vscode-client/`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENT = REPOSITORY / "vscode-client"

PATIENCE = 600
"""Seconds after which a script that does not end is ended."""

_DOWNLOADED_NODES = (
    Path(os.environ.get("VSCODE_TEST_DIR", CLIENT / ".vscode-test")) / "node-24" / "node_modules"
)


def manifest() -> dict[str, Any]:
    """The extension's package.json."""
    read: dict[str, Any] = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    return read


def script(name: str, *words: str) -> str:
    """Run a script of the client; what it printed. Skips, or fails in CI, when a package is missing."""
    node = _node()
    if node is None:
        _missing("Node is not there: `npm run get-vscode` in vscode-client, or apt install npm")
    if not (CLIENT / "node_modules").is_dir():
        _missing("the client's packages are not there: `npm ci` in vscode-client")
    done = _run([node, str(CLIENT / "scripts" / f"{name}.mjs"), *words], node)
    if done.returncode == 2:
        _missing(done.stdout.strip())
    assert done.returncode == 0, done.stdout
    return done.stdout


def _node() -> str | None:
    downloaded = sorted(_DOWNLOADED_NODES.glob("node-*/bin/node"))
    return str(downloaded[0]) if downloaded else shutil.which("node")


def _run(command: Sequence[str], node: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=CLIENT,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _missing(message: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
