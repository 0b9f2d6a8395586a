"""How hard it is to do without an import: an estimate that needs no text.

The estimate decides which import is nominated when several would end a cycle, and in which order
they are tried; only a trial decides whether a fix is right. A name that is needed while the module
loads cannot come later without moving code. A name that only functions need can. A name that no
running code needs costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Final

from import_cycles.base.names import dotted_name
from import_cycles.base.record import record
from import_cycles.graph.edges import ImportEdge
from import_cycles.proposals.fix import Binding, bindings_at
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.reads import Reads
from import_cycles.syntax.steps import ModuleSummary


class Effort(Enum):
    """What an import is needed for, the easiest first; the values are those of JSON."""

    NOTHING = "nothing"
    """No code that runs reads it: annotations at most."""
    FUNCTIONS = "functions"
    """Only functions that are not called while loading read it."""
    ELSEWHERE = "elsewhere"
    """Its own package passes the names on: they can be imported from the modules that define them."""
    EXPORT = "export"
    """Other modules import the name from here: it is a package's name, or one in `__all__`."""
    LOADING = "loading"
    """It is read while the module loads."""
    UNCLEAR = "unclear"
    """A star-import, one for its side effects, one in a function or class body that runs."""

    @property
    def told(self) -> str:
        """For users, after the import: what makes it easy, or hard, to take out."""
        return _TOLD[self]


_TOLD: Final = {
    Effort.NOTHING: "nothing uses it at run time",
    Effort.FUNCTIONS: "only functions use it",
    Effort.ELSEWHERE: "defined elsewhere and only passed on there",
    Effort.EXPORT: "only passed on to importers",
    Effort.LOADING: "used while loading: code has to move",
    Effort.UNCLEAR: "not easy to take out",
}

_WEIGHTS: Final = {
    Effort.NOTHING: 2,
    Effort.FUNCTIONS: 3,
    Effort.ELSEWHERE: 4,
    Effort.EXPORT: 5,
    Effort.LOADING: 12,
    Effort.UNCLEAR: 20,
}
"""Of one statement. Several easy ones are rather taken out than one that needs code to move."""

_EASE: Final = tuple(Effort)


@record
class Cost:
    """Of all statements by which one module imports another: the hardest, and what they weigh."""

    effort: Effort
    weight: int


def asked_names(edges: Iterable[ImportEdge], summary: ModuleSummary) -> frozenset[str]:
    """The names, as `Reads` has them, that decide about edges of one importer."""
    bindings = bindings_at(summary, {edge.site for edge in edges if edge.holder == edge.importer})
    return frozenset(name for binding in bindings for name in binding.read_as)


def cost(
    edges: Iterable[ImportEdge],
    summary: ModuleSummary,
    reads: Reads,
    *,
    is_package: bool,
    passed_on: AbstractSet[str] = frozenset(),
) -> Cost:
    """The effort to end the edges between one importer, with that summary, and one module.

    `is_package` is about the importer. `passed_on` are names that the imported module has from
    others, when it is a package around the importer.
    """
    own = {edge.site: edge for edge in edges if edge.holder == edge.importer}
    # The statements of other modules, which the importer executes by calling functions.
    efforts = [Effort.UNCLEAR for edge in edges if edge.holder != edge.importer]
    by_statement: dict[int, Effort] = {}
    for binding in bindings_at(summary, own.keys()):
        site = binding.record.site if binding.name is None else binding.name.site
        is_whole = _is_whole_module(binding, own[site])
        effort = _effort(binding, summary, reads, is_package=is_package, is_whole=is_whole)
        if binding.names and all(name.name in passed_on for name in binding.names):
            effort = min(effort, Effort.ELSEWHERE, key=_EASE.index)
        before = by_statement.get(binding.import_id, effort)
        by_statement[binding.import_id] = max(before, effort, key=_EASE.index)
    efforts += by_statement.values()
    hardest = max(efforts, key=_EASE.index, default=Effort.UNCLEAR)
    return Cost(hardest, sum(_WEIGHTS[effort] for effort in efforts) or _WEIGHTS[hardest])


def names_passed_on(summary: ModuleSummary) -> frozenset[str]:
    """The names that a module has from others, by `from` imports that execute while it loads."""
    return frozenset(
        name.bound_as
        for each in summary.imports
        if each.code == 0 and each.when is When.RUNTIME
        for name in each.names or ()
    )


def _is_whole_module(binding: Binding, edge: ImportEdge) -> bool:
    """Whether a name of a `from` list is the imported module itself."""
    return binding.name is not None and dotted_name(edge.imported).endswith(f".{binding.name.name}")


def _effort(
    binding: Binding, summary: ModuleSummary, reads: Reads, *, is_package: bool, is_whole: bool
) -> Effort:
    each = binding.record
    if (
        each.code
        or ImportFlag.STAR in each.flags
        or ImportFlag.DYNAMIC in each.flags
        or binding.import_id in reads.class_imports
    ):
        return Effort.UNCLEAR
    if each.names is None:
        return _effort_of_plain(each, reads)
    efforts = []
    for name in binding.names:
        found = _read(name.bound_as, reads)
        is_listed = name.bound_as in (summary.all_names or ())
        if found is Effort.LOADING:
            pass
        elif is_whole and found is Effort.NOTHING and name.bound_as not in reads.annotated:
            # It may be imported for its side effects, or to be there as an attribute of its
            # package.
            found = Effort.UNCLEAR
        elif is_package or is_listed:
            found = Effort.EXPORT
        efforts.append(found)
    return max(efforts, key=_EASE.index, default=Effort.UNCLEAR)


def _effort_of_plain(each: ImportRecord, reads: Reads) -> Effort:
    """Of `import a.b` or `import a.b as c`."""
    wanted = each.bound_as or each.module
    found = _read(wanted, reads)
    if found is Effort.NOTHING and wanted not in reads.annotated:
        # No code names it: it may be there for what it does while it loads.
        return Effort.UNCLEAR
    return found


def _read(wanted: str, reads: Reads) -> Effort:
    if wanted in reads.while_loading:
        return Effort.LOADING
    return Effort.FUNCTIONS if wanted in reads.later else Effort.NOTHING
