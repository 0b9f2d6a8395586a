"""How a file uses a module that it imports as a whole: the names that it reads out of it."""

from __future__ import annotations

import ast

from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.proposals.definitions import is_submodule
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.hop_text import HopText
from import_cycles.source.statements import ImportStatement
from import_cycles.source.uses import Read


@record
class ModuleUse:
    """An item of an import that brings the whole module, whose names are then read one by one."""

    statement: ImportStatement
    alias: int
    reads: tuple[Read, ...]
    parts: tuple[str, ...]
    """The attributes between the bound name and the module: `("b",)` after `import a.b`."""

    def name_of(self, read: Read) -> str:
        """What a read takes from the module."""
        return read.attributes[len(self.parts)]

    def span_of(self, read: Read) -> Span:
        """Where a read stands in the text, from the bound name to the name out of the module."""
        assert read.chain is not None, "reads that cannot be pointed at are refused"
        written = ".".join((read.name, *read.attributes[: len(self.parts) + 1]))
        return Span(read.chain.start, read.chain.start + len(written))


def module_use(
    context: FixContext, text: HopText, statement: ImportStatement, number: int
) -> ModuleUse | Refusal | None:
    """How an item that brings the imported module is used; None for one that brings a name from it."""
    importer, imported = context.hop.importer, context.hop.imported
    node, alias = statement.node, statement.node.names[number]
    parts: tuple[str, ...] = ()
    if isinstance(node, ast.ImportFrom):
        source = context.resolve(importer, node.module or "", node.level)
        if source is None or not is_submodule(context, source, alias.name):
            return None
        module: ModuleName | None = child(source, alias.name)
    else:
        module = context.resolve(importer, alias.name, 0)
        parts = () if alias.asname else tuple(alias.name.split(".")[1:])
    if module != imported:
        told = f"{dotted_name(imported)} is loaded on the way to what is imported"
        return Refusal(told, applies=False)
    name = statement.bound_name(number)
    used = text.uses.of(name)
    if used.unknown:
        return Refusal(used.unknown)
    if len(used.bindings) > 1:
        return Refusal(f"`{name}` is bound in more than one way")
    if used.in_all or used.doctests or used.type_comments or context.readers(importer, name):
        return Refusal(f"`{name}` is used in other ways than by code of this file")
    if not used.reads:
        told = f"nothing in this file uses `{name}`: it may be there for what it does"
        return Refusal(told, applies=False)
    for read in used.reads:
        if read.attributes[: len(parts)] != parts or len(read.attributes) == len(parts):
            return Refusal(f"`{name}` is used as a whole in line {read.node.lineno}")
        if read.span is None or read.chain is None:
            return Refusal(f"where line {read.node.lineno} uses `{name}` cannot be pointed at")
    return ModuleUse(statement, number, used.reads, parts)
