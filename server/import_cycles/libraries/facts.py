"""What can be known of something outside the project, and how a row of the table says it.

`Facts` is the answer of the table, `Said` is what a row may say; fields of both have the same
names. Nothing here names a library.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, Final, TypedDict

from import_cycles.base.record import record

if TYPE_CHECKING:
    from typing_extensions import Unpack

ANY: Final = ("*",)
"""Every argument that a call is given, and whatever can be reached from it."""
NONE: Final = ()
FIRST: Final = (0,)


class Calls(Enum):
    """When functions, classes and methods of the project run that a call is given."""

    NEVER = "never"
    """Only what operations ask objects for, as `__iter__`, `__hash__`, `__str__`, `__copy__`."""
    NOW = "now"
    """Before the call returns."""
    ON_USE = "on use"
    """When what the call gives is used: called, iterated, entered, started, an item asked for."""
    LATER = "later"
    """They are registered: the interpreter or the library calls them when something happens."""
    PERHAPS = "perhaps"
    """Not known: any number of times, now or later."""


class Gives(Enum):
    """What a call gives, or a decorator leaves in place of what it decorates."""

    SOMETHING = "something"
    """A value of which nothing more is known."""
    ARGUMENT = "argument"
    """The object that it was given, at the place `Facts.argument`."""
    CALLER = "caller"
    """An object of its own that, when it is called, calls its first argument with the same."""
    DISPATCHER = "dispatcher"
    """An object of its own that, when it is called, calls its first argument or another function."""
    STATIC_METHOD = "static method"
    CLASS_METHOD = "class method"
    PROPERTY = "property"
    CACHED_PROPERTY = "cached property"
    """A property that runs the function once for each object."""
    CONTEXT_MANAGER = "context manager"
    """A function that gives a context manager: it runs the generator up to its `yield` and on."""
    CACHED = "cached"
    """A function that runs its first argument once for each set of arguments."""
    PARTIAL = "partial"
    """A function that calls its first argument with the others and with its own behind those."""
    MODULE = "module"
    """The module of the name that it was given."""
    OBJECT = "object"
    """What the dotted name that it was given stands for."""
    LAZY_MODULE = "lazy module"
    """A stand-in for the module of the name that it was given, which is loaded on first use."""
    LAZY_NAMES = "lazy names"
    """`__getattr__`, `__dir__` and `__all__` for a package whose submodules load on first use."""


class Options(Enum):
    """Whether a call gives the result or a decorator that will."""

    NEVER = "never"
    """`@name`: it is called with what it decorates."""
    ALLOWED = "allowed"
    """`@name` and `@name(…)`: without a function or a class to decorate it gives a decorator."""
    REQUIRED = "required"
    """`@name(…)`: a call always gives a decorator."""


class Base(Enum):
    """What a class is that derives from it, or has it as its metaclass."""

    UNKNOWN = "unknown"
    """Anything may run when the class is made or called, and its names may be others."""
    INERT = "inert"
    """What its body binds, and `Facts.brings`; nothing of the base runs when it is made or called."""
    BRINGS = "brings"
    """What its body binds, and names of the base; making the class runs nothing that matters."""
    FIELDS = "fields"
    """Names that its body binds may be gone, or hold something else: fields have been made of them."""
    ENUM = "enum"
    """Values that its body binds have become members."""


class Imports(Enum):
    """Which modules a call may import because of the texts that it is given."""

    NOTHING = "nothing"
    MODULE = "module"
    """The module with the dotted name that is its first argument."""
    OBJECT = "object"
    """The module in which the object with the dotted name `a.b.c` or `a.b:c` stands."""
    NAMED = "named"
    """Modules that texts in its arguments name, at whatever depth: tables, settings, lists."""
    INSTALLED = "installed"
    """Modules that no argument names: entry points, all of a folder, those of a settings file."""
    UNKNOWN = "unknown"


class Reads(Flag):
    """Which annotations are read while the program runs."""

    NONE = 0
    FIELDS = auto()
    """Of variables in classes: dataclasses, named tuples, typed dicts."""
    SIGNATURES = auto()
    """Of parameters and results of functions."""
    BOTH = FIELDS | SIGNATURES
    EVALUATED = auto()
    """Signatures, whose annotations are not looked at; Python 3.14 evaluates those all the same
    where they are neither quoted nor postponed (`inspect.signature`)."""
    NAMES = auto()
    """Whatever names a module holds, of modules that are loaded by their name, or anew."""
    UNKNOWN = auto()
    """Not known."""


class Registry(Enum):
    """Where a library looks up a text that stands for a class, once it needs the class."""

    NONE = "none"
    """It takes no such texts, or it is not known."""
    APPS = "apps"
    """Django's app registry: `"app_label.Model"`."""
    MAPPERS = "mappers"
    """The registry of a declarative base of SQLAlchemy, which evaluates the text as an expression
    of classes and tables."""


class Swallows(Enum):
    """Whether `with` of what a call gives ends exceptions."""

    NEVER = "never"
    GIVEN = "given"
    """Those of the classes that the call is given."""
    PERHAPS = "perhaps"


class Said(TypedDict, total=False):
    """What a row may say. Each key is a field of `Facts`."""

    changes: tuple[int | str, ...]
    calls: Calls
    called: tuple[int | str, ...]
    gives: Gives
    argument: int
    options: Options
    base: Base
    brings: tuple[str, ...]
    reads: Reads
    base_reads: Reads
    reads_whatever: bool
    is_special_form: bool
    registry: Registry
    takes_texts: tuple[int | str, ...]
    walks_folders: bool
    is_quiet: bool
    imports: Imports
    shares: bool
    names_in_caller: bool
    hooks_imports: bool
    asks_modules: bool
    swallows: Swallows
    never_returns: bool
    is_preloaded: bool


class Facts:
    """All that is known of one dotted name. The defaults say that nothing is; nothing changes it.

    No record: compiling functions for so many fields would take longer than making the table.
    """

    changes: tuple[int | str, ...] = ANY
    """The arguments that a call may change, by position and by keyword, or `ANY`.

    Positions are those of the call as it is written: of `list.append(names, 1)` it is the first.
    Marks that only the library itself reads, such as `__isabstractmethod__`, are no change.
    """
    calls: Calls = Calls.PERHAPS
    called: tuple[int | str, ...] = ANY
    """The arguments that it may call, by position and by keyword, or `ANY`."""
    gives: Gives = Gives.SOMETHING
    argument: int = 0
    """Which argument `Gives.ARGUMENT` gives back."""
    shares: bool = True
    """What the call gives may be, or hold, something that it was given."""
    options: Options = Options.NEVER
    base: Base = Base.UNKNOWN
    brings: tuple[str, ...] = NONE
    """All names without underscores that a class has from it, if it is `Base.INERT`."""
    reads: Reads = Reads.UNKNOWN
    """The annotations that it reads of what it decorates or is called with."""
    base_reads: Reads = Reads.UNKNOWN
    """Those that it reads of a class that derives from it or has it as its metaclass."""
    reads_whatever: bool = False
    """It may be handed any class or function of the program, and reads those annotations then.

    Otherwise it reads what derives from it and what it decorates, and nothing else.
    """
    is_special_form: bool = False
    """Decorators of classes look for it in annotations, be they evaluated or texts."""
    registry: Registry = Registry.NONE
    """Names in texts that it is given, or in the quoted annotation of what it gives, are looked up
    there, not in the module."""
    takes_texts: tuple[int | str, ...] = NONE
    """The arguments that may be such a text instead of the class, by position and by keyword."""
    walks_folders: bool = False
    """What it gives names the modules in a folder of the program."""
    is_quiet: bool = False
    """Whether it is called, or derived from, shows only in what that gives and in `changes`."""
    imports: Imports = Imports.UNKNOWN
    names_in_caller: bool = False
    """It may bind names that the module that calls it sees: in its namespace, or in `builtins`.

    What gives a frame is such a thing too, for its namespace can be written to.
    """
    hooks_imports: bool = False
    """From then on imports may find other modules: finders, search paths."""
    asks_modules: bool = True
    """It may read attributes of a module that it is given, which runs the module's `__getattr__`."""
    swallows: Swallows = Swallows.PERHAPS
    never_returns: bool = False
    """It always raises, `SystemExit` or something else, or it ends the process."""
    is_preloaded: bool = False
    """A module that CPython has loaded before any code of the project: no file can shadow it."""
    sources: tuple[str, ...] = NONE
    """Where this is written: addresses, and files of CPython (`Lib/…`, `Python/…`)."""

    def __init__(self, said: Said, sources: tuple[str, ...] = NONE) -> None:
        vars(self).update(said)
        self.sources = sources

    def may_change(self, argument: int | str) -> bool:
        """Whether a call may change the argument of that position or keyword."""
        return self.changes == ANY or argument in self.changes

    @property
    def takes_options(self) -> bool:
        """Whether a call may give a decorator instead of the result."""
        return self.options is not Options.NEVER


@record
class Row:
    """One row of the table: names, what they do, and where that is written.

    `owners` and `names` are separated by spaces; the row is about each name of each owner. A name
    may carry a mark of the Pythons that have it: `override>=3.12`, `find_loader<3.12`. `*` stands
    for all that is below, at any depth; no name at all for the owners themselves. What a call
    gives has brackets: `functools.singledispatch().register`. Of objects whose class has a name,
    that is the owner: `collections.deque.append`.
    """

    owners: str
    names: str
    source: str
    says: Said

    def dotted(self) -> Iterator[tuple[str, str]]:
        """Each dotted name of the row, with the mark of its versions; that is empty for all."""
        for owner in self.owners.split():
            for each in self.names.split() or ("",):
                name, version = versioned(each)
                package, of_owner = versioned(owner)
                yield f"{package}.{name}" if name else package, version or of_owner


def row(owners: str, names: str, source: str, **says: Unpack[Said]) -> Row:
    """A row, as the files of the table write it."""
    return Row(owners, names, source, says)


def versioned(name: str) -> tuple[str, str]:
    """A name in a row without the mark of its versions, and that mark."""
    for sign in (">", "<"):
        plain, found, version = name.partition(sign)
        if found:
            return plain, sign + version
    return name, ""
