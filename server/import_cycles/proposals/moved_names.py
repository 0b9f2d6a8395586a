"""The common part of fixes that move an import out of the top level.

`moved_names` finds the names, their uses, and every reason to leave them where they are; `Typing`
makes the edits for those uses that only type checkers need: the import under `TYPE_CHECKING`, and
annotations that are not evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import dotted_name
from import_cycles.base.record import record
from import_cycles.libraries.facts import Gives, Reads
from import_cycles.libraries.table import facts
from import_cycles.proposals.annotation_words import RELOADS
from import_cycles.proposals.definitions import replaced_by_string
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.hop_text import HopText, hop_text
from import_cycles.proposals.origins import External, Origins, dotted_parts
from import_cycles.proposals.runtime_annotations import LAZY_SINCE, AnnotationConcerns
from import_cycles.source.insertion import (
    NotPossible,
    future_annotations,
    has_future_annotations,
    quoted,
)
from import_cycles.source.scopes import AnnotationPlace, Read
from import_cycles.source.statements import Enclosure, ImportStatement
from import_cycles.source.uses import FileUses, Moment, NameUses, module_chain, moment


@record
class MovedName:
    """One item of an import statement, and the reads that need it."""

    statement: ImportStatement
    alias: int
    name: str
    """As it is read: `Order`, or `shop.orders` for `import shop.orders`."""
    uses: NameUses
    reads: tuple[Read, ...]


@record
class MovedNames:
    """All that a hop is made of."""

    text: HopText
    names: tuple[MovedName, ...]

    @property
    def n_told(self) -> int:
        """How many names there are."""
        return len({each.name for each in self.names})

    @property
    def told_names(self) -> tuple[str, ...]:
        """Each name once, as the file reads it."""
        return tuple(dict.fromkeys(each.name for each in self.names))

    @property
    def told(self) -> str:
        """For titles: `` `Order` and `User` ``."""
        return in_prose(self.told_names)


def in_prose(names: Iterable[str]) -> str:
    """Names in backquotes, joined as people join them."""
    quoted_names = [f"`{name}`" for name in names]
    if len(quoted_names) < 2:
        return "".join(quoted_names)
    return f"{', '.join(quoted_names[:-1])} and {quoted_names[-1]}"


def line_of(read: Read, uses: FileUses) -> int:
    """The line of a read, from 1."""
    if read.span is not None:
        return uses.file.line_of(read.span.start) + 1
    return read.node.lineno


def moved_names(context: FixContext) -> MovedNames | Refusal:
    """The names of a hop, if each can leave the top level without being missed."""
    found = _names(context)
    if isinstance(found, Refusal):
        return found
    for each in found.names:
        if _is_unused(each):
            return Refusal(
                f"nothing in this file uses `{each.uses.name}`: the import may be there for what it does"
            )
    return found


def unused_names(context: FixContext) -> MovedNames | Refusal:
    """The names of a hop, if nothing in the file needs any of them."""
    found = _names(context)
    if isinstance(found, Refusal):
        return found
    for each in found.names:
        if not _is_unused(each):
            return Refusal(f"`{each.name}` is used in this file", applies=False)
        item = each.statement.node.names[each.alias]
        if item.asname is not None and item.asname == item.name:
            return Refusal(f"`{item.name} as {item.name}` says that others may take it from here")
    return found


def _is_unused(name: MovedName) -> bool:
    return not name.reads and not name.uses.type_comments


def _names(context: FixContext) -> MovedNames | Refusal:
    text = hop_text(context)
    if isinstance(text, Refusal):
        return text
    found = []
    for chosen in text.chosen:
        refusal = _statement_refusal(chosen.statement)
        if refusal is not None:
            return refusal
        for alias in chosen.aliases:
            name = _moved_name(text, chosen.statement, alias)
            if isinstance(name, Refusal):
                return name
            found.append(name)
    return MovedNames(text, tuple(found))


def _statement_refusal(statement: ImportStatement) -> Refusal | None:
    if "*" in statement.bound_names():
        return Refusal("it is not known which names a star-import is made for")
    if statement.is_lazy:
        return Refusal("the import is lazy already")
    told = {
        Enclosure.FUNCTION: "the import stands in a function",
        Enclosure.CLASS: "the import stands in a class",
        Enclosure.CONDITION: "the import stands under a condition",
        Enclosure.TRY: "the import stands in a `try` statement",
        Enclosure.WITH: "the import stands in a `with` statement",
        Enclosure.TYPING: "the import is for type checkers already",
    }
    return Refusal(told[statement.around[0]]) if statement.around else None


def _moved_name(text: HopText, statement: ImportStatement, alias: int) -> MovedName | Refusal:
    bound = statement.bound_name(alias)
    item = statement.node.names[alias]
    is_dotted = isinstance(statement.node, ast.Import) and not item.asname and "." in item.name
    uses = text.uses.of(bound)
    if uses.unknown:
        return Refusal(uses.unknown)
    if uses.in_all:
        return Refusal(f"`{bound}` is listed in `__all__`")
    if all_is_computed(text.uses):
        return Refusal("`__all__` is computed")
    if uses.doctests:
        return Refusal(f"a doctest in line {uses.doctests[0] + 1} uses `{bound}`")
    reads = _reads(text, uses, item.name if is_dotted else "", statement)
    if isinstance(reads, Refusal):
        return reads
    return MovedName(statement, alias, item.name if is_dotted else bound, uses, reads)


def all_is_computed(uses: FileUses) -> bool:
    """Whether `__all__` is made of something else than strings."""
    return any(
        isinstance(node, ast.Assign | ast.AugAssign)
        and any(
            isinstance(target, ast.Name) and target.id == "__all__"
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
        and any(isinstance(each, ast.Call | ast.comprehension) for each in ast.walk(node.value))
        for node in uses.file.tree.body
    )


def _reads(
    text: HopText, uses: NameUses, dotted: str, statement: ImportStatement
) -> tuple[Read, ...] | Refusal:
    """The reads that need this import, and not another one of the same first name."""
    others = [node for node in uses.bindings if node is not statement.node]
    if not dotted:
        return Refusal(f"`{uses.name}` is bound in more than one way") if others else uses.reads
    modules: set[tuple[str, ...]] = {tuple(dotted.split("."))}
    for node in others:
        top_level = any(node is each.node and each.is_top_level for each in text.statements)
        if not isinstance(node, ast.Import) or not top_level:
            return Refusal(f"`{uses.name}` is bound in more than one way")
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) == uses.name:
                modules.add(tuple(alias.name.split(".")))
                if alias.asname or alias.name == dotted:
                    return Refusal(f"`{uses.name}` is bound in more than one way")
    mine = []
    for read in uses.reads:
        needed = module_chain(read, modules)
        if needed is None:
            return Refusal(f"`{uses.name}` is used as a whole")
        if ".".join(needed) == dotted:
            mine.append(read)
    return tuple(mine)


# --- uses that only type checkers need -------------------------------------------------------


def is_cast(read: Read, context: FixContext) -> bool:
    """Whether a read is the first argument of `typing.cast`, which can be quoted."""
    annotation = read.annotation
    if annotation is None or annotation.place is not AnnotationPlace.CAST:
        return False
    call = annotation.owner
    if not isinstance(call, ast.Call):
        return False
    origins = Origins(context.summary, context.resolve)
    origin = origins.of(context.hop.importer, dotted_parts(call.func))
    if not isinstance(origin, External):
        return False
    does = facts(origin.dotted)
    return does.gives is Gives.ARGUMENT and does.argument == 1


def is_typing_only(read: Read, context: FixContext) -> bool:
    """Whether nothing needs what is read while the program runs, annotations made lazy."""
    return moment(read) in (Moment.NEVER, Moment.ANNOTATION) or is_cast(read, context)


@record
class TypingEdits:
    """What makes annotations lazy, and who might mind."""

    edits: tuple[TextEdit, ...]
    caution: str


def typing_edits(
    context: FixContext, uses: FileUses, reads: Sequence[Read]
) -> TypingEdits | Refusal:
    """Edits after which none of the reads, all typing-only, is evaluated."""
    concerns = AnnotationConcerns(context, context.hop.importer, uses)
    caution = ""
    for read in reads:
        concern = concerns.concern(read)
        if concern is not None and concern.is_certain:
            return Refusal(f"`{read.name}` is used in an annotation, and {concern.reason}")
        if concern is not None:
            caution = caution or concern.reason
    try:
        casts = [
            _root(read) for read in reads if moment(read) is not Moment.NEVER and _in_cast(read)
        ]
        evaluated = [_root(read) for read in reads if _is_evaluated(read)]
        edits = [quoted(uses.file, root) for root in _once(casts)]
        if evaluated and not _is_lazy(context, uses):
            edits += _lazy_annotations(context, uses, concerns, list(_once(evaluated)))
    except NotPossible as error:
        return Refusal(error.reason)
    return TypingEdits(tuple(edits), caution)


def _lazy_annotations(
    context: FixContext,
    uses: FileUses,
    concerns: AnnotationConcerns,
    roots: Sequence[ast.expr],
) -> tuple[TextEdit, ...]:
    """The future import where no code is affected by it, else quotes."""
    if not context.settings.annotations.quote and not concerns.whole_file_concern():
        return future_annotations(uses.file)
    return tuple(quoted(uses.file, root) for root in roots)


def _is_lazy(context: FixContext, uses: FileUses) -> bool:
    return context.target.version >= LAZY_SINCE or has_future_annotations(uses.file)


def _is_evaluated(read: Read) -> bool:
    return moment(read) is Moment.ANNOTATION


def _in_cast(read: Read) -> bool:
    return read.annotation is not None and read.annotation.place is AnnotationPlace.CAST


def _root(read: Read) -> ast.expr:
    assert read.annotation is not None
    return read.annotation.root


def _once(roots: Iterable[ast.expr]) -> Iterator[ast.expr]:
    seen: set[int] = set()
    for root in roots:
        if id(root) not in seen:
            seen.add(id(root))
            yield root


# --- who else may miss the name --------------------------------------------------------------


def patched_caution(context: FixContext, names: Iterable[MovedName]) -> str:
    """A module that takes one of the names from this module in a way that no import shows.

    `mock.patch` replaces it by its dotted name; plug-in loaders look at all that a module holds.
    """
    importer = context.hop.importer
    tail = dotted_name(context.hop.imported).rpartition(".")[2]
    for each in names:
        holder = replaced_by_string(context, [(importer, each.uses.name)])
        if holder:
            told = f"{dotted_name(importer)}.{each.uses.name}"
            return f"{holder} names `{told}` in a string, as `mock.patch` does"
    for reader in context.annotation_readers():
        if reader.reads & Reads.NAMES:
            known = context.layout.at_path(reader.path)
            who = "a file" if known is None else dotted_name(known.name)
            if reader.word.startswith(RELOADS):
                if reader.word.removeprefix(RELOADS) == tail:
                    return f"{who} loads {dotted_name(context.hop.imported)} anew"
                continue
            if reader.word == "sys.modules":
                return f"{who} has modules loaded a second time"
            return f"{who} looks at the names of modules that it loads by name"
    return ""
