"""What a project's configuration says of fixes: annotations that are read at run time, sorted imports.

A project that has told ruff which base classes and decorators read annotations need not tell
import-cycles again. Source: ruff's settings reference, `lint.flake8-type-checking`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from import_cycles.base.record import replace
from import_cycles.proposals.fix import FixSettings, RuntimeAnnotations
from import_cycles.workspace.regular_files import read_settings
from import_cycles.workspace.sort_settings import sort_style
from import_cycles.workspace.toml import Table, TomlError, parse_toml, table_at

_RUFF_FILES: Final = (".ruff.toml", "ruff.toml")
"""Where ruff looks before `pyproject.toml`, in its order."""


def load_fix_settings(folder: Path) -> FixSettings:
    """The settings of the project in a folder. Never raises: an unreadable file counts as empty."""
    project = _read(folder / "pyproject.toml") or {}
    ruff = table_at(project, "tool", "ruff")
    for name in _RUFF_FILES:
        document = _read(folder / name)
        if document is not None:
            ruff = document
            break
    return replace(_settings(ruff), sorting=sort_style(folder, project, ruff))


def fix_settings(document: Table) -> FixSettings:
    """The settings that a `pyproject.toml` holds."""
    return _settings(table_at(document, "tool", "ruff"))


def _read(path: Path) -> Table | None:
    try:
        return parse_toml(read_settings(path, "utf-8-sig", "strict"))
    except (OSError, UnicodeDecodeError, TomlError):
        return None


def _settings(ruff: Table) -> FixSettings:
    # Before ruff 0.1 the table was not below `lint`.
    table = table_at(ruff, "lint", "flake8-type-checking") or table_at(ruff, "flake8-type-checking")
    return FixSettings(
        RuntimeAnnotations(
            _names(table.get("runtime-evaluated-base-classes")),
            _names(table.get("runtime-evaluated-decorators")),
            table.get("quote-annotations") is True,
            table.get("strict") is True,
        )
    )


def _names(value: object) -> frozenset[str]:
    items = value if isinstance(value, list) else []
    return frozenset(item for item in items if isinstance(item, str))
