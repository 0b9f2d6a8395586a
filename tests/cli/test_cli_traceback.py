"""`import-cycles explain` for tracebacks: every wording, with and without the project at hand."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from traceback_samples import (
    FOLDER,
    KINDS,
    PROJECT,
    SOURCES,
    Kind,
    failure_text,
    interpreters,
    write_project,
)

Write = Callable[[Mapping[str, str]], Path]

OTHER_TOOLS = {
    "3.14.0-attribute-elsewhere": KINDS["attribute"],
    "docker-compose": KINDS["submodule"],
    "ipython": KINDS["from"],
    "message-only": KINDS["from"],
    "pytest-collection": KINDS["from"],
    "pytest-long": KINDS["attribute"],
    "pytest-long-colored": KINDS["attribute"],
    "pytest-native": KINDS["attribute"],
    "pytest-short": KINDS["attribute"],
    "rich": KINDS["from"],
    "windows": KINDS["from"],
}


def _kind(sample: Path) -> Kind:
    return OTHER_TOOLS.get(sample.stem) or KINDS[sample.stem.partition("-")[2]]


SAMPLES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_names_the_cycle_behind_it(project: Write, run: Any, sample: Path) -> None:
    project(SOURCES)
    result = run("explain", "--traceback", str(sample))
    assert (result.status, result.err) == (0, "")
    kind = _kind(sample)
    assert kind.says in result.out
    assert ("\nWhat to do:\n  - " in result.out) == bool(kind.cycle)
    assert (f"circular import: {kind.cycle}\n" in result.out) == bool(kind.cycle)
    if kind.cycle:
        closing = kind.cycle.split(" → ")[-2].replace(".", "/")
        assert f"└─ {kind.cycle.split(' → ')[-2]}" in result.out
        assert f"{closing}.py:1" in result.out


ALONE = [each for each in SAMPLES if each.stem.startswith(("3.6", "3.13", "3.14", *OTHER_TOOLS))]


@pytest.mark.parametrize("sample", ALONE, ids=lambda sample: sample.stem)
def test_traceback_alone_is_enough(
    project: Write, run: Any, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({"unrelated/x.py": ""})
    monkeypatch.chdir(tmp_path / "unrelated")
    result = run("explain", "--traceback", str(sample))
    assert (result.status, result.err) == (0, "")
    kind = _kind(sample)
    if sample.stem.endswith("short-star"):
        # Nothing but the sources tells that the star-import came too early.
        assert "Nothing here shows a circular import" in result.out
    elif sample.stem == "message-only":
        assert "Give the whole traceback" in result.out
    else:
        assert (f"circular import: {kind.cycle}\n" in result.out) == bool(kind.cycle)


@pytest.mark.parametrize("sample", ["3.13.0-attribute", "3.14.0-from", "3.14.0-attribute"])
def test_advice_to_rename_a_file_is_called_wrong(project: Write, run: Any, sample: str) -> None:
    project(SOURCES)
    out = run("explain", str(FOLDER / f"{sample}.txt")).out
    assert "consider renaming" in out
    assert f"Python's advice to rename {PROJECT}/" in out
    assert "a circular import" in out


@pytest.mark.parametrize(
    ("name", "missing"), [("random", "the standard library module named"), ("numpy", "a library")]
)
def test_true_name_clash_is_called_one(project: Write, run: Any, name: str, missing: str) -> None:
    folder = project({f"{name}.py": f"import {name}\n{name}.thing\n"})
    since = "since" if name == "random" else "if"
    project(
        {
            "log": f'Traceback (most recent call last):\n  File "{folder}/{name}.py", line 1, in'
            f' <module>\n    import {name}\n  File "{folder}/{name}.py", line 2, in <module>\n'
            f"    {name}.thing\nAttributeError: module '{name}' has no attribute 'thing' (consider"
            f" renaming '{folder}/{name}.py' {since} it has the same name as {missing} …)\n"
        }
    )
    out = run("explain", "log").out
    assert "name clash, not a circular import\n" in out
    assert f"  - Rename {folder}/{name}.py.\n" in out


def test_reads_standard_input_and_recognizes_files(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(SOURCES)
    sample = FOLDER / "3.11.7-from.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        data = sample.read_text("utf-8").encode(encoding)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        piped = run("explain", "-")
        assert piped.out == run("explain", str(sample)).out
        assert piped.out.startswith("ImportError: cannot import name 'a'")


def test_everything_after_the_option_is_a_path(project: Write, run: Any) -> None:
    folder = project({f"here/{name}": text for name, text in SOURCES.items()})
    sample = str(FOLDER / "3.11.7-from.txt")
    assert "here/from_a.py:1" in run("explain", "--traceback", sample, "here").out
    assert run("explain", "--traceback", sample, str(folder / "no")).status == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "say which module, file or traceback"),
        (["--traceback", "empty.txt"], "holds no traceback"),
        (["--traceback", "absent.txt"], "cannot be read"),
    ],
)
def test_nothing_to_explain_is_a_mistake(
    project: Write, run: Any, arguments: list[str], complaint: str
) -> None:
    project({"empty.txt": "all is well\n"})
    result = run("explain", *arguments)
    assert (result.status, result.out) == (2, "")
    assert complaint in result.err


def test_code_that_has_changed_since_is_noticed(project: Write, run: Any) -> None:
    project({**SOURCES, "from_b.py": "b = 1\n"})
    out = run("explain", str(FOLDER / "3.11.7-from.txt")).out
    assert "In the code as it is here, importing from_a first works" in out


def test_says_which_first_imports_work(project: Write, run: Any) -> None:
    project(SOURCES)
    out = run("explain", str(FOLDER / "3.11.7-attribute.txt")).out
    assert "It depends on what comes first: importing attr_b first works.\n" in out


def test_every_failure_of_a_test_run_is_told_once(project: Write, run: Any) -> None:
    samples = [(FOLDER / f"3.11.7-{kind}.txt").read_text() for kind in ("from", "typo", "star")]
    project({**SOURCES, "log.txt": "".join([*samples, *samples])})
    out = run("explain", "log.txt").out
    assert out.count("\ncircular import: ") == 2
    assert "otter" not in out


@pytest.mark.parametrize("version", interpreters())
def test_samples_are_what_interpreters_print(version: str, tmp_path: Path) -> None:
    write_project(tmp_path)
    for label in ("from", "attribute", "submodule"):
        sample = FOLDER / f"{version}-{label}.txt"
        if sample.is_file():
            printed = failure_text(interpreters()[version], KINDS[label], tmp_path)
            assert printed == sample.read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_traceback_without_an_end(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({"a.py": ""})
    result = run("explain", "--traceback", "/dev/zero")
    assert (result.status, result.out) == (2, "")
    assert result.err == "import-cycles: /dev/zero holds more than 100 MB\n"
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        result = run("explain", "-")
    assert result.err == "import-cycles: standard input holds more than 100 MB\n"
