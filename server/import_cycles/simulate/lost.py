"""Values that the program can still reach, in ways that are not known.

What is read by an unknown key, what one of two ways has bound, what a library gives back: the value
is unknown, but it is one of those that the program has. So an operation on an unknown value may run
any function, and any method of a class or object, among them; and code outside may run at any later
time what it has got. What these may change is opened when they are lost, and again when the module
whose names they use has got further containers.
"""

from __future__ import annotations

from import_cycles.simulate.exposure import n_containers
from import_cycles.simulate.journal import Journal
from import_cycles.simulate.unseen import expose_called
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
    """Functions, generators, classes and objects that have been lost in a run."""

    __slots__ = ("_growing", "_journal", "may_have_grown")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._growing: dict[Module, dict[int, Value]] = {}
        """Those of modules that are still loading, by identity."""
        self.may_have_grown = False
        """Whether the module that is executed may have got further names since the last look, or what was
        opened then may have been undone."""

    def add(self, values: list[Value]) -> None:
        """Open what these may change. Cost: as of `hand_over`."""
        self.keep(values)
        expose_called(self._journal, values)

    def keep(self, values: list[Value]) -> None:
        """The same for values of which the caller opens it."""
        for value in values:
            module = _module_of(value)
            if module is None:
                continue
            known = self._growing.get(module)
            if known is None and module.status is Status.RUNNING:
                known = self._growing[module] = {}
            if known is not None and id(value) not in known:
                known[id(value)] = value
                self._journal.is_noted(_note(self._journal, module))

    def open_further(self, module: Module) -> None:
        """Open what has come to the module that is executed since its values were lost.

        Those around it wait for it: what its loading may have run is opened when that has ended.
        """
        self.may_have_grown = False
        known = self._growing.get(module)
        if known is not None and not self._journal.is_noted(_note(self._journal, module)):
            expose_called(self._journal, [*known.values()])

    def end(self, module: Module) -> None:
        """A module has been executed: from now on it gets no further names."""
        self.open_further(module)
        self._growing.pop(module, None)


def _note(journal: Journal, module: Module) -> tuple[str, int, int]:
    return "lost", id(module), n_containers(journal, module)


def _module_of(value: Value) -> Module | None:
    match value:
        case Function(module=module) | Class(module=module) | Instance(cls=Class(module=module)):
            return module
        case Suspended(body=Function(module=module)):
            return module
        case _:
            return None
