"""From the bindings of a hop to the import statements in the importer's text that they mean."""

from __future__ import annotations

from import_cycles.base.record import record
from import_cycles.proposals.fix import Binding, FixContext, Refusal
from import_cycles.source.file import SourceFile
from import_cycles.source.statements import (
    ImportStatement,
    alias_at,
    statement_at,
)
from import_cycles.source.uses import FileUses


@record
class ChosenItems:
    """Items of one import statement's list, by number and in order."""

    statement: ImportStatement
    aliases: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the statement is left out."""
        return len(self.aliases) == len(self.statement.node.names)

    @property
    def bound_names(self) -> tuple[str, ...]:
        """The names that the items bind; `*` for a star-import."""
        return tuple(self.statement.bound_name(alias) for alias in self.aliases)


@record
class HopText:
    """The importer's text, and what of it makes the edge."""

    uses: FileUses
    statements: tuple[ImportStatement, ...]
    """Every import statement of the file."""
    chosen: tuple[ChosenItems, ...]
    """In the order of the text, each statement once."""

    @property
    def file(self) -> SourceFile:
        """The text with its tree."""
        return self.uses.file


def hop_text(context: FixContext) -> HopText | Refusal:
    """The statements that make the hop; a refusal when one is no plain import statement."""
    importer = context.hop.importer
    uses = context.uses(importer)
    if uses is None:
        return Refusal(f"the text of {importer} cannot be read")
    statements = uses.statements
    found: dict[int, tuple[ImportStatement, set[int]]] = {}
    for binding in context.hop.bindings:
        statement = statement_at(statements, context.site(importer, binding.record.statement))
        aliases = None if statement is None else _aliases(statement, binding, context)
        if statement is None or aliases is None:
            return Refusal("the import is a call, not a statement")
        found.setdefault(id(statement), (statement, set()))[1].update(aliases)
    chosen = tuple(
        ChosenItems(statement, tuple(sorted(aliases))) for statement, aliases in found.values()
    )
    return HopText(uses, statements, chosen)


def _aliases(
    statement: ImportStatement, binding: Binding, context: FixContext
) -> tuple[int, ...] | None:
    importer = context.hop.importer
    if binding.record.names is None:
        alias = alias_at(statement, context.site(importer, binding.record.site))
    elif binding.name is not None:
        alias = alias_at(statement, context.site(importer, binding.name.site))
    else:
        return tuple(range(len(statement.node.names)))
    return None if alias is None else (alias,)
