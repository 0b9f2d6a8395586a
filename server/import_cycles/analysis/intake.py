"""Texts and the layout turned into edges: the first half of the way of a change.

Each step stops the journey when its result equals the old one: an equal summary keeps the
touches, equal touches keep the edges. Looked-up names are remembered with their askers, so that
a new file wakes just the modules that asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.analysis.change import ApplyCancelled, Change, Problem, Settings, Watch
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import entity, field
from import_cycles.graph.edges import ImportEdge
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind, build_layout
from import_cycles.resolve.targets import Resolution, Touch, resolve
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized, summarize


@entity
class Taken:
    """What one change did to the inputs of the graph."""

    summaries: int = 0
    """The number of texts that were summarized."""
    resolved: set[ModuleName] = field(default_factory=set)
    """Modules whose touches were computed anew."""
    changed_codes: set[tuple[ModuleName, int]] = field(default_factory=set)
    """Codes of known modules that do something else now."""
    moved: set[ModuleName] = field(default_factory=set)
    """Modules of which a site, or the path, changed."""
    modules_added: frozenset[ModuleName] = frozenset()
    modules_removed: frozenset[ModuleName] = frozenset()
    problems: set[SourcePath] = field(default_factory=set)
    """Paths whose problems changed."""


class Intake:
    """Summaries and resolutions of all modules. Only the project writes to it."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.layout: Layout = build_layout((), ())
        self.summaries: dict[ModuleName, Summarized] = {}
        self.problems: dict[SourcePath, tuple[Problem, ...]] = {}
        self.resolutions: dict[ModuleName, Resolution] = {}
        self.commented: set[ModuleName] = set()
        """Modules with suppression comments."""
        self._askers: dict[str, set[ModuleName]] = {}
        self._starrers: dict[ModuleName, set[ModuleName]] = {}

    def take(self, change: Change, watch: Watch | None = None) -> Taken:
        """Bring summaries and resolutions up to date.

        A new target needs the texts of all files in the same change: texts are not kept.
        Raises ApplyCancelled before anything has changed.
        """
        taken = Taken()
        fresh = self._summarized(change, watch)
        unresolved: set[ModuleName] = set()
        if change.settings is not None:
            self.settings = change.settings
        if change.layout is not None:
            unresolved |= self._take_layout(change.layout, taken)
        for path, new in fresh.items():
            module = self.layout.at_path(path)
            if module is not None:
                taken.summaries += change.files[path] is not None
                unresolved |= self._take_summary(module, new, taken)
        for name in unresolved:
            self._resolve(name, taken)
        return taken

    def _take_layout(self, layout: Layout, taken: Taken) -> set[ModuleName]:
        old, new = self.layout.modules(), layout.modules()
        difference = layout.difference(self.layout)
        self.layout = layout
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
        if difference.is_total:
            return set(new)
        askers = {asker for dotted in difference.asked for asker in self._askers.get(dotted, ())}
        return (askers | difference.importers) & new.keys()

    def _drop(self, file: ModuleFile, taken: Taken) -> None:
        self.summaries.pop(file.name, None)
        self.commented.discard(file.name)
        if self.problems.pop(file.path, None):
            taken.problems.add(file.path)
        self._forget(file.name)
        taken.resolved.add(file.name)

    def _summarized(self, change: Change, watch: Watch | None) -> dict[SourcePath, Summarized]:
        layout = change.layout or self.layout
        target = (change.settings or self.settings).target
        fresh: dict[SourcePath, Summarized] = {}
        for done, (path, text) in enumerate(change.files.items()):
            if watch is not None:
                if watch.is_cancelled():
                    raise ApplyCancelled
                watch.advance(done, len(change.files))
            module = layout.at_path(path)
            if module is None:
                continue
            if text is None:
                fresh[path] = Summarized(_EMPTY.summary)
            else:
                fresh[path] = summarize(text, target, self._last_good(module))
        if watch is not None:
            watch.advance(len(change.files), len(change.files))
        return fresh

    def _last_good(self, module: ModuleFile) -> Summarized | None:
        known = self.layout.module(module.name)
        if known is None or known.path != module.path:
            return None
        return self.summaries.get(module.name)

    def _take_summary(self, module: ModuleFile, new: Summarized, taken: Taken) -> set[ModuleName]:
        name = module.name
        old = self.summaries.get(name)
        self.summaries[name] = new
        (self.commented.add if new.summary.suppressions else self.commented.discard)(name)
        self._note_problems(module.path, new, taken)
        if old is None or _moved(old, new):
            taken.moved.add(name)
        if old is None:
            return {name, *self._starrers.get(name, ())}
        unresolved: set[ModuleName] = set()
        before, after = old.summary, new.summary
        taken.changed_codes.update((name, number) for number in _changed_codes(before, after))
        if before.imports != after.imports or before.suppressions != after.suppressions:
            unresolved.add(name)
        if before.all_names != after.all_names:
            unresolved |= self._starrers.get(name, set())
        return unresolved

    def _note_problems(self, path: SourcePath, new: Summarized, taken: Taken) -> None:
        problems = tuple(
            Problem(path, f"syntax error: {problem.message}", problem.line)
            for problem in new.problems
        )
        if problems != self.problems.get(path, ()):
            taken.problems.add(path)
            self.problems.pop(path, None)
            if problems:
                self.problems[path] = problems

    def _resolve(self, name: ModuleName, taken: Taken) -> None:
        file = self.layout.module(name)
        summarized = self.summaries.get(name)
        self._forget(name)
        taken.resolved.add(name)
        if file is None or summarized is None:
            return
        resolution = resolve(file, summarized.summary, self.layout, self._all_names)
        self.resolutions[name] = resolution
        for dotted in resolution.asked:
            self._askers.setdefault(dotted, set()).add(name)
        for package in resolution.starred:
            self._starrers.setdefault(package, set()).add(name)

    def _forget(self, name: ModuleName) -> None:
        old = self.resolutions.pop(name, None)
        if old is None:
            return
        for dotted in old.asked:
            self._askers[dotted].discard(name)
        for package in old.starred:
            self._starrers[package].discard(name)

    def _all_names(self, name: ModuleName) -> tuple[str, ...] | None:
        summarized = self.summaries.get(name)
        return None if summarized is None else summarized.summary.all_names

    def edges(
        self, importer: ModuleName, executed: Iterable[tuple[ModuleName, int, bool]]
    ) -> Iterable[ImportEdge]:
        """The edges of a module: its own statements, and those in functions that it calls.

        `executed` is what its survey says runs in functions: holder, import id, is conditional.
        """
        early: dict[ModuleName, dict[int, bool]] = {}
        for holder, import_id, is_conditional in executed:
            early.setdefault(holder, {})[import_id] = is_conditional
        own_early = early.get(importer, {})
        for touch in self._touches(importer):
            if touch.import_id not in own_early or touch.when is not When.DEFERRED:
                yield ImportEdge(
                    importer, touch.module, importer, touch.site, touch.when, touch.flags
                )
        for holder, imports in early.items():
            for touch in self._touches(holder):
                if touch.import_id not in imports or touch.when is not When.DEFERRED:
                    continue
                flags = touch.flags | ImportFlag.CALLED
                if imports[touch.import_id]:
                    flags |= ImportFlag.CONDITIONAL
                yield ImportEdge(importer, touch.module, holder, touch.site, When.RUNTIME, flags)

    def _touches(self, holder: ModuleName) -> Iterable[Touch]:
        resolution = self.resolutions.get(holder)
        return () if resolution is None else resolution.touches


def _moved(old: Summarized, new: Summarized) -> bool:
    return (old.sites, old.marks, old.wide_lines) != (new.sites, new.marks, new.wide_lines)


def _changed_codes(before: ModuleSummary, after: ModuleSummary) -> Iterable[int]:
    for number in range(max(len(before.codes), len(after.codes))):
        if before.codes[number : number + 1] != after.codes[number : number + 1]:
            yield number


_EMPTY = summarize("", Settings().target)
