"""Where the cache lies: in the user's own folder for caches, never in a project.

`IMPORT_CYCLES_CACHE_DIR` names another folder, `IMPORT_CYCLES_NO_CACHE` (set to anything but
nothing, `0` or `false`) does without; options of the command line come first. Everything in the
folder is made for the user alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "IMPORT_CYCLES_CACHE_DIR"
OFF_VARIABLE: Final = "IMPORT_CYCLES_NO_CACHE"
DATABASE: Final = "cache.sqlite3"
CYCLES: Final = "cycles"
"""The purpose of a state with the cycles and their verdicts."""
_TAG: Final = "CACHEDIR.TAG"
_TAG_TEXT: Final = """Signature: 8a477f597d28d172789f06886806bc55
# What import-cycles knows of projects; losing it costs time only. See https://bford.info/cachedir/
"""


def is_switched_off(environment: Mapping[str, str]) -> bool:
    """Whether the environment switches the cache off."""
    return environment.get(OFF_VARIABLE, "").lower() not in ("", "0", "false")


def cache_folder(
    environment: Mapping[str, str], platform: str = sys.platform, chosen: str | None = None
) -> Path | None:
    """The folder for the cache, which may not exist yet; None if there is no place."""
    named = chosen or environment.get(FOLDER_VARIABLE)
    if named:
        return Path(named).absolute()
    base = _base(environment, platform)
    # A relative path would lie in the user's current project. Source: XDG Base Directory, "must be
    # absolute; if relative, ignore it".
    return base / "import-cycles" if base is not None and base.is_absolute() else None


def usual_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder for the cache if no option or variable names one; None to do without."""
    return None if is_switched_off(environment) else cache_folder(environment)


def _base(environment: Mapping[str, str], platform: str) -> Path | None:
    if platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) if local else None
    set_by_user = environment.get("XDG_CACHE_HOME")
    if set_by_user and os.path.isabs(set_by_user):  # noqa: PTH117
        return Path(set_by_user)
    home = environment.get("HOME")
    if not home:
        return None
    return Path(home, "Library", "Caches") if platform == "darwin" else Path(home, ".cache")


def prepare(folder: Path) -> Path:
    """Make the folder and an empty database if need be; where the database is.

    Raises OSError.
    """
    database = folder / DATABASE
    if not database.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # sqlite gives its other files the rights of this one.
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        (folder / _TAG).write_text(_TAG_TEXT)
    return database


def remove(folder: Path) -> list[Path]:
    """Delete the files that this program has put into the folder; returns them. Raises OSError."""
    names = (DATABASE, f"{DATABASE}-journal", _TAG)
    found = [path for name in names if (path := folder / name).is_file()]
    for path in found:
        path.unlink()
    if found and not any(folder.iterdir()):
        folder.rmdir()
    return [path for path in found if path.name != _TAG]
