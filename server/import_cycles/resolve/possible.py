"""Which modules a scanned text may load: a superset of what `resolve.targets` finds.

The rules are those of `resolve.targets`. Stretches are the same in file after file. So the targets
of a stretch are worked out once for all modules at the same point: those that see the same names
under the same words (`Layout.standpoint`), and are in the same package if the import is relative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from import_cycles.base.names import ModuleName, ancestors, resolve_relative
from import_cycles.libraries.table import is_preloaded
from import_cycles.resolve.absent import absent_on
from import_cycles.resolve.claims import prefixes
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.resolve.quoted import QuotedModules
from import_cycles.resolve.targets import ALWAYS_BOUND, package_of
from import_cycles.syntax.scan import Request, Scan

Requests = Callable[[str], "tuple[Request, ...] | None"]

_LOADED = (ModuleKind.SOURCE, ModuleKind.EXTENSION)


class _Lead(NamedTuple):
    """Where a stretch leads: `passed` unless they are around the importer, `asked` if they are."""

    passed: tuple[ModuleName, ...]
    loaded: tuple[ModuleName, ...]
    asked: tuple[ModuleName, ...]
    names: tuple[str, ...]
    """All dotted names that were looked up."""
    is_wanting: bool
    """Whether it asks a package of the project for a module that is not there."""


class PossibleTargets:
    """Answers for one layout, and for what `QuotedModules` knows; remembers what stretches lead to."""

    def __init__(self, layout: Layout, requests: Requests, quoted: QuotedModules) -> None:
        self._layout = layout
        self._requests = requests
        self._leads: dict[object, dict[str, _Lead]] = {}
        self._found: dict[object, dict[str, ModuleFile | None]] = {}
        self._quoted = quoted
        self.wanting: set[ModuleName] = set()
        """Of the modules that were asked about, those that may ask for what is not there."""

    def of(self, module: ModuleFile, scan: Scan) -> set[ModuleName]:
        """The modules that loading `module` may load, but for imports that only a summary tells."""
        targets: set[ModuleName] = set()
        if module.kind is not ModuleKind.SOURCE or not scan.stretches:
            return targets
        standpoint = self._layout.standpoint(module)
        package = package_of(module)
        shared = self._leads.setdefault(standpoint, {})
        own = self._leads.setdefault((standpoint, package), {})
        passed: set[ModuleName] = set()
        asked: set[ModuleName] = set()
        is_wanting = False
        for stretch in scan.stretches:
            lead = shared.get(stretch) or own.get(stretch)
            if lead is None:
                lead = self._lead(module, standpoint, package, stretch)
            if lead.passed:
                passed.update(lead.passed)
            if lead.loaded:
                targets.update(lead.loaded)
            if lead.asked:
                asked.update(lead.asked)
            if lead.is_wanting:
                is_wanting = True
        if is_wanting:
            self.wanting.add(module.name)
        elif self.wanting:
            self.wanting.discard(module.name)
        around = {module.name, *ancestors(module.name)}
        targets |= passed - around
        targets |= asked & around
        return targets

    def quoted(self, module: ModuleFile, scan: Scan) -> set[ModuleName]:
        """The modules that a text may lead to, or ask, without an import statement."""
        found = self._quoted.modules(module, scan.quoted)
        if scan.taken:
            found |= self._quoted.taken(module, scan.taken, scan.quoted)
        if scan.chains:
            found |= self._quoted.chained(module, scan.chains)
        return found

    def forget(self) -> None:
        """Empty the caches."""
        self._leads.clear()
        self._found.clear()

    def looked_up(self, module: ModuleFile, scan: Scan) -> Iterator[str]:
        """The dotted names that the answer for a module depends on."""
        standpoint, package = self._layout.standpoint(module), package_of(module)
        for stretch in scan.stretches:
            yield from self._lead(module, standpoint, package, stretch).names

    def _lead(self, importer: ModuleFile, standpoint: object, package: str, stretch: str) -> _Lead:
        requests = self._requests(stretch) or ()
        is_relative = any(request.level for request in requests)
        leads = self._leads.setdefault((standpoint, package) if is_relative else standpoint, {})
        known = leads.get(stretch)
        if known is None:
            known = leads[stretch] = self._worked_out(importer, standpoint, package, requests)
        return known

    def _worked_out(
        self, importer: ModuleFile, standpoint: object, package: str, requests: Iterable[Request]
    ) -> _Lead:
        found = self._found.setdefault(standpoint, {})
        passed: dict[ModuleName, None] = {}
        loaded: dict[ModuleName, None] = {}
        asked: dict[ModuleName, None] = {}
        names: dict[str, None] = {}
        is_wanting = False

        def find(dotted: str) -> ModuleFile | None:
            names[dotted] = None
            if dotted in found:
                return found[dotted]
            file = None
            if not is_preloaded(dotted):
                file = self._layout.find(dotted, importer)
            found[dotted] = file
            return file

        for request in requests:
            dotted: str | None = request.module or None
            if request.level:
                dotted = resolve_relative(package, request.level, request.module)
            if dotted is None:
                continue
            for around in prefixes(dotted):
                file = find(around)
                if file is not None and file.kind in _LOADED:
                    passed[file.name] = None
                    if request.names is None:
                        asked[file.name] = None
            file = find(dotted)
            if file is None:
                is_wanting = is_wanting or absent_on(dotted, find) is not None
                continue
            is_loaded = file.kind in _LOADED
            if is_loaded:
                (loaded if request.names is None else passed)[file.name] = None
            for name in request.names or ():
                inner = find(f"{dotted}.{name}") if file.is_package else None
                if inner is not None and inner.kind in _LOADED:
                    loaded[inner.name] = None
                if is_loaded and name not in ALWAYS_BOUND:
                    # Of a submodule, too: the package may give its name to something else.
                    asked[file.name] = None
                if name == "*" and file.is_package:
                    loaded.update(dict.fromkeys(self._below(file.name)))
        return _Lead(tuple(passed), tuple(loaded), tuple(asked), tuple(names), is_wanting)

    def _below(self, package: ModuleName) -> Iterable[ModuleName]:
        """What a star-import of a package may load, for all that is known without a summary."""
        return self._quoted.below(package)
