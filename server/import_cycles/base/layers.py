"""A mapping that is changed by making another one, which shares all but the latest changes.

Readers may keep the old one for as long as they like. A change copies the latest changes, which
are few, and only now and then everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Generic, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")

_GONE: Final = object()
_MAX_LATEST: Final = 64


class Layers(Mapping[K, V], Generic[K, V]):
    """A frozen mapping; `changed` makes the next one."""

    __slots__ = ("_base", "_latest", "_length")

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._base: dict[K, V] = dict(items or {})
        self._latest: dict[K, object] = {}
        self._length = len(self._base)

    def changed(self, put: Mapping[K, V], removed: Iterable[K] = ()) -> Layers[K, V]:
        """The same without `removed`, then with `put`. Cost: that of what changes.

        Once in 64 single changes it costs as much as a copy.
        """
        latest = dict(self._latest)
        latest.update(dict.fromkeys(removed, _GONE))
        latest.update(put)
        if len(latest) <= _MAX_LATEST:
            after: Layers[K, V] = Layers.__new__(Layers)
            after._base, after._latest = self._base, latest
            after._length = len(self._base) + sum(
                (value is not _GONE) - (key in self._base) for key, value in latest.items()
            )
            return after
        base = dict(self._base)
        for key, value in latest.items():
            if value is _GONE:
                base.pop(key, None)
            else:
                base[key] = cast("V", value)
        after = Layers()
        after._base, after._length = base, len(base)
        return after

    def __getitem__(self, key: K) -> V:
        value = self._latest.get(key, self)
        if value is self:
            return self._base[key]
        if value is _GONE:
            raise KeyError(key)
        return cast("V", value)

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """The value of a key, or `default`."""
        value = self._latest.get(key, self)
        if value is self:
            return self._base.get(key, default)
        return default if value is _GONE else cast("V", value)

    def __contains__(self, key: object) -> bool:
        value = self._latest.get(cast("K", key), self)
        return key in self._base if value is self else value is not _GONE

    def __iter__(self) -> Iterator[K]:
        latest = self._latest
        yield from (key for key in self._base if key not in latest)
        yield from (key for key, value in latest.items() if value is not _GONE)

    def __len__(self) -> int:
        return self._length
