"""Keeps the surveys of all modules: imports inside functions that run while modules load.

A survey is stale when a code that it looked at has changed, or an import of a module that it looked
at leads elsewhere now. Typing in a function that is not called while loading makes no survey stale.
Until a stale survey is made anew, its result stays in use, as far as the imports in it still exist.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from import_cycles.base.names import ModuleName
from import_cycles.base.onlookers import CodeOnlookers
from import_cycles.base.record import replace
from import_cycles.simulate.outcome import CodeKey, what_modules_hold
from import_cycles.simulate.survey import Executed, Survey, SurveyMemo, survey
from import_cycles.simulate.world import World

_NOTHING = Survey()


class Surveys:
    """Surveys by module. Only the project writes to it."""

    def __init__(self) -> None:
        self._surveys: dict[ModuleName, Survey] = {}
        self._onlookers: CodeOnlookers[ModuleName] = CodeOnlookers()
        self._memo = SurveyMemo()
        self._computing_changed: set[ModuleName] = set()

    def __reduce__(self) -> tuple[object, ...]:
        # For a later process: without the caches.
        return Surveys, (), {"_surveys": self._surveys, "_onlookers": self._onlookers}

    def executed(self, module: ModuleName) -> tuple[Executed, ...]:
        """The imports that loading a module executes through the functions that it calls."""
        return self._surveys.get(module, _NOTHING).executed

    def computes(self, module: ModuleName) -> bool:
        """Whether texts in a module may give names of modules that no survey can tell.

        The module imports by such names while it loads, or another module does and runs a function
        of it.
        """
        if self._surveys.get(module, _NOTHING).computes:
            return True
        return any(
            self._surveys.get(onlooker, _NOTHING).computes
            for code, onlookers in self._onlookers.of_module(module)
            if code > 0
            for onlooker in onlookers
        )

    def computing_changed(self) -> set[ModuleName]:
        """The modules for which the answer of `computes` may have changed since the last call."""
        changed, self._computing_changed = self._computing_changed, set()
        return changed

    def loaders(self, module: ModuleName, code: int) -> frozenset[ModuleName]:
        """The modules that, while they load, are known to run this code of `module`."""
        return frozenset(self._onlookers.of(module, code))

    def has_looked_at(self, module: ModuleName) -> bool:
        """Whether a survey rests on the code of a module."""
        return module in self._onlookers

    def note(
        self, world: World, resolved: Iterable[ModuleName], changed_codes: Iterable[CodeKey]
    ) -> set[ModuleName]:
        """Record changes; returns the modules whose surveys become stale."""
        resolved, changed_codes = tuple(resolved), tuple(changed_codes)
        self._memo.drop(world, what_modules_hold(changed_codes), resolved)
        return self._onlookers.of_any(changed_codes, resolved).union(resolved)

    def forget(self, modules: Iterable[ModuleName]) -> None:
        """Drop the surveys of modules that are gone."""
        for module in modules:
            old = self._surveys.get(module)
            if old is not None:
                self._replace(module, old, _NOTHING)
                if old.computes:
                    self._computing_changed.update(_computing(module, old))

    def forget_codes(self, world: World, codes: Iterable[CodeKey]) -> None:
        """Forget what saves time and rests on codes of which no change will be told any more."""
        self._memo.drop(world, codes, ())

    def renumber(
        self,
        onlookers: Iterable[ModuleName],
        resolved: Container[ModuleName],
        renumbered: Mapping[ModuleName, Mapping[int, int]],
    ) -> set[ModuleName]:
        """Rewrite the surveys with the new numbers of imports; returns the modules whose edges
        become stale.

        `renumbered` has the new numbers by the old ones, of modules with other imports than before.
        """
        edges_stale: set[ModuleName] = set()
        for module in onlookers:
            known = self._surveys.get(module)
            if known is None or not any(each.holder in resolved for each in known.executed):
                continue
            edges_stale.add(module)
            executed = tuple(
                replace(each, import_id=renumbered[each.holder][each.import_id])
                if each.holder in renumbered
                else each
                for each in known.executed
                if each.import_id in renumbered.get(each.holder, (each.import_id,))
            )
            self._surveys[module] = replace(known, executed=executed)
        return edges_stale

    def renew(self, world: World, modules: Iterable[ModuleName]) -> set[ModuleName]:
        """Make surveys anew; returns the modules whose edges must be made anew.

        In the order of their names: what a call does is worked out once for all, and where a budget
        ends, that depends on which survey asked first.
        """
        edges_stale: set[ModuleName] = set()
        for module in sorted(modules):
            old = self._surveys.get(module, _NOTHING)
            new = survey(world, module, self._memo)
            self._replace(module, old, new)
            if old.computes or new.computes:
                self._computing_changed.update(_computing(module, old), _computing(module, new))
            if old.executed or new.executed or old.computes != new.computes:
                # Also when both are equal: the holder's imports may lead elsewhere now.
                edges_stale.add(module)
        return edges_stale

    def _replace(self, module: ModuleName, old: Survey, new: Survey) -> None:
        self._onlookers.discard(module, old.looked_at - new.looked_at)
        self._onlookers.add(module, new.looked_at - old.looked_at)
        if new == _NOTHING:
            self._surveys.pop(module, None)
        else:
            self._surveys[module] = new


def _computing(module: ModuleName, made: Survey) -> Iterator[ModuleName]:
    """The surveyed module, and the modules whose functions its survey runs."""
    yield module
    for name, code in made.looked_at:
        if code > 0:
            yield name
