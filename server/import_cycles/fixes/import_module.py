"""Import the module instead of a name out of it.

What it does: `from shop.orders import Order` needs `Order` at once; `from shop import orders` only
needs that the module has started to load. Every use of the name becomes `orders.Order`, quoted
annotations included. Relative imports stay relative. Where the file already uses the module's name
otherwise, the module is imported as `_orders`. The cycle stays, but it no longer crashes.

When it is offered: every use happens later, in a function that does not run while modules load.
Not when the name is bound a second time, here or there, when another module takes it from here, or
when it stands in `__all__`, a doctest or a type comment. It is marked unsafe when a test replaces
the name by a string (`mock.patch`): it would have to name the other module.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ error[cycle-crash]
class Order:
    def buyer(self): return User()
--- shop/users.py
from shop.orders import Order
#                       ^^^^^ error[cycle-crash]
class User:
    def orders(self): return [Order()]
=== fix import-module at shop/users.py "Import the module shop.orders instead of `Order`" safe
--- shop/users.py
from shop import orders
#                ^^^^^^ info[cycle]
class User:
    def orders(self): return [orders.Order()]
```
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterable, Iterator, Mapping

from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.names import child, dotted_name
from import_cycles.base.record import record
from import_cycles.findings.rule import Subject
from import_cycles.proposals.definitions import (
    bindings_of,
    is_submodule,
    means_submodule,
    origin_of,
    reloading,
    replaced_unseen,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.free_names import is_free, is_visible
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.runtime_annotations import AnnotationConcerns
from import_cycles.resolve.targets import package_of
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import below_import
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.uses import (
    Annotation,
    AnnotationPlace,
    Moment,
    NameUses,
    Read,
    moment,
)
from import_cycles.syntax.parsing import parse

CODE = "import-module"

_SUBJECTS = frozenset({Subject.CRASH})


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: the hop's names are read from their module when they are needed."""
    text = hop_text(context)
    if isinstance(text, Refusal):
        yield text
        return
    edits: list[TextEdit] = []
    replaced: list[NameUses] = []
    cautions: list[str] = []
    written: set[str] = set()
    for chosen in text.chosen:
        rewrite = _rewrite(context, text, chosen, written)
        if isinstance(rewrite, Refusal):
            yield rewrite
            return
        edits += rewrite.edits
        replaced += rewrite.replaced
        cautions.append(rewrite.caution)
        written.add(rewrite.statement)
    caution = next(filter(None, cautions), "")
    told = ", ".join(f"`{used.name}`" for used in replaced)
    yield Proposal(
        f"Import the module {dotted_name(context.hop.imported)} instead of {told}",
        {context.path_of(context.hop.importer): tuple(edits)},
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        for_many=f"Import the module {dotted_name(context.hop.imported)} instead of {{}}",
        names=tuple(dict.fromkeys(used.name for used in replaced)),
    )


@record
class _Rewrite:
    edits: tuple[TextEdit, ...]
    replaced: tuple[NameUses, ...]
    statement: str
    caution: str
    """Which code may notice the change; empty when none can."""


def _rewrite(
    context: FixContext, text: HopText, chosen: ChosenItems, written: set[str]
) -> _Rewrite | Refusal:
    """The edits for one statement; `written` are those that are inserted already."""
    statement, node = chosen.statement, chosen.statement.node
    importer, imported = context.hop.importer, context.hop.imported
    if not isinstance(node, ast.ImportFrom):
        return Refusal("the module is imported, not a name out of it", applies=False)
    if statement.around:
        return Refusal(f"the import stands {statement.around[-1].value}")
    if context.resolve(importer, node.module or "", node.level) != imported:
        return Refusal(f"{dotted_name(imported)} is loaded on the way to what is imported")
    replaced = []
    caution = ""
    for alias in chosen.aliases:
        used = text.uses.of(statement.bound_name(alias))
        noticed = _noticed(context, text, used, node.names[alias].name)
        refusal = (
            _unsuitable(context, node.names[alias].name)
            or _kept_here(context, text, used)
            or _used_early(context, text.file, used)
            or (noticed if isinstance(noticed, Refusal) else None)
        )
        if refusal is not None:
            return refusal
        replaced.append(used)
        caution = caution or str(noticed)
    named = _named(context, text, node, [read for used in replaced for read in used.reads])
    if isinstance(named, Refusal):
        return named
    edits: list[TextEdit] = []
    quoted: list[TextEdit] = []
    originals: dict[str, str] = {}
    for alias, used in zip(chosen.aliases, replaced, strict=True):
        original = node.names[alias].name
        if originals.setdefault(original, used.name) != used.name:
            return Refusal(f"`{original}` is imported twice")
        for read in used.reads:
            if read.span is None or _is_shown_as_written(text.file, read):
                return Refusal(f"`{used.name}` stands in a string that cannot be rewritten")
            edit = TextEdit(read.span, f"{named.prefix}.{original}")
            (quoted if read.is_quoted else edits).append(edit)
    if not _is_faithful(text.file, edits, named.prefix, originals):
        return Refusal("a use stands in a place that cannot be rewritten")
    edits += quoted
    is_there = named.is_there or named.statement in written
    inserted = _inserted(text.file, chosen, None if is_there else named.statement)
    if isinstance(inserted, Refusal):
        return inserted
    return _Rewrite((*dict.fromkeys(edits), *inserted), tuple(replaced), named.statement, caution)


# --- whether it can be done ------------------------------------------------------------------


def _unsuitable(context: FixContext, name: str) -> Refusal | None:
    """Why the name may not be read later: its value must be the same at any time."""
    imported = context.hop.imported
    if name == "*":
        return Refusal("a star-import does not say which names it needs")
    if is_submodule(context, imported, name):
        return Refusal(f"`{name}` is a submodule")
    origin = origin_of(context, imported, name)
    if isinstance(origin, Refusal):
        return origin
    changes = value_changes(context, origin)
    return Refusal(changes) if changes else None


def _kept_here(context: FixContext, text: HopText, used: NameUses) -> Refusal | None:
    """Why the name has to stay a name of this module."""
    name = used.name
    if used.unknown:
        return Refusal(used.unknown)
    if len(used.bindings) > 1:
        return Refusal(f"`{name}` is bound more than once in this file")
    if any(name in scope.global_names for scope in text.uses.scopes.scopes):
        return Refusal(f"a function declares `{name}` as global")
    if used.in_all:
        return Refusal(f"`{name}` is listed in `__all__`")
    if used.doctests:
        return Refusal(f"a doctest uses `{name}`")
    if used.type_comments:
        return Refusal(f"a type comment uses `{name}`")
    if not used.reads:
        return Refusal(f"`{name}` is not used in this file, so others may take it from here")
    readers = context.readers(context.hop.importer, name)
    if readers:
        return Refusal(f"{dotted_name(readers[0])} reads `{name}` from this module")
    return None


def _used_early(context: FixContext, file: SourceFile, used: NameUses) -> Refusal | None:
    summary = context.summary(context.hop.importer)
    is_postponed = context.target.version >= (3, 14) or (
        summary is not None and summary.future_annotations
    )
    for read in used.reads:
        when = moment(read)
        if when is Moment.LOADING or (when is Moment.ANNOTATION and not is_postponed):
            line = f" in line {file.line_of(read.span.start) + 1}" if read.span else ""
            return Refusal(f"`{used.name}` is used while the module loads{line}")
    return None


def _noticed(context: FixContext, text: HopText, used: NameUses, original: str) -> Refusal | str:
    """Which code can tell that a use is written differently, or that the name is looked up later."""
    importer, imported = context.hop.importer, context.hop.imported
    caution = ""
    concerns = AnnotationConcerns(context, importer, text.uses)
    for read in used.reads:
        if read.annotation is None or moment(read) is Moment.LATER:
            continue
        if read.annotation.place in (AnnotationPlace.STRING, AnnotationPlace.CAST):
            if read.is_quoted:
                return Refusal(f"a string that may mean `{used.name}` cannot be rewritten")
            continue
        if _is_field(read.annotation):
            return Refusal(f"`{used.name}` is the type of a field, which others may read by name")
        concern = concerns.concern(read)
        if concern is not None and concern.is_certain:
            return Refusal(f"`{used.name}` is used in an annotation, and {concern.reason}")
        caution = caution or ("" if concern is None else concern.reason)
    holder = replaced_unseen(context, [(importer, used.name), (imported, original)])
    if holder:
        return caution or f"{holder} may replace `{used.name}` without naming it in code"
    holder = reloading(context)
    return caution or (f"{holder} reloads modules, which replaces what they have" if holder else "")


def _is_field(annotation: Annotation) -> bool:
    """Whether it is the annotation of a class variable, and the class is no plain one."""
    owner = annotation.scope.node
    return (
        annotation.place is AnnotationPlace.CLASS_VARIABLE
        and isinstance(owner, ast.ClassDef)
        and bool(owner.bases or owner.keywords or owner.decorator_list)
    )


def _is_shown_as_written(file: SourceFile, read: Read) -> bool:
    """Whether the text of an expression is part of its value: `f"{name=}"`, template strings."""
    if not read.in_f_string or read.span is None:
        return False
    if any(type(node).__name__ == "TemplateStr" for node in ast.walk(file.tree)):
        return True
    return "=" in file.text[read.span.end :].partition("}")[0]


def _is_faithful(
    file: SourceFile, edits: Iterable[TextEdit], prefix: str, originals: Mapping[str, str]
) -> bool:
    """Whether the edits change nothing but reads of the names: the new text is read again.

    Python before 3.12 is not always right about where an expression of an f-string stands.
    """
    try:
        written = parse(apply_edits(file.parsed_text, dict.fromkeys(edits))).tree
    except (SyntaxError, ValueError):
        return False
    plain = _Plain(prefix, originals)
    trees = (written, parse(file.parsed_text).tree)
    after, before = (ast.dump(plain.visit(tree)) for tree in trees)
    return after == before


class _Plain(ast.NodeTransformer):
    """Writes `orders.Order` as `Order` again."""

    def __init__(self, prefix: str, originals: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._originals = originals

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        match node:
            case ast.Attribute(value=ast.Name(id=prefix), attr=name) if (
                prefix == self._prefix and name in self._originals
            ):
                return ast.Name(self._originals[name], node.ctx)
            case _:
                self.generic_visit(node)
                return node


# --- what the module is called ---------------------------------------------------------------


@record
class _Named:
    """An import statement, and what stands for the module after it."""

    statement: str
    prefix: str
    is_there: bool = False
    """The file has that statement already."""


def _named(
    context: FixContext, text: HopText, node: ast.ImportFrom, reads: list[Read]
) -> _Named | Refusal:
    """How to import and name the module, so that the name means the module at all of the reads."""
    imported = context.hop.imported
    around, _, last = dotted_name(imported).rpartition(".")
    package = context.resolve(context.hop.importer, around, 0) if around else None
    is_meant = package is not None and child(package, last) == imported
    if around and not (is_meant and package and means_submodule(context, package, last)):
        return Refusal(f"{around} may have something else called `{last}`")
    source = _source(context, node)
    if source is None:
        return Refusal(f"{dotted_name(imported)} cannot be named from here")
    own = f"{last}_module" if last.startswith("_") else f"_{last}"
    for prefix in (last, own):
        statement = f"from {source} import {last}" if source else f"import {last}"
        named = _Named(statement if prefix == last else f"{statement} as {prefix}", prefix)
        if is_free(context, text, prefix, reads, imported):
            return named
        if prefix == last and _is_there(text, node, source, last, reads):
            return _Named(named.statement, prefix, is_there=True)
    return Refusal(f"there is no free name for {dotted_name(imported)} here")


def _source(context: FixContext, node: ast.ImportFrom) -> str | None:
    """What the module is to be imported from; empty for a top-level module."""
    importer, imported = context.hop.importer, context.hop.imported
    written = node.module or ""
    if written:
        return "." * node.level + written.rpartition(".")[0]
    file = context.layout.module(importer)
    if file is None:
        return None
    depth = len(package_of(file).split(".")) - node.level + 1
    if depth > 1:
        return "." * (node.level + 1)
    # `from . import name` in a top-level package.
    return "" if context.resolve(importer, dotted_name(imported), 0) == imported else None


def _is_there(
    text: HopText, node: ast.ImportFrom, source: str, last: str, reads: list[Read]
) -> bool:
    """Whether the file imports the module under its own name already."""
    bound = bindings_of(text.uses, last)
    if len(bound) != 1 or bound[0] not in text.file.tree.body:
        return False
    match bound[0]:
        case ast.Import(names=names):
            is_same = not source and any(alias.name == last and not alias.asname for alias in names)
        case ast.ImportFrom(module=module, level=level, names=names) if bound[0] is not node:
            is_same = f"{'.' * level}{module or ''}" == source and any(
                alias.name == last and not alias.asname for alias in names
            )
        case _:
            is_same = False
    return is_same and is_visible(text, last, reads)


# --- the import ------------------------------------------------------------------------------


def _inserted(
    file: SourceFile, chosen: ChosenItems, statement: str | None
) -> tuple[TextEdit, ...] | Refusal:
    """Takes the names out of their statement, and adds the new one; None: the file has it already."""
    node = chosen.statement.node
    removed = remove_names(file, [(chosen.statement, chosen.aliases)])
    if statement is None:
        return without_blank_top(file, removed)
    if not chosen.is_whole:
        if not file.begins_line(node):
            return Refusal("the import shares its line with other code")
        return (*removed, below_import(file, chosen.statement, statement))
    span = file.span(node)
    comments = "".join(f"  {comment}" for comment in _comments(file, node))
    if comments and file.rest_of_line(span.end).strip().startswith(";"):
        return Refusal("the import has comments and shares its line with other code")
    return (TextEdit(span, statement + comments),)


def _comments(file: SourceFile, node: ast.stmt) -> Iterator[str]:
    """The comments inside of a statement."""
    span = file.span(node)
    for token in file.tokens(span.start, span.end):
        if token.kind == tokenize.COMMENT and token.span.start < span.end:
            yield token.text


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=40)
