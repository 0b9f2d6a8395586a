"""Keeps which names packages bind themselves (`resolve.rebound`), as long as their texts last."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from import_cycles.base.names import ModuleName
from import_cycles.resolve.layout import Layout, ModuleFile
from import_cycles.resolve.rebound import Rebound, SummaryOf, rebound


class PackageNames:
    """Worked out on request. Only the intake writes to it."""

    def __init__(self) -> None:
        self._known: dict[ModuleName, Rebound] = {}

    def of(self, package: ModuleFile, layout: Layout, summary_of: SummaryOf) -> frozenset[str]:
        """The names that do not stay submodules. Cost: that of `rebound`, the first time."""
        known = self._known.get(package.name)
        if known is None:
            known = self._known[package.name] = rebound(package, layout, summary_of)
        return known.names

    def changed(
        self,
        modules: AbstractSet[ModuleName],
        layout: Layout,
        summary_of: SummaryOf,
        *,
        is_new_layout: bool,
    ) -> Iterator[ModuleName]:
        """The packages that bind other names than before, now that these modules have new texts.

        Cost: a look at each package that was asked about, and the work for those that read one of
        the texts.
        """
        stale = [
            name
            for name, known in self._known.items()
            if (is_new_layout and known.has_stars) or not modules.isdisjoint(known.read)
        ]
        for name in stale:
            before = self._known.pop(name).names
            file = layout.module(name)
            if file is not None and self.of(file, layout, summary_of) != before:
                yield name

    def has_read(self, module: ModuleName) -> bool:
        """Whether an answer rests on the text of a module."""
        return any(module in known.read for known in self._known.values())

    def drop(self, package: ModuleName) -> None:
        """Forget the answers about files that have changed."""
        self._known.pop(package, None)
