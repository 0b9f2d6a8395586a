"""Names of `builtins` by Python version: they belong to the target, not to the Python that runs us.

Source: docs.python.org/3/library/functions.html and library/exceptions.html.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import cache
from typing import Final

_SINCE: Final[Mapping[str, tuple[int, int]]] = {
    "EncodingWarning": (3, 10),
    "aiter": (3, 10),
    "anext": (3, 10),
    "BaseExceptionGroup": (3, 11),
    "ExceptionGroup": (3, 11),
    "PythonFinalizationError": (3, 13),
    "ImportCycleError": (3, 15),
    "__lazy_import__": (3, 15),
    "frozendict": (3, 15),
    "sentinel": (3, 15),
}
"""Those that Python 3.9 did not have."""

_BASES: Final[Mapping[str, type[BaseException]]] = {
    "EncodingWarning": Warning,
    "BaseExceptionGroup": BaseException,
    "ExceptionGroup": Exception,
    "PythonFinalizationError": RuntimeError,
    "ImportCycleError": ImportError,
}

BUILTIN_NAMES: Final = frozenset(dir(builtins)) | _SINCE.keys()
"""What any Python has."""


def is_builtin(name: str, version: tuple[int, int]) -> bool:
    """Whether a Python of this version has a builtin of this name."""
    return name in BUILTIN_NAMES and version >= _SINCE.get(name, version)


@cache
def builtin_class(name: str) -> type[BaseException] | None:
    """The builtin exception class of a name, None if there is none in any Python."""
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    base = _BASES.get(name)
    return None if base is None else type(name, (base,), {})
