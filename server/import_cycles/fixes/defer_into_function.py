"""Import in the functions that use the names.

What it does: removes the names from the import at the top, and imports them as the first statement
of each function that uses them, after its docstring. The same edit guards names that annotations
need with `TYPE_CHECKING`. The import then happens in the thread that calls such a function first,
and its errors are raised there.

When it is offered: when every use at run time is in the body of a function that is not known to be
called while modules load. A use in a base class, a decorator, a default, a lambda at the top level
or anything else that is executed at once rules it out. So does a function with `locals()` or
`global`, a `__del__`, and a function that is compiled from its text. Uses in annotations are
subject to the conditions of `type-checking-guard`. Not when a doctest, `__all__` or another module
needs the name. Not when the name may be bound again later either, as the functions would see the
new value. The fix is not safe when a string such as `patch("shop.users.Order")` names the thing: in
this module, where the string would no longer find it, or in the module that defines it, where a
patch would now have an effect on this module.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]

def buyer():
    'Somebody new.'
    return User()
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]

class User: ...
=== fix defer-into-function at shop/orders.py "Import `User` in `buyer`" safe
--- shop/orders.py

def buyer():
    'Somebody new.'
    from shop.users import User
    return User()
--- shop/users.py
import shop.orders

class User: ...
```
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import dotted_name
from import_cycles.findings.rule import CYCLE_SUBJECTS
from import_cycles.proposals.definitions import (
    is_submodule,
    means_submodule,
    origin_of,
    replaced_by_string,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.moved_names import (
    MovedName,
    MovedNames,
    TypingEdits,
    in_prose,
    is_typing_only,
    line_of,
    moved_names,
    patched_caution,
    typing_edits,
)
from import_cycles.proposals.origins import External, Origins, dotted_parts
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import (
    FunctionNode,
    Lines,
    NotPossible,
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

CODE = "defer-into-function"

_COMPILERS: Final = frozenset({"numba", "torch", "taichi", "triton", "cython", "pythran"})
"""Packages whose decorators compile a function's text, imports in it not understood."""


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """All names of the hop go into functions, or none."""
    found = moved_names(context)
    yield found if isinstance(found, Refusal) else _proposal(context, found)


def _proposal(context: FixContext, found: MovedNames) -> Proposal | Refusal:
    uses, file = found.text.uses, found.text.file
    users: dict[FunctionNode, list[MovedName]] = {}
    guarded_names: list[MovedName] = []
    typing_reads: list[Read] = []
    later_caution = ""
    for name in found.names:
        typing = [read for read in name.reads if is_typing_only(read, context)]
        functions = _functions(context, uses, name, typing)
        if isinstance(functions, Refusal):
            return functions
        if functions:
            later = _taken_later(context, name)
            if isinstance(later, Refusal):
                return later
            later_caution = later_caution or later
        for function in functions:
            users.setdefault(function, []).append(name)
        if typing or name.uses.type_comments:
            guarded_names.append(name)
            typing_reads += typing
    if "sys.path" in file.text:
        return Refusal("this file changes `sys.path`, and may find other modules later")
    if not users:
        return Refusal("only annotations use it: it can be guarded", applies=False)
    lazy = typing_edits(context, uses, typing_reads)
    if isinstance(lazy, Refusal):
        return lazy
    try:
        edits = _edits(file, found, users, guarded_names, lazy)
    except NotPossible as error:
        return Refusal(error.reason)
    caution = patched_caution(context, found.names) or later_caution or lazy.caution
    return Proposal(
        _title(uses, users, found),
        {context.path_of(context.hop.importer): edits},
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        joint="of",
        cost=_cost(uses, users),
    )


def _title(
    uses: FileUses, users: Mapping[FunctionNode, Sequence[MovedName]], found: MovedNames
) -> str:
    if len(users) > _MOST_NAMED:
        them = "them" if found.n_told > 1 else "it"
        return f"Import {found.told} in the {len(users)} functions that need {them}"
    names = [function.name for function in users]
    if len(set(names)) < len(names):
        names = [_qualified(uses, function) for function in users]
    return f"Import {found.told} in {in_prose(names)}"


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

_CALLED_OFTEN: Final = frozenset(
    {
        "__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__", "__hash__", "__bool__", "__len__",
        "__getattr__", "__getattribute__", "__setattr__", "__get__", "__set__", "__getitem__",
        "__setitem__", "__contains__", "__next__", "__add__", "__sub__", "__mul__", "__truediv__",
    }
)  # fmt: skip
"""Methods that Python calls for comparisons, attributes, items and sums, one by one."""


def _cost(uses: FileUses, users: Iterable[FunctionNode]) -> str:
    """A function that may be called so often that an import in it costs noticeable time; or empty.

    A method for comparing and the like, or what is handed on as a `key`.
    """
    keys = {
        keyword.value.id
        for node in ast.walk(uses.file.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "key" and isinstance(keyword.value, ast.Name)
    }
    for function in users:
        if function.name in _CALLED_OFTEN or function.name in keys:
            return f"`{function.name}` may be called often, and looks for the import each time"
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
    context: FixContext, uses: FileUses, name: MovedName, typing: Collection[Read]
) -> list[FunctionNode] | Refusal:
    """The functions that have to import a name, in the order of the text."""
    found: dict[FunctionNode, None] = {}
    skipped = {id(read) for read in typing}
    for read in name.reads:
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
    numbers = [number for number, code in enumerate(summary.codes) if code.name == function.name]
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


def _edits(
    file: SourceFile,
    found: MovedNames,
    users: Mapping[FunctionNode, Sequence[MovedName]],
    guarded_names: Sequence[MovedName],
    lazy: TypingEdits,
) -> tuple[TextEdit, ...]:
    whole = {id(each.statement) for each in found.text.chosen if each.is_whole}

    def lines(names: Iterable[MovedName]) -> list[Lines]:
        return [
            _lines(file, statement, aliases, is_whole=id(statement) in whole)
            for statement, aliases in _by_statement(names)
        ]

    edits = list(lazy.edits)
    edits += remove_names(file, [(each.statement, each.aliases) for each in found.text.chosen])
    if guarded_names:
        edits += guarded(file, lines(guarded_names))
    for function, names in users.items():
        edits.append(at_function_start(file, function, lines(names)))
    return without_blank_top(file, edits)


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


FIX = FixKind(CODE, __doc__ or "", CYCLE_SUBJECTS, propose, rank=30)
