"""Annotations as texts: those that nothing evaluates when the definition around them runs.

Postponed annotations (PEP 563, PEP 649) and those in quotes are evaluated on request, as by
`typing.get_type_hints`, in the namespace of the module that they stand in. Until then they
are kept as they are written. An annotation that is evaluated at once is not kept, unless something
in it is in quotes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

Named: TypeAlias = tuple[str, str, int]
"""What is annotated, `return` for the result of a function, how, and the mark of that."""

Mark: TypeAlias = Callable[[ast.expr], int]
"""Gives an annotation a mark."""

_PLAIN: Final = (ast.Name, ast.Attribute)
"""Forms in which nothing can be in quotes."""


def signature_hints(
    arguments: ast.arguments,
    returns: ast.expr | None,
    lines: Sequence[str],
    mark: Mark,
    *,
    is_evaluated: bool,
) -> tuple[Named, ...]:
    """Those of a function, in the order in which CPython keeps them (compile.c)."""
    ordered = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        ordered.append(arguments.vararg)
    ordered += arguments.kwonlyargs
    if arguments.kwarg:
        ordered.append(arguments.kwarg)
    annotated: list[tuple[str, ast.expr | None]] = [(each.arg, each.annotation) for each in ordered]
    annotated.append(("return", returns))
    return tuple(_kept(annotated, lines, mark, is_evaluated=is_evaluated))


def field_hint(
    name: str, annotation: ast.expr, lines: Sequence[str], mark: Mark, *, is_evaluated: bool
) -> Iterator[Named]:
    """That of a variable in a class, if it is kept."""
    return _kept([(name, annotation)], lines, mark, is_evaluated=is_evaluated)


def _kept(
    annotated: Iterable[tuple[str, ast.expr | None]],
    lines: Sequence[str],
    mark: Mark,
    *,
    is_evaluated: bool,
) -> Iterator[Named]:
    for name, annotation in annotated:
        if annotation is None or (is_evaluated and isinstance(annotation, _PLAIN)):
            continue
        text = _source(annotation, lines)
        if not is_evaluated or '"' in text or "'" in text:
            yield name, text, mark(annotation)


def _source(node: ast.expr, lines: Sequence[str]) -> str:
    """The text of an expression."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    start, end = node.col_offset, node.end_col_offset
    if first == last and lines[first].isascii():
        return lines[first][start:end]
    parts = [line.encode(errors="surrogatepass") for line in lines[first : last + 1]]
    parts[-1] = parts[-1][:end]
    parts[0] = parts[0][start:]
    return b"\n".join(parts).decode(errors="surrogatepass")
