"""Objects of the core as bytes and back, for the cache.

A cache folder may be shared, so its bytes are not trusted: reading them can make only objects of
the core's own classes, and of a few built-in ones. The core does no IO (a contract in
`pyproject.toml`), so making any of its objects has no effect outside. Pickles can also set
attributes of the classes that they name (the BUILD instruction), which would change a class for the
whole process. Such bytes are refused, and the changes are undone (`_Shared`). Data that unpacks to
more than `MAX_BYTES` is neither written nor read. A checksum detects damaged bytes; it is no
defence against an attacker.

Cost: about 50 ms for a megabyte, in either direction.
Tests: tests/workspace/test_pickling.py.
"""

from __future__ import annotations

import copyreg
import pickle
import sys
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
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
MAX_BYTES: Final = 512 * 1024 * 1024
"""For one object, unpacked: as much as the whole cache may hold."""

_CHECKSUM_LENGTH: Final = 4
_TOO_LARGE: Final = f"more than {MAX_BYTES} bytes"
_IMMEDIATE: Final = b"="
_PACKED: Final = b"z"


class UnreadableError(Exception):
    """The bytes do not come from `packed`, or not from this version of the program."""


def packed(thing: object, *, is_small: bool = True) -> bytes:
    """An object as bytes, compressed if it should be small. Raises UnreadableError if it cannot be packed."""
    stream = BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCTIONS
    try:
        with deep_recursion():
            pickler.dump(thing)
    except (pickle.PicklingError, RecursionError, TypeError, AttributeError) as error:
        raise UnreadableError(str(error)) from error
    plain = stream.getvalue()
    if len(plain) > MAX_BYTES:
        raise UnreadableError(_TOO_LARGE)
    body = _PACKED + zlib.compress(plain, 1) if is_small else _IMMEDIATE + plain
    return zlib.crc32(body).to_bytes(_CHECKSUM_LENGTH, "big") + body


def is_whole(data: bytes) -> bool:
    """Whether the bytes are undamaged."""
    checksum, body = data[:_CHECKSUM_LENGTH], memoryview(data)[_CHECKSUM_LENGTH:]
    return zlib.crc32(body).to_bytes(_CHECKSUM_LENGTH, "big") == checksum and len(body) > 0


def unpacked(data: bytes) -> Any:
    """The object again. Raises UnreadableError."""
    if not is_whole(data):
        raise UnreadableError("cut off, or changed")
    start = _CHECKSUM_LENGTH + 1
    try:
        is_packed = data[_CHECKSUM_LENGTH:start] == _PACKED
        plain = _decompressed(memoryview(data)[start:]) if is_packed else data[start:]
        unpickler = _Unpickler(BytesIO(plain))
        try:
            return unpickler.load()
        finally:
            unpickler.put_back()
    except Exception as error:  # pickle documents that it may raise anything
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _decompressed(data: memoryview) -> bytes:
    """Raises zlib.error, and UnreadableError for more than MAX_BYTES, of which no more is unpacked."""
    decompressor = zlib.decompressobj()
    plain = decompressor.decompress(data, MAX_BYTES)
    if not decompressor.eof:
        raise UnreadableError(_TOO_LARGE if decompressor.unconsumed_tail else "cut off")
    return plain


def _as_dict(mapping: MappingProxyType[Any, Any]) -> tuple[type, tuple[dict[Any, Any]]]:
    return dict, (dict(mapping),)


_REDUCTIONS: Final[dict[type, Callable[[Any], Any]]] = {
    **copyreg.dispatch_table,
    MappingProxyType: _as_dict,
}


class _Shared:
    """An object that the whole process shares, with its original attributes."""

    __slots__ = ("_attributes", "_thing")

    def __init__(self, thing: object) -> None:
        self._thing = thing
        self._attributes = dict(vars(thing))

    def put_back(self) -> bool:
        """Restore its attributes; whether they had changed."""
        thing, before, now = self._thing, self._attributes, vars(self._thing)
        if now == before:
            return False
        for name in now.keys() - before.keys():
            # Past any `__setattr__` of its own: a metaclass may refuse.
            (type if isinstance(thing, type) else object).__delattr__(thing, name)
        for name, value in before.items():
            if now.get(name, _NOTHING) is not value:
                (type if isinstance(thing, type) else object).__setattr__(thing, name, value)
        return True


_NOTHING: Final = object()


class _SharedMembers:
    """The members of an enumeration, and the combinations of flags that were made by now."""

    __slots__ = ("_by_value", "_known")

    def __init__(self, enumeration: type[Enum]) -> None:
        self._by_value: dict[Any, Any] = enumeration._value2member_map_
        self._known = {value: _Shared(member) for value, member in self._by_value.items()}

    def put_back(self) -> bool:
        """The same for them; a combination that is new and odd is forgotten."""
        odd = [
            value
            for value, member in self._by_value.items()
            if value not in self._known
            and (member._value_ != value or not vars(member).keys() <= _OF_A_MEMBER)
        ]
        for value in odd:
            del self._by_value[value]
        changed = [each for each in self._known.values() if each.put_back()]
        return bool(odd or changed)


_OF_A_MEMBER: Final = frozenset({"_name_", "_value_", "_sort_order_", "_inverted_", "__objclass__"})
"""What enum.py sets on members (`EnumType.__new__`, `Flag._missing_`)."""


def _shared(found: type) -> Iterator[_Shared | _SharedMembers]:
    """A class of the core, and its members if it is an enumeration."""
    yield _Shared(found)
    if issubclass(found, Enum):
        yield _SharedMembers(found)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream)
        self._shared: dict[type, list[_Shared | _SharedMembers]] = {}

    def put_back(self) -> None:
        """Undo the changes that a load made to classes. Raises UnpicklingError if there were any."""
        changed = [each for shared in self._shared.values() for each in shared if each.put_back()]
        if changed:
            raise pickle.UnpicklingError("sets attributes of a class")

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
        if found not in self._shared:
            self._shared[found] = list(_shared(found))
        return found
