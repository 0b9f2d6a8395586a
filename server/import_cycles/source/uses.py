"""Which code uses a name that an import binds at the top level of a file, and what is uncertain.

It finds every place: reads by scope, quoted annotations, `__all__`, doctests, type comments,
further bindings. Where the answer is not reliable, `NameUses.unknown` says why, and the caller must
leave the name alone: the file uses `globals()` or the like, a star-import may bind the name, a
class body reads and binds it, or `symtable` disagrees with our own analysis.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from typing import Final

from import_cycles.base.record import record
from import_cycles.source.crosscheck import SymbolTable, our_readers
from import_cycles.source.file import SourceFile
from import_cycles.source.hot_places import HotPlaces, hot_places
from import_cycles.source.scopes import (
    Annotation,
    AnnotationPlace,
    Read,
    Scope,
    ScopeKind,
    Scopes,
    last_name,
    scopes_of,
)
from import_cycles.source.statements import ImportStatement, import_statements

__all__ = ["Annotation", "AnnotationPlace", "FileUses", "Moment", "NameUses", "Read", "moment"]


class Moment(Enum):
    """When a read is evaluated."""

    LOADING = "while the module loads"
    LATER = "when a function is called"
    NEVER = "never"
    """Quoted, a local annotation, or for type checkers."""
    ANNOTATION = "as an annotation"
    """While the enclosing code runs, unless annotations are lazy."""


def moment(read: Read) -> Moment:
    """When a read is evaluated, as far as its place tells."""
    annotation = read.annotation
    if read.for_type_checkers or read.is_quoted:
        return Moment.NEVER
    if annotation is not None and annotation.place is not AnnotationPlace.CAST:
        return Moment.ANNOTATION if annotation.is_evaluated else Moment.NEVER
    return Moment.LOADING if read.function is None else Moment.LATER


@record
class NameUses:
    """Everything about one name of the module.

    `bindings` are all nodes that bind or delete it in the module's scope, the imports themselves
    included. `doctests` and `type_comments` are lines (from 0) that speak of it.
    """

    name: str
    reads: tuple[Read, ...]
    bindings: tuple[ast.AST, ...]
    in_all: bool
    doctests: tuple[int, ...]
    type_comments: tuple[int, ...]
    unknown: str
    """Why the answer is not reliable; empty when it is."""

    def at(self, *moments: Moment) -> tuple[Read, ...]:
        """The reads of some moments."""
        return tuple(read for read in self.reads if moment(read) in moments)


_LOCALS: Final = frozenset({"locals", "vars", "dir"})
_TYPE_COMMENT: Final = re.compile(r"#\s*type:(?!\s*ignore\b)(.*)")


class FileUses:
    """Answers about the names of one file. Costs two walks over the tree, then little."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.scopes: Scopes = scopes_of(file)
        self._reads: defaultdict[str, list[Read]] = defaultdict(list)
        for read in self.scopes.reads:
            self._reads[read.name].append(read)

    def of(self, name: str) -> NameUses:
        """Everything about a name of the module's scope."""
        resolved = [(read, self.scopes.resolve(name, read.scope)) for read in self._reads[name]]
        reads = tuple(read for read, scope in resolved if scope is self.scopes.module)
        bindings = tuple(
            node
            for bound, scope, node in self.scopes.rebound
            if bound == name and scope is self.scopes.module
        )
        return NameUses(
            name,
            reads,
            bindings,
            name in self.exported,
            self._doctest_lines(name),
            self._type_comment_lines(name),
            self._unknown(name, resolved),
        )

    @cached_property
    def statements(self) -> tuple[ImportStatement, ...]:
        """The import statements of the file."""
        return import_statements(self.file)

    # --- what is not known -----------------------------------------------------------------

    def _unknown(self, name: str, resolved: list[tuple[Read, Scope | None]]) -> str:
        if self.dynamic:
            return f"`{self.dynamic}` in this file may read any name"
        if self.has_star_import:
            return f"a star-import of this file may bind `{name}` as well"
        if name.startswith("__") and not name.endswith("__"):
            return f"`{name}` means another name inside of classes"
        if any(scope is not None and scope.kind is ScopeKind.CLASS for _, scope in resolved):
            return f"a class binds `{name}` as well and reads it"
        word = re.compile(rf"\b{re.escape(name)}\b")
        if any(word.search(text) for text in self.scopes.odd_strings):
            return f"an annotation that mentions `{name}` is no expression"
        inlined = (ScopeKind.COMPREHENSION, ScopeKind.TYPE_PARAMETERS)
        if any(name in scope.bound for scope in self.scopes.scopes if scope.kind in inlined):
            return f"a comprehension or a type parameter is called `{name}` as well"
        return self._disagreement(name, resolved)

    def _disagreement(self, name: str, resolved: list[tuple[Read, Scope | None]]) -> str:
        theirs = self._symbol_table.readers(name)
        if theirs is None:
            return "this file cannot be compiled"
        ours = [
            read for read, scope in resolved if scope is self.scopes.module and not read.is_quoted
        ]
        annotations = [read for read in ours if read.annotation is not None and not _is_cast(read)]
        certain = our_readers((read for read in ours if read not in annotations), self.scopes)
        possible = certain | our_readers(annotations, self.scopes)
        # Annotations are counted with their scope or not, by version and `__future__`.
        if not certain <= theirs <= possible:
            return f"where `{name}` is used is not clear"
        return ""

    @cached_property
    def hot_places(self) -> HotPlaces:
        """The functions of the file that run often."""
        return hot_places(self.file.tree)

    @cached_property
    def _symbol_table(self) -> SymbolTable:
        return SymbolTable(self.file)

    @cached_property
    def dynamic(self) -> str:
        """What can see every name of the module, as it is written; empty without such a thing."""
        in_functions = {
            id(inner)
            for node in ast.walk(self.file.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for inner in calls_of_locals(node)
        }
        if any(id(call) not in in_functions for call in calls_of_locals(self.file.tree)):
            return "locals()"
        for node in ast.walk(self.file.tree):
            match node:
                case ast.Call(func=ast.Name(id="globals" | "eval" | "exec" as name)):
                    return f"{name}()"
                case ast.Subscript(
                    value=ast.Attribute(value=ast.Name(id="sys"), attr="modules"),
                    slice=ast.Name(id="__name__"),
                ):
                    return "sys.modules[__name__]"
                case ast.Call(args=[ast.Name(id="__name__"), *_], func=function) if last_name(
                    function
                ) in ("import_module", "__import__"):
                    return "import_module(__name__)"
                case ast.Attribute(attr="__globals__"):
                    return ".__globals__"
                case _:
                    pass
        return ""

    @cached_property
    def set_attributes(self) -> frozenset[str]:
        """Attributes that are set or deleted somewhere in the file, those of `self` and `cls` left out."""
        return frozenset(
            node.attr
            for node in ast.walk(self.file.tree)
            if isinstance(node, ast.Attribute)
            and not isinstance(node.ctx, ast.Load)
            and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
        )

    @cached_property
    def has_star_import(self) -> bool:
        """Whether some star-import stands in the file."""
        return any(
            isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            for node in ast.walk(self.file.tree)
        )

    # --- other mentions --------------------------------------------------------------------

    @cached_property
    def exported(self) -> frozenset[str]:
        """Every string in a statement that makes or changes `__all__`."""
        found: set[str] = set()
        for node in ast.walk(self.file.tree):
            if isinstance(node, ast.stmt) and _changes_all(node):
                found.update(
                    each.value
                    for each in ast.walk(node)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )
        return frozenset(found)

    @cached_property
    def has_all(self) -> bool:
        """Whether the file says something about `__all__`."""
        return "__all__" in self.file.identifiers

    def _doctest_lines(self, name: str) -> tuple[int, ...]:
        word = re.compile(rf"\b{re.escape(name)}\b")
        return tuple(line for line, text in self._doctests if word.search(text))

    @cached_property
    def _doctests(self) -> tuple[tuple[int, str], ...]:
        if ">>>" not in self.file.text:
            return ()
        found: list[tuple[int, str]] = []
        for node in ast.walk(self.file.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for number, line in enumerate(node.value.split("\n")):
                    if line.lstrip().startswith((">>>", "...")):
                        found.append((node.lineno - 1 + number, line))
        return tuple(found)

    def _type_comment_lines(self, name: str) -> tuple[int, ...]:
        word = re.compile(rf"\b{re.escape(name)}\b")
        return tuple(line for line, text in self._type_comments if word.search(text))

    @cached_property
    def _type_comments(self) -> tuple[tuple[int, str], ...]:
        if not re.search(r"#\s*type:", self.file.text):
            return ()
        found: list[tuple[int, str]] = []
        for token in self.file.tokens(0, len(self.file.text)):
            if token.kind == tokenize.COMMENT:
                match = _TYPE_COMMENT.match(token.text)
                if match is not None:
                    found.append((self.file.line_of(token.span.start), match.group(1)))
        return tuple(found)


def module_chain(read: Read, modules: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Which of the dotted imports that share a first name a read needs: the longest that fits.

    `modules` are the parts of `import a.b` and the like. None when the read takes the first
    module as a whole, or an attribute that is none of them, where each import may matter.
    """
    written = (read.name, *read.attributes)
    fitting = [parts for parts in modules if written[: len(parts)] == parts]
    return max(fitting, key=len, default=None)


def calls_of_locals(node: ast.AST) -> Iterator[ast.Call]:
    """The calls somewhere below a node that see the names of the scope that they stand in."""
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Name(id=name), args=[]) if name in _LOCALS:
                yield each
            case _:
                pass


def functions_around(read: Read) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """The functions in whose bodies a read is evaluated, innermost first."""
    for scope in read.scope.chain():
        node = scope.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and scope.kind in (
            ScopeKind.FUNCTION,
            ScopeKind.LAMBDA,
        ):
            yield node


def _is_cast(read: Read) -> bool:
    return read.annotation is not None and read.annotation.place is AnnotationPlace.CAST


def _changes_all(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(_is_all(target) for target in targets)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return _is_all(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=value))):
            return _is_all(value)
        case _:
            return False


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"
