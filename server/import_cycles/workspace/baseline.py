"""The baseline: a file beside the configuration with the findings that a project accepts for now.

It is JSON with one entry a line, sorted, so that two branches that each remove entries merge. An entry
has the module that imports, the one that is imported, the code of the rule, and the name that a crash
lacks. It has no lines and no counts, so it stays true while code moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from import_cycles.analysis.change import Problem
from import_cycles.base.record import record
from import_cycles.findings.identity import Identity
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.regular_files import read_file

BASELINE: Final = "import-cycles-baseline.json"
VERSION: Final = 1

_HEAD: Final = f'{{\n  "version": {VERSION},\n  "known": [\n'
_TAIL: Final = "  ]\n}\n"
_KEYS: Final = {"importer": True, "imported": True, "kind": True, "name": False}
"""The keys of an entry, and whether it must have them."""


@record
class Baseline:
    """The content of the file. `is_there` distinguishes an empty one from none."""

    known: frozenset[Identity] = frozenset()
    is_there: bool = False
    problems: tuple[Problem, ...] = ()


class _BaselineError(Exception):
    """The file cannot be used: why, and in which line from 0."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def baseline_path(folder: Path) -> Path:
    """Where the baseline of the project in a folder is, whether there is one or not."""
    return folder / BASELINE


def read_baseline(folder: Path) -> Baseline:
    """The baseline of the project in a folder.

    Never raises: mistakes become problems, and the baseline is then empty.
    """
    path = baseline_path(folder)
    try:
        return Baseline(_parsed(read_file(path)[1]), True)
    except (FileNotFoundError, NotADirectoryError):
        return Baseline()
    except OSError as error:
        problem = _problem(path, f"cannot be read ({error.strerror or error})")
    except _BaselineError as error:
        problem = _problem(path, str(error), error.line)
    return Baseline(is_there=True, problems=(problem,))


def _problem(path: Path, message: str, line: int | None = None) -> Problem:
    told = f"{message}; nothing counts as known. `import-cycles baseline --grow` writes it anew"
    return Problem(as_source_path(path), told, line)


def write_baseline(folder: Path, known: Iterable[Identity]) -> None:
    """Write the file, whole or not at all. Raises OSError."""
    # Imported only now, as `json` is below: most projects have no baseline.
    from import_cycles.workspace.writing import write_new

    write_new(baseline_path(folder), baseline_text(known).encode("utf-8"))


def baseline_text(known: Iterable[Identity]) -> str:
    """The file with these entries; equal sets give equal texts."""
    import json

    lines = [f"    {json.dumps(_entry(each))}" for each in sorted(known)]
    body = ",\n".join(lines) + "\n" if lines else ""
    return f"{_HEAD}{body}{_TAIL}"


def _entry(identity: Identity) -> dict[str, str]:
    entry = {
        "importer": identity.importer,
        "imported": identity.imported,
        "kind": identity.code,
        "name": identity.name,
    }
    return {key: value for key, value in entry.items() if value or _KEYS[key]}


def _parsed(data: bytes) -> frozenset[Identity]:
    import json

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _BaselineError("is not UTF-8") from error
    for number, line in enumerate(text.splitlines()):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            raise _BaselineError("has a merge conflict that is not resolved", number)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _BaselineError(f"is not valid JSON: {error.msg}", error.lineno - 1) from error
    except RecursionError as error:
        raise _BaselineError("is not valid JSON: it is nested too deeply") from error
    if not isinstance(document, Mapping) or not isinstance(document.get("known"), list):
        raise _BaselineError('must be an object with a list "known"')
    version = document.get("version")
    if version != VERSION:
        raise _BaselineError(
            f"has version {version!r}, and this import-cycles reads version {VERSION}"
        )
    return frozenset(_identity(entry, number) for number, entry in enumerate(document["known"], 1))


def _identity(entry: object, number: int) -> Identity:
    if (
        not isinstance(entry, Mapping)
        or not entry.keys() <= _KEYS.keys()
        or not all(isinstance(value, str) for value in entry.values())
        or not all(key in entry for key, is_needed in _KEYS.items() if is_needed)
    ):
        raise _BaselineError(
            f"entry {number} must have the texts importer, imported, kind and perhaps name"
        )
    return Identity(entry["importer"], entry["imported"], entry["kind"], entry.get("name", ""))
