"""Which modules can be in a cycle at all, going by a scan of their texts.

A module becomes a *suspect* in one of three cases: a cycle of scanned imports goes through it; its
scan cannot tell what it imports; or it may import a file that hides a standard module, or a module
that its package lacks. Suspects are summarized and have their exact edges in the graph. Other
modules have only their scan, since no finding can be about them. A suspect stays one until the
project rests (`Project.rest`): until then that costs a little memory and nothing else.

Invariant: every cycle of the import graph, comments that accept it or not, runs through
suspects only. For an edge of the graph that stands in a function which another module calls
(`ImportEdge.holder`), this needs the two steps that lead there: from the caller to the holder,
and from the holder to the module. Both are scanned imports.

A call of `import_module` may compute its argument. The argument is taken to come from texts in
quotes (`import_cycles.syntax.quoted`), so a module leads wherever the quoted texts in it lead. A
program that joins names from smaller parts can still load others: these become suspects when a
survey has found them (`Suspects.note_computed`), provided that the module which runs the call is
exact for another reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from import_cycles.base.names import ModuleName
from import_cycles.findings.hidden_modules import hiding_among
from import_cycles.graph.possible import PossibleGraph
from import_cycles.graph.search import distances
from import_cycles.resolve.layout import Difference, Layout, ModuleFile
from import_cycles.resolve.possible import PossibleTargets
from import_cycles.resolve.quoted import QuotedModules, Renamed
from import_cycles.syntax.quoted import ENTRY_POINTS
from import_cycles.syntax.scan import Scan, Scanner

Exact = Callable[[ModuleName], Iterable[ModuleName]]
"""The imports of a module that is summarized; nothing for other modules."""

_MANY = 500
"""After more scans than this, the caches of the scanner are emptied."""


class Suspects:
    """The scans of all modules, and the suspects. Only the intake writes to it."""

    def __init__(self) -> None:
        self.scanner = Scanner()
        self._scans: dict[ModuleName, Scan] = {}
        self._graph = PossibleGraph()
        self._computed: dict[ModuleName, frozenset[ModuleName]] = {}
        """The modules that computed names are known to load, by importer."""
        self._targets: PossibleTargets | None = None
        self._layout: Layout | None = None
        self._hiding: frozenset[ModuleName] = frozenset()
        """The files of the layout that hide a standard module."""
        self._entry_points: frozenset[str] = frozenset()

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without the caches.
        left = ("scanner", "_targets", "_layout", "_hiding")
        return Suspects, (), {name: part for name, part in vars(self).items() if name not in left}

    def rest(self) -> None:
        """Empty the caches; they fill again on request."""
        self.scanner = Scanner()
        if self._targets is not None:
            self._targets.forget()

    def importers_of(
        self, module: ModuleName, layout: Layout, *, typing: bool = False
    ) -> list[ModuleName]:
        """Modules that may load another one, sorted; with `typing` also those that import it for
        types only.

        The latter costs a look at every scan.
        """
        importers = set(self._graph.importers_of(module))
        if typing:
            targets = self._possible_targets(layout)
            for name, scan in self._scans.items():
                file = layout.module(name) if scan.typing else None
                if file is not None and module in targets.of(file, Scan(scan.typing)):
                    importers.add(name)
        return sorted(importers)

    def expects(self, module: ModuleName, imported: Iterable[ModuleName]) -> bool:
        """Whether a module may import others, going by the last scan of its text."""
        possible = self._graph.imported_by(module)
        return all(each in possible for each in imported)

    def declare(self, entry_points: frozenset[str]) -> set[ModuleName]:
        """Record which modules are entry points, by dotted name; returns the modules that ask for them.

        Cost: a look at every scan if they have changed.
        """
        if entry_points == self._entry_points:
            return set()
        self._entry_points, self._targets = entry_points, None
        return {name for name, scan in self._scans.items() if ENTRY_POINTS in scan.quoted}

    def affected_by(self, layout: Layout, difference: Difference) -> set[ModuleName]:
        """Modules whose imports can lead elsewhere with the new `layout`.

        Cost: a look at every scan.
        """
        self._layout, self._targets = layout, None
        if difference.is_total:
            return set(self._scans)
        below = tuple(f"{name}." for name in difference.asked)
        renamed = Renamed(difference.asked)
        affected: set[ModuleName] = set()
        targets = self._possible_targets(layout)
        for name, scan in self._scans.items():
            file = layout.module(name)
            if (
                file is None
                or name in difference.importers
                or (
                    below
                    and (
                        any(
                            asked in difference.asked or asked.startswith(below)
                            for asked in targets.looked_up(file, scan)
                        )
                        or renamed.concerns(file, (*scan.quoted, *scan.taken, *scan.chains))
                    )
                )
            ):
                affected.add(name)
        return affected

    def update(
        self,
        layout: Layout,
        scans: Mapping[ModuleName, Scan],
        affected: Iterable[ModuleName],
        exact: Exact,
    ) -> set[ModuleName]:
        """Record new scans and other changes; returns the modules that become suspects."""
        stale = {*affected, *scans}
        rows: dict[ModuleName, Iterable[ModuleName]] = {}
        targets = self._possible_targets(layout)
        for name, scan in scans.items():
            self._scans[name] = scan
        for name in stale:
            file = layout.module(name)
            if file is None:
                self._scans.pop(name, None)
                rows[name] = ()
            else:
                scan = self._scans.get(name, _NOTHING)
                rows[name] = targets.of(file, scan).union(
                    exact(name), targets.quoted(file, scan), self._computed.get(name, ())
                )
        suspected = self._graph.change(rows) | self._around_hiding(rows, layout)
        suspected |= targets.wanting.intersection(rows)
        if len(stale) > _MANY:
            targets.forget()
            self.scanner = Scanner()
        return suspected

    def _around_hiding(
        self, rows: Mapping[ModuleName, Iterable[ModuleName]], layout: Layout
    ) -> set[ModuleName]:
        """Modules that may import a file which hides a standard module, and these files."""
        self._possible_targets(layout)
        found: set[ModuleName] = set()
        if self._hiding:
            for name, row in rows.items():
                found.update(*((name, each) for each in self._hiding.intersection(row)))
        return found

    def _wanting(self, names: set[ModuleName], layout: Layout) -> set[ModuleName]:
        """The modules among some that may ask for a module which does not exist."""
        targets = self._possible_targets(layout)
        for name in names:
            file = layout.module(name)
            if file is not None:
                targets.of(file, self._scans.get(name, _NOTHING))
        return targets.wanting & names

    def note_computed(
        self, found: Mapping[ModuleName, frozenset[ModuleName]], layout: Layout, exact: Exact
    ) -> set[ModuleName]:
        """Record what computed names led to, by importer; returns the modules that become suspects."""
        news = {name for name, row in found.items() if row != self._computed.get(name, _NOBODY)}
        for name in news:
            self._computed[name] = found[name]
            if not found[name]:
                del self._computed[name]
        return self.update(layout, {}, news, exact) if news else set()

    def still_suspected(self, modules: Iterable[ModuleName], layout: Layout) -> set[ModuleName]:
        """The modules among some that would become suspects if the project started anew."""
        self._possible_targets(layout)
        wanted = set(modules)
        found = self._graph.knots_of(wanted) & wanted
        found.update(name for name in wanted if self._scans.get(name, _NOTHING).needs_summary)
        found |= self._wanting(wanted, layout)
        for hiding in self._hiding:
            importers = self._graph.importers_of(hiding)
            found |= wanted.intersection((hiding, *importers) if importers else ())
        return found

    def outer_ways(self, modules: Iterable[ModuleName], layout: Layout, exact: Exact) -> OuterWays:
        """The ways from these modules through imports that are `exact` or not indented.

        Looks only at scans made so far. Cost: all modules that they lead to.
        """
        targets = self._possible_targets(layout)
        rows: dict[ModuleName, set[ModuleName]] = {}
        wanted = list(modules)
        todo = list(wanted)
        while todo:
            name = todo.pop()
            scan, file = self._scans.get(name), layout.module(name)
            if name in rows or scan is None or file is None:
                continue
            rows[name] = targets.of(file, scan.outer).union(exact(name))
            todo.extend(rows[name])
        return OuterWays(wanted, rows)

    def targets_of(self, layout: Layout, module: ModuleFile, scan: Scan) -> set[ModuleName]:
        """The modules that loading `module` may load if its text has this scan."""
        return self._possible_targets(layout).of(module, scan)

    def _possible_targets(self, layout: Layout) -> PossibleTargets:
        if self._targets is None or self._layout is not layout:
            self._layout = layout
            self._hiding = hiding_among(layout.modules())
            quoted = QuotedModules(layout, self._entry_points)
            self._targets = PossibleTargets(
                layout, lambda stretch: self.scanner.requests(stretch), quoted
            )
        return self._targets


class OuterWays:
    """The ways round through some modules, as far as imports tell that are known or not indented."""

    def __init__(
        self, modules: Iterable[ModuleName], rows: dict[ModuleName, set[ModuleName]]
    ) -> None:
        self._modules = tuple(modules)
        self._rows = rows
        """What modules load, and perhaps some more."""

    def knots(self) -> set[ModuleName]:
        """The modules in a cycle with one of these."""
        graph = PossibleGraph()
        graph.change(self._rows)
        return graph.knots_of(self._modules)

    def learn(self, module: ModuleName, loaded: Iterable[ModuleName]) -> None:
        """Take note of what a module loads."""
        if module in self._rows:
            self._rows[module] = set(loaded)

    def shortest(self) -> set[ModuleName]:
        """The modules on the shortest ways back from what one of these loads.

        Of those that are as short the alphabetically first, as in `GraphStore.shortest_cycle`.
        Cost: all modules that they lead to.
        """
        importers: dict[ModuleName, list[ModuleName]] = {}
        for name, row in self._rows.items():
            for each in row:
                importers.setdefault(each, []).append(name)
        found: set[ModuleName] = set()
        for module in self._modules:
            hops = distances(module, importers)
            seen = {module}
            for name in self._rows.get(module, ()):
                while name in hops and name not in seen:
                    seen.add(name)
                    nearer = hops[name] - 1
                    name = min(each for each in self._rows[name] if hops.get(each) == nearer)
            found |= seen
        return found


_NOTHING = Scan()
_NOBODY: frozenset[ModuleName] = frozenset()
