"""Values that the program can still reach, in ways that are not known.

What is read by an unknown key, what one of two ways has bound, what a library gives back: the value
is unknown, but it is one of those that the program has. So an operation on an unknown value may run
any function, and any method of a class or object, among them.
"""

from __future__ import annotations

from import_cycles.simulate.exposure import n_containers
from import_cycles.simulate.journal import Journal
from import_cycles.simulate.marks import STATUS
from import_cycles.simulate.values import (
    Class,
    Function,
    Instance,
    Module,
    Status,
    Suspended,
    Value,
)


class LostValues:
    """Functions, generators, classes and objects that have been lost in a run, in order."""

    __slots__ = ("_by_module", "_done", "_growing", "_journal", "values")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.values: list[Value] = []
        """A log of the run: what is added is taken from its end when the run ends."""
        self._done: list[tuple[int, int]] = []
        """How many have been `due`, each with the alternative of the journal in which they were."""
        self._by_module: dict[Module, list[int]] = {}
        """Where the values of each module are that have been due."""
        self._growing: dict[Module, tuple[int, int, int]] = {}
        """The modules among these that are still loading: how many names each had when its values were
        due, how many of them for containers, and in which alternative that was."""

    def add(self, value: Value) -> None:
        """Add a value, unless the present load has lost it before."""
        if not self._journal.is_noted(("lost", id(value), self._journal.since)):
            self.values.append(value)

    def due(self) -> list[Value]:
        """Those of which the caller now opens what they may change.

        Each counts once, and again when its module, which is still loading, has got further containers.
        Cost: the loading modules of lost values, and the values that are new.
        """
        first = self._n_done()
        due = self.values[first:]
        for position, value in enumerate(due, first):
            module = _module_of(value)
            if module is not None:
                self._by_module.setdefault(module, []).append(position)
                self._growing.setdefault(module, (-1, -1, 0))
        if due:
            self._done.append((len(self.values), self._journal.alternative))
        if self._growing:
            due += [self.values[each] for each in self._grown() if each < first]
        return due

    def _n_done(self) -> int:
        """How many values have been due, in alternatives that hold."""
        done, n_values = self._done, len(self.values)
        n_before = done[-1][0] if done else 0
        while done and (done[-1][0] > n_values or not self._journal.holds(done[-1][1])):
            done.pop()
        n_done = done[-1][0] if done else 0
        if n_done < n_before:
            self._by_module = {
                module: kept
                for module, positions in self._by_module.items()
                if (kept := [each for each in positions if each < n_done])
            }
            self._growing = {
                module: known
                for module, known in self._growing.items()
                if module in self._by_module
            }
        return n_done

    def _grown(self) -> list[int]:
        """Where the values of modules are that have got further containers."""
        journal, found = self._journal, []
        for module, (n_before, n_containers_before, alternative) in list(self._growing.items()):
            n_names = dict.__len__(module.names)
            if n_names != n_before or not journal.holds(alternative):
                now = n_containers(journal, module)
                if now != n_containers_before or not journal.holds(alternative):
                    found += self._by_module[module]
                self._growing[module] = n_names, now, journal.alternative
            if dict.get(module.fields, STATUS) is not Status.RUNNING:
                del self._growing[module]
        return found


def _module_of(value: Value) -> Module | None:
    match value:
        case Function(module=module) | Class(module=module) | Instance(cls=Class(module=module)):
            return module
        case Suspended(body=Function(module=module)):
            return module
        case _:
            return None
