"""The state of simulated values beside what the program itself can name.

A mark is a key of a value's `fields`, next to attributes of the program, which are texts. So a mark
changes through the journal like everything else, is undone with it, and can never be confused with
a name of the program.
"""

from __future__ import annotations

from typing import Final


class Mark:
    """One kind of state. Compared by identity, so that looking one up costs no call."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Mark({self.name})"


OPEN: Final = Mark("open")
"""True: code that was not followed may have changed it, so no part is certainly absent.

Of a sequence also ANY_ORDER.
"""

ANY_ORDER: Final = Mark("any order")
"""In place of True, of a sequence that is open: all its items are known, but not their order."""

ITEMS: Final = Mark("items")
"""Of a sequence: a tuple of its items."""

SEARCH_PATH: Final = Mark("search path")
"""Of a package: the `__path__` that it starts with."""

STATUS: Final = Mark("status")
"""Of a module: its `Status`."""

RUN_AS: Final = Mark("run as")
"""Of a module: the `__name__` that it has when it is the main program."""

CONSUMED: Final = Mark("consumed")
"""Of a generator: it has started."""

FINISHED: Final = Mark("finished")
"""Of a class: `type.__new__` has made it."""

DEFINED_BY: Final = Mark("defined by")
"""Of a class: the number of the code with its `class` statement, and the mark of that."""

IS_DATACLASS: Final = Mark("is dataclass")
"""Of a class: `dataclass` has decorated it."""

ANNOTATED: Final = Mark("annotated")
"""Of a class: the names that its body annotates, in order."""

NAMESPACE_OF: Final = Mark("namespace of")
"""Of a dict that a metaclass is given: the class that it is to become the namespace of."""

ALTERED: Final = Mark("altered")
"""Of a class: code that is not followed may have changed what its body bound."""

MISSED: Final = Mark("missed")
"""Of a module, together with a name: the circular failure that kept the name from being bound."""

STANDS_IN: Final = Mark("stands in")
"""Of a function that a handler defines: the circular failure that was handled."""

CLASS_NAME: Final = Mark("class name")
"""Of a module, together with a name: what the class has that the module was given as `__class__`."""

FINDERS: Final = Mark("finders")
"""Of a run: the program has changed how modules are found (`sys.meta_path`, `__path__`, …)."""

BUILTIN: Final = Mark("builtin")
"""Of a run, together with a name: the program has added that to `builtins`."""

UNKNOWN_ATTRIBUTE: Final = Mark("unknown attribute")
"""Of a run, together with a name: that attribute was set on an unknown value."""

IS_ENUM: Final = Mark("is enum")
"""Of a class: it derives from `enum.Enum`."""

MEMBERS: Final = Mark("members")
"""Of an enumeration: a tuple of its members, in order."""
