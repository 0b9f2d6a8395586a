"""Names that a file can bind for something new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from import_cycles.base.names import ModuleName, child
from import_cycles.proposals.definitions import bindings_of, is_submodule, takes_all_names
from import_cycles.proposals.fix import FixContext
from import_cycles.proposals.hop_text import HopText
from import_cycles.source.uses import Read


def is_free(
    context: FixContext,
    text: HopText,
    name: str,
    reads: Sequence[Read],
    means: ModuleName | None = None,
) -> bool:
    """Whether the importer may bind a name, to be read at these places, without any effect elsewhere.

    `means` is the module that the name is to mean, if it is one.
    """
    importer = context.hop.importer
    scopes = text.uses.scopes
    if is_submodule(context, importer, name) and child(importer, name) != means:
        return False
    if not name.startswith("_") and any(
        takes_all_names(context, reader, importer) for reader in context.readers(importer, name)
    ):
        return False
    if name not in text.file.identifiers:
        return True
    if bindings_of(text.uses, name) or text.uses.of(name).reads:
        return False
    is_builtin = any(
        read.name == name and scopes.resolve(name, read.scope) is None for read in scopes.reads
    )
    return not is_builtin and is_visible(text, name, reads)


def is_visible(text: HopText, name: str, reads: Iterable[Read]) -> bool:
    """Whether no scope around the reads binds the name itself."""
    scopes = text.uses.scopes
    return all(scopes.resolve(name, read.scope) in (None, scopes.module) for read in reads)
