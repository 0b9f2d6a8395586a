"""The vocabulary of things that a module does while it loads.

A summary is a program: the statements of a module in execution order, reduced to what an import
can be affected by, and without any position. Typing a comment, or reformatting, changes nothing
in it. It is what `import_cycles.simulate` runs.

Terms. A *code* is a body with a scope of its own: number 0 is the module's, the others are
functions and lambdas in source order. A class body runs in place, so it belongs to the code
around it. An *import id* numbers the `ImportRecord`s of a module. A *mark* numbers a spot within
one code where an exception can start; `Summarized` knows where each mark stands. Marks are
counted per code so that typing in one function leaves the numbers of the others alone. The numbers
of codes and marks have room between them (`import_cycles.syntax.numbering`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from import_cycles.base.record import record
from import_cycles.syntax.imports import ImportFlag, ImportRecord
from import_cycles.syntax.numbering import even_number, index_of

# --- expressions ---------------------------------------------------------------------------


@record
class Constant:
    """A literal. Long strings are cut: nothing but their truth matters."""

    value: str | int | float | bool | None


@record
class Name:
    """A name is read."""

    name: str
    mark: int


@record
class Attribute:
    """An attribute is read."""

    value: Expression
    attribute: str
    mark: int


@record
class Subscript:
    """`value[index]` is read."""

    value: Expression
    index: Expression
    mark: int


@record
class Slice:
    """`lower:upper:step` as an index."""

    lower: Expression | None
    upper: Expression | None
    step: Expression | None


@record
class Call:
    """A call; a keyword of None is `**value`."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]
    mark: int


@record
class Starred:
    """`*value` in a call or a display."""

    value: Expression


class DisplayKind(Enum):
    """Which display: `( )`, `[ ]` or `{ }` with plain items."""

    TUPLE = "tuple"
    LIST = "list"
    SET = "set"


@record
class Display:
    """A tuple, list or set written out."""

    kind: DisplayKind
    items: tuple[Expression, ...]


@record
class DictDisplay:
    """A dict written out; a key of None is `**value`."""

    items: tuple[tuple[Expression | None, Expression], ...]


@record
class BoolOp:
    """`and` or `or`, which stop early."""

    is_and: bool
    values: tuple[Expression, ...]


@record
class Not:
    """`not value`."""

    value: Expression


@record
class Compare:
    """A chain of comparisons; operators as written (`==`, `not in`, …)."""

    left: Expression
    operators: tuple[str, ...]
    rights: tuple[Expression, ...]
    mark: int


@record
class Binary:
    """A binary operator, as written (`+`, `|`, …)."""

    left: Expression
    operator: str
    right: Expression
    mark: int


@record
class Conditional:
    """`body if test else orelse`."""

    test: Expression
    body: Expression
    orelse: Expression


@record
class Lambda:
    """A function made by an expression; defaults are evaluated now, the code later if at all."""

    code: int
    defaults: tuple[Expression, ...]
    keyword_defaults: tuple[Expression | None, ...]


@record
class Generator:
    """One `for … in … if …` of a comprehension."""

    target: Target
    iterable: Expression
    conditions: tuple[Expression, ...]


class ComprehensionKind(Enum):
    """What a comprehension builds; a generator expression runs only when it is consumed."""

    LIST = "list"
    SET = "set"
    DICT = "dict"
    GENERATOR = "generator"


@record
class Comprehension:
    """A comprehension; `elements` is the value, or key and value of a dict."""

    kind: ComprehensionKind
    elements: tuple[Expression, ...]
    generators: tuple[Generator, ...]
    is_async: bool


@record
class Walrus:
    """`name := value`."""

    name: str
    value: Expression


@record
class Joined:
    """An f-string."""

    values: tuple[Expression, ...]


@record
class Yield:
    """`yield value` or `yield from value`."""

    value: Expression | None
    is_from: bool


@record
class Await:
    """`await value`."""

    value: Expression


@record
class Opaque:
    """Anything else: its parts are evaluated in order, its value is unknown."""

    parts: tuple[Expression, ...] = ()


@record
class TooDeep:
    """What is nested too deeply to be followed: anything may happen here."""


Expression: TypeAlias = (
    Constant
    | Name
    | Attribute
    | Subscript
    | Slice
    | Call
    | Starred
    | Display
    | DictDisplay
    | BoolOp
    | Not
    | Compare
    | Binary
    | Conditional
    | Lambda
    | Comprehension
    | Walrus
    | Joined
    | Yield
    | Await
    | Opaque
    | TooDeep
)

# --- targets -------------------------------------------------------------------------------


@record
class NameTarget:
    """A name is bound (or deleted)."""

    name: str
    mark: int


@record
class AttributeTarget:
    """An attribute is set (or deleted)."""

    value: Expression
    attribute: str
    mark: int


@record
class SubscriptTarget:
    """An item is set (or deleted)."""

    value: Expression
    index: Expression
    mark: int


@record
class TupleTarget:
    """Unpacking; `starred` is the index of the `*` item, -1 without one."""

    items: tuple[Target, ...]
    starred: int


Target: TypeAlias = NameTarget | AttributeTarget | SubscriptTarget | TupleTarget

# --- steps ---------------------------------------------------------------------------------


@record
class Import:
    """One `ImportRecord` executes."""

    import_id: int
    mark: int


@record
class Evaluate:
    """An expression statement."""

    value: Expression


@record
class Assign:
    """`targets[0] = targets[1] = … = value`."""

    targets: tuple[Target, ...]
    value: Expression


@record
class AugmentedAssign:
    """`target op= value`."""

    target: Target
    operator: str
    value: Expression
    mark: int


@record
class AnnotatedAssign:
    """`target: annotation = value`; `annotation` is None where the target Python skips it."""

    target: Target
    annotation: Expression | None
    value: Expression | None


@record
class Delete:
    """`del`."""

    targets: tuple[Target, ...]


@record
class DefineFunction:
    """`def`: decorators, defaults and annotations are evaluated, then the name is bound."""

    name: str
    code: int
    decorators: tuple[Expression, ...]
    decorator_marks: tuple[int, ...]
    defaults: tuple[Expression, ...]
    keyword_defaults: tuple[Expression | None, ...]
    annotations: tuple[Expression, ...]


@record
class DefineClass:
    """`class`: decorators and bases are evaluated, the body runs, then the name is bound."""

    name: str
    decorators: tuple[Expression, ...]
    decorator_marks: tuple[int, ...]
    bases: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]
    body: Block
    mark: int


@record
class If:
    """`if`/`elif`/`else`."""

    test: Expression
    body: Block
    orelse: Block


@record
class While:
    """`while`."""

    test: Expression
    body: Block
    orelse: Block


@record
class For:
    """`for`."""

    target: Target
    iterable: Expression
    body: Block
    orelse: Block
    is_async: bool


@record
class Handler:
    """One `except`; `catches` is None for a bare one."""

    catches: Expression | None
    name: str | None
    body: Block


@record
class Try:
    """`try`; `is_group` for `except*`."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finalbody: Block
    is_group: bool


@record
class With:
    """`with` of one item; several items nest."""

    context: Expression
    target: Target | None
    body: Block
    is_async: bool
    mark: int


# Patterns of `match`: just enough to decide literals and to bind names.


@record
class ValuePattern:
    """`case 1:`, `case a.b:` and `case None:`."""

    value: Expression


@record
class CapturePattern:
    """`case name:` or, without a name, `case _:`; with a pattern, `case pattern as name:`."""

    name: str | None
    pattern: Pattern | None


@record
class OrPattern:
    """`case a | b:`."""

    patterns: tuple[Pattern, ...]


@record
class SequencePattern:
    """`case [a, b]:`; `starred` is the index of the `*` item, -1 without one."""

    patterns: tuple[Pattern, ...]
    starred: int


@record
class MappingPattern:
    """`case {"key": pattern, **rest}:`."""

    keys: tuple[Expression, ...]
    patterns: tuple[Pattern, ...]
    rest: str | None


@record
class ClassPattern:
    """`case cls(pattern, name=pattern):`."""

    cls: Expression
    patterns: tuple[Pattern, ...]
    keywords: tuple[tuple[str, Pattern], ...]


Pattern: TypeAlias = (
    ValuePattern | CapturePattern | OrPattern | SequencePattern | MappingPattern | ClassPattern
)


@record
class Case:
    """One `case`."""

    pattern: Pattern
    guard: Expression | None
    body: Block


@record
class Match:
    """`match`."""

    subject: Expression
    cases: tuple[Case, ...]


@record
class Raise:
    """`raise`; a bare one has no exception."""

    exception: Expression | None
    cause: Expression | None
    mark: int


@record
class Assert:
    """`assert`."""

    test: Expression
    message: Expression | None
    mark: int


@record
class Return:
    """`return`."""

    value: Expression | None


@record
class Break:
    """`break`."""


@record
class Continue:
    """`continue`."""


@record
class DefineTypeAlias:
    """PEP 695 `type name = …`: binds the name, evaluates nothing."""

    name: str


Step: TypeAlias = (
    Import
    | Evaluate
    | Assign
    | AugmentedAssign
    | AnnotatedAssign
    | Delete
    | DefineFunction
    | DefineClass
    | If
    | While
    | For
    | Try
    | With
    | Match
    | Raise
    | Assert
    | Return
    | Break
    | Continue
    | DefineTypeAlias
)

Block: TypeAlias = "tuple[Step, ...]"

# --- codes and the summary -----------------------------------------------------------------


@record
class Parameters:
    """The parameters of a function, by kind; defaults belong to the last positional ones."""

    positional_only: tuple[str, ...] = ()
    positional: tuple[str, ...] = ()
    variadic: str | None = None
    keyword_only: tuple[str, ...] = ()
    keyword_variadic: str | None = None


class Waiting(Protocol):
    """A body that is lowered on request; equal ones give equal codes."""

    def lowered(self, name: str, parameters: Parameters, *, is_async: bool) -> Code:
        """The code of a function with this body."""
        ...

    def mentions(self, names: Iterable[str]) -> bool:
        """Whether one of these names may stand in it; costs no lowering."""
        ...

    def words(self) -> dict[str, None]:
        """The words in it, in order; costs no lowering. Callers must not change it."""
        ...

    def sets_attributes(self) -> bool:
        """Whether it may set attributes; costs no lowering."""
        ...


@record
class Code:
    """A body with a scope of its own.

    `local_names` are those that it binds in its own frame, for the module's own code in the
    module; `global_names` and `nonlocal_names` are declared, in it or in a class of it. If the body
    waits, attributes that are not known before are made at the first read. So code that needs only
    the name of a function should read nothing else.
    """

    name: str
    parameters: Parameters
    body: Block
    local_names: frozenset[str] = frozenset()
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()
    is_generator: bool = False
    is_async: bool = False
    waiting: Waiting | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, attribute: str) -> object:
            # Python asks here for slots that are empty, so what is there costs nothing more.
            if attribute not in _LATE:
                raise AttributeError(f"Code has no {attribute!r}")
            lowered = self.waiting.lowered(self.name, self.parameters, is_async=self.is_async)
            for name in _LATE:
                object.__setattr__(self, name, getattr(lowered, name))
            return getattr(lowered, attribute)

    @property
    def is_lowered(self) -> bool:
        """Whether the body has been lowered, which the first read of such an attribute does."""
        try:
            object.__getattribute__(self, "body")
        except AttributeError:
            return False
        return True

    def is_surely(self, other: Code) -> bool:
        """Whether two codes are equal; False if it took a lowering to know."""
        if self is other:
            return True
        if _known_at_once(self) != _known_at_once(other):
            return False
        if self.waiting is not None and self.waiting == other.waiting:
            return True
        return self.is_lowered and other.is_lowered and self._does_as(other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Code):
            return NotImplemented
        return self.is_surely(other) or (
            _known_at_once(self) == _known_at_once(other) and self._does_as(other)
        )

    def _does_as(self, other: Code) -> bool:
        return all(getattr(self, name) == getattr(other, name) for name in _LATE)

    def __hash__(self) -> int:
        return hash(_known_at_once(self))

    def __reduce__(self) -> tuple[object, ...]:
        if self.waiting is not None:
            return waiting_code, (*_known_at_once(self), self.waiting)
        return Code, tuple(getattr(self, name) for name in self.__match_args__)


_LATE: Final = ("local_names", "nonlocal_names", "is_generator", "body")


def waiting_code(
    name: str,
    parameters: Parameters,
    global_names: frozenset[str],
    is_async: bool,
    waiting: Waiting,
) -> Code:
    """A code whose body waits."""
    code = Code.__new__(Code)
    known = (name, parameters, global_names, is_async, waiting)
    for attribute, value in zip(_AT_ONCE, known, strict=True):
        object.__setattr__(code, attribute, value)
    return code


_AT_ONCE: Final = ("name", "parameters", "global_names", "is_async", "waiting")
_known_at_once: Final = attrgetter(*_AT_ONCE[:-1])


@record
class Suppression:
    """An `import-cycles: ignore` comment: the import sites that it covers, its codes (empty: all)."""

    site: int
    """The comment itself, a site like those of imports."""
    covers: tuple[int, ...]
    codes: tuple[str, ...]


@record
class Hints:
    """Annotations that are kept as texts; see `import_cycles.syntax.hints`.

    Those of a function have the number of its code, and `mark` -1; those of a class that of the
    code that it stands in, and `mark` is that of its `DefineClass`. Of each annotation there is the
    name, the text, and a mark of the module's own code.
    """

    code: int
    mark: int
    annotations: tuple[tuple[str, str, int], ...]


@record
class ModuleSummary:
    """Everything that a module does while it loads, without a position.

    `imports`, `all_names` and `suppressions` decide the edges of the graph, so a change elsewhere
    leaves the graph as it is. `codes[0]` is the module's own body. `all_names` is `__all__` as far
    as it is written out; None when there is none or it cannot be read. `quoted` are the texts that
    computed imports may be made of (`import_cycles.syntax.quoted`).
    """

    imports: tuple[ImportRecord, ...] = ()
    codes: tuple[Code, ...] = (Code("<module>", Parameters(), ()),)
    suppressions: tuple[Suppression, ...] = ()
    all_names: tuple[str, ...] | None = None
    future_annotations: bool = False
    quoted: tuple[str, ...] = ()
    blocks: tuple[tuple[int, ...], ...] = ()
    """Import ids by blocks that an import sorter may put in another order."""
    hints: tuple[Hints, ...] = ()
    """Of functions and classes outside of functions. Nothing else hangs on them: a run that never
    asks for them stays as it is when they change."""
    makes_modules: bool = False
    """Whether the text can make modules be found which have no file."""
    taken: tuple[str, ...] = ()
    """What the text takes out of `sys.modules` (`import_cycles.syntax.sys_modules`)."""
    chains: tuple[str, ...] = ()
    """Dotted names that the text reads through plain imports (`import_cycles.syntax.chains`)."""
    numbers: tuple[int, ...] = ()
    """Those of the codes; none if they are even (`import_cycles.syntax.numbering`)."""

    def code(self, number: int) -> Code:
        """The code of that number. Raises IndexError if there is none."""
        return self.codes[index_of(number, self.numbers)]

    def numbered(self) -> Iterator[tuple[int, Code]]:
        """The codes with their numbers, in the order of the text."""
        return zip(
            self.numbers or map(even_number, range(len(self.codes))), self.codes, strict=True
        )

    def binds(self, name: str) -> bool:
        """Whether a statement in the text binds `name` in the module."""
        return name in self.codes[0].local_names or any(
            name in code.global_names for code in self.codes
        )

    def may_bind(self, name: str) -> bool:
        """Whether a statement somewhere can make `name` an attribute of the module."""
        own = self.codes[0].local_names
        return (
            name in own
            or "__getattr__" in own
            or any(name in code.global_names for code in self.codes)
            or any(ImportFlag.STAR in record.flags for record in self.imports)
        )
