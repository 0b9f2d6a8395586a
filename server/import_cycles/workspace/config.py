"""The users' settings: `[tool.import-cycles]` in `pyproject.toml`, overridden by an editor's.

Keys (an editor may spell them `targetVersion` as well):

- `roots`: source roots, relative to the project folder, instead of those that are found by
  import_cycles.workspace.source_roots; `*` matches as in a shell: `services/*/src`.
- `exclude`: patterns as in `.gitignore`, relative to the project folder, for files that are left
  out besides those that git ignores.
- `respect-gitignore`: false to analyse what git ignores.
- `cache`: false to remember nothing of the project between two runs.
- `target-version`: the Python that the program is for, `"3.12"` or `"py312"`; by default the
  lowest that `requires-python` allows, else the one that runs this program.
- `platform`: what `sys.platform` is there; by default the one here.
- `type-checking`: true to analyse what happens when `typing.TYPE_CHECKING` is set true, as tools for
  documentation do.
- `lazy-imports`: `"all"` if the program runs with `-X lazy_imports=all` (Python 3.15).
- `baseline`: false to show all findings, also those that import-cycles-baseline.json knows of.
- `severity`: a table from rule code to error, warning, information, hint or off.

There is no `include`: `roots` and the PATHS of the command line say what is analysed.

A mistake never stops anything: it is reported with its key and line, and the other keys count.
An empty string or list, or null, from an editor means "not set".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from import_cycles.analysis.change import Problem, Settings
from import_cycles.analysis.registry import rule_codes
from import_cycles.base.names import SourcePath
from import_cycles.base.record import field, record
from import_cycles.syntax.target import LazyMode, PythonTarget
from import_cycles.workspace.baseline import Baseline, read_baseline
from import_cycles.workspace.entry_points import entry_points, programs
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.python_version import declared_version
from import_cycles.workspace.regular_files import read_file, read_settings
from import_cycles.workspace.settings_table import Mistake, SettingsTable, read_table
from import_cycles.workspace.toml import Table, TomlError, line_of_key, parse_toml, table_at

SECTION: Final = "import-cycles"
_TABLE: Final = f"tool.{SECTION}"
_EDITOR_KEYS: Final = frozenset(
    {
        "args", "code-lens", "cwd", "debug", "enable", "enabled", "env", "import-strategy", "interpreter",
        "log-level", "path", "server", "show-notifications", "trace",
    }
)  # fmt: skip
"""Settings of editor plug-ins in the same section, which the server does not use."""


@record
class Config:
    """Everything that is set, defaults filled in."""

    roots: tuple[str, ...] | None = None
    """None: to be found. May hold `*`."""
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    settings: Settings = field(default_factory=Settings)
    uses_cache: bool = True
    problems: tuple[Problem, ...] = ()


def load_config(
    project_root: Path,
    client_settings: Mapping[str, object] | None = None,
    known_codes: frozenset[str] | None = None,
) -> Config:
    """The configuration of the project in a folder. Never raises.

    `known_codes` are the rule codes that `severity` may name; by default those of the registry.
    """
    codes = rule_codes() if known_codes is None else known_codes
    path = project_root / "pyproject.toml"
    document, text, problems = _read(path)
    ours = table_at(document, "tool").get(SECTION, {})
    if not isinstance(ours, Mapping):
        problems.append(Problem(as_source_path(path), f"`{_TABLE}` must be a table"))
        ours = {}
    table = read_table(ours, codes, frozenset())
    problems += _located(table.mistakes, as_source_path(path), text)
    client = read_table(_from_client(client_settings), codes, _EDITOR_KEYS)
    problems += [
        Problem(as_source_path(project_root), f"editor settings: {mistake.message}")
        for mistake in client.mistakes
    ]
    return _filled_in(client.over(table), project_root, document, tuple(problems))


def has_table(pyproject: Path) -> bool:
    """Whether a `pyproject.toml` has our table; false when it cannot be read or parsed."""
    try:
        text = read_settings(pyproject)
        return SECTION in text and SECTION in table_at(parse_toml(text), "tool")
    except (OSError, TomlError):
        return False


def _read(path: Path) -> tuple[Table, str, list[Problem]]:
    where = as_source_path(path)
    try:
        text = read_file(path)[1].decode("utf-8-sig")
        return parse_toml(text), text, []
    except (FileNotFoundError, NotADirectoryError):
        return {}, "", []
    except OSError as error:
        message = f"cannot be read ({error.strerror}); defaults are used"
        return {}, "", [Problem(where, message)]
    except UnicodeDecodeError:
        return {}, "", [Problem(where, "is not UTF-8, as TOML must be; defaults are used")]
    except TomlError as error:
        message = f"is not valid TOML: {error}; defaults are used"
        return {}, "", [Problem(where, message, error.line)]


def _text(path: Path) -> str:
    try:
        return read_settings(path)
    except OSError:
        return ""


def _located(mistakes: tuple[Mistake, ...], path: SourcePath, text: str) -> list[Problem]:
    problems = []
    for mistake in mistakes:
        line = None
        if mistake.inner is not None:
            line = line_of_key(text, f"{_TABLE}.{mistake.key}", mistake.inner)
        if line is None:
            line = line_of_key(text, _TABLE, mistake.key)
        problems.append(Problem(path, f"[{_TABLE}] {mistake.message}", line))
    return problems


def _from_client(client_settings: Mapping[str, object] | None) -> dict[str, object]:
    """The settings with our keys' spelling, without what stands for "not set"."""
    return {
        re.sub(r"(?<=[a-z])([A-Z])", r"-\1", key).replace("_", "-").lower(): value
        for key, value in (client_settings or {}).items()
        if value not in (None, "", [], {})
    }


def _filled_in(
    table: SettingsTable, project_root: Path, document: Table, problems: tuple[Problem, ...]
) -> Config:
    version = table.target_version or declared_version(project_root, document)
    target = PythonTarget(
        version or sys.version_info[:2],
        table.platform or sys.platform,
        table.type_checking is True,
        table.lazy_imports or LazyMode.NORMAL,
    )
    declared = entry_points(document, _text(project_root / "setup.cfg"))
    baseline = Baseline() if table.baseline is False else read_baseline(project_root)
    return Config(
        table.roots,
        table.exclude or (),
        table.respect_gitignore is not False,
        Settings(target, table.severity, programs(declared), declared, baseline.known),
        table.cache is not False,
        (*problems, *baseline.problems),
    )
