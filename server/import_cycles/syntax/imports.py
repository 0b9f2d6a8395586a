"""Import statements as data: the requested names, their places, and when they execute.

The kind of a statement is decided by where and under what it stands, statement by statement
(`When`). Whether a function is called while its module loads is not a question of syntax; an
import in a function is DEFERRED here, and `import_cycles.simulate` finds those that run early.
"""

from __future__ import annotations

from enum import Enum, Flag, auto
from typing import Final

from import_cycles.base.record import record
from import_cycles.syntax.lazy_imports import Listed

NAMING_CALLS: Final = ("import_module", "__import__")
"""Functions that import a module by the name that they are given."""

RUNNING_CALLS: Final = (
    "exec_module", "find_spec", "load_module", "load_source", "run_module", "run_path",
    "walk_packages",
)  # fmt: skip
"""Functions and methods that load modules; which ones, only running the program tells."""

LOAD_CALL: Final = ".load()"
"""The same of an entry point, if it is spelled like this."""

LOADING_WORDS: Final = (*NAMING_CALLS, *RUNNING_CALLS, LOAD_CALL)
"""Each call that may import is spelled with one of these."""


class When(Enum):
    """When an import statement executes; see docs/architecture.md, "Kinds of edges"."""

    RUNTIME = "runtime"
    """While the module is being imported."""
    DEFERRED = "deferred"
    """Later, if at all: in a function, lazily, or only when the file is run as a script."""
    TYPING = "typing"
    """Never: for type checkers, or in a branch that the target Python does not take."""


class ImportFlag(Flag):
    """Circumstances of an import that change what an edge means."""

    NONE = 0
    CONDITIONAL = auto()
    """A test that cannot be decided statically stands over it."""
    GUARDED = auto()
    """It stands in a `try` (or `suppress`) that catches ImportError."""
    DYNAMIC = auto()
    """It is a call of `import_module` or `__import__`, or another one that loads modules."""
    IMPLIED = auto()
    """A parent package that is executed on the way to the module that is named."""
    CALLED = auto()
    """It stands in a function that is called while the importer loads."""
    BACK = auto()
    """The module that it imports is the one that calls the function, while it loads."""
    STAR = auto()
    """It is `from m import *`."""
    LAZY = auto()
    """It is a PEP 810 lazy import."""
    SUPPRESSED = auto()
    """A comment accepts the cycles through it; it takes part in no component."""


@record
class ImportedName:
    """One name of a `from` import; `name` is `*` for a star-import."""

    name: str
    bound_as: str
    site: int


@record
class ImportRecord:
    """One imported module of one statement: `import a, b` makes two records.

    `module` is the dotted name as written, empty in `from . import x`; `level` counts leading
    dots. `names` is None for `import a.b`, and the list of a `from` import otherwise.
    `bound_as` is the `as` name of a plain import. `site` is the dotted name (for `from . import`
    the dots); `statement` the site of the whole statement, whose first line is the one that
    CPython's tracebacks name. `code` is the code object that holds the statement, 0 for the
    module's own. Of a call that does not spell it out, `module` is empty and `level` is 0.
    """

    module: str
    level: int
    names: tuple[ImportedName, ...] | None
    bound_as: str | None
    site: int
    statement: int
    code: int
    when: When
    flags: ImportFlag = ImportFlag.NONE
    may_be_lazy: bool = False
    """Whether `__lazy_modules__`, or a mode, makes it lazy without the keyword: it stands outside of
    functions, classes and `try`, and is no star-import (PEP 810)."""
    listed: Listed | None = None
    """What `__lazy_modules__` lists where it stands; None where there is none, or it is not known."""

    @property
    def is_computed(self) -> bool:
        """Whether only running the program tells what is imported."""
        return not self.module and not self.level
