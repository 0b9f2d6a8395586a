"""Sorted imports stay sorted in the style of the project: ruff's settings, isort's profiles and settings.

Random imports are sorted by the real tool, a statement is inserted, and what `sorted_again` makes of it
must be left alone by the tool.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import isort
import pytest

from import_cycles.source.import_blocks import sorted_again
from import_cycles.workspace.fix_settings import load_fix_settings

N_TEXTS = 60

RUFF: Mapping[str, dict[str, object]] = {
    "default": {},
    "force-sort-within-sections": {"force-sort-within-sections": True},
    "force-single-line": {"force-single-line": True, "single-line-exclusions": ["typing"]},
    "google": {
        "force-single-line": True,
        "force-sort-within-sections": True,
        "single-line-exclusions": ["typing"],
        "order-by-type": False,
    },
    "lines-after-imports": {"lines-after-imports": 2},
    "lines-between-types": {"lines-between-types": 1},
    "combine-as-imports": {"combine-as-imports": True},
    "order-by-type": {"order-by-type": False},
    "known-first-party": {"known-first-party": ["p", "requests"]},
}
ISORT: Mapping[str, dict[str, object]] = {
    "black": {"profile": "black"},
    "google": {"profile": "google"},
    "pycharm": {"profile": "pycharm"},
    "django": {"profile": "django"},
    "open_stack": {"profile": "open_stack"},
    "attrs": {"profile": "attrs"},
    "hug": {"profile": "hug"},
    "wemake": {"profile": "wemake"},
    "no profile": {"line_length": 100},
    "settings": {
        "profile": "black",
        "force_sort_within_sections": True,
        "combine_as_imports": True,
        "lines_after_imports": 2,
        "known_first_party": ["p", "requests"],
    },
}

_MODULES = (
    "os",
    "sys",
    "typing",
    "abc",
    "requests",
    "attr",
    "p",
    "p.a",
    "p.a2",
    "p.a10",
    "p.B",
    "q",
    ".",
    ".x",
    "..y",
)
_NAMES = ("A", "B", "b", "LIMIT", "X1", "x2", "x10", "TYPE_CHECKING", "Any", "read", "_own")


def _statement(draw: random.Random) -> str:
    module = draw.choice(_MODULES)
    if draw.random() < 0.4 and not module.startswith("."):
        return f"import {module}" + (" as m" if draw.random() < 0.2 else "")
    names = draw.sample(_NAMES, draw.choice((1, 1, 1, 2, 3)))
    items = [f"{name} as {name}_" if draw.random() < 0.1 else name for name in names]
    return f"from {module} import {', '.join(items)}"


def _texts(seed: int) -> dict[str, tuple[str, str]]:
    """By a name of a file: imports, and one more statement."""
    draw = random.Random(seed)
    found = {}
    for number in range(N_TEXTS):
        lines = [_statement(draw) for _ in range(draw.randint(1, 6))]
        below = draw.choice(("X = 1\n", "def f(): ...\n", "class A: ...\n"))
        found[f"t{number}.py"] = ("\n".join(lines) + "\n\n" + below, _statement(draw))
    return found


def _with(text: str, statement: str, draw: random.Random) -> str:
    """The text with a statement below one of its imports."""
    lines = text.split("\n")
    ends = [
        n
        for n, line in enumerate(lines, 1)
        if line.startswith(("import ", "from ")) and "(" not in line
    ]
    if not ends:
        ends = [next(n for n, line in enumerate(lines, 1) if line == ")")]
    lines.insert(draw.choice(ends), statement)
    return "\n".join(lines)


def _check(
    folder: Path, sort: Callable[[Mapping[str, str]], dict[str, str]], seed: int = 20
) -> None:
    style = load_fix_settings(folder).sorting
    texts = _texts(seed)
    before = sort({name: text for name, (text, _) in texts.items()})
    after = {}
    draw = random.Random(seed)
    for name, (_, statement) in texts.items():
        edited = _with(before[name], statement, draw)
        after[name] = sorted_again(before[name], edited, lambda top: top == "p", style)
    report = [
        f"--- {name}: {texts[name][1]}\n{before[name]}--- made\n{after[name]}--- wanted\n{wanted}"
        for name, wanted in sort(after).items()
        if wanted != after[name]
    ]
    assert not report, f"{len(report)} of {N_TEXTS}\n" + "\n".join(report[:3])


@pytest.mark.parametrize("name", RUFF)
def test_ruff(name: str, tmp_path: Path) -> None:
    settings: dict[str, object] = {"known-first-party": ["p"], **RUFF[name]}
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (tmp_path / "pyproject.toml").write_text(f"[tool.ruff.lint.isort]\n{table}")

    def sort(texts: Mapping[str, str]) -> dict[str, str]:
        for path, text in texts.items():
            (tmp_path / path).write_text(text)
        subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--select", "I", "--fix", "-q", "--no-cache",
             "--config", str(tmp_path / "pyproject.toml"), str(tmp_path)],
            check=False, capture_output=True,
        )  # fmt: skip
        return {path: (tmp_path / path).read_text() for path in texts}

    _check(tmp_path, sort)


@pytest.mark.parametrize("name", ISORT)
def test_isort(name: str, tmp_path: Path) -> None:
    settings: dict[str, object] = {"known_first_party": ["p"], **ISORT[name]}
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (tmp_path / "pyproject.toml").write_text(f"[tool.isort]\n{table}")
    config = isort.Config(settings_path=str(tmp_path))
    _check(
        tmp_path,
        lambda texts: {path: isort.code(text, config=config) for path, text in texts.items()},
    )


SOURCES: Mapping[str, tuple[dict[str, str], bool]] = {
    "isort's own file": ({".isort.cfg": "[settings]\nforce_single_line = true\n"}, True),
    "setup.cfg": ({"setup.cfg": "[isort]\nforce_single_line = True\n"}, True),
    "tox.ini": ({"tox.ini": "[isort]\nprofile = google\n"}, True),
    "isort before ruff": (
        {
            "pyproject.toml": "[tool.isort]\nprofile = 'black'\n"
            "[tool.ruff.lint.isort]\nforce-single-line = true\n"
        },
        False,
    ),
    "ruff's own file": ({"ruff.toml": "[lint.isort]\nforce-single-line = true\n"}, True),
    "ruff's own file before the project's": (
        {"ruff.toml": "", "pyproject.toml": "[tool.ruff.lint.isort]\nforce-single-line = true\n"},
        False,
    ),
    "nonsense": ({".isort.cfg": "force", "pyproject.toml": "[tool.isort]\nprofile = 3\n"}, False),
    "a setting of another type": (
        {"pyproject.toml": "[tool.isort]\nforce_single_line = [1]\nline_length = 'x'\n"},
        False,
    ),
    "nothing": ({}, False),
}


@pytest.mark.parametrize("name", SOURCES)
def test_where_the_style_is_read(name: str, tmp_path: Path) -> None:
    files, is_single = SOURCES[name]
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    assert load_fix_settings(tmp_path).sorting.force_single_line is is_single
