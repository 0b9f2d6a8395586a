"""What reaches the terminal, the pipe and the file: encodings, colors, progress, endings."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import import_cycles.cli.check as check
from import_cycles.cli.console import Console, encodable, wants_color

Write = Callable[[Mapping[str, str]], Path]
CYCLE = {"a.py": "import b\n", "b.py": "import c\n", "c.py": "import a\nimport b\n"}


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_hash_seeds_do_not_show(project: Write, spawn: Any, form: str) -> None:
    project({**CYCLE, "d.py": "import e, f\n", "e.py": "import d\n", "f.py": "import d, e\n"})
    results = {spawn("check", "--format", form, PYTHONHASHSEED=seed) for seed in ("1", "2", "77")}
    assert len(results) == 1
    assert results.pop().status == 1


@pytest.mark.parametrize("form", ["json", "dot", "mermaid"])
def test_hash_seeds_do_not_show_in_graphs(project: Write, spawn: Any, form: str) -> None:
    project(CYCLE)
    results = {spawn("graph", "--format", form, PYTHONHASHSEED=seed) for seed in ("1", "2", "77")}
    assert len(results) == 1


def test_ascii_output_has_arrows_of_its_own(project: Write, spawn: Any) -> None:
    project(CYCLE)
    result = spawn("check", "-v", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.status == 1
    assert "a -> b -> c -> a" in result.out
    assert "     +> a  a.py:1  import b" in result.out
    assert result.out.isascii()
    assert result.err == ""


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("a → é", "utf-8", "a → é"),
        ("a → é", "latin-1", "a -> é"),
        ("a → é", "ascii", r"a -> \xe9"),
        ("a → é", None, "a → é"),
        ("\udcff → a", "utf-8", r"\udcff → a"),
    ],
)
def test_what_an_encoding_lacks_is_replaced(text: str, encoding: str | None, written: str) -> None:
    assert encodable(text, encoding) == written


@pytest.mark.parametrize(
    ("is_terminal", "environment", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_color_is_for_terminals(
    is_terminal: bool, environment: Mapping[str, str], wanted: bool
) -> None:
    assert wants_color(is_terminal, environment) is wanted


def test_color_can_be_forced(project: Write, run: Any) -> None:
    project(CYCLE)
    assert "\x1b[" not in run("check").out
    assert "\x1b[" not in run("check", "--no-color").out
    assert "\x1b[" in run("check", "--color").out


def test_progress_is_painted_over_and_wiped() -> None:
    err = io.StringIO()
    console = Console(io.StringIO(), err, show_progress=True)
    console.progress(1, 20)
    console.progress(20, 20)
    last = err.getvalue().split("\r")
    assert last[1] == "reading 1/20 files"
    assert len(last[2]) >= len(last[1])
    assert last[2].isspace()
    assert last[-1] == ""


def test_no_progress_without_a_terminal(project: Write, spawn: Any) -> None:
    project(CYCLE)
    assert spawn("check").err == ""


EVIL = "n\n::error file=x::text\r\x1b[31m\u202e\u2028"
ESCAPED = r"n\n::error file=x::text\r\x1b[31m\u202e\u2028"


@pytest.mark.skipif(os.name == "nt", reason="file names there hold no control characters")
@pytest.mark.parametrize(
    "arguments",
    [
        "check", "check -v", "check --format github", "explain EVIL/a.py", "explain EVIL",
        "explain EVIL/lone.py:1", "graph --format dot", "graph --format mermaid", "fix --diff",
        "fix --diff --unsafe", "plan", "plan --all", "entries", "entries --only loads",
        "check EVIL/nowhere", "fix", "trace EVIL/a.py",
    ],
)  # fmt: skip
def test_names_cannot_command_a_terminal_or_a_ci_log(
    arguments: str, project: Write, run: Any
) -> None:
    top = project({f"{EVIL}/{path}": text for path, text in CYCLE.items()})
    (top / EVIL / "broken.py").write_bytes(b"\xff")
    (top / EVIL / "lone.py").write_text("import os\n")
    (top / EVIL / ".gitignore").write_text("")
    result = run(*(each.replace("EVIL", EVIL) for each in arguments.split(" ")))
    told = result.out + result.err
    assert not {"\r", "\x1b", "\u202e", "\u2028"} & set(told)
    assert not any(line.startswith("::error file=x") for line in told.splitlines())
    spellings = (ESCAPED.replace("\\", each) for each in ("\\", r"\\", "#92;"))
    assert any(each in told for each in (*spellings, "%0A%3A%3Aerror"))


@pytest.mark.skipif(os.name == "nt", reason="file names there hold no control characters")
def test_sarif_holds_no_characters_that_command_and_no_links(project: Write, run: Any) -> None:
    folder = f"a[b](command{EVIL}"
    project({f"{folder}/a.py": "from . import b\n", f"{folder}/b.py": "from . import a\n"})
    (log,) = json.loads(run("check", "--format", "sarif").out)["runs"]
    texts = [
        told["message"]["text"]
        for result in log["results"]
        for told in (result, *result["relatedLocations"])
    ]
    assert any(ESCAPED in each for each in texts)
    for each in texts:
        assert not {"\r", "\n", "\x1b", "\u202e", "\u2028"} & set(each)
        assert re.search(r"(?<!\\)\]\(", each) is None


def test_closed_pipe_is_quiet(project: Write) -> None:
    folder = project(CYCLE)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "import_cycles", "check", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_ctrl_c_is_quiet(project: Write, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project(CYCLE)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "analyse", interrupted)
    result = run("check")
    assert (result.status, result.out, result.err) == (130, "", "")
