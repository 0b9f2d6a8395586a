"""Load the names that a package passes on only when they are asked for.

What it does: removes the import from the package's `__init__`, and adds a module `__getattr__` (PEP
562) that imports the names when they are first asked for. Type checkers still see the import, under
`TYPE_CHECKING`. `__all__` stays, and `dir` lists it. The import then happens in the thread that
asks first, and its errors are raised there.

When it is offered: when the `__init__` only passes the names on and does not use them itself, since
a module's own functions do not call its `__getattr__`. Not when a submodule has the same name, when
a star-import depends on names that no `__all__` lists, or when another module reads the submodule
as an attribute without importing it. It is always marked unsafe: code that looks into the module's
`__dict__`, or relies on the package to load its submodules, sees a difference.

Example:

```
--- shop/__init__.py
from shop.mail import send
#    ^^^^^^^^^ info[cycle]
LIMIT = 10
__all__ = ["LIMIT", "send"]
--- shop/mail.py
from shop import LIMIT
#                ^^^^^ error[cycle-crash]
def send(): return LIMIT
=== fix lazy-reexport at shop/mail.py "Load `send` when it is asked for in shop" unsafe
--- shop/__init__.py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.mail import send

LIMIT = 10
__all__ = ["LIMIT", "send"]


def __getattr__(name: str) -> object:
    if name == "send":
        from shop.mail import send

        return send
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import dotted_name
from import_cycles.findings.rule import Subject
from import_cycles.proposals.definitions import bindings_of, is_submodule
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.moved_names import in_prose
from import_cycles.proposals.on_demand import (
    LISTS_ALL,
    UNKNOWN_ATTRIBUTE,
    at_end,
    counting_on,
    missed_by_stars,
    needed_here,
    unsuitable,
)
from import_cycles.source.insertion import (
    Lines,
    NotPossible,
    at_function_start,
    guarded,
    import_text,
    moved,
)
from import_cycles.source.removal import remove_names

CODE = "lazy-reexport"

_SUBJECTS = frozenset({Subject.CYCLE, Subject.CRASH})


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: all names of the hop are given on demand."""
    text = hop_text(context)
    yield text if isinstance(text, Refusal) else _proposal(context, text)


def _proposal(context: FixContext, text: HopText) -> Proposal | Refusal:
    importer = context.hop.importer
    module = context.layout.module(importer)
    if module is None or not module.is_package:
        return Refusal(f"{dotted_name(importer)} is no package", applies=False)
    for chosen in text.chosen:
        refusal = _unsuitable(context, chosen)
        for name in chosen.bound_names:
            refusal = refusal or needed_here(importer, text.uses, name)
        if refusal is not None:
            return refusal
    names = [name for chosen in text.chosen for name in chosen.bound_names]
    refusal = missed_by_stars(context, importer, text.uses, names) or _counted_on(context)
    if refusal is not None:
        return refusal
    wanted = [(chosen.statement, chosen.aliases) for chosen in text.chosen]
    try:
        edits = (
            *remove_names(text.file, wanted),
            *guarded(text.file, [moved(text.file, *each) for each in wanted]),
            *_given_on_demand(text),
        )
    except NotPossible as error:
        return Refusal(error.reason)
    return Proposal(
        f"Load {in_prose(names)} when {'it is' if len(names) == 1 else 'they are'} asked for",
        {context.path_of(importer): edits},
        Safety.UNSAFE,
        f"{dotted_name(context.hop.imported)} is loaded later, and {dotted_name(importer)} has"
        f" {in_prose(names)} only for those who ask for it by name",
        served=frozenset(names),
    )


# --- whether it can be done ------------------------------------------------------------------


def _unsuitable(context: FixContext, chosen: ChosenItems) -> Refusal | None:
    refusal = unsuitable(chosen.statement)
    if refusal is not None:
        return refusal
    for name in chosen.bound_names:
        if is_submodule(context, context.hop.importer, name):
            # The import system binds it to the module, once that is loaded.
            return Refusal(f"`{name}` is the name of a submodule, too")
    return None


def _counted_on(context: FixContext) -> Refusal | None:
    importer, imported = context.hop.importer, context.hop.imported
    reader = counting_on(context, importer, imported)
    last = dotted_name(imported).rpartition(".")[2]
    return Refusal(f"{reader} reads `{last}` off the package") if reader else None


# --- the new code ----------------------------------------------------------------------------


def _given_on_demand(text: HopText) -> Iterator[TextEdit]:
    file = text.file
    branches = list(_branches(text))
    known = bindings_of(text.uses, "__getattr__")
    if known:
        function = known[0]
        if (
            len(known) > 1
            or not isinstance(function, ast.FunctionDef)
            or function not in file.tree.body
            or function.decorator_list
            or len(function.args.posonlyargs + function.args.args) != 1
        ):
            raise NotPossible("the package has a `__getattr__` that cannot be added to")
        asked = (*function.args.posonlyargs, *function.args.args)[0].arg
        lines = [line.replace("{asked}", asked) for branch in branches for line in branch]
        unit = file.indent_unit
        yield at_function_start(
            file, function, [Lines(tuple(line.replace("\t", unit) for line in lines))]
        )
        return
    body = [line.replace("{asked}", "name") for branch in branches for line in branch]
    code = [
        "def __getattr__(name: str) -> object:",
        *(f"\t{line}" if line else "" for line in body),
        f"\t{UNKNOWN_ATTRIBUTE}",
    ]
    if "__all__" in text.uses.scopes.module.bound and not bindings_of(text.uses, "__dir__"):
        code += ["", "", *LISTS_ALL]
    yield at_end(file, code)


def _branches(text: HopText) -> Iterator[list[str]]:
    """For each name, the lines that give it; `{asked}` stands for the name asked for."""
    for chosen in text.chosen:
        for alias in chosen.aliases:
            name = chosen.statement.bound_name(alias)
            statement = import_text(chosen.statement.node, [alias])
            if statement.endswith(f" {name} as {name}"):
                # That is for type checkers only.
                statement = statement.removesuffix(f" as {name}")
            yield [
                f'if {{asked}} == "{name}":',
                f"\t{statement}",
                "",
                f"\treturn {name}",
            ]


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=50)
