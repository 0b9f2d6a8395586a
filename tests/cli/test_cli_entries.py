"""`import-cycles entries`: what happens to each module as first import, exit statuses, formats."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from import_cycles.analysis import surveys
from import_cycles.cli.console import Console, Paint
from import_cycles.cli.entries import run as run_entries
from import_cycles.simulate.survey import Survey

Write = Callable[[Mapping[str, str]], Path]

SHOP = {
    "shop/__init__.py": "",
    "shop/users.py": "from shop.orders import total\n\nLIMIT = 3\n",
    "shop/orders.py": "import sys\nfrom shop.users import LIMIT\n\ndef total(): ...\n",
    "shop/alone.py": "",
    "shop/broken.py": 'raise LookupError("no stock")\n',
}


def _modules(result: Any) -> dict[str, dict[str, Any]]:
    return {entry.pop("module"): entry for entry in json.loads(result.out)["modules"]}


def test_it_makes_no_survey(project: Write, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """First imports follow calls themselves; a survey would do it twice."""
    made: list[object] = []

    def survey(*arguments: object) -> Survey:
        made.append(arguments[1])
        return Survey()

    monkeypatch.setattr(surveys, "survey", survey)
    project({"a.py": "import b\n\ndef f(): import c\n\nf()\n", "b.py": "import a\n", "c.py": ""})
    run("entries")
    assert not made
    run("check")
    assert made


def test_json_tells_every_module(project: Write, run: Any) -> None:
    folder = project(SHOP)
    result = run("entries", "--format", "json")
    assert (result.status, result.err) == (1, "")
    crash = {
        "outcome": "crashes",
        "exception": "ImportError",
        "message": "cannot import name '{}' from partially initialized module '{}' (most likely due"
        " to a circular import) ({})",
        "circular": True,
    }
    users, orders = f"{folder}/shop/users.py", f"{folder}/shop/orders.py"
    assert _modules(result) == {
        "shop": {"outcome": "loads"},
        "shop.alone": {"outcome": "loads"},
        "shop.broken": {
            "outcome": "crashes",
            "exception": "LookupError",
            "path": "shop/broken.py",
            "line": 1,
            "name": "",
            "message": "no stock",
            "chain": ["shop.broken"],
            "circular": False,
        },
        "shop.orders": {
            **crash,
            "path": "shop/users.py",
            "line": 1,
            "name": "total",
            "message": crash["message"].format("total", "shop.orders", orders),
            "chain": ["shop.orders", "shop.users"],
        },
        "shop.users": {
            **crash,
            "path": "shop/orders.py",
            "line": 2,
            "name": "LIMIT",
            "message": crash["message"].format("LIMIT", "shop.users", users),
            "chain": ["shop.users", "shop.orders"],
        },
    }
    document = json.loads(result.out)
    assert document["version"] == 1
    assert document["summary"] == {
        "modules": 5, "crashes": 3, "loads": 2, "unsure": 0, "circular": 2,
        "programs": {"crashes": 0, "loads": 0, "unsure": 0, "circular": 0},
    }  # fmt: skip
    assert document["programs"] == []


PROGRAMS = {
    **SHOP,
    "shop/__main__.py": "import sys\nfrom shop.cli import main\nsys.exit(main())\n",
    "shop/cli.py": "def main(): ...\nif __name__ == '__main__':\n    import shop.users\n",
    "tools/run.py": "if __name__ == '__main__':\n    from tools import helper\n",
    "tools/helper.py": "",
    "late.py": "import shop.alone\nif '__main__' == __name__:\n    raise SystemExit(3)\n",
    "pyproject.toml": "[project]\nname = 'shop'\n[project.scripts]\nshop = 'shop.cli:main'\n"
    "orders = 'shop.orders:total'\nother = 'elsewhere:main'\n",
}


def test_programs_are_starts_too(project: Write, run: Any) -> None:
    """One that exits has not crashed; a console script imports its module and no more."""
    project(PROGRAMS)
    result = run("entries", "--format", "json")
    found = json.loads(result.out)
    assert [(each["module"], each["how"], each["outcome"]) for each in found["programs"]] == [
        ("late", "script", "loads"),
        ("shop.__main__", "-m", "loads"),
        ("shop.cli", "-m", "crashes"),
        ("shop.cli", "console script", "loads"),
        ("shop.orders", "console script", "crashes"),
        ("tools.run", "script", "loads"),
    ]
    crash = found["programs"][2]
    assert (crash["path"], crash["line"], crash["circular"]) == ("shop/orders.py", 2, True)
    assert crash["chain"] == ["shop.cli", "shop.users", "shop.orders"]
    assert found["summary"]["programs"] == {
        "crashes": 2, "loads": 4, "unsure": 0, "circular": 2,
    }  # fmt: skip


def test_programs_come_with_the_command_that_runs_them(project: Write, run: Any) -> None:
    project(PROGRAMS)
    result = run("entries")
    blocks = {block.partition("\n")[0]: block.splitlines() for block in result.out.split("\n\n")}
    assert blocks["shop.cli crashes as main program"][-1] == "  python -m shop.cli"
    assert blocks["shop.orders crashes as console script"][-1] == '  python -c "import shop.orders"'
    assert result.out.endswith("6 programs of the project: 2 crash, 4 load, 0 unsure\n")
    assert "tools.run as script: loads" in run("entries", "--only", "loads").out.splitlines()
    assert run("entries", "shop/__main__.py", "late.py").status == 0


def test_a_program_that_crashes_is_a_finding(project: Write, run: Any) -> None:
    """Run as a script, the module is loaded a second time by who imports it by its name."""
    project({"late.py": "import helper\nhelper.X\n" + "if __name__ == '__main__': ...\n",
             "helper.py": "import late\nX = 1\n"})  # fmt: skip
    result = run("entries", "late.py", "--format", "json")
    document = json.loads(result.out)
    assert [each["outcome"] for each in document["modules"]] == ["loads"]
    assert [each["outcome"] for each in document["programs"]] == ["crashes"]
    assert result.status == 1


def test_text_has_crashes_of_cycles_first_each_with_a_command(project: Write, run: Any) -> None:
    project(SHOP)
    result = run("entries")
    assert result.status == 1
    blocks = result.out.split("\n\n")
    assert [block.split(" ")[0] for block in blocks[:3]] == [
        "shop.orders", "shop.users", "shop.broken",
    ]  # fmt: skip
    assert blocks[1].splitlines()[2:] == [
        "  shop/orders.py:2  from shop.users import LIMIT",
        "  shop.users → shop.orders",
        '  python -c "import shop.users"',
    ]
    assert "not because of a cycle" in blocks[2]
    assert blocks[3] == (
        "5 modules as first import: 3 crash (1 for another reason than a cycle), 2 load, 0 unsure\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("folder", "name"), [("src", "shop.users"), ("my code", "shop.users"), ("src", "my-users")]
)
def test_the_command_shows_the_crash(project: Write, run: Any, folder: str, name: str) -> None:
    sources = {**SHOP, "my-users.py": "import shop.users\n"}
    project({f"{folder}/{path}": text for path, text in sources.items()})
    project({"pyproject.toml": f"[tool.import-cycles]\nroots = ['{folder}']\n"})
    out = run("entries").out
    block = next(block for block in out.split("\n\n") if block.startswith(f"{name} crashes"))
    message, command = block.splitlines()[1], block.splitlines()[-1]
    shown = subprocess.run(
        command.replace("python -c", f'"{sys.executable}" -B -c'),
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1
    assert message.strip() in shown.stderr.replace(os.path.realpath("."), str(Path.cwd()))


@pytest.mark.parametrize(
    ("only", "shown"),
    [
        ("crashes", {"shop.orders", "shop.users", "shop.broken"}),
        ("loads", {"shop", "shop.alone"}),
        ("unsure", set()),
    ],
)
def test_only_shows_one_outcome_and_counts_all(
    project: Write, run: Any, only: str, shown: set[str]
) -> None:
    project(SHOP)
    result = run("entries", "--only", only, "--format", "json")
    assert (result.status, set(_modules(result))) == (1, shown)
    assert json.loads(result.out)["summary"]["modules"] == 5
    text = run("entries", "--only", only).out
    heads = {line.split(" ")[0].rstrip(":") for line in text.splitlines()[:-1] if line[:1] != " "}
    assert heads - {""} == shown


def test_unsure_entries_say_why(project: Write, run: Any) -> None:
    project({"a.py": "import b\nx = 1\n", "b.py": "import os\nimport a\nif os.sep in X: a.x\n"})
    project({"b.py": "import unknown\nimport a\nif unknown.flag:\n    a.x\n"})
    result = run("entries", "--format", "json")
    entry = _modules(result)["a"]
    assert (result.status, entry["outcome"]) == (0, "unsure")
    assert (entry["path"], entry["line"]) == ("b.py", 4)
    line = f"a: unsure: {entry['reason']} (b.py:4)"
    assert line in run("entries", "--only", "unsure").out.splitlines()


def test_a_crash_without_a_cycle_is_no_finding(project: Write, run: Any) -> None:
    project({"a.py": "raise ValueError\n", "b.py": ""})
    assert run("entries").status == 0


def test_only_what_is_named_is_shown(project: Write, run: Any) -> None:
    project({**SHOP, "pyproject.toml": "", "tests/test_users.py": "import shop.users\n"})
    result = run("entries", "shop/alone.py", "--format", "json")
    assert (result.status, set(_modules(result))) == (0, {"shop.alone"})
    result = run("entries", "tests", "shop", "--format", "json")
    assert "tests.test_users" in _modules(result)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("3.10", "module 'p' has no attribute 'a'"),
        (
            "3.11",
            "cannot access submodule 'a' of module 'p' (most likely due to a circular import)",
        ),
    ],
)
def test_messages_are_those_of_the_target_version(
    project: Write, run: Any, version: str, message: str
) -> None:
    project({"p/__init__.py": "", "p/a.py": "import p.b\n", "p/b.py": "import p.a\np.a\n"})
    project({"pyproject.toml": f'[tool.import-cycles]\ntarget-version = "{version}"\n'})
    assert _modules(run("entries", "--format", "json"))["p.a"]["message"] == message


def test_wrong_usage(project: Write, run: Any) -> None:
    project(SHOP)
    assert run("entries", "nowhere").status == 2
    assert run("entries", "--only", "cycles").status == 2
    project({"pyproject.toml": "[tool.import-cycles]\nrots = []\n"})
    result = run("entries", "--format", "json")
    assert result.status == 2
    assert json.loads(result.out)["problems"][0]["path"] == "pyproject.toml"


def test_progress_is_painted_and_wiped_on_a_terminal(project: Write) -> None:
    from argparse import Namespace

    project(SHOP)
    out, err = io.StringIO(), io.StringIO()
    options = Namespace(
        paths=[], format="text", only=None, type_checking=False, no_cache=True, cache_dir=None
    )
    run_entries(options, Console(out, err, Paint(), show_progress=True))
    painted = err.getvalue().split("\r")
    assert "simulating 2/5 first imports" in painted
    assert painted[-1] == ""
