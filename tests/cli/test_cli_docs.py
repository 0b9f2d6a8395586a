"""docs/cli.md describes what is printed: the keys of the JSON, the options of each command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from import_cycles.syntax.imports import ImportFlag

Write = Callable[[Mapping[str, str]], Path]
PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
CYCLE = {"a.py": "import b\n", "b.py": "import a\n", "broken.py": "def (:\n"}


def _keys(value: object, path: str = "") -> set[str]:
    match value:
        case dict():
            return {path}.union(*(_keys(each, f"{path}.{key}") for key, each in value.items()))
        case list():
            return set().union(*(_keys(each, f"{path}[]") for each in value))
        case _:
            return {path}


@pytest.mark.parametrize("command", ["check", "graph"])
def test_example_has_the_keys_that_are_printed(project: Write, run: Any, command: str) -> None:
    project(CYCLE)
    section = PAGE.partition(f"## JSON of `{command}`")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    documented = json.loads(block[1])
    printed = json.loads(run(command, "--format", "json").out)
    lists_of_names = {".problems[].path", ".problems[].line", ".problems[].message"}
    lists_of_names |= {".problems[]", ".edges[].flags[]"}
    assert _keys(documented) - lists_of_names == _keys(printed) - lists_of_names
    assert documented["version"] == printed["version"]


@pytest.mark.parametrize("command", ["entries", "verify"])
def test_example_has_the_keys_of_first_imports(project: Write, run: Any, command: str) -> None:
    project(
        {
            "a.py": "from b import y\nx = 1\n",
            "b.py": "from a import x\ny = 1\n",
            "fine.py": "",
            **({"broken.py": "def (:\n"} if command == "entries" else {}),
            "pyproject.toml": "[project]\nname = 'x'\n[project.scripts]\nx = 'fine:main'\n",
        }
    )
    section = PAGE.partition(f"## JSON of `{command}`")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    printed = json.loads(run(command, "--format", "json").out)
    documented = json.loads(block[1])
    assert {key for key in _keys(printed) if ".problems[" not in key} == _keys(documented)


def test_example_has_the_keys_of_a_plan(project: Write, run: Any) -> None:
    project(
        {
            "a.py": "from b import Y\nclass X(Y): ...\n",
            "b.py": "from a import X\nclass Y(X): ...\n",
            "c.py": "from d import X\ndef f(x: X): ...\n",
            "d.py": "class X: ...\nimport c\ndef g(): return c.f\n",
        }
    )
    section = PAGE.partition("## JSON of `plan`")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    printed = json.loads(run("plan", "--all", "--format", "json").out)
    assert _keys(printed) == _keys(json.loads(block[1]))


@pytest.mark.parametrize(
    "command", ["check", "graph", "explain", "fix", "plan", "entries", "verify", "trace"]
)
def test_every_option_is_documented(run: Any, command: str) -> None:
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", run(command, "--help").out)) - {"--help"}
    assert "--color" in options
    assert not {option for option in options if f"`{option}" not in PAGE}


def test_every_flag_is_documented() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ", PAGE.rpartition("| flag |")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert rows == [str(flag.name).lower() for flag in ImportFlag if flag]
