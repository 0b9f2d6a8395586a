r"""Write imports where they may stand: under `TYPE_CHECKING`, in functions, below other imports.

Nothing but the inserted text changes. New lines end as the first line of the file does, and are
indented as the code around them. An insertion that would have to change more raises NotPossible.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile
from import_cycles.source.statements import ImportStatement
from import_cycles.source.type_checking import GuardNames, guard_names

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_CONSTANT: Final = "TYPE_CHECKING"


class NotPossible(Exception):  # noqa: N818 - an answer, not an error
    """An edit cannot be made; `reason` says why, as a sentence without its end."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --- what is moved -------------------------------------------------------------------------


@record
class Lines:
    """A statement to be inserted: its lines without indentation and line breaks."""

    lines: tuple[str, ...]

    def indented(self, indent: str, newline: str) -> str:
        """The text, each line ended."""
        return "".join(f"{indent if line else ''}{line}{newline}" for line in self.lines)


def import_text(node: ast.Import | ast.ImportFrom, aliases: Iterable[int]) -> str:
    """An import statement for some items of another one."""
    names = ", ".join(
        f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        for alias in (node.names[number] for number in aliases)
    )
    if isinstance(node, ast.Import):
        return f"import {names}"
    return f"from {'.' * node.level}{node.module or ''} import {names}"


def moved(file: SourceFile, statement: ImportStatement, aliases: Collection[int]) -> Lines:
    """What is to be inserted elsewhere for names that are removed here.

    A statement that goes as a whole keeps its layout and its comments; a name out of a list
    takes the comment on its own line along.
    """
    node = statement.node
    span = file.span(node)
    if len(set(aliases)) < len(node.names):
        text = import_text(node, sorted(aliases))
        comments = [_own_comment(file, node.names[number]) for number in sorted(aliases)]
        return Lines((text + "".join(f"  {comment}" for comment in comments if comment),))
    rest = file.rest_of_line(span.end)
    if _is_comment(rest):
        span = Span(span.start, span.end + len(rest.rstrip()))
    indent = file.indentation(node)
    first, *others = _split(file.slice(span))
    return Lines((first, *(line.removeprefix(indent) for line in others)))


def trailing_comment(file: SourceFile, statement: ImportStatement) -> str:
    """The comment behind a statement, if nothing else is on its line."""
    rest = file.rest_of_line(file.span(statement.node).end)
    return rest.lstrip(" \t;").rstrip() if _is_comment(rest) else ""


def _own_comment(file: SourceFile, alias: ast.alias) -> str:
    span = file.span(alias)
    if file.before_on_line(span.start).strip():
        return ""
    rest = file.rest_of_line(span.end).lstrip(" \t,")
    return rest.rstrip() if rest.startswith("#") else ""


def _is_comment(rest: str) -> bool:
    return rest.lstrip(" \t;").startswith("#") and ";" not in rest.partition("#")[0]


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


# --- under TYPE_CHECKING -------------------------------------------------------------------


def guarded(file: SourceFile, statements: Sequence[Lines]) -> tuple[TextEdit, ...]:
    """Insert statements under `if TYPE_CHECKING:`, in the first such block or in a new one."""
    names = guard_names(file.tree)
    block = _existing_block(file, names)
    if block is not None:
        return (_append(file, block, statements),)
    spelling, statement, edits = _spelling(file, names)
    after = _end_of_imports(file)
    if statement is not None and file.span(statement).end > after:
        after = _end_of_line(file, statement)
    header = f"if {spelling}:{file.newline}"
    body = "".join(each.indented(file.indent_unit, file.newline) for each in statements)
    extra = f"from typing import {_CONSTANT}{file.newline}" if spelling == "" else ""
    if extra:
        header = f"if {_CONSTANT}:{file.newline}"
    return (*edits, _as_paragraph(file, after, extra, header + body))


def _existing_block(file: SourceFile, names: GuardNames) -> ast.If | None:
    """The first `if TYPE_CHECKING:` of the top level that holds imports on lines of its own."""
    for node in file.tree.body:
        if (
            isinstance(node, ast.If)
            and names.truth(node.test) is False
            and isinstance(node.test, ast.Name | ast.Attribute)
            and any(isinstance(each, ast.Import | ast.ImportFrom) for each in node.body)
            and file.begins_line(node.body[0])
        ):
            return node
    return None


def _append(file: SourceFile, block: ast.If, statements: Sequence[Lines]) -> TextEdit:
    """Below the last import of the block."""
    imports = [each for each in block.body if isinstance(each, ast.Import | ast.ImportFrom)]
    last = imports[-1]
    indent = file.indentation(block.body[0])
    text = "".join(each.indented(indent, file.newline) for each in statements)
    return _insert_line(file, _end_of_line(file, last, block.body), text)


def _spelling(
    file: SourceFile, names: GuardNames
) -> tuple[str, ast.stmt | None, tuple[TextEdit, ...]]:
    """How to write the constant, the statement that must stand above, and what makes it known.

    An empty spelling: `from typing import TYPE_CHECKING` has to be written above the block.
    """
    for text, statement in names.spellings:
        if not text.endswith(f".{_CONSTANT}"):
            return text, statement, ()
    is_free = _CONSTANT not in file.identifiers or _CONSTANT in names.constants
    if is_free:
        for node in file.tree.body:
            if _takes_the_constant(node):
                assert isinstance(node, ast.ImportFrom)
                return _CONSTANT, node, (_add_constant(file, node),)
    for text, statement in names.spellings:
        return text, statement, ()
    if not is_free and _CONSTANT in _bound_names(file):
        raise NotPossible(f"`{_CONSTANT}` means something else in this file")
    return "", None, ()


def _bound_names(file: SourceFile) -> frozenset[str]:
    return frozenset(
        name
        for node in ast.walk(file.tree)
        for name in (
            getattr(node, "id", None), getattr(node, "name", None), getattr(node, "asname", None),
            getattr(node, "arg", None),
        )
        if isinstance(name, str)
    )  # fmt: skip


def _takes_the_constant(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom(module="typing", level=0, names=names):
            return names[0].name != "*"
        case _:
            return False


def _add_constant(file: SourceFile, node: ast.ImportFrom) -> TextEdit:
    """Add the constant to a `from typing` list: constants come first, as isort sorts them."""
    before = next((alias for alias in node.names if not _sorts_first(alias.name)), None)
    if before is None:
        end = file.span(node.names[-1]).end
        return TextEdit(Span(end, end), f", {_CONSTANT}")
    start = file.span(before).start
    prefix = file.before_on_line(start)
    if not prefix.strip():
        # One name a line.
        return TextEdit(Span(start, start), f"{_CONSTANT},{file.newline}{prefix}")
    return TextEdit(Span(start, start), f"{_CONSTANT}, ")


def _sorts_first(name: str) -> bool:
    return name.isupper() and len(name) > 1 and name < _CONSTANT


def _end_of_imports(file: SourceFile) -> int:
    """Where the line after the first run of imports of the top level begins.

    One that imports from `__future__` alone is no such run, if there is another.
    """
    last: ast.stmt | None = None
    for node in file.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node
        elif last is not None and getattr(last, "module", None) != "__future__":
            break
    if last is not None:
        return _end_of_line(file, last)
    return _below_docstring(file)


def _below_docstring(file: SourceFile) -> int:
    first = next((node for node in file.tree.body if not _is_docstring(file.tree, node)), None)
    if first is None:
        return len(file.text)
    start = file.statement_start(first)
    if file.before_on_line(start).strip(" \t\f"):
        raise NotPossible("the first statement shares its line with the docstring")
    return file.line_start(start)


def _is_docstring(tree: ast.AST, node: ast.stmt) -> bool:
    body: list[ast.stmt] = tree.body  # type: ignore[attr-defined]
    return (
        node is body[0]
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _end_of_line(
    file: SourceFile, node: ast.stmt, siblings: Sequence[ast.stmt] | None = None
) -> int:
    """Where the line after a statement begins, and after what a `;` joins to it."""
    body = file.tree.body if siblings is None else siblings
    position = next(number for number, each in enumerate(body) if each is node)
    end = file.span(node).end
    for following in body[position + 1 :]:
        between = file.text[end : file.span(following).start]
        if not between.lstrip().startswith(";"):
            break
        end = file.span(following).end
    return file.next_line(end)


def _as_paragraph(file: SourceFile, at: int, extra: str, text: str) -> TextEdit:
    """Insert a block with an empty line above it, and one below when code follows at once."""
    newline = file.newline
    opening = newline if at == len(file.text) and not _ends_in_line_break(file) else ""
    following = file.rest_of_line(at)
    closing = newline if following.strip() else ""
    return TextEdit(Span(at, at), f"{opening}{extra}{newline}{text}{closing}")


def _insert_line(file: SourceFile, at: int, text: str) -> TextEdit:
    """Insert whole lines at the start of a line, or at the end of the text."""
    if at == len(file.text) and not _ends_in_line_break(file):
        text = file.newline + text.removesuffix(file.newline)
    return TextEdit(Span(at, at), text)


def _ends_in_line_break(file: SourceFile) -> bool:
    return not file.text or file.text[-1] in "\r\n"


# --- at the top level ----------------------------------------------------------------------


def has_future_annotations(file: SourceFile) -> bool:
    """Whether the file postpones the evaluation of annotations (PEP 563)."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in file.tree.body
    )


def future_annotations(file: SourceFile) -> tuple[TextEdit, ...]:
    """`from __future__ import annotations`; nothing when it is there."""
    if has_future_annotations(file):
        return ()
    last: ast.stmt | None = None
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = node
    line = f"from __future__ import annotations{file.newline}"
    if last is not None:
        return (_insert_line(file, _end_of_line(file, last), line),)
    at = _below_docstring(file)
    if file.text.startswith("\ufeff") and at == 0:
        at = 1
    return (TextEdit(Span(at, at), line + file.newline),)


def below_imports(file: SourceFile, statement: str) -> TextEdit:
    """A statement below the first run of imports of the top level, or where that would begin."""
    return _insert_line(file, _end_of_imports(file), f"{statement}{file.newline}")


def below_import(file: SourceFile, statement: ImportStatement, text: str) -> TextEdit:
    """A further statement on the line after an import, at its indentation."""
    at = _end_of_line(file, statement.node, statement.siblings)
    line = f"{file.indentation(statement.node)}{text}{file.newline}"
    return _insert_line(file, at, line)


def below_statement(file: SourceFile, node: ast.stmt, statements: Sequence[Lines]) -> TextEdit:
    """Insert statements as a paragraph below one of the top level, and what a `;` joins to it."""
    text = "".join(each.indented("", file.newline) for each in statements)
    return _as_paragraph(file, _end_of_line(file, node), "", text)


# --- in functions --------------------------------------------------------------------------


def at_function_start(
    file: SourceFile, function: FunctionNode, statements: Sequence[Lines]
) -> TextEdit:
    """Insert statements at the beginning of a function, after its docstring."""
    body = function.body
    has_docstring = _is_docstring(function, body[0])
    if has_docstring and len(body) == 1:
        raise NotPossible(f"`{function.name}` has no body but its docstring")
    following = body[1] if has_docstring else body[0]
    start = file.statement_start(following)
    if not file.before_on_line(start).strip(" \t\f"):
        indent = file.indentation(following)
        text = "".join(each.indented(indent, file.newline) for each in statements)
        header_end = file.span(body[0]).end if has_docstring else _header_end(file, function)
        at = file.next_line(header_end)
        if file.text[:at].rstrip("\r\n").endswith("\\"):
            raise NotPossible(f"the first line of `{function.name}` goes on after a backslash")
        return TextEdit(Span(at, at), text)
    if has_docstring:
        if any(len(each.lines) > 1 or "#" in each.lines[0] for each in statements):
            raise NotPossible(f"the body of `{function.name}` stands on one line")
        text = "".join(f"{each.lines[0]}; " for each in statements)
        return TextEdit(Span(start, start), text)
    # `def f(): return x`: the body moves to lines of its own.
    indent = file.indentation(function) + file.indent_unit
    header_end = _header_end(file, function)
    text = "".join(each.indented(indent, file.newline) for each in statements)
    return TextEdit(Span(header_end, start), f"{file.newline}{text}{indent}")


def _header_end(file: SourceFile, function: FunctionNode) -> int:
    """Where the colon of a function's header ends."""
    start = file.span(function).start
    first = file.statement_start(function.body[0])
    colons = []
    depth = 0
    for token in file.tokens(start, first):
        if token.span.start >= first:
            break
        if token.kind == tokenize.OP:
            depth += (token.text in "([{") - (token.text in ")]}")
            if token.text == ":" and not depth:
                colons.append(token.span.end)
    if not colons:
        raise NotPossible(f"the header of `{function.name}` cannot be read")
    return colons[-1]


# --- annotations ---------------------------------------------------------------------------


def quoted(file: SourceFile, expression: ast.expr) -> TextEdit:
    """Put an annotation in quotes."""
    span = file.span(expression)
    written = file.slice(span)
    if any(character in written for character in "\r\n\\#"):
        raise NotPossible("an annotation over several lines cannot be quoted")
    if any(isinstance(each, ast.JoinedStr | ast.Starred) for each in ast.walk(expression)):
        raise NotPossible("an annotation cannot be quoted")
    quote = "'" if '"' in written else '"'
    if quote in written:
        raise NotPossible("an annotation with quotes of both kinds cannot be quoted")
    return TextEdit(span, f"{quote}{written}{quote}")
