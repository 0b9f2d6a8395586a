"""`import-cycles trace`: runs a program and draws the imports as they happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from traceback_samples import interpreters

from import_cycles.cli.render.trace_tree import Node, summary, tree_of
from import_cycles.workspace.program_trace import Ended, Failed, Importing, Started

Write = Callable[[Mapping[str, str]], Path]

HERE = ("--python", sys.executable)
APP = {
    "app/__init__.py": "",
    "app/users.py": "from app import orders\n\nNAME = 1\n",
    "app/orders.py": "import json\nfrom . import helper\nimport app.users\n",
    "app/helper.py": "",
    "crash.py": "from app.late import X\n",
    "app/late.py": "from app.early import Y\nX = 1\n",
    "app/early.py": "from app.late import X\nY = 1\n",
    "main.py": "import sys\nimport app.users\nprint('ran with', sys.argv[1:])\n",
}
IMPORTED = """\
import app.users
├─ app  app/__init__.py
└─ app.users  app/users.py
   └─ app.orders  app/orders.py  (line 1)
      ├─ app.helper  app/helper.py  (line 2)
      └─ app.users is only partly loaded here  app/orders.py:3  import app.users  \
app.users → app.orders → app.users
4 modules loaded{hidden}; 1 import cycle met
"""


def _without_hidden(out: str) -> str:
    """Which modules of the standard library are new differs from version to version."""
    head, _, tail = out.rpartition(" loaded, ")
    return f"{head} loaded; {tail.partition('; ')[2]}" if head else out


@pytest.mark.parametrize("version", interpreters())
def test_draws_the_real_order(project: Write, run: Any, version: str) -> None:
    if version.startswith(("3.6", "3.7")):
        pytest.skip("too old")
    project(APP)
    result = run("trace", "--python", str(interpreters()[version]), "app.users")
    assert result.status == 0
    assert _without_hidden(result.out) == IMPORTED.format(hidden="")


def test_script_gets_its_arguments_and_its_own_folder(
    project: Write, fresh_environment: dict[str, str]
) -> None:
    project({f"tools/{name}": text for name, text in APP.items()})
    result = subprocess.run(
        [sys.executable, "-m", "import_cycles", "trace", *HERE, "tools/main.py", "--all", "-x"],
        env=fresh_environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0
    assert result.stdout.splitlines()[:2] == [
        "__main__  tools/main.py",
        "├─ app  tools/app/__init__.py  (line 2)",
    ]
    assert "ran with ['--all', '-x']\n" in result.stderr
    assert "trace runs the program: tools/main.py" in result.stderr


def test_module_can_be_run_and_is_found_in_the_source_roots(project: Write, run: Any) -> None:
    project({f"src/{name}": text for name, text in APP.items()})
    project(
        {
            "pyproject.toml": "[project]\nname = 'app'\n",
            "src/app/__main__.py": "from app import helper\nif __name__ == '__main__':\n    import app.users\n",
        }
    )
    out = run("trace", *HERE, "-m", "app").out
    assert out.startswith("python -m app  src/app/__main__.py\n")
    assert "├─ app.helper  src/app/helper.py  (line 1)\n" in out
    assert "└─ app.users  src/app/users.py  (line 3)\n" in out


def test_all_shows_other_modules_too(project: Write, run: Any) -> None:
    project({"a.py": "import colorsys\n"})
    assert "colorsys" not in run("trace", *HERE, "a").out
    out = run("trace", *HERE, "--all", "a").out
    assert "   └─ colorsys  " in out
    assert "not shown" not in out


def test_project_module_behind_a_foreign_one_is_shown(project: Write, run: Any) -> None:
    folder = project({"a.py": "import foreign\n", "b.py": "", "pyproject.toml": ""})
    elsewhere = folder / "venv" / "site-packages"
    elsewhere.mkdir(parents=True)
    (elsewhere / "foreign.py").write_text("import b\n")
    project({"run.py": f"import sys\nsys.path.append({str(elsewhere)!r})\nimport a\n"})
    out = run("trace", *HERE, "run.py").out
    assert "   └─ b  b.py  (through foreign)\n" in out


def test_failure_is_explained(project: Write, run: Any) -> None:
    project(APP)
    result = run("trace", *HERE, "crash.py")
    assert result.status == 1
    assert "└─ app.late  app/late.py  fails  (line 1)\n" in result.out
    assert "circular import: app.late → app.early → app.late\n" in result.out
    assert "X is not bound yet, line 2 would bind it." in result.out


def test_other_failure_is_not_our_business(project: Write, run: Any) -> None:
    project({"a.py": "import b\n", "b.py": "1 / 0\n", "c.py": "raise SystemExit(3)\n"})
    result = run("trace", *HERE, "a")
    assert (result.status, "Not a circular import" in result.out) == (0, True)
    assert (
        run("trace", *HERE, "c.py").out == "__main__  c.py\n0 modules loaded; no import cycle met\n"
    )


def test_tracebacks_of_the_program_are_its_own(
    project: Write, fresh_environment: dict[str, str]
) -> None:
    project(APP)
    traced, plain = (
        subprocess.run(
            [sys.executable, "-B", *arguments],
            env=fresh_environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        for arguments in (["-m", "import_cycles", "trace", *HERE, "crash.py"], ["crash.py"])
    )
    assert traced.partition("\n")[2].replace(f"{Path.cwd()}/", "") == plain.replace(
        f"{Path.cwd()}/", ""
    )


def test_what_happened_before_it_was_killed_is_drawn(project: Write, run: Any) -> None:
    project({"a.py": "import b\nimport os\nos.kill(os.getpid(), 9)\n", "b.py": ""})
    result = run("trace", *HERE, "a")
    assert (result.status, "└─ b  b.py  (line 1)" in result.out) == (0, True)
    assert "ended by signal 9" in result.err


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupt_draws_what_there_is(project: Write, fresh_environment: dict[str, str]) -> None:
    project(
        {"a.py": "import b\nprint('ready', flush=True)\nimport time\ntime.sleep(600)\n", "b.py": ""}
    )
    tracing = subprocess.Popen(
        [sys.executable, "-m", "import_cycles", "trace", *HERE, "a.py"],
        env=fresh_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert tracing.stderr is not None
    while tracing.stderr.readline() != b"ready\n":
        pass
    # The terminal sends it to both, as here.
    os.killpg(tracing.pid, signal.SIGINT)
    out, _ = tracing.communicate()
    assert tracing.returncode == 130
    assert "b  b.py" in out.decode()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["no/such.py"], "there is no such file"),
        (["--python", "no-such-python", "a.py"], "no such program"),
        ([], "required"),
    ],
)
def test_wrong_usage(project: Write, run: Any, arguments: list[str], complaint: str) -> None:
    project({"a.py": ""})
    result = run("trace", *arguments)
    assert (result.status, result.out) == (2, "")
    assert complaint in result.err


def test_what_the_printing_of_a_traceback_imports_is_not_drawn() -> None:
    by = Importing("a", "/a.py", 1)
    loads = [Started(1, "b", "/b.py", by), Ended(1, "b", has_loaded=False)]
    events = [*loads, Failed("ImportCycleError", "", ()), *loads]
    tree = tree_of(events, Node("a", "/a.py", by, is_shown=True), lambda _: True, lambda _: True)
    assert tree.n_loaded == 1
    assert summary(tree) == "1 module loaded; no import cycle met"
    assert summary(tree, is_circular=True) == "1 module loaded; failed for an import cycle"
