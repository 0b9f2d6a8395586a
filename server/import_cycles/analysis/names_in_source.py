"""What a source text says about one name: where it is bound, and when it is used.

For advice to people, so it asks less than `import_cycles.simulate` does: the first fitting line
is enough, and a text that does not parse answers nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from import_cycles.base.names import resolve_relative
from import_cycles.base.record import record
from import_cycles.syntax.parsing import parse


class Moment(Enum):
    """When a use of a name is evaluated."""

    LOADING = "loading"
    ANNOTATION = "annotation"
    """While loading too, but an annotation need not be evaluated at all."""
    LATER = "later"
    """In the body of a function."""


@record
class Binding:
    """Where the module level binds a name; `origin` is the module that it is imported from."""

    line: int
    origin: str = ""


@record
class Use:
    """One place that reads a name; `line` counts from 1."""

    line: int
    moment: Moment


class SourceNames:
    """Answers about one text; `package` is what its relative imports start from."""

    def __init__(self, text: str, package: str) -> None:
        self._package = package
        try:
            self._tree: ast.Module | None = parse(text).tree
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self._tree = None

    def bindings(self, name: str) -> tuple[Binding, ...]:
        """Every statement of the module level that binds a name while loading, in order."""
        if self._tree is None:
            return ()
        found = (self._binding(node, name) for node in _module_level(self._tree.body))
        return tuple(each for each in found if each is not None)

    def uses(self, name: str) -> tuple[Use, ...]:
        """Every place that reads a name of the module, in order."""
        if self._tree is None:
            return ()
        visitor = _Uses(name)
        visitor.visit(self._tree)
        return tuple(sorted(visitor.found, key=lambda use: use.line))

    def postpones_annotations(self) -> bool:
        """Whether there is a `from __future__ import annotations`."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in (self._tree.body if self._tree else ())
        )

    def bound_as(self, line: int, name: str) -> str:
        """What the `from` import on a line calls `name` here."""
        for node in _module_level(self._tree.body if self._tree else []):
            if isinstance(node, ast.ImportFrom) and _covers(node, line):
                for alias in node.names:
                    if alias.name == name:
                        return alias.asname or name
        return name

    def import_of(self, module: str, before: int) -> int | None:
        """The line of the last import of a module above a line, or on it; None without one."""
        lines = [
            node.lineno
            for node in _module_level(self._tree.body if self._tree else [])
            if node.lineno <= before and module in self._imported(node)
        ]
        return max(lines, default=None)

    def asked_on(self, line: int) -> tuple[str, tuple[str, ...]] | None:
        """The module and the names of the `from` import on a line, wherever in the text it is."""
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.ImportFrom) and _covers(node, line):
                return self._origin(node), tuple(alias.name for alias in node.names)
        return None

    def stars(self) -> tuple[tuple[int, str], ...]:
        """Star-imports of the module level: line and module."""
        return tuple(
            (node.lineno, self._origin(node))
            for node in _module_level(self._tree.body if self._tree else [])
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        )

    def _imported(self, node: ast.stmt) -> set[str]:
        match node:
            case ast.Import(names=names):
                return {prefix for alias in names for prefix in _prefixes(alias.name)}
            case ast.ImportFrom(names=names):
                origin = self._origin(node)
                return {*_prefixes(origin), *(f"{origin}.{alias.name}" for alias in names)}
            case _:
                return set()

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        return resolve_relative(self._package, node.level, node.module or "") or ""

    def _binding(self, node: ast.stmt, name: str) -> Binding | None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
                return Binding(node.lineno)
            case ast.Import(names=names):
                for alias in names:
                    if (alias.asname or alias.name.partition(".")[0]) == name:
                        return Binding(node.lineno, alias.name)
            case ast.ImportFrom(names=names):
                for alias in names:
                    if (alias.asname or alias.name) == name:
                        return Binding(node.lineno, self._origin(node))
            case _ if name in _assigned(node):
                return Binding(node.lineno)
        return None


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run while the module loads and bind names of the module."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            yield from _module_level(node.orelse)
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _module_level(getattr(node, block, []))
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _module_level(handler.body)


def _is_for_type_checkers(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def _assigned(node: ast.stmt) -> set[str]:
    """Names that a simple statement, or the head of a compound one, binds."""
    match node:
        case ast.Assign(targets=targets):
            roots: list[ast.AST] = [*targets]
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            roots = [target]
        case ast.For(target=target) | ast.AsyncFor(target=target):
            roots = [target]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            roots = [item.optional_vars for item in items if item.optional_vars]
        case ast.Expr(value=value):
            roots = [each for each in ast.walk(value) if isinstance(each, ast.NamedExpr)]
        case _:
            roots = []
    return {
        each.id
        for root in roots
        for each in ast.walk(root)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


class _Uses(ast.NodeVisitor):
    """Collects the reads of a name, with the moment that each is evaluated in."""

    def __init__(self, name: str) -> None:
        self.found: list[Use] = []
        self._name = name
        self._moment = Moment.LOADING

    def visit_Name(self, node: ast.Name) -> None:
        if node.id == self._name and isinstance(node.ctx, ast.Load):
            self.found.append(Use(node.lineno, self._moment))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        for part in (*node.decorator_list, *arguments.defaults, *arguments.kw_defaults):
            self._visit(part, self._moment)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        for argument in (*every, arguments.vararg, arguments.kwarg):
            self._visit(argument and argument.annotation, Moment.ANNOTATION)
        self._visit(node.returns, Moment.ANNOTATION)
        for statement in node.body:
            self._visit(statement, Moment.LATER)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast.NodeVisitor's spelling

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self._visit(default, self._moment)
        self._visit(node.body, Moment.LATER)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit(node.target, self._moment)
        self._visit(node.annotation, Moment.ANNOTATION)
        self._visit(node.value, self._moment)

    def visit_If(self, node: ast.If) -> None:
        if not _is_for_type_checkers(node.test):
            self.generic_visit(node)
            return
        for statement in node.orelse:
            self.visit(statement)

    def _visit(self, node: ast.AST | None, moment: Moment) -> None:
        if node is None:
            return
        # What stands in a function runs later, whatever it is.
        before = self._moment
        self._moment = before if before is Moment.LATER else moment
        self.visit(node)
        self._moment = before
