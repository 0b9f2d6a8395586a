"""Starting must be quick: what is not needed is not imported. Modules are counted, not time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

_LIST_MODULES = """
import atexit, sys
from import_cycles.__main__ import main
atexit.register(lambda: print("\\n".join(["modules:", *sys.modules])))
raise SystemExit(main(sys.argv[1:]) and 0)
"""


_SELDOM_NEEDED = {
    "configparser",  # a `setup.cfg`
    "dataclasses",  # see import_cycles.base.record
    "difflib",  # a misspelt key
    "inspect",  # see import_cycles.analysis.registry
    "json",  # a format for programs
    "logging",  # the server
    "parso",  # a file that does not parse
    "pathspec",  # a `.gitignore`
    "subprocess",  # real interpreters
    "tomli",  # a `pyproject.toml`
    "tomllib",
    "typing_extensions",
}
"""What takes long to load, and what it is for."""


def _imported(interpreter: Callable[..., str], *arguments: str) -> set[str]:
    return set(interpreter(_LIST_MODULES, *arguments).partition("modules:\n")[2].split())


@pytest.mark.parametrize("argument", ["--version", "--help", "--wrong"])
def test_version_and_help_do_not_load_the_engine(
    interpreter: Callable[..., str], argument: str
) -> None:
    modules = _imported(interpreter, argument)
    assert {name for name in modules if name.startswith("import_cycles")} == {
        "import_cycles",
        "import_cycles.__main__",
        "import_cycles.base",
        "import_cycles.base.frames",
        "import_cycles.base.record",
        "import_cycles.base.words",
        "import_cycles.cli",
        "import_cycles.cli.command",
        "import_cycles.cli.console",
        "import_cycles.cli.main",
    }
    assert not modules & {"ast", "pathlib", "tokenize", *_SELDOM_NEEDED}


@pytest.mark.parametrize("command", ["check", "graph", "explain", "entries", "plan", "baseline"])
def test_commands_do_not_load_the_server(
    interpreter: Callable[..., str], project: Callable[[Mapping[str, str]], Path], command: str
) -> None:
    project({"a.py": "import b\n", "b.py": "import a\n"})
    modules = _imported(interpreter, command, *["a"][: command == "explain"])
    assert "import_cycles.workspace.workspace" in modules
    heavy = {"asyncio", "attr", "cattrs", "jedi", "lsprotocol", "parso", "pygls", "subprocess"}
    heavy |= {"import_cycles.lsp", "importlib.metadata", "socket", "urllib.request"}
    assert not modules & heavy


_WITHOUT_THE_SERVER = """
import sys
for name in ("attr", "attrs", "cattrs", "jedi", "lsprotocol", "pygls"):
    sys.modules[name] = None
from import_cycles.__main__ import main
raise SystemExit(main(sys.argv[1:]) and 0)
"""


@pytest.mark.parametrize("command", ["check", "graph", "explain", "entries", "plan"])
def test_commands_work_without_the_libraries_of_the_server(
    interpreter: Callable[..., str], project: Callable[[Mapping[str, str]], Path], command: str
) -> None:
    project({"a.py": "import b\n", "b.py": "from a import x\nx = 1\n"})
    assert interpreter(_WITHOUT_THE_SERVER, command, *["a"][: command == "explain"])


def test_a_check_loads_nothing_that_it_does_not_need(
    interpreter: Callable[..., str], project: Callable[[Mapping[str, str]], Path]
) -> None:
    project({"a.py": "import b\n", "b.py": "import a\n"})
    assert not _imported(interpreter, "check") & _SELDOM_NEEDED


@pytest.mark.parametrize(
    ("file", "text", "module"),
    [
        (".gitignore", "dist\n", "pathspec"),
        ("setup.cfg", "[options]\n", "configparser"),
        ("c.py", "import a (\n", "parso"),
    ],
)
def test_what_a_file_needs_is_loaded_for_it(
    interpreter: Callable[..., str],
    project: Callable[[Mapping[str, str]], Path],
    file: str,
    text: str,
    module: str,
) -> None:
    project({"a.py": "import b\n", file: text})
    assert module in _imported(interpreter, "check")


_INSIDE = """
import runpy, sys
try:
    runpy.run_module("import_cycles", run_name="__main__")
except SystemExit as stop:
    print("goes on after", stop.code)
"""


def test_a_process_ends_with_its_command_and_all_that_it_printed(
    interpreter: Callable[..., str],
    project: Callable[[Mapping[str, str]], Path],
    fresh_environment: dict[str, str],
) -> None:
    project({f"m{n}.py": f"import m{(n + 1) % 200}\n" for n in range(200)})
    arguments = ["check", "--format", "json", "--no-cache"]
    alone = subprocess.run(
        [sys.executable, "-m", "import_cycles", *arguments],
        env=fresh_environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert alone.returncode == 1
    assert json.loads(alone.stdout)
    inside = interpreter(_INSIDE, *arguments)
    assert inside == f"{alone.stdout}goes on after 1\n"
