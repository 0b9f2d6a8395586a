"""Imports in the functions that use the names: which functions these are, and the edits.

A function that is not known to run while modules load can import a name itself. `function_uses`
finds the functions for the names of a hop, and every reason against; `function_edits` rewrites the
file.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import dotted_name
from import_cycles.base.record import record
from import_cycles.proposals.definitions import (
    is_submodule,
    means_submodule,
    origin_of,
    replaced_by_string,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.moved_names import (
    MovedName,
    MovedNames,
    in_prose,
    is_typing_only,
    line_of,
)
from import_cycles.proposals.origins import External, Origins, dotted_parts
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import (
    FunctionNode,
    Lines,
    at_function_start,
    guarded,
    import_text,
    moved,
    trailing_comment,
)
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.scopes import Read
from import_cycles.source.statements import ImportStatement
from import_cycles.source.uses import FileUses, Moment, calls_of_locals, functions_around, moment

_COMPILERS: Final = frozenset({"numba", "torch", "taichi", "triton", "cython", "pythran"})
"""Packages whose decorators compile a function's text, imports in it not understood."""


@record
class FunctionUses:
    """Where the names of a hop are needed, once they are not imported at the top."""

    users: Mapping[FunctionNode, Sequence[MovedName]]
    """The functions that have to import names, in the order of the text."""
    guarded: tuple[MovedName, ...]
    """The names that type checkers need."""
    typing: tuple[Read, ...]
    """Their reads, in annotations and the like."""
    caution: str
    """Code that may see another value of a name; empty when there is none."""


def function_uses(
    context: FixContext, found: MovedNames, settled: Collection[Read] = ()
) -> FunctionUses | Refusal:
    """Which functions need the names, and which names type checkers need; a refusal if others do.

    `settled` are reads that need nothing: something else takes their place.
    """
    uses = found.text.uses
    done = {id(read) for read in settled}
    users: dict[FunctionNode, list[MovedName]] = {}
    guarded_names: list[MovedName] = []
    typing_reads: list[Read] = []
    caution = ""
    for name in found.names:
        reads = [read for read in name.reads if id(read) not in done]
        typing = [read for read in reads if is_typing_only(read, context)]
        functions = _functions(context, uses, name, reads, typing)
        if isinstance(functions, Refusal):
            return functions
        if functions:
            later = _taken_later(context, name)
            if isinstance(later, Refusal):
                return later
            caution = caution or later
        for function in functions:
            users.setdefault(function, []).append(name)
        if typing or name.uses.type_comments:
            guarded_names.append(name)
            typing_reads += typing
    return FunctionUses(users, tuple(guarded_names), tuple(typing_reads), caution)


def functions_told(uses: FileUses, placed: FunctionUses) -> str:
    """The functions that need the names, for titles: `` `buyer` ``, or how many they are."""
    users = placed.users
    if len(users) > _MOST_NAMED:
        n_names = len({name.name for names in users.values() for name in names})
        return f"the {len(users)} functions that need {'them' if n_names > 1 else 'it'}"
    names = [function.name for function in users]
    if len(set(names)) < len(names):
        names = [_qualified(uses, function) for function in users]
    return in_prose(names)


def _qualified(uses: FileUses, function: FunctionNode) -> str:
    """The name of a function with those of the classes and functions around it."""
    around = [
        node.name
        for node in ast.walk(uses.file.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node is not function
        and any(each is function for each in ast.walk(node))
    ]
    return ".".join((*around, function.name))


_MOST_NAMED: Final = 2
"""Functions that a title names."""


def cost_of(uses: FileUses, users: Iterable[FunctionNode]) -> str:
    """A function that runs so often that an import in it costs noticeable time; or empty."""
    for function in users:
        why = uses.hot_places.why(function)
        if why:
            return f"`{function.name}` {why}, and looks for the import each time"
    return ""


def _taken_later(context: FixContext, name: MovedName) -> str | Refusal:
    """Whether a later import may give another value for a name: a refusal, or a caution."""
    node, importer = name.statement.node, context.hop.importer
    if isinstance(node, ast.Import):
        return ""
    source = context.resolve(importer, node.module or "", node.level)
    wanted = node.names[name.alias].name
    if source is None:
        return Refusal(f"it is not known where `{wanted}` comes from")
    if is_submodule(context, source, wanted):
        if means_submodule(context, source, wanted):
            return ""
        return Refusal(f"`{wanted}` of {dotted_name(source)} may be something else than a module")
    origin = origin_of(context, source, wanted)
    if isinstance(origin, Refusal):
        return origin
    changes = value_changes(context, origin)
    if changes:
        return Refusal(changes)
    holder = replaced_by_string(context, origin.path)
    return f"{holder} names `{wanted}` in a string, as `mock.patch` does" if holder else ""


# --- functions -------------------------------------------------------------------------------


def _functions(
    context: FixContext,
    uses: FileUses,
    name: MovedName,
    reads: Iterable[Read],
    typing: Collection[Read],
) -> list[FunctionNode] | Refusal:
    """The functions that have to import a name, in the order of the text."""
    found: dict[FunctionNode, None] = {}
    skipped = {id(read) for read in typing}
    for read in reads:
        if id(read) in skipped:
            continue
        line = line_of(read, uses)
        if moment(read) is not Moment.LATER:
            return Refusal(f"`{name.name}` is used while the module loads, in line {line}")
        around = _functions_around(read)
        if not around:
            return Refusal(f"`{name.name}` is used in a lambda of the top level, in line {line}")
        refusals = [_refusal(context, uses, function, name, read) for function in around]
        if None not in refusals:
            # Use the innermost one, which is called last of all.
            refusal = refusals[-1]
            assert refusal is not None
            return refusal
        # The functions inside the outermost one see what it imports, however often they are called.
        found[around[refusals.index(None)]] = None
    return sorted(_outermost(found), key=lambda node: (node.lineno, node.col_offset))


def _functions_around(read: Read) -> list[FunctionNode]:
    """The functions around a read that can have statements, outermost first."""
    around = functions_around(read)
    found = [node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return found[::-1]


def _outermost(functions: Collection[FunctionNode]) -> Iterator[FunctionNode]:
    """The functions that do not stand in another one: inner ones see what the outer one imports."""
    inner = {
        id(each)
        for function in functions
        for statement in function.body
        for each in ast.walk(statement)
    }
    return (function for function in functions if id(function) not in inner)


def _refusal(
    context: FixContext, uses: FileUses, function: FunctionNode, name: MovedName, read: Read
) -> Refusal | None:
    """Why a function cannot import a name of its own."""
    bound = name.uses.name
    if any(bound in scope.global_names for scope in read.scope.chain()):
        return Refusal(f"`{function.name}` declares `{bound}` global")
    if function.name == "__del__":
        return Refusal("`__del__` may be called when nothing can be imported any more")
    if any(True for _ in calls_of_locals(function)):
        return Refusal(f"`{function.name}` looks at its own local names")
    origins = Origins(context.summary, context.resolve)
    for decorator in function.decorator_list:
        origin = origins.of(context.hop.importer, dotted_parts(decorator))
        if isinstance(origin, External) and origin.package in _COMPILERS:
            return Refusal(f"`{function.name}` is compiled by {origin.package}")
    number = _code_number(context, uses, function)
    if number is None or context.runs_while_loading(context.hop.importer, number):
        return Refusal(f"`{function.name}` uses `{name.name}` and is called while modules load")
    return None


def _code_number(context: FixContext, uses: FileUses, function: FunctionNode) -> int | None:
    """The number of a function among the codes of the module's summary."""
    summary = context.summary(context.hop.importer)
    if summary is None:
        return None
    numbers = [number for number, code in summary.numbered() if code.name == function.name]
    same = [
        node
        for node in ast.walk(uses.file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function.name
    ]
    if len(same) != len(numbers):
        return None
    same.sort(key=lambda node: (node.lineno, node.col_offset))
    return numbers[same.index(function)]


# --- edits -----------------------------------------------------------------------------------


def function_edits(
    file: SourceFile, found: MovedNames, placed: FunctionUses, further: Iterable[TextEdit]
) -> tuple[TextEdit, ...]:
    """The names leave the top level, for functions and for type checkers; `further` edits beside.

    Raises `NotPossible`.
    """
    edits = [*further]
    edits += remove_names(file, [(each.statement, each.aliases) for each in found.text.chosen])
    if placed.guarded:
        edits += guarded(file, import_lines(file, found, placed.guarded))
    for function, names in placed.users.items():
        edits.append(at_function_start(file, function, import_lines(file, found, names)))
    return without_blank_top(file, edits)


def import_lines(file: SourceFile, found: MovedNames, names: Iterable[MovedName]) -> list[Lines]:
    """The statements that import some of the names elsewhere."""
    whole = {id(each.statement) for each in found.text.chosen if each.is_whole}
    return [
        _lines(file, statement, aliases, is_whole=id(statement) in whole)
        for statement, aliases in _by_statement(names)
    ]


def _by_statement(names: Iterable[MovedName]) -> list[tuple[ImportStatement, list[int]]]:
    found: dict[int, tuple[ImportStatement, list[int]]] = {}
    for name in names:
        _, aliases = found.setdefault(id(name.statement), (name.statement, []))
        aliases.append(name.alias)
    return list(found.values())


def _lines(
    file: SourceFile,
    statement: ImportStatement,
    aliases: Sequence[int],
    *,
    is_whole: bool,
) -> Lines:
    """The statement as it is written, or a new one when not all of it is needed.

    `is_whole`: nothing of it stays where it is.
    """
    if len(aliases) == len(statement.node.names):
        return moved(file, statement, aliases)
    text = import_text(statement.node, sorted(aliases))
    # What a comment says to linters and type checkers goes for each name.
    comment = trailing_comment(file, statement) if is_whole else ""
    return Lines((f"{text}  {comment}" if comment else text,))
