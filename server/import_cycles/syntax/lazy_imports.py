"""Lazy imports (PEP 810) as text: where `lazy` may stand, and what `__lazy_modules__` lists.

Only `import_cycles.simulate` can tell what the list holds when an import runs. Here it is read off
the text, as far as possible, so that edges have their kind before anything runs.

Source: Python/symtable.c (`check_lazy_import_context`) and Python/codegen.c of CPython 3.15.
"""

from __future__ import annotations

import ast
from typing import Final, TypeAlias

from import_cycles.base.record import record

LAZY_MODULES: Final = "__lazy_modules__"
LAZY_SINCE: Final = (3, 15)
"""The Python that has lazy imports first."""

Listed: TypeAlias = tuple[str, ...] | str
"""What `__lazy_modules__` is: a container of names, or a text, of which each part is in it.

`OWN_NAME` and `OWN_PACKAGE` in it stand for what the module that has it finds in its namespace.
"""
OWN_NAME: Final = "{__name__}"
OWN_PACKAGE: Final = "{__package__}"


class MisplacedLazyError(SyntaxError):
    """`lazy` stands where no import may be lazy."""


@record
class NotKnown:
    """The list is not known before the program runs."""


NOT_KNOWN: Final = NotKnown()


def is_listed(listed: Listed, asked: str, name: str, package: str) -> bool:
    """Whether an import of the module `asked` is lazy in a module of this name and package."""
    if isinstance(listed, str):
        return asked in _own(listed, name, package)
    return any(_own(each, name, package) == asked for each in listed)


def _own(text: str, name: str, package: str) -> str:
    return text.replace(OWN_NAME, name).replace(OWN_PACKAGE, package)


def listed_by(node: ast.expr | None) -> Listed | NotKnown:
    """What an expression for `__lazy_modules__` lists."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _texts(items)
        case ast.Dict(keys=keys) if None not in keys:
            return _texts([key for key in keys if key is not None])
        case ast.Call(func=ast.Name(id="frozenset" | "set" | "list" | "tuple"), keywords=[]):
            if not node.args:
                return ()
            inner = listed_by(node.args[0]) if len(node.args) == 1 else NOT_KNOWN
            return NOT_KNOWN if isinstance(inner, str) else inner
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            return joined(listed_by(left), listed_by(right)) if _text(node) is None else NOT_KNOWN
        case ast.Constant(value=str(text)):
            return text
        case _:
            return NOT_KNOWN


def joined(first: Listed | NotKnown | None, second: Listed | NotKnown) -> Listed | NotKnown:
    """What `first + second` lists."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return first + second
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    return NOT_KNOWN


def _texts(items: list[ast.expr]) -> Listed | NotKnown:
    found: list[str] = []
    for item in items:
        text = _text(item)
        if text is not None:
            found.append(text)
        elif not isinstance(item, ast.Constant):
            return NOT_KNOWN
    return tuple(found)


def _text(node: ast.expr) -> str | None:
    """A text that may have the module's own name in it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id="__name__") | ast.Attribute(value=ast.Name(id="__spec__"), attr="name"):
            return OWN_NAME
        case (
            ast.Name(id="__package__") | ast.Attribute(value=ast.Name(id="__spec__"), attr="parent")
        ):
            return OWN_PACKAGE
        case ast.JoinedStr(values=values):
            return _concatenated(values)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return _text(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _concatenated([left, right])
        case _:
            return None


def _concatenated(parts: list[ast.expr]) -> str | None:
    texts = [_text(part) for part in parts]
    return None if None in texts else "".join(text for text in texts if text is not None)


def misplaced(
    node: ast.Import | ast.ImportFrom, *, in_try: bool, in_function: bool, in_class: bool
) -> str | None:
    """CPython's message about `lazy` where it may not stand; None where it may."""
    kind = "lazy import" if isinstance(node, ast.Import) else "lazy from ... import"
    if in_try:
        return f"{kind} not allowed inside try/except blocks"
    if in_class:
        return f"{kind} not allowed inside classes"
    if in_function:
        return f"{kind} not allowed inside functions"
    if isinstance(node, ast.ImportFrom):
        if node.names[0].name == "*":
            return "lazy from ... import * is not allowed"
        if node.module == "__future__" and not node.level:
            return "lazy from __future__ import is not allowed"
    return None
