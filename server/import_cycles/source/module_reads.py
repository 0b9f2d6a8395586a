"""Does a file read an attribute of a module that it has imported?

If the module object itself is passed on (as an argument, to another name, to `getattr`), it is not
known which attributes are read there; then every mention of the attribute counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import Final

from import_cycles.base.record import record
from import_cycles.libraries.facts import Reads
from import_cycles.libraries.table import names_saying

Chain = tuple[str, ...]
"""How a file reaches a module: `("shop", "orders")` after `import shop.orders`."""


@record
class Handling:
    """What a file does with the things that its names stand for; made once a file."""

    written: frozenset[Chain]
    """Every name and attribute chain as it is written, each as a whole."""
    listed: frozenset[Chain]
    """Those of which all names are read, or one that is worked out."""


def handling(text: str, tree: ast.Module) -> Handling:
    """Walks over the tree, twice if names of something are listed."""
    listed = filter(None, map(_listed, ast.walk(tree))) if lists_names(text) else ()
    return Handling(frozenset(_chains(tree)), frozenset(listed))


def may_read(handled: Handling, chains: Collection[Chain], attribute: str, text: str) -> bool:
    """Whether `attribute` is read from the module that `chains` lead to, or may be."""
    if not handled.listed.isdisjoint(chains):
        return True
    return is_mentioned(text, attribute) and any(
        _reads(written, chain, attribute) for written in handled.written for chain in chains
    )


def is_mentioned(text: str, attribute: str) -> bool:
    """Whether an attribute of that name, or a string of these letters, is anywhere in a text."""
    if attribute not in text:  # Many times faster than the pattern, and mostly true.
        return False
    name = re.escape(attribute)
    return re.search(rf"""\.\s*{name}\b|["']{name}["']""", text) is not None


def lists_names(text: str) -> bool:
    """Whether a text has anything that reads all names of an object, or one that it works out."""
    return _LISTING.search(text) is not None


_LISTERS: Final = frozenset(
    {
        *(name.rpartition(".")[2] for name in names_saying("reads", Reads.NAMES)),
        "getattr",
        "setattr",
    }
)
_LISTING: Final = re.compile(rf"\b(?:{'|'.join(sorted(_LISTERS))})\s*\(|\.__dict__\b")


def _listed(node: ast.AST) -> Chain:
    """The chain in `vars(module)`, `module.__dict__`, `getattr(module, name)` and the like."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[module, *rest]):
            is_written_out = bool(rest) and isinstance(rest[0], ast.Constant)
            return _parts(module) if name in _LISTERS and not is_written_out else ()
        case ast.Attribute(attr="__dict__", value=module):
            return _parts(module)
        case _:
            return ()


def _reads(written: Chain, chain: Chain, attribute: str) -> bool:
    if len(written) > len(chain):
        return written[: len(chain)] == chain and written[len(chain)] == attribute
    # The module, or a package on the way to it, is handed on as it is.
    return chain[: len(written)] == written


def _chains(tree: ast.Module) -> Iterator[Chain]:
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
