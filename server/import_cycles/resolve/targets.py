"""Which modules an import record touches, and so the edges that a module gives the graph.

The rules are those of importlib (`Lib/importlib/_bootstrap.py`: `_find_and_load_unlocked` loads
parents first, `_handle_fromlist` tries submodules), told in docs/architecture.md, "Kinds of
edges". Ancestors of the importer are always in `sys.modules` before it runs, so a step through
one of them is no edge; asking one for an attribute is, and so is asking for a submodule whose name the
package gives to something else (`resolve.rebound`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from import_cycles.base.names import (
    ModuleName,
    dotted_name,
    is_ancestor,
    resolve_relative,
)
from import_cycles.base.record import entity, field, record, replace
from import_cycles.libraries.table import is_preloaded
from import_cycles.resolve.absent import Absence, absent_on
from import_cycles.resolve.claims import prefixes
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.syntax.imports import ImportedName, ImportFlag, ImportRecord, When
from import_cycles.syntax.lazy_imports import is_listed
from import_cycles.syntax.steps import ModuleSummary


@record
class NamesOf:
    """What the summaries of packages tell about names.

    `all_names` gives what `__all__` of a module lists, for star-imports; `rebound` the names of a package
    that do not stay its submodules (`resolve.rebound`).
    """

    all_names: Callable[[ModuleName], tuple[str, ...] | None]
    rebound: Callable[[ModuleFile], frozenset[str]]


ALWAYS_BOUND: Final = frozenset(
    {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__path__"}
)
"""Names that every module (`__path__`: every package) has before its first statement."""


@record
class Accepting:
    """The codes with which a comment takes its import out of all cycles; without codes it does, too.

    `self_imports` are those for an import of the module itself, `cycles` those for all others.
    """

    cycles: frozenset[str] = frozenset()
    self_imports: frozenset[str] = frozenset()

    def accepts(self, codes: tuple[str, ...], *, is_self: bool) -> bool:
        """Whether a comment with these codes accepts an edge."""
        wanted = self.self_imports if is_self else self.cycles
        return not codes or not wanted.isdisjoint(codes)


@record
class Touch:
    """One module that a record touches, in the order in which CPython does.

    `import_id` is the record's; `site` is the text responsible. `when` and `flags` are those of
    an edge for it.
    """

    module: ModuleName
    import_id: int
    site: int
    when: When
    flags: ImportFlag


@entity
class Resolution:
    """The touches of one module's imports, and all that they depend on.

    `asked` holds every dotted name that was looked up, found or not: a new or removed file of
    that name changes the answer. `consulted` holds the packages that `NamesOf` was asked about.
    """

    touches: list[Touch] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    consulted: set[ModuleName] = field(default_factory=set)
    absences: list[tuple[ImportRecord, Absence]] = field(default_factory=list)
    """Records that ask a package of the project for a module that it does not have."""


def package_of(module: ModuleFile) -> str:
    """What `__package__` is in a module: its own dotted name for a package, else its parent's."""
    dotted = dotted_name(module.name)
    return dotted if module.is_package else dotted.rpartition(".")[0]


def asked_module(record: ImportRecord, module: ModuleFile) -> str | None:
    """The dotted name of the module that a record of a module asks for; None if there is none."""
    if not record.level:
        return record.module or None
    return resolve_relative(package_of(module), record.level, record.module)


def resolve(
    module: ModuleFile,
    summary: ModuleSummary,
    layout: Layout,
    names_of: NamesOf,
    accepting: Accepting,
) -> Resolution:
    """Every touch of a module's imports. Cost: a lookup per name of each import statement."""
    resolver = _Resolver(module, layout, names_of)
    accepted = _accepted(summary)
    for import_id, imported in enumerate(summary.imports):
        resolver.resolve(import_id, imported, accepted, accepting)
    return resolver.resolution


def resolve_computed(
    module: ModuleFile,
    summary: ModuleSummary,
    layout: Layout,
    import_id: int,
    dotted: str,
    accepting: Accepting,
) -> list[Touch]:
    """What one import touches when the name that it computes comes to `dotted`."""
    resolver = _Resolver(module, layout, _NOTHING_KNOWN)
    imported = replace(summary.imports[import_id], module=dotted, level=0, names=None)
    resolver.resolve(import_id, imported, _accepted(summary), accepting)
    return resolver.resolution.touches


def _accepted(summary: ModuleSummary) -> dict[int, tuple[str, ...]]:
    """The sites that comments accept, with the codes that these name."""
    return {site: comment.codes for comment in summary.suppressions for site in comment.covers}


_NOTHING_KNOWN: Final = NamesOf(lambda _: None, lambda _: frozenset())

_Touched = tuple[ModuleFile, int, ImportFlag]


class _Resolver:
    def __init__(self, module: ModuleFile, layout: Layout, names_of: NamesOf) -> None:
        self._module = module
        self._layout = layout
        self._names_of = names_of
        self.resolution = Resolution()

    def resolve(
        self,
        import_id: int,
        imported: ImportRecord,
        accepted: Mapping[int, tuple[str, ...]],
        accepting: Accepting,
    ) -> None:
        """Add the touches of one record."""
        module = self._module
        is_listed = self._is_listed(imported)
        for found, site, circumstance in self.touched(imported):
            when, flags = imported.when, imported.flags | circumstance
            if is_listed:
                flags |= ImportFlag.LAZY
                when = When.DEFERRED if when is When.RUNTIME else when
            if ModuleKind.STUB in (module.kind, found.kind):
                # What only type checkers read executes nothing.
                when = When.TYPING
            is_self = found.name == module.name
            if site in accepted and accepting.accepts(accepted[site], is_self=is_self):
                flags |= ImportFlag.SUPPRESSED
            self.resolution.touches.append(Touch(found.name, import_id, site, when, flags))

    def _is_listed(self, record: ImportRecord) -> bool:
        """Whether `__lazy_modules__` makes an import lazy (Python/import.c asks by absolute name)."""
        if record.listed is None:
            return False
        asked = asked_module(record, self._module)
        name, package = dotted_name(self._module.name), package_of(self._module)
        return asked is not None and is_listed(record.listed, asked, name, package)

    def touched(self, record: ImportRecord) -> Iterator[_Touched]:
        """The modules that a record executes if need be, each with the text responsible."""
        dotted = asked_module(record, self._module)
        if dotted is None:
            return
        yield from self._parents(dotted, record)
        found = self._find(dotted)
        if found is None:
            # What only type checkers read imports nothing, so it may ask for what is not there.
            executes = self._module.kind is ModuleKind.SOURCE
            absence = absent_on(dotted, self._find) if executes else None
            if absence is not None:
                self.resolution.absences.append((record, absence))
            return
        if record.names is None:
            yield from _executed(found, record.site)
            return
        is_around = found.name == self._module.name or is_ancestor(found.name, self._module.name)
        if not is_around:
            yield from _executed(found, record.site)
        for name in self._names(found, record):
            submodule = self._find(f"{dotted}.{name.name}") if found.is_package else None
            if submodule is not None:
                yield from _executed(submodule, name.site)
                if is_around and self._is_rebound(found, name.name):
                    yield from _executed(found, name.site)
            elif is_around and name.name not in ALWAYS_BOUND:
                yield from _executed(found, name.site)

    def _parents(self, dotted: str, record: ImportRecord) -> Iterator[_Touched]:
        for around in prefixes(dotted):
            found = self._find(around)
            if found is None or found.name == self._module.name:
                continue
            if not is_ancestor(found.name, self._module.name):
                yield from _executed(found, record.site, ImportFlag.IMPLIED)
            elif record.names is None and self._is_rebound(
                found, dotted[len(around) + 1 :].partition(".")[0]
            ):
                # `import p.a as b` goes by attributes, and so does what uses `import p.a`.
                yield from _executed(found, record.site)

    def _is_rebound(self, package: ModuleFile, name: str) -> bool:
        """Whether a package around the module gives another value to a submodule's name."""
        if package.kind is not ModuleKind.SOURCE or package.name == self._module.name:
            return False
        self.resolution.consulted.add(package.name)
        return name in self._names_of.rebound(package)

    def _names(self, found: ModuleFile, record: ImportRecord) -> Iterator[ImportedName]:
        for name in record.names or ():
            yield name
            if name.name == "*" and found.is_package:
                # `_handle_fromlist` loads the submodules that `__all__` lists.
                self.resolution.consulted.add(found.name)
                for listed in self._names_of.all_names(found.name) or ():
                    if self._find(f"{dotted_name(found.name)}.{listed}") is not None:
                        yield ImportedName(listed, listed, name.site)

    def _find(self, dotted: str) -> ModuleFile | None:
        if is_preloaded(dotted):
            return None
        self.resolution.asked.add(dotted)
        return self._layout.find(dotted, self._module)


def _executed(
    found: ModuleFile, site: int, circumstance: ImportFlag = ImportFlag.NONE
) -> Iterator[_Touched]:
    # A namespace package executes nothing (PEP 420).
    if found.kind is not ModuleKind.NAMESPACE:
        yield found, site, circumstance
