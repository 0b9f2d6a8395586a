"""The oldest Python that a project supports, read from the project's metadata.

That is the lowest 3.x that `requires-python` lets through (PEP 621, PEP 440 specifiers), else
poetry's `python` dependency, `python_requires` of `setup.cfg` or `setup.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

from import_cycles.workspace.regular_files import read_settings
from import_cycles.workspace.setup_cfg import parse_setup_cfg
from import_cycles.workspace.toml import Table, table_at

Version = tuple[int, int]

OLDEST: Version = (3, 8)

_CLAUSE = re.compile(r"(===|==|~=|>=|<=|!=|>|<|\^|~)?\s*v?3(?:\.(\d+))?(?:\.[\d*]+)*")
_BETWEEN = re.compile(r"[,\s]+(?=[<>=!~^])")
_LOWER = frozenset({"==", "===", "~=", ">=", ">", "^", "~", None})
_SETUP_PY = re.compile(r"""python_requires\s*=\s*["']([^"']+)["']""")


def lowest_version(specifiers: str) -> Version | None:
    """The lowest 3.x that comma-separated specifiers allow, never below 3.8; None if they bound none.

    Alternatives (`||`, in poetry's language) give the lowest of all.
    """
    lowest: list[Version] = []
    for alternative in specifiers.split("||"):
        parts = _BETWEEN.split(alternative.strip())
        clauses = (_CLAUSE.fullmatch(part) for part in parts)
        minors = [int(each[2] or 0) for each in clauses if each and each[1] in _LOWER]
        if minors:
            lowest.append((3, max(minors)))
    return max(min(lowest), OLDEST) if lowest else None


def declared_version(folder: Path, pyproject: Table) -> Version | None:
    """The oldest version that the project in `folder` supports; None when it does not say."""
    stated = table_at(pyproject, "project").get("requires-python")
    if stated is None:
        stated = table_at(pyproject, "tool", "poetry", "dependencies").get("python")
    if stated is None:
        stated = _of_setup_cfg(folder / "setup.cfg") or _of_setup_py(folder / "setup.py")
    return lowest_version(stated) if isinstance(stated, str) else None


def _of_setup_cfg(path: Path) -> str | None:
    try:
        options = table_at(parse_setup_cfg(read_settings(path)), "options")
    except OSError:
        return None
    return options.get("python_requires")


def _of_setup_py(path: Path) -> str | None:
    try:
        found = _SETUP_PY.search(read_settings(path))
    except OSError:
        return None
    return found[1] if found else None
