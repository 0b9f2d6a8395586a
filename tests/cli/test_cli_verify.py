"""`import-cycles verify`: real interpreters agree, and modules that cannot be compared are listed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

ROOT = Path(__file__).parents[2]
CYCLE = {"a.py": "from b import y\nx = 1\n", "b.py": "from a import x\ny = 1\n", "c.py": ""}
HERE = ("--python", sys.executable)


def _modules(result: Any) -> dict[str, dict[str, Any]]:
    return {entry["module"]: entry for entry in json.loads(result.out)["modules"]}


def test_agrees_on_the_example(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("verify", *HERE, "--jobs", "4", "--format", "json", "examples/shop")
    assert result.status == 1
    document = json.loads(result.out)
    assert document["summary"] == {
        "modules": 20, "agrees": 20, "differs": 0, "unsure": 0, "incomparable": 0, "circular": 2,
    }  # fmt: skip
    route = _modules(result)["shop.shipping.route"]
    predicted, observed = route["predicted"], route["observed"]
    assert predicted == observed
    assert (observed["path"], observed["line"], observed["name"]) == (
        "examples/shop/src/shop/shipping/parcel.py", 5, "Route",
    )  # fmt: skip


def test_says_on_standard_error_that_it_executes_the_code(project: Write, run: Any) -> None:
    project(CYCLE)
    assert "executes the project's code" in run("verify", *HERE).err
    assert "executes the project's code" in " ".join(run("verify", "--help").out.split())


def test_text_tells_each_module(project: Write, run: Any) -> None:
    project(CYCLE)
    result = run("verify", *HERE)
    lines = result.out.splitlines()
    assert result.status == 1
    assert lines[0].startswith("a: crashes at b.py:1: ImportError: cannot import name 'x'")
    assert lines[0].endswith("(a → b), as predicted")
    assert lines[2] == "c: loads, as predicted"
    assert "3 as predicted, 0 differently" in lines[3]
    assert [line[:2] for line in run("verify", *HERE, "-q").out.splitlines()] == ["a:", "b:", "3 "]


def test_without_a_crash_the_status_is_0(project: Write, run: Any) -> None:
    project({"a.py": "import b\n", "b.py": "import a\n", "c.py": "raise ValueError('no')\n"})
    result = run("verify", *HERE)
    assert result.status == 0
    assert "c: crashes at c.py:1: ValueError: no (c), as predicted" in result.out


def test_missing_dependency_cannot_be_compared(project: Write, run: Any) -> None:
    project(
        {
            "a.py": "import not_installed.part\nimport b\n",
            "b.py": "import a\na.x\n",
            "tools/run.py": "import helper\n",
            "tools/helper.py": "",
            "d.py": "import tools.helper\n",
        }
    )
    result = run("verify", *HERE, "--format", "json")
    found = _modules(result)
    assert (found["a"]["agreement"], found["a"]["reason"]) == (
        "incomparable", "needs not_installed",
    )  # fmt: skip
    assert found["tools.run"]["agreement"] == "agrees"
    assert "a: cannot be compared: needs not_installed\n" in run("verify", *HERE).out
    assert result.status == 0


def test_other_troubles_cannot_be_compared(project: Write, run: Any) -> None:
    project(
        {
            "dies.py": "import os\nprint('farewell', flush=True)\nos._exit(7)\n",
            "needs_setting.py": "import os\nos.environ['NO_SUCH_SETTING']\n",
            "asks.py": "input()\n",
            "noise.py": "import sys\nprint('x' * 100_000)\nprint('y', file=sys.stderr)\n",
        }
    )
    result = run("verify", *HERE, "--format", "json")
    found = _modules(result)
    assert found["dies"]["reason"] == (
        "the interpreter ended with exit status 7, its last line: farewell"
    )
    assert found["needs_setting"]["reason"].startswith("fails for another reason than a cycle")
    assert found["asks"]["reason"].endswith("EOFError: EOF when reading a line")
    assert found["noise"]["agreement"] == "agrees"
    assert result.status == 0


def test_runs_are_isolated_and_leave_nothing_behind(project: Write, run: Any) -> None:
    folder = project(
        {
            "a.py": "import os\nif os.listdir():\n    raise RuntimeError('not empty')\n"
            "open('litter', 'w').close()\nimport b\n",
            "b.py": "import sys\nif '' in sys.path or not sys.flags.isolated:\n    raise RuntimeError\n",
        }
    )
    found = _modules(run("verify", *HERE, "--format", "json"))
    assert {entry["observed"]["outcome"] for entry in found.values()} == {"loads"}
    assert sorted(path.name for path in folder.iterdir()) == ["a.py", "b.py"]


HANGS = """
import os, subprocess, sys
pipe = os.open({!r}, os.O_WRONLY)
os.set_inheritable(pipe, True)
wait = "import os, time; time.sleep(600); os.write({{}}, b'survived')".format(pipe)
child = subprocess.Popen([sys.executable, "-c", wait], close_fds=False)
os.write(pipe, b"ready")
child.wait()
"""
"""A module that hangs with a process of its own; the named pipe ends when both are gone."""


def _read_to_the_end(pipe: int) -> bytes:
    os.set_blocking(pipe, True)
    read = b""
    while part := os.read(pipe, 100):
        read += part
    os.close(pipe)
    return read


@pytest.fixture
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pipe") / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_time_out_ends_the_process_and_what_it_started(
    project: Write, run: Any, pipe: Path
) -> None:
    project({"hangs.py": HANGS.format(str(pipe))})
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = run("verify", *HERE, "--timeout", "1.5", "--format", "json")
    assert _modules(result)["hangs"]["reason"] == "did not end within 1.5 seconds"
    assert result.status == 0
    assert b"survived" not in _read_to_the_end(reading)


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_interrupt_ends_every_process(
    project: Write, fresh_environment: dict[str, str], pipe: Path
) -> None:
    project({"hangs.py": HANGS.format(str(pipe))})
    verifying = subprocess.Popen(
        [sys.executable, "-m", "import_cycles", "verify", *HERE],
        env=fresh_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    reading = os.open(pipe, os.O_RDONLY)
    assert os.read(reading, 5) == b"ready"
    verifying.send_signal(signal.SIGINT)
    out, _ = verifying.communicate()
    assert (verifying.returncode, out) == (130, b"")
    assert _read_to_the_end(reading) == b""


def test_predicts_for_the_version_that_runs(project: Write, run: Any) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    project(CYCLE)
    project(
        {
            "pyproject.toml": "[project]\nname = 'x'\nrequires-python = '>=3.8'\n",
            "d.py": f"import sys\nif sys.version_info[:2] == {sys.version_info[:2]}:\n    import a\n",
        }
    )
    result = run("verify", *HERE, "--format", "json")
    assert json.loads(result.out)["python"] == {"executable": sys.executable, "version": version}
    assert _modules(result)["d"]["agreement"] == "agrees"


def test_interpreter_of_the_environment_is_the_default(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project({"a.py": ""})
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert (
        json.loads(run("verify", "--format", "json").out)["python"]["executable"] == sys.executable
    )
    program = folder / ".venv" / "bin" / "python"
    project({".venv/bin/python": "#!/bin/sh\necho nonsense\n"})
    program.chmod(0o755)
    assert f"{program} does not answer as Python does" in run("verify").err
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert run("verify").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--python", "no-such-python"],
        ["--jobs", "0"],
        ["--timeout", "0"],
        ["--timeout", "soon"],
        ["nowhere"],
    ],
)
def test_wrong_usage(project: Write, run: Any, arguments: list[str]) -> None:
    project(CYCLE)
    result = run("verify", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err


def test_type_checking_is_set_where_the_configuration_says_so(project: Write, run: Any) -> None:
    project(
        {
            "a.py": "from b import B\nclass A: ...\n",
            "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import A\nB = 1\n",
        }
    )
    assert run("entries").status == 0
    assert run("entries", "--type-checking").status == 1
    project({"pyproject.toml": "[tool.import-cycles]\ntype-checking = true\n"})
    result = run("verify", "--format", "json")
    summary = json.loads(result.out)["summary"]
    assert (summary["agrees"], summary["circular"], result.status) == (2, 2, 1)
    assert run("entries").status == 1


def test_the_summary_says_how_many_fail(project: Write, run: Any) -> None:
    project({"a.py": ""})
    assert run("verify").out.endswith(". None fails because of a cycle\n")
    project({"a.py": "from a import x\nx = 1\n"})
    assert run("verify").out.endswith(". 1 of them fails because of a cycle\n")


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_an_interpreter_may_call_itself_by_a_name_that_is_not_here(
    project: Write, run: Any
) -> None:
    folder = project({"a.py": ""})
    wrapper = folder / "wrapper"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *sys.executable*) {sys.executable} "$@" |'
        f" sed 's|{sys.executable}|/opt/gone/python|';; *) exec {sys.executable} \"$@\";; esac\n"
    )
    wrapper.chmod(0o755)
    assert run("verify", "--python", str(wrapper)).status == 0
    assert run("trace", "--python", str(wrapper), "a.py").status == 0


def test_files_that_import_their_neighbours_are_compared(project: Write, run: Any) -> None:
    project(
        {
            "pyproject.toml": "",
            "src/svc/__init__.py": "",
            "tests/conftest.py": "from helpers import contracts\nCORE = contracts\n",
            "tests/helpers.py": "from conftest import CORE\ncontracts = 1\n",
            "tests/test_core.py": "import helpers\n",
        }
    )
    summary = json.loads(run("verify", "--format", "json").out)["summary"]
    assert (summary["modules"], summary["agrees"], summary["circular"]) == (4, 4, 3)
