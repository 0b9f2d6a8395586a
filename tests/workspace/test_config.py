"""Which settings of a configuration count, and the messages about the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from import_cycles.findings.rule import Severity
from import_cycles.workspace.config import Config, load_config
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.python_version import lowest_version

CODES = frozenset({"cycle", "self-import"})


def _load(folder: Path, text: str, client: dict[str, object] | None = None) -> Config:
    (folder / "pyproject.toml").write_text(text, "utf-8")
    return load_config(folder, client, CODES)


def test_no_file_gives_defaults(tmp_path: Path) -> None:
    config = load_config(tmp_path)
    assert config == Config(settings=config.settings)
    assert config.settings.target.version == sys.version_info[:2]
    assert config.settings.target.platform == sys.platform


def test_every_key(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        """
[tool.import-cycles]
roots = ["src", "tests"]
exclude = ["*_pb2.py", "!keep_pb2.py"]
respect-gitignore = false
target-version = "py310"
platform = "win32"
[tool.import-cycles.severity]
cycle = "error"
self-import = "off"
""",
    )
    assert config.problems == ()
    assert config.roots == ("src", "tests")
    assert config.exclude == ("*_pb2.py", "!keep_pb2.py")
    assert not config.respect_gitignore
    assert config.settings.target.version == (3, 10)
    assert config.settings.target.platform == "win32"
    assert config.settings.severity == {"cycle": Severity.ERROR, "self-import": Severity.OFF}


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("root = ['src']", ["no key `root`", "did you mean `roots`?"]),
        ("target_version = '3.12'", ["no key `target_version`", "`target-version`"]),
        (
            "colour = 1",
            ["no key `colour`", "known are baseline, cache, exclude, lazy-imports, platform"],
        ),
        ("roots = 'src'", ["`roots` must be a list of strings", '"src"']),
        ("exclude = [1]", ["`exclude` must be a list of strings", "[1]"]),
        ("exclude = ['!']", ["`exclude`", '"!"']),
        ("respect-gitignore = 'no'", ["`respect-gitignore` must be true or false", '"no"']),
        ("target-version = 3.10", ['`target-version` must be like "3.12"', "in quotes"]),
        ("target-version = '3.7'", ["`target-version`", 'at least "3.8"']),
        ("target-version = '2.7'", ["`target-version`", '"2.7"']),
        ("lazy-imports = 'some'", ["`lazy-imports`", '"normal" or "all"', '"some"']),
        ("platform = 'beos'", ["`platform`", "one of aix", '"beos"']),
        ("severity = 'error'", ["`severity` must be a table", '"error"']),
        ("severity.cycle = 'warn'", ["`severity.cycle`", "error, warning, information", '"warn"']),
        ("severity.cycel = 'error'", ["no rule", "`cycel`", "did you mean `cycle`?"]),
    ],
)
def test_each_mistake_is_said_with_its_line_and_the_rest_counts(
    tmp_path: Path, line: str, parts: list[str]
) -> None:
    text = f"# one\n[tool.import-cycles]\nexclude = ['gen']\n{line}\n[tool.other]\n"
    config = _load(tmp_path, text if "exclude =" not in line else text.replace("exclude", "#", 1))
    assert len(config.problems) == 1
    problem = config.problems[0]
    assert problem.path == as_source_path(tmp_path / "pyproject.toml")
    assert problem.line == 3
    for part in parts:
        assert part in problem.message
    if "exclude =" not in line:
        assert config.exclude == ("gen",)


def test_mistakes_in_inner_tables_have_lines(tmp_path: Path) -> None:
    config = _load(
        tmp_path, "[tool.import-cycles.severity]\n\ncycle='x'\n[ tool . import-cycles ]\nq=1"
    )
    assert sorted((each.line, each.message.split("`")[1]) for each in config.problems) == [
        (2, "severity.cycle"),
        (4, "q"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 1), ("a = 1\n\nc = [", 2), ("x = 'é'\nx = 1", 1)],
)
def test_broken_toml_is_one_problem_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    config = _load(tmp_path, text)
    assert [problem.line for problem in config.problems] == [line]
    assert "not valid TOML" in config.problems[0].message
    assert "at line" not in config.problems[0].message


def test_a_file_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    (problem,) = load_config(tmp_path).problems
    assert "UTF-8" in problem.message


def test_the_table_must_be_one(tmp_path: Path) -> None:
    (problem,) = _load(tmp_path, "tool.import-cycles = 3").problems
    assert "must be a table" in problem.message


def test_editor_settings_win_key_by_key(tmp_path: Path) -> None:
    text = """
[tool.import-cycles]
exclude = ["a"]
target-version = "3.9"
severity.cycle = "error"
severity.self-import = "hint"
"""
    client: dict[str, object] = {
        "targetVersion": "3.13",
        "respect-gitignore": False,
        "severity": {"cycle": "off"},
        "exclude": [],
        "roots": None,
        "platform": "",
        "trace": {"server": "off"},
        "importStrategy": "useBundled",
        "colour": 1,
    }
    config = _load(tmp_path, text, client)
    assert config.settings.target.version == (3, 13)
    assert not config.respect_gitignore
    assert config.exclude == ("a",)
    assert config.settings.severity == {"cycle": Severity.OFF, "self-import": Severity.HINT}
    (problem,) = config.problems
    assert problem.message.startswith("editor settings: there is no key `colour`")
    assert problem.path == as_source_path(tmp_path)


@pytest.mark.parametrize(
    ("specifiers", "version"),
    [
        (">=3.10", (3, 10)),
        ("~=3.9", (3, 9)),
        ("~=3.9.2", (3, 9)),
        (">=3.8,<4", (3, 8)),
        (">= 3.9, <3.14, !=3.9.7", (3, 9)),
        ("==3.11.*", (3, 11)),
        (">3.9", (3, 9)),
        ("^3.11", (3, 11)),
        ("~3.12", (3, 12)),
        ("^3.9 || ^3.8", (3, 8)),
        ("3.10.4", (3, 10)),
        (">=3.6", (3, 8)),
        (">=3", (3, 8)),
        (">=2.7, !=3.0.*", None),
        ("<4", None),
        ("", None),
        ("what", None),
    ],
)
def test_lowest_version(specifiers: str, version: tuple[int, int] | None) -> None:
    assert lowest_version(specifiers) == version


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9"'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"'),
        ("setup.cfg", "[options]\npython_requires = >=3.9"),
        ("setup.py", "setup(python_requires='>=3.9')"),
    ],
)
def test_target_version_from_what_the_project_requires(
    tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    assert load_config(tmp_path).settings.target.version == (3, 9)
