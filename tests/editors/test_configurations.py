"""Configurations of all clients: they parse, and they start the same server for the same folders.

For Sublime Text, Zed and Kakoune with kakoune-lsp, which cannot be had here, this is all that is
tested.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from editor_clients import EDITORS, Home, program, run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COMMAND = ["import-cycles", "server"]
MARKERS = ["pyproject.toml", "setup.cfg", "setup.py", ".git"]

CLIENTS = sorted(path.name for path in EDITORS.iterdir() if path.is_dir())
JSON = sorted([*EDITORS.rglob("*.json"), *EDITORS.rglob("*.sublime-settings")])


def _json(name: str) -> Any:
    return json.loads((EDITORS / name).read_text(encoding="utf-8"))


def _toml(name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((EDITORS / name).read_text(encoding="utf-8"))
    return table


def _kakoune_servers() -> dict[str, Any]:
    text = (EDITORS / "kakoune" / "import-cycles.kak").read_text(encoding="utf-8")
    found = re.search(r"set-option -add buffer lsp_servers %\{(.*?)\n    \}", text, re.DOTALL)
    assert found is not None
    servers: dict[str, Any] = tomllib.loads(found[1])
    return servers


def _named(path: Path) -> str:
    return path.relative_to(EDITORS).as_posix()


def test_every_client_is_there() -> None:
    assert CLIENTS == ["emacs", "helix", "kakoune", "kate", "neovim", "sublime", "vim", "zed"]


@pytest.mark.parametrize("client", CLIENTS)
def test_readme_says_what_newcomers_ask(client: str) -> None:
    text = (EDITORS / client / "README.md").read_text(encoding="utf-8").lower()
    for subject in ("install", "first squiggle", "quick fix", "hover"):
        assert subject in text
    names = re.findall(r"\]\(([^):]+)\)", text)
    assert [name for name in names if not _exists(client, name)] == []


def _exists(client: str, name: str) -> bool:
    return name in {path.name.lower() for path in (EDITORS / client).iterdir()}


@pytest.mark.parametrize("file", JSON, ids=_named)
def test_json_parses(file: Path) -> None:
    assert isinstance(json.loads(file.read_text(encoding="utf-8")), dict)


def test_coc() -> None:
    server = _json("vim/coc-settings.json")["languageserver"]["import-cycles"]
    assert [server["command"], *server["args"]] == COMMAND
    assert server["rootPatterns"] == MARKERS
    assert server["filetypes"] == ["python"]


def test_kate() -> None:
    server = _json("kate/settings.json")["servers"]["python"]
    assert server["command"] == COMMAND
    assert server["rootIndicationFileNames"] == MARKERS
    assert re.search(server["highlightingModeRegex"], "Python")


def test_sublime() -> None:
    server = _json("sublime/LSP.sublime-settings")["clients"]["import-cycles"]
    assert server["command"] == COMMAND
    assert server["enabled"] is True
    assert server["selector"] == "source.python"


def test_helix() -> None:
    configuration = _toml("helix/languages.toml")
    server = configuration["language-server"]["import-cycles"]
    assert [server["command"], *server["args"]] == COMMAND
    (python,) = configuration["language"]
    assert python["name"] == "python"
    assert python["roots"] == MARKERS
    assert python["language-servers"][0] == "import-cycles"


def test_kakoune() -> None:
    server = _kakoune_servers()["import-cycles"]
    assert [server["command"], *server["args"]] == COMMAND
    assert server["root_globs"] == MARKERS


def test_kakoune_reads_it(home: Home) -> None:
    """Kakoune itself, with stand-ins for what kakoune-lsp declares."""
    kakoune = program("kak", "Kakoune", "apt install kakoune")
    result = home.path / "kakoune.txt"
    home.write("a.py", "import b\n")
    commands = f"""
        declare-option str lsp_servers
        define-command lsp-enable-window %{{ nop %sh{{ echo enabled > {result} }} }}
        source {EDITORS}/kakoune/import-cycles.kak
        edit {home.path}/a.py
        set-option buffer filetype python
        nop %sh{{ printf %s "$kak_opt_lsp_servers" >> {result} }}
        quit!
    """
    done = run([kakoune, "-n", "-ui", "dummy", "-e", commands], home)
    assert done.status == 0, done.output
    enabled, _, servers = result.read_text(encoding="utf-8").partition("\n")
    assert enabled == "enabled"
    assert tomllib.loads(servers) == _kakoune_servers()


def test_zed() -> None:
    extension = _toml("zed/extension.toml")
    assert extension["schema_version"] == 1
    assert extension["language_servers"]["import-cycles"]["languages"] == ["Python"]
    assert _toml("zed/Cargo.toml")["lib"]["crate-type"] == ["cdylib"]
    settings = _json("zed/settings.json")
    binary = settings["lsp"]["import-cycles"]["binary"]
    assert [binary["path"], *binary["arguments"]] == COMMAND
    assert settings["languages"]["Python"]["language_servers"][0] == "import-cycles"


def test_the_rest_names_the_same_markers() -> None:
    """Lua, Vim script and Emacs Lisp, by their texts."""
    quoted = {
        "neovim/lsp/import_cycles.lua": ", ".join(f"'{marker}'" for marker in MARKERS),
        "emacs/import-cycles.el": " ".join(f'"{marker}"' for marker in MARKERS),
        "vim/ale_linters/python/import_cycles.vim": "['pyproject.toml', 'setup.cfg', 'setup.py']",
    }
    for name, markers in quoted.items():
        assert markers in (EDITORS / name).read_text(encoding="utf-8")
