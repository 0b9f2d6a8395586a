"""Import lazily (Python 3.15).

What it does: writes `lazy` before the import (PEP 810), or adds the module to `__lazy_modules__`
where a list of that name stands above it. The module is loaded when one of the names is first used,
in the thread that uses it. Its errors are raised there, and not where the program starts. A
star-import of this module uses all its names.

When it is offered: the project's target is Python 3.15 or later, and no name that the import brings
is used while the module loads: by a base class, a decorator, a default, a call, or code that reads
annotations at run time. Not for star-imports, nor in functions, classes and `try` statements, where
the language has no lazy imports. Not for an import that the file does not use either: it may be
there for its side effects.

Example:

```
--- pyproject.toml
[tool.import-cycles]
target-version = "3.15"
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ warning[cycle-order-dependent]
def buyer(): return User()
--- shop/users.py
import shop.orders
#      ^^^^^^^^^^^ info[cycle]
class User: ...
=== fix lazy-import at shop/orders.py "Import `User` lazily" safe
--- shop/orders.py
lazy from shop.users import User
def buyer(): return User()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import resolve_relative
from import_cycles.base.text import Span
from import_cycles.findings.rule import Subject
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refusal, Safety
from import_cycles.proposals.hop_text import ChosenItems, HopText, hop_text
from import_cycles.proposals.moved_names import in_prose, line_of
from import_cycles.proposals.runtime_annotations import AnnotationConcerns
from import_cycles.resolve.targets import package_of
from import_cycles.source.insertion import below_import, import_text
from import_cycles.source.removal import remove_names
from import_cycles.source.statements import Enclosure
from import_cycles.source.uses import Moment, moment
from import_cycles.syntax.lazy_imports import LAZY_MODULES

CODE = "lazy-import"

_SUBJECTS = frozenset({Subject.CYCLE, Subject.CRASH})

_SINCE = (3, 15)


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: every statement of the hop becomes lazy."""
    if context.target.version < _SINCE:
        yield Refusal(
            "lazy imports need Python 3.15, and the project is meant for older ones too",
            applies=False,
        )
        return
    text = hop_text(context)
    yield text if isinstance(text, Refusal) else _proposal(context, text)


def _proposal(context: FixContext, text: HopText) -> Proposal | Refusal:
    edits: list[TextEdit] = []
    names: list[str] = []
    caution = ""
    for chosen in text.chosen:
        answer = _not_allowed(chosen)
        for name in chosen.bound_names:
            answer = answer or _touched(context, text, name)
            if isinstance(answer, str):
                caution = caution or answer
                answer = None
        if isinstance(answer, Refusal):
            return answer
        made = _listed(context, text, chosen) or _made_lazy(text, chosen)
        if isinstance(made, Refusal):
            return made
        edits += made
        names += chosen.bound_names
    return Proposal(
        f"Import {in_prose(dict.fromkeys(names))} lazily",
        {context.path_of(context.hop.importer): tuple(edits)},
        Safety.UNSAFE if caution else Safety.SAFE,
        caution,
        for_many="Import {} lazily",
        names=tuple(dict.fromkeys(names)),
    )


def _not_allowed(chosen: ChosenItems) -> Refusal | str | None:
    """Why the statement cannot be lazy (PEP 810, "Syntax restrictions")."""
    statement = chosen.statement
    if statement.is_lazy:
        return Refusal("the import is lazy already", applies=False)
    if "*" in statement.bound_names():
        return Refusal("a star-import cannot be lazy")
    for level in statement.around:
        if level is not Enclosure.CONDITION:
            return Refusal(f"an import {level.value} cannot be lazy")
    return None


def _touched(context: FixContext, text: HopText, name: str) -> Refusal | str | None:
    """Why a name is needed at once; as a string, which code may need it at once."""
    importer = context.hop.importer
    used = text.uses.of(name)
    if used.unknown:
        return Refusal(used.unknown)
    if len(used.bindings) > 1:
        return Refusal(f"`{name}` is bound in more than one way")
    if not used.reads and not used.in_all and not context.readers(importer, name):
        return Refusal(f"nobody uses `{name}`: the import may be there for what it does")
    concerns = AnnotationConcerns(context, importer, text.uses)
    caution = ""
    for read in used.reads:
        when = moment(read)
        if when is Moment.LOADING:
            line = line_of(read, text.uses)
            return Refusal(f"`{name}` is touched while the module loads, in line {line}")
        if when is Moment.ANNOTATION:
            concern = concerns.concern(read)
            if concern is not None and concern.is_certain:
                return Refusal(f"`{name}` is used in an annotation, and {concern.reason}")
            caution = caution or ("" if concern is None else concern.reason)
    return caution or None


def _listed(context: FixContext, text: HopText, chosen: ChosenItems) -> tuple[TextEdit, ...] | None:
    """The module added to `__lazy_modules__`, if the file has such a list above the import."""
    names = _absolute_names(context, chosen)
    display = _list_above(text, chosen)
    if display is None or len(names) != 1 or not chosen.is_whole:
        return None
    written = f'"{names[0]}"'
    if not display.elts:
        start = text.file.span(display).start + 1
        return (TextEdit(Span(start, start), written),)
    end = text.file.span(display.elts[-1]).end
    return (TextEdit(Span(end, end), f", {written}"),)


def _list_above(text: HopText, chosen: ChosenItems) -> ast.List | ast.Tuple | ast.Set | None:
    """The only value of `__lazy_modules__`, written out in brackets before the import."""
    assigned = [
        node
        for node in ast.walk(text.file.tree)
        if isinstance(node, ast.Name) and node.id == LAZY_MODULES
    ]
    for node in text.file.tree.body:
        if node.lineno >= chosen.statement.node.lineno:
            break
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__lazy_modules__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__lazy_modules__"), value=value)
            ) if len(assigned) == 1:
                if isinstance(value, (ast.List, ast.Tuple, ast.Set)) and _has_brackets(text, value):
                    return value
                return None
            case _:
                pass
    return None


def _has_brackets(text: HopText, display: ast.expr) -> bool:
    return text.file.slice(text.file.span(display))[:1] in ("[", "(", "{")


def _absolute_names(context: FixContext, chosen: ChosenItems) -> list[str]:
    """The name that CPython looks for in `__lazy_modules__`."""
    node = chosen.statement.node
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not node.level:
        return [node.module or ""]
    module = context.layout.module(context.hop.importer)
    assert module is not None, "a module with a text is in the layout"
    dotted = resolve_relative(package_of(module), node.level, node.module or "")
    return [] if dotted is None else [dotted]


def _made_lazy(text: HopText, chosen: ChosenItems) -> tuple[TextEdit, ...] | Refusal:
    file, statement = text.file, chosen.statement
    if not file.begins_line(statement.node):
        return Refusal("the import shares its line with other code")
    if chosen.is_whole:
        start = file.span(statement.node).start
        return (TextEdit(Span(start, start), "lazy "),)
    line = f"lazy {import_text(statement.node, chosen.aliases)}"
    return (
        *remove_names(file, [(statement, chosen.aliases)]),
        below_import(file, statement, line),
    )


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=25, writes_stars_out=True)
