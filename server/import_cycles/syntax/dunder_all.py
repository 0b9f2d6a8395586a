"""`__all__` as far as it is written out: it decides which submodules a star-import loads."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def written_all(statements: Iterable[ast.stmt]) -> tuple[str, ...] | None:
    """The strings of `__all__`: assigned, added with `+=`, `append` or `extend` at module level.

    None when `__all__` is never assigned. Parts that are no literals are left out.
    """
    names: list[str] | None = None
    for node in statements:
        match node:
            case ast.Assign(targets=targets, value=value) if any(map(_is_all, targets)):
                names = _strings(value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_all(target):
                names = _strings(value)
            case ast.AugAssign(target=target, value=value) if _is_all(target):
                names = [*(names or ()), *_strings(value)]
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=owner, attr="append" | "extend"), args=[value]
                )
            ) if _is_all(owner):
                names = [*(names or ()), *_strings(value)]
            case _:
                pass
    return None if names is None else tuple(names)


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _strings(node: ast.expr) -> list[str]:
    found: list[str] = []
    todo = [node]
    while todo:
        match todo.pop():
            case ast.Constant(value=str(name)):
                found.append(name)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                todo += reversed(items)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                todo += right, left
            case _:
                pass
    return found
