"""Odd surroundings: names that are no text, links in a circle, a cache whose writer was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")

_COMMANDS = [
    ["check"], ["check", "--format", "json"], ["check", "--format", "sarif"],
    ["check", "--format", "github"], ["graph"], ["graph", "--format", "dot"],
    ["graph", "--format", "mermaid"], ["entries"], ["plan"], ["fix", "--diff"], ["explain", "a"],
]  # fmt: skip


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    texts = {
        b"a.py": "import b\n", b"b.py": "import a\n", b"p/__init__.py": "", b"p/\xff.py": "import b\n",
        b"\xfe\xff.py": "import a\n", b"\xee/c.py": "from . import d\n", b"\xee/d.py": "from . import c\n",
    }  # fmt: skip
    for name, text in texts.items():
        place = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    for name, target in {"loop": ".", "self": "self", "x.py": "x.py", "y.py": "gone.py"}.items():
        (tmp_path / name).symlink_to(target)
    return tmp_path


@pytest.mark.parametrize("arguments", _COMMANDS, ids="-".join)
def test_names_that_are_no_text_and_links_in_a_circle(
    odd: Path, arguments: list[str], fresh_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "import_cycles", *arguments, str(odd)],
        env=fresh_environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout or done.stderr
    assert b"Traceback" not in done.stderr
    done.stdout.decode()


_KILLED = """
import os, signal, sys
from import_cycles.__main__ import main
from import_cycles.workspace.cache_database import Database
moment, write = sys.argv[1], Database._write
def killed(self, act):
    def acting(connection):
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = act(connection)
        if moment == "in the middle":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    done = write(self, acting)
    os.kill(os.getpid(), signal.SIGKILL)
    return done
Database._write = killed
main(sys.argv[2:])
"""


@pytest.mark.parametrize("moment", ["before", "in the middle", "after"])
def test_a_writer_of_the_cache_that_is_killed(
    tmp_path: Path, moment: str, fresh_environment: dict[str, str]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    arguments = ["check", "--cache-dir", str(tmp_path / "cache"), str(project)]
    program = [sys.executable, "-m", "import_cycles"]

    def told(command: list[str]) -> tuple[int, bytes]:
        done = subprocess.run(command, env=fresh_environment, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stdout

    for text in ("import b\n", "import b\nimport c\n", "import c\n"):
        (project / "a.py").write_text(text)
        (project / "b.py").write_text("import a\n")
        killed = told([sys.executable, "-c", _KILLED, moment, *arguments])
        assert killed[0] == -signal.SIGKILL
        expected = told([*program, "check", "--no-cache", str(project)])
        assert told([*program, *arguments]) == expected
        assert told([*program, *arguments]) == expected
