"""From a syntax tree to steps: one pass that keeps what an import can be affected by.

While it walks, it carries what stands over the current statement (a function, a test, a `try`),
so that each import gets its kind and flags on the spot, and it collects the names that each
function binds, so that scopes need no pass of their own. Positions go to side tables. This file has
the pass as a whole and its definitions; `statements` and `expressions` have the rest.

The body of a function *waits*: it is kept as text and lowered on request, for most functions are
never called while modules load (`WaitingBody`). The pass reads only those of its lines that matter
at once (`import_cycles.syntax.eager_lines`), so that imports and codes have the same numbers as when
nothing waits. Tests: tests/properties/test_waiting_bodies.py.
"""

from __future__ import annotations

import ast
import re
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from sys import intern
from typing import Final, TypeAlias

from import_cycles.base.record import record
from import_cycles.base.text import Site
from import_cycles.syntax import steps as s
from import_cycles.syntax.expressions import OpenCode, Place
from import_cycles.syntax.hints import Named, field_hint, signature_hints
from import_cycles.syntax.imports import When
from import_cycles.syntax.numbering import STEP
from import_cycles.syntax.parsing import Parsed, parse, parse_quietly, split_lines
from import_cycles.syntax.parsing import Place as LazyPlace
from import_cycles.syntax.pieces import Piece, PlacedPiece, top_level
from import_cycles.syntax.statements import STATEMENTS, Lower, StatementLowering, Steps, Tries
from import_cycles.syntax.target import PythonTarget

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Lowering(StatementLowering):
    """Turns one module's trees into codes and import records. Used once."""

    def __init__(
        self, target: PythonTarget, lazy_places: frozenset[LazyPlace] = frozenset()
    ) -> None:
        super().__init__(target, lazy_places)
        self._codes: list[s.Code | None] = [None]
        self._first_number, self._step = 0, STEP
        self._marks: list[Marks] = [_NO_MARKS]
        self.hints: list[s.Hints] = []
        self._fields: list[list[Named]] = []
        """Those of the classes around the statement, innermost last."""
        self._only_eager = False
        """Whether statements are left out whose parts matter only if they run."""
        self._at = PlacedPiece(0, Piece((), ()))
        self._continued: ast.stmt | None = None
        self._continuing: Sequence[PlacedPiece] = ()
        """The pieces with the rest of the class `_continued`."""

    # --- results ---------------------------------------------------------------------------

    @property
    def sites(self) -> list[Site]:
        """Where the import sites stand, by number."""
        return self._reader.sites

    @property
    def marks(self) -> tuple[Marks, ...]:
        """Where the marks of each code stand."""
        return tuple(self._marks)

    @property
    def waits_for_nothing(self) -> bool:
        """Whether bodies of functions have to be lowered at once, for any name may import."""
        return self._decider.renames_import_module

    def module(self, pieces: Sequence[PlacedPiece]) -> tuple[tuple[s.Code, ...], bool]:
        """The codes of a module, its own first, and whether annotations stay strings."""
        future = _has_future_annotations(top_level(pieces))
        if future:
            self._annotations_evaluated = False
        body: list[s.Step] = []
        for number, placed in enumerate(pieces):
            if placed.piece.continues:
                continue
            end = number + 1
            while end < len(pieces) and pieces[end].piece.continues:
                end += 1
            if end > number + 1:
                self._continued = placed.piece.statements[-1]
                self._continuing = pieces[number + 1 : end]
            self._enter(placed)
            body.extend(self._block(placed.piece.statements))
        bound = frozenset(self._open.bound)
        declared = frozenset(self._open.global_names)
        self._codes[0] = s.Code("<module>", s.Parameters(), tuple(body), bound, declared)
        self._marks[0] = self._open.marks()
        return tuple(code for code in self._codes if code is not None), future

    def waiting(self, body: WaitingBody, piece: Piece) -> tuple[OpenCode, s.Block]:
        """The steps of a function whose body has waited, and what they bind."""
        self._annotations_evaluated = body.annotations_evaluated
        self._type_parameters = frozenset(body.type_parameters)
        self._first_number, self._step = body.number, body.step
        self._first_import = body.first_import
        self._open = OpenCode(body.number)
        self._decider.in_function = True
        self._enter(PlacedPiece(0, piece))
        return self._open, self._block(piece.statements)

    def _enter(self, placed: PlacedPiece) -> None:
        """Places are counted in this piece from now on."""
        self._at = placed
        self._reader.lines, self._reader.shift = placed.piece.read_lines, placed.shift
        self._open.shifts.append((len(self._open.marked), placed.shift))

    # --- statements ------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt]) -> s.Block:
        steps: list[s.Step] = []
        for statement in body:
            if self._only_eager and not self._is_eager(statement):
                continue
            lower = _STATEMENTS.get(statement.__class__)
            if lower is not None:
                steps.extend(lower(self, statement))
        return tuple(steps)

    def _is_left_out(self, statement: ast.stmt) -> bool:
        return self._only_eager and not self._is_eager(statement)

    def _is_eager(self, statement: ast.stmt) -> bool:
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        decorators = getattr(statement, "decorator_list", None)
        if decorators:
            first = decorators[0].lineno
        return self._at.piece.eager_lines.any_in(first, last)

    # --- classes ---------------------------------------------------------------------------

    def _class(self, node: ast.ClassDef) -> Steps:
        decorators = self._each(node.decorator_list)
        marks = self._decorator_marks(node)
        type_parameters = self._type_parameters
        self._enter_generic(node)
        bases = self._each(node.bases)
        keywords = self._keywords(node.keywords)
        continuing = self._continuing if node is self._continued else ()
        mark = self._mark(self._whole(node, continuing))
        outer_bound, self._open.bound = self._open.bound, set()
        self._class_depth += 1
        tries, self._tries = self._tries, Tries()
        self._fields.append([])
        body = self._block(node.body)
        here = self._at
        for placed in continuing:
            self._enter(placed)
            body += self._block(placed.piece.statements)
        if continuing:
            self._enter(here)
        self._class_depth -= 1
        self._tries = tries
        self._note_hints(0, mark, self._fields.pop())
        self._open.bound = outer_bound
        self._type_parameters = type_parameters
        self._bind(node.name)
        return (s.DefineClass(node.name, decorators, marks, bases, keywords, body, mark),)

    def _decorator_marks(self, node: ast.ClassDef | Function) -> tuple[int, ...]:
        """Where decorators are called: at themselves, before Python 3.11 at the `def` or `class`."""
        is_below = self._target.version < (3, 11)
        return tuple([self._mark(node if is_below else each) for each in node.decorator_list])

    def _whole(self, node: ast.ClassDef, continuing: Sequence[PlacedPiece]) -> ast.stmt | Place:
        if not continuing:
            return node
        end = continuing[-1]
        last = end.piece.statements[-1]
        end_line = (last.end_lineno or 0) + end.shift - self._at.shift
        return Place(node.lineno, node.col_offset, end_line, last.end_col_offset or 0)

    # --- functions -------------------------------------------------------------------------

    def _function(self, node: Function) -> Steps:
        decorators = self._each(node.decorator_list)
        marks = self._decorator_marks(node)
        defaults, keyword_defaults = self._defaults(node.args)
        type_parameters = self._type_parameters
        self._enter_generic(node)
        annotations = self._signature_annotations(node)
        self._bind(node.name)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        code = self._function_code(node.name, node.args, node.body, is_async=is_async)
        self._note_signature(code, node)
        self._type_parameters = type_parameters
        return (
            s.DefineFunction(
                node.name, code, decorators, marks, defaults, keyword_defaults, annotations
            ),
        )

    def _enter_generic(self, node: Function | ast.ClassDef) -> None:
        """From here on the type parameters of a function or class are known (PEP 695)."""
        parameters = getattr(node, "type_params", None)
        if parameters:
            self._type_parameters |= {parameter.name for parameter in parameters}

    def _note_signature(self, code: int, node: Function) -> None:
        if not self._open.number:
            lines, is_evaluated = self._at.piece.lines, self._annotations_evaluated
            hints = signature_hints(
                node.args, node.returns, lines, self._mark, is_evaluated=is_evaluated
            )
            self._note_hints(code, -1, hints)

    def _note_hints(self, code: int, mark: int, hints: Iterable[Named]) -> None:
        found = (*hints,)
        # Limit: names of type parameters, and definitions inside functions, are not followed.
        if found and not self._open.number and not self._type_parameters:
            self.hints.append(s.Hints(code, mark, found))

    def _annotated(self, node: ast.AnnAssign) -> Steps:
        if self._fields and not self._open.number and isinstance(node.target, ast.Name):
            self._fields[-1] += field_hint(
                node.target.id,
                node.annotation,
                self._at.piece.lines,
                self._mark,
                is_evaluated=self._annotations_evaluated,
            )
        return super()._annotated(node)

    def expression(self, node: ast.expr) -> s.Expression:
        """One expression alone."""
        return self._expr(node)

    def _signature_annotations(self, node: Function) -> tuple[s.Expression, ...]:
        """In the order in which CPython evaluates them (compile.c, `compiler_visit_annotations`)."""
        if not self._annotations_evaluated:
            return ()
        arguments = node.args
        ordered = [*arguments.posonlyargs, *arguments.args]
        if arguments.vararg:
            ordered.append(arguments.vararg)
        ordered.extend(arguments.kwonlyargs)
        if arguments.kwarg:
            ordered.append(arguments.kwarg)
        annotations = [argument.annotation for argument in ordered] + [node.returns]
        lowered = [self._expr(a) for a in annotations if a is not None]
        return tuple([a for a in lowered if a.__class__ is not s.Constant])

    def _function_code(
        self,
        name: str,
        arguments: ast.arguments,
        body: Sequence[ast.stmt] | ast.expr,
        *,
        is_async: bool,
    ) -> int:
        outer, only_eager, n_imports = self._open, self._only_eager, len(self.imports)
        outer_context = self._class_depth, self._when, self._flags
        tries = self._tries
        self._tries = Tries()
        parameters, type_parameters = _parameters(arguments), self._type_parameters
        if type_parameters:
            self._type_parameters = type_parameters.difference(_parameter_names(parameters))
        index = len(self._codes)
        code = self._open = OpenCode(self._first_number + index * self._step)
        self._codes.append(None)
        self._marks.append(_NO_MARKS)
        code.shifts.append((0, self._at.shift))
        self._class_depth = self._flags = 0
        self._decider.in_function = True
        if self._when is not When.TYPING:
            self._when = When.DEFERRED
        waiting = None if isinstance(body, ast.expr) else self._waiting_text(body)
        self._only_eager = waiting is not None
        if isinstance(body, ast.expr):
            block: s.Block = (s.Return(self._expr(body)),)
        else:
            block = self._block(body)
        names = _parameter_names(parameters)
        self.does_not_compile |= len(set(names)) < len(names)
        if waiting is None:
            self._marks[index] = code.marks()
            lowered = _code(name, parameters, block, code, is_async=is_async)
        else:
            place = index, waiting
            lowered = self._wait(name, parameters, code, place, n_imports, is_async=is_async)
        self._codes[index] = lowered
        self._type_parameters = type_parameters
        self._open, self._only_eager = outer, only_eager
        self._class_depth, self._when, self._flags = outer_context
        self._tries = tries
        self._decider.in_function = outer.number != 0
        return code.number

    def _waiting_text(self, body: Sequence[ast.stmt]) -> tuple[int, int] | None:
        """The first and last line (from 1) of a body that can be lowered later; None if it cannot.

        An empty range is a body in which nothing happens.
        """
        if self.waits_for_nothing:
            return None
        last = body[-1].end_lineno or 0
        node = body[0]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            # A docstring does nothing, although its words may look like code.
            if len(body) == 1:
                return last + 1, last
            node = body[1]
        if isinstance(node, _DECORATED):
            return None
        first = node.lineno
        before = self._at.piece.lines[first - 2] if first > 1 else ""
        head = self._at.piece.lines[first - 1].encode(errors="surrogatepass")[: node.col_offset]
        if (
            head.strip(_BLANKS)
            or before.endswith("\\")
            or self._at.piece.lines[last - 1].endswith("\\")
        ):
            # It shares a line with something else.
            return None
        return None if self._at.piece.eager_lines.obscure_in(first, last) else (first, last)

    def _wait(
        self,
        name: str,
        parameters: s.Parameters,
        code: OpenCode,
        place: tuple[int, tuple[int, int]],
        n_imports: int,
        *,
        is_async: bool,
    ) -> s.Code:
        index, (first, last) = place
        text = "\n".join(self._at.piece.lines[first - 1 : last])
        if not text:
            return s.Code(
                name, parameters, (), frozenset(_parameter_names(parameters)), is_async=is_async
            )
        has_codes = len(self._codes) > index + 1
        body = WaitingBody(
            text,
            code.number if has_codes else STEP,
            self._step if has_codes else STEP,
            n_imports if len(self.imports) > n_imports else 0,
            self._annotations_evaluated,
            tuple(sorted(self._type_parameters)) if self._type_parameters else (),
        )
        self._marks[index] = WaitingMarks(body, first + self._at.shift)
        return s.waiting_code(name, parameters, frozenset(code.global_names), is_async, body)


def _code(
    name: str, parameters: s.Parameters, block: s.Block, code: OpenCode, *, is_async: bool
) -> s.Code:
    declared = code.global_names | code.nonlocal_names
    return s.Code(
        name,
        parameters,
        block,
        frozenset(code.bound.union(_parameter_names(parameters)) - declared),
        frozenset(code.global_names),
        frozenset(code.nonlocal_names),
        code.has_yield,
        is_async,
    )


# --- bodies that wait ------------------------------------------------------------------------


@record
class WaitingBody:
    """The body of a function as text, lowered on request; see `steps.Code`.

    Equal ones give equal codes. `number` is that of the code, with those of codes in it at a
    distance of `step`, and `first_import` that of the first import. If there is no other code, or no
    import, in it, they have no say.
    """

    text: str
    """Whole lines, with their indentation; what stands in them is parsed alone as it was before."""
    number: int
    step: int
    first_import: int
    annotations_evaluated: bool
    type_parameters: tuple[str, ...] = ()
    """Names in it that stand for type parameters (PEP 695) of what it is in, or of itself."""

    def lowered(self, name: str, parameters: s.Parameters, *, is_async: bool) -> s.Code:
        """The code. Cost: that of parsing the text, twice."""
        code, block = self.lower()
        return _code(name, parameters, block, code, is_async=is_async)

    def mentions(self, names: Iterable[str]) -> bool:
        """Whether one of these names stands in it, be it in a string."""
        # Lines with names that Unicode normalises never wait.
        text = self.text
        return any(name in text and _is_word_of(text, name) for name in names)

    def words(self) -> dict[str, None]:
        """The words in it. Cost: its text, once."""
        return _words_in(self.text)

    def sets_attributes(self) -> bool:
        """Whether something in it looks like setting an attribute. Cost: its text, once."""
        return _sets_attributes(self.text)

    def lower(self) -> tuple[OpenCode, s.Block]:
        """Its steps, and what was noted on the way."""
        parsed = self._parsed()
        function = parsed.tree.body[0]
        assert isinstance(function, ast.FunctionDef)
        piece = Piece(split_lines(parsed.text), function.body)
        return Lowering(PythonTarget()).waiting(self, piece)

    def _parsed(self) -> Parsed:
        try:
            return parse(f"{_HEAD}\n{self.text}\n")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # It was left out when the text was parsed. Python refuses the module.
            return parse(f"{_HEAD}\n {_REFUSED}\n")


_WORD: Final = re.compile(r"[^\W\d]\w*")
_ATTRIBUTE_SET: Final = re.compile(
    r"\.\w+\s*(?:[-+*/%&|^@]|//|\*\*|>>|<<)?=(?!=)|setattr|__dict__|\bvars\b|\bas\s+\w+\.|\bdel\b"
)


@lru_cache(maxsize=16384)
def _words_in(text: str) -> dict[str, None]:
    # Names in steps and namespaces are interned: compared by identity, and each is there once.
    return dict.fromkeys(map(intern, _WORD.findall(text)))


@lru_cache(maxsize=16384)
def _sets_attributes(text: str) -> bool:
    return _ATTRIBUTE_SET.search(text) is not None


def _is_word_of(text: str, word: str) -> bool:
    place = text.find(word)
    while place >= 0:
        end = place + len(word)
        around = text[max(place - 1, 0) : place] + text[end : end + 1]
        if not any(map(_in_words, around)):
            return True
        place = text.find(word, end)
    return False


def _in_words(character: str) -> bool:
    return character.isalnum() or character == "_"


@lru_cache(maxsize=8)
def _places(body: WaitingBody) -> array[int]:
    """The marks of a body, cached, since one request for a mark is mostly followed by more."""
    return body.lower()[0].marks()


@record
class WaitingMarks:
    """Where the marks of a body that waits stand: `first` is the line of its text, from 1."""

    body: WaitingBody
    first: int

    def numbers(self) -> array[int]:
        """Four numbers for each mark, as those of codes that did not wait. Cost: a lowering."""
        numbers = _places(self.body)[:]
        # Its own lines are counted from 1, and the first of them is the head.
        shift = self.first - 2
        for place in range(0, len(numbers), 2):
            numbers[place] += shift
        return numbers

    def lines(self) -> range:
        """The lines, from 1, in which all of them are."""
        return range(self.first, self.first + self.body.text.count("\n") + 1)


Marks: TypeAlias = "array[int] | WaitingMarks"
"""The places of a code's marks, or how to get them."""

_NO_MARKS: Final = array("I")
_HEAD: Final = "def _():"
_REFUSED: Final = "raise SyntaxError"
_BLANKS: Final = b" \t\f"
_DECORATED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _has_future_annotations(statements: Iterable[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in statements
    )


def _parameters(arguments: ast.arguments) -> s.Parameters:
    return s.Parameters(
        tuple([argument.arg for argument in arguments.posonlyargs]),
        tuple([argument.arg for argument in arguments.args]),
        arguments.vararg.arg if arguments.vararg else None,
        tuple([argument.arg for argument in arguments.kwonlyargs]),
        arguments.kwarg.arg if arguments.kwarg else None,
    )


def _parameter_names(parameters: s.Parameters) -> list[str]:
    names = [*parameters.positional_only, *parameters.positional, *parameters.keyword_only]
    names.extend(name for name in (parameters.variadic, parameters.keyword_variadic) if name)
    return names


_STATEMENTS: Final[dict[type[ast.stmt], Lower]] = {
    **STATEMENTS,
    ast.FunctionDef: Lowering._function,
    ast.AsyncFunctionDef: Lowering._function,
    ast.AnnAssign: Lowering._annotated,
    ast.ClassDef: Lowering._class,
}


@lru_cache(maxsize=512)
def hint(text: str) -> s.Expression | None:
    """The expression of an annotation that is kept as a text; None if it is none."""
    try:
        statement = parse_quietly(f"(\n{text}\n)").body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(statement, ast.Expr):
        return None
    return Lowering(PythonTarget()).expression(statement.value)
