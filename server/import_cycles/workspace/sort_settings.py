"""How a project sorts its imports, as its configuration of isort or ruff says.

isort is asked first, as far as a project configures it: it is then what runs beside ruff's other rules.
Sources: isort's "Configuration" (which files, in which order) and isort/profiles.py; ruff's settings
reference, `lint.isort`.
"""

from __future__ import annotations

from configparser import ConfigParser, Error
from pathlib import Path
from typing import Final

from import_cycles.base.record import replace
from import_cycles.source.import_style import SortStyle
from import_cycles.workspace.regular_files import read_settings
from import_cycles.workspace.toml import Table, table_at


def _isort_style(**settings: object) -> SortStyle:
    return replace(SortStyle(is_isort=True, split_on_trailing_comma=False), **settings)


_PROFILES: Final = {
    "": _isort_style(line_length=79),
    "black": _isort_style(split_on_trailing_comma=True),
    "django": _isort_style(line_length=79, combine_as_imports=True),
    "pycharm": _isort_style(
        line_length=79,
        force_grid_wrap=2,
        include_trailing_comma=False,
        lines_after_imports=2,
    ),
    "google": _isort_style(
        line_length=1000,
        force_single_line=True,
        single_line_exclusions=frozenset(
            {"collections.abc", "six.moves", "typing", "typing_extensions"}
        ),
        order_by_type=False,
        group_by_package=True,
        force_sort_within_sections=True,
        lexicographical=True,
    ),
    "open_stack": _isort_style(
        line_length=79,
        force_single_line=True,
        force_sort_within_sections=True,
        lexicographical=True,
    ),
    "attrs": _isort_style(line_length=79, lines_after_imports=2, lines_between_types=1),
    "hug": _isort_style(line_length=100),
    "wemake": _isort_style(line_length=80),
}

_ISORT_INI: Final = ((".isort.cfg", "settings"), ("setup.cfg", "isort"), ("tox.ini", "isort"))
"""Files that are no TOML, and their section for isort."""

_FLAGS: Final = (
    "force_single_line",
    "force_sort_within_sections",
    "lexicographical",
    "group_by_package",
    "split_on_trailing_comma",
    "order_by_type",
    "case_sensitive",
    "combine_as_imports",
    "include_trailing_comma",
)
_NUMBERS: Final = ("line_length", "force_grid_wrap", "lines_after_imports", "lines_between_types")
_LISTS: Final = ("known_first_party", "known_third_party", "single_line_exclusions")


def sort_style(folder: Path, project: Table, ruff: Table) -> SortStyle:
    """The style of the project in a folder, with its `pyproject.toml` and its settings of ruff.

    Never raises: an unreadable file counts as empty, and so does a setting of another type.
    """
    isort = _isort_table(folder, project)
    if isort is not None:
        profile = _PROFILES.get(str(isort.get("profile", "")), _PROFILES[""])
        return _with(profile, isort)
    table = table_at(ruff, "lint", "isort") or table_at(ruff, "isort")
    settings = {key.replace("-", "_"): value for key, value in table.items()}
    return _with(SortStyle(), {"line_length": ruff.get("line-length"), **settings})


def _isort_table(folder: Path, project: Table) -> Table | None:
    """What isort reads: of the files that configure it, the first."""
    for name, section in _ISORT_INI[:1]:
        found = _ini(folder / name, section)
        if found is not None:
            return found
    table = table_at(project, "tool", "isort")
    if table:
        return table
    for name, section in _ISORT_INI[1:]:
        found = _ini(folder / name, section)
        if found is not None:
            return found
    return None


def _ini(path: Path, section: str) -> Table | None:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(read_settings(path, "utf-8-sig", "strict"))
        return dict(parser[section])
    except (OSError, UnicodeDecodeError, Error, KeyError):
        return None


def _with(style: SortStyle, settings: Table) -> SortStyle:
    changed: dict[str, object] = {}
    for name in _FLAGS:
        value = settings.get(name)
        if isinstance(value, bool | str) and str(value).lower() in _TRUTHS:
            changed[name] = _TRUTHS[str(value).lower()]
    for name in _NUMBERS:
        value = settings.get(name)
        if isinstance(value, int | str) and str(value).lstrip("-").isdigit():
            changed[name] = int(value)
    for name in _LISTS:
        value = settings.get(name)
        items = value.replace(",", " ").split() if isinstance(value, str) else value
        if isinstance(items, list):
            changed[name] = frozenset(item for item in items if isinstance(item, str))
    return replace(style, **changed)


_TRUTHS: Final = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip
