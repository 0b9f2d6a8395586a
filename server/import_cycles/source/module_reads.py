"""Does a file read an attribute of a module that it has imported?

Where the module as a whole goes somewhere (an argument, another name, `getattr`), what is read
from it there cannot be told; then every mention of the attribute counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import Final

Chain = tuple[str, ...]
"""How a file reaches a module: `("shop", "orders")` after `import shop.orders`."""


def may_read(text: str, tree: ast.Module, chains: Collection[Chain], attribute: str) -> bool:
    """Whether `attribute` is read from the module that `chains` lead to, or may be.

    Cost: a pass over the text, and a walk over the tree if the attribute is mentioned at all, or
    if names of something are listed.
    """
    if not chains:
        return False
    if is_mentioned(text, attribute) and any(
        _reads(written, chain, attribute) for written in _chains(tree) for chain in chains
    ):
        return True
    return lists_names(text) and any(_is_listed(node, chains) for node in ast.walk(tree))


def is_mentioned(text: str, attribute: str) -> bool:
    """Whether an attribute of that name, or a string of these letters, is anywhere in a text."""
    name = re.escape(attribute)
    return re.search(rf"""\.\s*{name}\b|["']{name}["']""", text) is not None


def lists_names(text: str) -> bool:
    """Whether a text has anything that reads all names of an object, or one that it works out."""
    return _LISTING.search(text) is not None


_LISTERS: Final = frozenset({"vars", "dir", "getmembers", "getattr", "setattr"})
_LISTING: Final = re.compile(r"\b(?:vars|dir|getmembers|[gs]etattr)\s*\(|\.__dict__\b")


def _is_listed(node: ast.AST, chains: Collection[Chain]) -> bool:
    """Whether a node is `vars(module)`, `module.__dict__`, `getattr(module, name)` and the like."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[module, *rest]):
            is_written_out = bool(rest) and isinstance(rest[0], ast.Constant)
            return name in _LISTERS and not is_written_out and _parts(module) in chains
        case ast.Attribute(attr="__dict__", value=module):
            return _parts(module) in chains
        case _:
            return False


def _reads(written: Chain, chain: Chain, attribute: str) -> bool:
    if len(written) > len(chain):
        return written[: len(chain)] == chain and written[len(chain)] == attribute
    # The module, or a package on the way to it, is handed on as it is.
    return chain[: len(written)] == written


def _chains(tree: ast.Module) -> Iterator[Chain]:
    """Every name and attribute chain as it is written, each as a whole."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            parts = _parts(node)
            if parts:
                yield parts


def _parts(node: ast.expr) -> Chain:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(parts))
