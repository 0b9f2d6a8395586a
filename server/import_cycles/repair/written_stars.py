"""Fixes for a star-import: its names are written out, and a fix of another kind does the rest.

The other fix sees the file as it would be with the names in place of the star. Its edits and those of
the writing become one proposal.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.base.edits import apply_edits, line_edits
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.base.text import Site
from import_cycles.proposals.fix import Binding, FixContext, FixKind, Hop, Proposal, Refusal
from import_cycles.proposals.star_imports import written_out
from import_cycles.repair.verify import imported_names
from import_cycles.source.file import read_source
from import_cycles.source.top_level import TopLevel
from import_cycles.source.uses import FileUses
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import Summarized, summarize


def has_star(hop: Hop) -> bool:
    """Whether a star-import makes the hop."""
    return any(name.name == "*" for each in hop.bindings for name in each.names)


def proposed_for_star(kind: FixKind, context: FixContext) -> Iterator[Proposal | Refusal]:
    """What a kind of fix proposes for a star-import whose names are written out."""
    found = written_out(context)
    if isinstance(found, Refusal):
        yield found
        return
    if found.source != context.hop.imported or found.edit is None:
        yield Refusal("the star-import brings nothing out of this module", applies=False)
        return
    written = _Written.of(context, found.text)
    if written is None:
        yield Refusal("the names cannot be written out")
        return
    for answer in kind.propose(_in_written(context, written)):
        if isinstance(answer, Refusal):
            yield answer
        else:
            yield _whole(context, written, answer, found.names)


@record
class _Written:
    """The importer's file with the names in place of the star."""

    text: str
    summarized: Summarized
    uses: FileUses
    level: TopLevel
    hop: Hop

    @classmethod
    def of(cls, context: FixContext, text: str) -> _Written | None:
        """None where the text cannot be read, or the import is not found in it again."""
        file = read_source(text)
        if file is None:
            return None
        uses = FileUses(file)
        summarized = summarize(text, context.target)
        hop = context.hop
        starts = {
            _start(context.site(hop.importer, each.record.statement)) for each in hop.bindings
        }
        bindings = tuple(
            Binding(number, each)
            for number, each in enumerate(summarized.summary.imports)
            if _start(summarized.sites[each.statement]) in starts
        )
        if len(bindings) != len(hop.bindings):
            return None
        return cls(text, summarized, uses, TopLevel(uses), replace(hop, bindings=bindings))


def _start(site: Site) -> tuple[int, int]:
    return site.line, site.column


def _in_written(context: FixContext, written: _Written) -> FixContext:
    """The context in which the importer's file is the one with the names."""
    importer = context.hop.importer

    def text(module: ModuleName) -> str | None:
        return written.text if module == importer else context.text(module)

    def uses(module: ModuleName) -> FileUses | None:
        return written.uses if module == importer else context.uses(module)

    def level(module: ModuleName) -> TopLevel | None:
        return written.level if module == importer else context.level(module)

    def site(module: ModuleName, number: int) -> Site:
        is_ours = module == importer
        return written.summarized.sites[number] if is_ours else context.site(module, number)

    def summary(module: ModuleName) -> ModuleSummary | None:
        return written.summarized.summary if module == importer else context.summary(module)

    def definition(module: ModuleName, offset: int) -> tuple[ModuleName, str] | None:
        # The second tool reads the file as it is.
        return None if module == importer else context.definition(module, offset)

    return replace(
        context,
        hop=written.hop,
        text=text,
        uses=uses,
        level=level,
        site=site,
        summary=summary,
        definition=definition,
    )


def _whole(
    context: FixContext, written: _Written, answer: Proposal, names: tuple[str, ...]
) -> Proposal | Refusal:
    """The proposal for the file as it is."""
    importer = context.hop.importer
    path = context.path_of(importer)
    before = context.text(importer)
    if before is None or set(answer.edits) != {path}:
        return Refusal("the fix would change other files, too")
    after = apply_edits(written.text, answer.edits[path])
    left = imported_names(summarize(after, context.target))
    for name in names:
        if name not in left and context.readers(importer, name):
            reader = dotted_name(context.readers(importer, name)[0])
            return Refusal(f"{reader} reads `{name}` from this module")
    return replace(
        answer,
        title=f"{answer.title} instead of `*`",
        edits={path: tuple(line_edits(before, after))},
        served=answer.served | {"*"},
        joint="in",
        for_many="",
    )
