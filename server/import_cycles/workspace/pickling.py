"""Objects of the core as bytes and back, for the cache.

A cache folder may be shared, so its bytes are not trusted: what is read can make objects of the
core's own classes, and of a few built-in ones, and nothing else. The core does no IO (a contract
in `pyproject.toml`), so making any of its objects touches nothing. A checksum tells bytes that
were cut off or that rotted; it is no defence against anybody.

Cost: about 50 ms for a megabyte, in either direction.
Tests: tests/workspace/test_pickling.py.
"""

from __future__ import annotations

import copyreg
import pickle
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

from import_cycles.simulate.machine import deep_recursion

_CORE: Final = frozenset(
    {
        "analysis",
        "base",
        "findings",
        "graph",
        "proposals",
        "resolve",
        "simulate",
        "source",
        "syntax",
    }
)
_BUILT_IN: Final = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "dict"),
    ("array", "array"),
    ("array", "_array_reconstructor"),
    ("import_cycles.syntax.steps", "waiting_code"),
}
_CHECKSUM_LENGTH: Final = 4
_IMMEDIATE: Final = b"="
_PACKED: Final = b"z"


class UnreadableError(Exception):
    """Bytes that are not what `packed` gave, or not by this version of the program."""


def packed(thing: object, *, is_small: bool = True) -> bytes:
    """A thing as bytes, compressed if it should be small. Raises UnreadableError if it cannot be."""
    stream = BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCTIONS
    try:
        with deep_recursion():
            pickler.dump(thing)
    except (pickle.PicklingError, RecursionError, TypeError, AttributeError) as error:
        raise UnreadableError(str(error)) from error
    plain = stream.getvalue()
    body = _PACKED + zlib.compress(plain, 1) if is_small else _IMMEDIATE + plain
    return zlib.crc32(body).to_bytes(_CHECKSUM_LENGTH, "big") + body


def is_whole(data: bytes) -> bool:
    """Whether bytes are as they were written."""
    checksum, body = data[:_CHECKSUM_LENGTH], memoryview(data)[_CHECKSUM_LENGTH:]
    return zlib.crc32(body).to_bytes(_CHECKSUM_LENGTH, "big") == checksum and len(body) > 0


def unpacked(data: bytes) -> Any:
    """The thing again. Raises UnreadableError."""
    if not is_whole(data):
        raise UnreadableError("cut off, or changed")
    start = _CHECKSUM_LENGTH + 1
    try:
        is_packed = data[_CHECKSUM_LENGTH:start] == _PACKED
        plain = zlib.decompress(memoryview(data)[start:]) if is_packed else data[start:]
        return _Unpickler(BytesIO(plain)).load()
    except Exception as error:  # pickle documents that it may raise anything
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _as_dict(mapping: MappingProxyType[Any, Any]) -> tuple[type, tuple[dict[Any, Any]]]:
    return dict, (dict(mapping),)


_REDUCTIONS: Final[dict[type, Callable[[Any], Any]]] = {
    **copyreg.dispatch_table,
    MappingProxyType: _as_dict,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _BUILT_IN:
            return super().find_class(module, name)
        package, _, inner = module.partition(".")
        if package != __name__.partition(".")[0] or inner.partition(".")[0] not in _CORE:
            raise pickle.UnpicklingError(f"{module} is not of the core")
        __import__(module)
        found = vars(sys.modules[module]).get(name)
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no class")
        return found
