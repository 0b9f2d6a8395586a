"""Which modules a computed import may lead to, going by the texts in quotes around it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from import_cycles.base.names import ModuleName, ancestors, dotted_name, parent
from import_cycles.resolve.claims import prefixes
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.syntax.quoted import ENTRY_POINTS, OWN_PACKAGE
from import_cycles.syntax.sys_modules import COMPUTED, ITSELF, PACKAGE

_LOADED = (ModuleKind.SOURCE, ModuleKind.EXTENSION)


class QuotedModules:
    """Answers for one layout, and for the dotted names of the modules that are entry points."""

    def __init__(self, layout: Layout, entry_points: Collection[str]) -> None:
        self._layout = layout
        self._entry_points = entry_points
        self._children: dict[ModuleName | None, dict[str, ModuleName]] | None = None

    def modules(self, module: ModuleFile, quoted: Collection[str]) -> set[ModuleName]:
        """The modules that computed names in `module` may lead to: not those around it."""
        found = self.named(module, quoted)
        found.difference_update((module.name, *ancestors(module.name)))
        return found

    def named(self, module: ModuleFile, quoted: Collection[str]) -> set[ModuleName]:
        """The modules that the texts in quotes of `module` speak of, and the packages around these.

        `app.plugins.one` is a module or a name in one; `app.plugins` and `app.plugins.` may be
        completed by the name of a module in that package. Cost: two look-ups a text.
        """
        if not quoted:
            return set()
        beside = self._beside(module.name if module.is_package else parent(module.name))
        # Nearly all are words that name nothing: looked up without a call for each.
        found = {beside[text] for text in quoted if text in beside}
        for text in quoted:
            if text == OWN_PACKAGE:
                found.update(beside.values())
            elif text == ENTRY_POINTS:
                files = (self._layout.find(dotted, module) for dotted in self._entry_points)
                found.update(file.name for file in files if file is not None)
            elif text[0] != ".":
                found.update(self._spoken_of(module, text))
        if not found:
            return found
        found.update([around for name in found for around in ancestors(name)])
        return {name for name in found if self._is_loaded(name)}

    def taken(
        self, module: ModuleFile, taken: Iterable[str], quoted: Collection[str]
    ) -> set[ModuleName]:
        """The modules that `module` may take out of `sys.modules` (`import_cycles.syntax.sys_modules`).

        By a computed name these are itself, those around it, and those in `quoted`.
        """
        found: set[ModuleName] = set()
        for each in taken:
            if each == ITSELF or (each == PACKAGE and module.is_package):
                found.add(module.name)
            elif each == PACKAGE:
                found.update(list(ancestors(module.name))[-1:])
            elif each == COMPUTED:
                found.update((module.name, *ancestors(module.name)), self.named(module, quoted))
            elif (file := self._layout.find(each, module)) is not None:
                found.add(file.name)
        return {name for name in found if self._is_loaded(name)}

    def chained(self, module: ModuleFile, chains: Iterable[str]) -> set[ModuleName]:
        """The modules among the dotted names that `module` reads (`import_cycles.syntax.chains`)."""
        known: dict[str, bool] = {}
        found: set[ModuleName] = set()
        for each in chains:
            top = each.partition(".")[0]
            if top not in known:
                known[top] = self._layout.find(top, module) is not None
            file = self._layout.find(each, module) if known[top] else None
            if file is not None and file.kind in _LOADED:
                found.add(file.name)
        return found

    def _spoken_of(self, module: ModuleFile, text: str) -> Iterable[ModuleName]:
        dotted = text.rstrip(".")
        file = self._layout.find(dotted, module)
        if file is None and "." in dotted:
            file = self._layout.find(dotted.rpartition(".")[0], module)
        elif file is not None and file.is_package and "." in text:
            return (file.name, *self.below(file.name))
        return () if file is None else (file.name,)

    def _is_loaded(self, name: ModuleName) -> bool:
        file = self._layout.module(name)
        return file is not None and file.kind in _LOADED

    def below(self, package: ModuleName) -> Iterable[ModuleName]:
        """The modules right in a package."""
        return self._beside(package).values()

    def _beside(self, package: ModuleName | None) -> Mapping[str, ModuleName]:
        """The modules right in a package, or in none, by what a relative import calls them."""
        if self._children is None:
            self._children = {}
            for name, file in self._layout.modules().items():
                if file.kind in _LOADED:
                    tail = f".{dotted_name(name).rpartition('.')[2]}"
                    self._children.setdefault(parent(name), {}).setdefault(tail, name)
        return self._children.get(package, {})


class Renamed:
    """Dotted names that mean something else now."""

    def __init__(self, asked: Iterable[str]) -> None:
        self._asked = frozenset(asked)
        self._around = frozenset(around for name in self._asked for around in prefixes(name))

    def concerns(self, module: ModuleFile, quoted: Iterable[str]) -> bool:
        """Whether the texts in quotes of a module may speak of other modules by that."""
        for text in quoted:
            if text == ENTRY_POINTS:
                return True
            dotted = text.rstrip(".")
            if text.startswith("."):
                dotted = f"{package_of(module)}{dotted}"
            if dotted in self._asked or dotted in self._around:
                return True
            if not self._asked.isdisjoint(prefixes(dotted)):
                return True
        return False
