"""Checks one table of settings key by key: valid ones are kept, each mistake becomes a sentence.

The same code checks `[tool.import-cycles]` and the settings from an editor, so that a mistake gets
the same message in both places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from import_cycles.base.record import field, record
from import_cycles.findings.rule import Severity
from import_cycles.syntax.target import LazyMode
from import_cycles.workspace.python_version import OLDEST, Version

_VERSION = re.compile(r"(?:py)?3(?:\.(\d{1,2})(?:\.\d+)?|(?<=py3)(\d{1,2}))")
_PLATFORMS = (
    "aix", "android", "cygwin", "darwin", "emscripten", "freebsd", "ios", "linux", "wasi", "win32",
)  # fmt: skip
_PLATFORM_NICKNAMES = {"windows": "win32", "macos": "darwin"}


@record
class Mistake:
    """A setting that cannot be used; `inner` is the key inside a table."""

    key: str
    message: str
    inner: str | None = None


@record
class SettingsTable:
    """The settings in a table; None for a missing key."""

    roots: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    respect_gitignore: bool | None = None
    target_version: Version | None = None
    platform: str | None = None
    type_checking: bool | None = None
    lazy_imports: LazyMode | None = None
    severity: Mapping[str, Severity] = field(default_factory=dict)
    cache: bool | None = None
    baseline: bool | None = None
    mistakes: tuple[Mistake, ...] = ()

    def over(self, base: SettingsTable) -> SettingsTable:
        """Both combined; values of this one take precedence, and the mistakes are this one's."""
        return SettingsTable(
            self.roots if self.roots is not None else base.roots,
            self.exclude if self.exclude is not None else base.exclude,
            base.respect_gitignore if self.respect_gitignore is None else self.respect_gitignore,
            self.target_version or base.target_version,
            self.platform or base.platform,
            base.type_checking if self.type_checking is None else self.type_checking,
            self.lazy_imports or base.lazy_imports,
            {**base.severity, **self.severity},
            base.cache if self.cache is None else self.cache,
            base.baseline if self.baseline is None else self.baseline,
            self.mistakes,
        )


class _WrongValueError(Exception):
    """A value that cannot be used; the message completes "`key` …"."""


def read_table(
    table: Mapping[str, object], known_codes: frozenset[str], foreign_keys: frozenset[str]
) -> SettingsTable:
    """Judge a table. `foreign_keys` belong to the editor's plug-in and are skipped."""
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for key, value in table.items():
        if key in foreign_keys:
            continue
        if key == "severity":
            values["severity"], wrong = _severities(value, known_codes)
            mistakes += wrong
        elif key in _READERS:
            name, reader = _READERS[key]
            try:
                values[name] = reader(value)
            except _WrongValueError as wrong_value:
                mistakes.append(Mistake(key, f"`{key}` {wrong_value}"))
        else:
            known = sorted((*_READERS, "severity"))
            mistakes.append(Mistake(key, f"there is no key `{key}`{_hint(key, known)}"))
    return SettingsTable(**values, mistakes=tuple(mistakes))


def _severities(
    value: object, known_codes: frozenset[str]
) -> tuple[dict[str, Severity], list[Mistake]]:
    if not isinstance(value, Mapping):
        message = f"`severity` must be a table of rule codes, not {_shown(value)}"
        return {}, [Mistake("severity", message)]
    severity: dict[str, Severity] = {}
    mistakes = []
    allowed = [each.value for each in Severity]
    for code, level in value.items():
        if code not in known_codes:
            message = (
                f"`severity` names no rule with `{code}`{_hint(str(code), sorted(known_codes))}"
            )
            mistakes.append(Mistake("severity", message, str(code)))
        elif level not in allowed:
            message = f"`severity.{code}` must be one of {', '.join(allowed)}, not {_shown(level)}"
            mistakes.append(Mistake("severity", message, str(code)))
        else:
            severity[str(code)] = Severity(level)
    return severity, mistakes


def _hint(wrong: str, known: Sequence[str]) -> str:
    # Imported only now: mistakes are rare, and starting has to be quick.
    from difflib import get_close_matches

    close = get_close_matches(wrong.lower().replace("_", "-"), known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise _WrongValueError(f"must be a list of strings, not {_shown(value)}")
    return tuple(value)


def _roots(value: object) -> tuple[str, ...] | None:
    # An empty list would leave nothing to analyse; editors send one for "not set".
    return _strings(value) or None


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _strings(value)
    # Imported only now: pathspec is slow to load.
    from import_cycles.workspace.patterns import is_pattern

    for pattern in patterns:
        if not is_pattern(pattern):
            raise _WrongValueError(f"holds {_shown(pattern)}, which is no pattern as in .gitignore")
    return patterns


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError(f"must be true or false, not {_shown(value)}")
    return value


def _version(value: object) -> Version | None:
    if value == "":
        return None
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        quotes = ", in quotes" if isinstance(value, float | int) else ""
        raise _WrongValueError(f'must be like "3.12" or "py312"{quotes}, not {_shown(value)}')
    version = (3, int(match[1] or match[2]))
    if version < OLDEST:
        raise _WrongValueError(f'must be at least "3.{OLDEST[1]}", not {_shown(value)}')
    return version


def _platform(value: object) -> str | None:
    if value == "":
        return None
    name = value.lower() if isinstance(value, str) else ""
    name = _PLATFORM_NICKNAMES.get(name, name)
    if name not in _PLATFORMS:
        raise _WrongValueError(
            f"must be what sys.platform is there, one of {', '.join(_PLATFORMS)},"
            f" not {_shown(value)}"
        )
    return name


def _lazy_imports(value: object) -> LazyMode | None:
    if value == "":
        return None
    modes = {mode.value: mode for mode in LazyMode}
    if not isinstance(value, str) or value not in modes:
        raise _WrongValueError(f'must be "normal" or "all", not {_shown(value)}')
    return modes[value]


_READERS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "baseline": ("baseline", _boolean),
    "cache": ("cache", _boolean),
    "exclude": ("exclude", _patterns),
    "lazy-imports": ("lazy_imports", _lazy_imports),
    "platform": ("platform", _platform),
    "respect-gitignore": ("respect_gitignore", _boolean),
    "roots": ("roots", _roots),
    "target-version": ("target_version", _version),
    "type-checking": ("type_checking", _boolean),
}
