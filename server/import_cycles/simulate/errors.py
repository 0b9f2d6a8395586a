"""Exceptions of the simulated program, and the jumps that `return`, `break` and `continue` are.

They travel as Python exceptions of the machine, so that what unwinds in the program unwinds in
the machine too.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity
from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.simulate.outcome import Cause, Frame, Spot
from import_cycles.simulate.values import (
    Builtin,
    Class,
    External,
    Instance,
    Sequence,
    Unknown,
    Value,
)


class Unwinding(BaseException):
    """Base of everything that unwinds the machine. None of it may leave a run."""


@entity
class Raised(Unwinding):
    """An exception of the program. `cls` is its class; see `outcome.Crashes` for the rest."""

    cls: Value
    spot: Spot | None
    name: str = ""
    of: ModuleName | None = None
    message: str = ""
    partial: bool = False
    stack: tuple[Frame, ...] = ()
    import_id: int | None = None
    certain: bool = True
    value: Value | None = None
    cause: Cause | None = None
    doubt: str = ""
    """Why it is not certain."""

    @property
    def error(self) -> str:
        """The name of its class; empty when that is unknown."""
        match self.cls:
            case Builtin(name=name) | Class(name=name):
                return name
            case _:
                return ""

    @property
    def is_circular(self) -> bool:
        """Whether a circular import is the reason: its own failure, or a handler's use of it."""
        return self.partial or self.cause is not None

    def as_cause(self) -> Cause:
        """The circular failure behind it, as later exceptions carry it."""
        if self.cause is not None:
            return self.cause
        return Cause(self.error, self.spot, self.name, self.of, self.stack, self.import_id)


@entity
class Returned(Unwinding):
    """A `return`."""

    value: Value


class Broke(Unwinding):
    """A `break`."""


class Continued(Unwinding):
    """A `continue`."""


@entity
class GiveUp(Unwinding):
    """The run goes where the model cannot follow."""

    reason: str
    spot: Spot | None = None


JUMPS: Final = (Returned, Broke, Continued)
"""They end at a statement around them, in every text that compiles."""


def is_caught(raised: Raised, caught: Value) -> bool | None:
    """Whether `except caught:` catches an exception; None when that is not known."""
    match raised.cls, caught:
        case _, Builtin(name="BaseException"):
            return True
        case Builtin(name=error), Builtin(name=name):
            ours, theirs = builtin_class(error), builtin_class(name)
            return ours is not None and theirs is not None and issubclass(ours, theirs)
        case Class() as cls, Builtin(name=name):
            theirs = builtin_class(name)
            known = [builtin_class(base) for base in cls.builtin_bases]
            if any(base and theirs and issubclass(base, theirs) for base in known):
                return True
            return None if cls.is_open else False
        case Class() as cls, Class() as other:
            return other in cls.mro or (None if cls.is_open else False)
        case Builtin(), Class() | External():
            # A builtin exception is no instance of a class that derives from it.
            return False
        case Unknown(), Builtin(name="Exception"):
            return True
        case External(), Builtin(name="Exception"):
            return True
        case External(dotted=ours_dotted), External(dotted=theirs_dotted):
            return True if ours_dotted == theirs_dotted else None
        case _:
            return None


_OF_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "NameError"})


def takes_from_values(caught: Value, error: str) -> bool:
    """Whether `except caught:` may catch an exception that an operation on an unknown value raises.

    `error` is the class of that, empty for any. A handler of missing modules and names is for what
    the body itself imports and reads, one of a class of the project for what the project raises.
    """
    match caught:
        case Sequence(items=items):
            return any(takes_from_values(item, error) for item in items)
        case Builtin(name=name):
            ours, theirs = builtin_class(error), builtin_class(name)
            if ours is not None and theirs is not None:
                return issubclass(ours, theirs)
            return name not in _OF_IMPORTS
        case Class():
            return False
        case _:
            return not error


def exception_of(value: Value) -> Value:
    """The class that `raise value` raises."""
    match value:
        case Instance(cls=cls):
            return cls
        case Builtin() | Class() | External():
            return value
        case _:
            return Unknown()
