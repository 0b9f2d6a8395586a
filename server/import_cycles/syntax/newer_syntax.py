"""Turns syntax of newer Pythons into syntax that the running Python can parse.

The text keeps its length, so that every place stays where it is. Parts without an older form are
put back into the tree afterwards:

- `type X = …` (PEP 695) becomes a `TypeAliasStatement`, which every consumer of trees takes for `pass`,
- type parameters (PEP 695, PEP 696) are blanked, and noted on the function or class,
- `except A, B:` (PEP 758) gets its tuple,
- template strings (PEP 750) are read as f-strings, and known to be no texts.

Limit: expressions in f-strings with the quotes of the string (PEP 701), and unpacking in comprehensions
(PEP 798), are not rewritten; of these the error says which Python may read them.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from typing import Final

from import_cycles.base.record import entity, field

_HINTS: Final = re.compile(
    r"\btype[ \t]+[^\W\d]\w*[ \t]*[=\[]"
    r"|\b(?:def|class)[ \t]+\w+[ \t]*\["
    r"|\bexcept\b[^:\n#\"'(]*,"
    r"|\b(?:[rR][tT]|[tT][rR]?)[\"']"
)
"""Without one of these there is nothing to rewrite."""

Place = tuple[int, int]
"""A line from 1, and a column in characters."""


class TypeAliasStatement(ast.Pass):
    """`type X = value`, as `ast.TypeAlias` of Python 3.12 has it."""

    _fields = ("name", "type_params", "value")


class TemplateString(ast.JoinedStr):
    """A template string, which is no text."""


class TypeParameter(ast.AST):
    """A type parameter, of which only the name is kept."""

    _fields = ("name",)


@entity
class _Changes:
    """The parts of a text that an older Python cannot read, and their places."""

    lines: list[list[str]]
    aliases: set[Place] = field(default_factory=set)
    """Where the names of aliases start."""
    handlers: dict[Place, int] = field(default_factory=dict)
    """Where an `except` without brackets starts, and how many commas it has."""
    parameters: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    """Type parameters, by the line of a `def` or `class` and the name behind it."""
    templates: set[Place] = field(default_factory=set)

    @property
    def has_any(self) -> bool:
        return bool(self.aliases or self.handlers or self.parameters or self.templates)

    def put(self, place: Place, text: str) -> None:
        line, column = place
        self.lines[line - 1][column : column + len(text)] = text

    def text(self) -> str:
        return "".join("".join(line) for line in self.lines)


def parse_newer(text: str) -> tuple[ast.Module, str] | None:
    """The tree of a text in syntax of newer Pythons, and the text that was parsed instead.

    None where there is nothing to rewrite. Raises what `ast.parse` raises. Cost: thrice that.
    """
    if not _HINTS.search(text):
        return None
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    changes = _Changes([list(line) for line in io.StringIO(text, newline="")])
    for number, token in enumerate(tokens):
        if token.type == tokenize.NAME:
            _look_at(tokens, number, changes)
    if not changes.has_any:
        return None
    plain = changes.text()
    tree = ast.parse(plain)
    _Restorer(changes).visit(tree)
    return tree, plain


_Tokens = Sequence[tokenize.TokenInfo]


def _look_at(tokens: _Tokens, number: int, changes: _Changes) -> None:
    token, then, last = (*tokens[number : number + 3], None, None)[:3]
    if token is None or then is None or last is None:
        return
    if token.string in ("def", "class") and last.string == "[":
        _blank_parameters(tokens, number, changes)
    elif token.string == "type" and then.type == tokenize.NAME and _starts(tokens, number):
        if last.string in ("=", "["):
            # An expression that does nothing stands in the place of the keyword.
            changes.put(token.start, "0;  ")
            changes.aliases.add(then.start)
    elif token.string == "except":
        _join_handler(tokens, number, changes)
    elif token.string.lower() in _TEMPLATES and then.start == token.end and then.string[0] in "'\"":
        prefix = token.string.replace("t", "f").replace("T", "F")
        changes.put(token.start, prefix)
        changes.templates.add(token.start)


_TEMPLATES: Final = ("t", "rt", "tr")


def _starts(tokens: _Tokens, number: int) -> bool:
    """Whether a token may start a statement."""
    before = tokens[number - 1] if number else None
    return before is None or before.string in (":", ";") or before.type in _BREAKS


_BREAKS: Final = frozenset(
    {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}
    | {getattr(tokenize, "ENCODING", tokenize.NL)}
)


def _blank_parameters(tokens: _Tokens, number: int, changes: _Changes) -> None:
    depth, names, expects_name = 0, [], False
    for token in tokens[number + 2 :]:
        if token.string in _OPENING:
            depth += 1
        elif token.string in _CLOSING:
            depth -= 1
        if depth == 1 and token.string in ("[", ",", "*", "**"):
            expects_name = True
        elif token.type == tokenize.NAME and expects_name:
            names.append(token.string)
            expects_name = False
        elif token.type not in (tokenize.NL, tokenize.COMMENT):
            expects_name = False
        if not depth:
            break
    else:
        return
    _blank(tokens[number + 2].start, token.end, changes)
    key = tokens[number].start[0], tokens[number + 1].string
    changes.parameters[key] = names


_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def _blank(start: Place, end: Place, changes: _Changes) -> None:
    for line in range(start[0], end[0] + 1):
        characters = changes.lines[line - 1]
        first = start[1] if line == start[0] else 0
        last = end[1] if line == end[0] else len("".join(characters).rstrip("\r\n"))
        characters[first:last] = " " * (last - first)
        if line != end[0] and last > first:
            characters[last - 1] = "\\"


def _join_handler(tokens: _Tokens, number: int, changes: _Changes) -> None:
    """Commas between classes become `|`, which the tree has back as a tuple."""
    depth, commas = 0, []
    for token in tokens[number + 1 :]:
        if token.string in _OPENING:
            depth += 1
        elif token.string in _CLOSING:
            depth -= 1
        elif not depth and token.string == ",":
            commas.append(token.start)
        elif not depth and (token.string in (":", "as") or token.type == tokenize.NEWLINE):
            break
    for comma in commas:
        changes.put(comma, "|")
    if commas:
        changes.handlers[tokens[number].start] = len(commas)


class _Restorer(ast.NodeTransformer):
    """Puts back into a tree what its text could not say."""

    def __init__(self, changes: _Changes) -> None:
        self._changes = changes
        self._lines = ["".join(line) for line in changes.lines]

    def _place(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> Place:
        raw = self._lines[node.lineno - 1].encode(errors="surrogatepass")
        return node.lineno, len(raw[: node.col_offset].decode(errors="surrogatepass"))

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if self._place(node) not in self._changes.aliases:
            return node
        target = node.targets[0]
        name = target.value if isinstance(target, ast.Subscript) else target
        alias = TypeAliasStatement()
        alias.name, alias.type_params, alias.value = name, [], node.value  # type: ignore[attr-defined]
        return ast.copy_location(alias, node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        if self._place(node) not in self._changes.templates:
            return node
        return ast.copy_location(TemplateString(node.values), node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        n_commas = self._changes.handlers.get(self._place(node), 0)
        if n_commas and node.type is not None:
            items = list(_operands(node.type, n_commas))
            node.type = ast.copy_location(ast.Tuple(items, ast.Load()), node.type)
        return node

    def _generic(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        names = self._changes.parameters.get((node.lineno, node.name))
        if names:
            parameters = []
            for name in names:
                parameter = TypeParameter()
                parameter.name = name  # type: ignore[attr-defined]
                parameters.append(parameter)
            vars(node)["type_params"] = parameters
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._generic(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._generic(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._generic(node)


def _operands(node: ast.expr, n_operators: int) -> Iterator[ast.expr]:
    if n_operators and isinstance(node, ast.BinOp):
        yield from _operands(node.left, n_operators - 1)
        yield node.right
    else:
        yield node


_READERS: Final = (
    (re.compile("f-string"), (3, 12)),
    (re.compile("(?:iterable|dict) unpacking cannot be used in"), (3, 15)),
)
"""Messages of older parsers about syntax that is not rewritten, and the Pythons that can read it."""


def reader_of(error: SyntaxError) -> str:
    """A remark on the Python that may read a text which this one refuses; empty if there is none."""
    for message, since in _READERS:
        if sys.version_info < since and message.match(error.msg or ""):
            return f" (Python {since[0]}.{since[1]} may read it)"
    return ""
