"""Which scope every name of a file is read in and bound in, by the rules of CPython's symtable.

One walk over the tree collects scopes, the names that each binds, and all reads with the
circumstances that a rewrite asks about: is it in an annotation (a quoted one too), in code that
only type checkers read, in an f-string. What a read resolves to is asked afterwards
(`Scopes.resolve`), as bindings may stand below it. `import_cycles.source.crosscheck` compares
the result with the standard library's.

Source: language reference, "Resolution of names" and "Annotation scopes".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from import_cycles.base.record import entity, field, record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile
from import_cycles.source.type_checking import GuardNames, guard_names


class ScopeKind(Enum):
    """What opens a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"


@entity
class Scope:
    """One scope: the names that it binds, and those that it declares to belong elsewhere."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    bound: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    def chain(self) -> Iterator[Scope]:
        """The scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


class AnnotationPlace(Enum):
    """Where an expression stands that is meant as a type."""

    PARAMETER = "parameter"
    RETURN = "return"
    MODULE_VARIABLE = "module variable"
    CLASS_VARIABLE = "class variable"
    LOCAL_VARIABLE = "local variable"
    """In a function: never evaluated."""
    OTHER_TARGET = "attribute or item"
    """`a.b: T` outside of functions: evaluated, and not kept."""
    TYPE_PARAMETER = "bound of a type parameter"
    """PEP 695: evaluated on request."""
    TYPE_ALIAS = "type alias"
    """PEP 695: evaluated on request."""
    CAST = "first argument of cast"
    STRING = "string meant as a type"
    """`TypeVar("T", bound="X")`, `List["X"]` outside of annotations."""


@record
class Annotation:
    """An annotation: the whole expression, where it stands, and what it belongs to."""

    place: AnnotationPlace
    root: ast.expr
    owner: ast.AST
    """The function, the annotated assignment, or the call."""
    scope: Scope
    """Where it would be evaluated."""

    @property
    def is_evaluated(self) -> bool:
        """Up to Python 3.13 and without `from __future__ import annotations`, if not quoted."""
        return self.place in _EVALUATED


_EVALUATED: Final = frozenset(
    {
        AnnotationPlace.PARAMETER,
        AnnotationPlace.RETURN,
        AnnotationPlace.MODULE_VARIABLE,
        AnnotationPlace.CLASS_VARIABLE,
        AnnotationPlace.OTHER_TARGET,
    }
)


@record
class Read:
    """One place that reads a name."""

    name: str
    scope: Scope
    node: ast.Name
    """Inside of a quoted annotation, its positions mean nothing."""
    span: Span | None
    """The name in the text; None where it cannot be pointed at (escapes, joined strings)."""
    attributes: tuple[str, ...]
    """What is read of it at once: `("a", "b")` for `name.a.b`."""
    chain: Span | None
    """The name with these attributes."""
    annotation: Annotation | None
    is_quoted: bool
    in_metadata: bool
    """In an `Annotated[…]`, behind its first item."""
    in_f_string: bool
    for_type_checkers: bool
    """In a branch that does not run: `if TYPE_CHECKING:`."""
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None
    """The innermost function in whose body it is evaluated; None: while the module loads."""


@record
class Scopes:
    """All scopes and reads of a file."""

    module: Scope
    scopes: tuple[Scope, ...]
    reads: tuple[Read, ...]
    rebound: tuple[tuple[str, Scope, ast.AST], ...]
    """Everything that binds or deletes a name: the name, the scope that it belongs to."""
    odd_strings: tuple[str, ...]
    """Quoted annotations that cannot be read."""

    def resolve(self, name: str, scope: Scope) -> Scope | None:
        """The scope whose binding a read in `scope` means; None for a name that none binds.

        A class body reads its own name, or the one outside when it is not bound yet: the class
        is the answer, and `import_cycles.source.uses` takes that for unknown.
        """
        for number, each in enumerate(scope.chain()):
            if name in each.global_names:
                return self.module
            if each.kind is ScopeKind.CLASS and number and not _sees_class(scope, each):
                continue
            if name in each.nonlocal_names:
                continue
            if name in each.bound:
                return each
        return None


def _sees_class(scope: Scope, owner: Scope) -> bool:
    """Annotation scopes that stand directly in a class see its names (PEP 695)."""
    return scope.kind is ScopeKind.TYPE_PARAMETERS and scope.parent is owner


def scopes_of(file: SourceFile) -> Scopes:
    """The scopes of a file. Cost: one walk over its tree."""
    builder = _Builder(file, guard_names(file.tree))
    builder.build()
    return Scopes(
        builder.module,
        tuple(builder.scopes),
        tuple(builder.reads),
        tuple(builder.rebound),
        tuple(builder.odd_strings),
    )


_LITERALS: Final = frozenset({"Literal"})
_CASTS: Final = frozenset({"cast"})
_TYPE_MAKERS: Final = frozenset({"TypeVar", "ForwardRef", "NewType", "NamedTuple", "TypedDict"})
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Builder(ast.NodeVisitor):
    def __init__(self, file: SourceFile, guards: GuardNames) -> None:
        self._file = file
        self._guards = guards
        self.module = Scope(ScopeKind.MODULE, file.tree, None)
        self.scopes = [self.module]
        self.reads: list[Read] = []
        self.rebound: list[tuple[str, Scope, ast.AST]] = []
        self.odd_strings: list[str] = []
        self._scope = self.module
        self._annotation: Annotation | None = None
        self._quoted_in: Callable[[ast.expr], Span | None] | None = None
        self._in_metadata = False
        self._strings_are_types = True
        self._in_f_string = False
        self._for_type_checkers = False
        self._function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None = None
        self._above: list[ast.AST] = []

    def build(self) -> None:
        self.visit(self._file.tree)

    def visit(self, node: ast.AST) -> None:
        self._above.append(node)
        super().visit(node)
        self._above.pop()

    # --- context ---------------------------------------------------------------------------

    @contextmanager
    def _in(self, kind: ScopeKind, node: ast.AST) -> Iterator[Scope]:
        outer = self._scope
        self._scope = Scope(kind, node, outer)
        self.scopes.append(self._scope)
        try:
            yield self._scope
        finally:
            self._scope = outer

    def _bind(self, name: str, node: ast.AST, scope: Scope | None = None) -> None:
        scope = scope or self._scope
        if name in scope.global_names:
            self.rebound.append((name, self.module, node))
        elif name in scope.nonlocal_names:
            self.rebound.append((name, scope, node))
        else:
            scope.bound.add(name)
            self.rebound.append((name, scope, node))

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _annotate(
        self, expression: ast.expr | None, place: AnnotationPlace, owner: ast.AST
    ) -> None:
        if expression is None:
            return
        saved = self._annotation
        self._annotation = Annotation(place, expression, owner, self._scope)
        self.visit(expression)
        self._annotation = saved

    # --- names -----------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id, node)
            return
        self._read(node)

    def _read(self, node: ast.Name) -> None:
        attributes: list[str] = []
        last: ast.expr = node
        for above in reversed(self._above[:-1]):
            if not (isinstance(above, ast.Attribute) and above.value is last):
                break
            attributes.append(above.attr)
            last = above
        span = self._pointed_at(node)
        if span is not None and self._file.slice(span) != node.id:
            # f-strings before Python 3.12 have wrong places; identifiers are normalised (NFKC).
            span = None
        self.reads.append(
            Read(
                node.id, self._scope, node, span, tuple(attributes),
                self._pointed_at(last) if span is not None else None,
                self._annotation, self._quoted_in is not None, self._in_metadata,
                self._in_f_string, self._for_type_checkers, self._function,
            )
        )  # fmt: skip

    def _pointed_at(self, node: ast.expr) -> Span | None:
        if self._quoted_in is not None:
            return self._quoted_in(node)
        return self._file.span(node)

    def visit_Global(self, node: ast.Global) -> None:
        self._scope.global_names.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self._scope.nonlocal_names.update(node.names)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self._bind(alias.asname or alias.name, node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._all([node.type])
        if node.name:
            self._bind(node.name, node)
        self._all(node.body)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._all([node.pattern])
        if node.name:
            self._bind(node.name, node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._all([*node.keys, *node.patterns])
        if node.rest:
            self._bind(node.rest, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            # It is read as well.
            self._read(node.target)
        self._all([node.target, node.value])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        scope = self._scope
        while scope.kind is ScopeKind.COMPREHENSION and scope.parent is not None:
            scope = scope.parent
        self._bind(node.target.id, node, scope)

    # --- scopes ----------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._defaults(node.args)
        self._bind(node.name, node)
        with self._type_parameters(node):
            for argument in _arguments(node.args):
                self._annotate(argument.annotation, AnnotationPlace.PARAMETER, node)
            self._annotate(node.returns, AnnotationPlace.RETURN, node)
            with self._in(ScopeKind.FUNCTION, node):
                self._body(node, node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast.NodeVisitor's spelling

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        with self._in(ScopeKind.LAMBDA, node):
            self._body(node, node.args, [node.body])

    def _defaults(self, arguments: ast.arguments) -> None:
        self._all([*arguments.defaults, *arguments.kw_defaults])

    def _body(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        arguments: ast.arguments,
        body: Iterable[ast.AST],
    ) -> None:
        for argument in _arguments(arguments):
            self._bind(argument.arg, argument)
        saved, self._function = self._function, node
        annotation, self._annotation = self._annotation, None
        # `global` counts for the whole body, wherever it stands.
        for each in body:
            _declare(each, self._scope)
        self._all(body)
        self._function, self._annotation = saved, annotation

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        self._bind(node.name, node)
        with self._type_parameters(node):
            self._all([*node.bases, *node.keywords])
            with self._in(ScopeKind.CLASS, node) as scope:
                for each in node.body:
                    _declare(each, scope)
                self._all(node.body)

    @contextmanager
    def _type_parameters(self, node: ast.AST) -> Iterator[None]:
        parameters = getattr(node, "type_params", ())
        if not parameters:
            yield
            return
        with self._in(ScopeKind.TYPE_PARAMETERS, node) as scope:
            for parameter in parameters:
                self._bind(parameter.name, parameter, scope)
                for part in ("bound", "default_value"):
                    self._annotate(
                        getattr(parameter, part, None), AnnotationPlace.TYPE_PARAMETER, node
                    )
            yield

    def visit_TypeAlias(self, node: ast.AST) -> None:
        alias: ast.AnnAssign = node  # type: ignore[assignment]
        self._bind(alias.name.id, node)  # type: ignore[attr-defined]
        with self._in(ScopeKind.TYPE_PARAMETERS, node), self._type_parameters(node):
            self._annotate(alias.value, AnnotationPlace.TYPE_ALIAS, node)

    def visit_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.visit(node.generators[0].iter)
        with self._in(ScopeKind.COMPREHENSION, node):
            for number, generator in enumerate(node.generators):
                if number:
                    self.visit(generator.iter)
                self.visit(generator.target)
                self._all(generator.ifs)
            if isinstance(node, ast.DictComp):
                self._all([node.key, node.value])
            else:
                self.visit(node.elt)

    visit_SetComp = visit_ListComp  # noqa: N815 - ast.NodeVisitor's spelling
    visit_DictComp = visit_ListComp  # noqa: N815
    visit_GeneratorExp = visit_ListComp  # noqa: N815

    # --- branches, annotations, strings ----------------------------------------------------

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        truth = self._guards.truth(node.test)
        for body, is_dead in ((node.body, truth is False), (node.orelse, truth is True)):
            saved = self._for_type_checkers
            self._for_type_checkers = saved or is_dead
            self._all(body)
            self._for_type_checkers = saved

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        kind = self._scope.kind
        if kind not in (ScopeKind.MODULE, ScopeKind.CLASS):
            place = AnnotationPlace.LOCAL_VARIABLE
        elif not node.simple:
            place = AnnotationPlace.OTHER_TARGET
        elif kind is ScopeKind.MODULE:
            place = AnnotationPlace.MODULE_VARIABLE
        else:
            place = AnnotationPlace.CLASS_VARIABLE
        self._annotate(node.annotation, place, node)
        self._all([node.target, node.value])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        saved, self._in_f_string = self._in_f_string, True
        # Parts of an f-string are no types.
        annotation, self._annotation = self._annotation, None
        self.generic_visit(node)
        self._in_f_string, self._annotation = saved, annotation

    visit_TemplateStr = visit_JoinedStr  # noqa: N815 - ast.NodeVisitor's spelling

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        name = last_name(node.value)
        if name in _LITERALS:
            self._without_strings(node.slice)
            return
        if name == "Annotated" and isinstance(node.slice, ast.Tuple) and node.slice.elts:
            first, *rest = node.slice.elts
            self.visit(first)
            saved_metadata, self._in_metadata = self._in_metadata, True
            for each in rest:
                self._without_strings(each)
            self._in_metadata = saved_metadata
            return
        if self._annotation is None:
            self._as_types(_items(node.slice), node)
        self.visit(node.slice)

    def _without_strings(self, node: ast.AST) -> None:
        """Visit an expression whose strings are no types."""
        saved, self._strings_are_types = self._strings_are_types, False
        self.visit(node)
        self._strings_are_types = saved

    def _as_types(self, expressions: Iterable[ast.expr], owner: ast.AST) -> None:
        """Read strings among the expressions as types; anything else is visited elsewhere."""
        for each in expressions:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                annotation = Annotation(AnnotationPlace.STRING, each, owner, self._scope)
                saved, self._annotation = self._annotation, annotation
                self._quoted(each, is_certain=False)
                self._annotation = saved

    def visit_Call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if name in _CASTS and len(node.args) == 2 and not node.keywords:
            self.visit(node.func)
            self._annotate(node.args[0], AnnotationPlace.CAST, node)
            self.visit(node.args[1])
            return
        if name in _TYPE_MAKERS and self._annotation is None:
            values = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            if name == "ForwardRef":
                values = node.args
            self._as_types([each for value in values for each in _items(value)], node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self._annotation is not None and isinstance(node.value, str) and self._strings_are_types:
            self._quoted(node, is_certain=True)

    def _quoted(self, node: ast.Constant, *, is_certain: bool) -> None:
        """Read a string as an expression; strings inside of it too, as `typing` does."""
        if self._quoted_in is not None and not is_certain:
            return
        text = str(node.value)
        try:
            inner = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            if is_certain:
                self.odd_strings.append(text)
            return
        saved = self._quoted_in
        self._quoted_in = self._mapping(node, text) if saved is None else _nowhere
        self.visit(inner)
        self._quoted_in = saved

    def _mapping(self, node: ast.Constant, value: str) -> Callable[[ast.expr], Span | None]:
        """From a node of the quoted expression to its place in the text."""
        span = self._file.span(node)
        written = self._file.slice(span)
        opening = re.match(r"[uU]?('''|\"\"\"|'|\")", written)
        is_plain = opening is not None and written == f"{opening.group()}{value}{opening.group(1)}"
        if opening is None or not is_plain or "\n" in value or not value.isascii():
            return _nowhere
        start = span.start + opening.end() + len(value) - len(value.lstrip())

        def place(inner: ast.expr) -> Span:
            return Span(
                start + inner.col_offset, start + (inner.end_col_offset or inner.col_offset)
            )

        return place


def _nowhere(_: ast.expr) -> None:
    return None


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [each for each in (arguments.vararg, arguments.kwarg) if each is not None]


def _declare(node: ast.AST, scope: Scope) -> None:
    """Note the `global` and `nonlocal` statements of a body before it is visited."""
    if isinstance(node, ast.Global):
        scope.global_names.update(node.names)
    elif isinstance(node, ast.Nonlocal):
        scope.nonlocal_names.update(node.names)
    elif isinstance(node, ast.stmt) and not isinstance(
        node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                _declare(child, scope)
    elif isinstance(node, ast.ExceptHandler | ast.match_case):
        for statement in node.body:
            _declare(statement, scope)


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name; empty for another expression."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _items(node: ast.expr) -> list[ast.expr]:
    """The items of a display that types are written in, all the way down; else the node alone."""
    match node:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [each for item in items for each in _items(item)]
        case ast.Dict(values=values):
            return [each for value in values for each in _items(value)]
        case _:
            return [node]
