"""Move what two modules need of each other into a third one.

What it does: the definitions that an import of the cycle asks for move to a new module that imports
nothing back, together with the helpers, constants and bases that they use. The new module stands in
the deepest package that both modules share. The text stays as written, with decorators and
comments. Imports that the moved code uses come along; imports that the old module no longer uses
are removed. Both old modules import the names from the new one, so every other importer, `__all__`,
pickles and entry points go on working. A logger of the old module (`logging.getLogger(__name__)`)
exists in both modules afterwards. The new module is called `_shared`, or another free name like it:
VS Code asks for its name, in other editors rename the file afterwards.

When it is offered: when the names, with everything that they read, are less than a whole module,
and the first imports still work. Not when a name is bound a second time or set from outside; not
when the code reads `__name__`, `__file__`, `globals()` and the like, or says `global`. It is always
marked unsafe, because the `__module__` of the moved definitions changes. The caution also names
strings (`mock.patch`) that replace a name in the old module, which the moved code would miss.

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
import re
from collections.abc import Iterable, Iterator
from functools import partial

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.proposals.definitions import origin_of
from import_cycles.proposals.extraction import extraction
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refactoring, Refusal, Safety
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.module_uses import ModuleUse, module_use
from import_cycles.proposals.moved_frameworks import told_by_frameworks
from import_cycles.proposals.moved_names import in_prose
from import_cycles.proposals.moving_code import Definition, Extraction, Part, patching
from import_cycles.proposals.new_module import (
    Place,
    addition,
    from_import,
    module_text,
    name_from,
    place_of,
)
from import_cycles.source.file import SourceFile
from import_cycles.source.import_insertion import import_run, sorted_into
from import_cycles.source.insertion import NotPossible, import_text, trailing_comment
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.scopes import Read
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
    moving = extraction(context, wanted.definitions)
    if isinstance(moving, Refusal):
        return moving
    importer = context.hop.importer
    users = {importer, *(part.module for part in moving.parts if part.units)}
    place = place_of(context, moving, sorted(users))
    if isinstance(place, Refusal):
        return place
    edits: dict[SourcePath, tuple[TextEdit, ...]] = {}
    parts = {part.module: part for part in moving.parts}
    for module in sorted(users):
        rewriting = _Rewriting(context, moving, place, module, parts.get(module))
        if module == importer:
            rewriting.take_hop(text.chosen, wanted.modules)
        edits[context.path_of(module)] = without_blank_top(rewriting.file, rewriting.edits())
    dotted = dotted_name(place.module)
    noticed = told_by_frameworks(context, moving.parts, place.package)
    if isinstance(noticed, Refusal):
        return noticed
    module_name = f"`__module__` of what moves is {dotted} then"
    # Of what may break, users read first.
    cautions = (*wanted.cautions, *moving.cautions, module_name, *noticed)
    created: dict[SourcePath, str] = {}
    if place.is_new:
        created[place.path] = module_text(context, moving, place, users)
    else:
        edits[place.path] = addition(context, moving, place) or ()
    where = f"the new module {dotted}" if place.is_new else dotted
    return Proposal(
        f"Move {_told(moving)} to {where}",
        edits,
        Safety.UNSAFE,
        "; ".join(cautions),
        created=created,
        joint="for",
    )


def _told(moving: Extraction) -> str:
    names = moving.names
    if len(names) <= MOST_NAMED:
        return in_prose(names)
    return f"{', '.join(f'`{name}`' for name in names[:2])} and {len(names) - 2} more"


@record
class _Wanted:
    """What an import asks for."""

    definitions: tuple[Definition, ...]
    modules: tuple[ModuleUse, ...]
    cautions: tuple[str, ...]
    """Who would notice that the module is not asked for the names any more."""


def _wanted(context: FixContext, text: HopText) -> _Wanted | Refusal:
    """What the import asks for, if the imported module defines it."""
    imported = context.hop.imported
    wanted: dict[Definition, None] = {}
    cautions: dict[str, None] = {}
    modules: list[ModuleUse] = []
    for chosen in text.chosen:
        if not chosen.statement.is_top_level:
            return Refusal(f"the import stands {chosen.statement.around[-1].value}")
        for number in chosen.aliases:
            use = module_use(context, text, chosen.statement, number)
            if isinstance(use, Refusal):
                return use
            if use is None:
                name = chosen.statement.node.names[number].name
                refusal = _not_defined(context, text, chosen.statement, name)
                if refusal is not None:
                    return refusal
                wanted[imported, name] = None
                continue
            modules.append(use)
            for read in use.reads:
                name = use.name_of(read)
                refusal = _not_its_own(context, name)
                if refusal is not None:
                    return refusal
                wanted[imported, name] = None
                cautions[_replaced(context, name)] = None
    return _Wanted(tuple(wanted), tuple(modules), tuple(filter(None, cautions)))


def _not_defined(
    context: FixContext, text: HopText, statement: ImportStatement, name: str
) -> Refusal | None:
    imported, node = context.hop.imported, statement.node
    if name == "*":
        return Refusal("it is not known which names a star-import is made for")
    source = None
    if isinstance(node, ast.ImportFrom):
        source = context.resolve(context.hop.importer, node.module or "", node.level)
    if source != imported:
        told = f"{dotted_name(imported)} is loaded on the way to what is imported"
        return Refusal(told, applies=False)
    return _not_its_own(context, name)


def _not_its_own(context: FixContext, name: str) -> Refusal | None:
    imported = context.hop.imported
    origin = origin_of(context, imported, name)
    if isinstance(origin, Refusal):
        return origin
    if origin.module != imported:
        return Refusal(f"{dotted_name(imported)} only passes `{name}` on", applies=False)
    return None


def _replaced(context: FixContext, name: str) -> str:
    """A name that is read from the module on each use may be one that a test has replaced there."""
    holder = patching(context, context.hop.imported, name)
    if not holder:
        return ""
    told = f"{dotted_name(context.hop.imported)}.{name}"
    return f"{holder} replaces `{told}`, which is read from there each time, and not any more then"


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
        self._chosen: tuple[ChosenItems, ...] = ()
        self._modules: tuple[ModuleUse, ...] = ()
        self._gone = {unit.position for unit in self._units}
        """Positions of the units that leave the text."""

    def take_hop(self, chosen: tuple[ChosenItems, ...], modules: tuple[ModuleUse, ...]) -> None:
        """Names the import statements that the fix removes from this module."""
        self._chosen, self._modules = chosen, modules

    @property
    def file(self) -> SourceFile:
        """The text as it is, with its tree."""
        return self._uses.file

    def edits(self) -> Iterator[TextEdit]:
        """All of them, for the text as it is."""
        file = self.file
        guards = self._needless_guards()
        self._gone = {unit.position for unit in (*self._units, *guards)}
        added = self._into_statement()
        if added is not None:
            yield added
        gone = [
            (each.statement, set(each.aliases))
            for each in self._chosen
            if added is None or each.statement is not self._modules[0].statement
        ]
        for statement, aliases in self._needless():
            known = next((items for each, items in gone if each is statement), None)
            if known is None:
                gone.append((statement, aliases))
            else:
                known |= aliases
        removed = [*remove_names(file, gone), *self._level.without([*self._units, *guards])]
        imports, replaced = self._new_imports(is_added=added is not None)
        if replaced is not None:
            removed = [edit for edit in removed if not _covers(edit.span, replaced.start)]
        yield from removed
        yield from imports
        for use in self._modules:
            yield from map(partial(self._read_elsewhere, use), use.reads)

    def _read_elsewhere(self, use: ModuleUse, read: Read) -> TextEdit:
        """The edit by which `b.name` becomes `_shared.name`."""
        if self._level.position_of(read) in self._gone:
            raise NotPossible("what would move uses the module as a whole")
        assert read.span is not None
        assert read.chain is not None
        pattern = r"\s*\.\s*".join((re.escape(read.name), *use.parts))
        written = re.match(pattern, self.file.slice(read.chain))
        if written is None:
            raise NotPossible(f"line {read.node.lineno} cannot be read")
        span = Span(read.span.start, read.span.start + written.end())
        return TextEdit(span, self._place.last_name)

    # --- the import from the new module ------------------------------------------------------

    def _into_statement(self) -> TextEdit | None:
        """The new module in the statement that the old one stands in, if others stand there, too."""
        if len(self._modules) != 1:
            return None
        statement = self._modules[0].statement
        node, (chosen,) = statement.node, [
            each for each in self._chosen if each.statement is statement
        ]  # fmt: skip
        is_plain = node.lineno == node.end_lineno and not statement.is_lazy
        if chosen.is_whole or not is_plain or not isinstance(node, ast.ImportFrom):
            return None
        package, _, last = self._named_as_package()
        written = "." * node.level + (node.module or "")
        if package != written or self.file.slice(self.file.span(node)).endswith(")"):
            return None
        kept = [
            import_text(node, [number]).partition(" import ")[2]
            for number in range(len(node.names))
            if number not in chosen.aliases
        ]
        text = from_import(f"from {package}", [*kept, last]).removesuffix("\n")
        return TextEdit(self.file.span(node), text.replace("\n", self.file.newline))

    def _named_as_package(self) -> tuple[str, str, str]:
        """What stands after `from` to have the new module by its name, the statement, the name."""
        name = name_from(self._context, self._module, self._place)
        last = self._place.last_name
        if last in self.file.identifiers:
            raise NotPossible(f"`{last}` means something in {dotted_name(self._module)}")
        package = name.removesuffix(last)
        if not package:
            return last, f"import {last}\n", last
        package = package if not package.strip(".") else package[:-1]
        return package, f"from {package} import {last}\n", last

    def _new_imports(self, *, is_added: bool) -> tuple[list[TextEdit], Span | None]:
        """The edits that write them; the stretch that they take the place of, if there is one."""
        file = self.file
        positions = [unit.position for unit in self._units]
        positions += [chosen.statement.position + 1 for chosen in self._chosen]
        run = import_run(file, min(positions))
        statements = list(self._statements(is_added=is_added))
        texts = [text.replace("\n", file.newline) for _, _, text in statements]
        if not texts:
            return [], None
        if not run:
            first = self._level.span(self._units[0])
            return [TextEdit(first, "".join(texts))], first
        return [
            sorted_into(file, run, module, names, text, self._is_of_project)
            for (module, names, _), text in zip(statements, texts, strict=True)
        ], None

    def _statements(self, *, is_added: bool) -> Iterator[tuple[str, list[str], str]]:
        """Each new import: what stands after `from`, the names, and its whole text."""
        name = name_from(self._context, self._module, self._place)
        if self._modules and not is_added:
            package, written, last = self._named_as_package()
            yield package, [last], written
        items = [_Import(each, each) for each in self._names]
        modules = {(id(use.statement), use.alias) for use in self._modules}
        for chosen in self._chosen:
            for number in chosen.aliases:
                alias = chosen.statement.node.names[number]
                if (id(chosen.statement), number) not in modules:
                    items.append(_Import(alias.name, alias.asname or alias.name))
        if items:
            written = from_import(
                f"from {name}", [each.written for each in items], comment=self._comment()
            )
            yield name, [each.name for each in items], written

    def _comment(self) -> str:
        """The comment that keeps linters from removing a name that only other modules use."""
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
        """Whether others may take from this module what it imports: an `__init__` allows that."""
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
        """Blocks for type checkers that only the moved code uses."""
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


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=45, refactoring=Refactoring.MOVE)
