"""Statements about values in random programs: what makes them, changes them, and asks about them.

Each piece is a function that writes lines. Most end in a *reaction* to a test, so that a wrong value
shows in what is imported or raised.
"""

from __future__ import annotations

from collections.abc import Callable

from class_pieces import enumeration, members, registry, shared_registry, unusual_class
from container_pieces import a_container, asked, changed, looped, taken
from effect_pieces import effect
from failure_pieces import attempted, careful_stand_in, flagged, raised_anew, shadowed, stand_in
from library_pieces import library_decorator, open_decorator
from namespace_pieces import built_in, executed, namespace, unknown_import, walked
from value_tests import is_open
from writer import Lines, Scope, Writer

Piece = Callable[[Writer, Scope], Lines]

HEADER = "import abc, atexit, bisect, builtins, collections, enum, heapq, operator, pkgutil, random"


def value_statement(w: Writer, scope: Scope) -> Lines:
    """A piece.

    Inside of other statements nothing that names a library: an attribute of one may be missing, so
    where a handler stands ready both ways are tried.
    """
    pieces = _PIECES
    if is_open(w):
        pieces = pieces + _LIBRARY_PIECES + _OPEN_PIECES
    elif not scope.depth:
        pieces = pieces + _LIBRARY_PIECES
    number = w.random.randrange(sum(weight for weight, _ in pieces))
    for weight, write in pieces:
        number -= weight
        if number < 0:
            return write(w, scope)
    raise AssertionError


_PIECES: list[tuple[int, Piece]] = [
    (8, a_container),
    (16, changed),
    (14, asked),
    (6, looped),
    (4, registry),
    (9, namespace),
    (5, careful_stand_in),
    (5, flagged),
]
_LIBRARY_PIECES: list[tuple[int, Piece]] = [
    (7, enumeration),
    (9, unusual_class),
    (3, walked),
]
_OPEN_PIECES: list[tuple[int, Piece]] = [
    (5, taken),
    (4, shared_registry),
    (4, built_in),
    (6, executed),
    (4, unknown_import),
    (9, stand_in),
    (6, attempted),
    (6, effect),
    (6, raised_anew),
    (4, shadowed),
    (6, library_decorator),
    (4, open_decorator),
    (2, members),
]
