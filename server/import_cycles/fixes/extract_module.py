"""Move what two modules need of each other into a third one.

What it does: the definitions that an import of the cycle asks for move to a new module that imports
nothing back, together with the helpers, constants and bases that they use. It stands in the deepest package
that the modules share. The text stays as it is written, with decorators and comments; imports come along as far as
the moved code uses them, and what the old module does not use any more goes. Both old modules import the names
from the new one, so every other importer, `__all__`, pickles and entry points go on working. A logger
of the old module (`logging.getLogger(__name__)`) is there twice.

When it is offered: when the names, with all that they read, make less than the whole of a module, and the first imports
still work. Not when one of them is bound a second time, set from outside or replaced by a string
(`mock.patch`) where the moved code would miss that; not when the code reads `__name__`, `__file__`,
`globals()` and the like, or says `global`. It is always marked unsafe: the `__module__` of what moves is another one.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ error[cycle-crash]

LIMIT = 10


class Order:
    buyer = User("nobody")
--- shop/users.py
from shop.orders import LIMIT
#                       ^^^^^ error[cycle-crash]


class User:
    def __init__(self, name): self.name = name[:LIMIT]
=== fix extract-module at shop/users.py "Move `LIMIT` to the new module shop._shared" unsafe
--- shop/orders.py
from shop._shared import LIMIT  # noqa: F401
from shop.users import User


class Order:
    buyer = User("nobody")
--- shop/users.py
from shop._shared import LIMIT


class User:
    def __init__(self, name): self.name = name[:LIMIT]
--- shop/_shared.py
\"\"\"What shop.orders and shop.users both need.\"\"\"

LIMIT = 10
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.proposals.definitions import is_submodule, origin_of
from import_cycles.proposals.extraction import Definition, Extraction, Part, extraction
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.moved_names import in_prose
from import_cycles.proposals.new_module import (
    Place,
    free_place,
    from_import,
    module_text,
    name_from,
)
from import_cycles.source.file import SourceFile
from import_cycles.source.import_insertion import import_run, sorted_into
from import_cycles.source.insertion import NotPossible, trailing_comment
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.statements import Enclosure, ImportStatement
from import_cycles.source.top_level import Unit, UnitKind

CODE = "extract-module"

_SUBJECTS = CYCLE_SUBJECTS - {Subject.STAR}

MOST_NAMED = 3
"""Names in a title; more are counted."""


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: the names of the hop, with all that they need, move to a new module."""
    text = hop_text(context)
    if isinstance(text, Refusal):
        yield text
        return
    try:
        yield _proposal(context, text)
    except NotPossible as error:
        yield Refusal(error.reason)


def _proposal(context: FixContext, text: HopText) -> Proposal | Refusal:
    wanted = _wanted(context, text)
    if isinstance(wanted, Refusal):
        return wanted
    moving = extraction(context, wanted)
    if isinstance(moving, Refusal):
        return moving
    importer = context.hop.importer
    users = {importer, *(part.module for part in moving.parts if part.units)}
    place = free_place(context, sorted(users))
    if isinstance(place, Refusal):
        return place
    edits: dict[SourcePath, tuple[TextEdit, ...]] = {}
    parts = {part.module: part for part in moving.parts}
    for module in sorted(users):
        hop = text if module == importer else None
        rewriting = _Rewriting(context, moving, place, module, parts.get(module), hop)
        edits[context.path_of(module)] = without_blank_top(rewriting.file, rewriting.edits())
    dotted = dotted_name(place.module)
    cautions = (f"`__module__` of what moves is {dotted} then", *moving.cautions)
    return Proposal(
        f"Move {_told(moving)} to the new module {dotted}",
        edits,
        Safety.UNSAFE,
        "; ".join(cautions),
        created={place.path: module_text(context, moving, place, users)},
    )


def _told(moving: Extraction) -> str:
    names = moving.names
    if len(names) <= MOST_NAMED:
        return in_prose(names)
    return f"{', '.join(f'`{name}`' for name in names[:2])} and {len(names) - 2} more"


def _wanted(context: FixContext, text: HopText) -> list[Definition] | Refusal:
    """What the import asks for, if the imported module defines it."""
    importer, imported = context.hop.importer, context.hop.imported
    wanted: list[Definition] = []
    for chosen in text.chosen:
        statement = chosen.statement
        if not statement.is_top_level:
            return Refusal(f"the import stands {statement.around[-1].value}")
        node = statement.node
        if not isinstance(node, ast.ImportFrom):
            return Refusal("a module is imported, not a name out of it", applies=False)
        source = context.resolve(importer, node.module or "", node.level)
        for number in chosen.aliases:
            name = node.names[number].name
            if name == "*":
                return Refusal("it is not known which names a star-import is made for")
            if source is not None and is_submodule(context, source, name):
                return Refusal("a module is imported, not a name out of it", applies=False)
            if source != imported:
                told = f"{dotted_name(imported)} is loaded on the way to what is imported"
                return Refusal(told, applies=False)
            origin = origin_of(context, imported, name)
            if isinstance(origin, Refusal):
                return origin
            if origin.module != imported:
                return Refusal(f"{dotted_name(imported)} only passes `{name}` on", applies=False)
            wanted.append((imported, name))
    return wanted


@record
class _Import:
    """An item for the import from the new module: the name there, and here."""

    name: str
    bound_as: str

    @property
    def written(self) -> str:
        return self.name if self.name == self.bound_as else f"{self.name} as {self.bound_as}"


class _Rewriting:
    """What changes in one old module."""

    def __init__(
        self,
        context: FixContext,
        moving: Extraction,
        place: Place,
        module: ModuleName,
        part: Part | None,
        hop: HopText | None,
    ) -> None:
        level = context.level(module)
        assert level is not None, f"{module} has been read before"
        self._context = context
        self._moving = moving
        self._place = place
        self._module = module
        self._uses = level.uses
        self._level = level
        self._units: tuple[Unit, ...] = part.units if part is not None else ()
        self._names = part.names if part is not None else ()
        self._chosen: tuple[ChosenItems, ...] = hop.chosen if hop is not None else ()
        self._gone = {unit.position for unit in self._units}
        """Positions of what leaves the text."""

    @property
    def file(self) -> SourceFile:
        """The text as it is, with its tree."""
        return self._uses.file

    def edits(self) -> Iterator[TextEdit]:
        """All of them, for the text as it is."""
        file = self.file
        guards = self._needless_guards()
        self._gone = {unit.position for unit in (*self._units, *guards)}
        gone = [(each.statement, set(each.aliases)) for each in self._chosen]
        for statement, aliases in self._needless():
            known = next((items for each, items in gone if each is statement), None)
            if known is None:
                gone.append((statement, aliases))
            else:
                known |= aliases
        inserted, replaced = self._new_import()
        removed = [*remove_names(file, gone), *self._level.without([*self._units, *guards])]
        if replaced is not None:
            removed = [edit for edit in removed if not _covers(edit.span, replaced.start)]
        yield from removed
        yield inserted

    # --- the import from the new module ------------------------------------------------------

    def _new_import(self) -> tuple[TextEdit, Span | None]:
        """The edit that writes it; the stretch that it takes the place of, if there is one."""
        file = self._uses.file
        items = [_Import(name, name) for name in self._names]
        for chosen in self._chosen:
            for number in chosen.aliases:
                alias = chosen.statement.node.names[number]
                items.append(_Import(alias.name, alias.asname or alias.name))
        module = name_from(self._context, self._module, self._place)
        comment = self._comment()
        text = from_import(f"from {module}", [each.written for each in items], comment=comment)
        text = text.replace("\n", file.newline)
        positions = [unit.position for unit in self._units]
        positions += [chosen.statement.position + 1 for chosen in self._chosen]
        run = import_run(file, min(positions))
        if run:
            names = [each.name for each in items]
            edit = sorted_into(file, run, module, names, text, self._is_of_project)
            return edit, None
        first = self._level.span(self._units[0])
        return TextEdit(first, text), first

    def _comment(self) -> str:
        """What keeps linters from taking a name out that only others use."""
        for chosen in self._chosen:
            told = trailing_comment(self._uses.file, chosen.statement)
            if told and chosen.is_whole:
                return f"  {told}"
        used = {
            read.name
            for unit in self._level.units
            if unit not in self._units
            for read in self._level.reads(unit)
        }
        is_silent = used.union(self._uses.exported).issuperset(self._names)
        return "" if is_silent or self._is_package else "  # noqa: F401"

    @property
    def _is_package(self) -> bool:
        """Whether others may take from it what it imports: an `__init__` does that."""
        return self._context.path_of(self._module).endswith("/__init__.py")

    def _is_within(self, node: ast.stmt, position: int) -> bool:
        unit = self._uses.file.tree.body[position]
        return unit.lineno <= node.lineno <= (unit.end_lineno or unit.lineno)

    def _is_of_project(self, dotted: str) -> bool:
        return self._context.resolve(self._module, dotted, 0) is not None or dotted == dotted_name(
            self._place.module
        )

    # --- imports that nothing uses any more --------------------------------------------------

    def _needless(self) -> Iterator[tuple[ImportStatement, set[int]]]:
        """Items of imports that only the moved code has used, by statement."""
        if self._is_package:
            return
        for statement in self._uses.statements:
            if not self._may_lose_names(statement):
                continue
            aliases = {
                number
                for number in range(len(statement.node.names))
                if self._is_needless(statement.bound_name(number))
            }
            if aliases:
                yield statement, aliases

    def _needless_guards(self) -> list[Unit]:
        """Blocks for type checkers of which nothing is used but by what moves."""
        return [
            unit
            for unit in self._level.units
            if unit.kind is UnitKind.TYPING
            and not self._is_package
            and all(map(self._is_needless, unit.names))
        ]

    def _may_lose_names(self, statement: ImportStatement) -> bool:
        node = statement.node
        is_typing = statement.around == (Enclosure.TYPING,)
        is_own = statement.is_top_level and getattr(node, "module", None) != "__future__"
        if is_typing and any(self._is_within(node, position) for position in self._gone):
            return False
        return (is_own or is_typing) and not trailing_comment(self._uses.file, statement)

    def _is_needless(self, name: str) -> bool:
        used = self._uses.of(name)
        return (
            name != "*"
            and bool(used.reads)
            and not used.unknown
            and len(used.bindings) == 1
            and not (used.in_all or used.doctests or used.type_comments)
            and all(self._level.position_of(read) in self._gone for read in used.reads)
            and not self._context.readers(self._module, name)
            and not self._context.patched(f"{dotted_name(self._module)}.{name}")
        )


def _covers(span: Span, offset: int) -> bool:
    return span.start <= offset < span.end


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=45, moves_code=True)
