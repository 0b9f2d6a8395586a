"""What a quick fix is: it proposes edits that take one import out of a cycle, or says why not.

A fix never decides alone. `import_cycles.repair.verify` carries its proposal out on the project as
a trial and checks that the finding is gone and nothing else has become worse. Only proposals that
pass are offered.

Terms. A *hop* is one edge of the cycle that a finding speaks of. Its *bindings* are the import
statements of the importer, or names in them, that make the edge. A fix proposes for a hop, which
may stand in another file than the finding.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from enum import Enum
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import field, record
from import_cycles.base.text import Site
from import_cycles.findings.rule import Finding, Subject
from import_cycles.proposals.annotation_words import AnnotationReader
from import_cycles.resolve.layout import Layout
from import_cycles.source.import_style import SortStyle
from import_cycles.source.top_level import TopLevel
from import_cycles.source.uses import FileUses
from import_cycles.syntax.imports import ImportedName, ImportRecord
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.target import PythonTarget

OF_APPS: Final = "app:"
OF_CLASSES: Final = "class:"
"""What questions begin with: see `FixContext.patched`."""


class Safety(Enum):
    """Whether `import-cycles fix` may apply a proposal without being asked to."""

    SAFE = "safe"
    """No code in the project can tell the difference."""
    UNSAFE = "unsafe"
    """Some code may behave otherwise; `Proposal.caution` says which."""


@record
class Proposal:
    """Edits that a fix suggests; those of one file all speak of its text now.

    `title` starts with a verb and names what is changed, in the module of the hop; `repair.verify`
    appends what the fix ends. `caution` is empty for safe ones.
    """

    title: str
    edits: Mapping[SourcePath, tuple[TextEdit, ...]]
    safety: Safety = Safety.SAFE
    caution: str = ""
    served: frozenset[str] = frozenset()
    """Names that the changed module no longer binds but gives through `__getattr__` (PEP 562), and `*`
    where the names of a star-import are written out that others need."""
    created: Mapping[SourcePath, str] = field(default_factory=dict)
    """Files that do not exist yet, and their texts."""
    joint: str = "in"
    """The word between the title and a module's name, for readers who do not see which module it is.
    Empty where the title names its modules itself."""
    cost: str = ""
    """Its cost while the program runs, where that is noticeable; a sentence without its end."""
    elsewhere: str = ""
    """The dotted name of the module, if it is another one than the finding's."""
    for_many: str = ""
    """The title for such a fix in several files, with `{}` for the names; empty for a fix that is
    never joined with others of its kind."""
    names: tuple[str, ...] = ()
    """The names of the import that the fix is about, as the file reads them."""

    @property
    def full_title(self) -> str:
        """The title with the module, if that is not the finding's."""
        if not (self.elsewhere and self.joint):
            return self.title
        return f"{self.title} {self.joint} {self.elsewhere}"


@record
class Refusal:
    """Why a fix is not offered: a sentence without its end, in the user's terms."""

    reason: str
    applies: bool = True
    """False: the fix does not fit the import at all, and users need not read of it."""
    instead: tuple[tuple[ModuleName, ModuleName], ...] = ()
    """After a trial: imports, as importer and imported, at which first imports fail now instead."""


@record
class Binding:
    """One imported module of a statement, or one name of its `from` list, that makes an edge."""

    import_id: int
    record: ImportRecord
    name: ImportedName | None = None
    """None: the whole record, all names of its `from` list."""

    @property
    def names(self) -> tuple[ImportedName, ...]:
        """The names of the `from` list that are meant; empty for `import a.b`."""
        if self.name is not None:
            return (self.name,)
        return self.record.names or ()

    @property
    def read_as(self) -> tuple[str, ...]:
        """The names that the file reads: `a.b` after `import a.b`."""
        if self.record.names is None:
            return (self.record.bound_as or self.record.module,)
        return tuple([name.bound_as for name in self.names])


def bindings_at(summary: ModuleSummary, sites: Container[int]) -> tuple[Binding, ...]:
    """The statements, or names in them, that stand at these import sites, in their order."""
    found = []
    for import_id, each in enumerate(summary.imports):
        if each.site in sites:
            found.append(Binding(import_id, each))
        else:
            names = [name for name in each.names or () if name.site in sites]
            found += [Binding(import_id, each, name) for name in names]
    return tuple(found)


@record
class Hop:
    """One edge of a cycle, with the statements that make it."""

    importer: ModuleName
    imported: ModuleName
    bindings: tuple[Binding, ...]
    """In the order of the text; all of them have to go for the edge to go."""

    @property
    def names(self) -> frozenset[str]:
        """What is imported: the names in the imported module; empty for the module itself."""
        return frozenset(name.name for each in self.bindings for name in each.names)


@record
class RuntimeAnnotations:
    """What the project's configuration says of annotations that are read while it runs.

    Source: ruff's `lint.flake8-type-checking` table.
    """

    base_classes: frozenset[str] = frozenset()
    """`runtime-evaluated-base-classes`, dotted."""
    decorators: frozenset[str] = frozenset()
    """`runtime-evaluated-decorators`, dotted."""
    quote: bool = False
    """`quote-annotations`: quotes are preferred over `from __future__ import annotations`."""
    strict: bool = False
    """`strict`: also where another import of the same module stays at run time."""


@record
class FixSettings:
    """What the configuration says of fixes."""

    annotations: RuntimeAnnotations = field(default_factory=RuntimeAnnotations)
    sorting: SortStyle = field(default_factory=SortStyle)


@record
class FixContext:
    """The facts that a fix may ask for. Costly ones are functions; their answers are cached."""

    finding: Finding
    hop: Hop
    knot: frozenset[ModuleName]
    """The modules that the hop's cycle is part of: each leads to each."""
    layout: Layout
    target: PythonTarget
    settings: FixSettings
    text: Callable[[ModuleName], str | None]
    """The text of a module as it is now; None when it is not available, or does not parse."""
    text_at: Callable[[SourcePath], str | None]
    """The text of any file, be it of a module or not; None where there is none."""
    uses: Callable[[ModuleName], FileUses | None]
    """Its tree and who uses which name in it; None where there is no text."""
    level: Callable[[ModuleName], TopLevel | None]
    """The statements of its top level; None where there is no text."""
    site: Callable[[ModuleName, int], Site]
    """Where an import site of a module stands: `ImportRecord.site`, `.statement`, of a name."""
    summary: Callable[[ModuleName], ModuleSummary | None]
    runs_while_loading: Callable[[ModuleName, int], bool]
    """Whether a module of the knot, while it loads, calls a function of a module, by code number."""
    readers: Callable[[ModuleName, str], tuple[ModuleName, ...]]
    """The modules that read a name from a module, or may: by `from`, star or attribute; sorted."""
    patched: Callable[[str], tuple[SourcePath, ...]]
    """Files in which a dotted name such as `shop.orders.Order` stands as a string: `mock.patch`
    looks it up in the module that is named. For a name without a dot, the files that may set an
    attribute of that name by a string: `setattr`, `patch.object`. For `:shop.orders`, those that get
    the module from `sys.modules` or by `import_module`; for `:`, those that reload any. For
    `app:shop.orders`, those that speak of `INSTALLED_APPS` and have the name in quotes; for
    `class:Order`, those with a statement that makes a class of that name."""
    annotation_readers: Callable[[], tuple[AnnotationReader, ...]]
    """Signs anywhere in the project that annotations are read at run time."""
    definition: Callable[[ModuleName, int], tuple[ModuleName, str] | None]
    """The answer of a second tool: the module that defines the name at an offset of a module's
    text, and what the name is there. None without a single answer in the project. Slow, and only
    good for confirming: see `import_cycles.workspace.jedi_names`."""
    resolve: Callable[[ModuleName, str, int], ModuleName | None]
    """The project module that a dotted name with this many leading dots means to an importer."""
    new_name: str = ""
    """What the user calls a module that a fix makes, without its package; empty: the fix finds a name."""

    def path_of(self, module: ModuleName) -> SourcePath:
        """The file of a module that has a text."""
        file = self.layout.module(module)
        assert file is not None, f"{module} has no file"
        return file.path


class Refactoring(Enum):
    """Under which heading editors list what is more than a quick fix (LSP, `CodeActionKind`)."""

    MOVE = "refactor.move"
    INLINE = "refactor.inline"
    REWRITE = "refactor.rewrite"


@record
class FixKind:
    """One quick fix. `docs` is the docstring of its file: the section of docs/fixes.md.

    `propose` yields proposals, best first, or one refusal. It is called with all bindings of a hop
    first. For a missing name it is called again with that name alone if the first call gave nothing
    useful.
    """

    code: str
    docs: str
    subjects: frozenset[Subject]
    """What the findings are about that it can end."""
    propose: Callable[[FixContext], Iterable[Proposal | Refusal]]
    rank: int
    """Fixes are offered in this order; the lowest safe one is the preferred."""
    ends_cycles: bool = True
    """False: it accepts the finding and leaves the program as it is."""
    refactoring: Refactoring | None = None
    """What editors offer it as, if it is more than a quick fix."""
    keeps_registrations: bool = False
    """True: refused where a first import would no longer load a module that may register something,
    or that another module counts on."""
    names_by_text: bool = False
    """True: a framework finds by a text what was imported. What is no longer loaded is told even if
    the fix is unsafe for another reason."""
    writes_stars_out: bool = False
    """Whether it is also proposed for a star-import, whose names are written out first."""
    is_last_resort: bool = False
    """Whether users prefer any other fix to this one, however much code the other adds."""

    @property
    def moves_code(self) -> bool:
        """Whether definitions get another module."""
        return self.refactoring in (Refactoring.MOVE, Refactoring.INLINE)

    @property
    def tells_unloaded(self) -> bool:
        """Whether users hear of what is no longer loaded even if it is unsafe for another reason."""
        return self.moves_code or self.keeps_registrations or self.names_by_text
