"""Summaries of modules, made when somebody asks for the first time.

With a `TextSource` the project keeps no texts and no summaries that nobody needed yet: asking
for one reads and summarizes the file, as it is at that moment. What a later text of the file says
comes with the change that tells of it. Without a source there are only summaries that were put
in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from import_cycles.base.layers import Layers
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

TextSource: TypeAlias = "Callable[[SourcePath], str | None]"
"""The text of a file as the project should see it; None when it cannot be had."""

NOTHING: Final = Summarized(summarize("", PythonTarget()).summary)
"""The summary of a file whose text cannot be had."""


class FrozenSummaries(Mapping[ModuleName, Summarized]):
    """What readers get: what was known at one revision, and the rest as it is when asked for."""

    __slots__ = ("_known", "_late", "_load")

    def __init__(
        self,
        known: Layers[ModuleName, Summarized] | None = None,
        load: Callable[[ModuleName], Summarized | None] | None = None,
    ) -> None:
        self._known: Layers[ModuleName, Summarized] = known or Layers()
        self._load = load
        self._late: dict[ModuleName, Summarized] = {}

    def __getitem__(self, name: ModuleName) -> Summarized:
        found = self._known.get(name) or self._late.get(name)
        if found is None and self._load is not None:
            found = self._load(name)
            if found is not None:
                self._late[name] = found
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[ModuleName]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class Summaries(Mapping[ModuleName, Summarized]):
    """The summaries of one project; its length and iteration are over those that are known."""

    def __init__(self, source: TextSource | None) -> None:
        self._source = source
        self._known: dict[ModuleName, Summarized] = {}
        self._frozen: Layers[ModuleName, Summarized] = Layers()
        self._changed: set[ModuleName] = set()
        self.layout: Layout | None = None
        self.target = PythonTarget()
        self.late: set[ModuleName] = set()
        """Those that were made because somebody asked; whoever takes note empties it."""

    def known(self, name: ModuleName) -> Summarized | None:
        """The summary of a module if it was made already."""
        return self._known.get(name)

    def put(self, name: ModuleName, summarized: Summarized) -> None:
        """From now on this is the summary of a module."""
        self._known[name] = summarized
        self._changed.add(name)

    def drop(self, name: ModuleName) -> None:
        """Forget a summary; it is made again if somebody asks."""
        if self._known.pop(name, None) is not None:
            self._changed.add(name)

    def freeze(self) -> FrozenSummaries:
        """The state of now for readers. Cost: what changed since the last time."""
        if self._changed:
            put = {name: self._known[name] for name in self._changed if name in self._known}
            self._frozen = self._frozen.changed(put, self._changed - put.keys())
            self._changed = set()
        if self._source is None or self.layout is None:
            return FrozenSummaries(self._frozen)
        source, layout, target = self._source, self.layout, self.target
        return FrozenSummaries(self._frozen, lambda name: _loaded(name, source, layout, target))

    def __getitem__(self, name: ModuleName) -> Summarized:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: ModuleName, default: Summarized | None = None) -> Summarized | None:  # type: ignore[override]
        """The summary of a module, made now if need be."""
        found = self._known.get(name)
        if found is not None:
            return found
        if self._source is None or self.layout is None:
            return default
        found = _loaded(name, self._source, self.layout, self.target)
        if found is None:
            return default
        self.put(name, found)
        self.late.add(name)
        return found

    def __iter__(self) -> Iterator[ModuleName]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _loaded(
    name: ModuleName, source: TextSource, layout: Layout, target: PythonTarget
) -> Summarized | None:
    file = layout.module(name)
    if file is None or file.kind not in (ModuleKind.SOURCE, ModuleKind.STUB):
        return None
    text = source(file.path)
    return NOTHING if text is None else summarize(text, target)
