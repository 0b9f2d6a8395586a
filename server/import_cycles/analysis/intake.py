"""Turns texts and the layout into edges: the first half of a change.

Each step stops when its result equals the old one: an equal summary keeps the touches, equal
touches keep the edges. The intake records which modules asked for which name, so a new file affects
only the modules that asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from import_cycles.analysis.change import ApplyCancelled, Change, Problem, Settings, Watch
from import_cycles.analysis.package_names import PackageNames
from import_cycles.analysis.registry import accepting
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.summaries import (
    NOTHING,
    ManySummaries,
    MayHave,
    Summaries,
    SummaryKey,
    SummaryStore,
    TextSource,
)
from import_cycles.analysis.suspects import Suspects
from import_cycles.base.names import (
    ModuleName,
    SourcePath,
    ancestors,
    dotted_name,
    is_ancestor,
    parent,
)
from import_cycles.base.onlookers import Onlookers
from import_cycles.base.record import entity, field
from import_cycles.graph.edges import ImportEdge
from import_cycles.resolve.claims import prefixes
from import_cycles.resolve.folders import folders_around
from import_cycles.resolve.layout import (
    Difference,
    Layout,
    ModuleFile,
    ModuleKind,
    build_layout,
)
from import_cycles.resolve.quoted import QuotedModules, Renamed
from import_cycles.resolve.targets import NamesOf, Resolution, Touch, resolve, resolve_computed
from import_cycles.simulate.outcome import (
    ENTRY_POINTS,
    CodeKey,
    bound_names_of,
    hints_of,
    listing_of,
    namespace_of,
)
from import_cycles.simulate.survey import Executed
from import_cycles.syntax import quoted
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.pieces import PieceParser
from import_cycles.syntax.renumbering import renumbered
from import_cycles.syntax.scan import Scan
from import_cycles.syntax.silent_names import (
    SilentNames,
    may_ask_for,
    silent_names,
    summary_mentions,
    text_mentions,
)
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized, summarize

SMALL_KNOT: Final = 50
"""Of modules around open documents all that may be in a cycle with them are made exact at once, up to
so many; a summary costs some milliseconds."""


@entity
class InputDelta:
    """What one change did to the inputs of the graph."""

    summaries: int = 0
    """The number of texts that were summarized."""
    resolved: set[ModuleName] = field(default_factory=set)
    """Modules whose touches were computed anew."""
    rerouted: set[ModuleName] = field(default_factory=set)
    """Modules without touches whose code or imports may have changed."""
    requoted: set[ModuleName] = field(default_factory=set)
    """Modules whose texts in quotes may speak of other modules than before."""
    rescanned: set[ModuleName] = field(default_factory=set)
    """Modules without touches that were scanned."""
    changed_codes: set[tuple[ModuleName, int]] = field(default_factory=set)
    """Codes of known modules whose behaviour changed, and listings of folders that changed."""
    renumbered: dict[ModuleName, dict[int, int]] = field(default_factory=dict)
    """Of known modules with other imports than before: new import ids by the old ones."""
    reordered: set[ModuleName] = field(default_factory=set)
    """Modules with other imports, or other blocks of imports, than before."""
    moved: set[ModuleName] = field(default_factory=set)
    """Modules of which a site, or the path, changed."""
    makers: set[ModuleName] = field(default_factory=set)
    """Known modules that can now make modules findable without a file, or no longer can."""
    is_of_later: bool = False
    """As of the change."""
    has_new_surroundings: bool = False
    """As of the change."""
    reread: set[ModuleName] = field(default_factory=set)
    """Modules whose text parses now and did not, or does not parse in another way. First imports
    may end there, or no longer end there, even if the summary is equal."""
    dropped: set[ModuleName] = field(default_factory=set)
    """Modules that are gone, have another file now, or are no longer known."""
    modules_added: frozenset[ModuleName] = frozenset()
    modules_removed: frozenset[ModuleName] = frozenset()
    problems: set[SourcePath] = field(default_factory=set)
    """Paths whose problems changed."""

    @property
    def changes_code(self) -> bool:
        """Whether modules may have to be surveyed anew."""
        return bool(self.resolved or self.rerouted or self.changed_codes or self.reread)


@entity
class _Fresh:
    """The results of reading the new texts of one change."""

    summaries: dict[SourcePath, Summarized] = field(default_factory=dict)
    keys: dict[SourcePath, SummaryKey | None] = field(default_factory=dict)
    """Keys of the summaries that can be kept."""
    scans: dict[SourcePath, Scan] = field(default_factory=dict)
    left: frozenset[SourcePath] = frozenset()
    """Files that are not urgent, and were not read."""
    recalled: set[ModuleName] = field(default_factory=set)
    """Modules whose text does not parse, so that the earlier summary stays in use."""
    told: set[ModuleName] = field(default_factory=set)
    """Modules whose text alone gives their summary."""
    unsound: set[ModuleName] = field(default_factory=set)
    """Modules whose text had no mistake, and has one now, or is handed in."""


class Intake:
    """Summaries and resolutions of modules. Only the project writes to it.

    With a source of texts, only *exact* modules have a resolution: those that may be in a cycle
    (`analysis.suspects`), whose text was handed in, or that were asked for. Without one all have.
    """

    def __init__(
        self,
        source: TextSource | None = None,
        store: SummaryStore | None = None,
        may_have: MayHave | None = None,
        many: ManySummaries | None = None,
        *,
        reads_bodies: bool = False,
    ) -> None:
        self.may_have: MayHave = may_have or _has_nothing
        self.settings = Settings()
        self.layout: Layout = build_layout((), ())
        self.summaries = Summaries(source, store, many, reads_bodies=reads_bodies)
        self.problems: dict[SourcePath, tuple[Problem, ...]] = {}
        self.resolutions: dict[ModuleName, Resolution] = {}
        self.commented: set[ModuleName] = set()
        """Modules with suppression comments."""
        self._source = source
        self._parser = PieceParser()
        self._suspects = None if source is None else Suspects()
        self._exact: set[ModuleName] = set()
        self._dropped: set[ModuleName] = set()
        """Modules that were exact until their file was replaced by another one."""
        self._given: set[SourcePath] = set()
        """Files whose newest text was handed in, as that of an open document is."""
        self.left: frozenset[SourcePath] = frozenset()
        """Files that an urgent change left unread."""
        self.left_is_of_later = False
        """Whether that change came from an earlier process; see `Change`."""
        self._left_suspects: set[ModuleName] = set()
        """Modules that may be in cycles which an urgent change did not look for."""
        self._quoted: tuple[Layout, QuotedModules] | None = None
        self._computing: set[ModuleName] = set()
        """Modules with calls that compute what they import."""
        self._askers: Onlookers[str, ModuleName] = Onlookers()
        """Modules that asked which module a dotted name means."""
        self._consulters: Onlookers[ModuleName, ModuleName] = Onlookers()
        """Modules whose touches depend on the names of a package."""
        self._package_names = PackageNames()
        self._recalled: set[ModuleName] = set()
        """Modules whose text does not parse, and whose summary is that of an earlier text."""
        self._met: set[ModuleName] = set()
        """Those that something may have run since their text no longer parses."""
        self._unmet: frozenset[ModuleName] = frozenset()
        """Those that nothing had run before the change that is being taken."""
        self._sound: set[ModuleName] = set()
        """Modules without a summary whose text has no mistake."""

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process, which brings the other parts along: see `resume`.
        brought = ("may_have", "settings", "layout", "problems", "_source", "_quoted", "_given")
        state = {name: part for name, part in vars(self).items() if name not in brought}
        return Intake, (), state

    def resume(
        self,
        snapshot: Snapshot,
        source: TextSource,
        store: SummaryStore,
        keys: Mapping[ModuleName, SummaryKey],
        may_have: MayHave,
    ) -> None:
        """Go on from an earlier process."""
        self.settings, self.layout = snapshot.settings, snapshot.layout
        self.problems = dict(snapshot.problems)
        self._source, self.may_have = source, may_have
        self.summaries.resume(source, store, keys, snapshot.layout, snapshot.settings.target)

    def note_runs(self) -> None:
        """Something is about to run, which may meet modules whose text does not parse."""
        self._met |= self._recalled

    @property
    def recalled(self) -> AbstractSet[ModuleName]:
        """Modules whose summary says more than their present text does."""
        return self._recalled

    def known_at(self, paths: Iterable[SourcePath]) -> dict[ModuleName, Summarized]:
        """The summaries of the modules at these paths, as far as they were made."""
        modules = filter(None, map(self.layout.at_path, paths))
        known = {module.name: self.summaries.known(module.name) for module in modules}
        return {name: each for name, each in known.items() if each is not None}

    def is_exact(self, name: ModuleName) -> bool:
        """Whether the edges of a module are known; those of modules in cycles are."""
        return self._suspects is None or name in self._exact

    def take(
        self,
        change: Change,
        watch: Watch | None = None,
        earlier: Mapping[ModuleName, Summarized] = MappingProxyType({}),
    ) -> InputDelta:
        """Bring summaries and resolutions up to date.

        Codes and marks get the numbers that they have in summaries of `earlier` texts, or else in
        those of the last texts.
        A new target needs the texts of all files in the same change: texts are not kept.
        Raises ApplyCancelled before anything has changed.
        """
        taken = InputDelta(
            is_of_later=change.is_of_later, has_new_surroundings=change.has_new_surroundings
        )
        fresh = self._understood(change, watch)
        self._unmet = frozenset(self._recalled - self._met)
        self._recalled |= fresh.recalled
        self._recalled -= fresh.told
        self._met &= self._recalled
        self._sound -= fresh.unsound
        self._given.update(change.files)
        self._given -= change.unread
        unresolved: set[ModuleName] = set()
        affected: set[ModuleName] = set()
        if change.settings is not None:
            if change.settings.declared != self.settings.declared:
                taken.changed_codes.add(ENTRY_POINTS)
                taken.requoted.update(self._askers_for_entry_points())
                self._quoted = None
            self.settings = change.settings
            if self._suspects is not None:
                affected |= self._suspects.declare(self.settings.declared_modules)
            self.summaries.target = change.settings.target
        if change.layout is not None:
            difference = change.layout.difference(self.layout)
            unresolved |= self._take_layout(change.layout, difference, taken)
            if self._suspects is not None:
                affected |= self._suspects.affected_by(change.layout, difference)
                taken.rerouted.update(
                    name for name in affected if self.summaries.known(name) is not None
                )
            if difference.asked or difference.is_total:
                taken.rerouted |= self._computing
                taken.requoted.update(self._requoted_by(difference))
        for path, new in fresh.summaries.items():
            module = self.layout.at_path(path)
            if module is not None:
                taken.summaries += 1
                like = earlier.get(module.name) or self.summaries.known(module.name)
                key = fresh.keys.get(path)
                if like is not None:
                    alike = renumbered(like, new)
                    # What is kept by key is as a text alone gives it.
                    new, key = alike, key if alike is new else None
                unresolved |= self._take_summary(module, new, key, taken)
        for path, text in change.files.items():
            module = self.layout.at_path(path)
            if module is not None:
                if module.name not in self._exact:
                    # Its summary may be known, and equal, although its edges were never made.
                    unresolved.add(module.name)
                    self._exact.add(module.name)
                taken.summaries -= text is None
        unresolved.update(self._hanging_on_names(fresh, is_new_layout=change.layout is not None))
        if self._suspects is None:
            for name in unresolved:
                self._resolve(name, taken)
        else:
            self.left = (self.left - change.unread) | fresh.left
            self.left_is_of_later = change.is_of_later if fresh.left else self.left_is_of_later
            for name in fresh.unsound:
                self.summaries.make(name)
            self._suspect(fresh.scans, unresolved, affected, taken, change.files)
            if change.is_of_later and not self.left:
                self._unlearn(taken)
        return taken

    def take_all(self) -> InputDelta:
        """Make all modules exact."""
        return self.take_exactly(self.layout.modules())

    def take_exactly(self, names: Iterable[ModuleName]) -> InputDelta:
        """Make these modules exact, except those whose text is newer than the last change.

        Such a text may close a cycle that has not been looked for; the change for it is under way.
        """
        taken = InputDelta()
        if self._suspects is not None:
            new = set(names) - self._exact
            self._make_exact(new, taken)
            for name in new & self._exact:
                if not self._suspects.expects(name, self._touched(name)):
                    self._forget(name)
                    self.summaries.drop(name)
                    self._exact.remove(name)
                    taken.resolved.remove(name)
        return taken

    def needless(self) -> set[ModuleName]:
        """Exact modules that a project which started now would know by their scan alone.

        Earlier texts made them suspects, or an editor had them open. Modules whose text does not
        parse are not among them. Cost: all that exact modules may load.
        """
        if self._suspects is None or self.left:
            return set()
        kept = {file.name for file in map(self.layout.at_path, self._given) if file is not None}
        kept |= {file.name for file in map(self.layout.at_path, self.problems) if file is not None}
        names = self._exact - kept - self._recalled
        return names - self._suspects.still_suspected(names, self.layout)

    def forget_exactly(
        self, names: AbstractSet[ModuleName], looked_at: Callable[[ModuleName], bool]
    ) -> set[CodeKey]:
        """Know these modules by their scan alone again; they must be `needless`.

        A summary stays where it was `looked_at`: what rests on it has to learn when it changes.
        Returns the codes that are not known any more.
        """
        dropped: set[CodeKey] = set()
        for name in names:
            self._exact.discard(name)
            self._forget(name)
        with_problems = {file.name for file in map(self.layout.at_path, self.problems) if file}
        for name in self.summaries.loaded - self._exact - with_problems:
            if not (
                looked_at(name) or name in self._consulters or self._package_names.has_read(name)
            ):
                codes = self.summaries[name].summary.numbered()
                dropped.update((name, number) for number, _ in codes)
                self.summaries.drop(name)
                self._computing.discard(name)
                self.commented.discard(name)
        return dropped

    def rest(self) -> None:
        """Empty the caches that grow with the number of edits; they fill again on request."""
        if not self._given:
            self._parser = PieceParser()
        if self._suspects is not None:
            self._suspects.rest()

    def inexact_importers_of(
        self, module: ModuleName, *, typing: bool = False
    ) -> Iterable[ModuleName]:
        """Modules that may import another one, with `typing` be it for type checkers only."""
        if self._suspects is None:
            return ()
        importers = self._suspects.importers_of(module, self.layout, typing=typing)
        return [name for name in importers if name not in self._exact]

    def find_mistakes(self) -> None:
        """Have those texts summarized that are not yet, and that have a mistake. Cost: reading all others."""
        for name, file in self.layout.modules().items():
            if not (name in self._sound or self.summaries.has_made(name)):
                if file.kind is ModuleKind.SOURCE and self._is_sound(self._text(file.path)):
                    self._sound.add(name)
                else:
                    self.summaries.make(name)

    def _is_sound(self, text: str | None) -> bool:
        return text is not None and self.summaries.would_have_no_problem(text)

    def take_note(self, taken: InputDelta) -> None:
        """Record problems in texts that were summarized on request."""
        for name in self.summaries.late:
            file, summarized = self.layout.module(name), self.summaries.known(name)
            if file is not None and summarized is not None:
                self._note_problems(file.path, summarized, taken)
        self.summaries.late.clear()

    def _take_layout(
        self, layout: Layout, difference: Difference, taken: InputDelta
    ) -> set[ModuleName]:
        old, new = self.layout.modules(), layout.modules()
        self.layout = self.summaries.layout = layout
        changed = {name for name, file in new.items() if old.get(name) != file}
        removed = {name for name in old if name not in new}
        taken.modules_added = frozenset(
            name for name in changed if new[name].kind is not ModuleKind.NAMESPACE
        )
        taken.modules_removed = frozenset(
            name
            for name in changed | removed
            if name in old
            and old[name].kind is not ModuleKind.NAMESPACE
            and name not in taken.modules_added
        )
        for name in changed | removed:
            if name in old and (name in removed or new[name].path != old[name].path):
                self._drop(old[name], taken)
        taken.moved |= changed | removed
        # A package that was asked for an attribute may now have a module of that name, or no
        # longer.
        around = {parent(name) for name in changed | removed}
        taken.rerouted.update(name for name in around if name is not None and name in new)
        for name in changed | removed:
            for file in (old.get(name), new.get(name)):
                if file is not None:
                    taken.changed_codes.update(map(listing_of, folders_around(file)))
        if difference.is_total:
            return set(new)
        askers = {asker for dotted in difference.asked for asker in self._askers.of(dotted)}
        return (askers | difference.importers) & new.keys()

    def _drop(self, file: ModuleFile, taken: InputDelta) -> None:
        self.summaries.drop(file.name)
        self._package_names.drop(file.name)
        self.commented.discard(file.name)
        self._computing.discard(file.name)
        self._recalled.discard(file.name)
        self._sound.discard(file.name)
        if file.name in self._exact:
            self._exact.remove(file.name)
            self._dropped.add(file.name)
        if self.problems.pop(file.path, None):
            taken.problems.add(file.path)
        self._forget(file.name)
        taken.resolved.add(file.name)
        taken.dropped.add(file.name)

    def _requoted_by(self, difference: Difference) -> Iterator[ModuleName]:
        renamed = Renamed(difference.asked)
        for name in self.resolutions:
            file, summarized = self.layout.module(name), self.summaries.known(name)
            if file is not None and summarized is not None:
                told = summarized.summary
                texts = (*told.quoted, *told.taken, *told.chains)
                if texts and (difference.is_total or renamed.concerns(file, texts)):
                    yield name

    def _askers_for_entry_points(self) -> Iterator[ModuleName]:
        for name in self.resolutions:
            summarized = self.summaries.known(name)
            if summarized is not None and quoted.ENTRY_POINTS in summarized.summary.quoted:
                yield name

    # --- texts -------------------------------------------------------------------------------

    def _understood(self, change: Change, watch: Watch | None) -> _Fresh:
        layout = change.layout or self.layout
        target = (change.settings or self.settings).target
        fresh = _Fresh()
        unread = change.unread - change.files.keys()
        total = len(change.files) + len(unread)
        paths: Iterable[SourcePath] = (*change.files, *sorted(unread))
        if change.is_urgent:
            paths = self._nearby(change.files, unread, layout, fresh)
        for done, path in enumerate(paths):
            if watch is not None:
                if watch.is_cancelled():
                    raise ApplyCancelled
                watch.advance(done, total)
            module = layout.at_path(path)
            if module is None:
                continue
            is_given = path in change.files
            text = change.files[path] if is_given else self._text(path)
            if self._suspects is not None:
                scan = self._suspects.scanner.scan
                fresh.scans[path] = (
                    _UNSEEN if text is None else scan(text, type_checking=target.type_checking)
                )
            if module.name in self._sound and (is_given or not self._is_sound(text)):
                fresh.unsound.add(module.name)
            known = self._last_good(module)
            if is_given or known is not None:
                was_good = known is not None and (known.exact or module.name in self._recalled)
                last_good = known if was_good and not change.is_of_later else None
                new = NOTHING
                if text is not None and is_given:
                    # A file that a change gives a second time is being edited.
                    parser = None if known is None else self._parser
                    new = summarize(text, target, last_good, parser)
                elif text is not None:
                    new, fresh.keys[path] = self.summaries.of_text(text, target, last_good)
                fresh.summaries[path] = new
                is_recalled = last_good is not None and not new.exact
                (fresh.recalled if is_recalled else fresh.told).add(module.name)
        if watch is not None and not fresh.left:
            watch.advance(total, total)
        return fresh

    def _nearby(
        self,
        files: Iterable[SourcePath],
        unread: AbstractSet[SourcePath],
        layout: Layout,
        fresh: _Fresh,
    ) -> Iterator[SourcePath]:
        """The files and what they may load, each once; iterating scans them.

        Of other files, indented imports are left for later where their summary is: see
        `Suspects.outer_knots_of`, which follows no more.
        """
        todo = list(files)
        given = set(todo)
        left = set(unread)
        while todo:
            path = todo.pop()
            left.discard(path)
            yield path
            module, scan = layout.at_path(path), fresh.scans.get(path)
            if module is None or scan is None or self._suspects is None:
                continue
            is_read = path in given or scan.needs_summary
            followed = scan if is_read else scan.outer
            for name in sorted(self._suspects.targets_of(layout, module, followed)):
                file = layout.module(name)
                if file is not None and file.path in left:
                    left.remove(file.path)
                    todo.append(file.path)
        fresh.left = frozenset(left)

    def _text(self, path: SourcePath) -> str | None:
        return None if self._source is None else self._source(path)

    def _last_good(self, module: ModuleFile) -> Summarized | None:
        known = self.layout.module(module.name)
        if known is None or known.path != module.path:
            return None
        return self.summaries.known(module.name)

    def _hanging_on_names(self, fresh: _Fresh, *, is_new_layout: bool) -> Iterator[ModuleName]:
        """Modules whose touches hang on names of packages that now bind other ones."""
        read = {file.name for path in fresh.summaries if (file := self.layout.at_path(path))}
        for package in self._package_names.changed(
            read, self.layout, self._summary, is_new_layout=is_new_layout
        ):
            yield from self._consulters.of(package)

    def _take_summary(
        self, module: ModuleFile, new: Summarized, key: SummaryKey | None, taken: InputDelta
    ) -> set[ModuleName]:
        name = module.name
        old = self.summaries.known(name)
        self.summaries.put(name, new, key)
        self._note_kind(name, new.summary)
        self._note_problems(module.path, new, taken)
        if old is None or _moved(old, new):
            taken.moved.add(name)
        if old is None:
            taken.reordered.add(name)
            return {name, *self._consulters.of(name)}
        # While the user types, the earlier summary stays in use, as far as nothing else changes.
        reads_alike = (old.exact, old.problems) == (new.exact, new.problems)
        if not (reads_alike or name in self._recalled or name in self._unmet):
            taken.reread.add(name)
        unresolved: set[ModuleName] = set()
        before, after = old.summary, new.summary
        changed = set(_changed_codes(before, after))
        if 0 in changed and self._is_unnoticed(name, before, after):
            changed.remove(0)
            taken.changed_codes.add(namespace_of(name))
        taken.changed_codes.update((name, number) for number in changed)
        if _bound_names(before) != _bound_names(after):
            taken.changed_codes.add(bound_names_of(name))
        if _makes(old) != _makes(new):
            taken.makers.add(name)
        if before.hints != after.hints:
            taken.changed_codes.add(hints_of(name))
        if before.imports != after.imports:
            taken.renumbered[name] = _renumbered(before, after)
            taken.makers.add(name)
        if before.imports != after.imports or before.blocks != after.blocks:
            taken.reordered.add(name)
        if before.imports != after.imports or before.suppressions != after.suppressions:
            unresolved.add(name)
        if before.all_names != after.all_names:
            unresolved.update(self._consulters.of(name))
        texts = before.quoted, before.taken, before.chains
        if texts != (after.quoted, after.taken, after.chains):
            taken.requoted.add(name)
        return unresolved

    def _is_unnoticed(self, name: ModuleName, before: ModuleSummary, after: ModuleSummary) -> bool:
        """Whether the own code of a module differs in names alone that nothing speaks of.

        Cost, where it does: a search of all texts that are summarized.
        """
        silent = silent_names(before, after)
        if silent is None or silent.are_mentioned_beside:
            return False
        if any(text_mentions(target, silent.names) for *_, target in self.settings.declared):
            return False
        # To ask may fetch a summary that an earlier process kept.
        others = [each for each in self.summaries if each != name]
        return not any(self._speaks_of(silent, each) for each in others)

    def _speaks_of(self, silent: SilentNames, module: ModuleName) -> bool:
        file = self.layout.module(module)
        text = None if file is None or module in self._recalled else self._text(file.path)
        if text is not None and not text_mentions(text, silent.names):
            return False
        known = self.summaries.known(module)
        if known is None:
            return text is not None
        if silent.are_inert and known.exact:
            return may_ask_for(known.summary, silent.names)
        return text is not None or summary_mentions(known.summary, silent.names)

    # --- suspicion ---------------------------------------------------------------------------

    def _suspect(
        self,
        scans: Mapping[SourcePath, Scan],
        unresolved: set[ModuleName],
        affected: set[ModuleName],
        taken: InputDelta,
        waited_for: Iterable[SourcePath],
    ) -> None:
        assert self._suspects is not None
        named: dict[ModuleName, Scan] = {}
        for path, scan in scans.items():
            module = self.layout.at_path(path)
            if module is not None:
                named[module.name] = scan
        obscure = {name for name, scan in named.items() if scan.needs_summary}
        taken.rerouted |= unresolved - self._exact
        if self.left:
            self._left_suspects |= obscure
            obscure = set()
        else:
            obscure |= self._left_suspects
        self._make_exact(obscure | self._dropped, taken)
        self._dropped.clear()
        for name in unresolved & self._exact:
            self._resolve(name, taken)
        affected |= unresolved & self._exact
        suspected = self._suspects.update(self.layout, named, affected, self._touched)
        if self.left:
            self._left_suspects |= suspected
            modules = (self.layout.at_path(path) for path in waited_for)
            names = [module.name for module in modules if module]
            self._make_near_exact(names, self._left_suspects, taken)
        else:
            suspected |= self._left_suspects
            self._left_suspects = set()
            self._make_exact(suspected, taken)
        taken.rescanned = (named.keys() | affected) - self._exact

    def _make_near_exact(
        self, names: Sequence[ModuleName], suspected: AbstractSet[ModuleName], taken: InputDelta
    ) -> None:
        """Make those suspects exact that tell which imports of some modules close cycles.

        In a small knot around them all; in a large one those on the shortest ways round.
        """
        assert self._suspects is not None
        ways = self._suspects.outer_ways(names, self.layout, self._loaded)
        near = ways.knots()
        if len(near) <= SMALL_KNOT:
            self._make_exact(near & suspected, taken)
            return
        for name in self._exact:
            ways.learn(name, self._loaded(name))
        while new := (ways.shortest() & suspected) - self._exact:
            self._make_exact(new, taken)
            for name in new:
                ways.learn(name, self._loaded(name))

    def _unlearn(self, taken: InputDelta) -> None:
        """Forget modules whose text does not parse and that only earlier texts made suspects.

        Texts that were handed in stay known, also those that came while the rest was still unread.

        So a start from the cache reports the same syntax errors as any start. If another module
        still loads such a module, it is summarized again, and its errors are reported again.
        """
        assert self._suspects is not None
        files = {self.layout.at_path(path) for path in self.problems.keys() - self._given}
        known = {file.name: file for file in files if file is not None}
        for name in known.keys() - self._suspects.still_suspected(known, self.layout):
            self._exact.discard(name)
            self.summaries.drop(name)
            self.problems.pop(known[name].path)
            taken.problems.add(known[name].path)
            taken.changed_codes.add((name, 0))
            self._forget(name)
            taken.resolved.add(name)
            taken.dropped.add(name)

    def _make_exact(self, names: set[ModuleName], taken: InputDelta) -> None:
        new = sorted(names - self._exact)
        with self.summaries.made_ahead(new):
            for name in new:
                file = self.layout.module(name)
                if file is None:
                    continue
                self._exact.add(name)
                is_known = self.summaries.known(name) is not None
                summarized = self.summaries.get(name)
                if summarized is None:
                    continue
                taken.summaries += not is_known
                self._note_kind(name, summarized.summary)
                self._resolve(name, taken)
        self.take_note(taken)

    def _note_kind(self, name: ModuleName, summary: ModuleSummary) -> None:
        (self.commented.add if summary.suppressions else self.commented.discard)(name)
        computes = any(each.is_computed for each in summary.imports)
        (self._computing.add if computes else self._computing.discard)(name)

    def suspect_computed(
        self, found: Mapping[ModuleName, frozenset[ModuleName]], taken: InputDelta
    ) -> set[ModuleName]:
        """Make the modules exact that may be in a cycle by what computed names led to, by importer.

        Returns the modules that were not exact before.
        """
        if self._suspects is None:
            return set()
        suspected = self._suspects.note_computed(found, self.layout, self._touched) - self._exact
        self._make_exact(suspected, taken)
        return suspected & self._exact

    def _loaded(self, name: ModuleName) -> Iterable[ModuleName]:
        return {touch.module for touch in self._touches(name) if touch.when is When.RUNTIME}

    def _touched(self, name: ModuleName) -> Iterable[ModuleName]:
        return {touch.module for touch in self._touches(name) if touch.when is not When.TYPING}

    def _note_problems(self, path: SourcePath, new: Summarized, taken: InputDelta) -> None:
        problems = tuple(
            Problem(path, f"{_SYNTAX_ERROR if each.is_wrong else ''}{each.message}", each.line)
            for each in new.problems
        )
        if problems != self.problems.get(path, ()):
            taken.problems.add(path)
            self.problems.pop(path, None)
            if problems:
                self.problems[path] = problems

    def _resolve(self, name: ModuleName, taken: InputDelta) -> None:
        file = self.layout.module(name)
        summarized = self.summaries.get(name)
        self._forget(name)
        taken.resolved.add(name)
        if file is None or summarized is None:
            return
        resolution = resolve(file, summarized.summary, self.layout, self._names_of, accepting())
        self.resolutions[name] = resolution
        self._askers.add(name, resolution.asked)
        if resolution.consulted:
            self._consulters.add(name, resolution.consulted)

    def _forget(self, name: ModuleName) -> None:
        old = self.resolutions.pop(name, None)
        if old is not None:
            self._askers.discard(name, old.asked)
            self._consulters.discard(name, old.consulted)

    @property
    def _names_of(self) -> NamesOf:
        return NamesOf(self._all_names, self._rebound)

    def _rebound(self, package: ModuleFile) -> frozenset[str]:
        return self._package_names.of(package, self.layout, self._summary)

    def _summary(self, name: ModuleName) -> ModuleSummary | None:
        summarized = self.summaries.get(name)
        return None if summarized is None else summarized.summary

    def _all_names(self, name: ModuleName) -> tuple[str, ...] | None:
        summary = self._summary(name)
        return None if summary is None else summary.all_names

    def edges(self, importer: ModuleName, executed: Iterable[Executed]) -> Iterable[ImportEdge]:
        """The edges of a module: its own statements, and what it imports by calls.

        `executed` is the survey's answer about those calls.
        """
        early = {(each.holder, each.import_id) for each in executed if not each.computed}
        for touch in self._touches(importer):
            if (importer, touch.import_id) not in early or touch.when is not When.DEFERRED:
                yield ImportEdge(
                    importer, touch.module, importer, touch.site, touch.when, touch.flags
                )
        for each in executed:
            for touch in self._executed_touches(each):
                edge = _called_edge(importer, each, touch)
                if edge is not None:
                    yield edge

    def _executed_touches(self, executed: Executed) -> Iterable[Touch]:
        """What one import touches that a module executes by a call, and not by itself."""
        if not executed.computed:
            return [
                touch
                for touch in self._touches(executed.holder)
                if touch.import_id == executed.import_id and touch.when is When.DEFERRED
            ]
        file, summarized = self.layout.module(executed.holder), self.summaries.get(executed.holder)
        if file is None or summarized is None:
            return ()
        return resolve_computed(
            file,
            summarized.summary,
            self.layout,
            executed.import_id,
            executed.computed,
            accepting(),
        )

    def has_hook(self, name: ModuleName) -> bool:
        """Whether a module has a `__getattr__`, which other modules run while they load (PEP 562)."""
        summarized = self.summaries.known(name)
        return summarized is not None and summarized.summary.binds("__getattr__")

    def leads(self, name: ModuleName) -> frozenset[ModuleName]:
        """The modules that a module may load by computed names, going by its text."""
        file, summarized = self.layout.module(name), self.summaries.known(name)
        if file is None or summarized is None or name not in self.resolutions:
            return frozenset()
        return frozenset(self._quoted_modules.modules(file, summarized.summary.quoted))

    @property
    def _quoted_modules(self) -> QuotedModules:
        if self._quoted is None or self._quoted[0] is not self.layout:
            entry_points = self.settings.declared_modules
            self._quoted = (self.layout, QuotedModules(self.layout, entry_points))
        return self._quoted[1]

    def asked_by_attribute(self, name: ModuleName) -> frozenset[ModuleName]:
        """The modules that a module may ask for something although none of its imports leads there.

        After `import p.a.b`, names of `p` and `p.a` are attributes of packages that may be around
        it, and `p.c` is an attribute of `p` once the module of that name has loaded. Code can also
        take a module out of `sys.modules` and ask it, without any import.
        """
        summarized, resolution = self.summaries.known(name), self.resolutions.get(name)
        file = self.layout.module(name)
        if file is None or summarized is None or resolution is None:
            return frozenset()
        summary = summarized.summary
        around = {dotted_name(each): each for each in ancestors(name) if self._is_loaded(each)}
        found: set[ModuleName] = set()
        for each in summary.imports if around else ():
            if each.names is None and each.bound_as is None and each.when is not When.TYPING:
                found.update(around[part] for part in prefixes(each.module) if part in around)
        if summary.chains:
            found |= self._quoted_modules.chained(file, summary.chains)
        if summary.taken:
            found |= self._quoted_modules.taken(file, summary.taken, summary.quoted)
        return frozenset(found)

    def _is_loaded(self, name: ModuleName) -> bool:
        file = self.layout.module(name)
        return file is not None and file.kind is ModuleKind.SOURCE

    def own_touches(self, name: ModuleName) -> Iterable[Touch]:
        """What a module's statements touch; worked out now for modules that are not exact."""
        if name in self.resolutions:
            return self._touches(name)
        file, summarized = self.layout.module(name), self.summaries.get(name)
        if file is None or summarized is None:
            return ()
        return resolve(file, summarized.summary, self.layout, self._names_of, accepting()).touches

    def _touches(self, holder: ModuleName) -> Iterable[Touch]:
        resolution = self.resolutions.get(holder)
        return () if resolution is None else resolution.touches


def _called_edge(importer: ModuleName, executed: Executed, touch: Touch) -> ImportEdge | None:
    """The edge of what a call of `importer` makes a statement touch."""
    is_around = touch.module == importer or is_ancestor(touch.module, importer)
    if touch.when is When.TYPING or (is_around and ImportFlag.IMPLIED in touch.flags):
        # An import that passes through a package that is loading, or has loaded.
        return None
    flags = touch.flags
    if touch.when is When.DEFERRED:
        flags |= ImportFlag.CALLED
    if executed.is_conditional:
        flags |= ImportFlag.CONDITIONAL
    holder = executed.holder
    if touch.module == importer != holder:
        # It calls back into itself: the way round leads through the called module.
        importer, flags = holder, flags | ImportFlag.BACK
    return ImportEdge(importer, touch.module, holder, touch.site, When.RUNTIME, flags)


def _makes(summarized: Summarized) -> object:
    """What, beside imports, decides whether modules may be found that have no file."""
    summary = summarized.summary
    names = summary.codes[0].local_names
    return summarized.exact, summary.makes_modules, "__path__" in names, "__getattr__" in names


def _moved(old: Summarized, new: Summarized) -> bool:
    return (old.sites, old.marks, old.wide_lines) != (new.sites, new.marks, new.wide_lines)


def _renumbered(before: ModuleSummary, after: ModuleSummary) -> dict[int, int]:
    """The ids that imports have now, by those that the same imports had before."""
    places: dict[object, list[int]] = {}
    for import_id, record in enumerate(after.imports):
        places.setdefault(_spelled(record), []).append(import_id)
    found: dict[int, int] = {}
    for import_id, record in enumerate(before.imports):
        same = places.get(_spelled(record))
        if same:
            found[import_id] = same.pop(0)
    return found


def _spelled(record: ImportRecord) -> object:
    names = None
    if record.names is not None:
        names = tuple((name.name, name.bound_as) for name in record.names)
    return record.module, record.level, names, record.bound_as, record.when


def _changed_codes(before: ModuleSummary, after: ModuleSummary) -> Iterable[int]:
    """The codes that differ; of codes that have not run, also some that may be equal.

    Which functions declare which names `global` counts to the module's own code: it decides what
    those names stand for.
    """
    if _declared(before) != _declared(after):
        yield 0
    codes = dict(after.numbered())
    for number, old in before.numbered():
        new = codes.pop(number, None)
        if new is None or (not old.is_surely(new) and (not old.is_lowered or old != new)):
            yield number
    yield from codes


def _bound_names(summary: ModuleSummary) -> object:
    """What decides whether the text of a module binds a name."""
    stars = [each for each in summary.imports if ImportFlag.STAR in each.flags]
    return summary.codes[0].local_names, {*_declared_names(summary)}, stars


def _declared_names(summary: ModuleSummary) -> Iterator[str]:
    for _, names in _declared(summary):
        yield from names


def _declared(summary: ModuleSummary) -> list[tuple[int, frozenset[str]]]:
    return [(number, code.global_names) for number, code in summary.numbered() if code.global_names]


def _has_nothing(folder: SourcePath, name: str) -> bool:
    del folder, name
    return False


_SYNTAX_ERROR = "syntax error: "
_UNSEEN = Scan()
"""Of a file whose text is not available."""
