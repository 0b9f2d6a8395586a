"""Reads of a class in places where a framework takes a text, too, and looks the class up later.

What is common to the frameworks: the argument of a call that a read stands in, the function that
is called, and the edits that take a class's place. What the text is, each framework says:
`import_cycles.proposals.django_models`, `mapped_classes`, `lazy_types`, `rebuilt_models`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, SourcePath, ancestors, child
from import_cycles.base.record import field, record
from import_cycles.libraries.facts import NONE, Registry
from import_cycles.libraries.table import facts
from import_cycles.proposals.fix import FixContext, Hop
from import_cycles.proposals.origins import (
    External,
    Origin,
    Origins,
    OwnClass,
    OwnValue,
    dotted_parts,
    step_parts,
)
from import_cycles.source.file import SourceFile
from import_cycles.source.scopes import Read
from import_cycles.source.uses import FileUses
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import Binder, binders
from import_cycles.syntax.imports import ImportFlag, When

_DEPTH: Final = 12


@record
class Reference:
    """Reads of a hop's names that a text takes the place of, and all that goes with it."""

    reads: tuple[Read, ...]
    name: str
    """What is referred to, as it was written: `Order`, `orders.Order`."""
    edits: tuple[TextEdit, ...]
    """In the file of the importer."""
    told: str
    """What is written now, for titles: `"shop.Order"`."""
    caution: str
    """Which code may see a difference."""
    is_seen_by_type_checkers: bool = False
    """Type checkers look the name up in the file, so it is imported for them."""
    elsewhere: Mapping[SourcePath, tuple[TextEdit, ...]] = field(default_factory=dict)
    """Edits in other files."""


@record
class Argument:
    """The argument of a call that an expression stands in, at whatever depth."""

    call: ast.Call
    place: int | str
    """Its position, or its keyword."""
    value: ast.expr


def in_quotes(file: SourceFile, text: str) -> str:
    """A text as the file writes most of its texts: in double quotes, unless it prefers single ones."""
    quote = "'" if file.text.count("'") > 2 * file.text.count('"') else '"'
    return f"{quote}{text}{quote}"


class Surroundings:
    """What stands around the nodes of a file. Cost: one walk over its tree."""

    def __init__(self, uses: FileUses) -> None:
        self._parents = {
            child: node for node in ast.walk(uses.file.tree) for child in ast.iter_child_nodes(node)
        }

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around one, innermost first."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def chain(self, node: ast.expr) -> ast.expr:
        """A name with all attributes that are read of it at once."""
        for above in self.around(node):
            if not (isinstance(above, ast.Attribute) and above.value is node):
                break
            node = above
        return node

    def arguments(self, node: ast.AST) -> Iterator[Argument]:
        """The arguments that a node stands in, innermost first, up to the statement around it."""
        inner: ast.AST = node
        keyword: ast.keyword | None = None
        for above in self.around(node):
            if isinstance(above, ast.stmt):
                return
            if isinstance(above, ast.keyword):
                keyword = above
                continue
            if isinstance(above, ast.Call) and inner is not above.func:
                if keyword is not None and keyword.arg is not None:
                    yield Argument(above, keyword.arg, keyword.value)
                elif keyword is None and isinstance(inner, ast.expr) and inner in above.args:
                    yield Argument(above, above.args.index(inner), inner)
            inner, keyword = above, None

    def classes(self, node: ast.AST) -> Iterator[ast.ClassDef]:
        """The classes that a node stands in, innermost first."""
        return (above for above in self.around(node) if isinstance(above, ast.ClassDef))


@record
class Place:
    """One read of a hop's name, and what an answer about it needs."""

    context: FixContext
    uses: FileUses
    origins: Origins
    surroundings: Surroundings
    read: Read

    @property
    def importer(self) -> ModuleName:
        """The module that the read stands in."""
        return self.context.hop.importer

    @property
    def whole(self) -> ast.expr:
        """The name with all attributes that are read of it at once."""
        return self.surroundings.chain(self.read.node)

    @property
    def meaning(self) -> Origin:
        """What that is."""
        return self.origins.of(self.importer, (self.read.name, *self.read.attributes))

    @property
    def name(self) -> str:
        """It, as it is written."""
        return ".".join((self.read.name, *self.read.attributes))

    @property
    def told(self) -> str:
        """It, for users."""
        return f"`{self.name}`"

    def takes_texts(self, function: ast.expr) -> TakesTexts | None:
        """What a called function takes texts for."""
        return takes_texts(self.context, self.origins, self.importer, function)


@record
class TakesTexts:
    """A function that takes texts in place of classes."""

    registry: Registry
    places: tuple[int | str, ...]
    """The arguments that may be texts."""


def takes_texts(
    context: FixContext, origins: Origins, module: ModuleName, function: ast.expr
) -> TakesTexts | None:
    """What a called function takes texts for; None when it takes none, or it is not known.

    A class of the project counts as what it derives from, unless it looks at its arguments itself.
    """
    return _takes(context, origins, origins.of(module, dotted_parts(function)), _DEPTH)


_LOOKING: Final = frozenset({"__init__", "__new__", "__init_subclass__", "contribute_to_class"})
"""Methods with which a field may ask for more than a text can give."""


def _takes(context: FixContext, origins: Origins, origin: Origin, depth: int) -> TakesTexts | None:
    match origin:
        case External(dotted=dotted):
            does = facts(dotted)
            if does.registry is Registry.NONE or does.takes_texts == NONE:
                return None
            return TakesTexts(does.registry, does.takes_texts)
        case OwnValue(module=module, value=s.Call(function=function), attributes=(name,)):
            # A method of an object: `db.relationship`.
            made_by = origins.of(module, step_parts(function))
            if not isinstance(made_by, External):
                return None
            return _takes(context, origins, External(f"{made_by.dotted}().{name}"), depth)
        case OwnClass(module=module, step=step) if depth and len(step.bases) == 1:
            if not _LOOKING.isdisjoint(class_binders(context, origin)):
                return None
            base = origins.of(module, step_parts(step.bases[0]))
            return _takes(context, origins, base, depth - 1)
        case _:
            return None


# --- classes of the project --------------------------------------------------------------------


def class_binders(context: FixContext, found: OwnClass) -> dict[str, list[Binder]]:
    """What binds the names of a class's body."""
    summary = context.summary(found.module)
    assert summary is not None, f"{found.module} has a class and no summary"
    return binders(found.step.body, summary.imports)


def constant(bound: Iterable[Binder]) -> s.Constant | None:
    """The constant that the only binding of a name gives it; None for everything else."""
    match list(bound):
        case [(s.Assign() | s.AnnotatedAssign(), s.Constant() as value)]:
            return value
        case _:
            return None


def is_of_top_level(origins: Origins, found: OwnClass) -> bool:
    """Whether its name in the module means a class, and nothing else."""
    known = origins.of(found.module, (found.step.name,))
    return isinstance(known, OwnClass) and known.step is found.step


# --- what is loaded ----------------------------------------------------------------------------

_MOST_MODULES: Final = 400
"""That are looked at to find out whether a module loads another one."""


def loads(context: FixContext, start: ModuleName, wanted: ModuleName) -> bool:
    """Whether loading a module surely loads another one, without the import of the hop.

    Only imports of the top level count that stand under no condition.
    """
    pending, seen = [start], {start}
    while pending and len(seen) < _MOST_MODULES:
        module = pending.pop()
        if module == wanted:
            return True
        for found in _imported(context, module, context.hop):
            if found not in seen:
                seen.add(found)
                pending.append(found)
    return False


def _imported(context: FixContext, module: ModuleName, hop: Hop) -> Iterator[ModuleName]:
    summary = context.summary(module)
    if summary is None or context.layout.module(module) is None:
        return
    unsure = ImportFlag.CONDITIONAL | ImportFlag.GUARDED | ImportFlag.DYNAMIC | ImportFlag.LAZY
    for each in summary.imports:
        if each.code != 0 or each.when is not When.RUNTIME or each.flags & unsure:
            continue
        found = context.resolve(module, each.module, each.level)
        if found is None:
            continue
        for name in (None, *(each.names or ())):
            target = found if name is None else child(found, name.name)
            if context.layout.module(target) is None or (module, target) == (
                hop.importer,
                hop.imported,
            ):
                continue
            yield target
            yield from ancestors(target)
