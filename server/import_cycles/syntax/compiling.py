"""Texts that parse and do not compile, such as one with a `return` outside of all functions.

CPython detects such a mistake after parsing: in future.c, symtable.c and compile.c (codegen.c from
3.14 on). Importing such a module raises SyntaxError before any of it runs, so the check asks
CPython itself. But compiling costs half as much as all other work on a text. So the check first
examines statements one by one: those of the module, and those of its classes. It compiles a
statement with any sign of trouble alone. If that fails, it compiles the whole text, which gives the
error that importing it raises. Most signs prove harmless, but every text that does not compile must
have one.

In functions it examines only lines with a word that people get wrong while they type (`_REASONS`);
`lower` checks parameters. It does not see very rare mistakes there: one starred target too many, a
call with the same keyword twice. Tests: tests/properties/test_compiling.py.
"""

from __future__ import annotations
import __future__

import ast
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from string import ascii_letters, digits
from typing import Any, Final, TypeAlias
from unicodedata import is_normalized

from import_cycles.syntax.eager_lines import lines_with

_Statements: TypeAlias = Sequence[ast.stmt]


def compile_error(text: str) -> SyntaxError | None:
    """The mistake in a text that parses and does not compile. Cost: that of `ast.parse`."""
    try:
        return _error_of(text, 0)
    except (ValueError, RecursionError, MemoryError):
        # How deep expressions may nest depends on the interpreter that imports the text.
        return None


def may_fail(
    statements: _Statements,
    lines: Sequence[str],
    text: str,
    odd_lines: Sequence[int],
    *,
    in_class: bool,
    future_annotations: bool,
) -> bool:
    """Whether a module or class may not compile because of some of its statements.

    `lines` are those that places are counted in, from 1, and `text` is what was parsed of them, with the numbers of its
    `odd_lines` that Unicode does not call normalized. That imports from `__future__` come first
    is left to `futures_come_first`. Cost: a tenth of that of parsing the statements.
    """
    flags = __future__.annotations.compiler_flag if future_annotations else 0
    return any(
        _declares_names(statement) or _fails_alone(statement, scope, flags)
        for statement, scope in _Signs(lines, text, odd_lines).showing(
            statements, _Scope.CLASS if in_class else _Scope.MODULE
        )
    )


def futures_come_first(statements: Iterable[ast.stmt]) -> bool:
    """Whether in a module only its docstring stands before imports from `__future__`.

    Source: the language reference, "Future statements".
    """
    is_late = False
    for number, statement in enumerate(statements):
        if _is_future(statement):
            if is_late:
                return False
        elif number or not _is_text(statement):
            is_late = True
    return True


def _is_future(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


# --- asking CPython ---------------------------------------------------------------------------


def _error_of(source: str | ast.Module, flags: int) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<module>", "exec", flags, dont_inherit=True, optimize=0)
        except SyntaxError as error:
            return error
    return None


def _fails_alone(statement: ast.stmt, scope: _Scope, flags: int) -> bool:
    if scope is _Scope.CLASS:
        around = ast.parse("class _: pass").body[0]
        assert isinstance(around, ast.ClassDef)
        around.body = [statement]
        statement = around
    try:
        return _error_of(ast.Module([statement], []), flags) is not None
    except (ValueError, RecursionError, MemoryError):
        # A tree may be nested too deeply where its text is not.
        return True


def _declares_names(statement: ast.stmt) -> bool:
    """Whether it has a `global` or `nonlocal` that may be about other statements around it."""
    return not isinstance(statement, _FUNCTIONS) and any(
        isinstance(node, (ast.Global, ast.Nonlocal)) for node in ast.walk(statement)
    )


# --- signs ------------------------------------------------------------------------------------


class _Scope(IntEnum):
    MODULE = 0
    CLASS = 1
    FUNCTION = 2
    COROUTINE = 3


class _Around:
    """What stands around a statement: its scope, and the loops and blocks in that."""

    __slots__ = ("depth", "in_loop", "scope")

    def __init__(self, scope: _Scope, *, in_loop: bool = False, depth: int = 0) -> None:
        self.scope = scope
        self.in_loop = in_loop
        self.depth = depth


_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_UNSTARRED: Final = (ast.Name, ast.Attribute, ast.Subscript)
_FEATURES: Final = frozenset(__future__.all_feature_names)
_MANY: Final = 256
"""Of so many targets before a starred one compile.c loses count."""
_DEEP: Final = 6
"""CPython allows 20 blocks around one another (CO_MAXBLOCKS); a statement makes up to three."""

_REASONS: Final = ("break", "continue", "global", "nonlocal", "yield", "await", "async", ":=")
"""Words in functions whose lines are looked at, and `:=`, which no annotation may have."""
_QUESTIONS: Final = (
    ("__debug__", None),
    (":=", None),
    # A starred expression alone in an f-string,
    ("{", re.compile(r"\{(?:\s|\\|#.*\n)*\*(?!\*)")),
    # a `lambda` with several parameters, or with a default that may hide where they end,
    ("lambda", re.compile(r"lambda\b[^:]*?(?:[,{\[(\"'#]|\blambda\b)")),
    # targets of a comprehension with a star, or with parts that may hide one.
    (
        "for",
        re.compile(r"for\b(?:(?!\bin\b)(?:[\w \t.()\[\],\\]|(?<=[(\[,\\])\n))*?(?:\*|\w[\[(])"),
    ),
)
"""Outside of functions, CPython is asked about statements with one of these: what a form starts
with, which is quicker to look for, and the form."""
_WORDS: Final = tuple(
    re.compile(rf"{word}(?<!\w{word})\b") for word in ("nonlocal", "yield", "await", "async")
)
"""The same, of words that are reasons."""
_IN_NAMES: Final = ascii_letters + digits + "_"


class _Signs:
    """Looks for signs of trouble in statements of one text."""

    def __init__(self, lines: Sequence[str], text: str, odd_lines: Sequence[int]) -> None:
        self._lines = lines
        self._odd = odd_lines
        self._reasons = sorted([*lines_with(text, _REASONS), *self._odd])

    def showing(self, statements: _Statements, scope: _Scope) -> Iterator[tuple[ast.stmt, _Scope]]:
        """The statements of a module or class that show one, and where each stands.

        Of a class whose head shows none, its statements are looked at.
        """
        around = _Around(scope)
        small: list[ast.stmt] = []
        for node in statements:
            if node.__class__ in _HARMLESS or _is_text(node):
                continue
            if not isinstance(node, (ast.ClassDef, *_FUNCTIONS)):
                small.append(node)
                continue
            if small:
                yield from self._showing_of(small, around)
                small = []
            if isinstance(node, _FUNCTIONS):
                if self._in_function(node, around):
                    yield node, scope
            elif self._in_class_head(node):
                yield node, scope
            else:
                yield from self.showing(node.body, _Scope.CLASS)
        yield from self._showing_of(small, around)

    def _showing_of(self, nodes: _Statements, around: _Around) -> Iterator[tuple[ast.stmt, _Scope]]:
        """Of neighbours, which are looked at together first: nearly all show nothing."""
        if around.scope is _Scope.MODULE and any(map(_is_future, nodes)):
            for node in nodes:
                if _is_future(node) and not _FEATURES.issuperset(_names(node)):
                    yield node, around.scope
            nodes = [node for node in nodes if not _is_future(node)]
        if nodes and self._in_statements(nodes, around):
            for node in nodes:
                if self._in_statements([node], around):
                    yield node, around.scope

    # --- statements outside of functions ---------------------------------------------------

    def _in_statements(self, nodes: _Statements, around: _Around) -> bool:
        return self._asks(nodes[0].lineno, _last_line(nodes[-1])) or self._in_block(nodes, around)

    def _asks(self, first: int, last: int) -> bool:
        """Whether something in these lines is to be asked about."""
        text = "\n".join(self._lines[first - 1 : last])
        for start, form in _QUESTIONS:
            if start in text and (form is None or form.search(text)):
                return True
        if not self._has_reason(first, last):
            return False
        return any(word.search(text) for word in _WORDS) or not is_normalized("NFKC", text)

    def _in_block(self, body: _Statements, around: _Around) -> bool:
        for node in body:
            kind = node.__class__
            if kind in _PLAIN:
                if self._in_plain(node):
                    return True
            else:
                sign = _SIGNS.get(kind)
                if sign is None or sign(self, node, around):
                    # CPython decides about statements that are rare, or wrong here.
                    return True
        return False

    def _in_plain(self, node: ast.stmt) -> bool:
        """Whether it has stars where none may be, or gives a call the same keyword twice."""
        if isinstance(node, _VALUED) and isinstance(node.value, ast.Starred):
            return True
        if isinstance(node, ast.Assign) and any(map(_is_odd_target, node.targets)):
            return True
        return self._repeats_keyword(node, node.lineno, _last_line(node))

    def _in_import(self, node: ast.ImportFrom, around: _Around) -> bool:
        is_star = node.names[0].name == "*"
        return _is_future(node) or (is_star and around.scope is not _Scope.MODULE)

    def _in_jump(self, node: ast.Break | ast.Continue, around: _Around) -> bool:
        return not around.in_loop

    def _in_if(self, node: ast.If, around: _Around) -> bool:
        while not (self._in_head(node) or self._in_block(node.body, around)):
            following = _following(node)
            if following is None:
                return self._in_block(node.orelse, around)
            node = following
        return True

    def _in_loop(self, node: ast.While | ast.For, around: _Around) -> bool:
        inside = _Around(around.scope, in_loop=True, depth=around.depth + 1)
        return (
            inside.depth >= _DEEP
            or self._in_head(node)
            or self._in_block(node.body, inside)
            or self._in_block(node.orelse, around)
        )

    def _in_for(self, node: ast.For, around: _Around) -> bool:
        return (
            _is_odd_target(node.target)
            or isinstance(node.iter, ast.Starred)
            or self._in_loop(node, around)
        )

    def _in_with(self, node: ast.With, around: _Around) -> bool:
        targets = [item.optional_vars for item in node.items if item.optional_vars]
        depth = around.depth + len(node.items)
        return (
            depth >= _DEEP
            or any(map(_is_odd_target, targets))
            or self._in_head(node)
            or self._in_block(node.body, _Around(around.scope, in_loop=around.in_loop, depth=depth))
        )

    def _in_try(self, node: ast.Try, around: _Around) -> bool:
        inside = _Around(around.scope, in_loop=around.in_loop, depth=around.depth + 1)
        blocks = [node.body, node.orelse, node.finalbody]
        return (
            inside.depth >= _DEEP
            or any(handler.type is None for handler in node.handlers[:-1])
            or any(map(self._in_head, node.handlers))
            or any(self._in_block(handler.body, inside) for handler in node.handlers)
            or any(self._in_block(block, inside) for block in blocks)
        )

    def _in_class(self, node: ast.ClassDef, around: _Around) -> bool:
        return self._in_class_head(node) or self._in_block(node.body, _Around(_Scope.CLASS))

    def _in_class_head(self, node: ast.ClassDef) -> bool:
        if not node.decorator_list and not node.bases and not node.keywords:
            return _has_type_parameters(node)
        return (
            _has_type_parameters(node)
            or _repeats([keyword.arg for keyword in node.keywords])
            or self._asks(*_head_of(node))
            or self._in_head(node)
        )

    def _in_head(self, node: Any) -> bool:
        return self._repeats_keyword(node, *_head_of(node))

    def _repeats_keyword(self, node: ast.AST, first: int, last: int) -> bool:
        """Whether a call in these lines, in which a node has its expressions, repeats a keyword."""
        if first == last:
            text = self._lines[first - 1]
        else:
            text = "\n".join(self._lines[first - 1 : last])
        if text.count("=") < 2:
            return False
        return _repeats([_keyword_at_end(part) for part in text.split("=")[:-1]]) and any(
            isinstance(part, ast.Call) and _repeats([keyword.arg for keyword in part.keywords])
            for part in _expressions(node)
        )

    # --- functions -------------------------------------------------------------------------

    def _in_function(self, node: _Function, around: _Around) -> bool:
        """Looks at lines that there is a reason to look at."""
        reasons, last = self._reasons, _last_line(node)
        place = bisect_left(reasons, _first_line(node))
        while place < len(reasons) and reasons[place] <= last:
            line = reasons[place]
            is_comment = self._lines[line - 1].lstrip().startswith("#")
            if not is_comment and self._at([node], line, around):
                return True
            place += 1
        return False

    def _has_reason(self, first: int, last: int) -> bool:
        place = bisect_left(self._reasons, first)
        return place < len(self._reasons) and self._reasons[place] <= last

    def _at(self, block: _Statements, line: int, around: _Around) -> bool:
        """Whether a statement of a block shows a sign in a line."""
        for node in block:
            if _last_line(node) >= line:
                if _first_line(node) > line:
                    break
                if self._in_statement_at(node, line, around):
                    return True
        return False

    def _in_statement_at(self, node: ast.stmt, line: int, around: _Around) -> bool:
        while (following := _following(node)) is not None and following.lineno <= line:
            node = following
        if isinstance(node, (ast.Break, ast.Continue)):
            return not around.in_loop
        if isinstance(node, (ast.AsyncFor, ast.AsyncWith)) and around.scope != _Scope.COROUTINE:
            return True
        if node.__class__ not in _FOLLOWED:
            return True
        if line <= _head_of(node)[1] and self._in_expressions_at(node, line, around.scope):
            return True
        inside = around
        if isinstance(node, _FUNCTIONS):
            is_coroutine = isinstance(node, ast.AsyncFunctionDef)
            inside = _Around(_Scope.COROUTINE if is_coroutine else _Scope.FUNCTION)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            inside = _Around(around.scope, in_loop=True)
        if self._at(getattr(node, "body", ()), line, inside):
            return True
        others = (getattr(node, name, ()) for name in ("handlers", "orelse", "finalbody"))
        return any(self._at(block, line, around) for block in others)

    def _in_expressions_at(self, node: ast.AST, line: int, scope: _Scope) -> bool:
        if _is_text(node):
            return False
        if line in self._odd:
            return True
        if any(
            isinstance(part, ast.NamedExpr)
            for annotation in _annotations(node)
            for part in ast.walk(annotation)
        ):
            return True
        if self._suspends_as_it_may(node, scope):
            return False
        parts = list(_expressions(node))
        suspensions = [part for part in parts if isinstance(part, _SUSPENSIONS)]
        if not suspensions:
            return any(isinstance(part, ast.comprehension) and part.is_async for part in parts)
        # In some expressions they are in no scope around, or it depends on `__future__`.
        is_odd = isinstance(node, (ast.AnnAssign, *_FUNCTIONS)) or any(
            isinstance(part, (ast.Lambda, ast.comprehension)) for part in parts
        )
        return is_odd or any(_is_misplaced(each, scope) for each in suspensions)

    def _suspends_as_it_may(self, node: ast.AST, scope: _Scope) -> bool:
        """Whether words alone show that `await` and `yield` are right in a statement's expressions."""
        first, last = _head_of(node)
        body = getattr(node, "body", None)
        if body and self._lines[body[0].lineno - 1][: body[0].col_offset].strip():
            # It begins in a line of the head.
            last = max(last, body[0].lineno)
        text = "\n".join(self._lines[first - 1 : last])
        if "for" in text or "lambda" in text:
            return False
        if isinstance(node, (ast.AnnAssign, *_FUNCTIONS)):
            return "await" not in text and "yield" not in text
        if scope == _Scope.COROUTINE:
            return "yield" not in text
        is_right = scope == _Scope.FUNCTION and "*" not in text
        return "await" not in text and (is_right or "yield" not in text)


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    """The annotations of an assignment, or of a function's parameters and result."""
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
    elif isinstance(node, _FUNCTIONS):
        yield from (
            part.annotation
            for part in ast.walk(node.args)
            if isinstance(part, ast.arg) and part.annotation
        )
        if node.returns:
            yield node.returns


def _is_misplaced(suspension: ast.Await | ast.Yield | ast.YieldFrom, scope: _Scope) -> bool:
    if isinstance(suspension, ast.Await):
        return scope != _Scope.COROUTINE
    # In a coroutine, it depends on what is returned.
    return scope != _Scope.FUNCTION or isinstance(suspension.value, ast.Starred)


_SUSPENSIONS: Final = (ast.Await, ast.Yield, ast.YieldFrom)
_HARMLESS: Final = frozenset({ast.Import, ast.Pass})
_VALUED: Final = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)
_PLAIN: Final = frozenset({*_VALUED, ast.Import, ast.Pass, ast.Raise, ast.Assert, ast.Delete})
_SIGNS: Final[dict[type[ast.stmt], Callable[[_Signs, Any, _Around], bool]]] = {
    ast.ClassDef: _Signs._in_class,
    ast.FunctionDef: _Signs._in_function,
    ast.AsyncFunctionDef: _Signs._in_function,
    ast.If: _Signs._in_if,
    ast.While: _Signs._in_loop,
    ast.For: _Signs._in_for,
    ast.With: _Signs._in_with,
    ast.Try: _Signs._in_try,
    ast.Break: _Signs._in_jump,
    ast.Continue: _Signs._in_jump,
    ast.ImportFrom: _Signs._in_import,
}
"""Of statements outside of functions."""
_FOLLOWED: Final = frozenset(
    {*_PLAIN, ast.Return, *_FUNCTIONS, ast.If, ast.While, ast.For, ast.AsyncFor, ast.With}
    | {ast.AsyncWith, ast.Try, ast.ExceptHandler}
)
"""In functions."""


def _following(node: ast.stmt) -> ast.If | None:
    """The next `if` of a chain of `elif`, which can be longer than calls can be nested."""
    if isinstance(node, ast.If) and len(node.orelse) == 1:
        following = node.orelse[0]
        return following if isinstance(following, ast.If) else None
    return None


def _names(node: Any) -> list[str]:
    return [name.name for name in node.names]


def _has_type_parameters(node: ast.stmt) -> bool:
    return bool(getattr(node, "type_params", None))


def _keyword_at_end(text: str) -> str | None:
    """The end of the keyword of a call that may stand at the end of a text; None if none does."""
    text = text.rstrip()
    before = text.rstrip(_IN_NAMES)
    if not before[-1:].isascii():
        return text[-1]
    name = text[len(before) :]
    before = before.rstrip()
    return name if name and (before.endswith(("(", ",", "\\")) or "#" in before) else None


def _repeats(names: Sequence[str | None]) -> bool:
    """Whether one of these occurs twice; None, of `**` in calls, may."""
    if len(names) < 2:
        return False
    named = [name for name in names if name is not None]
    return len(set(named)) < len(named)


def _is_odd_target(target: ast.expr) -> bool:
    """Whether stars in a target may be too many, or where none may be."""
    if isinstance(target, _UNSTARRED):
        return False
    if not isinstance(target, (ast.Tuple, ast.List)):
        return True
    stars = [part for part in target.elts if isinstance(part, ast.Starred)]
    parts = [part.value if isinstance(part, ast.Starred) else part for part in target.elts]
    is_odd = len(stars) > 1 or (bool(stars) and len(parts) >= _MANY)
    return is_odd or any(map(_is_odd_target, parts))


def _first_line(node: Any) -> int:
    decorators = getattr(node, "decorator_list", None)
    line: int = decorators[0].lineno if decorators else node.lineno
    return line


def _last_line(node: Any) -> int:
    line: int = node.end_lineno or node.lineno
    return line


def _head_of(node: Any) -> tuple[int, int]:
    """The lines of a statement, decorators included, before its body."""
    body = getattr(node, "body", None)
    return _first_line(node), max(node.lineno, body[0].lineno - 1) if body else _last_line(node)


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    """All that stands in a statement, save other statements."""
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, (ast.stmt, ast.ExceptHandler)):
            yield from ast.walk(part)
